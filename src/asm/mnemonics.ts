/**
 * The mnemonic notation of uBPF, rbpf and the bpf_conformance suite:
 *
 *     mov %r0, 1      add32 r1, r2      ldxw %r1, [%r2+4]      stb [%r10-1], 5      jeq %r1, 0, +3      lddw r1, 0x123456789
 *     be16 %r0        movsx832 %r0, %r1      lock fetch add [%r1+0], %r2      call local sub      ja32 done      neg32 %r0
 */
import { accept, type Cursor, expect, fail, imm32, number, off16, peek, register, shown } from "./cursor.ts";
import { insn, jump, type ParsedInsn, rowOf } from "./parsed.ts";

const ALU = /^(add|sub|mul|div|or|and|lsh|rsh|mod|xor|mov|arsh|sdiv|smod)(32|64)?$/;
const MOVSX = /^movsx(8|16|32)(32|64)$/;
const END = /^(be|le|swap|bswap)(16|32|64)$/;
const NEG = /^neg(32|64)?$/;
const JMP = /^(jeq|jgt|jge|jset|jne|jsgt|jsge|jlt|jle|jslt|jsle)(32)?$/;
const LDX = /^ldx(s?)(b|h|w|dw)$/;
const ST = /^(stx?)(b|h|w|dw)$/;
const ATOMIC = /^(add|or|and|xor|xchg|cmpxchg)(32|64)?$/;

/** The instruction, or null where the first word is no mnemonic. */
export function parseMnemonic(c: Cursor): ParsedInsn | null {
  const word = peek(c).text;
  let match = ALU.exec(word);
  if (match !== null) {
    c.at++;
    const dst = register(c).reg;
    expect(c, ",");
    const stem = `${match[1]}${match[2] ?? "64"}`;
    if (peek(c).kind === "reg") return insn(rowOf(c, `${stem}_reg`), { dst, src: register(c).reg });
    return insn(rowOf(c, `${stem}_imm`), { dst, imm: imm32(c) });
  }
  match = MOVSX.exec(word);
  if (match !== null) {
    c.at++;
    const dst = register(c).reg;
    expect(c, ",");
    return insn(rowOf(c, `movsx${match[2]}_${match[1]}`), { dst, src: register(c).reg });
  }
  match = END.exec(word);
  if (match !== null) {
    c.at++;
    return insn(rowOf(c, `${match[1] === "swap" ? "bswap" : match[1]}${match[2]}`), { dst: register(c).reg });
  }
  match = NEG.exec(word);
  if (match !== null) {
    c.at++;
    return insn(rowOf(c, `neg${match[1] ?? "64"}`), { dst: register(c).reg });
  }
  match = JMP.exec(word);
  if (match !== null) {
    c.at++;
    const dst = register(c).reg;
    expect(c, ",");
    const reg = peek(c).kind === "reg";
    const operand = reg ? { src: register(c).reg } : { imm: imm32(c) };
    expect(c, ",");
    return jump(c, rowOf(c, `${match[1]}${match[2] ?? ""}_${reg ? "reg" : "imm"}`), "off", { dst, ...operand });
  }
  match = LDX.exec(word);
  if (match !== null) {
    c.at++;
    const dst = register(c).reg;
    expect(c, ",");
    const { reg: src, off } = place(c);
    return insn(rowOf(c, word), { dst, src, off });
  }
  match = ST.exec(word);
  if (match !== null) {
    c.at++;
    const { reg: dst, off } = place(c);
    expect(c, ",");
    if (match[1] === "st") return insn(rowOf(c, word), { dst, off, imm: imm32(c) });
    return insn(rowOf(c, word), { dst, off, src: register(c).reg });
  }
  switch (word) {
    case "lddw":
      return lddw(c);
    case "ja":
      c.at++;
      return jump(c, rowOf(c, "ja"), "off", {});
    case "ja32":
      c.at++;
      return jump(c, rowOf(c, "gotol"), "imm", {});
    case "lock":
      return lock(c);
  }
  return null;
}

function lddw(c: Cursor): ParsedInsn {
  c.at++;
  const dst = register(c).reg;
  expect(c, ",");
  const token = peek(c);
  const value = number(c);
  if (value < -(1n << 63n) || value >= 1n << 64n) {
    fail(c, "asm/range", `${value} does not fit in 64 bits`, "the range is -2^63 to 2^64-1", token);
  }
  return insn(rowOf(c, "lddw"), {
    dst,
    imm: Number(BigInt.asIntN(32, value)),
    next: Number(BigInt.asIntN(32, value >> 32n)),
  });
}

/** lock [fetch] add [%r1+0], %r2 */
function lock(c: Cursor): ParsedInsn {
  c.at++;
  const fetch = accept(c, "fetch");
  const token = peek(c);
  const match = ATOMIC.exec(token.text);
  if (match === null) {
    fail(
      c,
      "asm/operator",
      `${shown(token)} has no atomic form`,
      "one of add or and xor xchg cmpxchg, with 32 for words",
    );
  }
  c.at++;
  const { reg: dst, off } = place(c);
  expect(c, ",");
  const src = register(c).reg;
  const stem = match[1]!.endsWith("xchg") ? match[1]! : `atomic_${fetch ? "fetch_" : ""}${match[1]}`;
  return insn(rowOf(c, `${stem}${match[2] ?? "64"}`), { dst, src, off });
}

/** place := "[" reg (("+" | "-") number)? "]" */
function place(c: Cursor): { reg: number; off: number } {
  expect(c, "[");
  const reg = register(c).reg;
  const off = peek(c).text === "]" ? 0 : off16(c);
  expect(c, "]");
  return { reg, off };
}
