/**
 * Back-tracking precision: where a check depended on a scalar's exact range, the registers and slots it came from are marked
 * precise in all states on the path, so that pruning compares their ranges. The others may differ between pruned states.
 * Source: kernel/bpf/verifier.c, backtrack_insn, __mark_chain_precision.
 */
import { EFAULT } from "../base/errno.ts";
import { findSubprog, isSyncCallbackCall } from "./cfg.ts";
import type { Env } from "./env.ts";
import { F_DST_STACK, F_FRAMENO, F_SLOT, F_SLOT_SHIFT, F_SRC_STACK, F_STACK_ACCESS } from "./history.ts";
import { insnText } from "./insn-text.ts";
import { slotsText } from "./liveness.ts";
import { Reject, write } from "./log.ts";
import { stateText } from "./print.ts";
import { PRECISE, REG_WORDS, SCALAR_VALUE } from "./regs.ts";
import { FP, HIST_WORDS, isSpilled, slotAt, type VState } from "./state.ts";

const ARGS = 0x3e;
const CALL = 0x85;
const TAIL_CALL = 12;
const FETCH = 0x01;
const CMPXCHG = 0xf1;
const LOAD_ACQ = 0x100;

/** backtrackInsn's answer where it cannot go on: everything becomes precise. */
const GIVE_UP = 1;
const GO_ON = 0;

function verifierBug(env: Env, text: string): never {
  write(env.log, `verifier bug: ${text}\n`);
  env.log.said.push(`verifier bug: ${text}`);
  throw new Reject(EFAULT);
}

function isEmpty(env: Env): boolean {
  const { bt } = env;
  let any = 0;
  for (let f = 0; f <= bt.frame; f++) any |= bt.regs[f]! | bt.slots[2 * f]! | bt.slots[2 * f + 1]!;
  return any === 0;
}

function resetBacktrack(env: Env): void {
  env.bt.frame = 0;
  env.bt.regs.fill(0);
  env.bt.slots.fill(0);
}

export function btSetReg(env: Env, frame: number, r: number): void {
  env.bt.regs[frame] = env.bt.regs[frame]! | (1 << r);
}

export function btSetSlot(env: Env, frame: number, slot: number): void {
  const at = 2 * frame + (slot >> 5);
  env.bt.slots[at] = env.bt.slots[at]! | (1 << (slot & 31));
}

function clearSlot(env: Env, frame: number, slot: number): void {
  const at = 2 * frame + (slot >> 5);
  env.bt.slots[at] = env.bt.slots[at]! & ~(1 << (slot & 31));
}

function hasSlot(env: Env, frame: number, slot: number): boolean {
  return ((env.bt.slots[2 * frame + (slot >> 5)]! >>> (slot & 31)) & 1) !== 0;
}

function noSlots(env: Env, frame: number): boolean {
  return (env.bt.slots[2 * frame]! | env.bt.slots[2 * frame + 1]!) === 0;
}

function regsText(mask: number): string {
  const out: string[] = [];
  for (let r = 0; r < 32; r++) if ((mask >>> r) & 1) out.push(`r${r}`);
  return out.join();
}

/** Registers that were linked when the insn at history word `h` ran become precise together. */
function syncLinked(env: Env, st: VState, h: number): void {
  if (h < 0) return;
  const count = st.history[h + 2]! >>> 16;
  if (count === 0) return;
  let some = false;
  for (let i = 0; i < count && !some; i++) {
    const e = (st.history[h + 3 + (i < 3 ? 0 : 1)]! >>> (10 * (i % 3))) & 0x3ff;
    const what = (e >> 3) & 0x3f;
    some = (e >> 9) & 1 ? ((env.bt.regs[e & 7]! >> what) & 1) !== 0 : hasSlot(env, e & 7, what);
  }
  if (!some) return;
  for (let i = 0; i < count; i++) {
    const e = (st.history[h + 3 + (i < 3 ? 0 : 1)]! >>> (10 * (i % 3))) & 0x3ff;
    if ((e >> 9) & 1) btSetReg(env, e & 7, (e >> 3) & 0x3f);
    else btSetSlot(env, e & 7, (e >> 3) & 0x3f);
  }
}

