/**
 * Loads and stores: what a register points to decides which rules hold. Source: kernel/bpf/verifier.c, check_mem_access,
 * check_load_mem, check_store_reg, check_atomic.
 */
import { ctxAccess } from "../abi/ctx.ts";
import { hasSince } from "../abi/since.ts";
import type { CtxYield } from "../abi/types.ts";
import { EACCES, EINVAL } from "../base/errno.ts";
import { checkBounds, defReg, isPointerValue, unknownReg, useReg } from "./args.ts";
import { signExtendToSize, truncateToSize } from "./bounds.ts";
import { btfCtxAccess, checkBtfAccess, checkMapPtrAccess } from "./btf-access.ts";
import { type Env, regsOf } from "./env.ts";
import { factKind } from "./facts.ts";
import { checkKptrAccess } from "./kptr.ts";
import { fail, Reject, say, writeLine } from "./log.ts";
import { READ, WRITE } from "./meta.ts";
import { tnumText, typeText } from "./print.ts";
import { BPF_KPTR, BPF_UPTR, findField } from "./record.ts";
import {
  bufferName,
  checkBuffer,
  checkFlowKeys,
  checkMapAccess,
  checkMapAccessType,
  checkPacket,
  checkPtrOff,
  checkRegion,
  checkSock,
  mapOf,
  mayAccessPacket,
} from "./region.ts";
import {
  BTF_KERNEL,
  baseType,
  CONST_PTR_TO_MAP,
  ID,
  isConst,
  isPacketPointer,
  isSockPointer,
  MEM_RDONLY,
  markKnown,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_STACK,
  PTR_TO_TCP_SOCK,
  PTR_TO_TP_BUFFER,
  PTR_TO_XDP_SOCK,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  RAW0,
  RAW1,
  REG_WORDS,
  SCALAR_VALUE,
  VAL,
} from "./regs.ts";
import { checkStackBounds, readStack, writeStack } from "./stack.ts";

/** Bytes of an access by the size bits of its opcode. */
export function sizeOf(code: number): number {
  switch (code & 0x18) {
    case 0x00:
      return 4;
    case 0x08:
      return 2;
    case 0x10:
      return 1;
    default:
      return 8;
  }
}

const YIELDS: Readonly<Record<CtxYield, number>> = {
  scalar: SCALAR_VALUE,
  packet: PTR_TO_PACKET,
  packet_end: PTR_TO_PACKET_END,
  packet_meta: PTR_TO_PACKET_META,
  flow_keys: PTR_TO_FLOW_KEYS,
  socket: PTR_TO_SOCKET,
  sock_common: PTR_TO_SOCK_COMMON,
  xdp_sock: PTR_TO_XDP_SOCK,
  tp_buffer: PTR_TO_TP_BUFFER,
  btf_id: PTR_TO_BTF_ID | PTR_TRUSTED,
};

/** Types whose ctx BTF describes: tracing, struct_ops, ext, lsm. */
export function hasBtfCtx(progType: number): boolean {
  return progType >= 26 && progType <= 29;
}

function descOf(type: number): string {
  switch (type) {
    case PTR_TO_FLOW_KEYS:
      return "flow keys ";
    case PTR_TO_MAP_KEY:
      return "key ";
    case PTR_TO_MAP_VALUE:
      return "value ";
    case PTR_TO_CTX:
      return "context ";
    case PTR_TO_STACK:
      return "stack ";
    case PTR_TO_SOCKET:
      return "sock ";
    case PTR_TO_SOCK_COMMON:
      return "sock_common ";
    case PTR_TO_TCP_SOCK:
      return "tcp_sock ";
    case PTR_TO_XDP_SOCK:
      return "xdp_sock ";
    default:
      return "";
  }
}

/** Bits of offset that may be set: known ones plus unknown ones, low word. */
function maybeLow(value: number, mask: number, add: number): number {
  const sum = (value + add) | 0;
  const sigma = (mask + sum) | 0;
  return sum | (sigma ^ sum) | mask;
}

