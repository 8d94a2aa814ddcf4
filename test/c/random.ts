/**
 * Random programs in restricted C without undefined behaviour: shift counts are masked, divisors are not 0, signed arithmetic is
 * done unsigned, indexes are masked. Each reads its packet, works on locals, arrays, structs, bit-fields, globals and static
 * functions, and returns what depends on all of it.
 */
import { seededRandom } from "../../src/runtime/clock.ts";

type Rng = (below: number) => number;

const TYPES = ["u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64"] as const;
const HELPERS = 2;

export function randomSource(seed: number, programs: number): string {
  const next = seededRandom(seed);
  const random: Rng = (below) => next() % below;
  const parts = ['#include "case.h"', "u64 shared[4];", STRUCTS];
  for (let i = 0; i < HELPERS; i++) parts.push(helper(random, i));
  for (let i = 0; i < programs; i++) parts.push(program(random, i));
  return parts.join("\n\n");
}

const STRUCTS = `struct mix {
	u8 a;
	s16 b;
	u32 c : 5;
	s32 d : 11;
	u32 e : 16;
	u64 f;
	u8 g[5];
};`;

class Scope {
  readonly random: Rng;
  /** Variables that may be read and, but for counters, written. */
  readonly vars: string[] = [];
  readonly counters: string[] = [];
  depth = 0;
  loops = 0;
  names = 0;

  constructor(random: Rng) {
    this.random = random;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.random(list.length)]!;
  }
}

function helper(random: Rng, i: number): string {
  const s = new Scope(random);
  s.vars.push("x", "y");
  const inline = s.pick(["__always_inline", "__noinline"]);
  const body = block(s, 3, 1);
  return `static ${inline} ${s.pick(TYPES)} helper${i}(${s.pick(TYPES)} x, ${s.pick(TYPES)} y)\n{\n${body}\treturn ${expr(s, 2)};\n}`;
}

function program(random: Rng, i: number): string {
  const s = new Scope(random);
  const lines: string[] = [];
  for (let v = 0; v < 4; v++) {
    const name = `v${v}`;
    lines.push(`\t${s.pick(TYPES)} ${name} = ${s.pick(["u64_at", "u32_at", "u16_at"])}(p, ${random(48)});`);
    s.vars.push(name);
  }
  lines.push(`\t${s.pick(["u8", "u32", "u64"])} arr[8] = { ${random(9)}, ${random(99)} };`);
  lines.push("\tstruct mix m = { .a = 3, .d = -2, .f = 77 };");
  s.vars.push("arr[1]", "arr[7]", "m.a", "m.b", "m.c", "m.d", "m.e", "m.f", "m.g[2]", "shared[0]", "shared[3]");
  const body = block(s, 8, 2);
  const sum = s.vars.map((name, at) => `(u64)${name} * ${at * 2 + 1}`).join(" + ");
  return `CASE(random${i})\n{\n${lines.join("\n")}\n\n${body}\treturn fold(${sum});\n}`;
}

function block(s: Scope, statements: number, depth: number): string {
  let text = "";
  for (let i = 0; i < statements; i++) text += statement(s, depth);
  return text;
}

function statement(s: Scope, depth: number): string {
  const inArray = s.vars.includes("m.a");
  const kind = s.random(depth > 0 ? 12 : 7);
  switch (kind) {
    case 0:
    case 1:
    case 2:
      return `\t${s.pick(s.vars)} = ${expr(s, 3)};\n`;
    case 3:
    case 4:
      return `\t${s.pick(s.vars)} ${s.pick(["+=", "-=", "^=", "|=", "&="])} ${expr(s, 2)};\n`;
    case 5:
      return `\t${s.pick(s.vars)}${s.pick(["++", "--"])};\n`;
    case 6:
      return inArray ? `\tarr[${expr(s, 1)} & 7] = ${expr(s, 2)};\n` : `\t${s.pick(s.vars)} = ${expr(s, 2)};\n`;
    case 7:
    case 8:
      return `\tif (${condition(s)}) {\n${block(s, 2, depth - 1)}\t}${s.random(2) === 0 ? "" : ` else {\n${block(s, 2, depth - 1)}\t}`}\n`;
    case 9: {
      const counter = `i${s.names++}`;
      s.counters.push(counter);
      const body = block(s, 2, depth - 1);
      const leave = s.random(3) === 0 ? `\tif (${condition(s)})\n\t\t${s.pick(["break", "continue"])};\n` : "";
      const text = `\tfor (int ${counter} = 0; ${counter} < ${2 + s.random(6)}; ${counter}++) {\n${leave}${body}\t}\n`;
      s.counters.pop();
      return text;
    }
    case 10: {
      const cases = [0, 1, 2].map(
        (n) => `\tcase ${n * (1 + s.random(3))}:\n${block(s, 1, depth - 1)}${s.random(3) === 0 ? "" : "\t\tbreak;\n"}`,
      );
      const unique = new Set<string>();
      const kept = cases.filter((one) => {
        const label = one.slice(0, one.indexOf(":"));
        if (unique.has(label)) return false;
        unique.add(label);
        return true;
      });
      return `\tswitch (${expr(s, 1)} & 7) {\n${kept.join("")}\tdefault:\n${block(s, 1, depth - 1)}\t}\n`;
    }
    default:
      return inArray
        ? `\t${s.pick(s.vars)} = helper${s.random(HELPERS)}(${expr(s, 2)}, ${expr(s, 2)});\n`
        : `\t${s.pick(s.vars)} = ${expr(s, 3)};\n`;
  }
}

function condition(s: Scope): string {
  const compare = (): string => `${expr(s, 1)} ${s.pick(["<", "<=", ">", ">=", "==", "!="])} ${expr(s, 1)}`;
  switch (s.random(4)) {
    case 0:
      return `${compare()} && ${compare()}`;
    case 1:
      return `${compare()} || !(${compare()})`;
    default:
      return compare();
  }
}

/** Of any type; unsigned 64-bit inside where overflow could be. */
function expr(s: Scope, depth: number): string {
  if (depth === 0) return leaf(s);
  const a = (): string => expr(s, depth - 1);
  switch (s.random(11)) {
    case 0:
    case 1:
      return `((u64)${a()} ${s.pick(["+", "-", "*"])} (u64)${a()})`;
    case 2:
      return `((u32)${a()} ${s.pick(["+", "-", "*"])} (u32)${a()})`;
    case 3:
      return `(${a()} ${s.pick(["&", "|", "^"])} ${a()})`;
    case 4:
      return `((u32)${a()} ${s.pick(["<<", ">>"])} (${a()} & 31))`;
    case 5:
      return `((${s.pick(["u64", "s64"])})${a()} >> (${a()} & 63))`;
    case 6:
      return `((${s.pick(["u32", "u64"])})${a()} ${s.pick(["/", "%"])} ((${s.pick(["u8", "u16"])})${a()} | 1))`;
    case 7:
      return `((${s.pick(TYPES)})${a()})`;
    case 8:
      return `(${condition(s)} ? ${a()} : ${a()})`;
    case 9:
      return s.pick([`(~${a()})`, `(-(u64)${a()})`, `(!${a()})`]);
    default:
      return `(${a()} ${s.pick(["<", ">", "==", ">="])} ${a()})`;
  }
}

function leaf(s: Scope): string {
  const random = s.random(10);
  if (random < 6) return s.pick(s.vars);
  if (random < 8 && s.counters.length > 0) return s.pick(s.counters);
  if (random === 9) return s.pick(["0", "1", "255", "0x7fffffff", "0xffffffffU", "0x8000000000000000ULL", "-1", "100"]);
  return String(s.random(300));
}
