/**
 * Control flow of one BPF function: basic blocks in reverse postorder, immediate dominators, natural loops. All arrays are
 * indexed by a block's reverse postorder number; block 0 is the entry. Linear in the number of insns (dominators: Cooper,
 * Harvey and Kennedy, "A Simple, Fast Dominance Algorithm").
 */
import { SkepError } from "../../base/error.ts";
import { LD_IMM64 } from "../../isa/codes.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import { unroll } from "./unroll.ts";

/** How a block ends. */
const END_FALL = 0;
export const END_JUMP = 1;
/** Conditional: `next` is the fall-through, `taken` the jump's target. */
export const END_BRANCH = 2;
export const END_EXIT = 3;
/** Runs into insns that no path reaches. */
export const END_DEAD = 4;

export interface Graph {
  readonly count: number;
  /** First insn and last insn (inclusive) of each block. */
  readonly first: Int32Array;
  readonly last: Int32Array;
  readonly end: Uint8Array;
  /** Successors; -1 where there is none. For END_JUMP the target is `next`. */
  readonly next: Int32Array;
  readonly taken: Int32Array;
  /** All successors of block b: succs[succAt[b] .. succAt[b + 1]), each once. */
  readonly succs: Int32Array;
  readonly succAt: Int32Array;
  /** Predecessors of block b: preds[predAt[b] .. predAt[b + 1]). */
  readonly preds: Int32Array;
  readonly predAt: Int32Array;
  readonly idom: Int32Array;
  /** Header of the innermost loop that holds the block, -1 outside of loops. */
  readonly loopOf: Int32Array;
  /** For headers: header of the loop around, -1 for none. Others -1. */
  readonly loopParent: Int32Array;
  /** 1 for loop headers. */
  readonly header: Uint8Array;
  /** False where some loop can be entered in two places; loops are then not filled in. */
  readonly reducible: boolean;
}

/** Blocks of the function at insns[start, end). Insns whose `reached` is 0 are left out. */
export function buildGraph(insns: InsnBuf, reached: Uint8Array, start: number, end: number, name: string): Graph {
  const graph = order(split(insns, reached, start, end, name));
  const unrolled = unroll(graph);
  return unrolled === null ? graph : order(unrolled);
}

/** Blocks in the order of their insns. */
export interface RawBlocks {
  readonly first: number[];
  readonly last: number[];
  readonly end: number[];
  readonly next: number[];
  readonly taken: number[];
}

const LEADER = 1;

