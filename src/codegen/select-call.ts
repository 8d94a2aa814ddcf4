import type { Call, Ret, Value } from "../ir/ir.ts";
import * as isa from "../isa/codes.ts";
import { type MOperand, mInst, NONE } from "./mir.ts";
import { constIn, define, emit, has, materialize, newVreg, operand, problem, type Sel } from "./sel.ts";

const MAX_ARGS = 5;

export function selectCall(s: Sel, instr: Call): void {
  const { callee } = instr;
  if (callee.kind === "indirect") {
    problem(
      s,
      "call/indirect",
      "a call through a pointer that is not known when compiling",
      "eBPF has no indirect calls: call the function by name, or choose between names with if or switch",
    );
    if (instr.type !== "void") define(s, instr, materialize(s, { kind: "imm", value: 0n }));
    return;
  }
  let args = instr.args.map((arg) => callOperand(s, arg));
  if (args.length > MAX_ARGS) {
    const name = callee.kind === "sym" ? `'${callee.name}'` : `helper ${callee.id}`;
    problem(
      s,
      "call/args",
      `${args.length} arguments to ${name}, which is not inlined; eBPF passes 5 in registers and has no others`,
      "put some into a struct and pass its address, or make the function static __always_inline",
    );
    args = args.slice(0, MAX_ARGS);
  }
  const used = instr.type !== "void" && (s.users.get(instr) ?? []).length > 0;
  const def = used ? newVreg(s) : NONE;
  s.imms.clear();
  emit(s, mInst("call", { code: isa.BPF_JMP | isa.BPF_CALL, def, callee, args }));
  if (used) define(s, instr, def);
}

function callOperand(s: Sel, arg: Value): MOperand {
  // A constant is passed as the signed number: int flags of -1, and lengths are small.
  if (arg.op === "const") return { kind: "imm", value: constIn(arg, "any") };
  return operand(s, arg, has(s, arg, "zx") ? "zx" : "any");
}

export function selectRet(s: Sel, instr: Ret): void {
  const value = instr.args[0];
  const args: MOperand[] = [];
  if (value !== undefined)
    args.push(value.op === "const" ? { kind: "imm", value: value.value } : operand(s, value, "any"));
  emit(s, mInst("exit", { code: isa.BPF_JMP | isa.BPF_EXIT, args }));
}

/** What cannot happen still has to end: the verifier walks it. */
export function selectUnreachable(s: Sel): void {
  emit(s, mInst("exit", { code: isa.BPF_JMP | isa.BPF_EXIT, args: [{ kind: "imm", value: 0n }] }));
}
