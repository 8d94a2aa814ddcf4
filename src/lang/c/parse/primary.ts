/** primary-expression (C11 6.5.1): names, literals, parentheses, statement expressions, _Generic, keyword builtins. */
import type { CompoundStmt, Expr, Stmt, StrExpr, VarDecl } from "../ast.ts";
import { BUILTINS } from "../builtins.ts";
import { type NumberValue, parseChar, parseNumber, parseString } from "../literals.ts";
import { builtinCall } from "../sema/builtin.ts";
import { errorExpr, intExpr, rvalue } from "../sema/convert.ts";
import { sameType } from "../sema/same.ts";
import { quoteType } from "../sema/show.ts";
import { similar } from "../sema/similar.ts";
import { sizeOperand } from "../sema/unary.ts";
import {
  arrayOf,
  BOOL,
  bare,
  CHAR,
  CONST,
  type CType,
  complete,
  findField,
  INT,
  type Loc,
  qualified,
  sizeOf,
  UINT,
  ULONG,
  USHORT,
  VOID,
} from "../types.ts";
import { constantInt, constantValue } from "./constant.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
const NUMBER = 2;
const CHAR_TOKEN = 3;
const STRING = 4;

export function primary(p: Parser): Expr {
  const { kind, loc } = p;
  switch (kind) {
    case IDENT:
      return name(p);
    case NUMBER: {
      const value = numberOf(p);
      p.next();
      if (value.kind === "int") return { kind: "int", type: value.type, loc, value: value.value };
      if (value.kind === "float") return { kind: "float", type: value.type, loc, value: value.value };
      p.error("C024", value.message, loc);
      return errorExpr(loc);
    }
    case CHAR_TOKEN: {
      const value = parseChar(p.pp.names.bytes(p.val));
      if (value.problem !== undefined) p.error("C025", value.problem, loc);
      if (value.width === -1) p.warn("C504", "multi-character character constant", loc);
      p.next();
      return intExpr(value.value, value.width === 2 ? USHORT : INT, loc);
    }
    case STRING:
      return stringLiteral(p);
    case 330: // __func__
    case 331:
    case 332: {
      p.next();
      return textExpr(p.func?.decl.name ?? "", loc, true);
    }
    case 40:
      return parenthesised(p);
    case 295:
      return generic(p);
    case 327:
      return offsetOf(p);
    case 328: {
      p.next();
      p.expect(40, "after '__builtin_types_compatible_p'");
      const a = p.grammar.typeName(p);
      p.expect(44, "between two types");
      const b = p.grammar.typeName(p);
      p.expect(41, "after two types");
      return intExpr(sameType(bare(a), bare(b)) && bare(a).kind === bare(b).kind ? 1n : 0n, INT, loc);
    }
    case 329:
      return chooseExpr(p);
    case 326: // __builtin_va_arg
      p.fail("C402", "eBPF functions have no variable arguments", {
        help: "pass a fixed number of arguments (five at most)",
      });
      break;
    case 338:
      p.fail("C408", "__builtin_bit_cast is not supported", {
        help: "copy the bytes with __builtin_memcpy, or use a union",
      });
      break;
    case 151: // true
    case 152: // false
      p.next();
      return intExpr(kind === 151 ? 1n : 0n, BOOL, loc);
    case 340: // __nullptr
      p.next();
      return intExpr(0n, { kind: "ptr", to: VOID }, loc);
    default:
      break;
  }
  p.fail("C110", `expected an expression, not '${p.text()}'`);
}

function numberOf(p: Parser): NumberValue {
  let value = p.numbers.get(p.val);
  if (value === undefined) {
    value = parseNumber(p.name(p.val));
    p.numbers.set(p.val, value);
  }
  return value;
}

function name(p: Parser): Expr {
  const { val, loc } = p;
  const sym = p.lookup(val);
  if (sym === undefined) return unknownName(p);
  p.next();
  switch (sym.kind) {
    case "var":
      if (p.unevaluated === 0) sym.used = true;
      if (sym.loc > 0) mention(p, sym);
      return { kind: "var", type: sym.type, loc, decl: sym };
    case "func":
      if (p.unevaluated === 0) sym.used = true;
      return { kind: "func", type: sym.type, loc, decl: sym };
    case "enumerator":
      return { ...sym.expr, loc };
    case "typedef":
      p.fail("C110", `unexpected type name '${sym.name}': expected an expression`, {}, loc);
  }
}

function mention(p: Parser, decl: VarDecl): void {
  const known = p.mentions.get(decl);
  if (known === undefined) p.mentions.set(decl, { all: 1, sets: 0 });
  else known.all++;
}

