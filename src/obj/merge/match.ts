/**
 * Whether two objects declare a global alike: the rules of libbpf's linker (glob_sym_btf_matches()). Modifiers and typedefs
 * do not count, nor do names of arguments, the lengths of arrays, the values of enums; what is only pointed to need but be of
 * the same kind and name, declared or defined.
 */
import type { BtfType, BtfView } from "../../btf/types.ts";

export interface Side {
  readonly btf: BtfView;
  readonly id: number;
}

/** "" where they match, else what differs. */
export function mismatch(a: Side, b: Side): string {
  return compare({ a: a.btf, b: b.btf, seen: new Set() }, a.id, b.id, true);
}

interface Walk {
  readonly a: BtfView;
  readonly b: BtfView;
  /** Pairs that are being or have been compared: met again, they are taken to match. */
  readonly seen: Set<string>;
}

function compare(walk: Walk, idA: number, idB: number, exact: boolean): string {
  for (;;) {
    idA = walk.a.skipMods(idA);
    idB = walk.b.skipMods(idB);
    const key = `${exact ? "=" : "*"}${idA} ${idB}`;
    if (walk.seen.has(key)) return "";
    walk.seen.add(key);
    const a = walk.a.type(idA);
    const b = walk.b.type(idB);
    if (!exact && (a.kind === "fwd") !== (b.kind === "fwd")) {
      return a.name === b.name && kindOf(a) === kindOf(b)
        ? ""
        : `${kindOf(a)} ${a.name} against ${kindOf(b)} ${b.name}`;
    }
    if (a.kind !== b.kind) return `${a.kind} against ${b.kind}`;
    if (NAMED.has(a.kind) && a.name !== b.name) return `${a.kind} ${a.name} against ${b.name}`;
    switch (a.kind) {
      case "void":
      case "fwd":
        return "";
      case "int":
      case "float":
      case "enum":
      case "enum64":
        return a.sizeBytes === (b as typeof a).sizeBytes
          ? ""
          : `${a.name} of ${a.sizeBytes} and ${(b as typeof a).sizeBytes} bytes`;
      case "ptr":
        exact = false;
        idA = a.typeId;
        idB = (b as typeof a).typeId;
        break;
      case "array":
        idA = a.typeId;
        idB = (b as typeof a).typeId;
        break;
      case "func":
      case "var": {
        const other = b as typeof a;
        if ((a.linkage === "static") !== (other.linkage === "static")) return `${a.linkage} against ${other.linkage}`;
        idA = a.typeId;
        idB = other.typeId;
        break;
      }
      case "struct":
      case "union":
        return exact ? compareMembers(walk, a, b as typeof a) : "";
      case "func_proto": {
        const other = b as typeof a;
        if (a.params.length !== other.params.length) return `${a.params.length} and ${other.params.length} arguments`;
        for (const [i, param] of a.params.entries()) {
          const differ = compare(walk, param.typeId, other.params[i]!.typeId, exact);
          if (differ !== "") return `argument ${i + 1}: ${differ}`;
        }
        idA = a.retTypeId;
        idB = other.retTypeId;
        break;
      }
      default:
        return `unexpected ${a.kind}`;
    }
  }
}

const NAMED: ReadonlySet<string> = new Set(["struct", "union", "enum", "enum64", "fwd", "func", "var"]);

type Composite = Extract<BtfType, { kind: "struct" | "union" }>;

function compareMembers(walk: Walk, a: Composite, b: Composite): string {
  if (a.members.length !== b.members.length)
    return `${a.kind} ${a.name} of ${a.members.length} and ${b.members.length} members`;
  for (const [i, member] of a.members.entries()) {
    const other = b.members[i]!;
    if (member.name !== other.name) return `members ${member.name} and ${other.name}`;
    if (member.bitOff !== other.bitOff) return `member ${member.name} at bit ${member.bitOff} and ${other.bitOff}`;
    const differ = compare(walk, member.typeId, other.typeId, true);
    if (differ !== "") return `member ${member.name}: ${differ}`;
  }
  return "";
}

function kindOf(type: BtfType): string {
  return type.kind === "fwd" ? (type.union ? "union" : "struct") : type.kind;
}
