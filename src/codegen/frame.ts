/**
 * Where slots lie below r10. Each has a place of its own while that fits; else slots that are not in use at the same time
 * share one: spills by their stores and loads, variables between their lifetime marks.
 */
import { slotAlign } from "../ir/build.ts";
import type { IrDiagnostic, IrFunction } from "../ir/ir.ts";
import { MAX_BPF_STACK } from "../isa/codes.ts";
import { FP, type MFunction, type MInst, type MSlot } from "./mir.ts";

/** Frames up to here are not worth the trouble, and a place for each is easier to read. */
const ROOMY = 256;

export function layOutFrame(fn: MFunction, from: IrFunction, diagnostics: IrDiagnostic[]): void {
  let depth = 0;
  for (const slot of fn.slots) {
    depth = alignUp(depth + slot.sizeBytes, alignOf(slot));
    slot.offBytes = -depth;
  }
  if (depth > ROOMY) depth = share(fn);
  if (depth <= MAX_BPF_STACK) return;
  const big = [...fn.slots].sort((a, b) => b.sizeBytes - a.sizeBytes).slice(0, 3);
  const names = big.map((slot) => `${slot.name === "" ? "a temporary" : slot.name}: ${slot.sizeBytes}`).join(", ");
  diagnostics.push({
    code: "stack/size",
    severity: "error",
    message: `'${fn.name}' needs ${depth} bytes of stack (${names}); eBPF has ${MAX_BPF_STACK}`,
    advice: "put large data into a per-CPU array map of one entry and take its address with bpf_map_lookup_elem",
    pos: from.pos,
    func: fn.name,
  });
}

function alignOf(slot: MSlot): number {
  return slotAlign(slot.sizeBytes, slot.align);
}

function alignUp(value: number, align: number): number {
  return Math.ceil(value / align) * align;
}

/** Largest first, each as close to r10 as those in use at the same time let it. */
function share(fn: MFunction): number {
  const apart = interference(fn);
  const order = [...fn.slots.keys()].sort((a, b) => fn.slots[b]!.sizeBytes - fn.slots[a]!.sizeBytes || a - b);
  const placed: number[] = [];
  let deepest = 0;
  for (const s of order) {
    const slot = fn.slots[s]!;
    const align = alignOf(slot);
    const taken = placed
      .filter((other) => apart[s]!.has(other))
      .map((other) => fn.slots[other]!)
      .sort((a, b) => b.offBytes - a.offBytes);
    let depth = alignUp(slot.sizeBytes, align);
    for (const other of taken) {
      // [-depth, -depth + size) against [off, off + size)
      if (-depth < other.offBytes + other.sizeBytes && other.offBytes < -depth + slot.sizeBytes) {
        depth = alignUp(-other.offBytes + slot.sizeBytes, align);
      }
    }
    slot.offBytes = -depth;
    deepest = Math.max(deepest, depth);
    placed.push(s);
  }
  return deepest;
}

interface Effects {
  readonly reads: number[];
  /** Written in part: must not be shared here, but is not thereby alive. */
  readonly writes: number[];
  readonly begins: number[];
  readonly touches: number[];
}

