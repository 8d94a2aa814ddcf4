/** Random structs and unions: bit-fields, nesting, packing, alignment; and what can be named in one. */
import type { Context, Instance, Row, Scalar } from "./scope.ts";
import { list, type Node, stmt } from "./tree.ts";
import { BOOL, type IntType, S32, S64, TYPES, U8, U16, U32, U64 } from "./types.ts";

export interface Field {
  readonly name: string;
  readonly type: IntType | RecordType;
  /** Width of a bit-field. */
  readonly bits?: number;
  /** Elements of an array, a power of two. */
  readonly length?: number;
}

export interface RecordType {
  /** "struct s3_1" */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly packed: boolean;
  /** At most. */
  readonly bytes: number;
}

export function isRecord(type: IntType | RecordType): type is RecordType {
  return "fields" in type;
}

const bytesOf = (field: Field): number =>
  (isRecord(field.type) ? field.type.bytes : field.type.bits / 8) * (field.length ?? 1);

/** A new struct type, declared in `c.top`. */
export function record(c: Context): RecordType {
  const { r } = c;
  const name = `struct s${c.id}_${c.names++}`;
  const packed = r.below(4) === 0;
  const fields: Field[] = [];
  const lines: Node[] = [];
  const count = 2 + r.below(5);
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const field = oneField(c, `f${i}`, bytes);
    bytes += 2 * bytesOf(field);
    fields.push(field);
    lines.push(declaration(c, field));
  }
  const attributes = [...(packed ? ["packed"] : []), ...(r.below(8) === 0 ? ["aligned(8)"] : [])];
  const tail = attributes.length > 0 ? ` __attribute__((${attributes.join(", ")}))` : "";
  c.top.push(stmt`${name} {${list(lines)}\n}${tail};`);
  const made = { name, fields, packed, bytes: Math.min(bytes, 96) };
  c.records.push(made);
  return made;
}

function oneField(c: Context, name: string, bytes: number): Field {
  const { r } = c;
  const inner = c.records.filter((one) => one.bytes <= 24);
  const kind = bytes > 40 ? 4 + r.below(4) : r.below(10);
  if (kind === 0 && inner.length > 0) return { name, type: r.pick(inner) };
  if (kind === 1) return { name, type: r.pick([U8, U16, U32, S32]), length: r.pick([2, 4, 8]) };
  if (kind === 2) return { name, type: union(c) };
  if (kind >= 3 && kind <= 6) {
    const type = r.pick([U8, U16, U32, S32, U32, S32, U64, S64, BOOL]);
    return { name, type, bits: type.isBool ? 1 : 1 + r.below(type.bits) };
  }
  return { name, type: r.pick(TYPES) };
}

function declaration(c: Context, { name, type, bits, length }: Field): Node {
  const array = length === undefined ? "" : `[${length}]`;
  const gap = bits !== undefined && c.r.below(8) === 0 ? ` u32 : ${c.r.pick([0, 3, 11])};` : "";
  return stmt`${type.name} ${name}${bits === undefined ? "" : ` : ${bits}`}${array};${gap}`;
}

/** Eight bytes seen in several ways, each of which covers all of them. */
function union(c: Context): RecordType {
  const name = `union u${c.id}_${c.names++}`;
  const split = 1 + c.r.below(31);
  const wide = 1 + c.r.below(63);
  c.top.push(
    stmt`${name} {\nu64 q;\ns32 d[2];\nu16 w[4];\nu8 b[8];\nstruct {\nu32 lo : ${split};\ns32 hi : ${32 - split};\nu32 up;\n};\nstruct {\nu64 x : ${wide};\ns64 y : ${64 - wide};\n} in;\n};`,
  );
  const view: RecordType = {
    name: "",
    packed: false,
    bytes: 8,
    fields: [
      { name: "x", type: U64, bits: wide },
      { name: "y", type: S64, bits: 64 - wide },
    ],
  };
  return {
    name,
    packed: false,
    bytes: 8,
    fields: [
      { name: "q", type: U64 },
      { name: "d", type: S32, length: 2 },
      { name: "w", type: U16, length: 4 },
      { name: "b", type: U8, length: 8 },
      { name: "lo", type: U32, bits: split },
      { name: "hi", type: S32, bits: 32 - split },
      { name: "up", type: U32 },
      { name: "in", type: view },
    ],
  };
}

/** Every integer and array that an object of that type holds. */
export function members(of: Instance): { scalars: Scalar[]; rows: Row[] } {
  const scalars: Scalar[] = [];
  const rows: Row[] = [];
  const { root, write } = of;
  const walk = (text: string, type: RecordType, packed: boolean): void => {
    for (const field of type.fields) {
      const path = `${text}.${field.name}`;
      if (isRecord(field.type)) walk(path, field.type, packed || field.type.packed);
      else if (field.length !== undefined) {
        rows.push({ text: path, elem: field.type, length: field.length, root, write, address: !packed });
      } else {
        const bits = field.bits === undefined ? {} : { fieldBits: field.bits };
        const address = !packed && field.bits === undefined;
        scalars.push({ text: path, type: field.type, ...bits, root, write, address });
      }
    }
  };
  walk(of.text, of.type, of.type.packed);
  return { scalars, rows };
}

/** "{ .f1 = 3, 7, { 1, 2 } }" */
export function initializer(c: Context, type: RecordType): string {
  const { r } = c;
  const texts: string[] = [];
  const isUnion = type.name.startsWith("union");
  const chosen = isUnion ? [type.fields[r.below(4)]!] : type.fields.filter(() => r.below(4) > 0);
  for (const field of chosen) {
    // Designators of anonymous members work, too
    const value = isRecord(field.type)
      ? initializer(c, field.type)
      : field.length === undefined
        ? `${r.below(200)}`
        : `{ ${Array.from({ length: 1 + r.below(field.length) }, () => r.below(100)).join(", ")} }`;
    texts.push(`.${field.name} = ${value}`);
  }
  return texts.length === 0 ? "{ 0 }" : `{ ${texts.join(", ")} }`;
}
