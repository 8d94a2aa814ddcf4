/**
 * Flow dissector programs: the ctx is a __sk_buff of which only data, data_end and flow_keys are there; the program fills
 * struct bpf_flow_keys, which a test run gives back as the data.
 *
 *     0 nhoff u16 | 2 thoff u16 | 4 addr_proto u16 | 6 is_frag u8 | 7 is_first_frag u8 | 8 is_encap u8 | 9 ip_proto u8 |
 *     10 n_proto be16 | 12 sport be16 | 14 dport be16 | 16 addresses 32 bytes | 48 flags u32 | 52 flow_label be32
 *
 * Source: include/uapi/linux/bpf.h; bpf_flow_dissect in net/core/flow_dissector.c, bpf_prog_test_run_flow_dissector.
 */
import { EFAULT, EINVAL } from "../../base/errno.ts";
import type { Executable } from "../../engine/engine.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import type { NetHelper } from "../helpers/net-table.ts";
import { PAGE_SIZE, type PacketBuf } from "./packet.ts";
import { allZero, ctxIn, FRAME_AT, type PacketHook, refusedRun, runRepeated } from "./packet-hook.ts";
import { ETH_HLEN, FLOW_KEYS_BASE, FLOW_KEYS_BYTES, SKB_FLOW_KEYS, skbWord } from "./skb.ts";

const FLAGS = 48;
const W_FLOW_KEYS: number = skbWord(SKB_FLOW_KEYS);

export function flowHook(p: PacketBuf): PacketHook {
  const { u8, u32, view } = p.machine;

  function stage(length: number): void {
    let bytes = length;
    if (bytes < ETH_HLEN) {
      u8.fill(0, FRAME_AT + bytes, FRAME_AT + ETH_HLEN);
      bytes = ETH_HLEN;
    }
    p.startSkb(FRAME_AT, bytes, true, true);
    p.socket = true;
    u32[W_FLOW_KEYS] = FLOW_KEYS_BASE;
    begin(0);
  }

  /** n_proto is the frame's type as it stands there, also where that is a length. */
  function begin(flags: number): void {
    u8.fill(0, FLOW_KEYS_BASE, FLOW_KEYS_BASE + FLOW_KEYS_BYTES);
    view.setUint16(FLOW_KEYS_BASE, ETH_HLEN, true);
    view.setUint16(FLOW_KEYS_BASE + 2, ETH_HLEN, true);
    u8.copyWithin(FLOW_KEYS_BASE + 10, FRAME_AT + 12, FRAME_AT + 14);
    view.setUint32(FLOW_KEYS_BASE + FLAGS, flags, true);
  }

  function end(length: number): void {
    const nhoff = clamp16(view.getUint16(FLOW_KEYS_BASE, true), ETH_HLEN, length);
    view.setUint16(FLOW_KEYS_BASE, nhoff, true);
    view.setUint16(FLOW_KEYS_BASE + 2, clamp16(view.getUint16(FLOW_KEYS_BASE + 2, true), nhoff, length), true);
  }

  function testRun(exec: Executable, run: TestRun): TestRunResult {
    const data = run.data ?? new Uint8Array(0);
    if ((run.flags ?? 0) !== 0 || (run.cpu ?? 0) !== 0)
      throw refusedRun(EINVAL, "flow dissectors take no flags or cpu");
    if (data.length < ETH_HLEN) throw refusedRun(EINVAL, "a packet has at least 14 bytes");
    if (data.length > PAGE_SIZE) throw refusedRun(EINVAL, `packet longer than ${PAGE_SIZE} bytes`);
    const ctx = ctxIn(run, FLOW_KEYS_BYTES);
    if (ctx !== null && !(allZero(ctx, 0, FLAGS) && allZero(ctx, FLAGS + 4, FLOW_KEYS_BYTES))) {
      throw refusedRun(EINVAL, "of the flow keys only flags is settable");
    }
    const flags = ctx === null ? 0 : new DataView(ctx.buffer).getUint32(FLAGS, true);
    u8.set(data, FRAME_AT);
    stage(data.length);
    // There is no skb behind a test run: skb_load_bytes finds nothing.
    p.socket = false;
    // Keys are fresh for each run.
    let result = { retval: 0, durationNs: 0 };
    const times = Math.max(1, run.repeat ?? 1);
    let totalNs = 0;
    for (let i = 0; i < times; i++) {
      begin(flags);
      result = runRepeated(p.machine, exec, {});
      totalNs += result.durationNs;
      end(data.length);
    }
    const dataOut = u8.slice(FLOW_KEYS_BASE, FLOW_KEYS_BASE + FLOW_KEYS_BYTES);
    return { retval: result.retval, dataOut, ctxOut: ctx, durationNs: Math.round(totalNs / times) };
  }

  return { p, stage, testRun, frame: () => ({ start: p.data, end: p.end }) };
}

/** bpf_flow_dissector_load_bytes. */
export function flowHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8 } = p.machine;
  return [
    [
      "skb_load_bytes",
      "iiii->s",
      (_ctx, offset, to, bytes) => {
        const at = p.data + offset!;
        if (offset! < 0 || offset! > 0xffff || !p.socket || at + bytes! > p.end) {
          u8.fill(0, to!, to! + bytes!);
          return -EFAULT;
        }
        u8.copyWithin(to!, at, at + bytes!);
        return 0;
      },
    ],
  ];
}

/** clamp_t(u16, ...). */
function clamp16(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high & 0xffff);
}