function split(insns: InsnBuf, reached: Uint8Array, start: number, end: number, name: string): RawBlocks {
  const { code, off, imm } = insns;
  const size = end - start;
  const marks = new Uint8Array(size + 1);
  marks[0] = LEADER;
  const outside = (i: number): never => {
    throw new SkepError("jit/jump", "a jump or the end of the code leaves its function", {
      site: { prog: name, insn: i },
    });
  };
  const target = (i: number): number => {
    const to = i + 1 + (code[i] === 0x06 ? imm[i]! : off[i]!);
    if (to < start || to >= end) outside(i);
    return to;
  };
  for (let i = start; i < end; i++) {
    if (reached[i] === 0) continue;
    const op = code[i]!;
    if (op === LD_IMM64) i++;
    else if (isJump(op)) {
      marks[target(i) - start] = LEADER;
      marks[i + 1 - start] = LEADER;
    } else if (op === 0x95) {
      marks[i + 1 - start] = LEADER;
    }
  }
  const blocks: RawBlocks = { first: [], last: [], end: [], next: [], taken: [] };
  const blockAt = new Int32Array(size).fill(-1);
  for (let i = start; i < end; ) {
    if (reached[i] === 0 || marks[i - start] !== LEADER) {
      i++;
      continue;
    }
    blockAt[i - start] = blocks.first.push(i) - 1;
    let at = i;
    let kind = END_FALL;
    let to = -1;
    for (;;) {
      const op = code[at]!;
      const width = op === LD_IMM64 ? 2 : 1;
      if (isJump(op)) {
        kind = op === 0x05 || op === 0x06 ? END_JUMP : END_BRANCH;
        to = target(at);
        break;
      }
      if (op === 0x95) {
        kind = END_EXIT;
        break;
      }
      const after = at + width;
      if (after >= end) {
        // Only a call that never returns may stand last.
        kind = END_DEAD;
        break;
      }
      if (reached[after] === 0) {
        kind = END_DEAD;
        break;
      }
      if (marks[after - start] === LEADER) break;
      at = after;
    }
    if (kind === END_BRANCH) {
      // A side that no path takes is no side.
      const nextDead = at + 1 >= end || reached[at + 1] === 0;
      const takenDead = reached[to] === 0;
      if (nextDead && takenDead) kind = END_DEAD;
      else if (nextDead) kind = END_JUMP;
      else if (takenDead) {
        kind = END_JUMP;
        to = at + 1;
      }
    } else if (kind === END_JUMP && reached[to] === 0) {
      kind = END_DEAD;
    }
    const width = code[at] === LD_IMM64 ? 2 : 1;
    blocks.last.push(at);
    blocks.end.push(kind);
    blocks.next.push(kind === END_JUMP ? to : kind === END_EXIT || kind === END_DEAD ? -1 : at + width);
    blocks.taken.push(kind === END_BRANCH ? to : -1);
    i = at + width;
  }
  if (blockAt[0] === -1)
    throw new SkepError("jit/jump", "the function's first insn is never reached", {
      site: { prog: name, insn: start },
    });
  const resolve = (list: number[]): void => {
    for (let b = 0; b < list.length; b++) {
      if (list[b] === -1) continue;
      const to = blockAt[list[b]! - start]!;
      if (to === -1) outside(blocks.last[b]!);
      list[b] = to;
    }
  };
  resolve(blocks.next);
  resolve(blocks.taken);
  // Both sides of a branch to one place: no branch.
  for (let b = 0; b < blocks.end.length; b++) {
    if (blocks.end[b] === END_BRANCH && blocks.next[b] === blocks.taken[b] && code[blocks.last[b]!] !== 0xe5) {
      blocks.end[b] = END_JUMP;
      blocks.taken[b] = -1;
    }
  }
  return blocks;
}

function isJump(op: number): boolean {
  const cls = op & 7;
  return (cls === 5 || cls === 6) && op !== 0x85 && op !== 0x95 && op !== 0x8d;
}

function successors(raw: RawBlocks, b: number): number[] {
  const out: number[] = [];
  // `taken` first: depth first then puts the fall-through right behind the block in reverse postorder.
  if (raw.taken[b] !== -1) out.push(raw.taken[b]!);
  if (raw.next[b] !== -1 && raw.next[b] !== raw.taken[b]) out.push(raw.next[b]!);
  return out;
}