/** Slots that are in use at the same time, symmetric. */
function interference(fn: MFunction): Set<number>[] {
  const escaped = new Set<number>();
  const ended = new Set<number>();
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      for (const slot of addressTaken(inst)) escaped.add(slot);
      if (inst.k === "life" && inst.imm === 0) ended.add(inst.slot);
    }
  }
  const apart: Set<number>[] = fn.slots.map(() => new Set());
  const words = (fn.slots.length + 31) >> 5;
  const index = new Map(fn.blocks.map((block, i) => [block, i]));
  const effects = (inst: MInst): Effects => effectsOf(fn, inst, escaped, ended);
  // Forward: has the slot been touched at all on the way here?
  const touchedIn = fn.blocks.map(() => new Int32Array(words));
  const touchedOut = fn.blocks.map(() => new Int32Array(words));
  const bit = (bits: Int32Array, s: number): boolean => (bits[s >> 5]! & (1 << (s & 31))) !== 0;
  const put = (bits: Int32Array, s: number): void => {
    bits[s >> 5]! |= 1 << (s & 31);
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (const [b, block] of fn.blocks.entries()) {
      const into = touchedIn[b]!;
      for (const pred of block.preds) for (let w = 0; w < words; w++) into[w]! |= touchedOut[index.get(pred)!]![w]!;
      const out = into.slice();
      for (const inst of block.insts) for (const s of effects(inst).touches) put(out, s);
      if (out.some((word, w) => word !== touchedOut[b]![w])) {
        touchedOut[b] = out;
        changed = true;
      }
    }
  }
  // Backward: will it be read?
  const liveOut = fn.blocks.map(() => new Int32Array(words));
  const walk = (b: number, live: Int32Array, visit: ((s: number) => void) | null): void => {
    const { insts } = fn.blocks[b]!;
    for (let i = insts.length - 1; i >= 0; i--) {
      const { reads, begins, writes } = effects(insts[i]!);
      for (const s of writes) visit?.(s);
      for (const s of begins) {
        visit?.(s);
        live[s >> 5]! &= ~(1 << (s & 31));
      }
      for (const s of reads) {
        put(live, s);
        visit?.(s);
      }
    }
  };
  for (let changed = true; changed; ) {
    changed = false;
    for (let b = fn.blocks.length - 1; b >= 0; b--) {
      const live = liveOut[b]!.slice();
      walk(b, live, null);
      for (const pred of fn.blocks[b]!.preds) {
        const out = liveOut[index.get(pred)!]!;
        for (let w = 0; w < words; w++) {
          const merged = out[w]! | live[w]!;
          if (merged !== out[w]) {
            out[w] = merged;
            changed = true;
          }
        }
      }
    }
  }
  for (const b of fn.blocks.keys()) {
    const live = liveOut[b]!.slice();
    // What is alive over the whole block meets what is touched in it; what is alive at its end meets the rest.
    const meet = (s: number): void => {
      for (let other = 0; other < fn.slots.length; other++) {
        if (other === s || !bit(live, other) || !bit(touchedOut[b]!, other)) continue;
        apart[s]!.add(other);
        apart[other]!.add(s);
      }
    };
    for (let s = 0; s < fn.slots.length; s++) if (bit(live, s) && bit(touchedOut[b]!, s)) meet(s);
    walk(b, live, meet);
  }
  return apart;
}

function addressTaken(inst: MInst): number[] {
  const slots: number[] = [];
  if (inst.k === "lea") slots.push(inst.slot);
  for (const arg of inst.args ?? []) if (arg.kind === "frame") slots.push(arg.slot);
  for (const one of inst.asm?.operands ?? []) if (one.kind === "mem" && one.slot >= 0) slots.push(one.slot);
  return slots;
}

function effectsOf(fn: MFunction, inst: MInst, escaped: ReadonlySet<number>, ended: ReadonlySet<number>): Effects {
  const reads: number[] = [];
  const writes: number[] = [];
  const begins: number[] = [];
  const touches: number[] = [];
  if (inst.k === "life") {
    if (inst.imm === 1) begins.push(inst.slot);
    // Whoever has the address may use it up to here.
    else if (escaped.has(inst.slot)) reads.push(inst.slot);
    if (inst.imm === 1) touches.push(inst.slot);
    return { reads, writes, begins, touches };
  }
  if (inst.k === "exit") for (const s of escaped) if (!ended.has(s)) reads.push(s);
  const taken = addressTaken(inst);
  reads.push(...taken);
  touches.push(...taken);
  if (inst.a === FP && inst.k !== "lea") {
    touches.push(inst.slot);
    const spill = fn.slots[inst.slot]!.name === "spill";
    if (inst.k === "store" && spill) begins.push(inst.slot);
    else if (inst.k === "store") writes.push(inst.slot);
    else reads.push(inst.slot);
  }
  return { reads, writes, begins, touches };
}
