/**
 * BTF a type a line, as `bpftool btf dump` prints it, and the same as JSON:
 *
 *     [1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED
 *     [2] STRUCT 'point' size=8 vlen=2
 *             'x' type_id=1 bits_offset=0
 *
 * Source: tools/bpf/bpftool/btf.c (dump_btf_type).
 */
import type { BtfInt, BtfType, BtfView } from "./types.ts";

type Field = readonly [name: string, value: number | bigint | string];

interface Row {
  readonly fields: readonly Field[];
  /** Name of the list, and its items: "members", "values", "params", "vars". */
  readonly list?: string;
  readonly items?: readonly (readonly Field[])[];
}

/** Text of the given types, or of all that `btf` adds to its base. */
export function dumpRaw(btf: BtfView, ids: Iterable<number> = ownIds(btf)): string {
  const lines: string[] = [];
  for (const id of ids) lines.push(textOf(btf, id));
  return lines.length === 0 ? "" : `${lines.join("\n")}\n`;
}

/** bpftool's document, {"types":[...]}: numbers are exact, also beyond 2^53. */
export function dumpJson(btf: BtfView, ids: Iterable<number> = ownIds(btf), indent = ""): string {
  const [newline, tab] = indent === "" ? ["", ""] : ["\n", indent];
  const colon = indent === "" ? ":" : ": ";
  const object = (fields: readonly Field[], level: string): string =>
    fields.map(([name, value]) => `${newline}${level}"${name}"${colon}${jsonOf(value)}`).join(",");
  const types: string[] = [];
  for (const id of ids) {
    const row = rowOf(btf.type(id));
    const level = tab.repeat(3);
    let text = object(
      [["id", id], ["kind", kindText(btf.type(id))], ["name", nameText(btf.type(id))], ...row.fields],
      level,
    );
    if (row.list !== undefined) {
      const items = row.items!.map((item) => `{${object(item, tab.repeat(5))}${newline}${tab.repeat(4)}}`);
      text += `,${newline}${level}"${row.list}"${colon}[${items.join(",")}${items.length > 0 ? `${newline}${level}` : ""}]`;
    }
    types.push(`{${text}${newline}${tab.repeat(2)}}`);
  }
  return `{${newline}${tab}"types"${colon}[${types.join(",")}${newline}${tab}]${newline}}`;
}

function* ownIds(btf: BtfView): Generator<number> {
  const first = (btf as { firstId?: number }).firstId ?? 1;
  for (let id = first; id < btf.length; id++) yield id;
}

function textOf(btf: BtfView, id: number): string {
  const type = btf.type(id);
  const row = rowOf(type);
  const comma = type.kind === "var" ? "," : "";
  let text = `[${id}] ${kindText(type)} '${nameText(type)}'`;
  text += row.fields.map(([name, value]) => ` ${name}=${value}`).join(comma);
  for (const item of row.items ?? []) {
    text += "\n\t";
    text += item
      .map(([name, value]) => {
        if (name === "name") return `'${value}'`;
        const suffix = type.kind === "enum64" && name === "val" ? (type.signed ? "LL" : "ULL") : "";
        return `${name}=${value}${suffix}`;
      })
      .join(" ");
    if (type.kind === "datasec") {
      const of = btf.type(Number(item[0]![1]));
      text += ` (${kindText(of)} '${nameText(of)}')`;
    }
  }
  return text;
}

function kindText(type: BtfType): string {
  return type.kind === "void" ? "UNKNOWN" : type.kind.toUpperCase();
}

function nameText(type: { readonly name: string }): string {
  return type.name === "" ? "(anon)" : type.name;
}

function encodingText(type: BtfInt): string {
  const flags = (type.signed ? 1 : 0) | (type.char ? 2 : 0) | (type.bool ? 4 : 0);
  return { 0: "(none)", 1: "SIGNED", 2: "CHAR", 4: "BOOL" }[flags] ?? "UNKN";
}

function rowOf(type: BtfType): Row {
  switch (type.kind) {
    case "int":
      return {
        fields: [
          ["size", type.sizeBytes],
          ["bits_offset", type.bitOff],
          ["nr_bits", type.bits],
          ["encoding", encodingText(type)],
        ],
      };
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return { fields: [["type_id", type.typeId]] };
    case "array":
      return {
        fields: [
          ["type_id", type.typeId],
          ["index_type_id", type.indexTypeId],
          ["nr_elems", type.nelems],
        ],
      };
    case "struct":
    case "union":
      return {
        fields: [
          ["size", type.sizeBytes],
          ["vlen", type.members.length],
        ],
        list: "members",
        items: type.members.map((member): Field[] => {
          const item: Field[] = [
            ["name", nameText(member)],
            ["type_id", member.typeId],
            ["bits_offset", member.bitOff],
          ];
          return member.bitSize === 0 ? item : [...item, ["bitfield_size", member.bitSize]];
        }),
      };
    case "enum":
    case "enum64":
      return {
        fields: [
          ["encoding", type.signed ? "SIGNED" : "UNSIGNED"],
          ["size", type.sizeBytes],
          ["vlen", type.values.length],
        ],
        list: "values",
        items: type.values.map((value) => [
          ["name", nameText(value)],
          ["val", value.value],
        ]),
      };
    case "fwd":
      return { fields: [["fwd_kind", type.union ? "union" : "struct"]] };
    case "func":
    case "var":
      return {
        fields: [
          ["type_id", type.typeId],
          ["linkage", type.linkage],
        ],
      };
    case "func_proto":
      return {
        fields: [
          ["ret_type_id", type.retTypeId],
          ["vlen", type.params.length],
        ],
        list: "params",
        items: type.params.map((param) => [
          ["name", nameText(param)],
          ["type_id", param.typeId],
        ]),
      };
    case "datasec":
      return {
        fields: [
          ["size", type.sizeBytes],
          ["vlen", type.vars.length],
        ],
        list: "vars",
        items: type.vars.map((variable) => [
          ["type_id", variable.typeId],
          ["offset", variable.offBytes],
          ["size", variable.sizeBytes],
        ]),
      };
    case "float":
      return { fields: [["size", type.sizeBytes]] };
    case "decl_tag":
      return {
        fields: [
          ["type_id", type.typeId],
          ["component_idx", type.componentIdx],
        ],
      };
    default:
      return { fields: [] };
  }
}

function jsonOf(value: number | bigint | string): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
