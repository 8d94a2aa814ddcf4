/**
 * Which stack slots are still read before they are overwritten, by insn. A function instance (one chain of call sites) has
 * for each insn and each frame four sets of slots, two words each:
 *
 *     +0 may_read   +2 must_write   +4 must_write_acc (on every path from here)   +6 live_before
 *
 * Reads and writes are recorded while paths are walked; the data flow is brought up to date when a path ends, since that
 * is when states are cleaned and compared. Source: kernel/bpf/liveness.c.
 */
import type { Env } from "./env.ts";
import { succ, successors } from "./graph.ts";
import { write } from "./log.ts";
import { MAX_FRAMES, type VState } from "./state.ts";

const MASK_WORDS = 8;
const READ = 0;
const WRITE = 2;
const ACC = 4;
const LIVE = 6;

interface Instance {
  /** Call sites of the outer frames, then the start of this function. */
  readonly callsites: readonly number[];
  readonly starts: readonly number[];
  readonly insnCount: number;
  readonly frames: (Int32Array | null)[];
  readonly writeSet: Uint8Array;
  updated: boolean;
  writeDropped: boolean;
}

export interface Liveness {
  /** Main functions by start insn. */
  readonly roots: Map<number, Instance>;
  /** Called functions by call chain. */
  readonly called: Map<string, Instance>;
  cur: Instance | null;
  readonly writes: Int32Array;
  writeInsn: number;
  readonly query: (Instance | null)[];
  queryFrame: number;
  queryInsn: number;
}

export function newLiveness(): Liveness {
  return {
    roots: new Map(),
    called: new Map(),
    cur: null,
    writes: new Int32Array(2 * MAX_FRAMES),
    writeInsn: 0,
    query: new Array<Instance | null>(MAX_FRAMES).fill(null),
    queryFrame: 0,
    queryInsn: 0,
  };
}

function instanceOf(env: Env, state: VState, frameno: number): Instance {
  const live = env.liveness;
  const start = env.subprogs[state.frames[frameno]!.subprogno]!.start;
  if (frameno === 0) {
    const known = live.roots.get(start);
    if (known !== undefined) return known;
  }
  const callsites: number[] = [];
  const starts: number[] = [];
  for (let i = 0; i <= frameno; i++) {
    starts.push(env.subprogs[state.frames[i]!.subprogno]!.start);
    if (i < frameno) callsites.push(state.frames[i + 1]!.callsite);
  }
  callsites.push(start);
  return lookup(env, callsites, starts);
}

function lookup(env: Env, callsites: readonly number[], starts: readonly number[]): Instance {
  const live = env.liveness;
  const root = callsites.length === 1;
  const key = root ? "" : callsites.join();
  const known = root ? live.roots.get(callsites[0]!) : live.called.get(key);
  if (known !== undefined) return known;
  const subprog = env.subprogs.findIndex((s) => s.start === starts[starts.length - 1]);
  const end = subprog + 1 < env.subprogs.length ? env.subprogs[subprog + 1]!.start : env.insns.length;
  const insnCount = end - env.subprogs[subprog]!.start;
  const made: Instance = {
    callsites,
    starts,
    insnCount,
    frames: new Array<Int32Array | null>(MAX_FRAMES).fill(null),
    writeSet: new Uint8Array(insnCount),
    updated: false,
    writeDropped: false,
  };
  if (root) live.roots.set(callsites[0]!, made);
  else live.called.set(key, made);
  return made;
}

function startOf(instance: Instance): number {
  return instance.starts[instance.starts.length - 1]!;
}

function masksOf(instance: Instance, frame: number): Int32Array {
  let masks = instance.frames[frame]!;
  if (masks === null) {
    masks = new Int32Array(instance.insnCount * MASK_WORDS);
    instance.frames[frame] = masks;
  }
  return masks;
}

export function resetCallchain(env: Env): void {
  env.liveness.cur = null;
}

function current(env: Env): Instance {
  const live = env.liveness;
  if (live.cur === null) live.cur = instanceOf(env, env.cur, env.cur.curframe);
  return live.cur;
}

function addRead(instance: Instance, frame: number, insn: number, lo: number, hi: number): void {
  const masks = masksOf(instance, frame);
  const at = (insn - startOf(instance)) * MASK_WORDS;
  const newLo = masks[at + READ]! | lo;
  const newHi = masks[at + READ + 1]! | hi;
  if (
    (newLo !== masks[at + READ] || newHi !== masks[at + READ + 1]) &&
    ((newLo & ~masks[at + LIVE]!) !== 0 || (newHi & ~masks[at + LIVE + 1]!) !== 0)
  ) {
    instance.updated = true;
  }
  masks[at + READ] = newLo;
  masks[at + READ + 1] = newHi;
}

