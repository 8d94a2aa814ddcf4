/** Operations on constants, as the machine does them. */
import { constant, widthOf } from "../build.ts";
import type { Const, Instr, IrType, Pred } from "../ir.ts";

export function compare(pred: Pred, a: bigint, b: bigint, width: number): boolean {
  const ua = BigInt.asUintN(width, a);
  const ub = BigInt.asUintN(width, b);
  const sa = BigInt.asIntN(width, a);
  const sb = BigInt.asIntN(width, b);
  switch (pred) {
    case "eq":
      return ua === ub;
    case "ne":
      return ua !== ub;
    case "ult":
      return ua < ub;
    case "ule":
      return ua <= ub;
    case "ugt":
      return ua > ub;
    case "uge":
      return ua >= ub;
    case "slt":
      return sa < sb;
    case "sle":
      return sa <= sb;
    case "sgt":
      return sa > sb;
    case "sge":
      return sa >= sb;
  }
}

export function binary(op: string, type: IrType, a: bigint, b: bigint): bigint | null {
  const width = widthOf(type);
  const u = (value: bigint): bigint => BigInt.asUintN(width, value);
  const s = (value: bigint): bigint => BigInt.asIntN(width, value);
  const count = u(b) & BigInt(width - 1);
  switch (op) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "udiv":
      return u(b) === 0n ? 0n : u(a) / u(b);
    case "umod":
      return u(b) === 0n ? a : u(a) % u(b);
    case "sdiv":
      return s(b) === 0n ? 0n : s(a) / s(b);
    case "smod":
      return s(b) === 0n ? a : s(a) % s(b);
    case "shl":
      return u(a) << count;
    case "lshr":
      return u(a) >> count;
    case "ashr":
      return s(a) >> count;
    default:
      return null;
  }
}

export function swapBytes(value: bigint, width: number): bigint {
  let out = 0n;
  for (let i = 0; i < width; i += 8) out = (out << 8n) | ((value >> BigInt(i)) & 0xffn);
  return out;
}

/** The constant that the instruction gives for these operands, or null. */
export function foldConstants(instr: Instr, args: readonly Const[]): Const | null {
  const [a, b] = args;
  switch (instr.op) {
    case "icmp":
      return constant("i32", compare(instr.pred, a!.value, b!.value, widthOf(a!.type)) ? 1n : 0n);
    case "zext":
      return constant(instr.type, BigInt.asUintN(widthOf(a!.type), a!.value));
    case "sext":
    case "trunc":
    case "ptrtoint":
    case "inttoptr":
      return constant(instr.type, a!.value);
    case "bswap":
      return constant(instr.type, swapBytes(BigInt.asUintN(64, a!.value), widthOf(instr.type)));
    case "ptradd":
      return constant("ptr", a!.value + b!.value);
    default: {
      if (a === undefined || b === undefined) return null;
      const value = binary(instr.op, instr.type, a.value, b.value);
      return value === null ? null : constant(instr.type, value);
    }
  }
}
