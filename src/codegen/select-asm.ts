/** Inline assembly at selection: which operands are registers, and what the text overwrites. */
import { widthOf } from "../ir/build.ts";
import type { Asm, AsmBr, AsmOperand, Instr, Value } from "../ir/ir.ts";
import { FP, type MAsm, type MAsmOperand, type MInst, mInst, NONE } from "./mir.ts";
import { address, define, emit, has, newVreg, reg, type Sel } from "./sel.ts";

interface Collected {
  readonly operands: MAsmOperand[];
  readonly defs: number[];
  readonly uses: number[];
  readonly ties: number[];
  early: boolean;
}

/** `result` is the instruction that the first output belongs to. */
export function selectAsm(s: Sel, instr: Asm, result: Instr): void {
  const collected = collect(s, instr.operands, instr.args);
  const { operands, defs, uses, ties, early } = collected;
  const asm: MAsm = {
    text: instr.text,
    operands,
    labels: [],
    clobbers: clobberMask(instr.clobbers),
    defs,
    uses,
    ties,
    early,
  };
  emit(s, mInst("asm", { asm, def: defs[0] ?? NONE }));
  if (result.type !== "void") define(s, result, defs[0]!);
  for (const user of s.users.get(result) ?? []) if (user.op === "asmout") define(s, user, defs[user.index]!);
}

export function selectAsmBr(s: Sel, instr: AsmBr): void {
  const { operands, uses } = collect(s, instr.operands, instr.args);
  const asm: MAsm = {
    text: instr.text,
    operands,
    labels: instr.labels,
    clobbers: clobberMask(instr.clobbers),
    defs: [],
    uses,
    ties: [],
    early: false,
  };
  const inst: MInst = mInst("asmbr", { asm, targets: instr.targets.map((target) => s.blocks.get(target)!) });
  emit(s, inst);
}

function collect(s: Sel, operands: readonly AsmOperand[], args: readonly Value[]): Collected {
  const out: Collected = { operands: [], defs: [], uses: [], ties: [], early: false };
  let next = 0;
  for (const { constraint, name } of operands) {
    const write = constraint.startsWith("=") || constraint.startsWith("+");
    const read = !constraint.startsWith("=");
    const kind = constraint.replace(/[=+&%]/g, "");
    if (constraint.includes("&")) out.early = true;
    if (kind.includes("m") && !kind.includes("r")) {
      const at = address(s, args[next++]!);
      if (at.a !== FP) out.uses.push(at.a);
      out.operands.push({ kind: "mem", use: at.a, slot: at.slot, off: at.off, name });
      continue;
    }
    const wide = !kind.includes("w");
    if (write) {
      const def = newVreg(s);
      out.defs.push(def);
      let use = NONE;
      if (read) {
        use = argReg(s, args[next++]!);
        out.uses.push(use);
      }
      out.ties.push(use);
      out.operands.push({ kind: "reg", def, use, wide, name });
      continue;
    }
    const arg = args[next++]!;
    if (/^\d+$/.test(kind)) {
      const use = argReg(s, arg);
      out.uses.push(use);
      const tied = out.operands[Number(kind)];
      if (tied?.kind === "reg") out.ties[out.defs.indexOf(tied.def)] = use;
      out.operands.push({ kind: "reg", def: tied?.kind === "reg" ? tied.def : NONE, use, wide, name });
    } else if (kind.includes("i") && arg.op === "const") {
      out.operands.push({ kind: "imm", value: arg.value, name });
    } else if ((kind.includes("i") || kind.includes("s")) && arg.op === "sym") {
      out.operands.push({ kind: "sym", sym: arg.name, name });
    } else {
      const use = argReg(s, arg);
      out.uses.push(use);
      out.operands.push({ kind: "reg", def: NONE, use, wide, name });
    }
  }
  return out;
}

function argReg(s: Sel, value: Value): number {
  if (widthOf(value.type) === 64) return reg(s, value, "any");
  return reg(s, value, has(s, value, "zx") ? "zx" : "any");
}

function clobberMask(clobbers: readonly string[]): number {
  let mask = 0;
  for (const one of clobbers) {
    const match = /^[rw](\d+)$/.exec(one);
    if (match !== null) mask |= 1 << Number(match[1]);
  }
  return mask;
}
