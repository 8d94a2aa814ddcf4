/**
 * Open-coded iterators and saved interrupt flags: objects on the stack that only kfuncs touch.
 * Source: kernel/bpf/verifier.c, mark_stack_slots_iter, process_iter_arg, process_iter_next_call, process_irq_flag.
 */
import { EFAULT, EINVAL, EPROTO } from "../base/errno.ts";
import type { BtfView } from "../btf/types.ts";
import { uninitReg } from "./args.ts";
import { pushPath } from "./branch.ts";
import { frameOfPtr, OUT_OF_RANGE, readObjectSlots, stackObjectSlot } from "./dynptr.ts";
import { type Env, regsOf } from "./env.ts";
import type { KfuncMeta } from "./kfunc-args.ts";
import { markStackWrite } from "./liveness.ts";
import { fail, Reject, scratchSlot } from "./log.ts";
import { checkMem } from "./mem.ts";
import { WRITE } from "./meta.ts";
import { inRcu, markNotNull } from "./null-check.ts";
import { findPrevEntry, widenImprecise } from "./prune.ts";
import { acquireIrq, acquireRef, releaseIrq, releaseRef } from "./refs.ts";
import {
  BTF_KERNEL,
  MEM_RCU,
  markConstZero,
  markKnown,
  PTR_TO_STACK,
  PTR_UNTRUSTED,
  RAW0,
  RAW1,
  RAW2,
  REF,
  REG_WORDS,
} from "./regs.ts";
import {
  type Frame,
  REF_WORDS,
  STACK_INVALID,
  STACK_IRQ_FLAG,
  STACK_ITER,
  sameCallsites,
  setSlotTypes,
  slotAt,
  slotType,
  type VState,
} from "./state.ts";

const ACTIVE = 1;
const DRAINED = 2;
const STATE_MASK = 3;
const DEPTH_ONE = 4;
const IRQ_NATIVE = 0;
const IRQ_LOCK = 1;

/** Id of the iterator's struct that parameter `index` points to, 0 where it is none. */
function iterStruct(btf: BtfView, typeId: number): number {
  const ptr = btf.type(btf.skipMods(typeId));
  if (ptr.kind !== "ptr") return 0;
  const id = btf.skipMods(ptr.typeId);
  const t = btf.type(id);
  if (t.kind !== "struct" || !t.name.startsWith("bpf_iter_") || t.sizeBytes === 0 || t.sizeBytes % 8 !== 0) return 0;
  return id;
}

function allBytes(frame: Frame, slot: number, type: number): boolean {
  for (let k = 0; k < 8; k++) if (slotType(frame, slot, k) !== type) return false;
  return true;
}

function anyByte(frame: Frame, slot: number, type: number): boolean {
  for (let k = 0; k < 8; k++) if (slotType(frame, slot, k) === type) return true;
  return false;
}

function touch(env: Env, frame: Frame, slot: number): void {
  markStackWrite(env, frame.frameno, slot);
  scratchSlot(env.log, slot);
}

function makeIter(env: Env, meta: KfuncMeta, at: number, btfId: number, count: number): void {
  const slot = stackObjectSlot(env, regsOf(env), at, "iter", count);
  if (slot < 0) throw new Reject(-slot);
  const frame = frameOfPtr(env, regsOf(env), at);
  const id = acquireRef(env, env.insnIdx);
  const trust = meta.kfunc.rcuProtected ? (inRcu(env) ? MEM_RCU : PTR_UNTRUSTED) : 0;
  for (let i = 0; i < count; i++) {
    const s = slotAt(slot - i);
    markKnown(frame.w, s, 0, 0);
    frame.w[s] = PTR_TO_STACK | trust;
    frame.w[s + REF] = i === 0 ? id : 0;
    frame.w[s + RAW0] = BTF_KERNEL;
    frame.w[s + RAW1] = btfId;
    frame.w[s + RAW2] = ACTIVE;
    setSlotTypes(frame, slot - i, STACK_ITER);
    touch(env, frame, slot - i);
  }
}

