/**
 * One random program, and many in one source file:
 *
 *     file-scope types, constants, globals, maps, functions      names end in the program's number
 *     SEC("xdp") int progN(struct xdp_md *ctx)                    numbers out of the packet, statements, a checksum in sumN
 *
 * Program `index` of `seed` is the same whatever it shares its file with.
 */
import { programSeed, rng } from "../../fuzz/rng.ts";
import { expr, literal } from "./expr.ts";
import { addInstance } from "./memory.ts";
import { initializer, isRecord, type RecordType, record } from "./records.ts";
import {
  type Context,
  type Func,
  type Instance,
  type MapDecl,
  type Param,
  type Row,
  type Scalar,
  Scope,
} from "./scope.ts";
import { block, statement, variable } from "./stmt.ts";
import { fixed, list, type Node, render, stmt } from "./tree.ts";
import { INT, type IntType, S16, S32, S64, TYPES, U8, U16, U32, U64 } from "./types.ts";

export type Cpu = 2 | 3 | 4;

export interface Program {
  readonly seed: number;
  readonly index: number;
  readonly cpu: Cpu;
  /** Its signed arithmetic overflows and wraps around (-fwrapv); else it never does. */
  readonly wraps: boolean;
  /** Name of the function. */
  readonly name: string;
  readonly tree: Node;
}

/** Bytes of the packet that programs look at. */
export const PACKET_BYTES = 64;

export const PRELUDE = `#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

#define MIN(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
#define MAX(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a > _b ? _a : _b; })
#define BETWEEN(x, lo, hi) MIN(MAX(x, (typeof(x))(lo)), (typeof(x))(hi))
#ifndef likely
#define likely(x) __builtin_expect(!!(x), 1)
#endif
#define MIX(h, x) ((h) = ((h) ^ (u64)(x)) * 0x9e3779b97f4a7c15ULL, (h) ^= (h) >> 29)
#define TYPE_OF(x) _Generic((x), bool: 1, char: 2, signed char: 3, unsigned char: 4, short: 5, unsigned short: 6, \\
	int: 7, unsigned: 8, long: 9, unsigned long: 10, long long: 11, unsigned long long: 12, default: 13)

struct turn {
	u64 sum;
	u32 word;
	s16 last;
};

char LICENSE[] SEC("license") = "GPL";
`;

export function generate(seed: number, index: number, cpu: Cpu, wraps: boolean): Program {
  const r = rng(programSeed(seed, index));
  const c: Context = { r, cpu, wraps, id: `${index}`, top: [], records: [], funcs: [], callbacks: [], names: 0 };
  const main = new Scope(c, true);
  const types = r.below(3);
  for (let i = 0; i < types; i++) record(c);
  const globals = declareGlobals(c);
  main.maps = declareMaps(c);
  const large = r.below(3) === 0;
  const count = r.below(large ? 4 : 2);
  for (let i = 0; i < count; i++) c.funcs.push(func(c, globals));
  if (r.below(4) === 0) callback(c);
  give(main, globals);
  const name = `prog${index}`;
  const body = mainBody(main, large ? 8 : 4);
  const tree = list([...c.top, fixed`SEC("xdp")\nint ${name}(struct xdp_md *ctx)\n{${body}\n}`]);
  return { seed, index, cpu, wraps, name, tree };
}

/** All in one file. */
export function source(programs: readonly Program[]): string {
  return PRELUDE + programs.map(({ tree }) => `\n${render(tree)}`).join("");
}

interface Globals {
  readonly scalars: Scalar[];
  readonly rows: Row[];
  readonly instances: Instance[];
}

function give(s: Scope, { scalars, rows, instances }: Globals): void {
  s.scalars.push(...scalars);
  s.rows.push(...rows);
  for (const one of instances) addInstance(s, one);
}

