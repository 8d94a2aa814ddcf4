/**
 * An embedded target that runs everything, refused or not, on the interpreter, and counts the insns that ran. It asks the verifier only
 * where no kernel does: random programs can take long to verify.
 */
import { bindProg } from "../../../src/engine/bind.ts";
import type { Engine, EngineEnv } from "../../../src/engine/engine.ts";
import { exec } from "../../../src/engine/interp/exec.ts";
import { begin, interp, invoker } from "../../../src/engine/interp/interp.ts";
import { Machine } from "../../../src/engine/interp/machine.ts";
import { requireVerified, unsafeVerified, type VerifiedProg } from "../../../src/obj/verified.ts";
import { createHooks } from "../../../src/runtime/hooks/hooks.ts";
import { type EmbeddedTarget, embeddedTarget } from "../../../src/runtime/target.ts";
import { verify } from "../../../src/verifier/verify.ts";

export interface Counter {
  insns: number;
  /** What the verifier said of the program that was loaded last; "" where it took it. */
  verdict: string;
}

/** A program that the verifier refuses runs with every access checked, and not for longer. */
const BUDGET_INSNS = 200_000;

export function countingTarget(counter: Counter, verdicts: boolean): EmbeddedTarget {
  return embeddedTarget(
    { random: 1, engine: "interp", unsafe: true },
    {
      engine: () => counting(counter),
      verify(prog) {
        if (!verdicts) return { prog: unsafeVerified(prog), processed: 0 };
        const result = verify(prog);
        counter.verdict = result.ok ? "" : (result.error?.message ?? "refused");
        const verified = result.ok ? result.prog! : unsafeVerified(prog);
        return { prog: verified, processed: result.stats.processed };
      },
      createHooks,
    },
  );
}

function counting(counter: Counter): Engine {
  return {
    name: "interp",
    compile(verified: VerifiedProg, env: EngineEnv) {
      requireVerified(verified);
      const limited = { ...env, budget: BUDGET_INSNS };
      const m = new Machine(bindProg(verified, env), limited);
      const invoke = invoker(m);
      const run = (ctx: number): number => {
        const before = env.invoke;
        env.invoke = invoke;
        try {
          begin(m, ctx);
          exec(m, Number.POSITIVE_INFINITY);
          return m.result();
        } finally {
          env.invoke = before;
          counter.insns += m.executed;
        }
      };
      return { ...interp.compile(verified, env), run, entry: run };
    },
  };
}
