/**
 * Conditional jumps: whether they are decided, what both ways learn about scalars, null pointers, packet ends and linked
 * copies. Source: kernel/bpf/verifier.c, check_cond_jmp_op and what it calls.
 */
import { hasSince } from "../abi/since.ts";
import { E2BIG, EACCES, EINVAL } from "../base/errno.ts";
import { checkBounds, isPointerValue, useReg } from "./args.ts";
import { syncBounds, zeroExtend32 } from "./bounds.ts";
import { type Env, regsOf } from "./env.ts";
import { F_DST_STACK, F_SRC_STACK, type Linked, MAX_LINKED, packLink, pushHistory } from "./history.ts";
import { fail } from "./log.ts";
import { isNotNull, markNotNull, markNullable, tryPacketEnd } from "./null-check.ts";
import { markPrecise } from "./precision.ts";
import { writeInsnState } from "./print.ts";
import { findPrevEntry, widenImprecise } from "./prune.ts";
import { flipOp, JEQ, JGE, JGT, JLE, JLT, JNE, learn, reverseOp, scalarBranch } from "./refine.ts";
import {
  ADD_CONST,
  ADD_CONST32,
  AT_PKT_END,
  BEYOND_PKT_END,
  baseType,
  copyReg,
  ID,
  isConst,
  isConst32,
  isPacketPointer,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_PACKET_END,
  PTR_TO_STACK,
  RAW0,
  REG_WORDS,
  SCALAR_VALUE,
  setConst,
  VAL,
  type Words,
} from "./regs.ts";
import { rangeAdd } from "./scalar.ts";
import { copyState, FP, frameInsn, isSpilled, newState, slotAt, type VState } from "./state.ts";
import { tnumAdd } from "./tnum.ts";

const MAX_PENDING = 8192;
const MAY_GOTO = 0xe5;

/** Queues a copy of the current state, to go on at `insnIdx` once this path has ended. */
export function pushPath(env: Env, insnIdx: number, prevInsnIdx: number): VState {
  const state = newState(env.pool);
  copyState(env.pool, state, env.cur);
  env.stack.push({ state, insnIdx, prevInsnIdx, logPos: env.log.end });
  if (env.stack.length > MAX_PENDING) {
    fail(env.log, E2BIG, `The sequence of ${env.stack.length} jumps is too complex.`);
  }
  if (state.parent !== null) state.parent.branches++;
  return state;
}

function isPacketAny(type: number): boolean {
  return isPacketPointer(type) || type === PTR_TO_PACKET_END;
}

/** A packet pointer that is known to be at or behind the end, compared with the end. */
function packetBranch(op: number, a: Words, ai: number, b: Words, bi: number): number {
  let range: number;
  let o = op;
  if (b[bi] === PTR_TO_PACKET_END) {
    range = a[ai + RAW0]!;
  } else if (a[ai] === PTR_TO_PACKET_END) {
    range = b[bi + RAW0]!;
    o = flipOp(op);
  } else {
    return -1;
  }
  if (range >= 0) return -1;
  if (o === JLE || o === JGT) return range === BEYOND_PKT_END ? (o === JGT ? 1 : 0) : -1;
  if (o === JLT || o === JGE) {
    return range === BEYOND_PKT_END || range === AT_PKT_END ? (o === JGE ? 1 : 0) : -1;
  }
  return -1;
}

/** 1 taken, 0 not taken, -1 unknown. */
function branchTaken(op: number, a: Words, ai: number, b: Words, bi: number, is32: boolean): number {
  if (isPacketAny(a[ai]!) && isPacketAny(b[bi]!) && !is32) return packetBranch(op, a, ai, b, bi);
  if (a[ai] === SCALAR_VALUE && b[bi] === SCALAR_VALUE) return scalarBranch(op, a, ai, b, bi, is32);
  const konst = (w: Words, at: number): boolean => w[at] === SCALAR_VALUE && (is32 ? isConst32(w, at) : isConst(w, at));
  let p = a;
  let pi = ai;
  let s = b;
  let si = bi;
  let o = op;
  if (!konst(b, bi)) {
    o = flipOp(op);
    p = b;
    pi = bi;
    s = a;
    si = ai;
  }
  if (!konst(s, si) || !isNotNull(p, pi)) return -1;
  if (s[si + VAL] !== 0 || (!is32 && s[si + VAL + 1] !== 0)) return -1;
  return o === JEQ ? 0 : o === JNE ? 1 : -1;
}

const linked: Linked = { count: 0, entries: new Int32Array(MAX_LINKED) };

