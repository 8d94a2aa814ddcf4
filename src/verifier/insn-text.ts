/** An insn as the verifier's log has it: kfuncs by name where the kernel's BTF is known. */
import { kernelText } from "../asm/kernel.ts";
import type { ResolvedProg } from "../obj/spec.ts";

export function insnText(prog: ResolvedProg, insn: number): string {
  return text(prog, insn, false);
}

/** Without its opcode. */
export function bareInsnText(prog: ResolvedProg, insn: number): string {
  return text(prog, insn, true);
}

function text(prog: ResolvedProg, insn: number, bare: boolean): string {
  const btf = prog.kernelBtf;
  return kernelText(prog.insns, insn, {
    bare,
    kfuncName: (id) => (btf !== null && id > 0 && id < btf.length ? btf.type(id).name : undefined),
  });
}
