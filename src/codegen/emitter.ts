/** What emission writes into: instructions, relocations, lines; and where vregs and stack slots lie. */
import { bug } from "../base/error.ts";
import type { Pos } from "../ir/ir.ts";
import * as isa from "../isa/codes.ts";
import type { Insn } from "../isa/insn.ts";
import type { Allocation } from "./allocate.ts";
import { FP, type MBlock, type MCore, type MFunction, NONE } from "./mir.ts";

export interface CodeReloc {
  readonly insnIdx: number;
  /** "addr": LD_IMM64; "call": CALL. */
  readonly kind: "addr" | "call";
  readonly symbol: string;
  readonly addend: number;
}

export interface EmittedFunction {
  readonly name: string;
  readonly insns: Insn[];
  readonly relocs: CodeReloc[];
  readonly lines: { readonly insnIdx: number; readonly pos: Pos }[];
  readonly cores: { readonly insnIdx: number; readonly core: MCore }[];
}

export interface Emitter extends EmittedFunction {
  readonly fn: MFunction;
  readonly alloc: Allocation;
  readonly cpu: number;
  readonly jumps: { insnIdx: number; target: MBlock }[];
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
