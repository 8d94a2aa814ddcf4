/**
 * Programs that take a ctx and no packet, as BPF_PROG_TEST_RUN runs them.
 *
 *     syscall     ctx: bytes that the program may change; they are given back
 *     sk_lookup   ctx: struct bpf_sk_lookup
 *                 0 sk u64 | 8 family u32 | 12 protocol u32 | 16 remote_ip4 be32 | 20 remote_ip6 | 36 remote_port be16 |
 *                 40 local_ip4 be32 | 44 local_ip6 | 60 local_port u32 | 64 ingress_ifindex u32
 *
 * Source: bpf_prog_test_run_syscall and bpf_prog_test_run_sk_lookup in net/bpf/test_run.c.
 */
import { BPF_PROG_TYPE_SK_LOOKUP, BPF_PROG_TYPE_SYSCALL } from "../../abi/prog-types.ts";
import { EAFNOSUPPORT, EINVAL, ERANGE } from "../../base/errno.ts";
import type { Executable, Region } from "../../engine/engine.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import { allZero, ctxIn, refusedRun, runRepeated } from "./packet-hook.ts";
import type { Machine } from "./types.ts";

const SK_LOOKUP_BYTES = 72;
const AF_INET = 2;
const AF_INET6 = 10;
const MAX_CTX_BYTES = 0xffff;

export interface CtxHook {
  testRun(exec: Executable, run: TestRun): TestRunResult;
  regions(): readonly Region[];
}

export function isCtxType(progType: number): boolean {
  return progType === BPF_PROG_TYPE_SYSCALL || progType === BPF_PROG_TYPE_SK_LOOKUP;
}

export function ctxHook(m: Machine): CtxHook {
  const { u8 } = m;
  let live: Region | null = null;

  function testRun(exec: Executable, run: TestRun): TestRunResult {
    const syscall = exec.prog.prog.spec.type === BPF_PROG_TYPE_SYSCALL;
    if (run.data !== undefined) throw refusedRun(EINVAL, "programs of this type take no packet");
    if ((run.flags ?? 0) !== 0) throw refusedRun(EINVAL, "programs of this type take no flags");
    const ctx = syscall ? syscallCtx(run) : lookupCtx(run);
    u8.set(ctx, CTX_BASE);
    live = { start: CTX_BASE, end: CTX_BASE + ctx.length, write: syscall, what: "ctx" };
    try {
      const { retval, durationNs } = runRepeated(m, exec, run);
      if (syscall) return { retval, dataOut: null, ctxOut: u8.slice(CTX_BASE, CTX_BASE + ctx.length), durationNs };
      // SK_PASS unless the program dropped.
      return { retval: retval === 0 ? 0 : 1, dataOut: null, ctxOut: null, durationNs };
    } finally {
      live = null;
    }
  }

  return { testRun, regions: () => (live === null ? [] : [live]) };
}

function syscallCtx(run: TestRun): Uint8Array {
  if ((run.repeat ?? 0) > 0) throw refusedRun(EINVAL, "syscall programs are run once");
  const ctx = run.ctx ?? new Uint8Array(0);
  if (ctx.length > MAX_CTX_BYTES) throw refusedRun(EINVAL, `ctx longer than ${MAX_CTX_BYTES} bytes`);
  return ctx;
}

function lookupCtx(run: TestRun): Uint8Array {
  if ((run.cpu ?? 0) !== 0) throw refusedRun(EINVAL, "cpu is not settable for this type");
  const given = ctxIn(run, SK_LOOKUP_BYTES);
  if (given === null) throw refusedRun(EINVAL, "sk_lookup programs need a ctx");
  const view = new DataView(given.buffer);
  if (!allZero(given, 0, 8) || !allZero(given, 64, SK_LOOKUP_BYTES))
    throw refusedRun(EINVAL, "sk and ingress_ifindex are zero");
  if (view.getUint32(60, true) > 0xffff) throw refusedRun(ERANGE, "local_port beyond 65535");
  const family = view.getUint16(8, true);
  if (family !== AF_INET && family !== AF_INET6) throw refusedRun(EAFNOSUPPORT, "family is AF_INET or AF_INET6");
  // The kernel keeps 16 bits of family and protocol, and the addresses of that family alone.
  const ctx = given.slice();
  const out = new DataView(ctx.buffer);
  out.setUint32(8, family, true);
  out.setUint32(12, view.getUint16(12, true), true);
  out.setUint16(38, 0, true);
  if (family === AF_INET) {
    ctx.fill(0, 20, 36);
    ctx.fill(0, 44, 60);
  } else {
    ctx.fill(0, 16, 20);
    ctx.fill(0, 40, 44);
  }
  return ctx;
}
