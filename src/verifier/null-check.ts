/**
 * What a comparison with null, or with the end of the packet, says about pointers. Source: kernel/bpf/verifier.c,
 * mark_ptr_or_null_regs, find_good_pkt_pointers, try_match_pkt_pointers.
 */
import { type Env, regsOf } from "./env.ts";
import { BPF_RES_SPIN_LOCK, BPF_SPIN_LOCK, BPF_TASK_WORK, BPF_TIMER, BPF_WORKQUEUE, hasField } from "./record.ts";
import { JGE, JGT, JLE, JLT } from "./refine.ts";
import { dropRef, forEachReg } from "./refs.ts";
import { recordOfReg } from "./reg-record.ts";
import {
  AT_PKT_END,
  BEYOND_PKT_END,
  baseType,
  CONST_PTR_TO_MAP,
  ID,
  isAllocObject,
  MASK,
  MEM_ALLOC,
  MEM_RCU,
  NON_OWN_REF,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  PTR_TO_XDP_SOCK,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  RAW0,
  RAW1,
  REF,
  REG_WORDS,
  SCALAR_VALUE,
  UMAX,
  VAL,
  type Words,
} from "./regs.ts";
import type { VState } from "./state.ts";
import { unsigned } from "./words.ts";

const MAP_SOCKMAP = 15;
const MAP_XSKMAP = 17;
const MAP_SOCKHASH = 18;
const MAX_PACKET_OFF = 0xffff;
const TRUSTED_FLAGS = MEM_ALLOC | PTR_TRUSTED | NON_OWN_REF;

/** Flags of a BTF pointer that say it must not be relied on. */
export function hasUnsafeFlags(type: number): boolean {
  return (type & ~0xff & ~TRUSTED_FLAGS) !== 0;
}

/** Objects under RCU cannot go away here. */
export function inRcu(env: Env): boolean {
  const { cur } = env;
  return cur.activeRcu !== 0 || cur.activeLocks !== 0 || !cur.inSleepable;
}

/** The kernel vouches for what it points to. */
export function isTrusted(w: Words, at: number): boolean {
  if (w[at + REF] !== 0) return true;
  const type = w[at]!;
  const base = baseType(type);
  const named =
    base === PTR_TO_SOCKET || base === PTR_TO_SOCK_COMMON || base === PTR_TO_TCP_SOCK || base === CONST_PTR_TO_MAP;
  if (named && !hasUnsafeFlags(type)) return true;
  return (type & TRUSTED_FLAGS) !== 0 && !hasUnsafeFlags(type);
}

export function isNotNull(w: Words, at: number): boolean {
  const type = w[at]!;
  if (type & PTR_MAYBE_NULL) return false;
  switch (baseType(type)) {
    case PTR_TO_SOCKET:
    case PTR_TO_TCP_SOCK:
    case PTR_TO_MAP_VALUE:
    case PTR_TO_MAP_KEY:
    case PTR_TO_SOCK_COMMON:
    case CONST_PTR_TO_MAP:
      return true;
    case PTR_TO_BTF_ID:
      return isTrusted(w, at);
    case PTR_TO_MEM:
      return (type & PTR_UNTRUSTED) === 0;
    default:
      return false;
  }
}

/** The pointer is known not to be null: what a map lookup gave becomes what the map holds. */
export function markNotNull(env: Env, w: Words, at: number): void {
  if (baseType(w[at]!) !== PTR_TO_MAP_VALUE) {
    w[at] = w[at]! & ~PTR_MAYBE_NULL;
    return;
  }
  const map = env.maps[w[at + RAW0]! - 1]!;
  if (map.inner >= 0) {
    w[at] = CONST_PTR_TO_MAP;
    w[at + RAW0] = map.inner + 1;
    if (hasField(env.maps[map.inner]!.record, BPF_TIMER | BPF_WORKQUEUE | BPF_TASK_WORK)) w[at + RAW1] = w[at + ID]!;
  } else if (map.spec.type === MAP_XSKMAP) {
    w[at] = PTR_TO_XDP_SOCK;
  } else if (map.spec.type === MAP_SOCKMAP || map.spec.type === MAP_SOCKHASH) {
    w[at] = PTR_TO_SOCKET;
  } else {
    w[at] = PTR_TO_MAP_VALUE;
  }
}

