/**
 * Facts for the JIT that survive pruning: which insns are reached, what memory accesses point to, which map a call works on.
 * Pruning compares pointer types and maps exactly, so what holds in every visited state holds on every path.
 */
import {
  type Facts,
  PTR_ARENA,
  PTR_CTX,
  PTR_MAP_VALUE,
  PTR_MEM,
  PTR_PACKET,
  PTR_PROBE,
  PTR_SOCK,
  PTR_STACK,
  PTR_UNKNOWN,
} from "../obj/verified.ts";
import type { Env } from "./env.ts";
import {
  baseType,
  isSockPointer,
  MEM_ALLOC,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_BUF,
  PTR_TO_CTX,
  PTR_TO_FLOW_KEYS,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_PACKET,
  PTR_TO_PACKET_META,
  PTR_TO_STACK,
  PTR_TO_TP_BUFFER,
  PTR_UNTRUSTED,
} from "./regs.ts";

/** What Env.aux.factType keeps: PTR_* + 1, so that 0 means not visited. */
export function factKind(type: number): number {
  return kindOf(type) + 1;
}

function kindOf(type: number): number {
  const base = baseType(type);
  switch (base) {
    case PTR_TO_CTX:
      return PTR_CTX;
    case PTR_TO_STACK:
      return PTR_STACK;
    case PTR_TO_MAP_VALUE:
      return PTR_MAP_VALUE;
    case PTR_TO_PACKET:
    case PTR_TO_PACKET_META:
      return PTR_PACKET;
    case PTR_TO_MEM:
      return type & PTR_UNTRUSTED ? PTR_PROBE : PTR_MEM;
    case PTR_TO_MAP_KEY:
    case PTR_TO_BUF:
    case PTR_TO_TP_BUFFER:
    case PTR_TO_FLOW_KEYS:
      return PTR_MEM;
    case PTR_TO_BTF_ID:
      return type & MEM_ALLOC && !(type & PTR_UNTRUSTED) ? PTR_MEM : PTR_PROBE;
    case PTR_TO_ARENA:
      return PTR_ARENA;
    default:
      return isSockPointer(type) ? PTR_SOCK : PTR_UNKNOWN;
  }
}

/** Notes the map that the call at the current insn works on. */
export function noteMap(env: Env, mapIndex: number): void {
  const { factMap } = env.aux;
  const i = env.insnIdx;
  if (factMap[i] === 0) factMap[i] = mapIndex + 1;
  else if (factMap[i] !== mapIndex + 1) factMap[i] = -1;
}

export function collectFacts(env: Env): Facts {
  const { aux } = env;
  const n = env.insns.length;
  const ptr = new Uint8Array(n);
  const map = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    if (aux.factType[i]! > 0) ptr[i] = aux.factType[i]! - 1;
    const m = aux.factMap[i]!;
    // Templates of inner maps stand behind the program's own maps: they are no fact.
    if (m > 0 && m <= env.prog.maps.length) map[i] = m - 1;
  }
  return { reached: aux.seen.slice(), ptr, map };
}
