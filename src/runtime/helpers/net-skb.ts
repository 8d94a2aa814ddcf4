/** Helpers of tc, socket filter, cgroup and lwt programs that read and reshape the packet. Semantics: net/core/filter.c. */
import { EALREADY, EFAULT, EINVAL, ENODEV, ENOMEM, ENOTSUPP, EOPNOTSUPP } from "../../base/errno.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import {
  CHECKSUM_COMPLETE,
  CHECKSUM_NONE,
  CHECKSUM_UNNECESSARY,
  type PacketBuf,
  SKB_MAX_BYTES,
} from "../hooks/packet.ts";
import {
  bswap16,
  ETH_HLEN,
  ETH_P_802_2,
  ETH_P_802_3,
  ETH_P_802_3_MIN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  SKB_GSO_SEGS,
  SKB_GSO_SIZE,
  SKB_HASH,
  SKB_PKT_TYPE,
  SKB_PROTOCOL,
  SKB_TSTAMP,
  SKB_TSTAMP_TYPE,
  SKB_VLAN_PRESENT,
  SKB_VLAN_PROTO,
  SKB_VLAN_TCI,
  VLAN_HLEN,
} from "../hooks/skb.ts";
import { csumAdd, csumPartial, csumSub } from "./net-csum.ts";
import { flowHash } from "./net-hash.ts";
import type { NetHelper } from "./net-table.ts";

const IP4_BYTES = 20;
const IP6_BYTES = 40;

// Ethertypes as skb->protocol has them.
const IP: number = bswap16(ETH_P_IP);
const IP6: number = bswap16(ETH_P_IPV6);
const VLAN_Q: number = bswap16(ETH_P_8021Q);
const VLAN_AD: number = bswap16(ETH_P_8021AD);

const W_PROTOCOL: number = (CTX_BASE + SKB_PROTOCOL) >>> 2;
const W_VLAN_PRESENT: number = (CTX_BASE + SKB_VLAN_PRESENT) >>> 2;
const W_VLAN_TCI: number = (CTX_BASE + SKB_VLAN_TCI) >>> 2;
const W_VLAN_PROTO: number = (CTX_BASE + SKB_VLAN_PROTO) >>> 2;
const W_HASH: number = (CTX_BASE + SKB_HASH) >>> 2;
const W_PKT_TYPE: number = (CTX_BASE + SKB_PKT_TYPE) >>> 2;
const W_GSO_SIZE: number = (CTX_BASE + SKB_GSO_SIZE) >>> 2;
const W_GSO_SEGS: number = (CTX_BASE + SKB_GSO_SEGS) >>> 2;

// BPF_F_ADJ_ROOM_*
const FIXED_GSO = 0x1;
const ENCAP_L3 = 0x6;
const ENCAP_L3_IPV4 = 0x2;
const ENCAP_L3_IPV6 = 0x4;
const ENCAP_L4_GRE = 0x8;
const ENCAP_L4_UDP = 0x10;
const NO_CSUM_RESET = 0x20;
const ENCAP_L2_ETH = 0x40;
const DECAP_L3 = 0x180;
const DECAP_L3_IPV4 = 0x80;
const DECAP_L3_IPV6 = 0x100;

