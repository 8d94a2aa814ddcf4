/**
 * The specification of a CO-RE access: clang's "0:1:2" read against a type graph. It is held twice:
 *
 *     struct sample { int unimportant; struct { int one; int two; int a[7]; }; };      &s->a[3] is "0:1:2:3"
 *     raw        [0, 1, 2, 3]                  every step, anonymous members included
 *     accessors  [0], .a, [3]                  what counts when another kernel's type is searched
 *
 * Type relocations have neither; enumerator relocations have one accessor, the enumerator.
 * Source: tools/lib/bpf/relo_core.c (bpf_core_parse_spec, bpf_core_format_spec).
 */
import { SkepError } from "../base/error.ts";
import type { CoreKind } from "./ext.ts";
import type { BtfArray, BtfKind, BtfType, BtfView } from "./types.ts";

export interface CoreAccessor {
  /** The struct, union, enum or array element type. */
  readonly typeId: number;
  /** Member, enumerator or array index. */
  readonly idx: number;
  /** Of the member or enumerator; "" for an array index. */
  readonly name: string;
}

export interface CoreSpec {
  readonly btf: BtfView;
  readonly kind: CoreKind;
  readonly rootTypeId: number;
  readonly accessors: CoreAccessor[];
  readonly raw: number[];
  bitOff: number;
}

/** What libbpf allows, BPF_CORE_SPEC_MAX_LEN. */
export const CORE_SPEC_MAX_LEN = 64;

/** How libbpf's log and its error messages name the kinds. */
export const CORE_KIND_TEXT: Readonly<Record<CoreKind, string>> = {
  field_byte_offset: "byte_off",
  field_byte_size: "byte_sz",
  field_exists: "field_exists",
  field_signed: "signed",
  field_lshift_u64: "lshift_u64",
  field_rshift_u64: "rshift_u64",
  type_id_local: "local_type_id",
  type_id_target: "target_type_id",
  type_exists: "type_exists",
  type_matches: "type_matches",
  type_size: "type_size",
  enumval_exists: "enumval_exists",
  enumval_value: "enumval_value",
};

export function isTypeBased(kind: CoreKind): boolean {
  return kind.startsWith("type_");
}

export function isEnumvalBased(kind: CoreKind): boolean {
  return kind.startsWith("enumval_");
}

export function isComposite(type: BtfType): type is Extract<BtfType, { kind: "struct" | "union" }> {
  return type.kind === "struct" || type.kind === "union";
}

export function isAnyEnum(type: BtfType): type is Extract<BtfType, { kind: "enum" | "enum64" }> {
  return type.kind === "enum" || type.kind === "enum64";
}

/** enum and enum64 stand for one another; every other kind for itself. */
export function kindsCompatible(a: BtfKind, b: BtfKind): boolean {
  return a === b || ((a === "enum" || a === "enum64") && (b === "enum" || b === "enum64"));
}

/** Throws "core/spec" where the access string does not fit the type. */
export function parseSpec(btf: BtfView, kind: CoreKind, typeId: number, access: string): CoreSpec {
  const spec: CoreSpec = { btf, kind, rootTypeId: typeId, accessors: [], raw: [], bitOff: 0 };
  const fail = (why: string): SkepError =>
    new SkepError("core/spec", `relocation <${CORE_KIND_TEXT[kind]}> [${typeId}] "${access}": ${why}`, {
      advice: "the object's BTF.ext and BTF do not belong together, or one is damaged",
    });
  if (!/^\d{1,9}(:\d{1,9})*$/.test(access)) throw fail("malformed access string");
  if (isTypeBased(kind)) {
    if (access !== "0") throw fail('a type relocation has the access string "0"');
    return spec;
  }
  for (const part of access.split(":")) spec.raw.push(Number(part));
  if (spec.raw.length > CORE_SPEC_MAX_LEN) throw fail(`more than ${CORE_SPEC_MAX_LEN} steps`);

  let id = btf.skipMods(typeId);
  const first = spec.raw[0]!;
  if (isEnumvalBased(kind)) {
    const type = btf.type(id);
    if (!isAnyEnum(type)) throw fail("names an enumerator of what is no enum");
    const value = type.values[first];
    if (spec.raw.length > 1 || value === undefined) throw fail("there is no such enumerator");
    spec.accessors.push({ typeId: id, idx: first, name: value.name });
    return spec;
  }
  spec.accessors.push({ typeId: id, idx: first, name: "" });
  spec.bitOff = first * btf.sizeOf(id) * 8;
  for (let i = 1; i < spec.raw.length; i++) {
    id = btf.skipMods(id);
    const type = btf.type(id);
    const idx = spec.raw[i]!;
    if (isComposite(type)) {
      const member = type.members[idx];
      if (member === undefined) throw fail(`${type.kind} '${type.name}' has no member ${idx}`);
      spec.bitOff += member.bitOff;
      if (member.name !== "") spec.accessors.push({ typeId: id, idx, name: member.name });
      id = member.typeId;
    } else if (type.kind === "array") {
      const before = spec.accessors[spec.accessors.length - 1]!;
      if (idx >= type.nelems && !isFlexArray(btf, before, type)) throw fail(`array index ${idx} is out of bounds`);
      id = btf.skipMods(type.typeId);
      spec.accessors.push({ typeId: id, idx, name: "" });
      spec.bitOff += idx * btf.sizeOf(id) * 8;
    } else {
      throw fail(`step ${i} goes into ${type.kind} '${type.name}'`);
    }
  }
  return spec;
}

/** An array without elements that is the last member of its struct. */
export function isFlexArray(btf: BtfView, before: CoreAccessor, array: BtfArray): boolean {
  if (before.name === "" || array.nelems > 0) return false;
  const outer = btf.type(before.typeId);
  return isComposite(outer) && before.idx === outer.members.length - 1;
}

/** As libbpf prints it: "<byte_off> [7] struct task_struct.pid (0:80 @ offset 1432)". */
export function formatSpec(spec: CoreSpec): string {
  const type = spec.btf.type(spec.rootTypeId);
  const name = type.name === "" ? "<anon>" : type.name;
  let text = `<${CORE_KIND_TEXT[spec.kind]}> [${spec.rootTypeId}] ${type.kind} ${name}`;
  if (isTypeBased(spec.kind)) return text;
  if (isEnumvalBased(spec.kind)) {
    const at = spec.accessors[0];
    if (at === undefined) return text;
    const of = spec.btf.type(at.typeId);
    return isAnyEnum(of) ? `${text}::${at.name} = ${of.values[at.idx]!.value}` : text;
  }
  spec.accessors.forEach((at, i) => {
    if (at.name !== "") text += `.${at.name}`;
    else if (i > 0 || at.idx > 0) text += `[${at.idx}]`;
  });
  const bit = spec.bitOff % 8;
  return `${text} (${spec.raw.join(":")} @ offset ${(spec.bitOff - bit) / 8}${bit === 0 ? "" : `.${bit}`})`;
}
