/** Calls of builtins (rows of builtins.ts): arguments converted by letter, then what each kind wants besides. */
import type { BuiltinExpr, Expr } from "../ast.ts";
import type { BuiltinRow } from "../builtins.ts";
import type { Parser } from "../parse/state.ts";
import {
  BOOL,
  bare,
  CHAR,
  type CType,
  INT,
  type IntType,
  intOf,
  LONG,
  type Loc,
  pointerTo,
  qualified,
  UINT,
  ULLONG,
  ULONG,
  USHORT,
  unqualified,
  VOID,
  VOID_PTR,
  wrapInt,
} from "../types.ts";
import { assignTo, castTo, errorExpr, intExpr, isScalar, rvalue } from "./convert.ts";
import { constantOf, isPlace } from "./fold.ts";
import { quoteType } from "./show.ts";

const LETTERS: Readonly<Record<string, CType>> = {
  p: VOID_PTR,
  P: pointerTo(qualified(VOID, 1)),
  s: pointerTo(qualified(CHAR, 1)),
  n: ULONG,
  i: INT,
  u: UINT,
  U: ULONG,
  l: LONG,
  h: USHORT,
  w: UINT,
  d: ULLONG,
  v: VOID,
  b: BOOL,
};

export function builtinCall(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const many = row.args.indexOf("+");
  const least = many < 0 ? row.args.length : many;
  if (args.length < least || (many < 0 && args.length > least)) {
    p.error(
      "C233",
      `${args.length < least ? "too few" : "too many"} arguments to '${name}', expected ${least}, have ${args.length}`,
      loc,
    );
    return errorExpr(loc);
  }
  if (args.some((arg) => arg.kind === "error")) return errorExpr(loc);
  switch (row.check) {
    case "varargs":
      p.error("C402", "eBPF functions have no variable arguments", loc, {
        help: "pass a fixed number of arguments (five at most), or a pointer to an array of values as bpf_trace_vprintk does",
      });
      return errorExpr(loc);
    case "float":
      return { kind: "float", type: { kind: "float", name: "double", size: 8 }, loc, value: Number.POSITIVE_INFINITY };
    case "preserveAccess":
      return preserveAccess(p, name, row, args[0], loc);
    case "fieldInfo":
      return fieldInfo(p, name, row, args, loc);
    case "typeInfo":
    case "typeId":
      return typeInfo(p, name, row, args, loc);
    case "enumValue":
      return enumValue(p, name, row, args, loc);
    case "sync":
    case "atomic":
      return atomic(p, name, row, args, loc);
    case "overflow":
      return overflow(p, name, row, args, loc);
    case "constantP": {
      const e = rvalue(args[0]);
      const value = constantOf(e);
      const known =
        e.kind === "float" ||
        (e.kind === "decay" && e.place.kind === "str") ||
        (value !== undefined && value.base === undefined);
      if (known) return intExpr(1n, INT, loc);
      // Whether the optimiser makes it constant is only known later; a constant expression may not wait
      return node(row, name, [e], INT, loc);
    }
    default:
      break;
  }
  const out = args.map((arg, i) => argument(p, name, letterAt(row.args, i), arg, i));
  if (out.some((arg) => arg.kind === "error")) return errorExpr(loc);
  return (
    folded(row, out, loc) ?? node(row, name, out, row.ret === "=" ? unqualified(out[0].type) : LETTERS[row.ret], loc)
  );
}

function node(row: BuiltinRow, name: string, args: readonly Expr[], type: CType, loc: Loc): BuiltinExpr {
  return { kind: "builtin", id: row.id, name, args, type, loc };
}

function letterAt(args: string, i: number): string {
  const many = args.indexOf("+");
  return many >= 0 && i >= many ? args[many + 1] : args[i];
}

function argument(p: Parser, name: string, letter: string, arg: Expr, i: number): Expr {
  const e = rvalue(arg);
  if (letter === "x") return e;
  const type = LETTERS[letter];
  if (letter === "p" || letter === "P") {
    // Any pointer will do, const or not, in any address space
    const t = bare(e.type);
    if (t.kind === "ptr") return e;
  }
  return assignTo(p, e, type, `passing argument ${i + 1} of '${name}' to parameter of type`);
}

