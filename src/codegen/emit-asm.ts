/**
 * The text of inline assembly, with its operands' registers, through the assembler. Labels of C that it jumps to stand behind
 * the text as one instruction each while it is assembled; jumps to them are the function's own, patched with the others.
 */
import { type Assembled, assemble } from "../asm/asm.ts";
import { SkepError } from "../base/error.ts";
import * as isa from "../isa/codes.ts";
import { type Insn, insnAt } from "../isa/insn.ts";
import { type Emitter, regOf, slotOff } from "./emitter.ts";
import type { MAsmOperand, MInst } from "./mir.ts";

const LABEL = "l_of_c_";

export function assembleText(e: Emitter, inst: MInst): void {
  const asm = inst.asm!;
  if (asm.text.trim() === "") return;
  // One more in front: the text's own end is no label of C.
  const labels = asm.labels.length === 0 ? "" : `\nexit${asm.labels.map((_, i) => `\n${LABEL}${i}: exit`).join("")}`;
  let code: Assembled;
  try {
    code = assemble(substitute(e, inst) + labels);
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
    e.diagnostics.push({
      code: error.code,
      severity: "error",
      message: `inline assembly: ${error.message}`,
      advice: error.advice ?? "",
      pos: inst.pos,
      func: e.name,
    });
    return;
  }
  const start = e.insns.length;
  const count = code.insns.length - (asm.labels.length === 0 ? 0 : asm.labels.length + 1);
  for (const ref of code.relocs) {
    if (ref.kind === "func") e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "call", symbol: ref.name, addend: 0 });
    else e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "addr", symbol: ref.name, addend: ref.offBytes });
  }
  for (let i = 0; i < count; i++) {
    const insn = insnAt(code.insns, i);
    const label = i + distanceOf(insn) - count;
    if (label >= 0 && label < asm.labels.length)
      e.jumps.push({ insnIdx: start + i, target: inst.targets![label + 1]! });
    e.insns.push(insn);
  }
  e.texts.push({ from: start, to: e.insns.length });
}

/** Of a jump; others lead nowhere. */
function distanceOf({ code, off, imm }: Insn): number {
  const kind = code & 7;
  const op = code & 0xf0;
  if ((kind !== isa.BPF_JMP && kind !== isa.BPF_JMP32) || op === isa.BPF_CALL || op === isa.BPF_EXIT) return -Infinity;
  return code === (isa.BPF_JMP32 | isa.BPF_JA) ? imm : off;
}

/** `%0`, `%[name]`, `%w0`, `%l[label]`, `%%`, `%=`. */
function substitute(e: Emitter, inst: MInst): string {
  const asm = inst.asm!;
  return asm.text.replace(
    /%(%|=|([wl]?)(?:(\d+)|\[(\w+)\]))/g,
    (whole, one: string, modifier: string, number: string | undefined, name: string | undefined) => {
      if (one === "%") return "%";
      if (one === "=") return String(e.insns.length);
      if (modifier === "l") return labelText(inst, number, name, whole);
      const operand = number !== undefined ? asm.operands[Number(number)] : asm.operands.find((at) => at.name === name);
      if (operand === undefined) {
        throw new SkepError("asm/operand", `it names the operand ${whole}, which is not there`);
      }
      return operandText(e, operand, modifier === "w");
    },
  );
}

/** By name, or by its number behind the operands, of which one that is read and written counts twice. */
function labelText(inst: MInst, number: string | undefined, name: string | undefined, whole: string): string {
  const asm = inst.asm!;
  const before = asm.operands.reduce((n, one) => n + (one.kind === "reg" && one.def >= 0 && one.use >= 0 ? 2 : 1), 0);
  const at = name !== undefined ? asm.labels.indexOf(name) : Number(number) - before;
  if (asm.labels[at] === undefined)
    throw new SkepError("asm/operand", `it names the label ${whole}, which is not there`);
  return `${LABEL}${at}`;
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