function declareGlobals(c: Context): Globals {
  const { r } = c;
  const made: Globals = { scalars: [], rows: [], instances: [] };
  c.top.push(fixed`u64 sum${c.id};`);
  const count = r.below(4);
  for (let i = 0; i < count; i++) {
    const type = r.pick(TYPES);
    const prefix = r.pick(["", "", "static ", "volatile "]);
    // What is static is the compiler's own: no name to look for
    const name = `${prefix === "static " ? "l" : "g"}${c.id}_${c.names++}`;
    const value = r.below(2) === 0 ? "" : ` = ${r.below(100)}`;
    c.top.push(stmt`${prefix}${type.name} ${name}${value};`);
    made.scalars.push({ text: name, type, root: name, write: true, address: !prefix.includes("volatile") });
  }
  if (r.below(2) === 0) {
    const elem = r.pick([U8, U16, U32, S32, U64]);
    const name = `g${c.id}_${c.names++}`;
    c.top.push(stmt`${elem.name} ${name}[8]${r.below(2) === 0 ? "" : " = { 3, 1, 4, [6] = 9 }"};`);
    made.rows.push({ text: name, elem, length: 8, root: name, write: true, address: true });
  }
  if (r.below(3) === 0) {
    const elem = r.pick([U8, S16, U32, U64]);
    const name = `c${c.id}_${c.names++}`;
    const values = Array.from({ length: 8 }, () => r.below(120)).join(", ");
    c.top.push(stmt`${r.pick(["static const ", "const volatile "])}${elem.name} ${name}[8] = { ${values} };`);
    made.rows.push({ text: name, elem, length: 8, root: name, write: false, address: false });
  }
  if (r.below(4) === 0) {
    const name = `e${c.id}_${c.names++}`;
    const least = r.below(2) === 0 ? "-2" : "2";
    c.top.push(stmt`enum ${name} {\n${name}A = ${least},\n${name}B,\n${name}C = ${r.below(1000)}\n};`);
    const type: IntType = least === "2" ? { ...U32, name: `enum ${name}` } : { ...INT, name: `enum ${name}` };
    c.top.push(stmt`${type.name} ${name}v = ${name}B;`);
    made.scalars.push({ text: `${name}v`, type, root: `${name}v`, write: true, address: true });
    made.scalars.push({ text: `${name}C`, type: INT, root: name, write: false, address: false });
  }
  const type = r.below(3) === 0 && c.records.length > 0 ? r.pick(c.records) : undefined;
  if (type !== undefined) {
    const name = `g${c.id}_${c.names++}`;
    c.top.push(stmt`${type.name} ${name}${r.below(2) === 0 ? "" : ` = ${initializer(c, type)}`};`);
    made.instances.push({ text: name, type, root: name, write: true });
  }
  return made;
}

function declareMaps(c: Context): MapDecl[] {
  const { r } = c;
  const maps: MapDecl[] = [];
  for (const kind of ["array", "hash"] as const) {
    if (r.below(4) > 0) continue;
    const name = `m${c.id}_${c.names++}`;
    const key = kind === "array" ? U32 : r.pick([U32, U64, U16]);
    const value = c.records.length > 0 && r.below(2) === 0 ? r.pick(c.records) : r.pick([U32, U64]);
    const type = kind === "array" ? "BPF_MAP_TYPE_ARRAY" : "BPF_MAP_TYPE_HASH";
    c.top.push(
      stmt`struct {\n__uint(type, ${type});\n__uint(max_entries, 4);\n__type(key, ${key.name});\n__type(value, ${value.name});\n} ${name} SEC(".maps");`,
    );
    maps.push({ name, kind, key, value, entries: 4 });
  }
  return maps;
}

function param(c: Context): Param {
  const { r } = c;
  const kind = r.below(10);
  if (kind < 2)
    return { kind: "row", elem: r.pick([U8, U16, U32, S32, U64]), length: r.pick([1, 2, 4]), write: r.below(2) === 0 };
  if (kind === 2 && c.records.length > 0) return { kind: "record", type: r.pick(c.records), pointer: true };
  if (kind === 3 && c.records.length > 0) return { kind: "record", type: r.pick(c.records), pointer: false };
  return { kind: "int", type: r.pick(TYPES) };
}

function func(c: Context, globals: Globals): Func {
  const { r } = c;
  const name = `f${c.id}_${c.names++}`;
  const params = Array.from({ length: 1 + r.below(r.below(4) === 0 ? 8 : 4) }, () => param(c));
  const isGlobal = r.below(8) === 0 && params.length <= 5 && params.every((one) => one.kind === "int");
  const result: IntType | RecordType =
    !isGlobal && r.below(6) === 0 && c.records.length > 0
      ? r.pick(c.records)
      : r.pick(isGlobal ? [INT, U32, S64, U64] : TYPES);
  // What BPF's calling convention cannot pass must be inlined
  const simple =
    params.length <= 5 && !isRecord(result) && !params.some((one) => one.kind === "record" && !one.pointer);
  const changes = r.below(3) === 0;
  const s = new Scope(c, changes);
  if (changes) give(s, globals);
  else give(s, readOnly(globals));
  params.forEach((one, i) => {
    const text = `p${i}`;
    if (one.kind === "int") s.scalars.push({ text, type: one.type, root: text, write: true, address: true });
    else if (one.kind === "row")
      s.rows.push({ text, elem: one.elem, length: one.length, root: text, write: one.write, address: true });
    else addInstance(s, { text: one.pointer ? `(*${text})` : text, type: one.type, root: text, write: true });
  });
  const body = block(s, 1 + r.below(4), 1);
  const last = isRecord(result) ? recordResult(s, result) : fixed`return ${expr(s, 2).node};`;
  const how = isGlobal
    ? "__noinline "
    : simple
      ? r.pick(["static ", "static __noinline ", "static __always_inline ", "static inline "])
      : "static __always_inline ";
  c.top.push(stmt`${how}${result.name} ${name}(${params.map(spelled).join(", ")})\n{${body}${list([last])}\n}`);
  const effects =
    changes || params.some((one) => (one.kind === "row" && one.write) || (one.kind === "record" && one.pointer));
  return { name, result, params, effects };
}

