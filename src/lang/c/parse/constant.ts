/** Integer constant expressions (C11 6.6), where the grammar wants one. */
import type { Expr } from "../ast.ts";
import { rvalue } from "../sema/convert.ts";
import { constantOf } from "../sema/fold.ts";
import { quoteType } from "../sema/show.ts";
import { intOf } from "../types.ts";
import type { Parser } from "./state.ts";

/** Parses one; undefined after an error (reported). */
export function constantInt(p: Parser, what: string): bigint | undefined {
  const e = rvalue(p.grammar.assign(p));
  return constantValue(p, e, what);
}

export function constantValue(p: Parser, e: Expr, what: string): bigint | undefined {
  if (e.kind === "int") return e.value;
  if (e.kind === "error") return undefined;
  if (intOf(e.type) === undefined) {
    p.error("C300", `${what} has type ${quoteType(e.type)}, where an integer is wanted`, e.loc);
    return undefined;
  }
  const known = constantOf(settled(e));
  if (known !== undefined && known.base === undefined) return known.value;
  p.error("C301", `${what} is not an integer constant expression`, e.loc);
  return undefined;
}

/** `__builtin_constant_p` that nothing made constant is 0 where a constant is asked for. */
function settled(e: Expr): Expr {
  switch (e.kind) {
    case "builtin":
      return e.id === "constantP" ? { kind: "int", type: e.type, loc: e.loc, value: 0n } : e;
    case "cond":
      return {
        ...e,
        test: settled(e.test),
        // biome-ignore lint/suspicious/noThenProperty: the word of the language, on a plain node
        then: e.then === undefined ? undefined : settled(e.then),
        else: settled(e.else),
      };
    case "cast":
    case "unary":
      return { ...e, operand: settled(e.operand) };
    case "binary":
    case "compare":
    case "logical":
      return { ...e, left: settled(e.left), right: settled(e.right) };
    default:
      return e;
  }
}