/** Stack accesses (and with `strict` all others) must be aligned to their size. */
export function checkAlignment(env: Env, r: number, off: number, size: number, strictOnce: boolean): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = w[at]!;
  const strict = env.strictAlignment || strictOnce || type === PTR_TO_STACK;
  if (!strict || size === 1 || type === PTR_TO_ARENA) return;
  const fixed = w[at + OFF]!;
  if (type === PTR_TO_PACKET || type === PTR_TO_PACKET_META) {
    if ((maybeLow(w[at + VAL]!, w[at + VAL + 2]!, 2 + fixed + off) & (size - 1)) !== 0) {
      const varOff = tnumText(w, at + VAL);
      fail(env.log, EACCES, `misaligned packet access off 2+${varOff}+${fixed}+${off} size ${size}`);
    }
    return;
  }
  if ((maybeLow(w[at + VAL]!, w[at + VAL + 2]!, fixed + off) & (size - 1)) !== 0) {
    fail(env.log, EACCES, `misaligned ${descOf(type)}access off ${tnumText(w, at + VAL)}+${fixed}+${off} size ${size}`);
  }
}

function refuseLeak(env: Env, type: number, value: number, where: string): void {
  if (type === WRITE && value >= 0 && isPointerValue(env, value)) {
    fail(env.log, EACCES, `R${value} leaks addr into ${where}`);
  }
}

const CGROUP_SKB = 8;

/** Fields of cgroup_skb programs that ask for CAP_BPF. Source: net/core/filter.c, cg_skb_is_valid_access. */
function isForCapable(progType: number, field: string, type: number): boolean {
  if (progType !== CGROUP_SKB) return false;
  return field === "data" || field === "data_end" || (field === "tstamp" && type === WRITE);
}

function checkCtx(env: Env, r: number, off: number, size: number, type: number, value: number, sx: boolean): void {
  refuseLeak(env, type, value, "ctx");
  checkPtrOff(env, r, false);
  if (hasBtfCtx(env.progType)) {
    btfCtxAccess(env, off, size, type, value);
    return;
  }
  const access = ctxAccess(env.progType, env.attachType, off, size, type === WRITE, sx);
  const since = access.ok ? access.field.since : undefined;
  const denied = access.ok && !env.bpfCapable && isForCapable(env.progType, access.field.name, type);
  if (!access.ok || denied || (since !== undefined && !hasSince(env.kernel, since))) {
    say(env.log, `invalid bpf_context access off=${off} size=${size}`);
    writeLine(env.log, env.insnIdx, "; ");
    throw new Reject(EACCES);
  }
  if (type !== READ || value < 0) return;
  if (access.yields === "scalar") {
    unknownReg(env, value);
    return;
  }
  const w = regsOf(env);
  const at = value * REG_WORDS;
  markKnown(w, at, 0, 0);
  if (access.maybeNull) w[at + ID] = ++env.idGen;
  if (access.yields === "btf_id") {
    w[at + RAW0] = BTF_KERNEL;
    w[at + RAW1] = env.prog.kernelBtf?.find(access.field.btfName ?? "", "struct") ?? 0;
  }
  w[at] = YIELDS[access.yields] | (access.maybeNull ? PTR_MAYBE_NULL : 0);
}

function readFrozen(bytes: Uint8Array, off: number, size: number, sx: boolean, env: Env, value: number): void {
  const w = regsOf(env);
  const at = value * REG_WORDS;
  let lo = 0;
  let hi = 0;
  for (let i = Math.min(size, 4) - 1; i >= 0; i--) lo = (lo << 8) | (bytes[off + i] ?? 0);
  for (let i = size - 1; i >= 4; i--) hi = (hi << 8) | (bytes[off + i] ?? 0);
  if (sx && size < 8) {
    const shift = 32 - 8 * size;
    lo = (lo << shift) >> shift;
    hi = lo >> 31;
  }
  w[at] = SCALAR_VALUE;
  markKnown(w, at, lo, hi);
}

