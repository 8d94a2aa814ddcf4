/** Arguments of the wrong kind, and pointers that were moved where they may not be (V010, V021). */
import { HELPERS } from "../abi/helpers.ts";
import {
  type Case,
  calleeName,
  type Finding,
  kindWords,
  listed,
  nameOf,
  note,
  rangeText,
  regRange,
  sameLine,
} from "./explain-case.ts";
import { isCall, isHelperCall, madeAt, type Origin, writtenAt } from "./explain-path.ts";
import { lostAtCall, nullHere } from "./explain-pointer.ts";
import { typeText } from "./print.ts";
import { OFF, PTR_TO_CTX, REG_WORDS } from "./regs.ts";

const ARG_ROLE: Readonly<Record<string, string>> = {
  map_key: "the address of a key",
  map_value: "the address of a value",
  mem: "a pointer to memory",
  const_map_ptr: "a map",
  ctx: "the program's context",
  const_size: "a size",
  const_size_or_zero: "a size",
  const_str: "a constant string",
  spin_lock: "a lock in a map value",
  timer: "a timer in a map value",
  dynptr: "a dynptr on the stack",
  socket: "a socket",
  sock_common: "a socket",
  btf_id_sock_common: "a socket",
  ringbuf_mem: "a ring buffer record",
  func: "a function",
  btf_id: "a kernel object",
};

/** V010. */
export function explainArgument(c: Case): Finding | null {
  const said = /R(\d+) type=(\S+) expected=(.+)/.exec(c.kernel);
  if (said === null) return null;
  const r = Number(said[1]);
  const have = said[2]!;
  const { path, prog } = c;
  const row = isHelperCall(path.insns, c.insn) ? HELPERS[path.insns.imm[c.insn]!] : undefined;
  const arg = row?.args[r - 1];
  const callee = isCall(path.insns, c.insn) ? calleeName(prog, c.insn) : "";
  const role = arg === undefined ? "" : (ARG_ROLE[arg.type] ?? "");
  const lost = have === "scalar" ? (nullHere(c, r) ?? lostAtCall(c, r)) : null;
  if (lost !== null) return lost.finding;
  const expected = listed(
    said[3]!
      .split(", ")
      .map((word) => kindWords(word))
      .filter((word, i, all) => all.indexOf(word) === i)
      .slice(0, 4),
  );
  const at = madeAt(path, c.step, r);
  const name = nameOf(prog, at);
  const given = kindWords(have);
  const isNumber = have === "scalar";
  const range = isNumber ? rangeText(regRange(c.w, r)) : "";
  const number = isNumber && range !== "any number" ? ` (${range})` : "";
  return {
    message: `argument ${r} of ${callee || "the function"} must be ${role || expected}, not ${given}`,
    label: `${name === "" ? `argument ${r}` : name} is ${given}${number}${isNumber && /address|pointer/.test(role) ? ", not an address" : ""}`,
    required: `argument ${r}: ${expected}`,
    known: `${given}${number}`,
    help:
      isNumber && /address|pointer/.test(role)
        ? name === ""
          ? "pass the address of a variable, not its value: &variable"
          : `pass its address: &${name}`
        : row === undefined
          ? `pass ${expected}`
          : `as declared: ${row.proto}`,
    notes: at === null || at.insn === c.insn || !tells(c, at) ? [] : [note(prog, at.insn, `${given} since here`)],
  };
}

/** V021 and other pointers that were moved. */
export function explainMoved(c: Case): Finding | null {
  const r = Number(/(?:ptr )?R(\d+) (?:off=|must have zero offset)/.exec(c.kernel)?.[1] ?? -1);
  if (r < 0) return explainVariable(c);
  const at = firstMove(c, r);
  const type = typeText(c.w[r * REG_WORDS]!);
  const off = / off=(-?\d+)/.exec(c.kernel)?.[1] ?? "";
  return {
    label: `${type} moved by ${bytesText(off === "" ? String(c.w[r * REG_WORDS + OFF]) : off)}`,
    required: `${type} as it was given`,
    known: `${type}${off === "" ? "" : ` + ${off}`}`,
    help:
      c.w[r * REG_WORDS] === PTR_TO_CTX
        ? "read the context with constant offsets from its start: ctx->field"
        : "keep the pointer as it was and move a copy",
    notes: at === null || sameLine(c, at.insn) ? [] : [note(c.prog, at.insn, "moved here")],
  };
}

/** "variable ctx access": which register it is, the sentence does not say. */
function explainVariable(c: Case): Finding | null {
  const { insns } = c.path;
  const cls = insns.code[c.insn]! & 7;
  let r = cls === 1 ? insns.src[c.insn]! : insns.dst[c.insn]!;
  if (isCall(insns, c.insn)) r = [1, 2, 3, 4, 5].find((one) => c.w[one * REG_WORDS] === PTR_TO_CTX) ?? 0;
  const range = regRange(c.w, r);
  const at = writtenAt(c.path, c.step, r);
  if (range.min === range.max && range.min === 0n) return null;
  return {
    label: `moved by ${rangeText(range)}`,
    required: "a constant offset",
    known: `offset ${rangeText(range)}`,
    help: "read the context with constant offsets from its start: ctx->field",
    notes: at === null || sameLine(c, at.insn) ? [] : [note(c.prog, at.insn, "moved here")],
  };
}

function bytesText(off: string): string {
  return `${off} byte${Math.abs(Number(off)) === 1 ? "" : "s"}`;
}

function firstMove(c: Case, r: number): Origin | null {
  const at = writtenAt(c.path, c.step, r);
  if (at === null) return null;
  const code = c.path.insns.code[at.insn]!;
  return (code & 7) === 7 && (code & 0xf0) !== 0xb0 ? at : madeAt(c.path, c.step, r);
}

/** Copies of r10 and of the context say nothing; calls and loads do. */
function tells(c: Case, at: Origin): boolean {
  const cls = c.path.insns.code[at.insn]! & 7;
  return isCall(c.path.insns, at.insn) || cls === 1 || (c.path.insns.code[at.insn]! & 0xf8) === 0xb0;
}
