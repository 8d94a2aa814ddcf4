/**
 * Red-black trees of bpf_rb_node in linear memory, with the shapes that the kernel's make: programs walk them by
 * bpf_rbtree_root, left and right.
 *
 *     bpf_rb_root +0 root u32   +8 leftmost u32
 *     bpf_rb_node +0 parent u32   +4 object u32   +8 right u32   +12 red u32   +16 left u32   +24 owner (its root) u32
 *
 * Source: Cormen and others, Introduction to Algorithms, chapter 13; lib/rbtree.c keeps to it, the successor taking the place
 * of a removed node.
 */
import { EINVAL } from "../base/errno.ts";

const RIGHT = 8;
const RED = 12;
const LEFT = 16;
const OWNER = 24;
const LEFTMOST = 8;
/** Steps down a tree: far more than a balanced one of 2^32 bytes has. */
const MAX_DEPTH = 128;

/** 0, or -EINVAL where the node is in a tree already. `less` is asked about the new node and one in the tree. */
export function rbAdd(u32: Uint32Array, root: number, node: number, less: (a: number, b: number) => boolean): number {
  if (u32[(node + OWNER) >>> 2] !== 0) return -EINVAL;
  let parent = 0;
  let side = 0;
  let at = u32[root >>> 2]!;
  for (let depth = 0; at !== 0; depth++) {
    if (depth > MAX_DEPTH) return -EINVAL;
    parent = at;
    side = less(node, at) ? LEFT : RIGHT;
    at = u32[(at + side) >>> 2]!;
  }
  u32[node >>> 2] = parent;
  u32[(node + LEFT) >>> 2] = 0;
  u32[(node + RIGHT) >>> 2] = 0;
  u32[(node + RED) >>> 2] = 1;
  u32[(node + OWNER) >>> 2] = root;
  u32[(parent === 0 ? root : parent + side) >>> 2] = node;
  fixAdded(u32, root, node);
  setLeftmost(u32, root);
  return 0;
}

/** Takes the node out of its tree. */
export function rbRemove(u32: Uint32Array, root: number, node: number): void {
  const left = u32[(node + LEFT) >>> 2]!;
  const right = u32[(node + RIGHT) >>> 2]!;
  let child: number;
  let parent: number;
  let wasRed: boolean;
  if (left === 0 || right === 0) {
    child = left === 0 ? right : left;
    parent = u32[node >>> 2]!;
    wasRed = u32[(node + RED) >>> 2] === 1;
    replace(u32, root, node, child);
  } else {
    let next = right;
    for (let deeper = u32[(next + LEFT) >>> 2]!; deeper !== 0; deeper = u32[(next + LEFT) >>> 2]!) next = deeper;
    child = u32[(next + RIGHT) >>> 2]!;
    wasRed = u32[(next + RED) >>> 2] === 1;
    parent = u32[next >>> 2]!;
    if (parent === node) parent = next;
    else {
      replace(u32, root, next, child);
      u32[(next + RIGHT) >>> 2] = right;
      u32[right >>> 2] = next;
    }
    replace(u32, root, node, next);
    u32[(next + LEFT) >>> 2] = left;
    u32[left >>> 2] = next;
    u32[(next + RED) >>> 2] = u32[(node + RED) >>> 2]!;
  }
  if (!wasRed) fixRemoved(u32, root, child, parent);
  for (const word of [0, LEFT, RIGHT, RED, OWNER]) u32[(node + word) >>> 2] = 0;
  setLeftmost(u32, root);
}

function setLeftmost(u32: Uint32Array, root: number): void {
  let at = u32[root >>> 2]!;
  for (let depth = 0; at !== 0 && depth <= MAX_DEPTH; depth++) {
    const left = u32[(at + LEFT) >>> 2]!;
    if (left === 0) break;
    at = left;
  }
  u32[(root + LEFTMOST) >>> 2] = at;
}

/** The node, or 0: the root, the first of all, the children of `node`. */
export function rbRoot(u32: Uint32Array, root: number): number {
  return u32[root >>> 2]!;
}

export function rbFirst(u32: Uint32Array, root: number): number {
  return u32[(root + LEFTMOST) >>> 2]!;
}

