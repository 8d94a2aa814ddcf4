/**
 * What programs without privilege may not do with pointers, because the masks against speculation (Spectre v1) have to know
 * direction and limit of every addition: an offset of known sign, pointers to the stack or a map value only, the same limit
 * on every path, results within bounds. The speculative paths that the kernel walks besides are not walked here: what fails
 * on them gets a barrier and refuses nothing since 6.16, but they count in the kernel's `processed`.
 *
 * Source: kernel/bpf/verifier.c, sanitize_ptr_alu, retrieve_ptr_limit, sanitize_val_alu, sanitize_check_bounds.
 */
import { EACCES } from "../base/errno.ts";
import type { Env } from "./env.ts";
import { fail, Reject, say } from "./log.ts";
import { tnumText } from "./print.ts";
import { checkMapAccess } from "./region.ts";
import {
  isConst,
  OFF,
  PTR_TO_MAP_VALUE,
  PTR_TO_STACK,
  RAW0,
  REG_WORDS,
  SMAX,
  SMIN,
  UMAX,
  VAL,
  type Words,
} from "./regs.ts";
import { signed, unsigned } from "./words.ts";

// BPF_ALU_*, include/linux/bpf_verifier.h.
const SANITIZE_SRC = 1;
const SANITIZE_DST = 2;
const NEG_VALUE = 4;
const NON_POINTER = 8;
const IMMEDIATE = 16;

const STACK_BYTES = 512;
const PROHIBITED = "pointer arithmetic with it prohibited for !root";

/** Between the two halves of one addition: what the first saw before the pointer moved. */
interface Window {
  toLeft: boolean;
  limit: number;
  state: number;
}

const window: Window = { toLeft: false, limit: 0, state: 0 };

function isFree(env: Env): boolean {
  return env.aluLimits === null || (env.insns.code[env.insnIdx]! & 8) === 0;
}

/** Addition or subtraction of two numbers, where another path may have had a pointer. */
export function sanitizeNumbers(env: Env, dst: number): void {
  if (isFree(env)) return;
  if (!keepsLimit(env, NON_POINTER, 0)) refusePaths(env, dst);
}

/** Before a register is added to or taken from a pointer; `offIsDst`: the pointer is the source register. */
export function sanitizeBefore(env: Env, ptr: Words, off: Words, dst: number, offIsDst: boolean, isAdd: boolean): void {
  if (isFree(env)) return;
  const known = isConst(off, 0);
  const negative = off[SMIN + 1]! < 0;
  if (!known && negative !== off[SMAX + 1]! < 0) {
    const number = offIsDst ? dst : env.insns.src[env.insnIdx]!;
    fail(env.log, EACCES, `R${number} has unknown scalar with mixed signed bounds, ${PROHIBITED}`);
  }
  window.toLeft = isAdd === negative;
  window.limit = pointerLimit(env, ptr, dst, offIsDst, isAdd);
  window.state = (negative ? NEG_VALUE : 0) | (known ? IMMEDIATE : 0) | (offIsDst ? SANITIZE_DST : SANITIZE_SRC);
  if (!known) env.aluLimits!.explored = true;
}

/** After it: the result must be in bounds, and the distance that it may have moved the same on every path. */
export function sanitizeAfter(env: Env, w: Words, dst: number, offIsDst: boolean, isAdd: boolean): void {
  if (env.aluLimits === null) return;
  const at = dst * REG_WORDS;
  checkResult(env, w, dst);
  if (isFree(env)) return;
  const moved = Math.abs(window.limit - pointerLimit(env, w.subarray(at, at + REG_WORDS), dst, offIsDst, isAdd));
  if (!keepsLimit(env, window.state, moved)) refusePaths(env, dst);
}

/** How far the pointer may move in the direction that matters. */
function pointerLimit(env: Env, ptr: Words, dst: number, offIsDst: boolean, isAdd: boolean): number {
  const { log } = env;
  let max: number;
  let limit: number;
  if (ptr[0] === PTR_TO_STACK) {
    max = STACK_BYTES + (window.toLeft ? 1 : 0);
    limit = -(signed(ptr[VAL]!, ptr[VAL + 1]!) + ptr[OFF]!);
  } else if (ptr[0] === PTR_TO_MAP_VALUE) {
    max = env.maps[ptr[RAW0]! - 1]!.spec.valueSize;
    const range = window.toLeft ? signed(ptr[SMIN]!, ptr[SMIN + 1]!) : unsigned(ptr[UMAX]!, ptr[UMAX + 1]!);
    limit = range + ptr[OFF]!;
  } else {
    const pointer = offIsDst ? env.insns.src[env.insnIdx]! : dst;
    return fail(log, EACCES, `R${pointer} has pointer with unsupported alu operation, ${PROHIBITED}`);
  }
  limit = Number(BigInt.asUintN(32, BigInt(Math.trunc(limit))));
  if (limit >= max) fail(log, EACCES, `R${dst} tried to ${isAdd ? "add" : "sub"} beyond pointer bounds, ${PROHIBITED}`);
  return limit;
}

function keepsLimit(env: Env, state: number, limit: number): boolean {
  const limits = env.aluLimits!;
  const i = env.insnIdx;
  if (limits.state[i] !== 0 && (limits.state[i] !== state || limits.limit[i] !== limit)) return false;
  limits.state[i] = state;
  limits.limit[i] = limit;
  return true;
}

function refusePaths(env: Env, dst: number): never {
  const op = (env.insns.code[env.insnIdx]! & 0xf0) === 0 ? "add" : "sub";
  return fail(env.log, EACCES, `R${dst} tried to ${op} from different maps, paths or scalars, ${PROHIBITED}`);
}

function checkResult(env: Env, w: Words, dst: number): void {
  const at = dst * REG_WORDS;
  if (w[at] === PTR_TO_STACK) {
    const off = w[at + OFF]! + signed(w[at + VAL]!, w[at + VAL + 1]!);
    if (!isConst(w, at)) {
      const text = tnumText(w, at + VAL);
      fail(env.log, EACCES, `R${dst} variable stack access prohibited for !root, var_off=${text} off=${off}`);
    }
    if (off >= 0 || off < -STACK_BYTES) {
      fail(env.log, EACCES, `R${dst} stack pointer arithmetic goes out of range, prohibited for !root; off=${off}`);
    }
  } else if (w[at] === PTR_TO_MAP_VALUE) {
    try {
      checkMapAccess(env, dst, w[at + OFF]!, 1, false, "helper");
    } catch (error) {
      if (!(error instanceof Reject)) throw error;
      say(env.log, `R${dst} pointer arithmetic of map value goes out of range, prohibited for !root`);
      throw error;
    }
  }
}
