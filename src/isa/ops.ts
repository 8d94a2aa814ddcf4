/**
 * The op table: one row for every instruction of RFC 9669 and of Linux up to 6.18. Assembler, disassembler, verifier,
 * engines' coverage tests and docs all read it.
 *
 * A row is found by `code` and, where several rows share a code, by the fixed fields named in `match`:
 *
 *     0xbf  off 0  mov64_reg        0xbf  off 8  movsx64_8        0xbf  off 1  addr_space_cast
 *     0x85  src 0  call             0x85  src 1  call_local       0x85  src 2  call_kfunc
 *     0xdb  imm 0  atomic_add64     0xdb  imm 1  atomic_fetch_add64   ...
 *
 * Every other fixed field (a number instead of a use) is reserved: Linux refuses a program where it differs.
 */
import type { InsnBuf } from "./insn.ts";
import { ALU_ROWS } from "./op-rows-alu.ts";
import { MEMORY_ROWS } from "./op-rows-memory.ts";
import type { OpRow } from "./op-types.ts";

export type { OpKind, OpRow } from "./op-types.ts";

/** Every row; `id` is the index. */
export const OPS: readonly OpRow[] = [...ALU_ROWS, ...MEMORY_ROWS].map((draft, id) => ({
  dst: 0,
  src: 0,
  off: 0,
  imm: 0,
  match: [],
  slots: 1,
  bits: 64,
  operator: "=",
  mem: null,
  flow: "next",
  reads: [],
  writes: [],
  cpu: 1,
  ...draft,
  kernelText: draft.kernelText ?? draft.text,
  id,
}));

const byCode: OpRow[][] = Array.from({ length: 256 }, () => []);
const byName = new Map<string, OpRow>();
for (const row of OPS) {
  byCode[row.code]!.push(row);
  byName.set(row.name, row);
}

/** Rows that share an opcode byte, none for an unknown one. */
export function opsOfCode(code: number): readonly OpRow[] {
  return byCode[code & 255]!;
}

/** bpf_opcode_in_insntable of the kernel: some row of the code is in Linux. */
export function inLinux(code: number): boolean {
  return byCode[code & 255]!.some((row) => row.since !== "");
}

export function opByName(name: string): OpRow | undefined {
  return byName.get(name);
}

/**
 * The row that an instruction's code and matching fields select, or undefined: an unknown code, or a known one with a
 * qualifier that no row has (`r0 = be24 r0`, an unknown atomic).
 */
export function findOp(code: number, src: number, off: number, imm: number): OpRow | undefined {
  const rows = byCode[code]!;
  for (const row of rows) {
    let hit = true;
    for (const field of row.match) {
      const have = field === "src" ? src : field === "off" ? off : imm;
      if (have !== row[field]) {
        hit = false;
        break;
      }
    }
    if (hit) return row;
  }
  return undefined;
}

export function opAt(insns: InsnBuf, i: number): OpRow | undefined {
  return findOp(insns.code[i]!, insns.src[i]!, insns.off[i]!, insns.imm[i]!);
}

export type InsnField = "code" | "dst" | "src" | "off" | "imm" | "next";

/**
 * The first field of slot i that Linux refuses whatever the program does: "code" where no row fits, a reserved field that is
 * not zero, a register above 10, "next" where LD_IMM64's second slot is missing or malformed. Null for a well-formed one.
 */
export function badField(insns: InsnBuf, i: number): InsnField | null {
  const row = opAt(insns, i);
  if (row === undefined) return "code";
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  if (row.dst === 0 ? dst !== 0 : dst > 10) return "dst";
  if (typeof row.src === "number" ? src !== row.src : src > 10) return "src";
  if (typeof row.off === "number" && row.kind !== "exit" && insns.off[i] !== row.off) return "off";
  if (typeof row.imm === "number" && insns.imm[i] !== row.imm) return "imm";
  if (row.imm === "spaces" && insns.imm[i] !== 1 && insns.imm[i] !== 1 << 16) return "imm";
  if (row.slots === 2) {
    const next = i + 1;
    if (next >= insns.length) return "next";
    if (insns.code[next] !== 0 || insns.dst[next] !== 0 || insns.src[next] !== 0 || insns.off[next] !== 0) {
      return "next";
    }
  }
  return null;
}
