/** Memory that a helper is given: any kind of pointer, a size known or bounded. Source: check_helper_mem_access. */
import { EACCES } from "../base/errno.ts";
import { checkBtfAccess } from "./btf-access.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { checkMem } from "./mem.ts";
import { type CallMeta, READ, WRITE } from "./meta.ts";
import { markNotNull } from "./null-check.ts";
import { markPrecise } from "./precision.ts";
import { typeText } from "./print.ts";
import {
  bufferName,
  checkBuffer,
  checkMapAccess,
  checkMapAccessType,
  checkPacket,
  checkRegion,
  mapOf,
} from "./region.ts";
import {
  baseType,
  copyReg,
  isConst,
  isNull,
  MEM_RDONLY,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  RAW0,
  REG_WORDS,
  SMIN,
  UMAX,
  UMIN,
} from "./regs.ts";
import { checkStackRange } from "./stack.ts";
import { big, unsigned } from "./words.ts";

const MAX_VAR_SIZ = 1 << 29;

/** Types whose ctx is not rewritten, so that helpers may read it as memory. */
const PLAIN_CTX = new Set([2, 5, 17, 20, 24, 26, 27, 28, 29, 31, 32]);

/** A helper reads or writes `size` bytes at R`r`. */
export function checkHelperMem(
  env: Env,
  r: number,
  size: number,
  type: number,
  zeroAllowed: boolean,
  meta: CallMeta | null,
): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const ptr = w[at]!;
  const off = w[at + OFF]!;
  const { log } = env;
  switch (baseType(ptr)) {
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      checkPacket(env, r, off, size, zeroAllowed);
      return;
    case PTR_TO_MAP_KEY:
      if (type === WRITE) fail(log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
      checkRegion(env, r, off, size, mapOf(env, r).spec.keySize, false);
      return;
    case PTR_TO_MAP_VALUE:
      checkMapAccessType(env, r, off, size, type);
      checkMapAccess(env, r, off, size, zeroAllowed, "helper");
      return;
    case PTR_TO_MEM:
      if (ptr & MEM_RDONLY && type === WRITE) fail(log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
      checkRegion(env, r, off, size, w[at + RAW0]!, zeroAllowed);
      return;
    case PTR_TO_BUF:
      if (ptr & MEM_RDONLY && type === WRITE) fail(log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
      checkBuffer(env, r, off, size, bufferName(ptr));
      return;
    case PTR_TO_STACK:
      checkStackRange(env, r, off, size, zeroAllowed, type, meta);
      return;
    case PTR_TO_BTF_ID:
      checkBtfAccess(env, r, off, size, READ, -1);
      return;
    case PTR_TO_CTX:
      if (PLAIN_CTX.has(env.progType)) {
        if (size === 0) {
          if (zeroAllowed) return;
          fail(log, EACCES, "invalid zero-sized read");
        }
        checkMem(env, r, size - 1, 1, type, -1, false, false);
        return;
      }
      break;
    default:
  }
  if (zeroAllowed && size === 0 && isNull(w, at)) return;
  fail(log, EACCES, `R${r} type=${typeText(ptr)} expected=fp`);
}

/** R`r` is the size of the memory that the register before it points to. */
export function checkSizeArg(env: Env, r: number, type: number, zeroAllowed: boolean, callMeta: CallMeta): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  callMeta.maxSizeLo = w[at + UMAX]!;
  callMeta.maxSizeHi = w[at + UMAX + 1]!;
  const meta = isConst(w, at) ? callMeta : null;
  if (w[at + SMIN + 1]! < 0) {
    fail(log, EACCES, `R${r} min value is negative, either use unsigned or 'var &= const'`);
  }
  if (w[at + UMIN] === 0 && w[at + UMIN + 1] === 0 && !zeroAllowed) {
    const min = big(w[at + UMIN]!, w[at + UMIN + 1]!);
    const max = BigInt.asIntN(64, big(w[at + UMAX]!, w[at + UMAX + 1]!));
    fail(log, EACCES, `R${r} invalid zero-sized read: u64=[${min},${max}]`);
  }
  const umax = unsigned(w[at + UMAX]!, w[at + UMAX + 1]!);
  if (umax >= MAX_VAR_SIZ) {
    fail(log, EACCES, `R${r} unbounded memory access, use 'var &= const' or 'if (var < const)'`);
  }
  checkHelperMem(env, r - 1, umax, type, zeroAllowed, meta);
  markPrecise(env, r);
}

const saved = new Int32Array(REG_WORDS);

/** Memory of a known size that may be read and written; null is allowed. */
export function checkMemArg(env: Env, r: number, size: number): void {
  const at = r * REG_WORDS;
  if (isNull(regsOf(env), at)) return;
  const nullable = (regsOf(env)[at]! & PTR_MAYBE_NULL) !== 0;
  if (nullable) {
    copyReg(saved, 0, regsOf(env), at);
    markNotNull(env, regsOf(env), at);
  }
  checkHelperMem(env, r, size, READ, true, null);
  checkHelperMem(env, r, size, WRITE, true, null);
  if (nullable) copyReg(regsOf(env), at, saved, 0);
}

/** The same with the size in the next register: kfunc arguments. */
export function checkMemSizeArg(env: Env, sizeReg: number, meta: CallMeta): void {
  const at = (sizeReg - 1) * REG_WORDS;
  const nullable = (regsOf(env)[at]! & PTR_MAYBE_NULL) !== 0;
  if (nullable) {
    copyReg(saved, 0, regsOf(env), at);
    markNotNull(env, regsOf(env), at);
  }
  checkSizeArg(env, sizeReg, READ, true, meta);
  checkSizeArg(env, sizeReg, WRITE, true, meta);
  if (nullable) copyReg(regsOf(env), at, saved, 0);
}
