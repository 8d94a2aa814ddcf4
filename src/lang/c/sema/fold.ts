/**
 * Constants. Integer operations fold while the tree is built, so an integer constant expression is an `int` node. `constantOf`
 * evaluates what a static initialiser may also hold: addresses, floats converted to integers, values of const objects.
 */
import type { ArithOp, CompareOp, ConstValue, Expr, Init, Place, VarDecl } from "../ast.ts";
import { bare, CONST, type CType, type IntType, intOf, qualsOf, sizeOf, wrapInt } from "../types.ts";

/** Undefined where the operation has no value (division by zero, shift out of range). */
export function foldArith(op: ArithOp, a: bigint, b: bigint, type: IntType): bigint | undefined {
  switch (op) {
    case "+":
      return wrapInt(a + b, type);
    case "-":
      return wrapInt(a - b, type);
    case "*":
      return wrapInt(a * b, type);
    case "/":
      return b === 0n ? undefined : wrapInt(a / b, type);
    case "%":
      return b === 0n ? undefined : wrapInt(a % b, type);
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "<<":
      return b < 0n || b >= BigInt(type.size * 8) ? undefined : wrapInt(a << b, type);
    case ">>":
      return b < 0n || b >= BigInt(type.size * 8) ? undefined : a >> b;
  }
}

export function foldCompare(op: CompareOp, a: bigint | number, b: bigint | number): boolean {
  switch (op) {
    case "==":
      return a === b;
    case "!=":
      return a !== b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
  }
}

const number = (value: bigint): ConstValue => ({ base: undefined, value });

/** The value at link time; undefined where it is none. */
export function constantOf(e: Expr, depth = 0): ConstValue | undefined {
  if (depth > 200) return undefined;
  switch (e.kind) {
    case "int":
      return number(e.value);
    case "float":
      return undefined;
    case "addr":
    case "decay":
      return addressOf(e.place, depth + 1);
    case "load":
      return constObject(e.place, depth + 1);
    case "cast": {
      const value = constantOf(e.operand, depth + 1);
      if (value === undefined) return undefined;
      if (e.op === "ptr" || e.op === "addrspace") return value;
      const type = intOf(e.type);
      if (value.base === undefined) {
        if (e.op === "bool") return number(value.value === 0n ? 0n : 1n);
        return number(type === undefined ? BigInt.asUintN(64, value.value) : wrapInt(value.value, type));
      }
      if (e.op === "bool") return truthOf(value) === undefined ? undefined : number(1n);
      return sizeOf(e.type) === 8 ? value : undefined;
    }
    case "ptradd": {
      const ptr = constantOf(e.ptr, depth + 1);
      const index = constantOf(e.index, depth + 1);
      if (ptr === undefined || index === undefined || index.base !== undefined) return undefined;
      const bytes = index.value * BigInt(e.scale);
      const value = e.op === "+" ? ptr.value + bytes : ptr.value - bytes;
      return { base: ptr.base, value: ptr.base === undefined ? BigInt.asUintN(64, value) : BigInt.asIntN(64, value) };
    }
    case "ptrdiff": {
      const left = constantOf(e.left, depth + 1);
      const right = constantOf(e.right, depth + 1);
      if (left === undefined || right === undefined || left.base !== right.base || e.scale === 0) return undefined;
      return number(BigInt.asIntN(64, left.value - right.value) / BigInt(e.scale));
    }
    case "binary": {
      const left = constantOf(e.left, depth + 1);
      const right = constantOf(e.right, depth + 1);
      const type = intOf(e.type);
      if (left === undefined || right === undefined || type === undefined) return undefined;
      if (right.base === undefined && left.base === undefined) {
        const value = foldArith(e.op, left.value, right.value, type);
        return value === undefined ? undefined : number(value);
      }
      if (type.size === 8 && right.base === undefined && (e.op === "+" || e.op === "-")) {
        return {
          base: left.base,
          value: BigInt.asIntN(64, e.op === "+" ? left.value + right.value : left.value - right.value),
        };
      }
      if (type.size === 8 && left.base === undefined && e.op === "+") {
        return { base: right.base, value: BigInt.asIntN(64, left.value + right.value) };
      }
      return undefined;
    }
    case "unary": {
      const operand = constantOf(e.operand, depth + 1);
      if (operand === undefined) return undefined;
      if (e.op === "!") {
        const truth = truthOf(operand);
        return truth === undefined ? undefined : number(truth ? 0n : 1n);
      }
      const type = intOf(e.type);
      if (operand.base !== undefined || type === undefined) return undefined;
      return number(wrapInt(e.op === "-" ? -operand.value : ~operand.value, type));
    }
    case "compare": {
      const left = constantOf(e.left, depth + 1);
      const right = constantOf(e.right, depth + 1);
      if (left === undefined || right === undefined) return undefined;
      if (left.base === right.base) return number(foldCompare(e.op, left.value, right.value) ? 1n : 0n);
      // An object's address is not null
      const zero = left.base === undefined ? left.value : right.base === undefined ? right.value : 1n;
      if (
        zero === 0n &&
        truthOf(left.base === undefined ? right : left) !== undefined &&
        (e.op === "==" || e.op === "!=")
      )
        return number(e.op === "!=" ? 1n : 0n);
      return undefined;
    }
    case "logical": {
      const left = constantOf(e.left, depth + 1);
      if (left === undefined) return undefined;
      const truth = truthOf(left);
      if (truth === undefined) return undefined;
      if (truth === (e.op === "||")) return number(truth ? 1n : 0n);
      const right = constantOf(e.right, depth + 1);
      const second = right === undefined ? undefined : truthOf(right);
      return second === undefined ? undefined : number(second ? 1n : 0n);
    }
    case "cond": {
      const test = constantOf(e.test, depth + 1);
      if (test === undefined) return undefined;
      const truth = truthOf(test);
      if (truth === undefined) return undefined;
      if (truth) return e.then === undefined ? test : constantOf(e.then, depth + 1);
      return constantOf(e.else, depth + 1);
    }
    case "builtin":
      if (e.id === "expect" || e.id === "launder") return constantOf(e.args[0], depth + 1);
      return undefined;
    default:
      return undefined;
  }
}

