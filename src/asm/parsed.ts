/** What a statement says, before labels are known: one instruction, and what is still open in it. */
import { OPS, type OpKind, type OpRow, opByName } from "../isa/ops.ts";
import { accept, type Cursor, fail, imm32, off16, peek, shown } from "./cursor.ts";

/** A name whose place is known only once all labels are. */
export interface LabelUse {
  readonly name: string;
  readonly field: "off" | "imm";
  readonly col: number;
  /** "call name" and "r1 = name ll" may name something outside this text. */
  readonly external: boolean;
}

export interface MapUse {
  readonly name: string;
  /** Offset into the map's first value, or null for the map itself. */
  readonly offBytes: number | null;
}

export interface ParsedInsn {
  /** Null for .quad: imm and next are then the slot's low and high word. */
  readonly row: OpRow | null;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  /** imm of LD_IMM64's second slot. */
  readonly next: number;
  readonly label: LabelUse | null;
  readonly map: MapUse | null;
}

export type InsnFields = Partial<Omit<ParsedInsn, "row">>;

/** An instruction of the row; fixed fields are filled in. */
export function insn(row: OpRow, fields: InsnFields = {}): ParsedInsn {
  return {
    row,
    dst: fields.dst ?? 0,
    src: fields.src ?? (typeof row.src === "number" ? row.src : 0),
    off: fields.off ?? (typeof row.off === "number" ? row.off : 0),
    imm: fields.imm ?? (typeof row.imm === "number" ? row.imm : 0),
    next: fields.next ?? 0,
    label: fields.label ?? null,
    map: fields.map ?? null,
  };
}

export function rowOf(c: Cursor, name: string): OpRow {
  const row = opByName(name);
  if (row === undefined) fail(c, "asm/insn", `there is no instruction ${name}`);
  return row;
}

/** target := ("pc")? ("+" | "-") number ("<" symbol ">")? | label | digits ("b" | "f") */
export function jump(c: Cursor, row: OpRow, field: "off" | "imm", fields: InsnFields): ParsedInsn {
  const first = peek(c);
  if (first.text === "pc" && /^[+-]$/.test(peek(c, 1).text)) c.at++;
  if (peek(c).text === "+" || peek(c).text === "-") {
    const value = field === "off" ? off16(c) : imm32(c);
    skipSymbol(c);
    return insn(row, { ...fields, [field]: value });
  }
  if (first.kind === "num" && peek(c, 1).glued && /^[bf]$/.test(peek(c, 1).text)) {
    c.at += 2;
    const name = `${first.value}${c.stmt.tokens[c.at - 1]!.text}`;
    return insn(row, { ...fields, label: { name, field, col: first.col, external: false } });
  }
  if (first.kind !== "name") {
    fail(c, "asm/target", `${shown(first)} is no place to go`, "write a label, or +N or -N in instruction slots");
  }
  c.at++;
  return insn(row, { ...fields, label: { name: first.text, field, col: first.col, external: false } });
}

/** "<prog+0x20>", as objdump shows where a target lies. */
export function skipSymbol(c: Cursor): boolean {
  if (!accept(c, "<")) return false;
  while (!accept(c, ">")) {
    if (peek(c).kind === "end") fail(c, "asm/syntax", 'expected ">"');
    c.at++;
  }
  return true;
}

const byOperator = new Map<string, OpRow>();
for (const row of OPS) {
  if (row.kind === "alu" || row.kind === "jmp" || row.kind === "atomic") {
    byOperator.set(operatorKey(row.kind, row.operator, row.bits, typeof row.src === "string"), row);
  }
}

function operatorKey(kind: OpKind, operator: string, bits: number, reg: boolean): string {
  return `${kind} ${operator} ${bits} ${reg ? "reg" : "imm"}`;
}

/** The row of an operator as LLVM writes it: "+=", "s>", "lock" ones included. */
export function rowByOperator(kind: OpKind, operator: string, bits: number, reg: boolean): OpRow {
  return byOperator.get(operatorKey(kind, operator, bits, reg))!;
}
