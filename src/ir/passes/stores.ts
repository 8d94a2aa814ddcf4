/**
 * Stores that nobody reads: what is written again before a load, call or barrier can see it, and what stands in a slot of the
 * frame when the function returns. Backwards, with the bytes that are sure to be written again; where paths meet, those that
 * are on each of them. Volatile and releasing stores stay.
 */
import { widthOf } from "../build.ts";
import { mayWrite } from "../facts.ts";
import { reversePostorder, successors } from "../graph.ts";
import type { Block, Instr, IrFunction, Value } from "../ir.ts";
import { escapedSlots, rootAndOff } from "./cse.ts";

/** Bytes from the root on that are followed; a bit each. */
const MAX_BYTES = 512;

/** Root -> bytes that are written again before anyone reads them. */
type Doomed = Map<Value, bigint>;

export function removeDeadStores(fn: IrFunction): boolean {
  if (!fn.blocks.some((block) => block.instrs.some((instr) => instr.op === "store"))) return false;
  const escaped = escapedSlots(fn);
  const slots: { readonly slot: Value; readonly all: bigint }[] = [];
  for (const instr of fn.blocks[0]!.instrs) {
    if (instr.op === "alloca" && instr.sizeBytes <= MAX_BYTES)
      slots.push({ slot: instr, all: bytes(0, instr.sizeBytes) });
  }
  const atStart = new Map<Block, Doomed>();
  let changed = false;
  for (const block of reversePostorder(fn).reverse()) {
    const doomed = atEnd(block, atStart, slots);
    const dead = new Set<Instr>();
    for (let i = block.instrs.length - 1; i >= 0; i--) {
      const instr = block.instrs[i]!;
      if (isDead(instr, doomed)) dead.add(instr);
      else step(instr, doomed, escaped);
    }
    if (dead.size > 0) {
      block.instrs = block.instrs.filter((instr) => !dead.has(instr));
      changed = true;
    }
    atStart.set(block, doomed);
  }
  return changed;
}

function bytes(from: number, to: number): bigint {
  return ((1n << BigInt(to - from)) - 1n) << BigInt(from);
}

/** What all ways on have in common; nothing on a way back, whose start is not known yet. */
function atEnd(
  block: Block,
  atStart: ReadonlyMap<Block, Doomed>,
  slots: readonly { readonly slot: Value; readonly all: bigint }[],
): Doomed {
  const targets = successors(block);
  if (targets.length === 0) return new Map(slots.map(({ slot, all }) => [slot, all]));
  let common: Doomed | null = null;
  for (const target of targets) {
    const other = atStart.get(target);
    if (other === undefined) return new Map();
    if (common === null) {
      common = new Map(other);
      continue;
    }
    for (const [root, mask] of common) {
      const both = mask & (other.get(root) ?? 0n);
      if (both === 0n) common.delete(root);
      else common.set(root, both);
    }
  }
  return common!;
}

function isDead(instr: Instr, doomed: Doomed): boolean {
  if (instr.op !== "store" || instr.volatile || instr.release) return false;
  const place = placeOf(instr);
  if (place === null) return false;
  const mask = doomed.get(place.root);
  return mask !== undefined && (mask & place.mask) === place.mask;
}

function placeOf(instr: Instr & { op: "store" | "load" }): { root: Value; mask: bigint } | null {
  const { root, off } = rootAndOff(instr.args[0]!);
  const size = widthOf(instr.op === "load" ? instr.type : instr.args[1]!.type) / 8;
  return off < 0 || off + size > MAX_BYTES ? null : { root, mask: bytes(off, off + size) };
}

function step(instr: Instr, doomed: Doomed, escaped: ReadonlySet<Value>): void {
  switch (instr.op) {
    case "store": {
      const place = placeOf(instr);
      if (place !== null && !instr.volatile && !instr.release)
        doomed.set(place.root, (doomed.get(place.root) ?? 0n) | place.mask);
      if (instr.release) forgetShared(doomed, escaped);
      return;
    }
    case "load": {
      const { root } = rootAndOff(instr.args[0]!);
      const place = placeOf(instr);
      if (root.op === "alloca") {
        if (place === null) doomed.delete(root);
        else if (doomed.has(root)) doomed.set(root, doomed.get(root)! & ~place.mask);
      }
      // Through any other pointer: all that an address is known of.
      if (root.op !== "alloca" || escaped.has(root)) forgetShared(doomed, escaped);
      return;
    }
    case "lifestart":
    case "lifeend": {
      const slot = instr.args[0]!;
      if (slot.op === "alloca" && slot.sizeBytes <= MAX_BYTES) doomed.set(slot, bytes(0, slot.sizeBytes));
      return;
    }
    case "memcpy":
    case "memmove":
    case "memset":
    case "memcmp":
      for (const arg of instr.args) doomed.delete(rootAndOff(arg).root);
      forgetShared(doomed, escaped);
      return;
    default:
      if (mayWrite(instr) || instr.op === "opaque") forgetShared(doomed, escaped);
      for (const arg of instr.args) if (instr.op !== "ptradd" && arg.op === "alloca") doomed.delete(arg);
  }
}

/** All but slots whose address nobody else has. */
function forgetShared(doomed: Doomed, escaped: ReadonlySet<Value>): void {
  for (const root of doomed.keys()) if (root.op !== "alloca" || escaped.has(root)) doomed.delete(root);
}
