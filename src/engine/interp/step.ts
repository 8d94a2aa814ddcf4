/** One insn at a time, for debuggers: the interpreter's own `exec` with a limit of one. */
import { requireVerified, type VerifiedProg } from "../../obj/verified.ts";
import { bindProg } from "../bind.ts";
import type { EngineEnv } from "../engine.ts";
import { exec } from "./exec.ts";
import { begin, invoker } from "./interp.ts";
import { FRAME_PC, FRAME_WORDS, Machine, RETURN_TO_HOST } from "./machine.ts";

export interface Frame {
  /** Function's index, as in prog.spec.funcs where that names every function. */
  readonly func: number;
  /** Next insn of the innermost frame; of the others the insn that they go on at. */
  readonly pc: number;
}

export interface Stepper {
  /** Next insn. */
  readonly pc: number;
  readonly done: boolean;
  /** Insns run so far. */
  readonly executed: number;
  /** r0..r10 as unsigned 64-bit values; a fresh array. */
  registers(): bigint[];
  setRegister(reg: number, value: bigint): void;
  /** Outermost last. */
  frames(): Frame[];
  /** Runs one insn (a helper with all the callbacks it makes is one; bpf_loop's callbacks are stepped). False once done. */
  step(): boolean;
  /** Runs until `stop` says so (asked before each insn, first after one step) or the program is done. */
  run(stop?: (pc: number) => boolean): void;
  /** Low half of r0, as Executable.run returns it; the upper half lies at CELL_R0_HI. */
  result(): number;
}

/** Starts a program with r1 = ctx, before its first insn. The caller sets up the event as for Executable.run. */
export function stepper(prog: VerifiedProg, env: EngineEnv, ctx: number): Stepper {
  requireVerified(prog);
  const m = new Machine(bindProg(prog, env), env);
  const invoke = invoker(m);
  begin(m, ctx);
  let done = false;
  const step = (): boolean => {
    if (done) return false;
    const before = env.invoke;
    env.invoke = invoke;
    try {
      done = exec(m, 1);
    } finally {
      env.invoke = before;
    }
    if (done) m.result();
    return !done;
  };
  return {
    get pc() {
      return m.pc;
    },
    get done() {
      return done;
    },
    get executed() {
      return m.executed;
    },
    registers() {
      const out: bigint[] = [];
      for (let i = 0; i < 22; i += 2) out.push((BigInt(m.regs[i + 1]! >>> 0) << 32n) | BigInt(m.regs[i]! >>> 0));
      return out;
    },
    setRegister(reg, value) {
      m.regs[2 * reg] = Number(BigInt.asIntN(32, value));
      m.regs[2 * reg + 1] = Number(BigInt.asIntN(32, value >> 32n));
    },
    frames() {
      const out: Frame[] = [];
      let pc = m.pc;
      for (let depth = m.depth - 1; depth >= 0; depth--) {
        out.push({ func: funcOf(m, pc), pc });
        pc = m.frames[depth * FRAME_WORDS + FRAME_PC]!;
        if (pc === RETURN_TO_HOST) break;
      }
      return out;
    },
    step,
    run(stop) {
      while (step() && stop?.(m.pc) !== true);
    },
    result: () => m.regs[0]!,
  };
}

function funcOf(m: Machine, pc: number): number {
  const { funcs } = m.bound;
  let i = funcs.length - 1;
  while (i > 0 && funcs[i]! > pc) i--;
  return i;
}
