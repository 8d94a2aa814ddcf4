/**
 * One instruction in llvm-objdump's notation (LLVM 19):
 *
 *     r2 = *(u32 *)(r1 + 0x4c)      if r2 == 0x0 goto +0x3 <prog+0x48>      call 0x1      w0 ^= w1      r1 = 0x0 ll
 *
 * LLVM prints the same text for the seven meanings of LD_IMM64 and the three of CALL, and "<unknown>" for what it does not
 * decode. So that text can always be read back to the same bytes, those print as
 *
 *     r1 = map[fd:5] ll   map[fd:5][0]+16 ll   map[idx:0] ll   map[idx:0][0]+16 ll   btf[id:7] ll   subprog[+0x3] <cb> ll
 *     call 0x3 <sub>      call pc+0x3 where no symbol is there      call kfunc[0x4d2]   call kfunc[0x4d2:1]  (off = 1)
 *     .quad 0x00000001000005bf
 */
import { type InsnBuf, insnAt } from "../isa/insn.ts";
import { badField, type OpRow, opAt } from "../isa/ops.ts";
import { fillTemplate } from "./template.ts";

/** Name of a place in the program; `insnIdx` ascending in a list. */
export interface AsmSymbol {
  readonly insnIdx: number;
  readonly name: string;
}

export interface LlvmTextOptions {
  /** Names that jump and call targets are shown with. */
  readonly symbols?: readonly AsmSymbol[];
  /** 32-bit registers in loads and stores of at most 32 bits, as llvm-objdump --mcpu=v3 and later shows them. */
  readonly alu32?: boolean;
  /** The slot is about to be relocated: LD_IMM64 and CALL print their plain numbers, as in an object. */
  readonly reloc?: boolean;
}

/** Text of slot i; ".quad ..." for slots that no row describes exactly. */
export function llvmText(insns: InsnBuf, i: number, options: LlvmTextOptions = {}): string {
  const row = opAt(insns, i);
  if (row === undefined || !faithful(insns, i, row)) return quadText(insns, i);
  return fillTemplate(row.text, (slot) => slotText(insns, i, row, slot, options));
}

/** Slot where the jump or the call to a subprogram at i goes, or -1. */
export function targetOf(insns: InsnBuf, i: number): number {
  const row = opAt(insns, i);
  if (row === undefined) return -1;
  if (row.off === "jump") return i + 1 + insns.off[i]!;
  if (row.imm === "jump") return i + 1 + insns.imm[i]!;
  return -1;
}

/** 2 for a well-formed LD_IMM64, else 1. */
export function slotsAt(insns: InsnBuf, i: number): 1 | 2 {
  const row = opAt(insns, i);
  return row !== undefined && row.slots === 2 && badField(insns, i) === null ? 2 : 1;
}

/** "<name+0x10>" for a slot, "" where no symbol lies at or before it. */
function symbolText(symbols: readonly AsmSymbol[] | undefined, insnIdx: number): string {
  if (symbols === undefined) return "";
  // The last symbol at or before the slot
  let low = 0;
  let high = symbols.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (symbols[middle]!.insnIdx <= insnIdx) low = middle + 1;
    else high = middle;
  }
  const best = symbols[low - 1];
  if (best === undefined) return "";
  const bytes = (insnIdx - best.insnIdx) * 8;
  return bytes === 0 ? `<${best.name}>` : `<${best.name}+0x${bytes.toString(16)}>`;
}

