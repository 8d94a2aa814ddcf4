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
import { OPS, type OpKind, type OpRow } from "../isa/ops.ts";
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
import { type InsnFields, insn, jump, type LabelUse, type ParsedInsn, rowOf, skipSymbol } from "./parsed.ts";

const byOperator = new Map<string, OpRow>();
for (const row of OPS) {
  if (row.kind === "alu" || row.kind === "jmp" || row.kind === "atomic") {
    byOperator.set(operatorKey(row.kind, row.operator, row.bits, typeof row.src === "string"), row);
  }
}

const ALU_OPERATORS = new Set(OPS.filter((row) => row.kind === "alu").map((row) => row.operator));
const JMP_OPERATORS = new Set(OPS.filter((row) => row.kind === "jmp").map((row) => row.operator));
const LOCK_OPERATORS = new Set(["+=", "|=", "&=", "^="]);
const helperIds = new Map<string, number>(HELPERS.map((helper) => [helper.name, helper.id]));
const SUFFIX: Readonly<Record<number, string>> = { 8: "b", 16: "h", 32: "w", 64: "dw" };

function operatorKey(kind: OpKind, operator: string, bits: number, reg: boolean): string {
  return `${kind} ${operator} ${bits} ${reg ? "reg" : "imm"}`;
}

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
    return insn(byOperator.get(operatorKey("alu", operator, bits, true))!, { dst, src });
  }
  return insn(byOperator.get(operatorKey("alu", operator, bits, false))!, { dst, imm: imm32(c) });
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

// ---- memory ----

interface Access {
  /** b, h, w, dw. */
  readonly suffix: string;
  readonly bits: number;
  readonly signed: boolean;
}

/** type := "(" ("u" | "s") bits "*" ")" */
function accessType(c: Cursor): Access {
  expect(c, "(");
  const token = take(c);
  const match = /^(?:__)?([us])(8|16|32|64)$/.exec(token.text);
  if (match === null) {
    fail(c, "asm/type", `${shown(token)} is no type of an access`, "u8 u16 u32 u64, or s8 s16 s32 for loads", token);
  }
  expect(c, "*");
  expect(c, ")");
  const bits = Number(match[2]);
  return { suffix: SUFFIX[bits]!, bits, signed: match[1] === "s" };
}

/** address := "(" reg (("+" | "-") number)? ")", the brackets not always */
function address(c: Cursor, closing: string | null): { reg: number; off: number } {
  const base = register(c);
  if (!base.wide) fail(c, "asm/register", "an address is held in a 64-bit register", "write rN, not wN");
  const off = peek(c).text === "+" || peek(c).text === "-" ? off16(c) : 0;
  if (closing !== null) expect(c, closing);
  return { reg: base.reg, off };
}

function bracketed(c: Cursor): { reg: number; off: number } {
  expect(c, "(");
  return address(c, ")");
}

function load(c: Cursor, dst: number, wide: boolean): ParsedInsn {
  c.at++;
  const access = accessType(c);
  if (accept(c, "skb")) return packetLoad(c, dst, access);
  const { reg: src, off } = bracketed(c);
  if (!wide && (access.bits === 64 || access.signed)) {
    fail(
      c,
      "asm/register",
      `a load of ${access.signed ? "s" : "u"}${access.bits} fills a 64-bit register`,
      `write r${dst}`,
    );
  }
  return insn(rowOf(c, `ldx${access.signed ? "s" : ""}${access.suffix}`), { dst, src, off });
}

function packetLoad(c: Cursor, dst: number, access: Access): ParsedInsn {
  if (dst !== 0) fail(c, "asm/register", "packet loads go to r0", "write r0 = *(u8 *)skb[0]");
  if (access.signed || access.bits === 64) fail(c, "asm/type", "packet loads are of u8, u16 or u32");
  expect(c, "[");
  if (peek(c).kind !== "reg") {
    const imm = imm32(c);
    expect(c, "]");
    return insn(rowOf(c, `ldabs${access.suffix}`), { imm });
  }
  const src = register(c).reg;
  const imm = peek(c).text === "]" ? 0 : imm32(c);
  expect(c, "]");
  return insn(rowOf(c, `ldind${access.suffix}`), { src, imm });
}