/** Steps over insn `idx` backwards; `h` is its history word or -1, `next` the insn that ran after it. */
function backtrackInsn(env: Env, st: VState, idx: number, next: number, h: number): number {
  const { bt, insns } = env;
  const code = insns.code[idx]!;
  if (code === 0) return GO_ON;
  if (env.log.level > 1) {
    const f = bt.frame;
    write(
      env.log,
      `mark_precise: frame${f}: regs=${regsText(bt.regs[f]!)} ` +
        `stack=${slotsText(bt.slots[2 * f]!, bt.slots[2 * f + 1]!)} before ${idx}: ${insnText(env.prog, idx)}\n`,
    );
  }
  syncLinked(env, st, h);
  const result = stepOver(env, st, idx, next, h, code);
  if (result >= 0) return result;
  syncLinked(env, st, h);
  return GO_ON;
}

/** GO_ON and GIVE_UP end the step; -1 lets linked registers be looked at once more. */
function stepOver(env: Env, st: VState, idx: number, next: number, h: number, code: number): number {
  const { bt, insns } = env;
  const cls = code & 7;
  const dst = insns.dst[idx]!;
  const src = insns.src[idx]!;
  const flags = h < 0 ? 0 : st.history[h + 2]! & 0xffff;
  const frame = bt.frame;
  const dstBit = 1 << dst;
  const isSet = (bt.regs[frame]! & dstBit) !== 0;
  if (cls === 4 || cls === 7) {
    if (!isSet) return GO_ON;
    const op = code & 0xf0;
    if (op === 0xd0 || op === 0x80) return GO_ON;
    if (op === 0xb0) bt.regs[frame] = bt.regs[frame]! & ~dstBit;
    if ((code & 8) !== 0 && src !== FP) btSetReg(env, frame, src);
    return -1;
  }
  if (cls === 1 || (cls === 3 && (code & 0xe0) === 0xc0 && insns.imm[idx] === LOAD_ACQ)) {
    if (!isSet) return GO_ON;
    bt.regs[frame] = bt.regs[frame]! & ~dstBit;
    if ((flags & F_STACK_ACCESS) === 0) return GO_ON;
    btSetSlot(env, flags & F_FRAMENO, (flags >> F_SLOT_SHIFT) & F_SLOT);
    return -1;
  }
  if (cls === 3 && (code & 0xe0) === 0xc0 && (insns.imm[idx]! & FETCH) !== 0) {
    // 6.18 takes this for a store and loses what the value depends on: two paths with other spilled values then count as one
    const load = 1 << (insns.imm[idx] === CMPXCHG ? 0 : src);
    if ((bt.regs[frame]! & load) === 0) return GO_ON;
    bt.regs[frame] = bt.regs[frame]! & ~load;
    if ((flags & F_STACK_ACCESS) === 0) return GO_ON;
    btSetSlot(env, flags & F_FRAMENO, (flags >> F_SLOT_SHIFT) & F_SLOT);
    return -1;
  }
  if (cls === 3 || cls === 2) {
    if (isSet) return GIVE_UP;
    if ((flags & F_STACK_ACCESS) === 0) return GO_ON;
    const slot = (flags >> F_SLOT_SHIFT) & F_SLOT;
    const fr = flags & F_FRAMENO;
    if (!hasSlot(env, fr, slot)) return GO_ON;
    clearSlot(env, fr, slot);
    if (cls === 3) btSetReg(env, frame, src);
    return -1;
  }
  if (cls === 5 || cls === 6) return stepOverJump(env, idx, next, code, flags);
  if (cls === 0) {
    if (!isSet) return GO_ON;
    bt.regs[frame] = bt.regs[frame]! & ~dstBit;
    const mode = code & 0xe0;
    if (mode === 0x40 || mode === 0x20) return GIVE_UP;
  }
  return -1;
}

