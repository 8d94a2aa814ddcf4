/** What XDP, tc and the other packet hooks have in common: one object a program type, over the runtime's one PacketBuf. */

import { E2BIG, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import type { Executable } from "../../engine/engine.ts";
import {
  CELL_CPU,
  CELL_MAY_GOTO,
  CELL_TAIL_CALLS,
  CTX_BASE,
  PACKETS_BASE,
  XDP_PACKET_HEADROOM,
} from "../../layout/layout.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import type { PacketBuf } from "./packet.ts";
import type { Machine } from "./types.ts";

/** Where a hook wants a frame's first byte. */
export const FRAME_AT: number = PACKETS_BASE + XDP_PACKET_HEADROOM;
/** Longest frame that a slot takes: 64 KiB and an Ethernet header with two VLAN tags. */
export const MAX_FRAME_BYTES: number = 0x10000 + 22;

/** BPF_MAX_LOOPS: how often may_goto lets a program go back. */
const MAY_GOTO_BUDGET = 8 * 1024 * 1024;

export interface PacketHook {
  readonly p: PacketBuf;
  /** Lays out the ctx for a frame of `length` bytes at FRAME_AT that came in on interface `ifindex`. */
  stage(length: number, wireLen: number, tsSec: number, tsNsec: number, ifindex: number): void;
  /** What becomes of a packet with that verdict: XDP packets that are redirected may run through another program. */
  follow?(retval: number): number;
  /** BPF_PROG_TEST_RUN. */
  testRun(exec: Executable, run: TestRun): TestRunResult;
  /** Where the frame begins and ends after a run, as it would leave by a device. */
  frame(): { readonly start: number; readonly end: number };
}

/** Runs once with fresh cells. */
export function runOnce(m: Machine, exec: Executable): number {
  m.u32[CELL_TAIL_CALLS >>> 2] = 0;
  m.u32[CELL_MAY_GOTO >>> 2] = MAY_GOTO_BUDGET;
  return exec.run(CTX_BASE);
}

/** The CPU that the next run is on. */
export function setCpu(m: Machine, cpu: number): void {
  m.event.cpu = cpu;
  m.u32[CELL_CPU >>> 2] = cpu;
}

export interface Repeated {
  readonly retval: number;
  readonly durationNs: number;
}

/** As bpf_test_run does: the packet is not put back between runs. */
export function runRepeated(m: Machine, exec: Executable, run: TestRun): Repeated {
  const times = Math.max(1, run.repeat ?? 1);
  setCpu(m, 0);
  let retval = 0;
  const begin = performance.now();
  for (let i = 0; i < times; i++) {
    retval = runOnce(m, exec);
    if (m.event.wakeNs <= m.clock()) m.settle();
  }
  return { retval: retval >>> 0, durationNs: Math.round(((performance.now() - begin) * 1e6) / times) };
}

/** BPF_PROG_TEST_RUN refused its arguments. */
export function refusedRun(errno: number, why: string): SkepError {
  return new SkepError(`run/${errnoName(errno)}`, `test run refused: ${why}`, { errno });
}

export function allZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}

/**
 * bpf_ctx_init: the ctx that user space gave, zero-extended to `size`; E2BIG where bytes beyond it are not zero. Null where
 * none was given.
 */
export function ctxIn(run: TestRun, size: number): Uint8Array | null {
  const given = run.ctx;
  if (given === undefined) return null;
  if (given.length > size && !allZero(given, size, given.length))
    throw refusedRun(E2BIG, "ctx is longer than its struct");
  const ctx = new Uint8Array(size);
  ctx.set(given.subarray(0, size));
  return ctx;
}
