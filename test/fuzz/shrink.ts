/** Leaves out of a failing program what it fails without: single nodes and whole lists, until nothing more can go. */
import type { Node, Program } from "./nodes.ts";

/** `fails` is true for programs that still show the difference. At most `tries` are tried. */
export function shrink(program: Program, fails: (candidate: Program) => boolean, tries = 2000): Program {
  let best = program;
  let left = tries;
  for (let smaller = true; smaller && left > 0; ) {
    smaller = false;
    for (const candidate of candidates(best)) {
      if (left-- <= 0) break;
      if (!fails(candidate)) continue;
      best = candidate;
      smaller = true;
      break;
    }
  }
  return best;
}

function* candidates(program: Program): Generator<Program> {
  if (program.packets.length > 1) {
    for (const packet of program.packets) yield { ...program, packets: [packet] };
  }
  for (const main of shorter(program.main)) yield { ...program, main };
  for (const [i, sub] of program.subs.entries()) {
    for (const nodes of shorter(sub)) {
      yield { ...program, subs: program.subs.map((old, n) => (n === i ? nodes : old)) };
    }
  }
}

function* shorter(nodes: readonly Node[]): Generator<readonly Node[]> {
  if (nodes.length > 3) {
    const half = nodes.length >> 1;
    yield nodes.slice(half);
    yield nodes.slice(0, half);
  }
  for (let i = 0; i < nodes.length; i++) yield [...nodes.slice(0, i), ...nodes.slice(i + 1)];
  for (const [i, node] of nodes.entries()) {
    const put = (...now: Node[]): Node[] => [...nodes.slice(0, i), ...now, ...nodes.slice(i + 1)];
    if (node.body.length > 0) yield put(...node.body, ...node.other);
    for (const body of shorter(node.body)) yield put({ ...node, body });
    for (const other of shorter(node.other)) yield put({ ...node, other });
  }
}
