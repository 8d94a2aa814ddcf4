/** The text of inline assembly, with its operands' registers, through the assembler. */
import { assemble } from "../asm/asm.ts";
import { SkepError } from "../base/error.ts";
import { insnAt } from "../isa/insn.ts";
import { type Emitter, regOf, slotOff } from "./emitter.ts";
import type { MAsmOperand, MInst } from "./mir.ts";

export function assembleText(e: Emitter, inst: MInst): void {
  const asm = inst.asm!;
  if (asm.text.trim() === "") return;
  const text = substitute(e, inst);
  const code = assemble(text);
  const start = e.insns.length;
  for (const ref of code.relocs) {
    if (ref.kind === "func") e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "call", symbol: ref.name, addend: 0 });
    else e.relocs.push({ insnIdx: start + ref.insnIdx, kind: "addr", symbol: ref.name, addend: ref.offBytes });
  }
  for (let i = 0; i < code.insns.length; i++) {
    const insn = insnAt(code.insns, i);
    e.insns.push(insn);
  }
}

/** `%0`, `%[name]`, `%w0`, `%l[label]`, `%%`, `%=`. */
function substitute(e: Emitter, inst: MInst): string {
  const asm = inst.asm!;
  return asm.text.replace(
    /%(%|=|([wl]?)(?:(\d+)|\[(\w+)\]))/g,
    (whole, one: string, modifier: string, number: string | undefined, name: string | undefined) => {
      if (one === "%") return "%";
      if (one === "=") return String(e.insns.length);
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
