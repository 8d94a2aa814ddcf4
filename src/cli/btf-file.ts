/** BTF that a command is given: raw, as /sys/kernel/btf/ has it, or the .BTF section of an ELF file (vmlinux, an object). */
import { SkepError } from "../base/error.ts";
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
