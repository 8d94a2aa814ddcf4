/**
 * The embedded target: Skep's own runtime. Programs are verified, compiled to WebAssembly (or interpreted) and run over maps
 * in one linear memory; nothing of it needs Linux, root or a file.
 *
 *     const target = embedded({ random: 1, cpus: 4 });
 *     const flows = target.createMap(spec, null);
 *     const prog = target.loadProg(resolved, [flows]);     // throws VerifierError "verify/rejected", "load/helper", ...
 *     prog.testRun({ data: packet }).retval;
 *     target.close();                                      // frees programs, links and maps
 */
import { interp } from "../engine/interp/interp.ts";
import { jit } from "../engine/jit/jit.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { unsafeVerified, type VerifiedProg } from "../obj/verified.ts";
import { verify } from "../verifier/verify.ts";
import { createHooks } from "./hooks/hooks.ts";
import { type EmbeddedOptions, type EmbeddedTarget, embeddedTarget } from "./target.ts";
import { VerifierError } from "./verifier-error.ts";

export type { EmbeddedOptions, EmbeddedProg, EmbeddedTarget } from "./target.ts";

export function embedded(options: EmbeddedOptions = {}): EmbeddedTarget {
  return embeddedTarget(options, {
    engine: (name) => (name === "jit" ? jit : interp),
    verify: (prog) => verified(prog, options.unsafe === true),
    createHooks,
  });
}

/** Only verified programs run; one that is refused gets in where the caller wrote `unsafe`, and is then checked as it runs. */
function verified(prog: ResolvedProg, unsafe: boolean): { prog: VerifiedProg; processed: number } {
  const result = verify(prog);
  if (result.ok) return { prog: result.prog!, processed: result.stats.processed };
  if (unsafe) return { prog: unsafeVerified(prog), processed: result.stats.processed };
  throw new VerifierError(prog, result.error!);
}
