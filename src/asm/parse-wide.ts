/** The 16-byte load: "r1 = 5 ll", "r1 = map[name] ll" and the other things that LD_IMM64 can name. */
import { OPS, type OpRow } from "../isa/ops.ts";
import {
  accept,
  type Cursor,
  expect,
  fail,
  imm32,
  number,
  numberAhead,
  peek,
  register,
  shown,
  take,
} from "./cursor.ts";
import { type InsnFields, insn, type ParsedInsn, rowOf, skipSymbol } from "./parsed.ts";

/** True where an "ll" ends the statement: "r1 = 5 ll". */
export function wideAhead(c: Cursor): boolean {
  for (let ahead = 0; ; ahead++) {
    const token = peek(c, ahead);
    if (token.kind === "end") return false;
    if (token.text === "ll" || token.text === "LL") return true;
  }
}

export function wideLoad(c: Cursor, dst: number): ParsedInsn {
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
  skipSymbol(c);
  return insn(row, { ...fields, next: secondWord(c) });
}

/** ", 0x5": the second slot's imm where it is not 0. */
function secondWord(c: Cursor): number {
  return accept(c, ",") ? imm32(c) : 0;
}

/** ld_pseudo r1, 1, 3: LLVM's text for a pseudo source given as a number. */
export function ldPseudo(c: Cursor): ParsedInsn {
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

export function quad(c: Cursor): ParsedInsn {
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
