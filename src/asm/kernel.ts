/**
 * One instruction in the kernel's own notation, as the verifier's log and `bpftool prog dump xlated` print it:
 *
 *     (b7) r0 = 0        (61) r2 = *(u32 *)(r1 +76)        (15) if r2 == 0x0 goto pc+3        (85) call bpf_map_lookup_elem#1
 *
 * Registers are named as in kernel/bpf/disasm.c: w only for 32-bit ALU and jumps. Malformed fields print as there, too.
 */
import { HELPERS } from "../abi/helpers.ts";
import type { InsnBuf } from "../isa/insn.ts";
import { findOp, type OpRow, opsOfCode } from "../isa/ops.ts";
import { fillTemplate } from "./template.ts";

export interface KernelTextOptions {
  /** Name of a kfunc by BTF id; "kernel-function" where it is not known. */
  kfuncName?(btfId: number, off: number): string | undefined;
  /** Text for an LD_IMM64's operand; the number in hex where it gives undefined. */
  imm64?(i: number, src: number, lo: number, hi: number): string | undefined;
  /** Leaves the "(b7) " out. */
  bare?: boolean;
}

/** Text of slot i, without a line end. */
export function kernelText(insns: InsnBuf, i: number, options: KernelTextOptions = {}): string {
  const code = insns.code[i]!;
  const imm = insns.imm[i]!;
  const row = findOp(code, insns.src[i]!, insns.off[i]!, imm) ?? lenientRow(code, imm);
  if (typeof row === "string") return row;
  const body = fillTemplate(row.kernelText, (slot) => slotText(insns, i, row, slot, options));
  return options.bare === true ? body : `(${hex2(code)}) ${body}`;
}

function slotText(insns: InsnBuf, i: number, row: OpRow, slot: string, options: KernelTextOptions): string {
  const imm = insns.imm[i]!;
  const off = insns.off[i]!;
  switch (slot) {
    case "dst":
    case "ldst":
      return `r${insns.dst[i]}`;
    case "src":
    case "lsrc":
      return `r${insns.src[i]}`;
    case "wdst":
      return `w${insns.dst[i]}`;
    case "wsrc":
      return `w${insns.src[i]}`;
    case "dst+off":
      return `r${insns.dst[i]} ${signed(off)}`;
    case "src+off":
      return `r${insns.src[i]} ${signed(off)}`;
    case "imm":
      return `${imm}`;
    case "cmp":
      return `0x${(imm >>> 0).toString(16)}`;
    case "jump":
      return `pc${signed(off)}`;
    case "jumpl":
      return `pc${signed(imm)}`;
    case "imm64":
      return imm64Text(insns, i, options);
    case "func":
      if (row.name === "call_local") return signed(imm);
      if (row.name === "call_kfunc") return options.kfuncName?.(imm, off) ?? "kernel-function";
      return helperName(imm);
    case "callid":
      return `${imm}`;
    case "hi":
      return `${imm >>> 16}`;
    default:
      return `${imm & 0xffff}`;
  }
}

function imm64Text(insns: InsnBuf, i: number, options: KernelTextOptions): string {
  const lo = insns.imm[i]! >>> 0;
  const hi = (i + 1 < insns.length ? insns.imm[i + 1]! : 0) >>> 0;
  const given = options.imm64?.(i, insns.src[i]!, lo, hi);
  if (given !== undefined) return given;
  return hi === 0 ? `0x${lo.toString(16)}` : `0x${hi.toString(16)}${lo.toString(16).padStart(8, "0")}`;
}

/** "bpf_map_lookup_elem" for 1, "unknown" for a number that no helper has. */
function helperName(id: number): string {
  const row = id > 0 ? HELPERS[id - 1] : undefined;
  const found = row?.id === id ? row : HELPERS.find((helper) => helper.id === id);
  return found === undefined ? (id === 0 ? "bpf_unspec" : "unknown") : `bpf_${found.name}`;
}

/** The row whose text the kernel uses for a known code with an odd qualifier; a string where it prints "BUG_...". */
function lenientRow(code: number, imm: number): OpRow | string {
  const rows = opsOfCode(code);
  const first = rows[0];
  if (first === undefined || first.kind === "atomic" || first.kind === "load_acquire") return `BUG_${hex2(code)}`;
  if (first.kind !== "end" && first.kind !== "bswap") return rows.find((row) => row.off === 0) ?? first;
  return { ...first, kernelText: `{dst} = ${first.operator}${imm} {dst}` };
}

function signed(value: number): string {
  return value < 0 ? `${value}` : `+${value}`;
}

function hex2(value: number): string {
  return value.toString(16).padStart(2, "0");
}