function isUninitIter(env: Env, at: number, count: number): boolean {
  const w = regsOf(env);
  const slot = stackObjectSlot(env, w, at, "iter", count);
  if (slot === OUT_OF_RANGE) return true;
  if (slot < 0) return false;
  for (let i = 0; i < count; i++) if (anyByte(frameOfPtr(env, w, at), slot - i, STACK_ITER)) return false;
  return true;
}

/** 0 for an initialised iterator of that kind, else an errno. */
function initIterError(env: Env, at: number, btfId: number, count: number): number {
  const w = regsOf(env);
  const slot = stackObjectSlot(env, w, at, "iter", count);
  if (slot < 0) return EINVAL;
  const frame = frameOfPtr(env, w, at);
  for (let i = 0; i < count; i++) {
    const s = slotAt(slot - i);
    if (frame.w[s]! & PTR_UNTRUSTED) return EPROTO;
    if ((i === 0) !== (frame.w[s + REF] !== 0)) return EINVAL;
    if (frame.w[s + RAW0] !== BTF_KERNEL || frame.w[s + RAW1] !== btfId) return EINVAL;
    if (!allBytes(frame, slot - i, STACK_ITER)) return EINVAL;
  }
  return 0;
}

function destroyIter(env: Env, frame: Frame, slot: number, count: number): void {
  for (let i = 0; i < count; i++) {
    const s = slotAt(slot - i);
    if (i === 0) releaseRef(env, frame.w[s + REF]!);
    uninitReg(env, frame.w, s);
    setSlotTypes(frame, slot - i, STACK_INVALID);
    touch(env, frame, slot - i);
  }
}

/** R`r` is the iterator that a kfunc makes, advances, reads or destroys. */
export function checkIterArg(env: Env, r: number, meta: KfuncMeta, btf: BtfView): void {
  const { log } = env;
  const at = r * REG_WORDS;
  if (regsOf(env)[at] !== PTR_TO_STACK) {
    fail(log, EINVAL, `arg#${r - 1} expected pointer to an iterator on stack`);
  }
  const id = iterStruct(btf, meta.kfunc.params[r - 1]!.typeId);
  if (id === 0) fail(log, EINVAL, `expected valid iter pointer as arg #${r - 1}`);
  const count = btf.sizeOf(id) / 8;
  const kind = btf.type(id).name.slice("bpf_iter_".length);
  if (meta.kfunc.isIterNew) {
    if (!isUninitIter(env, at, count)) fail(log, EINVAL, `expected uninitialized iter_${kind} as arg #${r - 1}`);
    for (let off = 0; off < 8 * count; off += 8) checkMem(env, r, off, 8, WRITE, -1, false, false);
    makeIter(env, meta, at, id, count);
    return;
  }
  const error = initIterError(env, at, id, count);
  if (error === EPROTO) fail(log, error, `expected an RCU CS when using ${meta.kfunc.name}`);
  if (error !== 0) fail(log, error, `expected an initialized iter_${kind} as arg #${r - 1}`);
  const w = regsOf(env);
  const slot = stackObjectSlot(env, w, at, "iter", count);
  const frame = frameOfPtr(env, w, at);
  readObjectSlots(env, frame.frameno, slot, count);
  meta.iterSlot = slot;
  meta.iterFrame = frame.frameno;
  meta.refId = frame.w[slotAt(slot) + REF]!;
  if (meta.kfunc.isIterDestroy) destroyIter(env, frame, slot, count);
}

function iterWords(state: VState, meta: KfuncMeta): { w: Int32Array; at: number } {
  return { w: state.frames[meta.iterFrame]!.w, at: slotAt(meta.iterSlot) };
}

/** Elements that an iterator gives are protected by RCU. */
export function isRcuIter(env: Env, meta: KfuncMeta): boolean {
  const { w, at } = iterWords(env.cur, meta);
  return (w[at]! & MEM_RCU) !== 0;
}

