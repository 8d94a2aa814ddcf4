/** Leaves out of a program what it differs without. */
import { compare, type Finding, type Sides } from "./differ.ts";
import type { Program } from "./program.ts";
import { type Node, render, smaller } from "./tree.ts";

const MAX_MS = 240_000;

/** The finding of a smaller program, of the same kind. */
export function reduce(finding: Finding, sides: Sides): Finding {
  let best = finding;
  const until = Date.now() + MAX_MS;
  for (let again = true; again; ) {
    again = false;
    // Goes on at the place where the last smaller program was found, until nothing more can go
    for (let i = 0; ; i++) {
      const tree = nth(best.program.tree, i);
      if (tree === undefined) break;
      if (Date.now() > until) return best;
      const found = differs({ ...best.program, tree }, finding, sides);
      if (found === null) continue;
      best = found;
      again = true;
      i--;
    }
  }
  return best;
}

function nth(tree: Node, n: number): Node | undefined {
  let i = 0;
  for (const one of smaller(tree)) if (i++ === n) return one;
  return undefined;
}

function differs(program: Program, like: Finding, sides: Sides): Finding | null {
  if (render(program.tree) === render(like.program.tree)) return null;
  const { findings } = compare([program], sides);
  return findings.find((one) => one.kind === like.kind && family(one.message) === family(like.message)) ?? null;
}

/** Shrinking must not slide from one fault to another. */
function family(message: string): string {
  return message.replace(/\d+/g, "").slice(0, 12);
}
