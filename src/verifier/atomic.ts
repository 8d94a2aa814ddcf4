/** Atomic instructions. Source: kernel/bpf/verifier.c, check_atomic and what it calls. */
import { EACCES, EINVAL } from "../base/errno.ts";
import { defReg, isPointerValue, unknownReg, useReg } from "./args.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { checkLoad, checkMem, checkStore, noteAccess, noteKind, sizeOf } from "./mem.ts";
import { READ, WRITE } from "./meta.ts";
import { typeText } from "./print.ts";
import { isPacketPointer, isSockPointer, PTR_TO_ARENA, PTR_TO_CTX, PTR_TO_FLOW_KEYS, REG_WORDS } from "./regs.ts";

const FETCH = 0x01;
const CMPXCHG = 0xf1;

function isAtomicTarget(env: Env, r: number): boolean {
  const type = regsOf(env)[r * REG_WORDS]!;
  return type !== PTR_TO_CTX && !isPacketPointer(type) && type !== PTR_TO_FLOW_KEYS && !isSockPointer(type);
}

function readModifyWrite(env: Env): void {
  const { insns, insnIdx: i, log } = env;
  const code = insns.code[i]!;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  const off = insns.off[i]!;
  const size = sizeOf(code);
  if (size < 4) fail(log, EINVAL, "invalid atomic operand size");
  useReg(env, src);
  useReg(env, dst);
  if (imm === CMPXCHG) {
    useReg(env, 0);
    if (isPointerValue(env, 0)) fail(log, EACCES, "R0 leaks addr into mem");
  }
  if (isPointerValue(env, src)) fail(log, EACCES, `R${src} leaks addr into mem`);
  if (!isAtomicTarget(env, dst)) {
    const type = typeText(regsOf(env)[dst * REG_WORDS]!);
    fail(log, EACCES, `BPF_ATOMIC stores into R${dst} ${type} is not allowed`);
  }
  const type = regsOf(env)[dst * REG_WORDS]!;
  let load = -1;
  if ((imm & FETCH) !== 0) {
    load = imm === CMPXCHG ? 0 : src;
    defReg(env, load);
    unknownReg(env, load);
  }
  checkMem(env, dst, off, size, READ, -1, true, false);
  if (load >= 0) checkMem(env, dst, off, size, READ, load, true, false);
  if (type === PTR_TO_ARENA) noteAccess(env, type, false);
  else noteKind(env, type);
  checkMem(env, dst, off, size, WRITE, -1, true, false);
}

export function checkAtomic(env: Env): void {
  const { insns, insnIdx: i, log } = env;
  switch (insns.imm[i]) {
    case 0x00: // ADD, AND, OR, XOR, each with and without FETCH; XCHG, CMPXCHG
    case 0x01:
    case 0x50:
    case 0x51:
    case 0x40:
    case 0x41:
    case 0xa0:
    case 0xa1:
    case 0xe1:
    case 0xf1:
      readModifyWrite(env);
      return;
    case 0x100: {
      checkLoad(env, true, false, false, "atomic_load");
      const src = insns.src[i]!;
      if (!isAtomicTarget(env, src)) {
        const type = typeText(regsOf(env)[src * REG_WORDS]!);
        fail(log, EACCES, `BPF_ATOMIC loads from R${src} ${type} is not allowed`);
      }
      return;
    }
    case 0x110: {
      checkStore(env, true);
      const dst = insns.dst[i]!;
      if (!isAtomicTarget(env, dst)) {
        const type = typeText(regsOf(env)[dst * REG_WORDS]!);
        fail(log, EACCES, `BPF_ATOMIC stores into R${dst} ${type} is not allowed`);
      }
      return;
    }
    default:
      fail(log, EINVAL, `BPF_ATOMIC uses invalid atomic opcode ${(insns.imm[i]! >>> 0).toString(16).padStart(2, "0")}`);
  }
}
