/**
 * One statement in the notation of LLVM, of clang's inline assembly, or of the kernel (verifier log, bpftool) to one
 * instruction. What each shape may look like:
 *
 *     r1 = 5        r1 = -r1        w1 = w2        r1 = (s8)r2        r1 = be16 r1        r1 += r2        r4 s/= 3
 *     r1 = *(u32 *)(r2 + 4)         *(u8 *)(r10 - 1) = w2             *(u16 *)(r1 +2) = 7 r0 = *(u8 *)skb[r3 + 2]
 *     lock *(u64 *)(r1 + 0) += r2   r2 = atomic_fetch_add((u64 *)(r1 + 0), r2)            r2 = atomic64_xchg((u64 *)(r1 +0), r2)
 *     r2 = xchg_64(r1 + 0, r2)      w0 = cmpxchg32_32(r1 + 0, w0, w2)
 *     r1 = load_acquire((u64 *)(r2 + 0))                              store_release((u8 *)(r1 + 0), w2)
 *     r1 = 5 ll     r1 = map[name] ll     r1 = map[id:5][0]+16 ll     r1 = subprog[+3] ll r1 = symbol ll
 *     if r1 s> -5 goto done         goto +3 <sym+0x20>                may_goto pc+2       gotol loop
 *     call 1        call bpf_map_lookup_elem#1        call sub        call pc+3           callx r2        exit
 */
import { HELPERS } from "../abi/helpers.ts";
import { OPS, type OpRow } from "../isa/ops.ts";
import {
  accept,
  type Cursor,
  expect,
  fail,
  imm32,
  number,
  numberAhead,
  off16,
  peek,
  register,
  shown,
  take,
} from "./cursor.ts";
import { parseMnemonic } from "./mnemonics.ts";
import { atomicCall, load, loadAcquire, lock, store, storeRelease } from "./parse-memory.ts";
import { ldPseudo, quad, wideAhead, wideLoad } from "./parse-wide.ts";
import {
  type InsnFields,
  insn,
  jump,
  type LabelUse,
  type ParsedInsn,
  rowByOperator,
  rowOf,
  skipSymbol,
} from "./parsed.ts";

const ALU_OPERATORS = new Set(OPS.filter((row) => row.kind === "alu").map((row) => row.operator));
const JMP_OPERATORS = new Set(OPS.filter((row) => row.kind === "jmp").map((row) => row.operator));
const helperIds = new Map<string, number>(HELPERS.map((helper) => [helper.name, helper.id]));

export function parseStatement(c: Cursor): ParsedInsn {
  const parsed = statement(c);
  const rest = peek(c);
  if (rest.kind !== "end") fail(c, "asm/syntax", `${shown(rest)} after a whole instruction`);
  return parsed;
}

function statement(c: Cursor): ParsedInsn {
  const first = peek(c);
  if (first.kind === "reg") return assignment(c);
  if (first.text === "*") return store(c);
  switch (first.text) {
    case "lock":
      if (peek(c, 1).text === "*") return lock(c);
      break;
    case "if":
      return branch(c);
    case "goto":
      c.at++;
      return jump(c, rowOf(c, "ja"), "off", {});
    case "gotol":
      c.at++;
      return jump(c, rowOf(c, "gotol"), "imm", {});
    case "may_goto":
      c.at++;
      return jump(c, rowOf(c, "may_goto"), "off", {});
    case "exit":
      c.at++;
      return insn(rowOf(c, "exit"));
    case "callx":
      c.at++;
      return insn(rowOf(c, "callx"), { dst: register(c).reg });
    case "call":
      return call(c);
    case "store_release":
      return storeRelease(c);
    case "ld_pseudo":
      return ldPseudo(c);
    case ".quad":
    case ".8byte":
      return quad(c);
  }
  if (first.kind === "name") {
    const parsed = parseMnemonic(c);
    if (parsed !== null) return parsed;
  }
  fail(c, "asm/insn", `${shown(first)} begins no instruction`);
}

// ---- registers on the left ----

function assignment(c: Cursor): ParsedInsn {
  const { reg: dst, wide } = register(c);
  const operator = peek(c);
  if (operator.text === "=" && operator.kind === "op") {
    c.at++;
    return value(c, dst, wide);
  }
  if (!ALU_OPERATORS.has(operator.text)) {
    fail(c, "asm/operator", `${shown(operator)} is no operator`, `one of ${[...ALU_OPERATORS].join(" ")}`);
  }
  c.at++;
  return alu(c, operator.text, dst, wide);
}

function alu(c: Cursor, operator: string, dst: number, wide: boolean): ParsedInsn {
  const bits = wide ? 64 : 32;
  if (peek(c).kind === "reg") {
    const src = sameWidth(c, wide);
    return insn(rowByOperator("alu", operator, bits, true), { dst, src });
  }
  return insn(rowByOperator("alu", operator, bits, false), { dst, imm: imm32(c) });
}