function collectOne(w: Words, at: number, id: number, frame: number, what: number, isReg: boolean): void {
  if (w[at] !== SCALAR_VALUE || (w[at + ID]! & ~ADD_CONST) !== id) return;
  if (linked.count < MAX_LINKED) linked.entries[linked.count++] = packLink(frame, what, isReg);
  else w[at + ID] = 0;
}

/** Registers and slots that are copies of the scalar with this id; those beyond six lose their link. */
function collectLinked(env: Env, state: VState, withId: number): void {
  const id = withId & ~ADD_CONST;
  for (let f = state.curframe; f >= 0; f--) {
    const frame = state.frames[f]!;
    const live = env.aux.liveRegs[frameInsn(state, f)]!;
    for (let r = 0; r < FP; r++) {
      if (((live >> r) & 1) !== 0) collectOne(frame.w, r * REG_WORDS, id, f, r, true);
    }
    for (let i = 0; i < frame.slots; i++) {
      if (isSpilled(frame, i)) collectOne(frame.w, slotAt(i), id, f, i, false);
    }
  }
}

/** Copies learn what the register `known` learned. */
function syncLinked(state: VState, kw: Words, known: number): void {
  for (let i = 0; i < linked.count; i++) {
    const e = linked.entries[i]!;
    const frame = state.frames[e & 7]!;
    const what = (e >> 3) & 0x3f;
    const w = frame.w;
    const at = (e >> 9) & 1 ? what * REG_WORDS : slotAt(what);
    if (w[at] !== SCALAR_VALUE || (w === kw && at === known)) continue;
    const id = w[at + ID]!;
    const knownId = kw[known + ID]!;
    if ((id & ~ADD_CONST) !== (knownId & ~ADD_CONST)) continue;
    // A 64-bit and a 32-bit addition do not compare.
    if (((id ^ knownId) & ADD_CONST) === ADD_CONST) continue;
    if (((id | knownId) & ADD_CONST) === 0 || w[at + OFF] === kw[known + OFF]) {
      copyReg(w, at, kw, known);
      continue;
    }
    const off = w[at + OFF]!;
    const delta = (off - kw[known + OFF]!) | 0;
    setConst(sum, 0, delta, delta >> 31);
    copyReg(w, at, kw, known);
    w[at + OFF] = off;
    w[at + ID] = id;
    rangeAdd(w, at, sum, 0);
    tnumAdd(w, at + VAL, w, at + VAL, sum, VAL);
    if (((id | knownId) & ADD_CONST32) !== 0) zeroExtend32(w, at);
    syncBounds(w, at);
  }
}

const sum = new Int32Array(REG_WORDS);

function checkMayGoto(env: Env): void {
  const { insns, insnIdx: i } = env;
  if (insns.code[i] !== MAY_GOTO || insns.src[i] !== 0 || insns.dst[i] !== 0 || insns.imm[i] !== 0) {
    fail(env.log, EINVAL, `invalid may_goto imm ${insns.imm[i]}`);
  }
  if (insns.off[i] === 0 && !hasSince(env.kernel, "6.14")) fail(env.log, EINVAL, "invalid may_goto off 0 imm 0");
  const prev = findPrevEntry(env, env.cur.parent!, i);
  const queued = pushPath(env, i + 1, i);
  queued.mayGotoDepth++;
  if (prev !== null) widenImprecise(env, prev, queued);
  env.insnIdx += insns.off[i]!;
}

/** Checks the operands; env.fake holds an immediate. */
function checkOperands(env: Env, isReg: boolean): void {
  const { insns, insnIdx: i, log } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  useReg(env, dst);
  const w = regsOf(env);
  let flags = 0;
  if (isReg) {
    if (insns.imm[i] !== 0) fail(log, EINVAL, "BPF_JMP/JMP32 uses reserved fields");
    useReg(env, src);
    const bothPacket = isPacketAny(w[dst * REG_WORDS]!) && isPacketAny(w[src * REG_WORDS]!);
    if (!bothPacket && isPointerValue(env, src)) fail(log, EACCES, `R${src} pointer comparison prohibited`);
    if (w[src * REG_WORDS] === PTR_TO_STACK) flags |= F_SRC_STACK;
  } else {
    if (src !== 0) fail(log, EINVAL, "BPF_JMP/JMP32 uses reserved fields");
    const f = env.fake;
    f.fill(0, 0, REG_WORDS);
    f[0] = SCALAR_VALUE;
    setConst(f, 0, insns.imm[i]!, insns.imm[i]! >> 31);
  }
  if (w[dst * REG_WORDS] === PTR_TO_STACK) flags |= F_DST_STACK;
  if (flags !== 0) pushHistory(env, env.cur, flags, null);
}

