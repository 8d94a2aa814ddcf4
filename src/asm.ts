/** skep/asm: text to instructions and back. */
export { type AsmRef, type Assembled, type AssembleOptions, assemble } from "./asm/asm.ts";
export { type DisasmLine, type DisasmOptions, type Disassembly, disassemble, layout } from "./asm/disasm.ts";
export { type KernelTextOptions, kernelText } from "./asm/kernel.ts";
