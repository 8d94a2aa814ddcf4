/** Helpers of XDP programs over struct xdp_buff. Limits and errors: net/core/filter.c. */
import { EACCES, EFAULT, EINVAL, ENODEV, EOPNOTSUPP } from "../../base/errno.ts";
import { PAGE_SIZE, type PacketBuf, SHARED_INFO_BYTES, XDP_FRAME_BYTES } from "../hooks/packet.ts";
import { ETH_HLEN } from "../hooks/skb.ts";
import type { NetHelper } from "./net-table.ts";

/** xdp_metalen_invalid: metadata is whole words, at most 255 bytes. */
export function metalenInvalid(bytes: number): boolean {
  return (bytes & 3) !== 0 || bytes > 255;
}

export function xdpHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8, view } = p.machine;

  function adjustHead(_ctx: number, offset: number): number {
    const metaBytes = p.data - p.meta;
    const data = p.data + offset;
    if (data < p.hardStart + XDP_FRAME_BYTES + metaBytes || data > p.linearEnd - ETH_HLEN) return -EINVAL;
    if (metaBytes > 0) u8.copyWithin(p.meta + offset, p.meta, p.data);
    p.meta += offset;
    p.data = data;
    p.publish();
    return 0;
  }

  function adjustMeta(_ctx: number, offset: number): number {
    const meta = p.meta + offset;
    if (meta < p.hardStart + XDP_FRAME_BYTES || meta > p.data) return -EINVAL;
    if (metalenInvalid(p.data - meta)) return -EACCES;
    p.meta = meta;
    p.publish();
    return 0;
  }

  function adjustTail(_ctx: number, offset: number): number {
    if (p.frags.length > 0) {
      const err = offset < 0 ? shrinkFrags(-offset) : growFrags(offset);
      p.publish();
      return err;
    }
    const end = p.linearEnd + offset;
    if (end > p.hardEnd || end < p.data + ETH_HLEN) return -EINVAL;
    if (offset > 0) u8.fill(0, p.linearEnd, end);
    p.linearEnd = p.end = end;
    p.publish();
    return 0;
  }

  function growFrags(offset: number): number {
    const last = p.frags.length - 1;
    if (offset > PAGE_SIZE - p.frags[last]!) return -EINVAL;
    if (p.end + offset > p.hardEnd) return -EOPNOTSUPP;
    u8.fill(0, p.end, p.end + offset);
    p.frags[last]! += offset;
    p.end += offset;
    return 0;
  }

  function shrinkFrags(offset: number): number {
    let left = offset;
    if (left > p.end - p.data - ETH_HLEN) return -EINVAL;
    while (p.frags.length > 0 && left > 0) {
      const last = p.frags.length - 1;
      const shrink = Math.min(left, p.frags[last]!);
      left -= shrink;
      p.end -= shrink;
      if (shrink === p.frags[last]) p.frags.pop();
      else p.frags[last]! -= shrink;
    }
    if (p.frags.length === 0) {
      // What is left lies in one page, and may grow no further.
      p.hardEnd = p.hardStart + PAGE_SIZE - SHARED_INFO_BYTES;
      p.linearEnd -= left;
      p.end = p.linearEnd;
    }
    return 0;
  }

  /** bpf_xdp_pointer's checks. */
  function range(offset: number, bytes: number): number {
    if (offset < 0 || offset > 0xffff || bytes < 0 || bytes > 0xffff) return -EFAULT;
    return offset + bytes > p.end - p.data ? -EINVAL : 0;
  }

  function loadBytes(_ctx: number, offset: number, to: number, bytes: number): number {
    const err = range(offset, bytes);
    if (err === 0) u8.copyWithin(to, p.data + offset, p.data + offset + bytes);
    return err;
  }

  function storeBytes(_ctx: number, offset: number, from: number, bytes: number): number {
    const err = range(offset, bytes);
    if (err === 0) u8.copyWithin(p.data + offset, from, from + bytes);
    return err;
  }

  function redirect(ifindex: number, flags: number, flagsHigh: number): number {
    if (flags !== 0 || flagsHigh !== 0) return 0;
    const r = p.redirect;
    r.ifindex = ifindex;
    r.map = 0;
    r.key = 0;
    r.flags = 0;
    return 4;
  }

  /** Flags that maps take beyond an action: BPF_F_BROADCAST and BPF_F_EXCLUDE_INGRESS, DEVMAP and DEVMAP_HASH (14, 25). */
  function redirectMap(map: number, key: number, flags: number, flagsHigh: number): number {
    const m = p.machine;
    const type = m.u32[map >>> 2]!;
    const own = type === 14 || type === 25 ? 24 : 0;
    if (flagsHigh !== 0 || (flags & ~(3 | own)) !== 0) return 0;
    m.u32[m.scratch >>> 2] = key;
    const value = m.mapFns.lookup(map, m.scratch);
    if (value === 0 && (flags & 8) === 0) return flags & 3;
    const r = p.redirect;
    r.ifindex = value === 0 ? 0 : m.u32[value >>> 2]!;
    r.map = map;
    r.key = key;
    r.flags = flags;
    return 4;
  }

  function checkMtu(
    _ctx: number,
    ifindex: number,
    mtuLen: number,
    lenDiff: number,
    flags: number,
    high: number,
  ): number {
    if (flags !== 0 || high !== 0) return -EINVAL;
    if (ifindex !== 0 && ifindex !== p.ifindex) return -ENODEV;
    const given = view.getUint32(mtuLen, true);
    const length = (given === 0 ? p.linearEnd - p.data : given + ETH_HLEN) + lenDiff;
    view.setUint32(mtuLen, p.mtu, true);
    return length > p.mtu + ETH_HLEN ? 1 : 0;
  }

  /** bpf_xdp_event_output: the high word's low 20 bits say how many packet bytes follow the record. */
  function eventOutput(_ctx: number, map: number, low: number, high: number, data: number, size: number): number {
    if (high >>> 20 !== 0) return -EINVAL;
    const bytes = high & 0xfffff;
    if (bytes > p.end - p.data) return -EFAULT;
    return p.machine.perfOutput(map, low, data, size, p.data, bytes);
  }

  return [
    ["xdp_adjust_head", "ii->s", adjustHead],
    ["xdp_adjust_meta", "ii->s", adjustMeta],
    ["xdp_adjust_tail", "ii->s", adjustTail],
    ["xdp_get_buff_len", "i->u", () => p.end - p.data],
    ["xdp_load_bytes", "iiii->s", loadBytes],
    ["xdp_store_bytes", "iiii->s", storeBytes],
    ["redirect", "id->u", redirect],
    ["redirect_map", "iid->u", redirectMap],
    ["check_mtu", "iiiid->s", checkMtu],
    ["perf_event_output", "iidii->s", eventOutput],
  ];
}
