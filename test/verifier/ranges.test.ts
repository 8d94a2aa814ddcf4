/**
 * The ranges hold: what a register can be at run time is what the verifier thinks of it. Random straight programs run on
 * BigInt (test/engine/reference.ts) beside the verifier; at each insn some state of the verifier holds every register.
 */
import { expect, test } from "vitest";
import type { Insn } from "../../src/isa/insn.ts";
import { REG_WORDS, SCALAR_VALUE } from "../../src/verifier/regs.ts";
import { verify } from "../../src/verifier/verify.ts";
import { rng } from "../engine/random.ts";
import { alu, EDGES, JUMP_OPS, taken } from "../engine/reference.ts";
import { excludes } from "./contains.ts";
import { progOf } from "./prog.ts";

const SOCKET_FILTER = 1;
const REGS = [0, 2, 3, 4, 5, 7, 8, 9];
const OPS = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0];
const IMMS = [
  0, 1, -1, 2, 7, 8, 15, 31, 63, 127, 255, 0x7fff, 0xffff, 0x10000, 0x7fffffff, -0x80000000, -2, -128, 0xf0,
];
const LDX_W = 0x61;
const JA = 0x05;

const I = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });

/** Every register unknown in some way, then ALU insns and branches to the end. The last two insns are "r0 = 0; exit". */
function generate(seed: number): Insn[] {
  const below = rng(seed);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const list: Insn[] = [I(0xbf, 6, 1, 0, 0)];
  for (const r of REGS) {
    list.push(I(LDX_W, r, 6, 4 * below(3), 0));
    if (below(2) === 0) {
      list.push(I(0x67, r, 0, 0, 32), I(LDX_W, 1, 6, 4 * below(3), 0), I(0x4f, r, 1, 0, 0), I(0xb7, 1, 0, 0, 0));
    }
  }
  const body: Insn[] = [];
  for (let n = 4 + below(20); n > 0; n--) {
    const dst = pick(REGS);
    const src = pick(REGS);
    const kind = below(10);
    const wide = below(2) === 0;
    if (kind < 6) {
      const op = pick(OPS);
      const reg = below(2) === 0;
      let imm = pick(IMMS);
      if (op === 0x60 || op === 0x70 || op === 0xc0) imm = below(wide ? 64 : 32);
      if ((op === 0x30 || op === 0x90) && imm === 0) imm = 3;
      let off = (op === 0x30 || op === 0x90) && below(3) === 0 ? 1 : 0;
      if (op === 0xb0 && reg && below(2) === 0) off = pick(wide ? [8, 16, 32] : [8, 16]);
      body.push(reg ? I((wide ? 7 : 4) | op | 8, dst, src, off, 0) : I((wide ? 7 : 4) | op, dst, 0, off, imm));
    } else if (kind < 7) {
      body.push(
        below(2) === 0
          ? I(wide ? 0x87 : 0x84, dst, 0, 0, 0)
          : I(pick([0xd4, 0xdc, 0xd7]), dst, 0, 0, pick([16, 32, 64])),
      );
    } else {
      const op = pick(JUMP_OPS);
      body.push(
        below(2) === 0 ? I((wide ? 5 : 6) | op | 8, dst, src, 0, 0) : I((wide ? 5 : 6) | op, dst, 0, 0, pick(IMMS)),
      );
      // Half of the branches leave where the condition holds, the others where it does not
      if (below(2) === 0) body.push(I(JA, 0, 0, 0, 0));
    }
  }
  body.forEach((insn, i) => {
    const cls = insn.code & 7;
    if (cls !== 5 && cls !== 6) return;
    const inverted = insn.code !== JA && body[i + 1]?.code === JA;
    body[i] = { ...insn, off: inverted ? 1 : body.length - i - 1 };
  });
  return [...list, ...body, I(0xb7, 0, 0, 0, 0), I(0x95, 0, 0, 0, 0)];
}

/** Insns that ran, with the registers before each: up to the branch to the end. */
function execute(list: readonly Insn[], fields: readonly bigint[]): { pc: number; regs: bigint[] }[] {
  const regs = new Array<bigint>(11).fill(0n);
  const out: { pc: number; regs: bigint[] }[] = [];
  for (let pc = 0; pc < list.length - 2; pc++) {
    out.push({ pc, regs: [...regs] });
    const { code, dst, src, off, imm } = list[pc]!;
    const cls = code & 7;
    const operand = (code & 8) !== 0 ? regs[src]! : BigInt.asUintN(64, BigInt(imm));
    if (code === LDX_W) regs[dst] = fields[off / 4]!;
    else if (code === JA) pc += off;
    else if (cls === 5 || cls === 6) pc += taken(code, regs[dst]!, operand) ? off : 0;
    else if (dst !== 6) regs[dst] = BigInt.asUintN(64, alu(code, off, imm, regs[dst]!, operand));
  }
  return out;
}

test("at every insn some state holds the values of every run", () => {
  let checked = 0;
  for (let seed = 1; seed <= 1500; seed++) {
    const list = generate(seed);
    const states = new Map<number, Int32Array[]>();
    const result = verify(progOf(list, SOCKET_FILTER), {
      onInsn: (env) => {
        const at = states.get(env.insnIdx) ?? [];
        at.push(env.cur.frames[0]!.w.slice(0, 10 * REG_WORDS));
        states.set(env.insnIdx, at);
      },
    });
    expect(result.ok, `seed ${seed}: ${result.error?.kernel}`).toBe(true);
    const below = rng(seed ^ 0x5eed);
    for (let run = 0; run < 6; run++) {
      const fields = [0, 1, 2].map(() => {
        const edge = EDGES[below(EDGES.length)]! & 0xffff_ffffn;
        return below(3) === 0 ? BigInt(below(0x7fffffff) * 2) : edge;
      });
      for (const { pc, regs } of execute(list, fields)) {
        const here = states.get(pc) ?? [];
        const holds = here.some((w) =>
          REGS.every((r) => w[r * REG_WORDS] !== SCALAR_VALUE || excludes(w, r * REG_WORDS, regs[r]!) === ""),
        );
        if (!holds) {
          const why = here.map((w) => REGS.map((r) => `r${r}:${excludes(w, r * REG_WORDS, regs[r]!)}`).join(" "));
          expect.fail(`seed ${seed}, insn ${pc}, ${here.length} states: ${why.join(" | ")}`);
        }
        checked++;
      }
    }
  }
  expect(checked).toBeGreaterThan(50_000);
});