/** The current insn (or `insn`) reads a slot of a frame. */
export function markStackRead(env: Env, frame: number, insn: number, slot: number): void {
  const lo = slot < 32 ? 1 << slot : 0;
  const hi = slot < 32 ? 0 : 1 << (slot - 32);
  addRead(current(env), frame, insn, lo, hi);
}

/** The current insn overwrites a whole slot, whatever path it is on. */
export function markStackWrite(env: Env, frame: number, slot: number): void {
  const w = env.liveness.writes;
  if (slot < 32) w[2 * frame] = w[2 * frame]! | (1 << slot);
  else w[2 * frame + 1] = w[2 * frame + 1]! | (1 << (slot - 32));
}

function resetWrites(live: Liveness, instance: Instance, insn: number): void {
  live.writeInsn = insn;
  live.writes.fill(0, 0, 2 * instance.callsites.length);
}

export function beginWrites(env: Env, insn: number): void {
  resetWrites(env.liveness, current(env), insn);
}

function commit(live: Liveness, instance: Instance | null): void {
  if (instance === null) return;
  const idx = live.writeInsn - startOf(instance);
  const wasSet = instance.writeSet[idx] === 1;
  for (let frame = 0; frame < instance.callsites.length; frame++) {
    let lo = live.writes[2 * frame]!;
    let hi = live.writes[2 * frame + 1]!;
    if ((lo | hi) === 0 && !wasSet) continue;
    const masks = masksOf(instance, frame);
    const at = idx * MASK_WORDS + WRITE;
    const oldLo = masks[at]!;
    const oldHi = masks[at + 1]!;
    if (wasSet) {
      lo &= oldLo;
      hi &= oldHi;
    }
    if (oldLo !== lo || oldHi !== hi) {
      masks[at] = lo;
      masks[at + 1] = hi;
      instance.updated = true;
    }
    if ((oldLo & ~lo) !== 0 || (oldHi & ~hi) !== 0) instance.writeDropped = true;
  }
  instance.writeSet[idx] = 1;
  live.writeInsn = 0;
}

export function commitWrites(env: Env): void {
  commit(env.liveness, env.liveness.cur);
}

/** "-8,-16" for slots 0 and 1. */
export function slotsText(lo: number, hi: number): string {
  const out: number[] = [];
  for (let i = 0; i < 64; i++) if (((i < 32 ? lo >>> i : hi >>> (i - 32)) & 1) !== 0) out.push(-8 * (i + 1));
  return out.join();
}

function logChange(
  env: Env,
  instance: Instance,
  what: string,
  frame: number,
  insn: number,
  oldLo: number,
  oldHi: number,
  lo: number,
  hi: number,
): void {
  if (oldLo === lo && oldHi === hi) return;
  let text = `(${instance.callsites.join()}) frame ${frame} insn ${insn} `;
  const onesLo = lo & ~oldLo;
  const onesHi = hi & ~oldHi;
  if ((onesLo | onesHi) !== 0) text += `+${what} ${slotsText(onesLo, onesHi)} `;
  const zerosLo = oldLo & ~lo;
  const zerosHi = oldHi & ~hi;
  if ((zerosLo | zerosHi) !== 0) text += `-${what} ${slotsText(zerosLo, zerosHi)}`;
  write(env.log, `${text}\n`);
}

function updateInsn(env: Env, instance: Instance, frame: number, insn: number): boolean {
  const count = successors(env.insns, insn);
  if (count === 0) return false;
  const masks = instance.frames[frame]!;
  const start = startOf(instance);
  const at = (insn - start) * MASK_WORDS;
  let afterLo = 0;
  let afterHi = 0;
  let accLo = -1;
  let accHi = -1;
  for (let s = 0; s < count; s++) {
    const to = (succ[s]! - start) * MASK_WORDS;
    afterLo |= masks[to + LIVE]!;
    afterHi |= masks[to + LIVE + 1]!;
    accLo &= masks[to + ACC]!;
    accHi &= masks[to + ACC + 1]!;
  }
  const writeLo = masks[at + WRITE]!;
  const writeHi = masks[at + WRITE + 1]!;
  accLo |= writeLo;
  accHi |= writeHi;
  const beforeLo = (afterLo & ~writeLo) | masks[at + READ]!;
  const beforeHi = (afterHi & ~writeHi) | masks[at + READ + 1]!;
  const changed =
    beforeLo !== masks[at + LIVE] ||
    beforeHi !== masks[at + LIVE + 1] ||
    accLo !== masks[at + ACC] ||
    accHi !== masks[at + ACC + 1];
  if (
    env.log.level > 1 &&
    ((masks[at + READ]! | masks[at + READ + 1]! | writeLo | writeHi) !== 0 ||
      insn === start ||
      env.aux.prunePoint[insn] === 1)
  ) {
    logChange(env, instance, "live", frame, insn, masks[at + LIVE]!, masks[at + LIVE + 1]!, beforeLo, beforeHi);
    logChange(env, instance, "written", frame, insn, masks[at + ACC]!, masks[at + ACC + 1]!, accLo, accHi);
  }
  masks[at + LIVE] = beforeLo;
  masks[at + LIVE + 1] = beforeHi;
  masks[at + ACC] = accLo;
  masks[at + ACC + 1] = accHi;
  return changed;
}

