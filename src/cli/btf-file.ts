/**
 * BTF that a command is given: raw, as /sys/kernel/btf/ has it, or the .BTF section of an ELF file (vmlinux, an object);
 * and what stands for the kernel's types: --btf, the running kernel's, or the bundled profile.
 */
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import { isBtf } from "../btf/sections.ts";
import { readElf } from "../elf/read.ts";
import { readInput } from "./input.ts";

/** The raw BTF in a file. Throws "btf/none" where an ELF file has none. */
export async function readBtf(file: string): Promise<Uint8Array> {
  const bytes = await readInput(file);
  if (isBtf(bytes)) return bytes;
  const elf = readElf(bytes, file);
  const section = elf.section(".BTF");
  if (section !== null) return elf.data(section);
  throw new SkepError("btf/none", `${file} has no .BTF section`, {
    site: { file },
    advice: "compile with -g, or give a file that holds raw BTF",
  });
}

export interface KernelTypes {
  readonly btf: Btf;
  /** For people. */
  readonly from: string;
}

export const PROFILE = "the bundled profile of Linux 6.18";

/** `file` as --btf gives it: "profile" asks for the bundled one, without it the running kernel's types are preferred. */
export async function kernelTypes(file: string | undefined): Promise<KernelTypes> {
  if (file !== undefined && file !== "profile") return { btf: new Btf(await readBtf(file)), from: file };
  const { kernelProfile, runningKernel } = await import("../host/kernel-types.ts");
  const running = file === undefined ? runningKernel() : null;
  if (running !== null) return { btf: running, from: "the running kernel's BTF" };
  return { btf: await kernelProfile(), from: PROFILE };
}
