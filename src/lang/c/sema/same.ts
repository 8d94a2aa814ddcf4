/** Compatible types (C11 6.2.7) and composite ones. */
import {
  type ArrayType,
  addressSpaceOf,
  bare,
  type CType,
  complete,
  type FuncType,
  pointerTo,
  qualsOf,
} from "../types.ts";

/** Compatible, the top-level qualifiers aside unless `quals`. An enum is compatible with its underlying type. */
export function sameType(a: CType, b: CType, quals = false, depth = 0): boolean {
  if (a === b) return true;
  if (depth > 64) return true;
  if (quals && (qualsOf(a) !== qualsOf(b) || addressSpaceOf(a) !== addressSpaceOf(b))) return false;
  const x = bare(a);
  const y = bare(b);
  if (x === y) return true;
  if (x.kind === "enum" && y.kind === "int") {
    complete(x);
    return x.underlying === y;
  }
  if (y.kind === "enum" && x.kind === "int") return sameType(y, x);
  switch (x.kind) {
    case "ptr":
      return y.kind === "ptr" && sameType(x.to, y.to, true, depth + 1);
    case "array":
      return (
        y.kind === "array" &&
        (x.count < 0 || y.count < 0 || x.count === y.count || x.vla !== undefined || y.vla !== undefined) &&
        sameType(x.of, y.of, true, depth + 1)
      );
    case "func":
      return y.kind === "func" && sameFunc(x, y, depth + 1);
    default:
      return false;
  }
}

function sameFunc(a: FuncType, b: FuncType, depth: number): boolean {
  if (!sameType(a.ret, b.ret, true, depth)) return false;
  if (a.unspecified || b.unspecified) return true;
  if (a.variadic !== b.variadic || a.params.length !== b.params.length) return false;
  return a.params.every((param, i) => sameType(param, b.params[i], false, depth));
}

/** The type two compatible declarations add up to: array lengths and prototypes are filled in. */
export function composite(old: CType, next: CType): CType {
  const a = bare(old);
  const b = bare(next);
  if (a.kind === "array" && b.kind === "array") {
    if (b.count < 0 && a.count >= 0) return old;
    return next;
  }
  if (a.kind === "func" && b.kind === "func" && b.unspecified && !a.unspecified) return old;
  return next;
}

/** The type of a parameter or value after decay: arrays and functions become pointers. */
export function decayed(type: CType): CType {
  const t = bare(type);
  if (t.kind === "array") return pointerTo(elementOf(type, t));
  if (t.kind === "func") return pointerTo(t);
  return type;
}

/** The element type; qualifiers and the address space of an array go to its elements. */
export function elementOf(type: CType, array: ArrayType): CType {
  if (type.kind === "array") return type.of;
  const outer = qualsOf(type) & ~qualsOf(array);
  const addressSpace = addressSpaceOf(type);
  if (outer === 0 && addressSpace === 0) return array.of;
  return { kind: "qual", quals: outer, addressSpace, type: array.of };
}
