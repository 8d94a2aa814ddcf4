/** Stepping: one insn at a time, with registers and frames in sight. */
import { expect, test } from "vitest";
import { stepper } from "../../src/engine/interp/step.ts";
import { CTX_BASE } from "../../src/layout/layout.ts";
import { EXIT, ins, progOf, testEnv } from "./kit.ts";

const PROG = [
  ins(0xb7, 6, 0, 0, 5),
  ins(0xb7, 1, 0, 0, -1),
  ins(0x85, 0, 1, 0, 2),
  ins(0x0f, 0, 6),
  EXIT,
  ins(0xbf, 0, 1),
  ins(0xb7, 6, 0, 0, 9),
  EXIT,
];

test("steps into a subprogram and out again", () => {
  const s = stepper(progOf(PROG, { subprogs: [5] }), testEnv(), CTX_BASE);
  const pcs: number[] = [];
  expect(s.registers()[1]).toBe(BigInt(CTX_BASE));
  do pcs.push(s.pc);
  while (s.step());
  expect(pcs).toEqual([0, 1, 2, 5, 6, 7, 3, 4]);
  expect(s.done).toBe(true);
  expect(s.executed).toBe(8);
  expect(s.result()).toBe(4);
  expect(s.step()).toBe(false);
});

test("frames, breakpoints and changed registers", () => {
  const s = stepper(progOf(PROG, { subprogs: [5] }), testEnv(), CTX_BASE);
  s.run((pc) => pc === 6);
  expect(s.frames()).toEqual([
    { func: 1, pc: 6 },
    { func: 0, pc: 3 },
  ]);
  expect(s.registers()[0]).toBe(0xffff_ffff_ffff_ffffn);
  s.setRegister(0, 0x1_0000_0000n);
  s.run();
  expect(s.result()).toBe(5);
  expect(s.registers()[0]).toBe(0x1_0000_0005n);
});
