/**
 * Bounds of accesses to memory of known size: map values and keys, packets, helper memory, sockets, buffers.
 * Source: kernel/bpf/verifier.c, check_mem_region_access, check_packet_access, check_map_access.
 */

import { type SockView, sockAccess } from "../abi/ctx.ts";
import { EACCES, EINVAL } from "../base/errno.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, say } from "./log.ts";
import type { MapView } from "./maps.ts";
import { type CallMeta, WRITE } from "./meta.ts";
import { tnumText, typeText } from "./print.ts";
import { BPF_KPTR, BPF_UPTR, fieldName } from "./record.ts";
import {
  ID,
  isConst,
  MEM_RDONLY,
  OFF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_PACKET_META,
  PTR_TO_SOCK_COMMON,
  PTR_TO_SOCKET,
  PTR_TO_TCP_SOCK,
  RAW0,
  REG_WORDS,
  SMIN,
  UMAX,
  VAL,
} from "./regs.ts";
import { big, signed, unsigned } from "./words.ts";

const MAX_VAR_OFF = 1 << 29;

/** What loads and stores of insns and those of helpers differ in. */
export type AccessBy = "insn" | "helper";

export function mapOf(env: Env, r: number): MapView {
  return env.maps[regsOf(env)[r * REG_WORDS + RAW0]! - 1]!;
}

/** False, with the sentence said, where off..off+size is not within the region. */
export function inRegion(
  env: Env,
  r: number,
  off: number,
  size: number,
  memSize: number,
  zeroAllowed: boolean,
): boolean {
  const sizeOk = size > 0 || (size === 0 && zeroAllowed);
  if (off >= 0 && sizeOk && off + size <= memSize >>> 0) return true;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  switch (w[at]) {
    case PTR_TO_MAP_KEY:
      say(env.log, `invalid access to map key, key_size=${memSize} off=${off} size=${size}`);
      break;
    case PTR_TO_MAP_VALUE:
      say(env.log, `invalid access to map value, value_size=${memSize} off=${off} size=${size}`);
      break;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
    case PTR_TO_PACKET_END:
      say(
        env.log,
        `invalid access to packet, off=${off} size=${size}, R${r}(id=${w[at + ID]},off=${off},r=${memSize})`,
      );
      break;
    default:
      say(env.log, `invalid access to memory, mem_size=${memSize >>> 0} off=${off} size=${size}`);
  }
  return false;
}

/** Both ends of a variable offset must be within the region. */
export function checkRegion(
  env: Env,
  r: number,
  off: number,
  size: number,
  memSize: number,
  zeroAllowed: boolean,
): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const { log } = env;
  const sminHi = w[at + SMIN + 1]!;
  if (sminHi < 0) {
    const sum = signed(w[at + SMIN]!, sminHi) + off;
    if ((w[at + SMIN] === 0 && sminHi === -2147483648) || sum < 0 || sum > 2147483647) {
      fail(log, EACCES, `R${r} min value is negative, either use unsigned index or do a if (index >=0) check.`);
    }
  }
  if (!inRegion(env, r, (w[at + SMIN]! + off) | 0, size, memSize, zeroAllowed)) {
    fail(log, EACCES, `R${r} min value is outside of the allowed memory range`);
  }
  if (unsigned(w[at + UMAX]!, w[at + UMAX + 1]!) >= MAX_VAR_OFF) {
    fail(log, EACCES, `R${r} unbounded memory access, make sure to bounds check any such access`);
  }
  if (!inRegion(env, r, (w[at + UMAX]! + off) | 0, size, memSize, zeroAllowed)) {
    fail(log, EACCES, `R${r} max value is outside of the allowed memory range`);
  }
}

export function checkMapAccessType(env: Env, r: number, off: number, size: number, type: number): void {
  const map = mapOf(env, r);
  const valueSize = map.spec.valueSize;
  if (type === WRITE && !map.canWrite) {
    fail(env.log, EACCES, `write into map forbidden, value_size=${valueSize} off=${off} size=${size}`);
  }
  if (type !== WRITE && !map.canRead) {
    fail(env.log, EACCES, `read from map forbidden, value_size=${valueSize} off=${off} size=${size}`);
  }
}

