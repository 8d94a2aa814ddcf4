/** What emission writes into: instructions, relocations, lines; and where vregs and stack slots lie. */
import { bug } from "../base/error.ts";
import type { IrDiagnostic, Pos } from "../ir/ir.ts";
import * as isa from "../isa/codes.ts";
import type { Insn } from "../isa/insn.ts";
import type { Allocation } from "./allocate.ts";
import { FP, type MCore, type MFunction, NONE } from "./mir.ts";

export interface CodeReloc {
  insnIdx: number;
  /** "addr": LD_IMM64; "call": CALL. */
  readonly kind: "addr" | "call";
  readonly symbol: string;
  readonly addend: number;
}

export interface EmittedFunction {
  readonly name: string;
  readonly insns: Insn[];
  readonly relocs: CodeReloc[];
  readonly lines: { insnIdx: number; readonly pos: Pos }[];
  readonly cores: { insnIdx: number; readonly core: MCore }[];
}

/** A block, or a place made for a jump that does not reach its own. */
export interface JumpTarget {
  /** Slot of its first instruction. */
  start: number;
}

export interface Emitter extends EmittedFunction {
  readonly fn: MFunction;
  readonly alloc: Allocation;
  readonly cpu: number;
  readonly jumps: { insnIdx: number; target: JumpTarget }[];
  /** Targets besides the blocks. */
  readonly labels: JumpTarget[];
  /** Slots of inline assembly, [from, to). */
  readonly texts: { from: number; to: number }[];
  readonly diagnostics: IrDiagnostic[];
  lastLine: string;
  scratchSlot: number;
}

export function put(e: Emitter, code: number, dst: number, src: number, off: number, imm: number): void {
  e.insns.push({ code, dst, src, off, imm });
}

export function regOf(e: Emitter, v: number): number {
  if (v === FP) return isa.BPF_REG_FP;
  const reg = e.alloc.regs[v] ?? -1;
  return reg < 0 ? bug(`vreg ${v} of ${e.name} has no register`) : reg;
}

export function slotOff(e: Emitter, slot: number, off: number): number {
  return slot === NONE ? off : e.fn.slots[slot]!.offBytes + off;
}
