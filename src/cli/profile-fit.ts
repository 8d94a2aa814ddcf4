/** Whether the bundled profile is enough for a program: it has few of the kernel's functions, and not all of its types. */
import { SkepError } from "../base/error.ts";
import { essentialName } from "../btf/names.ts";
import type { BtfView } from "../btf/types.ts";
import { attachPoint } from "../linux/prog-attr.ts";
import type { ProgSpec } from "../obj/spec.ts";
import { PROFILE } from "./btf-file.ts";

const ADVICE = "give a kernel's own BTF: --btf FILE";

/**
 * Throws "btf/profile" for a program that attaches to what the profile lacks: the verifier would refuse it, and a whole
 * kernel may take it. Other BTF is left to the verifier.
 */
export function checkAttachKnown(prog: ProgSpec, btf: BtfView): void {
  if (btf.partial !== true) return;
  try {
    attachPoint({ spec: prog, kernelBtf: btf });
  } catch (cause) {
    if (!(cause instanceof SkepError)) throw cause;
    throw new SkepError("btf/profile", `${PROFILE} does not have ${prog.attachTo}, which ${prog.name} attaches to`, {
      site: { prog: prog.name, section: prog.section },
      advice: ADVICE,
      cause,
    });
  }
}

/**
 * "btf/profile" where the verifier refused an access to a type that the profile lacks: no verdict. Null for other refusals, such
 * as an access to a member that a type of the profile does not have.
 */
export function missingType(prog: ProgSpec, obj: BtfView | null, btf: BtfView, insn: number): SkepError | null {
  if (btf.partial !== true || obj === null) return null;
  for (const relo of prog.coreRelos) {
    // A poisoned LD_IMM64 fails at its first slot.
    if (relo.insnIdx !== insn) continue;
    const name = essentialName(obj.type(relo.typeId).name);
    if (btf.findEssential(name).length > 0) return null;
    return new SkepError("btf/profile", `${PROFILE} does not have ${name}, which ${prog.name} reads`, {
      site: { prog: prog.name, section: prog.section, insn },
      advice: ADVICE,
    });
  }
  return null;
}
