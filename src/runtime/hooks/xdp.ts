/**
 * XDP: struct xdp_md at CTX_BASE over a frame with 256 bytes of headroom.
 *
 *     0 data u32 | 4 data_end u32 | 8 data_meta u32 | 12 ingress_ifindex u32 | 16 rx_queue_index u32 | 20 egress_ifindex u32
 *
 * Source: include/uapi/linux/bpf.h; bpf_prog_test_run_xdp in net/bpf/test_run.c.
 */
import { BPF_XDP_CPUMAP, BPF_XDP_DEVMAP } from "../../abi/attach-types.ts";
import { BPF_MAP_TYPE_CPUMAP } from "../../abi/map-types.ts";
import { EINVAL, ENODEV, ENOMEM } from "../../base/errno.ts";
import type { Executable } from "../../engine/engine.ts";
import { CTX_BASE, MAP_TYPE, PACKETS_BASE, XDP_PACKET_HEADROOM } from "../../layout/layout.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import { metalenInvalid } from "../helpers/net-xdp.ts";
import { PAGE_SIZE, type PacketBuf, SHARED_INFO_BYTES, XDP_FRAME_BYTES, XDP_MD_BYTES } from "./packet.ts";
import { ctxIn, FRAME_AT, type PacketHook, refusedRun, runOnce, runRepeated, setCpu } from "./packet-hook.ts";
import { ETH_HLEN } from "./skb.ts";

const W_IFINDEX: number = (CTX_BASE + 12) >>> 2;
const W_QUEUE: number = (CTX_BASE + 16) >>> 2;
const W_EGRESS: number = (CTX_BASE + 20) >>> 2;

const XDP_ABORTED = 0;
const XDP_DROP = 1;
const XDP_PASS = 2;
/** MAX_SKB_FRAGS. */
const MAX_FRAGS = 17;
const LOOPBACK_IFINDEX = 1;
const LOOPBACK_MTU = 65536;
const ETHERNET_MTU = 1500;

export function xdpHook(p: PacketBuf): PacketHook {
  const { u8, u32 } = p.machine;

  function stage(length: number, _wireLen: number, _sec: number, _nsec: number, ifindex: number): void {
    p.startXdp(FRAME_AT, length);
    u32[W_IFINDEX] = ifindex;
    u32[W_QUEUE] = 0;
    u32[W_EGRESS] = 0;
    p.ifindex = ifindex;
    p.mtu = ETHERNET_MTU;
  }

  /**
   * The programs of devmap and cpumap slots. Through a devmap goes what its program passes; what a cpumap's program says is the
   * verdict.
   */
  function follow(retval: number): number {
    const { map, key, ifindex } = p.redirect;
    const exec = map === 0 ? null : p.machine.redirectProg(map, key);
    if (exec === null) return retval;
    const m = p.machine;
    const { cpu } = m.event;
    const isCpumap = u32[(map + MAP_TYPE) >>> 2] === BPF_MAP_TYPE_CPUMAP;
    u32[W_EGRESS] = isCpumap ? 0 : ifindex;
    p.redirect.map = 0;
    p.publish();
    if (isCpumap) setCpu(m, key);
    try {
      const verdict = runOnce(m, exec);
      if (isCpumap) return verdict;
      return verdict === XDP_PASS ? retval : verdict === XDP_ABORTED ? XDP_ABORTED : XDP_DROP;
    } finally {
      if (isCpumap) setCpu(m, cpu);
    }
  }

  function testRun(exec: Executable, run: TestRun): TestRunResult {
    const data = run.data ?? new Uint8Array(0);
    const ctx = layOut(exec, run, data);
    const { retval, durationNs } = runRepeated(p.machine, exec, run);
    if (ctx !== null) {
      const view = new DataView(ctx.buffer);
      view.setUint32(0, p.data - p.meta, true);
      view.setUint32(4, p.linearEnd - p.meta, true);
    }
    return { retval, dataOut: u8.slice(p.meta, p.end), ctxOut: ctx, durationNs };
  }

  /** Checks the arguments in the kernel's order and puts packet and ctx in place. */
  function layOut(exec: Executable, run: TestRun, data: Uint8Array): Uint8Array | null {
    const attach = exec.prog.prog.spec.expectedAttachType;
    if (attach === BPF_XDP_DEVMAP || attach === BPF_XDP_CPUMAP) throw refusedRun(EINVAL, "a devmap or cpumap program");
    if ((run.flags ?? 0) !== 0) throw refusedRun(EINVAL, "flags that the embedded target does not know");
    const ctx = ctxIn(run, XDP_MD_BYTES);
    let headroom = XDP_PACKET_HEADROOM;
    let linear = data.length;
    let metaBytes = 0;
    let ifindex = LOOPBACK_IFINDEX;
    if (ctx !== null) {
      const word = new Uint32Array(ctx.buffer);
      if (word[2] !== 0 || word[1]! > data.length || word[0]! > word[1]!) {
        throw refusedRun(EINVAL, "ctx wants 0 = data_meta <= data <= data_end <= packet length");
      }
      metaBytes = word[0]!;
      if (metalenInvalid(metaBytes) || metaBytes > headroom - XDP_FRAME_BYTES) {
        throw refusedRun(EINVAL, "metadata is whole words, at most 216 bytes");
      }
      headroom -= metaBytes;
      linear = word[1]!;
    }
    linear = Math.min(linear, PAGE_SIZE - headroom - SHARED_INFO_BYTES);
    // The kernel compares unsigned: no packet at all is refused, metadata longer than the data cannot be.
    if (data.length - metaBytes < ETH_HLEN) throw refusedRun(EINVAL, "a packet has at least 14 bytes");
    if (ctx !== null) ifindex = device(ctx);
    const fragBytes = data.length - linear;
    if (fragBytes > MAX_FRAGS * PAGE_SIZE) throw refusedRun(ENOMEM, "packet too large");
    // The kernel's page is fresh: head and tail that the program opens are zeros.
    u8.fill(0, PACKETS_BASE, FRAME_AT);
    u8.set(data, FRAME_AT - metaBytes);
    stage(linear - metaBytes, 0, 0, 0, ifindex);
    p.mtu = LOOPBACK_MTU;
    p.hardEnd = p.hardStart + PAGE_SIZE - SHARED_INFO_BYTES;
    if (fragBytes > 0) {
      p.end = p.linearEnd + fragBytes;
      p.hardEnd = p.hardStart + PAGE_SIZE * (MAX_FRAGS + 1);
      for (let left = fragBytes; left > 0; left -= PAGE_SIZE) p.frags.push(Math.min(left, PAGE_SIZE));
    }
    p.meta = p.data - metaBytes;
    p.publish();
    return ctx;
  }

  function device(ctx: Uint8Array): number {
    const [, , , ingress, queue, egress] = new Uint32Array(ctx.buffer);
    if (egress !== 0) throw refusedRun(EINVAL, "egress_ifindex is not settable");
    if (ingress === 0 && queue !== 0) throw refusedRun(EINVAL, "a queue needs an interface");
    if (ingress === 0) return LOOPBACK_IFINDEX;
    if (ingress !== LOOPBACK_IFINDEX && !p.devices.has(ingress!)) throw refusedRun(ENODEV, "no such interface");
    if (queue !== 0) throw refusedRun(EINVAL, "interfaces here have one queue");
    return ingress!;
  }

  return { p, stage, follow, testRun, frame: () => ({ start: p.data, end: p.end }) };
}