function store(c: Cursor): ParsedInsn {
  c.at++;
  const access = accessType(c);
  const { reg: dst, off } = bracketed(c);
  expect(c, "=");
  if (access.signed) fail(c, "asm/type", "stores have unsigned types", `write *(u${access.bits} *)`);
  if (peek(c).kind === "reg") {
    const src = register(c);
    if (!src.wide && access.bits === 64)
      fail(c, "asm/register", "a store of u64 takes a 64-bit register", `write r${src.reg}`);
    return insn(rowOf(c, `stx${access.suffix}`), { dst, src: src.reg, off });
  }
  return insn(rowOf(c, `st${access.suffix}`), { dst, off, imm: imm32(c) });
}

/** lock *(u64 *)(r1 + 0) += r2 */
function lock(c: Cursor): ParsedInsn {
  c.at += 2;
  const access = atomicType(c);
  const { reg: dst, off } = bracketed(c);
  const operator = take(c);
  if (!LOCK_OPERATORS.has(operator.text)) {
    fail(c, "asm/operator", `${shown(operator)} has no atomic form`, "one of += |= &= ^=", operator);
  }
  const src = register(c).reg;
  return insn(byOperator.get(operatorKey("atomic", operator.text, access.bits, true))!, { dst, src, off });
}

function atomicType(c: Cursor): Access {
  const access = accessType(c);
  if (access.signed || access.bits < 32) fail(c, "asm/type", "atomics work on u32 and u64");
  return access;
}

/** The fetching atomics in LLVM's and the kernel's words; null where the name is none. */
function atomicCall(c: Cursor, dst: number): ParsedInsn | null {
  const name = peek(c).text;
  const match = /^(?:atomic(?:64)?_(fetch_(?:add|or|and|xor)|xchg|cmpxchg)|(xchg|cmpxchg)(32)?_(?:32|64))$/.exec(name);
  if (match === null) return null;
  c.at += 2;
  let bits = match[3] === "32" ? 32 : 64;
  let place: { reg: number; off: number };
  if (match[1] === undefined) {
    place = address(c, null);
  } else {
    bits = atomicType(c).bits;
    place = bracketed(c);
  }
  const operation = match[1] ?? match[2]!;
  expect(c, ",");
  if (operation === "cmpxchg") {
    if (register(c).reg !== 0 || dst !== 0) fail(c, "asm/operands", "cmpxchg compares with r0 and returns in r0");
    expect(c, ",");
  }
  const src = register(c).reg;
  expect(c, ")");
  if (operation !== "cmpxchg" && src !== dst) {
    fail(c, "asm/operands", `${name} returns in the register it takes`, `write r${src} = ${name}(..., r${src})`);
  }
  const stem = operation.startsWith("fetch") ? `atomic_${operation}` : operation;
  return insn(rowOf(c, `${stem}${bits}`), { dst: place.reg, src, off: place.off });
}

function loadAcquire(c: Cursor, dst: number): ParsedInsn {
  c.at += 2;
  const { bits } = accessType(c);
  const { reg: src, off } = bracketed(c);
  expect(c, ")");
  return insn(rowOf(c, `load_acquire${bits}`), { dst, src, off });
}

function storeRelease(c: Cursor): ParsedInsn {
  c.at++;
  expect(c, "(");
  const { bits } = accessType(c);
  const { reg: dst, off } = bracketed(c);
  expect(c, ",");
  const src = register(c).reg;
  expect(c, ")");
  return insn(rowOf(c, `store_release${bits}`), { dst, src, off });
}

// ---- the 16-byte load ----

/** True where an "ll" ends the statement: "r1 = 5 ll". */
function wideAhead(c: Cursor): boolean {
  for (let ahead = 0; ; ahead++) {
    const token = peek(c, ahead);
    if (token.kind === "end") return false;
    if (token.text === "ll" || token.text === "LL") return true;
  }
}

function wideLoad(c: Cursor, dst: number): ParsedInsn {
  const parsed = wideOperand(c, dst);
  if (!accept(c, "ll")) accept(c, "LL");
  return parsed;
}

