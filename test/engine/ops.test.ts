/** Every ALU and jump opcode with edge operands, on both engines, against reference.ts. */
import { describe, expect, test } from "vitest";
import type { Insn } from "../../src/isa/insn.ts";
import { CTX_BASE } from "../../src/layout/layout.ts";
import { ENGINES, EXIT, imm64, ins, progOf, run64, testEnv } from "./kit.ts";
import { alu, aluForms, EDGES, JUMP_OPS, taken } from "./reference.ts";

const IMMS = [0, 1, 2, 7, 31, 32, 63, -1, -2, 127, 128, 0x7fffffff, -0x80000000, 0x12345678];
const hex = (x: bigint): string => `0x${x.toString(16)}`;

describe.each(ENGINES)("$name", (engine) => {
  test("ALU, register operands read from memory", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    for (const [code, off, fixed] of aluForms()) {
      if (fixed === null && (code & 8) === 0) continue;
      const exe = engine.compile(
        progOf([ins(0x79, 0, 1, 0), ins(0x79, 2, 1, 8), ins(code, 0, fixed === null ? 2 : 0, off, fixed ?? 0), EXIT]),
        env,
      );
      for (const a of EDGES) {
        for (const b of EDGES) {
          view.setBigUint64(CTX_BASE, a, true);
          view.setBigUint64(CTX_BASE + 8, b, true);
          const got = run64(exe, env);
          const want = alu(code, off, fixed ?? 0, a, b);
          if (got !== want)
            expect.fail(
              `op 0x${code.toString(16)} off ${off} imm ${fixed}: ${hex(a)}, ${hex(b)}: ${hex(got)} for ${hex(want)}`,
            );
        }
      }
    }
  });

  test("ALU, immediate and constant operands", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    for (const [code, off, fixed] of aluForms()) {
      if (fixed !== null || (code & 8) !== 0) continue;
      for (const imm of IMMS) {
        const exe = engine.compile(progOf([ins(0x79, 0, 1, 0), ins(code, 0, 0, off, imm), EXIT]), env);
        for (const a of EDGES) {
          view.setBigUint64(CTX_BASE, a, true);
          const got = run64(exe, env);
          const want = alu(code, off, 0, a, BigInt(imm));
          if (got !== want)
            expect.fail(`op 0x${code.toString(16)} off ${off}: ${hex(a)}, ${imm}: ${hex(got)} for ${hex(want)}`);
        }
      }
    }
  });

  test("ALU on one register, and on known constants", () => {
    const env = testEnv();
    for (const [code, off, fixed] of aluForms()) {
      for (const a of EDGES) {
        const same: Insn[] = [
          ...imm64(3, a),
          ins(code, 3, (code & 8) !== 0 && fixed === null ? 3 : 0, off, fixed ?? 5),
          ins(0xbf, 0, 3),
          EXIT,
        ];
        const got = run64(engine.compile(progOf(same), env), env);
        const want = alu(code, off, fixed ?? 0, a, (code & 8) === 0 ? 5n : a);
        if (got !== want)
          expect.fail(`op 0x${code.toString(16)} off ${off} imm ${fixed}: ${hex(a)}: ${hex(got)} for ${hex(want)}`);
      }
    }
  });

  test("jumps", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    for (const op of JUMP_OPS) {
      for (const cls of [5, 6]) {
        const tail = [ins(0xb7, 0, 0, 0, 0), EXIT, ins(0xb7, 0, 0, 0, 1), EXIT];
        const reg = engine.compile(
          progOf([ins(0x79, 2, 1, 0), ins(0x79, 3, 1, 8), ins(op | 8 | cls, 2, 3, 2), ...tail]),
          env,
        );
        const imms = IMMS.map((imm) => ({
          imm,
          exe: engine.compile(progOf([ins(0x79, 2, 1, 0), ins(op | cls, 2, 0, 2, imm), ...tail]), env),
        }));
        for (const a of EDGES) {
          view.setBigUint64(CTX_BASE, a, true);
          for (const b of EDGES) {
            view.setBigUint64(CTX_BASE + 8, b, true);
            const want = taken(op | cls, a, b) ? 1n : 0n;
            if (run64(reg, env) !== want) expect.fail(`op 0x${(op | 8 | cls).toString(16)}: ${hex(a)}, ${hex(b)}`);
          }
          for (const { imm, exe } of imms) {
            const want = taken(op | cls, a, BigInt(imm)) ? 1n : 0n;
            if (run64(exe, env) !== want) expect.fail(`op 0x${(op | cls).toString(16)}: ${hex(a)}, ${imm}`);
          }
        }
      }
    }
  });

  test("bounds of small values never decide a comparison wrongly", () => {
    const env = testEnv();
    const view = new DataView(env.memory.buffer);
    for (const op of [0x00, 0x10, 0x20, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0]) {
      for (const cls of [4, 7]) {
        for (const mask of [1, 7, 12]) {
          for (const imm of [1, 2, 5]) {
            for (const k of [mask - 1, mask, mask + imm - 1, mask * imm - 1, mask << imm, (mask << imm) - 1]) {
              const cmp = [0x20, 0x30, 0xa0, 0xb0][(k + imm) & 3]! | (cls === 4 ? 6 : 5);
              const list = [
                ins(0x61, 2, 1, 0),
                ins(0x54, 2, 0, 0, mask),
                ins(op | cls, 2, 0, 0, imm),
                ins(cmp, 2, 0, 2, k),
                ins(0xb7, 0, 0, 0, 0),
                EXIT,
                ins(0xb7, 0, 0, 0, 1),
                EXIT,
              ];
              const exe = engine.compile(progOf(list), env);
              for (let x = 0; x < 16; x++) {
                view.setUint32(CTX_BASE, x, true);
                const value = alu(op | cls, 0, 0, BigInt(x & mask), BigInt(imm));
                const want = taken(cmp, value, BigInt(k)) ? 1n : 0n;
                if (run64(exe, env) !== want)
                  expect.fail(`(${x} & ${mask}) op 0x${(op | cls).toString(16)} ${imm}, 0x${cmp.toString(16)} ${k}`);
              }
            }
          }
        }
      }
    }
  });
});
