/** The WebAssembly that the JIT makes of an object's programs, as text: one module a program. */
import { jit, translate } from "../engine/jit/jit.ts";
import { loadObject } from "../loader/load.ts";
import { parseObject } from "../obj/parse.ts";
import { createHooks } from "../runtime/hooks/hooks.ts";
import { embeddedTarget } from "../runtime/target.ts";
import { VerifierError } from "../runtime/verifier-error.ts";
import { verify } from "../verifier/verify.ts";
import { wat } from "../wasm/wat.ts";

/** Loads them for that, on maps of their own. Throws what loading throws. */
export async function modulesOf(object: Uint8Array, file: string): Promise<string> {
  const texts: string[] = [];
  const target = embeddedTarget(
    { engine: "jit" },
    {
      engine: () => ({
        name: "jit",
        compile(prog, env) {
          texts.push(`;; ${prog.prog.spec.name}\n${wat(translate(prog, env).bytes)}`);
          return jit.compile(prog, env);
        },
      }),
      verify(prog) {
        const result = verify(prog);
        if (!result.ok) throw new VerifierError(prog, result.error!);
        return { prog: result.prog!, processed: result.stats.processed };
      },
      createHooks,
    },
  );
  try {
    loadObject(parseObject(object, file), target).close();
  } finally {
    target.close();
  }
  return texts.join("\n");
}