function spelled(one: Param, i: number): string {
  if (one.kind === "int") return `${one.type.name} p${i}`;
  if (one.kind === "row") return `${one.write ? "" : "const "}${one.elem.name} *p${i}`;
  return `${one.type.name} ${one.pointer ? "*" : ""}p${i}`;
}

function recordResult(s: Scope, type: RecordType): Node {
  const one = s.some(s.instances.filter((it) => it.type === type));
  return one === undefined || s.often(30)
    ? fixed`return (${type.name})${initializer(s.c, type)};`
    : fixed`return ${one.text};`;
}

function readOnly({ scalars, rows, instances }: Globals): Globals {
  const frozen = <T>(all: readonly T[]): T[] => all.map((one) => ({ ...one, write: false }));
  // A pointer to them would let them be written
  return {
    scalars: frozen(scalars).map((one) => ({ ...one, address: false })),
    rows: frozen(rows).map((one) => ({ ...one, address: false })),
    instances: frozen(instances),
  };
}

function callback(c: Context): void {
  const name = `b${c.id}_${c.names++}`;
  const s = new Scope(c, false);
  s.trips = 8;
  s.scalars.push(
    { text: "at", type: U64, root: "at", write: false, address: false },
    { text: "turn->sum", type: U64, root: "turn", write: true, address: true },
    { text: "turn->word", type: U32, root: "turn", write: true, address: true },
    { text: "turn->last", type: S16, root: "turn", write: true, address: true },
  );
  const body = block(s, 1 + c.r.below(3), 1);
  c.top.push(
    stmt`static long ${name}(u64 at, void *data)\n{\nstruct turn *turn = data;${body}\nturn->sum += ${expr(s, 2).node};\nreturn ${fixed`(${expr(s, 1).node}) == ${c.r.below(9)}`};\n}`,
  );
  c.callbacks.push(name);
}

/** `statements`: at most, and two. */
function mainBody(s: Scope, statements: number): Node {
  const { r } = s;
  const lines: Node[] = [
    fixed`const u8 *data = (const u8 *)(long)ctx->data;`,
    fixed`if (data + ${PACKET_BYTES} > (const u8 *)(long)ctx->data_end)\nreturn 0;`,
    fixed`u64 h = ${r.below(1000)};`,
  ];
  s.rows.push({ text: "data", elem: U8, length: 64, root: "data", write: false, address: false, constantIndex: true });
  const inputs = 2 + r.below(4);
  for (let i = 0; i < inputs; i++) {
    const type = r.pick([U8, U16, U32, U64, S32, S64, S16, ...TYPES]);
    const read = r.pick([U8, U16, U32, U64, S32, S64].filter((one) => one.bits <= Math.max(8, type.bits)));
    const name = s.name("v");
    s.stackBytes += 8;
    lines.push(stmt`${type.name} ${name} = *(const ${read.name} *)(data + ${8 * r.below(7)});`);
    s.scalars.push({ text: name, type, root: name, write: true, address: true });
  }
  if (r.below(3) === 0) {
    const name = s.name("v");
    lines.push(stmt`static u32 ${name} = 5;`);
    s.scalars.push({ text: name, type: U32, root: name, write: true, address: true });
  }
  const count = 2 + r.below(statements);
  for (let i = 0; i < count; i++) {
    const kind = r.below(10);
    if (kind === 0) lines.push(variable(s));
    else if (kind === 1) lines.push(stmt`MIX(h, ${expr(s, 3, true).node});`);
    else lines.push(statement(s, 2));
    const loop = s.some(s.c.callbacks);
    if (loop !== undefined && r.below(6) === 0) lines.push(...looped(s, loop));
  }
  for (const one of s.scalars) lines.push(stmt`MIX(h, ${one.text});`);
  for (const { text, length } of s.rows.filter((one) => one.root !== "data")) {
    if (length === 1) lines.push(stmt`MIX(h, ${text}[0]);`);
    else lines.push(stmt`for (int n = 0; n < ${length}; n++)\nMIX(h, ${text}[n]);`);
  }
  lines.push(fixed`sum${s.c.id} = h;`, fixed`return (int)(h ^ h >> 32);`);
  return list(lines);
}

function looped(s: Scope, callback: string): Node[] {
  const t = s.name("t");
  s.stackBytes += 24;
  const node = stmt`struct turn ${t} = { ${expr(s, 1).node}, ${literal(s).node}, 3 };`;
  const call = stmt`${t}.sum += bpf_loop(${fixed`${expr(s, 1).node} & 15`}, ${callback}, &${t}, 0);`;
  for (const [field, type] of [
    ["sum", U64],
    ["word", U32],
    ["last", S16],
  ] as const) {
    s.scalars.push({ text: `${t}.${field}`, type, root: t, write: true, address: true });
  }
  return [node, call];
}
