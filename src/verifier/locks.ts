/**
 * Spin locks, timers, workqueues: fields of a value that helpers work on by address. Source: kernel/bpf/verifier.c,
 * process_spin_lock, check_map_field_pointer.
 */
import { EINVAL } from "../base/errno.ts";
import { type Env, frameOf, regsOf } from "./env.ts";
import { kfuncAt } from "./kfunc-table.ts";
import { fail } from "./log.ts";
import type { CallMeta } from "./meta.ts";
import { BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK, BPF_TIMER, fieldName, fieldOffset, hasField } from "./record.ts";
import { acquireLock, hasLock, invalidateNonOwning, releaseLock } from "./refs.ts";
import { recordOfReg } from "./reg-record.ts";
import { ID, isConst, OFF, PTR_TO_MAP_VALUE, RAW0, RAW1, REG_WORDS, VAL } from "./regs.ts";
import { REF_TYPE_LOCK, REF_TYPE_RES_LOCK, REF_TYPE_RES_LOCK_IRQ } from "./state.ts";

/** Lock or unlock of the spin lock that R`r` points to; `res` for the resilient kind, `irq` with interrupts saved. */
export function checkSpinLock(env: Env, r: number, isLock: boolean, res: boolean, irq: boolean): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { cur, log } = env;
  const name = res ? "bpf_res_spin" : "bpf_spin";
  if (!isConst(w, at)) {
    fail(log, EINVAL, `R${r} doesn't have constant offset. ${name}_lock has to be at the constant offset`);
  }
  const map = w[at] === PTR_TO_MAP_VALUE ? env.maps[w[at + RAW0]! - 1]! : null;
  if (map !== null && map.spec.btf === null) {
    fail(log, EINVAL, `map '${map.name}' has to have BTF in order to use ${name}_lock`);
  }
  const record = recordOfReg(env, w, at);
  const field = res ? BPF_RES_SPIN_LOCK : BPF_SPIN_LOCK;
  if (!hasField(record, field)) {
    fail(log, EINVAL, `${map ? "map" : "local"} '${map ? map.name : "kptr"}' has no valid ${name}_lock`);
  }
  const off = w[at + VAL]! + w[at + OFF]!;
  if (fieldOffset(record, field) !== off) {
    fail(log, EINVAL, `off ${off} doesn't point to 'struct ${name}_lock' that is at ${fieldOffset(record, field)}`);
  }
  const ptr = map !== null ? map.index + 1 : -1;
  const id = w[at + ID]!;
  const type = res ? (irq ? REF_TYPE_RES_LOCK_IRQ : REF_TYPE_RES_LOCK) : REF_TYPE_LOCK;
  if (isLock) {
    if (!res && cur.activeLocks > 0 && hasLock(cur, REF_TYPE_LOCK, 0, 0)) {
      fail(log, EINVAL, "Locking two bpf_spin_locks are not allowed");
    }
    if (res && cur.activeLocks > 0 && hasLock(cur, REF_TYPE_RES_LOCK | REF_TYPE_RES_LOCK_IRQ, id, ptr)) {
      fail(log, EINVAL, "Acquiring the same lock again, AA deadlock detected");
    }
    acquireLock(env, env.insnIdx, type, id, ptr);
    return;
  }
  if (cur.activeLocks === 0) fail(log, EINVAL, `${name}_unlock without taking a lock`);
  if (!hasLock(cur, type, id, ptr)) fail(log, EINVAL, `${name}_unlock of different lock`);
  if (id !== cur.activeLockId || ptr !== cur.activeLockPtr) {
    fail(log, EINVAL, `${name}_unlock cannot be out of order`);
  }
  releaseLock(cur, type, id, ptr);
  invalidateNonOwning(env);
}

/** R`r` points exactly to a field of that type in a map's value. */
export function checkMapField(env: Env, r: number, field: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const name = fieldName(field);
  const map = env.maps[w[at + RAW0]! - 1]!;
  if (!isConst(w, at)) {
    fail(log, EINVAL, `R${r} doesn't have constant offset. ${name} has to be at the constant offset`);
  }
  if (map.spec.btf === null) fail(log, EINVAL, `map '${map.name}' has to have BTF in order to use ${name}`);
  if (!hasField(map.record, field)) fail(log, EINVAL, `map '${map.name}' has no valid ${name}`);
  const off = w[at + VAL]! + w[at + OFF]!;
  if (fieldOffset(map.record, field) !== off) {
    fail(log, EINVAL, `off ${off} doesn't point to 'struct ${name}' that is at ${fieldOffset(map.record, field)}`);
  }
}

export function checkTimer(env: Env, r: number, meta: CallMeta): void {
  checkMapField(env, r, BPF_TIMER);
  const w = regsOf(env);
  const at = r * REG_WORDS;
  meta.mapUid = w[at + RAW1]!;
  meta.map = env.maps[w[at + RAW0]! - 1]!;
}

/** In the comparison callback of bpf_rbtree_add, where the tree's lock is held. */
export function inRbtreeCallback(env: Env): boolean {
  const frame = frameOf(env);
  if (env.cur.curframe === 0 || !frame.inCallback) return false;
  return env.insns.src[frame.callsite] === 2 && kfuncAt(env, frame.callsite)?.name === "bpf_rbtree_add_impl";
}
