/**
 * The interpreting engine: exact, steppable (step.ts), and free of WebAssembly. It checks every access of programs that no
 * verifier has accepted and ends those that run over their budget.
 */
import { SkepError } from "../../base/error.ts";
import { CELL_MAY_GOTO, STACK_TOP } from "../../layout/layout.ts";
import { requireVerified, type VerifiedProg } from "../../obj/verified.ts";
import { bindProg } from "../bind.ts";
import type { Engine, EngineEnv, Executable } from "../engine.ts";
import { callbackStart } from "./call.ts";
import { exec, MAX_LOOPS } from "./exec.ts";
import { Machine, RETURN_TO_HOST } from "./machine.ts";

export const interp: Engine = interpreter(() => {});

/** `done` is called after each run of a program. */
export function interpreter(done: (m: Machine) => void): Engine {
  return { name: "interp", compile: (prog, env) => compile(prog, env, done) };
}

function compile(prog: VerifiedProg, env: EngineEnv, done: (m: Machine) => void): Executable {
  requireVerified(prog);
  const bound = bindProg(prog, env);
  const spare: Machine[] = [];
  const withMachine = (use: (m: Machine) => number): number => {
    // A program may come up again within its own run (a tail call to itself), so machines are pooled.
    const m = spare.pop() ?? new Machine(bound, env);
    const before = env.invoke;
    env.invoke = invoker(m);
    try {
      return use(m);
    } finally {
      env.invoke = before;
      spare.push(m);
    }
  };
  const run = (ctx: number): number =>
    withMachine((m) => {
      begin(m, ctx);
      exec(m, Number.POSITIVE_INFINITY);
      done(m);
      return m.result();
    });
  return {
    prog,
    codeBytes: 0,
    run,
    entry: run,
    fault: (thrown) => thrown,
    invoke: (fn, a, b, c, d) =>
      withMachine((m) => {
        m.start(0);
        m.depth = 0;
        m.regs[20] = STACK_TOP + 512;
        return env.invoke!(fn, a, b, c, d);
      }),
  };
}

/** Sets a machine up for the main program. */
export function begin(m: Machine, ctx: number): void {
  m.start(ctx);
  m.view.setUint32(CELL_MAY_GOTO, MAX_LOOPS, true);
}

type Invoke = NonNullable<EngineEnv["invoke"]>;
const invokers = new WeakMap<Machine, Invoke>();

/** What env.invoke is while `m` runs: a callback in a frame below the current one. */
export function invoker(m: Machine): Invoke {
  let invoke = invokers.get(m);
  if (invoke === undefined) {
    invoke = (fn, a, b, c, d) => {
      const start = callbackStart(m, fn);
      const pc = m.pc;
      m.enter(RETURN_TO_HOST, start);
      const r = m.regs;
      for (let i = 2; i <= 11; i++) r[i] = 0;
      r[2] = a;
      r[4] = b;
      r[6] = c;
      r[8] = d;
      if (!exec(m, Number.POSITIVE_INFINITY)) throw new SkepError("bug", "a callback stopped early");
      m.pc = pc;
      return r[0]!;
    };
    invokers.set(m, invoke);
  }
  return invoke;
}
