/**
 * Inline assembly: operands become values and places, the text goes on as it is. The empty barriers that BPF programs are
 * full of become `opaque` and `fence`, which every pass understands.
 */
import { constant, undef } from "../../../ir/build.ts";
import type { Block, AsmOperand as IrAsmOperand, IrType, Value } from "../../../ir/ir.ts";
import type { AsmOperand, AsmStmt } from "../ast.ts";
import { sizeOf } from "../types.ts";
import { type Fn, type Place, unsupported } from "./context.ts";
import { addressOf, loadPlace, storePlace } from "./place.ts";
import { intWidth, irType, isSigned, resize } from "./scalar.ts";

const isMemory = (constraint: string): boolean => constraint.includes("m");
const isRegister = (constraint: string): boolean => !isMemory(constraint);

export function lowerAsm(fn: Fn, stmt: AsmStmt, labelBlock: (name: string) => Block): void {
  const { b } = fn;
  b.pos = fn.cx.pos(stmt.loc) ?? b.pos;
  if (stmt.text.trim() === "" && stmt.labels.length === 0 && barrier(fn, stmt)) return;

  const outputs = stmt.outputs.map((output) => ({ output, place: fn.place(output.expr) }));
  const operands: IrAsmOperand[] = [];
  const args: Value[] = [];
  const results: { place: Place; type: IrType }[] = [];
  for (const { output, place } of outputs) {
    operands.push({ constraint: output.constraint, name: output.name });
    if (isMemory(output.constraint)) {
      args.push(addressOf(fn, place));
      continue;
    }
    const type = irType(fn, place.type, stmt.loc);
    const wide = registerType(type);
    results.push({ place, type: wide });
    if (output.constraint.startsWith("+")) args.push(widen(fn, loadPlace(fn, place, stmt.loc), isSigned(place.type)));
  }
  for (const input of stmt.inputs) {
    operands.push({ constraint: input.constraint, name: input.name });
    args.push(inputValue(fn, input));
  }
  const text = stmt.basic ? stmt.text.replaceAll("%", "%%") : stmt.text;
  const clobbers = [...stmt.clobbers];
  if (stmt.labels.length > 0) {
    if (results.length > 0)
      unsupported(fn, "C425", stmt.loc, "'asm goto' has outputs", "write the result through a memory operand");
    const next = b.newBlock("asm");
    b.add({
      op: "asmbr",
      type: "void",
      id: fn.b.fn.nextId++,
      args,
      pos: b.pos,
      text,
      operands,
      clobbers,
      labels: stmt.labels.map((label) => label.name),
      targets: [next, ...stmt.labels.map((label) => labelBlock(label.name))],
    });
    b.place(next);
    return;
  }
  const asm = b.asm(results[0]?.type ?? "void", text, operands, args, clobbers, stmt.volatile || results.length === 0);
  const values = results.map((result, i) => (i === 0 ? asm : b.asmOut(asm, i, result.type)));
  results.forEach((result, i) => {
    storePlace(fn, result.place, narrowTo(fn, values[i]!, result.place, stmt));
  });
}

/** asm("" : "+r"(x)), asm("" ::: "memory") and their like; false where it is none of them. */
function barrier(fn: Fn, stmt: AsmStmt): boolean {
  const { b } = fn;
  const outputs = stmt.outputs.map((output) => output.constraint);
  const inputs = stmt.inputs.map((input) => input.constraint);
  const memory = stmt.clobbers.includes("memory") || [...outputs, ...inputs].some(isMemory);
  const registers = stmt.outputs.filter((output) => isRegister(output.constraint));
  // "=r"(x) with "0"(y): y goes in, x comes out.
  const tied = stmt.inputs.filter((input) => /^\d/.test(input.constraint));
  for (const output of registers) {
    if (output.constraint.startsWith("+")) continue;
    const index = stmt.outputs.indexOf(output);
    if (!tied.some((input) => Number(input.constraint) === index)) return false;
  }
  for (const output of registers) {
    const place = fn.place(output.expr);
    const index = stmt.outputs.indexOf(output);
    const from = tied.find((input) => Number(input.constraint) === index);
    const value = from === undefined ? loadPlace(fn, place, stmt.loc) : fn.value(from.expr);
    storePlace(fn, place, narrowTo(fn, b.opaque(value), place, stmt));
  }
  for (const input of stmt.inputs) {
    if (tied.includes(input) || isMemory(input.constraint)) continue;
    const value = inputValue(fn, input);
    if (value.op !== "const" && value.op !== "sym") b.opaque(value);
  }
  if (memory) b.fence();
  return true;
}

function inputValue(fn: Fn, input: AsmOperand): Value {
  if (isMemory(input.constraint) && !/[ri]/.test(input.constraint)) return addressOf(fn, fn.place(input.expr));
  const value = fn.value(input.expr);
  if (value.type === "void") return undef("i64");
  return widen(fn, value, isSigned(input.expr.type));
}

/** A register holds 32 or 64 bits. */
function widen(fn: Fn, value: Value, signed: boolean): Value {
  if (value.op === "const")
    return value.type === "ptr" ? value : constant(value.type === "i64" ? "i64" : registerInt(value.type), value.value);
  return value.type === "i8" || value.type === "i16" ? resize(fn, value, signed, "i32") : value;
}

function registerInt(type: IrType): "i32" | "i64" {
  return type === "i64" ? "i64" : "i32";
}

function registerType(type: IrType): IrType {
  return type === "i8" || type === "i16" ? "i32" : type;
}

function narrowTo(fn: Fn, value: Value, place: Place, stmt: AsmStmt): Value {
  const type = irType(fn, place.type, stmt.loc);
  if (type === value.type) return value;
  if (type === "ptr") return fn.b.intToPtr(resize(fn, value, false, "i64"));
  if (value.type === "ptr") return resize(fn, fn.b.ptrToInt(value), false, intWidth(sizeOf(place.type)));
  return resize(fn, value, isSigned(place.type), intWidth(sizeOf(place.type)));
}
