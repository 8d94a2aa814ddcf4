/** Whether the bundled profile is enough for a program: it has few of the kernel's functions. */
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import { attachPoint } from "../linux/prog-attr.ts";
import type { ProgSpec } from "../obj/spec.ts";
import { PROFILE } from "./btf-file.ts";

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
      advice: "give a kernel's own BTF: --btf FILE",
      cause,
    });
  }
}