function unknownName(p: Parser): Expr {
  const { val, loc } = p;
  const text = p.name(val);
  p.next();
  const row = BUILTINS.get(text);
  if (row !== undefined) {
    p.expect(40, `after '${text}'`);
    // The operands of these name types and members; nothing is read
    const still =
      row.check === "fieldInfo" ||
      row.check === "typeInfo" ||
      row.check === "typeId" ||
      row.check === "enumValue" ||
      row.check === "constantP";
    if (still) p.unevaluated++;
    const args: Expr[] = [];
    if (!p.accept(41)) {
      do args.push(p.grammar.assign(p));
      while (p.accept(44));
      p.expect(41, "after the arguments");
    }
    if (still) p.unevaluated--;
    return builtinCall(p, text, row, args, loc);
  }
  if (p.is(40)) {
    const near = similar(text, p.funcNames());
    p.error(
      "C205",
      `call to undeclared function '${text}'${near === undefined ? "" : `; did you mean '${near}'?`}`,
      loc,
      near === undefined ? functionHelp(text) : { fix: { message: `use '${near}'`, text: near } },
    );
    // Its arguments are still worth reading
    p.next();
    if (!p.accept(41)) {
      do p.grammar.assign(p);
      while (p.accept(44));
      p.expect(41, "after the arguments");
    }
    return errorExpr(loc);
  }
  if (!p.unknown.has(val)) {
    p.unknown.add(val);
    const near = similar(text, p.variableNames()) ?? lazySimilar(p, text);
    p.error(
      "C206",
      `use of undeclared identifier '${text}'${near === undefined ? "" : `; did you mean '${near}'?`}`,
      loc,
      near === undefined ? nameHelp(text) : { fix: { message: `use '${near}'`, text: near } },
    );
  }
  return errorExpr(loc);
}

/** The nearest enumerator of a vmlinux.h that is answered from BTF. */
function lazySimilar(p: Parser, text: string): string | undefined {
  for (const lazy of p.lazy) {
    const near = similar(text, lazy.enumeratorsLike?.(text.slice(0, 3)) ?? []);
    if (near !== undefined) return near;
  }
  return undefined;
}

function functionHelp(text: string): { help?: string } {
  if (text.startsWith("bpf_"))
    return { help: `include <bpf/bpf_helpers.h>; kfuncs want a declaration: extern ... ${text}(...) __ksym;` };
  if (/^(printf|puts|fprintf)$/.test(text)) return { help: "eBPF has no stdio: bpf_printk writes to the trace pipe" };
  if (/^(malloc|calloc|free)$/.test(text)) return { help: "eBPF has no heap: keep data in a map" };
  if (/^(htons|ntohs|htonl|ntohl)$/.test(text)) return { help: `include <bpf/bpf_endian.h> and write bpf_${text}` };
  return {};
}

function nameHelp(text: string): { help?: string } {
  if (text === "NULL") return { help: "include <bpf/bpf_helpers.h> or <stddef.h>" };
  if (text === "true" || text === "false") return { help: 'include "vmlinux.h" or <stdbool.h>' };
  if (text.startsWith("ETH_P_") || text.startsWith("TC_ACT_"))
    return { help: "vmlinux.h has no macros: define it, or include the UAPI header" };
  return {};
}

export function stringLiteral(p: Parser): StrExpr {
  const { loc } = p;
  let width = 1;
  const values: number[] = [];
  while (p.is(STRING)) {
    const part = parseString(p.pp.names.bytes(p.val));
    if (part.problem !== undefined) {
      if (part.problem.startsWith("unknown escape")) p.warn("C505", part.problem);
      else p.error("C025", part.problem);
    }
    width = Math.max(width, part.width);
    for (const value of part.values) values.push(value);
    p.next();
  }
  values.push(0);
  const bytes = new Uint8Array(values.length * width);
  for (let i = 0; i < values.length; i++) for (let b = 0; b < width; b++) bytes[i * width + b] = values[i] >>> (8 * b);
  const element: CType = width === 1 ? CHAR : width === 2 ? USHORT : p.wide ? INT : UINT;
  return { kind: "str", type: arrayOf(element, values.length), loc, bytes };
}

function textExpr(text: string, loc: Loc, constant: boolean): Expr {
  const bytes = new TextEncoder().encode(`${text}\0`);
  return { kind: "str", type: arrayOf(constant ? qualified(CHAR, CONST) : CHAR, bytes.length), loc, bytes };
}

