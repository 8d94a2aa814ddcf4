/** skep/elf: eBPF objects as ELF files, read and written. */
export { type Elf, readElf } from "./elf/read.ts";
export * from "./elf/types.ts";
export { type OutElf, type OutReloc, type OutSection, type OutSymbol, writeElf } from "./elf/write.ts";