function order(raw: RawBlocks): Graph {
  const total = raw.first.length;
  const number = new Int32Array(total).fill(-1);
  const post: number[] = [];
  const seen = new Uint8Array(total);
  const lists: number[][] = new Array(total);
  const step = new Int32Array(total);
  const stack = [0];
  seen[0] = 1;
  lists[0] = successors(raw, 0);
  while (stack.length > 0) {
    const b = stack[stack.length - 1]!;
    const list = lists[b]!;
    if (step[b] === list.length) {
      post.push(b);
      stack.pop();
      continue;
    }
    const to = list[step[b]!++]!;
    if (seen[to] === 1) continue;
    seen[to] = 1;
    lists[to] = successors(raw, to);
    stack.push(to);
  }
  const count = post.length;
  post.forEach((b, i) => {
    number[b] = count - 1 - i;
  });
  const renumber = (b: number): number => (b === -1 ? -1 : number[b]!);
  const first = new Int32Array(count);
  const last = new Int32Array(count);
  const end = new Uint8Array(count);
  const next = new Int32Array(count);
  const taken = new Int32Array(count);
  const succAt = new Int32Array(count + 1);
  const predAt = new Int32Array(count + 1);
  for (const b of post) {
    const n = number[b]!;
    first[n] = raw.first[b]!;
    last[n] = raw.last[b]!;
    end[n] = raw.end[b]!;
    next[n] = renumber(raw.next[b]!);
    taken[n] = renumber(raw.taken[b]!);
    succAt[n + 1] = lists[b]!.length;
    for (const to of lists[b]!) predAt[number[to]! + 1]!++;
  }
  for (let b = 0; b < count; b++) {
    succAt[b + 1]! += succAt[b]!;
    predAt[b + 1]! += predAt[b]!;
  }
  const succs = new Int32Array(succAt[count]!);
  const preds = new Int32Array(succAt[count]!);
  const fill = predAt.slice();
  for (let n = 0; n < count; n++) {
    const list = lists[post[count - 1 - n]!]!;
    for (let i = 0; i < list.length; i++) {
      const to = number[list[i]!]!;
      succs[succAt[n]! + i] = to;
      preds[fill[to]!++] = n;
    }
  }
  const idom = dominators(count, preds, predAt);
  const header = new Uint8Array(count);
  let reducible = true;
  for (let b = 0; b < count; b++) {
    for (let i = succAt[b]!; i < succAt[b + 1]!; i++) {
      const to = succs[i]!;
      if (to > b) continue;
      if (dominates(idom, to, b)) header[to] = 1;
      else reducible = false;
    }
  }
  const loopOf = new Int32Array(count).fill(-1);
  const loopParent = new Int32Array(count).fill(-1);
  if (reducible) findLoops(count, preds, predAt, header, loopOf, loopParent);
  return {
    count,
    first,
    last,
    end,
    next,
    taken,
    succs,
    succAt,
    preds,
    predAt,
    idom,
    loopOf,
    loopParent,
    header,
    reducible,
  };
}

function dominators(count: number, preds: Int32Array, predAt: Int32Array): Int32Array {
  const idom = new Int32Array(count).fill(-1);
  idom[0] = 0;
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = 1; b < count; b++) {
      let dom = -1;
      for (let p = predAt[b]!; p < predAt[b + 1]!; p++) {
        let x = preds[p]!;
        if (idom[x] === -1) continue;
        if (dom === -1) {
          dom = x;
          continue;
        }
        while (x !== dom) {
          while (x > dom) x = idom[x]!;
          while (dom > x) dom = idom[dom]!;
        }
      }
      if (dom !== idom[b]) {
        idom[b] = dom;
        changed = true;
      }
    }
  }
  return idom;
}

function dominates(idom: Int32Array, a: number, b: number): boolean {
  let x = b;
  while (x > a) x = idom[x]!;
  return x === a;
}

/** Inner loops first: a loop found inside another one is then a single step of the outer one's walk. */
function findLoops(
  count: number,
  preds: Int32Array,
  predAt: Int32Array,
  header: Uint8Array,
  loopOf: Int32Array,
  loopParent: Int32Array,
): void {
  const work: number[] = [];
  for (let h = count - 1; h >= 0; h--) {
    if (header[h] === 0) continue;
    loopOf[h] = h;
    for (let p = predAt[h]!; p < predAt[h + 1]!; p++) if (preds[p]! >= h) work.push(preds[p]!);
    while (work.length > 0) {
      let b = work.pop()!;
      if (loopOf[b] === -1) {
        loopOf[b] = h;
      } else {
        // The outermost loop around b that is known so far.
        let outer = loopOf[b]!;
        while (loopParent[outer] !== -1) outer = loopParent[outer]!;
        if (outer === h) continue;
        loopParent[outer] = h;
        b = outer;
      }
      for (let p = predAt[b]!; p < predAt[b + 1]!; p++) {
        // Of a header that was stepped over, only the edges from outside lead on.
        if (preds[p]! < b || header[b] === 0) work.push(preds[p]!);
      }
    }
  }
}
