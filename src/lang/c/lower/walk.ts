/** Looks through statements and expressions for what keeps dead text alive: labels and cases. */
import type { Expr, Stmt } from "../ast.ts";

/** Whether a label that can be jumped to stands in it. */
export function hasLabel(node: Stmt | Expr | undefined): boolean {
  if (node === undefined) return false;
  switch (node.kind) {
    case "label":
    case "case":
    case "default":
      return true;
    case "block":
      return node.body.some(hasLabel);
    case "if":
      return hasLabel(node.test) || hasLabel(node.then) || hasLabel(node.else);
    case "while":
    case "do":
    case "switch":
    case "for":
      return hasLabel(node.body);
    case "expr":
      return hasLabel(node.expr);
    case "stmtexpr":
      return hasLabel(node.body);
    case "cast":
      return hasLabel(node.operand);
    case "comma":
      return hasLabel(node.left) || hasLabel(node.right);
    case "cond":
      return hasLabel(node.then) || hasLabel(node.else);
    default:
      return false;
  }
}
