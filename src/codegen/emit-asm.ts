/** The text of inline assembly, with its operands' registers, through the assembler. */
import { assemble } from "../asm/asm.ts";
import { SkepError } from "../base/error.ts";
import * as isa from "../isa/codes.ts";
import { insnAt } from "../isa/insn.ts";
import { type Emitter, regOf, slotOff } from "./emitter.ts";
import type { MAsmOperand, MInst } from "./mir.ts";

export function assembleText(e: Emitter, inst: MInst): void {
  const asm = inst.asm!;
  if (asm.text.trim() === "") return;
  // Labels of asm goto stand behind the text, one slot apart: what jumps there tells which one it means.
  const marks = asm.labels.map((_, i) => `${LABEL}${i}:\nr0 = r0`);
  const code = assemble([substitute(e, inst), ...(marks.length > 0 ? ["r0 = r0", ...marks] : [])].join("\n"));
  const start = e.insns.length;
  const length = marks.length > 0 ? code.insns.length - marks.length - 1 : code.insns.length;
  for (const ref of code.relocs) {
    if (ref.kind === "func") e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "call", symbol: ref.name, addend: 0 });
    else e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "addr", symbol: ref.name, addend: ref.offBytes });
  }
  for (let i = 0; i < length; i++) {
    const insn = insnAt(code.insns, i);
    e.insns.push(insn);
    if (marks.length === 0 || !isJump(insn.code)) continue;
    const label = i + 1 + (insn.code === GOTOL ? insn.imm : insn.off) - length - 1;
    if (label >= 0) e.jumps.push({ insnIdx: start + i, target: inst.targets![1 + label]! });
  }
  e.texts.push({ from: start, to: e.insns.length });
}

const LABEL = "asm_goto_";
const GOTOL = isa.BPF_JMP32 | isa.BPF_JA;

function isJump(code: number): boolean {
  const cls = code & 7;
  const op = code & 0xf0;
  return (cls === isa.BPF_JMP || cls === isa.BPF_JMP32) && op !== isa.BPF_CALL && op !== isa.BPF_EXIT;
}

/** `%0`, `%[name]`, `%w0`, `%l[label]`, `%%`, `%=`. */
function substitute(e: Emitter, inst: MInst): string {
  const asm = inst.asm!;
  return asm.text.replace(
    /%(%|=|([wl]?)(?:(\d+)|\[(\w+)\]))/g,
    (whole, one: string, modifier: string, number: string | undefined, name: string | undefined) => {
      if (one === "%") return "%";
      if (one === "=") return String(e.insns.length);
      if (modifier === "l") {
        const at = number !== undefined ? Number(number) - asm.operands.length : asm.labels.indexOf(name!);
        if (at >= 0 && at < asm.labels.length) return `${LABEL}${at}`;
      }
      const operand = number !== undefined ? asm.operands[Number(number)] : asm.operands.find((at) => at.name === name);
      if (operand === undefined) {
        throw new SkepError("asm/operand", `inline assembly names the operand ${whole}, which is not there`);
      }
      return operandText(e, operand, modifier === "w");
    },
  );
}

function operandText(e: Emitter, operand: MAsmOperand, narrow: boolean): string {
  switch (operand.kind) {
    case "reg": {
      const reg = regOf(e, operand.def >= 0 ? operand.def : operand.use);
      return `${narrow || !operand.wide ? "w" : "r"}${reg}`;
    }
    case "imm":
      return String(operand.value);
    case "sym":
      return operand.sym;
    case "mem": {
      const off = slotOff(e, operand.slot, operand.off);
      return `(r${regOf(e, operand.use)} ${off < 0 ? "-" : "+"} ${Math.abs(off)})`;
    }
  }
}
