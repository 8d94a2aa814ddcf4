/**
 * Prints a module as text, for people and goldens: functions, their locals and instructions, one a line. Reads what
 * module.ts writes (and most of WebAssembly 1.0); an unknown opcode throws "wasm/opcode".
 */
import { utf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { OP_NAMES } from "./op.ts";

const TYPE_NAMES: Readonly<Record<number, string>> = {
  127: "i32",
  126: "i64",
  125: "f32",
  124: "f64",
  123: "v128",
  112: "funcref",
};

interface FuncType {
  params: string[];
  results: string[];
}

class Reader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.bytes = bytes;
    this.at = at;
  }

  byte(): number {
    if (this.at >= this.bytes.length)
      throw new SkepError("wasm/truncated", "module ends early", { site: { byte: this.at } });
    return this.bytes[this.at++]!;
  }

  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
  }

  s64(): bigint {
    let value = 0n;
    for (let shift = 0n; ; ) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
      if (byte < 0x80) return byte & 0x40 ? value - (1n << shift) : value;
    }
  }

  name(): string {
    const length = this.u32();
    const text = utf8(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }

  list<T>(item: () => T): T[] {
    const count = this.u32();
    const out: T[] = [];
    for (let i = 0; i < count; i++) out.push(item());
    return out;
  }
}

/** The whole module as text. */
export function wat(bytes: Uint8Array): string {
  const r = new Reader(bytes, 8);
  const out: string[] = ["(module"];
  const types: FuncType[] = [];
  const funcTypes: number[] = [];
  let names = new Map<number, string>();
  let imported = 0;
  let code: number[] = [];
  while (r.at < bytes.length) {
    const id = r.byte();
    const size = r.u32();
    const end = r.at + size;
    switch (id) {
      case 0:
        names = readNames(r, end);
        break;
      case 1:
        r.list(() => {
          r.byte();
          types.push({ params: r.list(() => typeName(r.byte())), results: r.list(() => typeName(r.byte())) });
        });
        break;
      case 2:
        r.list(() => {
          const name = `${r.name()}.${r.name()}`;
          const kind = r.byte();
          if (kind === 0) {
            const type = types[r.u32()]!;
            names.set(imported, name);
            out.push(`  (import $${name} (func (;${imported++};) ${signature(type)}))`);
          } else if (kind === 1) {
            r.byte();
            out.push(`  (import $${name} (table ${limits(r)} funcref))`);
          } else if (kind === 2) {
            out.push(`  (import $${name} (memory ${limits(r)}))`);
          } else {
            out.push(`  (import $${name} (global ${globalType(r)}))`);
          }
        });
        break;
      case 3:
        funcTypes.push(...r.list(() => r.u32()));
        break;
      case 4:
        r.list(() => {
          r.byte();
          out.push(`  (table ${limits(r)} funcref)`);
        });
        break;
      case 5:
        r.list(() => out.push(`  (memory ${limits(r)})`));
        break;
      case 6:
        r.list(() => {
          const type = globalType(r);
          r.byte();
          out.push(`  (global ${type} (i32.const ${r.s64()}))`);
          r.byte();
        });
        break;
      case 7:
        r.list(() =>
          out.push(`  (export "${r.name()}" (${["func", "table", "memory", "global"][r.byte()]} ${r.u32()}))`),
        );
        break;
      case 9:
        r.list(() => {
          if (r.u32() === 2) r.u32();
          r.byte();
          const offset = r.s64();
          r.byte();
          out.push(`  (elem (i32.const ${offset}) ${r.list(() => r.u32()).join(" ")})`);
        });
        break;
      case 10:
        code = r.list(() => {
          const length = r.u32();
          const at = r.at;
          r.at += length;
          return at;
        });
        break;
    }
    r.at = end;
  }
  code.forEach((at, i) => {
    const index = imported + i;
    const name = names.get(index);
    out.push(`  (func ${name === undefined ? "" : `$${name} `}(;${index};) ${signature(types[funcTypes[i]!]!)}`);
    body(new Reader(bytes, at), names, out);
    out.push("  )");
  });
  out.push(")");
  return `${out.join("\n")}\n`;
}

function body(r: Reader, names: ReadonlyMap<number, string>, out: string[]): void {
  const locals: string[] = [];
  r.list(() => {
    const count = r.u32();
    const type = typeName(r.byte());
    for (let i = 0; i < count; i++) locals.push(type);
  });
  if (locals.length > 0) out.push(`    (local ${locals.join(" ")})`);
  let depth = 0;
  for (;;) {
    const op = r.byte();
    if (op === 0x0b && depth === 0) return;
    if (op === 0x0b || op === 0x05) depth--;
    const indent = "  ".repeat(depth + 2);
    if (op === 0x05 || (op >= 0x02 && op <= 0x04)) depth++;
    out.push(indent + insn(r, op, names));
  }
}

function insn(r: Reader, op: number, names: ReadonlyMap<number, string>): string {
  if (op === 0xfc) {
    const sub = r.u32();
    r.byte();
    if (sub === 10) {
      r.byte();
      return "memory.copy";
    }
    if (sub === 11) return "memory.fill";
    throw new SkepError("wasm/opcode", `unknown opcode 0xfc ${sub}`, { site: { byte: r.at } });
  }
  const name = OP_NAMES[op];
  if (name === undefined)
    throw new SkepError("wasm/opcode", `unknown opcode 0x${op.toString(16)}`, { site: { byte: r.at - 1 } });
  if (op >= 0x02 && op <= 0x04) {
    const type = r.byte();
    return type === 0x40 ? name : `${name} (result ${typeName(type)})`;
  }
  if (op === 0x0e) {
    const labels = r.list(() => r.u32());
    return `${name} ${[...labels, r.u32()].join(" ")}`;
  }
  if (op === 0x10 || op === 0x12) {
    const func = r.u32();
    return `${name} ${names.has(func) ? `$${names.get(func)}` : func}`;
  }
  if (op === 0x11 || op === 0x13) return `${name} (type ${r.u32()}) (table ${r.u32()})`;
  if (op === 0x0c || op === 0x0d || (op >= 0x20 && op <= 0x24)) return `${name} ${r.u32()}`;
  if (op >= 0x28 && op <= 0x3e) {
    r.u32();
    const offset = r.u32();
    return offset === 0 ? name : `${name} offset=${offset}`;
  }
  if (op === 0x3f || op === 0x40) {
    r.byte();
    return name;
  }
  if (op === 0x41 || op === 0x42) return `${name} ${r.s64()}`;
  return name;
}

function readNames(r: Reader, end: number): Map<number, string> {
  const names = new Map<number, string>();
  if (r.name() !== "name") return names;
  while (r.at < end) {
    const kind = r.byte();
    const size = r.u32();
    const next = r.at + size;
    if (kind === 1) {
      r.list(() => {
        const index = r.u32();
        names.set(index, r.name());
      });
    }
    r.at = next;
  }
  return names;
}

function typeName(code: number): string {
  return TYPE_NAMES[code] ?? `type${code}`;
}

function signature({ params, results }: FuncType): string {
  const parts: string[] = [];
  if (params.length > 0) parts.push(`(param ${params.join(" ")})`);
  if (results.length > 0) parts.push(`(result ${results.join(" ")})`);
  return parts.join(" ");
}

function limits(r: Reader): string {
  const bounded = r.byte() & 1;
  const min = r.u32();
  return bounded === 1 ? `${min} ${r.u32()}` : `${min}`;
}

function globalType(r: Reader): string {
  const type = typeName(r.byte());
  return r.byte() === 1 ? `(mut ${type})` : type;
}
