/**
 * The code generator's own form: BPF instructions over virtual registers, in SSA until registers are given out.
 *
 *     IR --select--> MFunction (vregs) --allocate--> registers and frame slots --emit--> InsnBuf, relocations, lines
 *
 * An operand that is no vreg is an immediate (b = NONE) or the frame pointer with a slot (a = FP).
 */
import type { CoreQuestion, Pos } from "../ir/ir.ts";

export const NONE = -1;
/** Base register r10; `slot` names the frame slot, `off` the byte in it. */
export const FP = -2;

/** What a call, a phi or a return takes: made in place where it is no vreg. */
export type MOperand =
  | { readonly kind: "vreg"; readonly v: number }
  | { readonly kind: "imm"; readonly value: bigint }
  | { readonly kind: "sym"; readonly name: string; readonly addend: number }
  | { readonly kind: "frame"; readonly slot: number; readonly off: number };

export interface MCore {
  readonly kind: CoreQuestion;
  readonly typeId: number;
  readonly access: string;
}

export type MCallee =
  | { readonly kind: "helper"; readonly id: number }
  | { readonly kind: "sym"; readonly name: string };

export type MKind =
  /** def = a or imm; code has the width. */
  | "mov"
  /** def = a OP (b or imm), two-address. */
  | "alu"
  /** def = OP a, two-address: NEG, END. */
  | "unary"
  /** def = r10 + slot + off. */
  | "lea"
  /** def = wide (64 bits) or the address of sym + addend. */
  | "imm64"
  /** def = [a + off]. */
  | "load"
  /** [a + off] = b or imm. */
  | "store"
  /** [a + off] OP= b; def, where there is one, gets the old value. imm is the operation. */
  | "atomic"
  /** r0 = cmpxchg([a + off], r0 = c, b). */
  | "cmpxchg"
  | "cast"
  | "call"
  | "phi"
  | "jmp"
  /** if a CODE (b or imm) goto targets[0] else targets[1]. */
  | "jcc"
  | "exit"
  | "asm"
  | "asmbr"
  /** The slot is in use from here (imm 1), or no more (imm 0): no instruction. */
  | "life";

export interface MInst {
  k: MKind;
  /** BPF opcode, for those that take a register or imm without BPF_X. */
  code: number;
  def: number;
  a: number;
  b: number;
  imm: number;
  off: number;
  slot: number;
  pos: Pos | null;
  /** cmpxchg: the expected value. */
  c?: number;
  wide?: bigint;
  sym?: string;
  addend?: number;
  core?: MCore;
  callee?: MCallee;
  /** call: arguments in r1...; phi: per entry of block.preds; exit: the result. */
  args?: MOperand[];
  targets?: MBlock[];
  /** phi, asm: blocks from which args[i] comes. */
  from?: MBlock[];
  asm?: MAsm;
}

export interface MAsm {
  readonly text: string;
  /** Of each operand of the source: how `%n` is written. */
  readonly operands: readonly MAsmOperand[];
  /** Names of labels for targets[1...]. */
  readonly labels: readonly string[];
  /** Registers that the text overwrites, as a mask. */
  readonly clobbers: number;
  /** Vregs written: [0] is MInst.def where there is an output. */
  readonly defs: number[];
  /** Vregs read. */
  readonly uses: number[];
  /** For each def the use that shares its register, or NONE. */
  readonly ties: number[];
  /** Whether inputs stay alive while outputs are written. */
  readonly early: boolean;
}

export type MAsmOperand =
  | { readonly kind: "reg"; readonly def: number; readonly use: number; readonly wide: boolean; readonly name: string }
  | { readonly kind: "imm"; readonly value: bigint; readonly name: string }
  | { readonly kind: "sym"; readonly sym: string; readonly name: string }
  | { readonly kind: "mem"; readonly use: number; readonly slot: number; readonly off: number; readonly name: string };

export interface MBlock {
  id: number;
  name: string;
  insts: MInst[];
  preds: MBlock[];
  /** Loop nesting. */
  depth: number;
  /** Slot of its first instruction, once placed. */
  start: number;
  /** Once registers are given out: what goes into which register at the end, for the phis behind. */
  copies?: { readonly args: MOperand[]; readonly regs: number[] };
}

export interface MSlot {
  readonly sizeBytes: number;
  readonly align: number;
  readonly name: string;
  /** Offset from r10, once the frame is laid out. */
  offBytes: number;
}

export interface MFunction {
  name: string;
  /** Its assembly is all there is: no exit is added. */
  naked: boolean;
  blocks: MBlock[];
  /** Vregs that hold the parameters; NONE where unused. */
  params: number[];
  slots: MSlot[];
  vregs: number;
}

export function mInst(k: MKind, fields: Partial<MInst>): MInst {
  return { k, code: 0, def: NONE, a: NONE, b: NONE, imm: 0, off: 0, slot: NONE, pos: null, ...fields };
}

/** Calls `visit` for each vreg that is read where the instruction stands (a phi reads in the predecessors: not here). */
export function eachUse(inst: MInst, visit: (v: number) => void): void {
  if (inst.k === "phi") return;
  if (inst.a >= 0) visit(inst.a);
  if (inst.b >= 0) visit(inst.b);
  if (inst.c !== undefined && inst.c >= 0) visit(inst.c);
  if (inst.args !== undefined) for (const arg of inst.args) if (arg.kind === "vreg") visit(arg.v);
  if (inst.asm !== undefined) for (const v of inst.asm.uses) visit(v);
}

export function eachDef(inst: MInst, visit: (v: number) => void): void {
  if (inst.asm !== undefined) for (const v of inst.asm.defs) visit(v);
  else if (inst.def >= 0) visit(inst.def);
}