function wideOperand(c: Cursor, dst: number): ParsedInsn {
  const first = peek(c);
  if (numberAhead(c)) {
    const value = number(c);
    if (value < -(1n << 63n) || value >= 1n << 64n) {
      fail(c, "asm/range", `${value} does not fit in 64 bits`, "the range is -2^63 to 2^64-1", first);
    }
    return insn(rowOf(c, "lddw"), {
      dst,
      imm: Number(BigInt.asIntN(32, value)),
      next: Number(BigInt.asIntN(32, value >> 32n)),
    });
  }
  if (peek(c, 1).text === "[") {
    if (first.text === "map") return mapOperand(c, dst);
    if (first.text === "subprog") {
      c.at += 2;
      return bracketEnd(c, rowOf(c, "lddw_func"), { dst, imm: imm32(c) });
    }
    if (first.text === "btf") {
      c.at += 2;
      expect(c, "id");
      expect(c, ":");
      return bracketEnd(c, rowOf(c, "lddw_btf_id"), { dst, imm: imm32(c) });
    }
  }
  accept(c, "&");
  const name = take(c);
  if (name.kind !== "name") fail(c, "asm/syntax", `expected a value but found ${shown(name)}`, undefined, name);
  return insn(rowOf(c, "lddw_func"), { dst, label: { name: name.text, field: "imm", col: name.col, external: true } });
}

/** map[name]  map[fd:5]  map[id:5]  map[idx:0], then [0]+off or +off for an address within the first value */
function mapOperand(c: Cursor, dst: number): ParsedInsn {
  c.at += 2;
  const name = take(c);
  let imm = 0;
  let map: string | null = null;
  let index = false;
  if ((name.text === "fd" || name.text === "id" || name.text === "idx") && accept(c, ":")) {
    imm = imm32(c);
    index = name.text === "idx";
  } else if (name.kind === "name") {
    map = name.text;
  } else {
    fail(c, "asm/syntax", `${shown(name)} names no map`, "map[name], map[fd:3] or map[idx:0]", name);
  }
  expect(c, "]");
  let inValue = false;
  if (accept(c, "[")) {
    expect(c, "0");
    expect(c, "]");
    inValue = true;
  }
  const offBytes = peek(c).text === "+" ? imm32(c) : 0;
  inValue ||= offBytes !== 0;
  const next = inValue ? offBytes : secondWord(c);
  const row = rowOf(
    c,
    index ? (inValue ? "lddw_map_idx_value" : "lddw_map_idx") : inValue ? "lddw_map_value" : "lddw_map_fd",
  );
  return insn(row, {
    dst,
    imm,
    next,
    map: map === null ? null : { name: map, offBytes: inValue ? offBytes >>> 0 : null },
  });
}

function bracketEnd(c: Cursor, row: OpRow, fields: InsnFields): ParsedInsn {
  expect(c, "]");
  return insn(row, { ...fields, next: secondWord(c) });
}

/** ", 0x5": the second slot's imm where it is not 0. */
function secondWord(c: Cursor): number {
  return accept(c, ",") ? imm32(c) : 0;
}

/** ld_pseudo r1, 1, 3: LLVM's text for a pseudo source given as a number. */
function ldPseudo(c: Cursor): ParsedInsn {
  c.at++;
  const dst = register(c).reg;
  expect(c, ",");
  const src = number(c);
  const row = OPS.find((candidate) => candidate.kind === "lddw" && BigInt(candidate.src) === src);
  if (row === undefined) fail(c, "asm/range", `${src} is no pseudo source`, "0 to 6");
  expect(c, ",");
  const value = number(c);
  return insn(row, { dst, imm: Number(BigInt.asIntN(32, value)), next: Number(BigInt.asIntN(32, value >> 32n)) });
}

function quad(c: Cursor): ParsedInsn {
  c.at++;
  const token = peek(c);
  const value = number(c);
  if (value < -(1n << 63n) || value >= 1n << 64n)
    fail(c, "asm/range", `${value} does not fit in 64 bits`, undefined, token);
  const lo = Number(BigInt.asIntN(32, value));
  return {
    row: null,
    dst: 0,
    src: 0,
    off: 0,
    imm: lo,
    next: Number(BigInt.asIntN(32, value >> 32n)),
    label: null,
    map: null,
  };
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
    row = byOperator.get(operatorKey("jmp", operator.text, bits, true))!;
    fields = { dst, src: sameWidth(c, wide) };
  } else {
    row = byOperator.get(operatorKey("jmp", operator.text, bits, false))!;
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