export function skbHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8, u32, view } = p.machine;

  function loadBytes(_ctx: number, offset: number, to: number, bytes: number): number {
    if (offset < 0 || offset + bytes > p.end - p.data) {
      u8.fill(0, to, to + bytes);
      return -EFAULT;
    }
    u8.copyWithin(to, p.data + offset, p.data + offset + bytes);
    return 0;
  }

  /** start: BPF_HDR_START_MAC 0, BPF_HDR_START_NET 1. */
  function loadBytesRelative(_ctx: number, offset: number, to: number, bytes: number, start: number): number {
    const base = start === 0 ? p.mac : start === 1 ? p.net : -1;
    if (offset < 0 || offset > 0xffff || base < 0 || base + offset + bytes > p.end) {
      u8.fill(0, to, to + bytes);
      return -EFAULT;
    }
    u8.copyWithin(to, base + offset, base + offset + bytes);
    return 0;
  }

  function storeBytes(_c: number, offset: number, from: number, bytes: number, flags: number, high: number): number {
    if (high !== 0 || (flags & ~3) !== 0) return -EINVAL;
    if (offset < 0 || offset + bytes > p.end - p.data) return -EFAULT;
    const at = p.data + offset;
    const track = (flags & 1) !== 0 && p.ipSummed === CHECKSUM_COMPLETE;
    if (track) p.csum = csumSub(p.csum, rotated(csumPartial(view, at, bytes, 0), offset));
    u8.copyWithin(at, from, from + bytes);
    if (track) p.csum = csumAdd(p.csum, rotated(csumPartial(view, at, bytes, 0), offset));
    if ((flags & 2) !== 0) clearHash();
    return 0;
  }

  function clearHash(): void {
    u32[W_HASH] = 0;
    p.hashed = false;
  }

  function pullData(_ctx: number, bytes: number): number {
    if (bytes < 0 || bytes > p.end - p.data) return -ENOMEM;
    p.publish();
    return 0;
  }

  function pulled(at: number, bytes: number): void {
    if (p.ipSummed === CHECKSUM_COMPLETE) p.csum = csumSub(p.csum, csumPartial(view, at, bytes, 0));
  }

  function pushed(at: number, bytes: number): void {
    if (p.ipSummed === CHECKSUM_COMPLETE) p.csum = csumAdd(p.csum, csumPartial(view, at, bytes, 0));
  }

  /** bpf_skb_net_hdr_push: opens `bytes` zeroed bytes at `off` from data; the headers before them move down. */
  function openGap(off: number, bytes: number): number {
    if (!p.ensureHeadroom(bytes)) return -ENOMEM;
    const transIsNet = p.transport === p.net;
    p.data -= bytes;
    u8.copyWithin(p.data, p.data + bytes, p.data + bytes + off);
    u8.fill(0, p.data + off, p.data + off + bytes);
    p.mac -= bytes;
    p.net -= bytes;
    if (transIsNet) p.transport = p.net;
    return 0;
  }

  /** bpf_skb_net_hdr_pop: cuts `bytes` bytes at `off`; the headers before them move up. */
  function closeGap(off: number, bytes: number): number {
    if (off + bytes > p.end - p.data) return -ENOMEM;
    const old = p.data;
    const transIsNet = p.transport === p.net;
    p.data += bytes;
    pulled(old + off, bytes);
    u8.copyWithin(p.data, old, old + off);
    p.mac += bytes;
    p.net += bytes;
    if (transIsNet) p.transport = p.net;
    return 0;
  }

  function done(err: number): number {
    // Metadata is lost with any change of the head: data_meta follows data.
    p.meta = p.data;
    p.publish();
    return err;
  }

  function changeProto(_ctx: number, proto: number, flags: number, high: number): number {
    if (flags !== 0 || high !== 0) return -EINVAL;
    const to = proto & 0xffff;
    const from = u32[W_PROTOCOL];
    const off = p.net - p.mac;
    const diff = IP6_BYTES - IP4_BYTES;
    let err = -ENOTSUPP;
    if (from === IP && to === IP6) err = openGap(off, diff);
    else if (from === IP6 && to === IP) err = closeGap(off, diff);
    if (err === 0) {
      u32[W_PROTOCOL] = to;
      clearHash();
    }
    return done(err);
  }

  function changeType(_ctx: number, type: number): number {
    if (u32[W_PKT_TYPE]! > 3 || type >>> 0 > 3) return -EINVAL;
    u32[W_PKT_TYPE] = type;
    return 0;
  }

  function baseLen(): number {
    const proto = u32[W_PROTOCOL];
    return proto === IP ? IP4_BYTES : proto === IP6 ? IP6_BYTES : 0xffffffff;
  }

  /** mode: BPF_ADJ_ROOM_NET 0 (after the network header), BPF_ADJ_ROOM_MAC 1 (before it). */
  function adjustRoom(_ctx: number, lenDiff: number, mode: number, flags: number, high: number): number {
    const abs = Math.abs(lenDiff);
    const shrink = lenDiff < 0;
    if ((flags & ~0x1ff) !== 0 || (high & 0xffffff) !== 0) return -EINVAL;
    if (abs > 0xfff) return -EFAULT;
    let lenMin = baseLen();
    if (lenMin === 0xffffffff) return -ENOTSUPP;
    let off = p.net - p.mac;
    if (mode === 0) off += lenMin;
    else if (mode !== 1) return -ENOTSUPP;
    if ((flags & DECAP_L3) !== 0) {
      if (!shrink || (flags & DECAP_L3) === DECAP_L3) return -EINVAL;
      lenMin = (flags & DECAP_L3_IPV4) !== 0 ? IP4_BYTES : IP6_BYTES;
    }
    const lenNow = p.end - p.net;
    if (shrink ? abs >= lenNow || lenNow - abs < lenMin : p.end - p.data + abs > SKB_MAX_BYTES && !isGso()) {
      return -ENOTSUPP;
    }
    const err = shrink ? netShrink(off, abs, flags, high) : netGrow(off, abs, flags, high >>> 24);
    if (err === 0 && (flags & NO_CSUM_RESET) === 0 && p.ipSummed === CHECKSUM_UNNECESSARY) {
      p.ipSummed = CHECKSUM_NONE;
      p.csumLevel = 0;
    }
    return done(err);
  }

  /** A GSO packet of no known type, which is what BPF_PROG_TEST_RUN makes. */
  function isGso(): boolean {
    return u32[W_GSO_SIZE] !== 0;
  }

  function netGrow(off: number, bytes: number, flags: number, innerMacBytes: number): number {
    if (isGso()) return -ENOTSUPP;
    const encap = (flags & ENCAP_L3) !== 0;
    const macBytes = p.net - p.mac;
    if (encap) {
      if ((flags & ENCAP_L3) === ENCAP_L3) return -EINVAL;
      if ((flags & ENCAP_L4_GRE) !== 0 && (flags & ENCAP_L4_UDP) !== 0) return -EINVAL;
      if ((flags & ENCAP_L2_ETH) !== 0 && innerMacBytes < ETH_HLEN) return -EINVAL;
      if (p.encapsulation) return -EALREADY;
      if (innerMacBytes > bytes) return -EINVAL;
    }
    const err = openGap(off, bytes);
    if (err !== 0 || !encap) return err;
    p.encapsulation = true;
    p.net = p.data + macBytes;
    if ((flags & (ENCAP_L4_GRE | ENCAP_L4_UDP)) !== 0) {
      p.transport = p.net + ((flags & ENCAP_L3_IPV6) !== 0 ? IP6_BYTES : IP4_BYTES);
    }
    if ((flags & ENCAP_L3_IPV6) !== 0) u32[W_PROTOCOL] = IP6;
    else if ((flags & ENCAP_L3_IPV4) !== 0) u32[W_PROTOCOL] = IP;
    return 0;
  }

  function netShrink(off: number, bytes: number, flags: number, high: number): number {
    if (high !== 0 || (flags & ~(FIXED_GSO | DECAP_L3 | NO_CSUM_RESET)) !== 0) return -EINVAL;
    if (isGso()) return -ENOTSUPP;
    const err = closeGap(off, bytes);
    if (err !== 0) return err;
    if ((flags & DECAP_L3_IPV6) !== 0) u32[W_PROTOCOL] = IP6;
    else if ((flags & DECAP_L3_IPV4) !== 0) u32[W_PROTOCOL] = IP;
    return 0;
  }

  function changeTail(_ctx: number, newLen: number, flags: number, high: number): number {
    let minLen = Math.max(0, p.net - p.data);
    if (p.transport !== 0 && p.transport > p.data) minLen = p.transport - p.data;
    const length = newLen >>> 0;
    if (flags !== 0 || high !== 0 || length > SKB_MAX_BYTES || length < minLen) return done(-EINVAL);
    if (p.encapsulation) return done(-ENOTSUPP);
    const end = p.data + length;
    if (end > p.hardEnd) return done(-ENOMEM);
    if (end > p.end) u8.fill(0, p.end, end);
    // The sum of the whole is given up, not mended.
    if (end !== p.end && p.ipSummed === CHECKSUM_COMPLETE) p.ipSummed = CHECKSUM_NONE;
    p.end = p.linearEnd = end;
    if (isGso()) u32[W_GSO_SIZE] = u32[W_GSO_SEGS] = 0;
    return done(0);
  }

  function changeHead(_ctx: number, headRoom: number, flags: number, high: number): number {
    const length = p.end - p.data + headRoom;
    if (flags !== 0 || high !== 0 || headRoom < 0 || (!isGso() && length > SKB_MAX_BYTES)) return done(-EINVAL);
    if (!p.ensureHeadroom(headRoom)) return done(-ENOMEM);
    p.data -= headRoom;
    u8.fill(0, p.data, p.data + headRoom);
    p.mac = p.data;
    p.macLen = p.net - p.mac;
    return done(0);
  }

  function vlanPush(_ctx: number, proto: number, tci: number): number {
    let be = proto & 0xffff;
    if (be !== VLAN_Q && be !== VLAN_AD) be = VLAN_Q;
    if (u32[W_VLAN_PRESENT] !== 0) {
      if (p.data !== p.mac) return done(-EINVAL);
      if (!p.ensureHeadroom(VLAN_HLEN)) return done(-ENOMEM);
      insertTag(p, u32[W_VLAN_PROTO]!, u32[W_VLAN_TCI]!);
      u32[W_PROTOCOL] = u32[W_VLAN_PROTO]!;
      pushed(p.data + 12, VLAN_HLEN);
    }
    u32[W_VLAN_PRESENT] = 1;
    u32[W_VLAN_PROTO] = be;
    u32[W_VLAN_TCI] = tci & 0xffff;
    p.macLen = p.net - p.mac;
    return done(0);
  }

  function vlanPop(_ctx: number): number {
    if (u32[W_VLAN_PRESENT] !== 0) {
      u32[W_VLAN_PRESENT] = u32[W_VLAN_PROTO] = u32[W_VLAN_TCI] = 0;
    } else {
      if (!isVlan(u32[W_PROTOCOL]!)) return done(0);
      const tci = removeTag();
      if (tci < 0) return done(tci);
    }
    if (!isVlan(u32[W_PROTOCOL]!)) return done(0);
    const proto = u32[W_PROTOCOL]!;
    const tci = removeTag();
    if (tci < 0) return done(tci);
    u32[W_VLAN_PRESENT] = 1;
    u32[W_VLAN_PROTO] = proto;
    u32[W_VLAN_TCI] = tci;
    return done(0);
  }

  /** __skb_vlan_pop: takes the tag out of the frame and returns its TCI, or -errno. */
  function removeTag(): number {
    if (p.data !== p.mac) return -EINVAL;
    if (p.end - p.data < ETH_HLEN + VLAN_HLEN) return -ENOMEM;
    pulled(p.data + 12, VLAN_HLEN);
    return stripTag(p);
  }

  function getHash(_ctx: number): number {
    if (!p.hashed) {
      u32[W_HASH] = flowHash(p);
      p.hashed = true;
    }
    return u32[W_HASH]!;
  }

  function checkMtu(
    _ctx: number,
    ifindex: number,
    mtuLen: number,
    lenDiff: number,
    flags: number,
    high: number,
  ): number {
    const given = view.getUint32(mtuLen, true);
    if (high !== 0 || (flags & ~1) !== 0) return -EINVAL;
    if ((flags & 1) !== 0 && (lenDiff !== 0 || given !== 0)) return -EINVAL;
    if (ifindex !== 0 && ifindex !== p.ifindex) return -ENODEV;
    const length = (given === 0 ? p.end - p.data : given + ETH_HLEN) + lenDiff;
    let result = 1;
    if (length <= p.mtu + ETH_HLEN) result = 0;
    else if (isGso()) {
      if ((flags & 1) !== 0 && p.transport === 0) return -EINVAL;
      result = 0;
    }
    view.setUint32(mtuLen, p.mtu, true);
    return result;
  }

  function eventOutput(_ctx: number, map: number, low: number, high: number, data: number, size: number): number {
    if (high >>> 20 !== 0) return -EINVAL;
    if (high > p.end - p.data) return -EFAULT;
    return p.machine.perfOutput(map, low, data, size, p.data, high);
  }

  /** type: BPF_SKB_CLOCK_REALTIME 0, MONOTONIC 1, TAI 2. */
  function setTstamp(_ctx: number, low: number, high: number, type: number): number {
    const proto = u32[W_PROTOCOL];
    if (proto !== IP && proto !== IP6) return -EOPNOTSUPP;
    if (type < 0 || type > 2 || (type !== 0 && low === 0 && high === 0)) return -EINVAL;
    view.setInt32(CTX_BASE + SKB_TSTAMP, low, true);
    view.setInt32(CTX_BASE + SKB_TSTAMP + 4, high, true);
    u8[CTX_BASE + SKB_TSTAMP_TYPE] = type;
    return 0;
  }

  /** 1 where the packet now carries CE, 0 where it is not ECN-capable. */
  function ecnSetCe(_ctx: number): number {
    let proto = u32[W_PROTOCOL]!;
    // vlan_get_protocol counts from data, whatever header that is.
    const depth = p.macLen === 0 ? ETH_HLEN : p.macLen - VLAN_HLEN;
    for (let at = p.data + depth; isVlan(proto); at += VLAN_HLEN) {
      proto = at + VLAN_HLEN <= p.end ? view.getUint16(at + 2, true) : 0;
    }
    const need = proto === IP ? IP4_BYTES : proto === IP6 ? IP6_BYTES : -1;
    if (need < 0 || p.end - p.data < need || p.net + need > p.end) return 0;
    if (proto === IP) {
      const ecn = (u8[p.net + 1]! + 1) & 3;
      if ((ecn & 2) === 0) return ecn === 0 ? 1 : 0;
      const add = (bswap16(0xfffb) + bswap16(ecn)) & 0xffff;
      const sum = view.getUint16(p.net + 10, true) + add;
      view.setUint16(p.net + 10, sum > 0xffff ? sum - 0xffff : sum, true);
      u8[p.net + 1]! |= 3;
      return 1;
    }
    if ((u8[p.net + 1]! & 0x30) === 0) return 0;
    const before = csumPartial(view, p.net, 4, 0);
    u8[p.net + 1]! |= 0x30;
    if (p.ipSummed === CHECKSUM_COMPLETE) p.csum = csumAdd(csumSub(p.csum, before), csumPartial(view, p.net, 4, 0));
    return 1;
  }

  return [
    ["skb_load_bytes", "iiii->s", loadBytes],
    ["skb_load_bytes_relative", "iiiii->s", loadBytesRelative],
    ["skb_store_bytes", "iiiid->s", storeBytes],
    ["skb_pull_data", "ii->s", pullData],
    ["skb_change_proto", "iid->s", changeProto],
    ["skb_change_type", "ii->s", changeType],
    ["skb_adjust_room", "iiid->s", adjustRoom],
    ["skb_change_tail", "iid->s", changeTail],
    ["skb_change_head", "iid->s", changeHead],
    ["skb_vlan_push", "iii->s", vlanPush],
    ["skb_vlan_pop", "i->s", vlanPop],
    ["get_hash_recalc", "i->u", getHash],
    [
      "set_hash",
      "ii->s",
      (_ctx, hash) => {
        u32[W_HASH] = hash!;
        p.hashed = true;
        return 0;
      },
    ],
    [
      "set_hash_invalid",
      "i->s",
      () => {
        clearHash();
        return 0;
      },
    ],
    ["check_mtu", "iiiid->s", checkMtu],
    ["perf_event_output", "iidii->s", eventOutput],
    ["skb_set_tstamp", "idi->s", setTstamp],
    ["skb_ecn_set_ce", "i->s", ecnSetCe],
  ];
}

