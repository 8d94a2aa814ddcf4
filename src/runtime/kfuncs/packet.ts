/** kfuncs of packet programs. Source: net/core/filter.c, net/core/xdp.c. */

import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_SOCKET_FILTER,
} from "../../abi/prog-types.ts";
import { EINVAL, EOPNOTSUPP } from "../../base/errno.ts";
import { DYNPTR_SKB, DYNPTR_SKB_META, DYNPTR_XDP, initPacketDynptr, setReadOnly } from "../dynptr.ts";
import { PAGE_SIZE, type PacketBuf, SHARED_INFO_BYTES, XDP_FRAME_BYTES } from "../hooks/packet.ts";
import type { KfuncRow } from "./rows.ts";

/** Types whose packets bpf_dynptr_from_skb gives read-only: may_access_direct_pkt_data(BPF_WRITE). */
const READ_ONLY: ReadonlySet<number> = new Set([
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
]);

export function packetKfuncs(p: PacketBuf, progType: number): readonly KfuncRow[] {
  const m = p.machine;

  function fromSkb(_ctx: number, flags: number, flagsHi: number, ptr: number): number {
    const err = initPacketDynptr(m, ptr >>> 0, DYNPTR_SKB, p.length, flags | flagsHi);
    if (err === 0 && READ_ONLY.has(progType)) setReadOnly(m.u32, ptr >>> 0);
    return err;
  }

  /** Moves bytes of the frags into the linear part; where its tail has no room, the packet moves down. */
  function pullData(_ctx: number, wanted: number): number {
    const length = wanted >>> 0;
    const delta = length - (p.linearEnd - p.data);
    if (delta <= 0) return 0;
    if (length > p.length) return -EINVAL;
    const hardEnd = p.hardStart + PAGE_SIZE - SHARED_INFO_BYTES;
    const tail = hardEnd - p.linearEnd;
    if (delta > tail + (p.meta - p.hardStart - XDP_FRAME_BYTES)) return -EINVAL;
    const shift = delta - tail;
    if (shift > 0) {
      m.u8.copyWithin(p.meta - shift, p.meta, p.end);
      p.meta -= shift;
      p.data -= shift;
      p.linearEnd -= shift;
      p.end -= shift;
    }
    p.linearEnd += delta;
    for (let left = delta; left > 0; ) {
      const shrink = Math.min(left, p.frags[0]!);
      left -= shrink;
      if (shrink === p.frags[0]) p.frags.shift();
      else p.frags[0]! -= shrink;
    }
    if (p.frags.length === 0) p.hardEnd = hardEnd;
    p.publish();
    return 0;
  }

  const noMetadata = (): number => -EOPNOTSUPP;
  return [
    ["bpf_dynptr_from_skb", "idD->s", fromSkb],
    [
      "bpf_dynptr_from_skb_meta",
      "idD->s",
      (_ctx, flags, hi, ptr) => initPacketDynptr(m, ptr! >>> 0, DYNPTR_SKB_META, p.mac - p.meta, flags! | hi!),
    ],
    [
      "bpf_dynptr_from_xdp",
      "idD->s",
      (_ctx, flags, hi, ptr) => initPacketDynptr(m, ptr! >>> 0, DYNPTR_XDP, p.length, flags! | hi!),
    ],
    ["bpf_xdp_pull_data", "ii->s", pullData],
    // As of a driver that tells nothing.
    ["bpf_xdp_metadata_rx_timestamp", "i8->s", noMetadata],
    ["bpf_xdp_metadata_rx_hash", "iii->s", noMetadata],
    ["bpf_xdp_metadata_rx_vlan_tag", "iii->s", noMetadata],
    ["bpf_xdp_get_xfrm_state", "iii->u", () => 0],
    ["bpf_xdp_xfrm_state_release", "i->v", () => undefined],
  ];
}