/** Whether a constant is not zero. A weak symbol may have no address: undefined. */
function truthOf(value: ConstValue): boolean | undefined {
  const { base } = value;
  if (base === undefined) return value.value !== 0n;
  return (base.kind === "var" || base.kind === "func") && "attrs" in base && base.attrs.weak === true
    ? undefined
    : true;
}

function addressOf(place: Place, depth: number): ConstValue | undefined {
  if (depth > 200) return undefined;
  switch (place.kind) {
    case "var":
      return place.decl.storage === "auto" || place.decl.storage === "param"
        ? undefined
        : { base: place.decl, value: 0n };
    case "func":
      return { base: place.decl, value: 0n };
    case "str":
      return { base: place, value: 0n };
    case "compound":
      return place.static ? { base: place, value: 0n } : undefined;
    case "deref":
      return constantOf(place.ptr, depth + 1);
    case "member": {
      if (!isPlace(place.base)) return undefined;
      const base = addressOf(place.base, depth + 1);
      return base === undefined ? undefined : { base: base.base, value: base.value + BigInt(place.field.bitOff >> 3) };
    }
    case "index": {
      const base = constantOf(place.base, depth + 1);
      const index = constantOf(place.index, depth + 1);
      if (base === undefined || index === undefined || index.base !== undefined) return undefined;
      return { base: base.base, value: base.value + index.value * BigInt(sizeOf(place.type)) };
    }
  }
}

export function isPlace(e: Expr): e is Place {
  switch (e.kind) {
    case "var":
    case "func":
    case "deref":
    case "index":
    case "member":
    case "str":
    case "compound":
      return true;
    default:
      return false;
  }
}

/** A const object with a constant initialiser, read in a constant expression: clang folds these in initialisers. */
function constObject(place: Place, depth: number): ConstValue | undefined {
  let offBytes = 0n;
  let at: Expr = place;
  while (at.kind === "member") {
    if (at.field.bitWidth >= 0) return undefined;
    offBytes += BigInt(at.field.bitOff >> 3);
    at = at.base;
  }
  let init: Init | undefined;
  let type: CType;
  if (at.kind === "var") {
    const decl: VarDecl = at.decl;
    if ((qualsOf(decl.type) & CONST) === 0 || decl.attrs.weak === true || decl.storage === "extern") return undefined;
    init = decl.init;
    type = decl.type;
    if (init === undefined) return undefined;
  } else if (at.kind === "compound") {
    init = at.init;
    type = at.type;
  } else return undefined;
  if (bare(type).kind === "array") return undefined;
  const wanted = Number(offBytes);
  const size = sizeOf(place.type);
  let value: ConstValue | undefined = number(0n);
  for (const item of init.items) {
    if (item.offBytes === wanted && item.bits === undefined && sizeOf(item.type) === size) {
      value = item.data ?? constantOf(item.value, depth + 1);
    } else if (item.offBytes < wanted + size && item.offBytes + sizeOf(item.type) > wanted) return undefined;
  }
  return value;
}

/** Offsets of preserve_access_index records are only known when the program is loaded. */
export function relocated(e: Expr): boolean {
  for (let at: Expr = e; ; ) {
    if (at.kind === "member") {
      if (at.record.preserveAccessIndex) return true;
      at = at.base;
    } else if (at.kind === "index") at = at.base;
    else if (at.kind === "decay" || at.kind === "addr" || at.kind === "load") at = at.place;
    else if (at.kind === "deref") at = at.ptr;
    else return false;
  }
}