function parenthesised(p: Parser): Expr {
  const { loc } = p;
  p.next();
  if (!p.is(123)) {
    p.enter();
    const e = p.grammar.expr(p);
    p.expect(41, "to match '('");
    p.leave();
    return e;
  }
  if (p.func === undefined) p.fail("C251", "statement expression outside a function");
  const read = p.grammar.block(p);
  p.expect(41, "after a statement expression");
  const split = splitResult(read.body);
  if (split === undefined || bare(split.result.type).kind === "void") {
    return { kind: "stmtexpr", type: VOID, loc, body: read, result: undefined };
  }
  const result = rvalue(split.result);
  const body: CompoundStmt = { ...read, body: split.body };
  // ({ 1; }) is 1
  if (split.body.length === 0 && (result.kind === "int" || result.kind === "float")) return result;
  return { kind: "stmtexpr", type: result.type, loc, body, result };
}

/** The last expression statement, also under labels, apart from the statements before it. */
function splitResult(body: readonly Stmt[]): { body: Stmt[]; result: Expr } | undefined {
  const last = body[body.length - 1];
  if (last?.kind === "expr") return { body: body.slice(0, -1), result: last.expr };
  if (last?.kind !== "label") return undefined;
  const inner = splitResult([last.body]);
  if (inner === undefined) return undefined;
  const rest: Stmt = { ...last, body: inner.body[0] ?? { kind: "null", loc: last.loc } };
  return { body: [...body.slice(0, -1), rest], result: inner.result };
}

function generic(p: Parser): Expr {
  const { loc } = p;
  p.next();
  p.expect(40, "after '_Generic'");
  p.unevaluated++;
  const control = p.grammar.startsType(p) ? p.grammar.typeName(p) : rvalue(p.grammar.assign(p)).type;
  p.unevaluated--;
  let chosen: Expr | undefined;
  let fallback: Expr | undefined;
  const seen: string[] = [];
  while (p.accept(44)) {
    if (p.is(262)) {
      p.next();
      p.expect(58, "after 'default'");
      fallback = p.grammar.assign(p);
      continue;
    }
    const type = p.grammar.typeName(p);
    seen.push(quoteType(type));
    p.expect(58, "after the type of an association");
    const matches = chosen === undefined && sameType(control, type, true) && bare(control).kind === bare(type).kind;
    if (!matches) p.unevaluated++;
    const e = p.grammar.assign(p);
    if (matches) chosen = e;
    else p.unevaluated--;
  }
  p.expect(41, "after the associations");
  const e = chosen ?? fallback;
  if (e !== undefined) return e;
  p.error("C252", `controlling type ${quoteType(control)} of '_Generic' matches none of ${seen.join(", ")}`, loc);
  return errorExpr(loc);
}

/** `__builtin_offsetof(type, a.b[2].c)`. */
function offsetOf(p: Parser): Expr {
  const { loc } = p;
  p.next();
  p.expect(40, "after '__builtin_offsetof'");
  let type = p.grammar.typeName(p);
  p.expect(44, "after the type");
  let bits = 0;
  let bad = !sizeOperand(p, type, "offsetof", loc);
  for (let first = true; first || p.is(46) || p.is(91); first = false) {
    if (p.is(91)) {
      p.next();
      const at = constantInt(p, "the subscript in 'offsetof'");
      p.expect(93, "after the subscript");
      const t = bare(type);
      if (t.kind !== "array") {
        if (!bad) p.error("C223", "subscript of something that is no array in 'offsetof'", loc);
        bad = true;
        continue;
      }
      type = t.of;
      bits += Number(at ?? 0n) * sizeOf(t.of) * 8;
      continue;
    }
    if (!first) p.next();
    if (!p.is(IDENT)) p.fail("C107", "expected a member's name in 'offsetof'");
    const text = p.name(p.val);
    const t = bare(type);
    const path = t.kind === "record" && complete(t) ? findField(t, text) : undefined;
    if (path === undefined) {
      if (!bad) p.error("C227", `no member named '${text}' in ${quoteType(type)}`);
      bad = true;
    } else {
      for (const field of path) bits += field.bitOff;
      const last = path[path.length - 1];
      if (last.bitWidth >= 0) p.error("C222", `cannot compute the offset of bit-field '${text}'`);
      type = last.type;
    }
    p.next();
  }
  p.expect(41, "after the member");
  return bad ? errorExpr(loc) : intExpr(BigInt(Math.floor(bits / 8)), ULONG, loc);
}

function chooseExpr(p: Parser): Expr {
  p.next();
  p.expect(40, "after '__builtin_choose_expr'");
  const test = constantValue(p, rvalue(p.grammar.assign(p)), "the condition of '__builtin_choose_expr'");
  p.expect(44, "after the condition");
  const pick = (chosen: boolean): Expr => {
    if (!chosen) p.unevaluated++;
    const e = p.grammar.assign(p);
    if (!chosen) p.unevaluated--;
    return e;
  };
  const yes = pick(test !== 0n);
  p.expect(44, "between the alternatives");
  const no = pick(test === 0n);
  p.expect(41, "after the alternatives");
  return test === 0n ? no : yes;
}
