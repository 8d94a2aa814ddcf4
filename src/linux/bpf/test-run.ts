/**
 * BPF_PROG_TEST_RUN. Which of the fields a program type takes differs; giving one it does not take is EINVAL.
 *
 *     type                            data   data out   ctx            repeat   duration
 *     xdp, skb types, netfilter       in     yes        in, out        yes      yes
 *     flow_dissector                  in     yes        in, out        yes      yes
 *     sk_lookup                       -      -          in             yes      yes
 *     raw_tracepoint                  -      -          in             -        -
 *     syscall                         -      -          in (changed)   -        -
 *
 * Source: net/bpf/test_run.c, kernel/bpf/syscall.c, 6.18.
 */
import { BPF_PROG_TEST_RUN } from "../../abi/cmds.ts";
import {
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_TRACING,
} from "../../abi/prog-types.ts";
import { setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

const TEST_BYTES = 80;
/** What a program may add to a packet, generously: head, tail and the kernel's own rounding. */
const DATA_SLACK = 0x11000;

interface Takes {
  readonly data: boolean;
  readonly ctxOut: boolean;
  readonly repeat: boolean;
}

const PACKET: Takes = { data: true, ctxOut: true, repeat: true };
const LOOKUP: Takes = { data: false, ctxOut: false, repeat: true };
const CTX_ONLY: Takes = { data: false, ctxOut: false, repeat: false };

function takes(progType: number): Takes {
  switch (progType) {
    case BPF_PROG_TYPE_RAW_TRACEPOINT:
    case BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
    case BPF_PROG_TYPE_SYSCALL:
    case BPF_PROG_TYPE_TRACING:
      return CTX_ONLY;
    case BPF_PROG_TYPE_SK_LOOKUP:
      return LOOKUP;
    default:
      return PACKET;
  }
}

export interface TestAttr {
  readonly progType: number;
  readonly data?: Uint8Array;
  readonly ctx?: Uint8Array;
  readonly repeat?: number;
  readonly flags?: number;
  readonly cpu?: number;
}

export interface TestResult {
  /** 0 or -errno. */
  readonly result: number;
  readonly retval: number;
  /** Mean, as the kernel rounds it. */
  readonly durationNs: number;
  /** View into a reused buffer: copy it to keep it. */
  readonly dataOut: Uint8Array | null;
  readonly ctxOut: Uint8Array | null;
}

export function testRun(bpf: Bpf, fd: number, run: TestAttr): TestResult {
  const can = takes(run.progType);
  const attr = bpf.clear();
  attr.setUint32(0, fd, true);
  if (run.data !== undefined) {
    bpf.put("test data", run.data, 16);
    attr.setUint32(8, run.data.length, true);
    if (can.data) {
      const size = run.data.length + DATA_SLACK;
      setAddr(attr, 24, bpf.scratch("test data out", size).addr);
      attr.setUint32(12, size, true);
    }
  }
  if (run.ctx !== undefined) {
    bpf.put("test ctx", run.ctx, 48);
    attr.setUint32(40, run.ctx.length, true);
    if (can.ctxOut) {
      setAddr(attr, 56, bpf.scratch("test ctx out", run.ctx.length).addr);
      attr.setUint32(44, run.ctx.length, true);
    }
  }
  if (can.repeat || run.repeat !== undefined) attr.setUint32(32, run.repeat ?? 1, true);
  attr.setUint32(64, run.flags ?? 0, true);
  attr.setUint32(68, run.cpu ?? 0, true);
  const result = bpf.call(BPF_PROG_TEST_RUN, TEST_BYTES);
  const outBytes = attr.getUint32(12, true);
  const ctxBytes = attr.getUint32(44, true);
  return {
    result,
    retval: attr.getUint32(4, true),
    durationNs: attr.getUint32(36, true),
    dataOut:
      can.data && run.data !== undefined ? bpf.scratch("test data out", outBytes).bytes.subarray(0, outBytes) : null,
    ctxOut: ctxAfter(bpf, run, can, ctxBytes),
  };
}

function ctxAfter(bpf: Bpf, run: TestAttr, can: Takes, ctxBytes: number): Uint8Array | null {
  if (run.ctx === undefined) return null;
  if (can.ctxOut) return bpf.scratch("test ctx out", ctxBytes).bytes.subarray(0, ctxBytes);
  if (run.progType === BPF_PROG_TYPE_SYSCALL) return bpf.scratch("test ctx", 0).bytes.subarray(0, run.ctx.length);
  return null;
}
