/** The integer type of an enum, as clang chooses it: unsigned int, int, then eight bytes; the smallest where `packed`. */
import { INT, type IntType, LONG, SCHAR, SHORT, UCHAR, UINT, ULONG, USHORT } from "../types.ts";

export function enumType(values: readonly bigint[], packed: boolean): IntType {
  let min = 0n;
  let max = 0n;
  for (const value of values) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  const signed = min < 0n;
  const rows = packed
    ? signed
      ? [SCHAR, SHORT, INT, LONG]
      : [UCHAR, USHORT, UINT, ULONG]
    : signed
      ? [INT, LONG]
      : [UINT, ULONG];
  return rows.find((type) => fits(min, type) && fits(max, type)) ?? rows[rows.length - 1];
}

export function fits(value: bigint, type: IntType): boolean {
  const bits = BigInt(type.size * 8 - (type.signed ? 1 : 0));
  return value < 1n << bits && value >= (type.signed ? -(1n << bits) : 0n);
}
