/** skep/isa: the op table and instructions as columns. */
export * from "./isa/codes.ts";
export { decodeInsns, encodeInsns, type Insn, type InsnBuf, insnAt, insnsOf } from "./isa/insn.ts";
export { findOp, OPS, type OpRow, opAt, opByName } from "./isa/ops.ts";
