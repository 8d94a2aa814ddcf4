/** Loads, stores and atomics: the part of parse.ts that reads "*(u32 *)(r1 + 4)" and its kin. */
import { accept, type Cursor, expect, fail, imm32, off16, peek, register, shown, take } from "./cursor.ts";
import { insn, type ParsedInsn, rowByOperator, rowOf } from "./parsed.ts";

const LOCK_OPERATORS = new Set(["+=", "|=", "&=", "^="]);
const SUFFIX: Readonly<Record<number, string>> = { 8: "b", 16: "h", 32: "w", 64: "dw" };

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

export function load(c: Cursor, dst: number, wide: boolean): ParsedInsn {
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

export function store(c: Cursor): ParsedInsn {
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
export function lock(c: Cursor): ParsedInsn {
  c.at += 2;
  const access = atomicType(c);
  const { reg: dst, off } = bracketed(c);
  const operator = take(c);
  if (!LOCK_OPERATORS.has(operator.text)) {
    fail(c, "asm/operator", `${shown(operator)} has no atomic form`, "one of += |= &= ^=", operator);
  }
  const src = register(c).reg;
  return insn(rowByOperator("atomic", operator.text, access.bits, true), { dst, src, off });
}

function atomicType(c: Cursor): Access {
  const access = accessType(c);
  if (access.signed || access.bits < 32) fail(c, "asm/type", "atomics work on u32 and u64");
  return access;
}

/** The fetching atomics in LLVM's and the kernel's words; null where the name is none. */
export function atomicCall(c: Cursor, dst: number): ParsedInsn | null {
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

export function loadAcquire(c: Cursor, dst: number): ParsedInsn {
  c.at += 2;
  const { bits } = accessType(c);
  const { reg: src, off } = bracketed(c);
  expect(c, ")");
  return insn(rowOf(c, `load_acquire${bits}`), { dst, src, off });
}

export function storeRelease(c: Cursor): ParsedInsn {
  c.at++;
  expect(c, "(");
  const { bits } = accessType(c);
  const { reg: dst, off } = bracketed(c);
  expect(c, ",");
  const src = register(c).reg;
  expect(c, ")");
  return insn(rowOf(c, `store_release${bits}`), { dst, src, off });
}