/** Those of constants: bit operations, comparisons of string literals, expect. */
function folded(row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr | undefined {
  const [a, b] = args;
  if (row.check === "expect" && a.kind === "int") return { ...a, loc };
  if (row.check === "bits" && a?.kind === "int") {
    const type = intOf(a.type)!;
    const result = foldBits(row.id, a.value, type);
    return result === undefined ? undefined : intExpr(result, row.ret === "i" ? INT : LETTERS[row.ret], loc);
  }
  if (row.check === "strings") {
    const x = literal(a);
    const y = b === undefined ? undefined : literal(b);
    if (row.id === "strlen" && x !== undefined) return intExpr(BigInt(cLength(x)), ULONG, loc);
    if (row.id === "strcmp" && x !== undefined && y !== undefined)
      return intExpr(BigInt(cCompare(x, y, Infinity)), INT, loc);
    if (row.id === "strncmp" && x !== undefined && y !== undefined && args[2].kind === "int") {
      return intExpr(BigInt(cCompare(x, y, Number(args[2].value))), INT, loc);
    }
  }
  return undefined;
}

function foldBits(id: string, value: bigint, type: IntType): bigint | undefined {
  const bits = type.size * 8;
  const u = BigInt.asUintN(bits, value);
  const text = u.toString(2);
  switch (id) {
    case "bswap16":
    case "bswap32":
    case "bswap64": {
      let out = 0n;
      for (let i = 0; i < type.size; i++) out = (out << 8n) | ((u >> BigInt(8 * i)) & 0xffn);
      return out;
    }
    case "clz":
      return u === 0n ? undefined : BigInt(bits - text.length);
    case "ctz":
      return u === 0n ? undefined : BigInt(text.length - 1 - text.lastIndexOf("1"));
    case "popcount":
      return BigInt(text.replaceAll("0", "").length);
    case "parity":
      return BigInt(text.replaceAll("0", "").length % 2);
    case "ffs":
      return u === 0n ? 0n : BigInt(text.length - text.lastIndexOf("1"));
    case "abs":
      return wrapInt(value < 0n ? -value : value, type);
    default:
      return undefined;
  }
}

/** The bytes of a string literal under casts, with the terminating zero. */
function literal(e: Expr): Uint8Array | undefined {
  let at = e;
  while (at.kind === "cast" && at.op === "ptr") at = at.operand;
  return at.kind === "decay" && at.place.kind === "str" ? at.place.bytes : undefined;
}

function cLength(bytes: Uint8Array): number {
  const zero = bytes.indexOf(0);
  return zero < 0 ? bytes.length : zero;
}

function cCompare(a: Uint8Array, b: Uint8Array, most: number): number {
  for (let i = 0; i < most; i++) {
    const x = a[i] ?? 0;
    const y = b[i] ?? 0;
    if (x !== y) return x < y ? -1 : 1;
    if (x === 0) return 0;
  }
  return 0;
}

function preserveAccess(p: Parser, name: string, row: BuiltinRow, arg: Expr, loc: Loc): Expr {
  const e = rvalue(arg);
  if (e.kind === "error") return e;
  if (!isScalar(e.type)) {
    p.error("C234", `'${name}' takes a value or an address, and this has type ${quoteType(e.type)}`, loc);
    return errorExpr(loc);
  }
  return node(row, name, [e], e.type, loc);
}

function kindArgument(p: Parser, name: string, arg: Expr): Expr {
  const kind = castTo(rvalue(arg), ULONG);
  if (kind.kind === "int") return kind;
  p.error("C235", `the last argument to '${name}' must be a constant`, arg.loc);
  return errorExpr(arg.loc);
}

function fieldInfo(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const kind = kindArgument(p, name, args[1]);
  let place = args[0];
  while (place.kind === "cast" || (place.kind === "load" && isPlace(place.place)))
    place = place.kind === "cast" ? place.operand : place.place;
  if (place.kind !== "member" && place.kind !== "index") {
    p.error("C234", `'${name}' takes a member access or an array element`, loc);
    return errorExpr(loc);
  }
  return kind.kind === "error" ? kind : node(row, name, [place, kind], LETTERS[row.ret], loc);
}

/** `*(T *)0`, `(T){}` or any place of the type. */
function typeInfo(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const kind = kindArgument(p, name, args[1]);
  if (kind.kind === "error") return kind;
  return { ...node(row, name, [kind], LETTERS[row.ret], loc), typeArg: args[0].type };
}

/** `*(T *)ENUMERATOR`, with casts or statement expressions between. */
function enumValue(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const kind = kindArgument(p, name, args[1]);
  if (kind.kind === "error") return kind;
  let at = args[0];
  const type = at.type;
  if (at.kind === "load") at = at.place;
  if (at.kind === "deref") at = at.ptr;
  while (at.kind === "cast") at = at.operand;
  if (bare(type).kind !== "enum" || at.kind !== "int" || at.enumerator === undefined) {
    p.error("C234", `'${name}' takes *(typeof(enum) *)ENUMERATOR`, loc);
    return errorExpr(loc);
  }
  return { ...node(row, name, [kind], LETTERS[row.ret], loc), typeArg: type, enumerator: at.enumerator };
}

function atomic(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const ptr = rvalue(args[0]);
  const t = bare(ptr.type);
  if (t.kind !== "ptr") {
    p.error("C234", `address argument to '${name}' must be a pointer (${quoteType(ptr.type)} invalid)`, loc);
    return errorExpr(loc);
  }
  const value = unqualified(t.to);
  const object = bare(value);
  if (!isScalar(value) || object.kind === "float") {
    p.error(
      "C234",
      `address argument to '${name}' must point to an integer or pointer (${quoteType(ptr.type)} invalid)`,
      loc,
    );
    return errorExpr(loc);
  }
  const out: Expr[] = [ptr];
  // The generic forms (no _n) take pointers to the values
  const generic = row.check === "atomic" && /^__atomic_(load|store|exchange|compare_exchange)$/.test(name);
  for (let i = 1; i < row.args.length; i++) {
    const letter = row.args[i];
    const byPointer =
      letter === "x" && (generic ? i < 3 || name === "__atomic_exchange" : row.id === "atomicCmpxchg" && i === 1);
    if (letter === "i" || (row.id === "atomicCmpxchg" && i === 3))
      out.push(assignTo(p, args[i], INT, `passing the memory order of '${name}' to parameter of type`));
    else if (byPointer) out.push(rvalue(args[i]));
    else {
      const e = rvalue(args[i]);
      const integers = object.kind === "ptr" && intOf(e.type) !== undefined;
      out.push(
        integers || (object.kind !== "ptr" && bare(e.type).kind === "ptr")
          ? castTo(e, value)
          : assignTo(p, e, value, `passing argument ${i + 1} of '${name}' to parameter of type`),
      );
    }
  }
  if (out.some((arg) => arg.kind === "error")) return errorExpr(loc);
  const type =
    row.ret === "b"
      ? BOOL
      : row.id === "atomicStore" || row.id === "syncRelease" || (generic && row.id !== "atomicCmpxchg")
        ? VOID
        : value;
  return node(row, name, out, type, loc);
}

function overflow(p: Parser, name: string, row: BuiltinRow, args: readonly Expr[], loc: Loc): Expr {
  const [a, b, ptr] = args.map(rvalue);
  const t = bare(ptr.type);
  if (intOf(a.type) === undefined || intOf(b.type) === undefined || t.kind !== "ptr" || intOf(t.to) === undefined) {
    p.error("C234", `'${name}' takes two integers and a pointer to an integer`, loc);
    return errorExpr(loc);
  }
  return node(row, name, [a, b, ptr], BOOL, loc);
}