/** Within the value, and not over a lock, timer or the like. */
export function checkMapAccess(
  env: Env,
  r: number,
  off: number,
  size: number,
  zeroAllowed: boolean,
  by: AccessBy,
): void {
  const map = mapOf(env, r);
  const { log } = env;
  checkRegion(env, r, off, size, map.spec.valueSize, zeroAllowed);
  if (map.record === null) return;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const min = signed(w[at + SMIN]!, w[at + SMIN + 1]!) + off;
  const max = unsigned(w[at + UMAX]!, w[at + UMAX + 1]!) + off + size;
  for (const field of map.record.fields) {
    if (!(min < field.offBytes + field.sizeBytes && field.offBytes < max)) continue;
    const name = fieldName(field.type);
    if ((field.type & (BPF_KPTR | BPF_UPTR)) === 0) {
      fail(log, EACCES, `${name} cannot be accessed directly by load/store`);
    }
    if (by !== "insn") fail(log, EACCES, `${name} cannot be accessed indirectly by helper`);
    if (!isConst(w, at)) fail(log, EACCES, `${name} access cannot have variable offset`);
    if (field.offBytes !== off + w[at + VAL]!) {
      const given = big(w[at + VAL]!, w[at + VAL + 1]!) + BigInt(off);
      fail(log, EACCES, `${name} access misaligned expected=${field.offBytes} off=${given}`);
    }
    if (size !== 8) fail(log, EACCES, `${name} access size must be BPF_DW`);
  }
}

/** Against the bytes that comparisons with data_end proved. */
export function checkPacket(env: Env, r: number, off: number, size: number, zeroAllowed: boolean): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (w[at + SMIN + 1]! < 0) {
    fail(env.log, EACCES, `R${r} min value is negative, either use unsigned index or do a if (index >=0) check.`);
  }
  const range = w[at + RAW0]!;
  if (range < 0 || !inRegion(env, r, off, size, range, zeroAllowed)) {
    fail(env.log, range < 0 ? EINVAL : EACCES, `R${r} offset is outside of the packet`);
  }
}

// Program types that see packets directly.
const PACKET_READERS = new Set([10, 11, 19, 21, 22, 8]);
const PACKET_WRITERS = new Set([3, 4, 6, 12, 14, 16]);
const CGROUP_SOCKOPT = 25;

/** May the program (or with `meta` the helper it calls) access the packet? */
export function mayAccessPacket(env: Env, meta: CallMeta | null, type: number): boolean {
  const { progType } = env;
  if (PACKET_READERS.has(progType)) {
    if (type === WRITE) return false;
  } else if (!PACKET_WRITERS.has(progType)) {
    if (progType !== CGROUP_SOCKOPT) return false;
    if (type === WRITE) env.seenDirectWrite = true;
    return true;
  }
  if (meta !== null) return meta.pktAccess;
  env.seenDirectWrite = true;
  return true;
}

const FLOW_KEYS_BYTES = 56;

export function checkFlowKeys(env: Env, off: number, size: number): void {
  if (size < 0 || off < 0 || off + size > FLOW_KEYS_BYTES) {
    fail(env.log, EACCES, `invalid access to flow keys off=${off} size=${size}`);
  }
}

function sockView(type: number): SockView {
  switch (type) {
    case PTR_TO_SOCK_COMMON:
      return "sock_common";
    case PTR_TO_SOCKET:
      return "socket";
    case PTR_TO_TCP_SOCK:
      return "tcp_sock";
    default:
      return "xdp_sock";
  }
}

export function checkSock(env: Env, r: number, off: number, size: number): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (w[at + SMIN + 1]! < 0) {
    fail(env.log, EACCES, `R${r} min value is negative, either use unsigned index or do a if (index >=0) check.`);
  }
  if (!sockAccess(sockView(w[at]!), off, size).ok) {
    fail(env.log, EACCES, `R${r} invalid ${typeText(w[at]!)} access off=${off} size=${size}`);
  }
}

/** Buffers whose size is known only when the program is attached: a constant offset that is not negative. */
export function checkBuffer(env: Env, r: number, off: number, size: number, what: string): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (off < 0) fail(env.log, EACCES, `R${r} invalid ${what} buffer access: off=${off}, size=${size}`);
  if (!isConst(w, at) || w[at + VAL] !== 0 || w[at + VAL + 1] !== 0) {
    fail(env.log, EACCES, `R${r} invalid variable buffer offset: off=${off}, var_off=${tnumText(w, at + VAL)}`);
  }
}

export function bufferName(type: number): string {
  return type & MEM_RDONLY ? "rdonly" : "rdwr";
}

/** Pointers that must not have been moved (ctx), or only forward by a constant. */
export function checkPtrOff(env: Env, r: number, fixedOk: boolean): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = w[at]!;
  const off = w[at + OFF]!;
  if (off < 0) fail(env.log, EACCES, `negative offset ${typeText(type)} ptr R${r} off=${off} disallowed`);
  if (!fixedOk && off !== 0) {
    fail(env.log, EACCES, `dereference of modified ${typeText(type)} ptr R${r} off=${off} disallowed`);
  }
  if (!isConst(w, at) || w[at + VAL] !== 0 || w[at + VAL + 1] !== 0) {
    fail(env.log, EACCES, `variable ${typeText(type)} access var_off=${tnumText(w, at + VAL)} disallowed`);
  }
}
