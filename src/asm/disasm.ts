/**
 * Disassembler: a program as a list of lines, and as text in llvm-objdump's layout (`-d -r --no-show-raw-insn`):
 *
 *     0000000000000000 <prog>:
 *            0:	r1 = 0x0 ll
 *     		0000000000000000:  R_BPF_64_64	flows
 *            2:	exit
 */
import type { InsnBuf } from "../isa/insn.ts";
import { opAt } from "../isa/ops.ts";
import { type AsmSymbol, llvmText, slotsAt, targetOf } from "./llvm.ts";

/** A relocation as it is shown under its instruction. */
export interface AsmReloc {
  readonly insnIdx: number;
  /** "R_BPF_64_64" and "R_BPF_64_32" leave the instruction's numbers open; "CO-RE <...>" does not. */
  readonly type: string;
  /** Symbol, or section with an offset: "flows", ".rodata+0x10". */
  readonly name: string;
}

export interface DisasmOptions {
  /** Functions and labels, any order. */
  readonly symbols?: readonly AsmSymbol[];
  readonly relocs?: readonly AsmReloc[];
  /** 32-bit registers in narrow loads and stores (llvm-objdump --mcpu=v3 and later). */
  readonly alu32?: boolean;
}

export interface DisasmLine {
  readonly insnIdx: number;
  readonly slots: 1 | 2;
  /** Name of the op table's row, "" for a slot that is no instruction. */
  readonly op: string;
  readonly text: string;
  /** Symbols that begin here. */
  readonly labels: readonly string[];
  /** Slot that a jump or a call to a subprogram goes to; null elsewhere. */
  readonly target: number | null;
  readonly relocs: readonly AsmReloc[];
}

export interface Disassembly {
  readonly lines: readonly DisasmLine[];
  readonly text: string;
}

export function disassemble(insns: InsnBuf, options: DisasmOptions = {}): Disassembly {
  const symbols = [...(options.symbols ?? [])].sort((a, b) => a.insnIdx - b.insnIdx);
  const labelsAt = groupByInsn(symbols);
  const relocsAt = groupByInsn(options.relocs ?? []);
  const lines: DisasmLine[] = [];
  for (let i = 0; i < insns.length; ) {
    const relocs = relocsAt.get(i) ?? [];
    const slots = slotsAt(insns, i);
    const target = targetOf(insns, i);
    const linked = relocs.some((reloc) => reloc.type.startsWith("R_BPF_"));
    lines.push({
      insnIdx: i,
      slots,
      op: opAt(insns, i)?.name ?? "",
      text: llvmText(insns, i, { symbols, alu32: options.alu32 === true, reloc: linked }),
      labels: (labelsAt.get(i) ?? []).map((symbol) => symbol.name),
      target: target < 0 || linked ? null : target,
      relocs,
    });
    i += slots;
  }
  return { lines, text: layout(lines) };
}

/** Lines as llvm-objdump lays them out. */
export function layout(lines: readonly DisasmLine[]): string {
  let out = "";
  for (const line of lines) {
    const address = (line.insnIdx * 8).toString(16).padStart(16, "0");
    for (const label of line.labels) out += `${out === "" ? "" : "\n"}${address} <${label}>:\n`;
    out += `${`${line.insnIdx}`.padStart(8)}:\t${line.text}\n`;
    for (const reloc of line.relocs) out += `\t\t${address}:  ${reloc.type}\t${reloc.name}\n`;
  }
  return out;
}

function groupByInsn<T extends { readonly insnIdx: number }>(list: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const item of list) {
    const group = groups.get(item.insnIdx);
    if (group === undefined) groups.set(item.insnIdx, [item]);
    else group.push(item);
  }
  return groups;
}