function leaveCallee(env: Env): void {
  if (env.bt.frame === 0) verifierBug(env, "subprog exit from frame 0");
  env.bt.frame--;
}

function enterCallee(env: Env): void {
  if (env.bt.frame === 7) verifierBug(env, `subprog enter from frame ${env.bt.frame}`);
  env.bt.frame++;
}

function stepOverJump(env: Env, idx: number, next: number, code: number, flags: number): number {
  const { bt, insns } = env;
  const op = code & 0xf0;
  const frame = bt.frame;
  const isPseudoCall = code === CALL && insns.src[idx] === 1;
  if (isPseudoCall) {
    const subprog = findSubprog(env, idx + insns.imm[idx]! + 1);
    if (subprog < 0) verifierBug(env, "no subprog at call");
    if (env.subprogs[subprog]!.global) {
      if ((bt.regs[frame]! & ARGS) !== 0)
        verifierBug(env, `global subprog unexpected regs ${bt.regs[frame]!.toString(16)}`);
      bt.regs[frame] = bt.regs[frame]! & ~1;
      return GO_ON;
    }
    if ((bt.regs[frame]! & ~ARGS) !== 0)
      verifierBug(env, `static subprog unexpected regs ${bt.regs[frame]!.toString(16)}`);
    if (!noSlots(env, frame)) verifierBug(env, "static subprog leftover stack slots");
    // Arguments are the caller's registers of the same number.
    if (frame > 0) bt.regs[frame - 1] = bt.regs[frame - 1]! | (bt.regs[frame]! & ARGS);
    bt.regs[frame] = bt.regs[frame]! & ~ARGS;
    leaveCallee(env);
    return GO_ON;
  }
  if (op === 0x80 && isSyncCallbackCall(env, idx) && idx !== next - 1) {
    // Entered the callback from its call.
    if ((bt.regs[frame]! & ~ARGS) !== 0) verifierBug(env, `callback unexpected regs ${bt.regs[frame]!.toString(16)}`);
    if (!noSlots(env, frame)) verifierBug(env, "callback leftover stack slots");
    bt.regs[frame] = bt.regs[frame]! & ~ARGS;
    leaveCallee(env);
    return GO_ON;
  }
  if (op === 0x80) {
    if (insns.src[idx] === 2 && insns.imm[idx] === 0) return GIVE_UP;
    bt.regs[frame] = bt.regs[frame]! & ~1;
    if ((bt.regs[frame]! & ARGS) !== 0) {
      verifierBug(env, `backtracking call unexpected regs ${bt.regs[frame]!.toString(16)}`);
    }
    if (insns.src[idx] === 0 && insns.imm[idx] === TAIL_CALL && next - idx !== 1) enterCallee(env);
    return -1;
  }
  if (op === 0x90) {
    if (next >= 0 && env.aux.callsCallback[next] === 1) bt.regs[frame] = bt.regs[frame]! & ~ARGS;
    if ((bt.regs[frame]! & ARGS) !== 0) {
      verifierBug(env, `backtracking exit unexpected regs ${bt.regs[frame]!.toString(16)}`);
    }
    const r0 =
      next - 1 >= 0 && insns.code[next - 1] === CALL && insns.src[next - 1] === 1 && (bt.regs[frame]! & 1) !== 0;
    bt.regs[frame] = bt.regs[frame]! & ~1;
    enterCallee(env);
    if (r0) btSetReg(env, bt.frame, 0);
    return GO_ON;
  }
  if ((code & 8) !== 0) {
    const dst = insns.dst[idx]!;
    const src = insns.src[idx]!;
    if ((bt.regs[frame]! & ((1 << dst) | (1 << src))) === 0) return GO_ON;
    if ((flags & F_SRC_STACK) === 0) btSetReg(env, frame, src);
    if ((flags & F_DST_STACK) === 0) btSetReg(env, frame, dst);
  }
  return -1;
}

