/**
 * Refusals for how something is written rather than for a value: strings that are not constant, pointers without a size,
 * exceptions out of callbacks, lists without their lock, halves of saved registers (V009, V032, V036, V037, V041).
 */
import type { ResolvedProg } from "../obj/spec.ts";
import { classify } from "./codes.ts";
import type { Diagnostic, DiagnosticNote } from "./diagnostic.ts";
import { accessSize, bytes, type Case, calleeName, type Finding, note, sameLine } from "./explain-case.ts";
import { functionStart } from "./explain-fixes.ts";
import { isCall, isHelperCall, madeAt } from "./explain-path.ts";
import { argumentText, plainArgument } from "./explain-source.ts";
import { typeText } from "./print.ts";
import { baseType, FRAMENO, OFF, PTR_TO_MAP_VALUE, RAW0, REG_WORDS, VAL } from "./regs.ts";
import { slotAt } from "./state.ts";

const STX_DW = 0x7b;
const LD_IMM64 = 0x18;
const PSEUDO_FUNC = 4;

/** V009 "invalid size of register fill": a part of a saved register that is not a number. */
export function explainPart(c: Case): Finding | null {
  if (!c.kernel.includes("invalid size of register fill")) return null;
  const { insns } = c.path;
  const at = insns.src[c.insn]! * REG_WORDS;
  const off = c.w[at + OFF]! + c.w[at + VAL]! + insns.off[c.insn]!;
  const frame = c.path.env.cur.frames[c.w[at + FRAMENO]!];
  const slot = (-off - 1) >> 3;
  if (frame === undefined || frame === null || slot < 0 || slot >= frame.slots) return null;
  const saved = typeText(frame.w[slotAt(slot)]!);
  const size = accessSize(c);
  const store = savedAt(c, -8 * (slot + 1));
  return {
    message: `${bytes(size)} are read of a ${saved} pointer that was saved on the stack: it is read whole or not at all`,
    label: `${bytes(size)} of the 8 at r10${-8 * (slot + 1)}`,
    required: "8 bytes, from where they were written",
    known: `${bytes(size)} at r10${off}`,
    help: "keep numbers that are looked at in parts in variables of their own; a pointer is not a number",
    notes: store === null ? [] : [note(c.prog, store, `the ${saved} pointer is saved here`)],
  };
}

function savedAt(c: Case, off: number): number | null {
  const { path } = c;
  for (let k = c.step - 1; k >= 0; k--) {
    const i = path.at[k]!;
    const { insns } = path;
    if (insns.code[i] === STX_DW && insns.dst[i] === 10 && insns.off[i] === off) return i;
  }
  return null;
}

/** V032 at a call of a global function: which parameter, and what its type lacks. */
export function explainCallArguments(c: Case): Finding | null {
  const lines = c.kernel.split("\n");
  const name = /^Caller passes invalid args into func#\d+ \('(.*)'\)/.exec(lines.at(-1)!)?.[1];
  if (lines.length < 2 || name === undefined) return null;
  const sizeless = /arg#(\d+) reference type\('(.*?) ?'\) size cannot be determined/.exec(lines[0]!);
  if (sizeless === null) return { label: classify(lines[0]!).message, known: lines[0]! };
  const nth = Number(sizeless[1]) + 1;
  const type = sizeless[2] === "UNKNOWN" ? "void" : sizeless[2]!;
  return {
    message: `${name}() takes argument ${nth} as ${type} *: a global function is verified by itself, and that has no size`,
    label: `argument ${nth} points to ${type}`,
    required: "a pointer to a type with a size",
    known: `${type} *`,
    help: `declare the parameter as a pointer to what is read (char *, struct ... *), or make ${name} static: it is then verified with each call`,
    notes: [],
  };
}

/** V036: a string that the program could change. */
export function explainString(c: Case): Finding | null {
  const r = Number(/R(\d+) does not point to a readonly map/.exec(c.kernel)?.[1] ?? -1);
  if (r < 0) return null;
  const map = c.path.env.maps[c.w[r * REG_WORDS + RAW0]! - 1];
  if (baseType(c.w[r * REG_WORDS]!) !== PTR_TO_MAP_VALUE || map === undefined) return null;
  const name = plainArgument(argumentText(c.expression, r));
  const { global } = map.spec;
  const where = global === null ? `a value of map ${map.name}` : `section .${global}`;
  const made = madeAt(c.path, c.step, r);
  return {
    message: `${name === "" ? "the string" : name} must lie in read-only data, it lies in ${where}`,
    label: `argument ${r} points into ${where}, which may change`,
    required: "a string in .rodata",
    known: where,
    help: `declare it const:  static const char ${/^\w+$/.test(name) ? name : "text"}[] = "...";`,
    notes: made === null || sameLine(c, made.insn) ? [] : [note(c.prog, made.insn, "the string comes from here")],
  };
}

/** V037: an exception would leave functions of the kernel. Found before or after the walk, so the callback is looked up. */
export function explainThrow(prog: ResolvedProg, diagnostic: Diagnostic): Finding | null {
  const said = /\(insn (\d+)\) cannot be called from callback/.exec(diagnostic.kernel);
  if (said === null) return null;
  const began = callbackFrom(prog, functionStart(prog, Number(said[1])));
  const by = began === null ? "the kernel" : calleeName(prog, began);
  return {
    message: `bpf_throw may not be called in a callback: ${by} calls it, and an exception cannot pass through the kernel`,
    label: "thrown in a callback",
    required: "a function that only this program calls",
    known: `called by ${by}`,
    help: `return 1 from the callback to end ${by}, keep the reason in what its ctx points to, and throw behind the call`,
    notes: began === null ? [] : [note(prog, began, `${by} runs the callback from here`)],
  };
}

/** The first call after the address of the function that begins at `start` was taken. */
function callbackFrom(prog: ResolvedProg, start: number): number | null {
  const { insns } = prog;
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] !== LD_IMM64 || insns.src[i] !== PSEUDO_FUNC || i + insns.imm[i]! + 1 !== start) continue;
    for (let k = i + 2; k < insns.length; k++) if (isHelperCall(insns, k)) return k;
  }
  return null;
}

/** V041: a head without its lock. */
export function explainHead(c: Case): Finding | null {
  const said = /(bpf_\w*spin_lock) at off=(\d+) must be held for (bpf_\w+)/.exec(c.kernel);
  if (said === null || !isCall(c.path.insns, c.insn)) return null;
  const [, lock, off, head] = said;
  const unlock = lock!.replace("lock", "unlock");
  const call = lock === "bpf_res_spin_lock" ? lock : "bpf_spin_lock";
  const notes: DiagnosticNote[] = [];
  const made = madeAt(c.path, c.step, 1);
  if (made !== null && isCall(c.path.insns, made.insn))
    notes.push(note(c.prog, made.insn, "head and lock come from here"));
  return {
    message: `${calleeName(c.prog, c.insn)} needs the lock that lies beside the ${head}, and nothing holds it here`,
    label: `the ${lock} at offset ${off} of the same value is not held`,
    required: `${call} of the same value before the call`,
    known: "no lock held",
    help: `put  ${call}(&...->lock)  before this and  ${unlock === lock ? "bpf_spin_unlock" : unlock}(&...->lock)  behind it`,
    notes,
  };
}