/** "next": one path with an element, for later, and this one without: the iterator is drained. */
export function forkIterNext(env: Env, meta: KfuncMeta): void {
  const { cur, insnIdx } = env;
  const iter = iterWords(cur, meta);
  const raw = iter.w[iter.at + RAW2]!;
  const state = raw & STATE_MASK;
  if (state !== ACTIVE && state !== DRAINED) throw new Reject(EFAULT);
  if (state === ACTIVE) {
    const { parent } = cur;
    if (parent === null || parent.insnIdx !== insnIdx || !sameCallsites(parent, cur)) throw new Reject(EFAULT);
    const prev = findPrevEntry(env, parent, insnIdx);
    const queued = pushPath(env, insnIdx + 1, insnIdx);
    const other = iterWords(queued, meta);
    other.w[other.at + RAW2] = raw + DEPTH_ONE;
    if (prev !== null) widenImprecise(env, prev, queued);
    markNotNull(env, queued.frames[queued.curframe]!.w, 0);
  }
  iter.w[iter.at + RAW2] = (raw & ~STATE_MASK) | DRAINED;
  markConstZero(regsOf(env), 0, !env.bpfCapable);
}

function saveFlag(env: Env, r: number, kind: number): void {
  const at = r * REG_WORDS;
  const w = regsOf(env);
  const slot = stackObjectSlot(env, w, at, "irq_flag", 1);
  const uninit = slot === OUT_OF_RANGE || (slot >= 0 && !anyByte(frameOfPtr(env, w, at), slot, STACK_IRQ_FLAG));
  if (!uninit) fail(env.log, EINVAL, `expected uninitialized irq flag as arg#${r - 1}`);
  checkMem(env, r, 0, 8, WRITE, -1, false, false);
  const there = stackObjectSlot(env, regsOf(env), at, "irq_flag", 1);
  if (there < 0) throw new Reject(-there);
  const frame = frameOfPtr(env, regsOf(env), at);
  const s = slotAt(there);
  const id = acquireIrq(env, env.insnIdx);
  markKnown(frame.w, s, 0, 0);
  frame.w[s] = PTR_TO_STACK;
  frame.w[s + REF] = id;
  frame.w[s + RAW0] = kind;
  setSlotTypes(frame, there, STACK_IRQ_FLAG);
  touch(env, frame, there);
}

function restoreFlag(env: Env, r: number, kind: number): void {
  const { cur, log } = env;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const slot = stackObjectSlot(env, w, at, "irq_flag", 1);
  const frame = frameOfPtr(env, w, at);
  const s = slotAt(Math.max(slot, 0));
  if (slot < 0 || frame.w[s + REF] === 0 || !allBytes(frame, slot, STACK_IRQ_FLAG)) {
    fail(log, EINVAL, `expected an initialized irq flag as arg#${r - 1}`);
  }
  readObjectSlots(env, frame.frameno, slot, 1);
  const saved = frame.w[s + RAW0]!;
  if (saved !== kind) {
    const [had, used] = [saved, kind].map((k) => (k === IRQ_NATIVE ? "native" : "lock"));
    fail(log, EINVAL, `irq flag acquired by ${had} kfuncs cannot be restored with ${used} kfuncs`);
  }
  if (!releaseIrq(cur, frame.w[s + REF]!)) {
    let insn = 0;
    for (let i = cur.refCount - 1; i >= 0; i--) {
      if (cur.refs[i * REF_WORDS + 1] === cur.activeIrqId) insn = cur.refs[i * REF_WORDS + 2]!;
    }
    fail(log, 13, `cannot restore irq state out of order, expected id=${cur.activeIrqId} acquired at insn_idx=${insn}`);
  }
  uninitReg(env, frame.w, s);
  setSlotTypes(frame, slot, STACK_INVALID);
  touch(env, frame, slot);
}

/** R`r` is where interrupt flags are kept. */
export function checkIrqFlag(env: Env, r: number, name: string): void {
  switch (name) {
    case "bpf_local_irq_save":
      saveFlag(env, r, IRQ_NATIVE);
      return;
    case "bpf_res_spin_lock_irqsave":
      saveFlag(env, r, IRQ_LOCK);
      return;
    case "bpf_local_irq_restore":
      restoreFlag(env, r, IRQ_NATIVE);
      return;
    case "bpf_res_spin_unlock_irqrestore":
      restoreFlag(env, r, IRQ_LOCK);
      return;
    default:
      throw new Reject(EFAULT);
  }
}