/** Gives up on being exact: every scalar in the states before becomes precise. */
export function markAllPrecise(env: Env, start: VState): void {
  const verbose = env.log.level > 1;
  if (verbose) {
    write(env.log, `mark_precise: frame${start.curframe}: falling back to forcing all scalars precise\n`);
  }
  for (let st = start.parent; st !== null; st = st.parent) {
    for (let f = 0; f <= st.curframe; f++) {
      const frame = st.frames[f]!;
      for (let r = 0; r < FP; r++) {
        const at = r * REG_WORDS;
        if (frame.w[at] !== SCALAR_VALUE || frame.w[at + PRECISE] !== 0) continue;
        frame.w[at + PRECISE] = 1;
        if (verbose) write(env.log, `force_precise: frame${f}: forcing r${r} to be precise\n`);
      }
      for (let i = 0; i < frame.slots; i++) {
        if (!isSpilled(frame, i)) continue;
        const at = slotAt(i);
        if (frame.w[at] !== SCALAR_VALUE || frame.w[at + PRECISE] !== 0) continue;
        frame.w[at + PRECISE] = 1;
        if (verbose) write(env.log, `force_precise: frame${f}: forcing fp${-8 * (i + 1)} to be precise\n`);
      }
    }
  }
}

/** A state that is stored starts with nothing precise. */
export function markAllImprecise(state: VState): void {
  for (let f = 0; f <= state.curframe; f++) {
    const frame = state.frames[f]!;
    for (let r = 0; r < FP; r++) {
      if (frame.w[r * REG_WORDS] === SCALAR_VALUE) frame.w[r * REG_WORDS + PRECISE] = 0;
    }
    for (let i = 0; i < frame.slots; i++) {
      const at = slotAt(i);
      if (isSpilled(frame, i) && frame.w[at] === SCALAR_VALUE) frame.w[at + PRECISE] = 0;
    }
  }
}

/** A function's own arguments: the walk ends at its entry. */
function reachedEntry(env: Env, st: VState): boolean {
  const { bt } = env;
  const frame = st.frames[0]!;
  if (
    st.curframe !== 0 ||
    frame.subprogno === 0 ||
    frame.callsite !== -1 ||
    !noSlots(env, bt.frame) ||
    (bt.regs[bt.frame]! & ~ARGS) !== 0
  ) {
    verifierBug(env, `backtracking func entry subprog ${frame.subprogno} reg_mask ${bt.regs[bt.frame]!.toString(16)}`);
  }
  let changed = false;
  for (let r = 0; r < 32; r++) {
    if (((bt.regs[bt.frame]! >>> r) & 1) === 0) continue;
    if (frame.w[r * REG_WORDS] === SCALAR_VALUE) {
      frame.w[r * REG_WORDS + PRECISE] = 1;
      changed = true;
    }
  }
  bt.regs[bt.frame] = 0;
  return changed;
}

/** What is wanted in a parent state becomes precise there; what already is, or is no scalar, need not go further. */
function markInParent(env: Env, st: VState): boolean {
  const { bt } = env;
  let changed = false;
  for (let f = bt.frame; f >= 0; f--) {
    const frame = st.frames[f]!;
    const w = frame.w;
    const regs = bt.regs[f]!;
    for (let r = 0; regs >>> r !== 0 && r < 32; r++) {
      if (((regs >>> r) & 1) === 0) continue;
      const at = r * REG_WORDS;
      if (w[at] !== SCALAR_VALUE || w[at + PRECISE] !== 0) {
        bt.regs[f] = bt.regs[f]! & ~(1 << r);
      } else {
        w[at + PRECISE] = 1;
        changed = true;
      }
    }
    for (let i = 0; i < 64 && !noSlots(env, f); i++) {
      if (!hasSlot(env, f, i)) continue;
      if (i >= frame.slots) verifierBug(env, `stack slot ${i}, total slots ${frame.slots}`);
      const at = slotAt(i);
      if (!isSpilled(frame, i) || w[at] !== SCALAR_VALUE || w[at + PRECISE] !== 0) {
        clearSlot(env, f, i);
      } else {
        w[at + PRECISE] = 1;
        changed = true;
      }
    }
    if (env.log.level > 1) {
      write(
        env.log,
        `mark_precise: frame${f}: parent state regs=${regsText(bt.regs[f]!)} ` +
          `stack=${slotsText(bt.slots[2 * f]!, bt.slots[2 * f + 1]!)}: ${stateText(env, st, f, true)}`,
      );
    }
  }
  return changed;
}

