/**
 * The op table's text forms, taken apart: "{dst} += {imm}" becomes ["", "dst", " += ", "imm", ""], literal and slot in turn.
 *
 *     dst src          r1               wdst wsrc  w1
 *     ldst lsrc        r1, or w1 where narrow loads and stores are shown with 32-bit registers (LLVM's alu32)
 *     dst+off src+off  base and displacement
 *     imm              operand          cmp        operand of a comparison
 *     jump jumpl       target from off, from imm
 *     imm64            both halves of LD_IMM64
 *     func callid      callee's name, its number
 *     hi lo            halves of imm: address spaces
 *     plusimm          " + imm" where imm is not 0
 */
const cache = new Map<string, readonly string[]>();

function templateParts(text: string): readonly string[] {
  let parts = cache.get(text);
  if (parts === undefined) {
    parts = text.split(/[{}]/);
    cache.set(text, parts);
  }
  return parts;
}

/** Fills a template: `slot` gives the text for each slot's name. */
export function fillTemplate(text: string, slot: (name: string) => string): string {
  const parts = templateParts(text);
  let out = parts[0]!;
  for (let i = 1; i < parts.length; i += 2) out += slot(parts[i]!) + parts[i + 1]!;
  return out;
}