/** All pointers with the id of R`r` are null, or are not. */
export function markNullable(env: Env, state: VState, r: number, isNull: boolean): void {
  const regs = state.frames[state.curframe]!.w;
  const ref = regs[r * REG_WORDS + REF]!;
  const id = regs[r * REG_WORDS + ID]!;
  if (ref !== 0 && ref === id && isNull) dropRef(state, id);
  forEachReg(state, (w, at) => {
    const type = w[at]!;
    if ((type & PTR_MAYBE_NULL) === 0 || w[at + ID] !== id) return;
    if (id === 0 && (type & MEM_RCU) === 0) return;
    const moved = (w[at + VAL]! | w[at + VAL + 1]! | w[at + MASK]! | w[at + MASK + 1]!) !== 0;
    if (moved || (w[at + OFF] !== 0 && !isAllocObject(type))) return;
    if (isNull) {
      w[at] = SCALAR_VALUE;
      w[at + ID] = 0;
      w[at + REF] = 0;
      return;
    }
    markNotNull(env, w, at);
    // Locks are told apart by the id of the value they lie in.
    if (!hasField(recordOfReg(env, w, at), BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) w[at + ID] = 0;
  });
}

/** Packet pointers with the same variable offset are proved up to where (w, at) points. */
function proveRange(state: VState, w: Words, at: number, rightOpen: boolean): void {
  const off = w[at + OFF]!;
  const type = w[at]!;
  const id = w[at + ID]!;
  if (off < 0 || (off === 0 && rightOpen)) return;
  const umax = unsigned(w[at + UMAX]!, w[at + UMAX + 1]!);
  if (umax > MAX_PACKET_OFF || umax + off > MAX_PACKET_OFF) return;
  const range = rightOpen ? off + 1 : off;
  forEachReg(state, (v, reg) => {
    if (v[reg] === type && v[reg + ID] === id && v[reg + RAW0]! < range) v[reg + RAW0] = range;
  });
}

function markEnd(state: VState, r: number, beyond: boolean): void {
  const w = state.frames[state.curframe]!.w;
  const at = r * REG_WORDS;
  if (w[at] === PTR_TO_PACKET) w[at + RAW0] = beyond ? BEYOND_PKT_END : AT_PKT_END;
}

function isStart(w: Words, at: number): boolean {
  return (
    w[at] === PTR_TO_PACKET &&
    w[at + ID] === 0 &&
    w[at + OFF] === 0 &&
    (w[at + VAL]! | w[at + VAL + 1]! | w[at + MASK]! | w[at + MASK + 1]!) === 0
  );
}

/** A comparison of a packet pointer with the end (or of data_meta with data) proves bytes; false where it is none. */
export function tryPacketEnd(
  env: Env,
  op: number,
  isReg: boolean,
  is32: boolean,
  dst: number,
  src: number,
  other: VState,
): boolean {
  if (!isReg || is32) return false;
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  const s = src * REG_WORDS;
  const left = (w[d] === PTR_TO_PACKET && w[s] === PTR_TO_PACKET_END) || (w[d] === PTR_TO_PACKET_META && isStart(w, s));
  const right =
    (w[d] === PTR_TO_PACKET_END && w[s] === PTR_TO_PACKET) || (isStart(w, d) && w[s] === PTR_TO_PACKET_META);
  if (!left && !right) return false;
  const cur = env.cur;
  const p = left ? d : s;
  const r = left ? dst : src;
  switch (op) {
    case JGT:
      // ptr > end: this way has ptr <= end.       end > ptr: the jump has ptr < end.
      proveRange(left ? cur : other, w, p, !left);
      markEnd(left ? other : cur, r, left);
      return true;
    case JLT:
      proveRange(left ? other : cur, w, p, left);
      markEnd(left ? cur : other, r, !left);
      return true;
    case JGE:
      proveRange(left ? cur : other, w, p, left);
      markEnd(left ? other : cur, r, !left);
      return true;
    case JLE:
      proveRange(left ? other : cur, w, p, !left);
      markEnd(left ? cur : other, r, left);
      return true;
    default:
      return false;
  }
}