/** 0 also where the node is in another tree, or none. */
export function rbChild(u32: Uint32Array, root: number, node: number, side: "left" | "right"): number {
  return rbHas(u32, root, node) ? u32[(node + (side === "left" ? LEFT : RIGHT)) >>> 2]! : 0;
}

export function rbHas(u32: Uint32Array, root: number, node: number): boolean {
  return u32[(node + OWNER) >>> 2] === root;
}

/** Puts `by` (0: nothing) where `node` hangs. */
function replace(u32: Uint32Array, root: number, node: number, by: number): void {
  const parent = u32[node >>> 2]!;
  if (parent === 0) u32[root >>> 2] = by;
  else u32[(parent + (u32[(parent + LEFT) >>> 2] === node ? LEFT : RIGHT)) >>> 2] = by;
  if (by !== 0) u32[by >>> 2] = parent;
}

/** Turns `node` down to `side`; its child of the other side takes its place. */
function rotate(u32: Uint32Array, root: number, node: number, side: number): void {
  const other = LEFT + RIGHT - side;
  const up = u32[(node + other) >>> 2]!;
  const inner = u32[(up + side) >>> 2]!;
  u32[(node + other) >>> 2] = inner;
  if (inner !== 0) u32[inner >>> 2] = node;
  replace(u32, root, node, up);
  u32[(up + side) >>> 2] = node;
  u32[node >>> 2] = up;
}

function isRed(u32: Uint32Array, node: number): boolean {
  return node !== 0 && u32[(node + RED) >>> 2] === 1;
}

function fixAdded(u32: Uint32Array, root: number, added: number): void {
  let node = added;
  let parent = u32[node >>> 2]!;
  while (isRed(u32, parent)) {
    const grand = u32[parent >>> 2]!;
    const side = u32[(grand + LEFT) >>> 2] === parent ? LEFT : RIGHT;
    const other = LEFT + RIGHT - side;
    const uncle = u32[(grand + other) >>> 2]!;
    if (isRed(u32, uncle)) {
      u32[(parent + RED) >>> 2] = 0;
      u32[(uncle + RED) >>> 2] = 0;
      u32[(grand + RED) >>> 2] = 1;
      node = grand;
    } else {
      if (u32[(parent + other) >>> 2] === node) {
        node = parent;
        rotate(u32, root, node, side);
        parent = u32[node >>> 2]!;
      }
      u32[(parent + RED) >>> 2] = 0;
      u32[(grand + RED) >>> 2] = 1;
      rotate(u32, root, grand, other);
    }
    parent = u32[node >>> 2]!;
  }
  const top = u32[root >>> 2]!;
  u32[(top + RED) >>> 2] = 0;
}

/** `node` (0: an empty place below `from`) lacks one black. */
function fixRemoved(u32: Uint32Array, root: number, child: number, from: number): void {
  let node = child;
  let parent = from;
  while (parent !== 0 && !isRed(u32, node)) {
    const side = u32[(parent + LEFT) >>> 2] === node ? LEFT : RIGHT;
    const other = LEFT + RIGHT - side;
    let sibling = u32[(parent + other) >>> 2]!;
    if (isRed(u32, sibling)) {
      u32[(sibling + RED) >>> 2] = 0;
      u32[(parent + RED) >>> 2] = 1;
      rotate(u32, root, parent, side);
      sibling = u32[(parent + other) >>> 2]!;
    }
    const far = u32[(sibling + other) >>> 2]!;
    const near = u32[(sibling + side) >>> 2]!;
    if (!isRed(u32, far) && !isRed(u32, near)) {
      u32[(sibling + RED) >>> 2] = 1;
      node = parent;
      parent = u32[node >>> 2]!;
      continue;
    }
    if (!isRed(u32, far)) {
      u32[(near + RED) >>> 2] = 0;
      u32[(sibling + RED) >>> 2] = 1;
      rotate(u32, root, sibling, other);
      sibling = u32[(parent + other) >>> 2]!;
    }
    u32[(sibling + RED) >>> 2] = u32[(parent + RED) >>> 2]!;
    u32[(parent + RED) >>> 2] = 0;
    const outer = u32[(sibling + other) >>> 2]!;
    if (outer !== 0) u32[(outer + RED) >>> 2] = 0;
    rotate(u32, root, parent, side);
    node = u32[root >>> 2]!;
    break;
  }
  if (node !== 0) u32[(node + RED) >>> 2] = 0;
}