/** What follows "rN =". */
function value(c: Cursor, dst: number, wide: boolean): ParsedInsn {
  const first = peek(c);
  const second = peek(c, 1);
  if (first.text === "-" && second.kind === "reg") {
    c.at++;
    const src = sameWidth(c, wide);
    if (src !== dst) {
      const advice = `write ${wide ? "r" : "w"}${dst} = -${wide ? "r" : "w"}${dst}`;
      fail(c, "asm/operands", "neg works in place", advice, second);
    }
    return insn(rowOf(c, wide ? "neg64" : "neg32"), { dst });
  }
  if (first.text === "*") return load(c, dst, wide);
  if (first.text === "(" && second.kind === "name" && /^s(8|16|32)$/.test(second.text)) return movsx(c, dst, wide);
  if (first.kind === "name" && second.kind === "reg") {
    const swap = /^(be|le|bswap|swap)(16|32|64)$/.exec(first.text);
    if (swap !== null) {
      c.at++;
      if (register(c).reg !== dst)
        fail(c, "asm/operands", "byte swaps work in place", `write r${dst} = ${first.text} r${dst}`, second);
      return insn(rowOf(c, first.text.replace(/^swap/, "bswap")), { dst });
    }
  }
  if (first.kind === "name" && second.text === "(") {
    if (first.text === "addr_space_cast") return addrSpaceCast(c, dst);
    if (first.text === "load_acquire") return loadAcquire(c, dst);
    const atomic = atomicCall(c, dst);
    if (atomic !== null) return atomic;
  }
  if (first.kind === "reg" || (c.stmt.code !== 0x18 && numberAhead(c) && !wideAhead(c))) return alu(c, "=", dst, wide);
  return wideLoad(c, dst);
}

function movsx(c: Cursor, dst: number, wide: boolean): ParsedInsn {
  c.at++;
  const from = take(c).text.slice(1);
  expect(c, ")");
  return insn(rowOf(c, `movsx${wide ? 64 : 32}_${from}`), { dst, src: sameWidth(c, wide) });
}

function addrSpaceCast(c: Cursor, dst: number): ParsedInsn {
  c.at += 2;
  const src = register(c).reg;
  expect(c, ",");
  const hi = space(c);
  expect(c, ",");
  const lo = space(c);
  expect(c, ")");
  return insn(rowOf(c, "addr_space_cast"), { dst, src, imm: (hi << 16) | lo });
}

function space(c: Cursor): number {
  const token = peek(c);
  const value = number(c);
  if (value < 0n || value > 0xffffn) fail(c, "asm/range", `address space ${value}`, "0 to 65535", token);
  return Number(value);
}

// ---- jumps and calls ----

function branch(c: Cursor): ParsedInsn {
  c.at++;
  const bracket = accept(c, "(");
  const { reg: dst, wide } = register(c);
  const operator = take(c);
  if (!JMP_OPERATORS.has(operator.text)) {
    fail(c, "asm/operator", `${shown(operator)} compares nothing`, `one of ${[...JMP_OPERATORS].join(" ")}`, operator);
  }
  const bits = wide ? 64 : 32;
  let row: OpRow;
  let fields: InsnFields;
  if (peek(c).kind === "reg") {
    row = rowByOperator("jmp", operator.text, bits, true);
    fields = { dst, src: sameWidth(c, wide) };
  } else {
    row = rowByOperator("jmp", operator.text, bits, false);
    fields = { dst, imm: imm32(c) };
  }
  if (bracket) expect(c, ")");
  expect(c, "goto");
  return jump(c, row, "off", fields);
}

function call(c: Cursor): ParsedInsn {
  c.at++;
  const first = peek(c);
  const second = peek(c, 1);
  if (first.kind === "reg") return insn(rowOf(c, "callx"), { dst: register(c).reg });
  if (first.text === "pc" && /^[+-]$/.test(second.text)) {
    c.at++;
    const imm = imm32(c);
    // bpftool: "call pc+3#bpf_prog_6deef7357e7b4530_sub"
    if (accept(c, "#")) c.at++;
    return insn(rowOf(c, "call_local"), { imm });
  }
  if (first.text === "kfunc" && second.text === "[") {
    c.at += 2;
    const imm = imm32(c);
    const off = accept(c, ":") ? off16(c) : 0;
    expect(c, "]");
    return insn(rowOf(c, "call_kfunc"), { imm, off });
  }
  if (first.text === "helper" || first.text === "local" || first.text === "runtime") {
    if (second.kind !== "end") return modedCall(c, first.text);
  }
  if (numberAhead(c)) {
    const imm = imm32(c);
    return insn(rowOf(c, skipSymbol(c) ? "call_local" : "call"), { imm });
  }
  if (first.kind !== "name") fail(c, "asm/target", `${shown(first)} cannot be called`);
  c.at++;
  const name = first.text.startsWith("%[") ? first.text.slice(2, -1) : first.text;
  const helper = helperIds.get(name.replace(/^bpf_/, ""));
  if (accept(c, "-")) c.at++; // kernel-function#...
  if (accept(c, "#")) {
    const imm = imm32(c);
    const known = name === "unknown" || name === "bpf_unspec" || (helper !== undefined && helper === imm);
    return insn(rowOf(c, known ? "call" : "call_kfunc"), { imm });
  }
  if (helper !== undefined && name.startsWith("bpf_")) return insn(rowOf(c, "call"), { imm: helper });
  const label: LabelUse = { name, field: "imm", col: first.col, external: true };
  return insn(rowOf(c, "call_local"), { label, imm: helper ?? 0 });
}

/** call helper 5, call local label, call runtime 7: uBPF's and bpf_conformance's words. */
function modedCall(c: Cursor, mode: string): ParsedInsn {
  c.at++;
  if (mode === "local") return jump(c, rowOf(c, "call_local"), "imm", {});
  if (mode === "helper" && peek(c).kind === "reg") return insn(rowOf(c, "callx"), { dst: register(c).reg });
  return insn(rowOf(c, mode === "helper" ? "call" : "call_kfunc"), { imm: imm32(c) });
}

function sameWidth(c: Cursor, wide: boolean): number {
  const token = peek(c);
  const src = register(c);
  if (src.wide !== wide) {
    fail(
      c,
      "asm/register",
      `${shown(token)} is ${src.wide ? "64" : "32"} bits wide, the other operand ${wide ? "64" : "32"}`,
      `write ${wide ? "r" : "w"}${src.reg}`,
      token,
    );
  }
  return src.reg;
}