function checkMapValue(env: Env, r: number, off: number, size: number, type: number, value: number, sx: boolean): void {
  refuseLeak(env, type, value, "map");
  checkMapAccessType(env, r, off, size, type);
  checkMapAccess(env, r, off, size, false, "insn");
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const map = mapOf(env, r);
  const known = isConst(w, at);
  const kptr = known ? findField(map.record, off + w[at + VAL]!, BPF_KPTR | BPF_UPTR) : null;
  if (kptr !== null) {
    checkKptrAccess(env, value, kptr);
  } else if (type === READ && value >= 0) {
    if (known && map.frozen !== null && map.spec.type === 2) {
      readFrozen(map.frozen, off + w[at + VAL]!, size, sx, env, value);
    } else {
      unknownReg(env, value);
    }
  }
}

function checkMemPtr(env: Env, r: number, off: number, size: number, type: number, value: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const ptr = w[at]!;
  const rdonly = (ptr & MEM_RDONLY) !== 0;
  if (ptr & PTR_MAYBE_NULL) fail(env.log, EACCES, `R${r} invalid mem access '${typeText(ptr)}'`);
  if (type === WRITE && rdonly) fail(env.log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
  refuseLeak(env, type, value, "mem");
  if (!(rdonly && (ptr & PTR_UNTRUSTED) !== 0)) checkRegion(env, r, off, size, w[at + RAW0]!, false);
  if (value >= 0 && (type === READ || rdonly)) unknownReg(env, value);
}

/**
 * An access of `size` bytes at R`r` + off. `value` is the register that is stored or loaded, -1 without one. `sx` is a load
 * with sign extension.
 */
export function checkMem(
  env: Env,
  r: number,
  insnOff: number,
  size: number,
  type: number,
  value: number,
  strictOnce: boolean,
  sx: boolean,
): void {
  checkAlignment(env, r, insnOff, size, strictOnce);
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const ptr = w[at]!;
  const base = baseType(ptr);
  const off = (insnOff + w[at + OFF]!) | 0;
  const loads = type === READ && value >= 0;
  if (ptr === PTR_TO_STACK) {
    checkStackBounds(env, r, off, size, type);
    if (type === READ) readStack(env, r, off, size, value);
    else writeStack(env, r, off, size, value);
  } else if (ptr === PTR_TO_MAP_VALUE) {
    checkMapValue(env, r, off, size, type, value, sx);
  } else if (ptr === PTR_TO_CTX) {
    checkCtx(env, r, off, size, type, value, sx);
  } else if (ptr === PTR_TO_MAP_KEY) {
    if (type === WRITE) fail(env.log, EACCES, `write to change key R${r} not allowed`);
    checkRegion(env, r, off, size, mapOf(env, r).spec.keySize, false);
    if (value >= 0) unknownReg(env, value);
  } else if (base === PTR_TO_MEM) {
    checkMemPtr(env, r, off, size, type, value);
  } else if (isPacketPointer(ptr)) {
    if (type === WRITE && !mayAccessPacket(env, null, type)) fail(env.log, EACCES, "cannot write into packet");
    refuseLeak(env, type, value, "packet");
    checkPacket(env, r, off, size, false);
    if (loads) unknownReg(env, value);
  } else if (ptr === PTR_TO_FLOW_KEYS) {
    refuseLeak(env, type, value, "flow keys");
    checkFlowKeys(env, off, size);
    if (loads) unknownReg(env, value);
  } else if (isSockPointer(ptr)) {
    if (type === WRITE) fail(env.log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
    checkSock(env, r, off, size);
    if (value >= 0) unknownReg(env, value);
  } else if (ptr === PTR_TO_TP_BUFFER) {
    checkBuffer(env, r, off, size, "tracepoint");
    if (loads) unknownReg(env, value);
  } else if (base === PTR_TO_BTF_ID && (ptr & PTR_MAYBE_NULL) === 0) {
    checkBtfAccess(env, r, off, size, type, value);
  } else if (ptr === CONST_PTR_TO_MAP) {
    checkMapPtrAccess(env, r, off, size, type, value);
  } else if (base === PTR_TO_BUF) {
    if ((ptr & MEM_RDONLY) !== 0 && type === WRITE) {
      fail(env.log, EACCES, `R${r} cannot write into ${typeText(ptr)}`);
    }
    checkBuffer(env, r, off, size, bufferName(ptr));
    if (value >= 0 && ((ptr & MEM_RDONLY) !== 0 || type === READ)) unknownReg(env, value);
  } else if (ptr === PTR_TO_ARENA) {
    if (loads) unknownReg(env, value);
  } else {
    fail(env.log, EACCES, `R${r} invalid mem access '${typeText(ptr)}'`);
  }
  if (!loads || size === 8) return;
  const v = regsOf(env);
  const d = value * REG_WORDS;
  if (v[d] !== SCALAR_VALUE) return;
  if (sx) signExtendToSize(v, d, size);
  else truncateToSize(v, d, size);
}

/** Types that the kernel's later rewrites must know for certain. */
function mismatchMatters(type: number): boolean {
  const base = baseType(type);
  return (
    base === PTR_TO_CTX ||
    (base >= PTR_TO_SOCKET && base <= PTR_TO_TCP_SOCK) ||
    base === PTR_TO_XDP_SOCK ||
    base === PTR_TO_BTF_ID ||
    base === PTR_TO_ARENA
  );
}

/** Remembers what an insn's base register points to, for the facts. */
export function noteKind(env: Env, type: number): void {
  const { factType } = env.aux;
  const i = env.insnIdx;
  const kind = factKind(type);
  if (factType[i] === 0) factType[i] = kind;
  else if (factType[i] !== kind) factType[i] = -1;
}

/** The same; and refuses mixtures that the kernel cannot rewrite. */
export function noteAccess(env: Env, type: number, trustMayDiffer: boolean): void {
  const { aux, insnIdx: i } = env;
  noteKind(env, type);
  const prev = aux.ptrType[i]!;
  if (prev === 0) {
    aux.ptrType[i] = type;
    return;
  }
  if (type === prev || !(mismatchMatters(type) || mismatchMatters(prev))) return;
  const memOrBtf = (t: number): boolean => baseType(t) === PTR_TO_MEM || baseType(t) === PTR_TO_BTF_ID;
  if (!trustMayDiffer || !memOrBtf(type) || !memOrBtf(prev)) {
    fail(env.log, EINVAL, "same insn cannot be used with different pointers");
  }
  const isMem = baseType(type) === PTR_TO_MEM || baseType(prev) === PTR_TO_MEM;
  aux.ptrType[i] = (isMem ? PTR_TO_MEM : PTR_TO_BTF_ID) | ((type | prev) & (PTR_UNTRUSTED | MEM_RDONLY));
}

export function checkLoad(env: Env, strictOnce: boolean, sx: boolean, trustMayDiffer: boolean, where: string): void {
  const { insns, insnIdx: i } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  useReg(env, src);
  defReg(env, dst);
  const type = regsOf(env)[src * REG_WORDS]!;
  checkMem(env, src, insns.off[i]!, sizeOf(insns.code[i]!), READ, dst, strictOnce, sx);
  noteAccess(env, type, trustMayDiffer);
  checkBounds(env, regsOf(env), dst * REG_WORDS, where);
}

export function checkStore(env: Env, strictOnce: boolean): void {
  const { insns, insnIdx: i } = env;
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  useReg(env, src);
  useReg(env, dst);
  const type = regsOf(env)[dst * REG_WORDS]!;
  checkMem(env, dst, insns.off[i]!, sizeOf(insns.code[i]!), WRITE, src, strictOnce, false);
  noteAccess(env, type, false);
}

export function checkStoreImm(env: Env): void {
  const { insns, insnIdx: i } = env;
  const dst = insns.dst[i]!;
  useReg(env, dst);
  const type = regsOf(env)[dst * REG_WORDS]!;
  checkMem(env, dst, insns.off[i]!, sizeOf(insns.code[i]!), WRITE, -1, false, false);
  noteAccess(env, type, false);
}