/** Moves env.insnIdx by the jump's offset where it is taken; the caller adds one. */
export function checkCondJump(env: Env): void {
  const { insns, insnIdx: i, log } = env;
  const code = insns.code[i]!;
  const op = code & 0xf0;
  if (op === 0x00 || op > 0xe0) fail(log, EINVAL, `invalid BPF_JMP/JMP32 opcode ${op.toString(16)}`);
  if (op === 0xe0) {
    checkMayGoto(env);
    return;
  }
  const isReg = (code & 8) !== 0;
  const is32 = (code & 7) === 6;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const off = insns.off[i]!;
  checkOperands(env, isReg);
  const w = regsOf(env);
  const d = dst * REG_WORDS;
  const sw = isReg ? w : env.fake;
  const s = isReg ? src * REG_WORDS : 0;
  const taken = branchTaken(op, w, d, sw, s, is32);
  if (taken >= 0) {
    if (w[d] === SCALAR_VALUE) markPrecise(env, dst);
    if (isReg && w[s] === SCALAR_VALUE) markPrecise(env, src);
    writeInsnState(env);
    if (taken === 1) env.insnIdx += off;
    return;
  }
  linked.count = 0;
  if (isReg && w[s] === SCALAR_VALUE && w[s + ID] !== 0) collectLinked(env, env.cur, w[s + ID]!);
  if (w[d] === SCALAR_VALUE && w[d + ID] !== 0) collectLinked(env, env.cur, w[d + ID]!);
  if (linked.count > 1) pushHistory(env, env.cur, 0, linked);
  const other = pushPath(env, i + off + 1, i);
  const ow = other.frames[other.curframe]!.w;
  learnBoth(env, op, is32, w, ow, d, isReg ? s : -1);
  if (isReg && w[s] === SCALAR_VALUE && w[s + ID] !== 0) {
    syncLinked(env.cur, w, s);
    syncLinked(other, ow, s);
  }
  if (w[d] === SCALAR_VALUE && w[d + ID] !== 0) {
    syncLinked(env.cur, w, d);
    syncLinked(other, ow, d);
  }
  if (isReg && !is32) notNullByEquality(env, op, w, ow, d, s);
  if (!is32 && !isReg && insns.imm[i] === 0 && (op === JEQ || op === JNE) && (w[d]! & PTR_MAYBE_NULL) !== 0) {
    markNullable(env, env.cur, dst, op === JNE);
    markNullable(env, other, dst, op === JEQ);
  } else if (!tryPacketEnd(env, op, isReg, is32, dst, src, other) && isPointerValue(env, dst)) {
    fail(log, EACCES, `R${dst} pointer comparison prohibited`);
  }
  writeInsnState(env);
}

/** Both ways learn from a comparison of scalars. `s` is -1 for an immediate. */
function learnBoth(env: Env, op: number, is32: boolean, w: Words, ow: Words, d: number, s: number): void {
  const f = env.fake;
  const right = s >= 0 ? w : f;
  const r = s >= 0 ? s : REG_WORDS;
  const otherRight = s >= 0 ? ow : f;
  const or = Math.max(s, 0);
  if (s < 0) copyReg(f, REG_WORDS, f, 0);
  if (w[d] !== SCALAR_VALUE || right[r] !== SCALAR_VALUE) return;
  learn(reverseOp(op), w, d, right, r, is32);
  learn(op, ow, d, otherRight, or, is32);
  checkBounds(env, ow, d, "true_reg1");
  checkBounds(env, otherRight, or, "true_reg2");
  checkBounds(env, w, d, "false_reg1");
  checkBounds(env, right, r, "false_reg2");
}

/** Equal to a pointer that is not null: not null either. */
function notNullByEquality(env: Env, op: number, w: Words, ow: Words, d: number, s: number): void {
  const a = w[d]!;
  const b = w[s]!;
  if (a === SCALAR_VALUE || b === SCALAR_VALUE) return;
  if ((a & PTR_MAYBE_NULL) === (b & PTR_MAYBE_NULL)) return;
  if (baseType(a) === PTR_TO_BTF_ID || baseType(b) === PTR_TO_BTF_ID) return;
  if (op !== JEQ && op !== JNE) return;
  markNotNull(env, op === JEQ ? ow : w, (b & PTR_MAYBE_NULL) !== 0 ? s : d);
}
