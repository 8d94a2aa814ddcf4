/**
 * Block scopes: what is run when one is left (`cleanup` attributes), in reverse order, by falling out of it, by break, continue,
 * return and goto.
 */
import type { Value } from "../../../ir/ir.ts";
import type { VarDecl } from "../ast.ts";
import type { Fn, Scope } from "./context.ts";

export function enterScope(fn: Fn): void {
  fn.scopes.push({ cleanups: [] });
}

/** The end of the block's text. */
export function leaveScope(fn: Fn): void {
  const scope = fn.scopes.pop()!;
  if (fn.b.open) runScope(fn, scope);
}

/** A variable of the innermost scope comes to life. */
export function addLocal(fn: Fn, decl: VarDecl): void {
  const slot = fn.slots.get(decl);
  if (slot === undefined || decl.cleanup === undefined) return;
  fn.scopes[fn.scopes.length - 1]!.cleanups.push({ slot, func: decl.cleanup, decl });
}

/** Runs what the scopes from the innermost to `depth` (which stays) ask for; they stay open for the text that follows. */
export function unwindTo(fn: Fn, depth: number): void {
  for (let i = fn.scopes.length - 1; i >= depth; i--) runScope(fn, fn.scopes[i]!);
}

function runScope(fn: Fn, scope: Scope): void {
  for (let i = scope.cleanups.length - 1; i >= 0; i--) {
    const { slot, func } = scope.cleanups[i]!;
    const address: Value = slot;
    if (func !== undefined) fn.b.call({ kind: "sym", name: fn.cx.symbol(func) }, "void", [address]);
  }
}