function updateInstance(env: Env, instance: Instance): void {
  const frames = instance.callsites.length;
  const start = startOf(instance);
  if (instance.writeDropped) {
    for (let frame = 0; frame < frames; frame++) {
      const masks = instance.frames[frame]!;
      if (masks === null) continue;
      for (let i = 0; i < instance.insnCount; i++) {
        masks[i * MASK_WORDS + ACC] = 0;
        masks[i * MASK_WORDS + ACC + 1] = 0;
      }
    }
  }
  const subprog = env.subprogs.findIndex((s) => s.start === start);
  const from = env.subprogs[subprog]!.postorderStart;
  const to = subprog + 1 < env.subprogs.length ? env.subprogs[subprog + 1]!.postorderStart : env.postorder.length;
  let rounds = 0;
  let changed = true;
  while (changed) {
    rounds++;
    changed = false;
    for (let frame = 0; frame < frames; frame++) {
      if (instance.frames[frame] === null) continue;
      for (let i = from; i < to; i++) if (updateInsn(env, instance, frame, env.postorder[i]!)) changed = true;
    }
  }
  if (env.log.level > 1) {
    write(env.log, `(${instance.callsites.join()}) live stack update done in ${rounds} iterations\n`);
  }
  if (frames > 1) propagateToOuter(env, instance);
}

function propagateToOuter(env: Env, instance: Instance): void {
  const live = env.liveness;
  const depth = instance.callsites.length - 1;
  const callsites = instance.callsites.slice(0, depth);
  const starts = instance.starts.slice(0, depth);
  const callsite = callsites[depth - 1]!;
  callsites[depth - 1] = starts[depth - 1]!;
  const outer = lookup(env, callsites, starts);
  resetWrites(live, outer, callsite);
  for (let frame = 0; frame < depth; frame++) {
    const masks = instance.frames[frame]!;
    if (masks === null) continue;
    live.writes[2 * frame] = live.writes[2 * frame]! | masks[ACC]!;
    live.writes[2 * frame + 1] = live.writes[2 * frame + 1]! | masks[ACC + 1]!;
    addRead(outer, frame, callsite, masks[LIVE]!, masks[LIVE + 1]!);
  }
  commit(live, outer);
}

/** A path ends or a function returns: brings the sets of all frames up to date. */
export function updateLiveStack(env: Env): void {
  resetCallchain(env);
  for (let frame = env.cur.curframe; frame >= 0; frame--) {
    const instance = instanceOf(env, env.cur, frame);
    if (!instance.updated) continue;
    updateInstance(env, instance);
    instance.updated = false;
    instance.writeDropped = false;
  }
}

/** Prepares isSlotAlive for one state. */
export function beginQuery(env: Env, state: VState): void {
  const live = env.liveness;
  for (let frame = 0; frame <= state.curframe; frame++) live.query[frame] = instanceOf(env, state, frame);
  live.queryFrame = state.curframe;
  live.queryInsn = state.insnIdx;
}

function isLiveBefore(instance: Instance, insn: number, frame: number, slot: number): boolean {
  const masks = instance.frames[frame]!;
  if (masks === null) return false;
  const at = (insn - startOf(instance)) * MASK_WORDS + LIVE;
  return ((slot < 32 ? masks[at]! >>> slot : masks[at + 1]! >>> (slot - 32)) & 1) !== 0;
}

export function isSlotAlive(env: Env, frame: number, slot: number): boolean {
  const live = env.liveness;
  const inner = live.query[live.queryFrame]!;
  if (isLiveBefore(inner, live.queryInsn, frame, slot)) return true;
  for (let i = frame; i < live.queryFrame; i++) {
    const callsite = inner.callsites[i]!;
    const at = env.aux.callsCallback[callsite] === 1 ? callsite : callsite + 1;
    if (isLiveBefore(live.query[i]!, at, frame, slot)) return true;
  }
  return false;
}