/** csum_block_add: a sum that begins at an odd offset has its bytes swapped. */
function rotated(sum: number, offset: number): number {
  return (offset & 1) === 0 ? sum : ((sum << 24) | (sum >>> 8)) >>> 0;
}

function isVlan(proto: number): boolean {
  return proto === VLAN_Q || proto === VLAN_AD;
}

/** Puts a VLAN tag into the frame at `data`. The caller has made 4 bytes of headroom. */
export function insertTag(p: PacketBuf, protoBe: number, tci: number): void {
  const { u8, view } = p.machine;
  p.data -= VLAN_HLEN;
  p.mac -= VLAN_HLEN;
  p.net -= VLAN_HLEN;
  u8.copyWithin(p.data, p.data + VLAN_HLEN, p.data + VLAN_HLEN + 12);
  view.setUint16(p.data + 12, protoBe, true);
  view.setUint16(p.data + 14, tci);
}

/** Takes the VLAN tag out of the frame at `data`, sets the protocol behind it and returns the TCI. */
export function stripTag(p: PacketBuf): number {
  const { u8, u32, view } = p.machine;
  const tci = view.getUint16(p.data + 14);
  const inner = view.getUint16(p.data + 16);
  u8.copyWithin(p.data + VLAN_HLEN, p.data, p.data + 12);
  p.data += VLAN_HLEN;
  p.mac = p.data;
  if (p.net - p.data < ETH_HLEN) p.net = p.data + ETH_HLEN;
  p.macLen = p.net - p.mac;
  const raw = p.data + ETH_HLEN + 2 <= p.end && view.getUint16(p.data + ETH_HLEN) === 0xffff;
  u32[W_PROTOCOL] = bswap16(inner >= ETH_P_802_3_MIN ? inner : raw ? ETH_P_802_3 : ETH_P_802_2);
  return tci;
}