/**
 * Walks back from `start`, marking what register `r` of its innermost frame (or, with -1, what env.bt already names) was
 * computed from. True where a mark was new.
 */
export function markChain(env: Env, start: VState, r: number): boolean {
  if (!env.bpfCapable) return false;
  const { bt } = env;
  bt.frame = start.curframe;
  if (r >= 0) {
    if (start.frames[bt.frame]!.w[r * REG_WORDS] !== SCALAR_VALUE) verifierBug(env, "backtracking misuse");
    btSetReg(env, bt.frame, r);
  }
  if (isEmpty(env)) return false;
  let st = start;
  let firstIdx = st.firstInsn;
  let lastIdx = start.insnIdx;
  let next = -1;
  let skipFirst = true;
  let changed = false;
  for (;;) {
    let history = st.historyCount;
    if (env.log.level > 1) {
      write(env.log, `mark_precise: frame${bt.frame}: last_idx ${lastIdx} first_idx ${firstIdx} subseq_idx ${next} \n`);
    }
    if (lastIdx < 0) return reachedEntry(env, st) || changed;
    for (let i = lastIdx; ; ) {
      let result = GO_ON;
      if (skipFirst) {
        skipFirst = false;
      } else {
        const h = history > 0 && st.history[(history - 1) * HIST_WORDS] === i ? (history - 1) * HIST_WORDS : -1;
        result = backtrackInsn(env, st, i, next, h);
      }
      if (result === GIVE_UP) {
        markAllPrecise(env, start);
        resetBacktrack(env);
        return changed;
      }
      if (isEmpty(env)) return changed;
      next = i;
      if (i === st.firstInsn && (history === 0 || (history === 1 && st.history[0] === i))) break;
      if (history > 0 && st.history[(history - 1) * HIST_WORDS] === i) {
        i = st.history[(history - 1) * HIST_WORDS + 1]!;
        history--;
      } else {
        i--;
      }
      if (i < 0 || i >= env.insns.length) verifierBug(env, `backtracking idx ${i}`);
    }
    const parent = st.parent;
    if (parent === null) break;
    st = parent;
    if (markInParent(env, st)) changed = true;
    if (isEmpty(env)) return changed;
    next = firstIdx;
    lastIdx = st.lastInsn;
    firstIdx = st.firstInsn;
  }
  if (!isEmpty(env)) {
    markAllPrecise(env, start);
    resetBacktrack(env);
  }
  return changed;
}

/** The current insn depends on the exact range of register `r`. */
export function markPrecise(env: Env, r: number): void {
  markChain(env, env.cur, r);
}

/** What is precise in the covering state becomes precise on the way to the covered one. True where a mark was new. */
export function propagatePrecision(env: Env, old: VState, cur: VState): boolean {
  const verbose = env.log.level > 1;
  for (let f = old.curframe; f >= 0; f--) {
    const frame = old.frames[f]!;
    const names: string[] = [];
    for (let r = 0; r < FP; r++) {
      const at = r * REG_WORDS;
      if (frame.w[at] !== SCALAR_VALUE || frame.w[at + PRECISE] === 0) continue;
      if (verbose) names.push(`r${r}`);
      btSetReg(env, f, r);
    }
    for (let i = 0; i < frame.slots; i++) {
      const at = slotAt(i);
      if (!isSpilled(frame, i) || frame.w[at] !== SCALAR_VALUE || frame.w[at + PRECISE] === 0) continue;
      if (verbose) names.push(`fp${-8 * (i + 1)}`);
      btSetSlot(env, f, i);
    }
    if (names.length > 0) write(env.log, `frame ${f}: propagating ${names.join()}\n`);
  }
  return markChain(env, cur, -1);
}