function slotText(insns: InsnBuf, i: number, row: OpRow, slot: string, options: LlvmTextOptions): string {
  const { dst, src, off, imm } = insnAt(insns, i);
  switch (slot) {
    case "dst":
      return `r${dst}`;
    case "src":
      return `r${src}`;
    case "wdst":
      return `w${dst}`;
    case "wsrc":
      return `w${src}`;
    case "ldst":
      return `${options.alu32 === true ? "w" : "r"}${dst}`;
    case "lsrc":
      return `${options.alu32 === true ? "w" : "r"}${src}`;
    case "dst+off":
      return `r${dst} ${spaced(off)}`;
    case "src+off":
      return `r${src} ${spaced(off)}`;
    case "imm":
    case "cmp":
      return hex(imm);
    case "plusimm":
      return imm === 0 ? "" : ` ${spaced(imm)}`;
    case "jump":
      return withSymbol(signedHex(off), options.symbols, i + 1 + off);
    case "jumpl":
      return withSymbol(signedHex(imm), options.symbols, i + 1 + imm);
    case "imm64":
      return wideText(insns, i, row, options);
    case "func":
      return funcText(insns, i, row, options);
    case "hi":
      return hex(imm >>> 16);
    case "lo":
      return hex(imm & 0xffff);
    default:
      return "";
  }
}

function wideText(insns: InsnBuf, i: number, row: OpRow, options: LlvmTextOptions): string {
  const imm = insns.imm[i]!;
  const next = insns.imm[i + 1]!;
  if (options.reloc !== true) {
    switch (row.name) {
      case "lddw_map_fd":
        return `map[fd:${imm}]${next === 0 ? "" : `, ${hex(next)}`}`;
      case "lddw_map_value":
        return `map[fd:${imm}][0]+${next >>> 0}`;
      case "lddw_map_idx":
        return `map[idx:${imm}]${next === 0 ? "" : `, ${hex(next)}`}`;
      case "lddw_map_idx_value":
        return `map[idx:${imm}][0]+${next >>> 0}`;
      case "lddw_btf_id":
        return `btf[id:${imm >>> 0}]${next === 0 ? "" : `, ${hex(next)}`}`;
      case "lddw_func":
        return `${withSymbol(`subprog[${signedHex(imm)}]`, options.symbols, i + 1 + imm)}${next === 0 ? "" : `, ${hex(next)}`}`;
    }
  }
  return hex64(imm, next);
}

function funcText(insns: InsnBuf, i: number, row: OpRow, options: LlvmTextOptions): string {
  const imm = insns.imm[i]!;
  const off = insns.off[i]!;
  if (options.reloc === true) return hex(imm);
  if (row.name === "call_kfunc") return `kfunc[${hex(imm)}${off === 0 ? "" : `:${off}`}]`;
  if (row.name !== "call_local") return hex(imm);
  const symbol = symbolText(options.symbols, i + 1 + imm);
  return symbol === "" ? `pc${signedHex(imm)}` : `${hex(imm)} ${symbol}`;
}

/** Whether the text form carries every bit of the slot (and of LD_IMM64's second). */
function faithful(insns: InsnBuf, i: number, row: OpRow): boolean {
  const bad = badField(insns, i);
  if (bad === "imm" && row.imm === "spaces") return true;
  // exit's off is the one reserved field that Linux does not check
  return bad === null && (row.kind !== "exit" || insns.off[i] === 0);
}

function quadText(insns: InsnBuf, i: number): string {
  const { code, dst, src, off, imm } = insnAt(insns, i);
  const low = ((off & 0xffff) << 16) | (src << 12) | (dst << 8) | code;
  return `.quad 0x${(imm >>> 0).toString(16).padStart(8, "0")}${(low >>> 0).toString(16).padStart(8, "0")}`;
}

function withSymbol(text: string, symbols: readonly AsmSymbol[] | undefined, insnIdx: number): string {
  const symbol = symbolText(symbols, insnIdx);
  return symbol === "" ? text : `${text} ${symbol}`;
}

function hex(value: number): string {
  return value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}

function signedHex(value: number): string {
  return value < 0 ? hex(value) : `+${hex(value)}`;
}

function spaced(value: number): string {
  return value < 0 ? `- ${hex(-value)}` : `+ ${hex(value)}`;
}

/** Two words as one signed 64-bit number in hex. */
function hex64(lo: number, hi: number): string {
  const value = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
  return value < 0n ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`;
}
