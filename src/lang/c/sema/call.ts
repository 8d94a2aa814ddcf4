/** Calls (C11 6.5.2.2) and builtins: arguments counted, converted, constants folded. */
import type { CallExpr, Expr } from "../ast.ts";
import { BUILTINS, LIBRARY } from "../builtins.ts";
import type { Parser } from "../parse/state.ts";
import { bare, type CType, complete, type FuncType, type Loc, unqualified } from "../types.ts";
import { builtinCall } from "./builtin.ts";
import { assignTo, errorExpr, promoteArgument, rvalue } from "./convert.ts";
import { checkFormat } from "./format.ts";
import { quoteType } from "./show.ts";

export function call(p: Parser, target: Expr, args: Expr[], loc: Loc): Expr {
  if (target.kind === "func") {
    const { decl } = target;
    const library = LIBRARY.get(decl.name);
    if (library !== undefined && !decl.static && decl.body === undefined) {
      return builtinCall(p, library, BUILTINS.get(library)!, args, target.loc);
    }
    if (decl.attrs.warning !== undefined && p.unevaluated === 0) {
      p.warn("C540", `call to '${decl.name}' declared with attribute warning: ${decl.attrs.warning}`, loc);
    }
  }
  const callee = rvalue(target);
  if (callee.kind === "error") return callee;
  const ptr = bare(callee.type);
  const func = ptr.kind === "ptr" ? bare(ptr.to) : ptr;
  if (func.kind !== "func") {
    p.error("C232", `called object type ${quoteType(callee.type)} is not a function or function pointer`, loc);
    return errorExpr(loc);
  }
  const converted = argumentsOf(p, func, args, target, loc);
  if (converted === undefined) return errorExpr(loc);
  if (target.kind === "var" || target.kind === "func") checkFormat(p, target.decl.name, converted, loc);
  const ret = bare(func.ret);
  if (ret.kind === "record" && !complete(ret)) {
    p.error("C226", `calling a function with incomplete return type ${quoteType(func.ret)}`, loc);
    return errorExpr(loc);
  }
  const node: CallExpr = { kind: "call", type: unqualified(func.ret), loc, callee, func, args: converted };
  return node;
}

function argumentsOf(p: Parser, func: FuncType, args: readonly Expr[], target: Expr, loc: Loc): Expr[] | undefined {
  const name = target.kind === "func" ? target.decl.name : undefined;
  const wanted = func.params.length;
  if (!func.unspecified && (args.length < wanted || (args.length > wanted && !func.variadic))) {
    const few = args.length < wanted;
    const least = func.variadic ? "at least " : "";
    const at = few ? loc : args[wanted].loc;
    p.error(
      "C233",
      `too ${few ? "few" : "many"} arguments to function call, expected ${least}${wanted}, have ${args.length}`,
      at,
      target.kind === "func" && target.decl.loc !== 0
        ? { notes: [{ loc: target.decl.loc, message: `'${target.decl.name}' declared here` }] }
        : {},
    );
    return undefined;
  }
  const out: Expr[] = [];
  let bad = false;
  for (let i = 0; i < args.length; i++) {
    const param: CType | undefined = func.unspecified ? undefined : func.params[i];
    const arg =
      param === undefined
        ? promoteArgument(p, args[i])
        : assignTo(
            p,
            args[i],
            param,
            `passing argument ${i + 1}${name === undefined ? "" : ` of '${name}'`} to parameter of type`,
          );
    if (arg.kind === "error") bad = true;
    out.push(arg);
  }
  return bad ? undefined : out;
}
