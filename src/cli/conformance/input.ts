/** Instructions and memory as the runner of bpf_conformance passes them. */
import { SkepError } from "../../base/error.ts";
import { readElf } from "../../elf/read.ts";
import { SHF_EXECINSTR } from "../../elf/types.ts";
import { decodeInsns, type InsnBuf } from "../../isa/insn.ts";

/** "b7 00 0 5": bytes of one or two digits, or digits in a row. Throws "conformance/hex". */
export function hexBytes(text: string): Uint8Array {
  const words = text.trim().split(/\s+/).filter(Boolean);
  const pairs = words.flatMap((word) => (word.length <= 2 ? [word] : (word.match(/..?/g) ?? [])));
  for (const pair of pairs) {
    if (!/^[0-9a-fA-F]{1,2}$/.test(pair)) {
      throw new SkepError("conformance/hex", `"${pair}" is no byte in hex`, { advice: "write bytes as b7 00 0a" });
    }
  }
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

/** Raw instructions, or the first code section of an object. */
export function instructionsOf(bytes: Uint8Array, elf: boolean): InsnBuf {
  if (!elf) return decodeInsns(bytes);
  const object = readElf(bytes, "stdin");
  const code = object.sections.find((section) => (section.flags & SHF_EXECINSTR) !== 0 && section.size > 0);
  if (code === undefined) throw new SkepError("conformance/elf", "the object has no code", { site: { file: "stdin" } });
  return decodeInsns(object.data(code));
}
