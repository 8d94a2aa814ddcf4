/**
 * Hooks whose ctx is struct __sk_buff: tc, socket filter, cgroup_skb and lwt.
 *
 *     type           replayed: data begins at      BPF_PROG_TEST_RUN: data begins at    data/data_end
 *     tc             MAC header, VLAN tag untagged MAC header, as it is                 yes
 *     socket_filter  MAC header (AF_PACKET)        network header                       no
 *     cgroup_skb     network header                network header                       yes
 *     lwt_*          network header                network header                       yes
 *
 * Source: bpf_prog_test_run_skb in net/bpf/test_run.c; __netif_receive_skb_core for what a device does first.
 */
import { BPF_MAP_TYPE_SK_STORAGE } from "../../abi/map-types.ts";
import { EBADMSG, EINVAL, ENODEV } from "../../base/errno.ts";
import type { Executable } from "../../engine/engine.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import type { TestRun, TestRunResult } from "../../loader/target.ts";
import { csumPartial } from "../helpers/net-csum.ts";
import { csumHolds } from "../helpers/net-l4.ts";
import { insertTag, stripTag } from "../helpers/net-skb.ts";
import { CHECKSUM_COMPLETE, PAGE_SIZE, type PacketBuf, SHARED_INFO_BYTES } from "./packet.ts";
import { allZero, ctxIn, FRAME_AT, type PacketHook, refusedRun, runRepeated } from "./packet-hook.ts";
import {
  bswap16,
  ETH_HLEN,
  ETH_P_8021AD,
  ETH_P_8021Q,
  ETH_P_IP,
  ETH_P_IPV6,
  PACKET_BROADCAST,
  PACKET_HOST,
  PACKET_MULTICAST,
  PACKET_OTHERHOST,
  SKB_BYTES,
  SKB_CB,
  SKB_FAMILY,
  SKB_GSO_SEGS,
  SKB_GSO_SIZE,
  SKB_HWTSTAMP,
  SKB_IFINDEX,
  SKB_INGRESS_IFINDEX,
  SKB_LOCAL_IP4,
  SKB_LOCAL_IP6,
  SKB_LOCAL_PORT,
  SKB_MARK,
  SKB_PKT_TYPE,
  SKB_PRIORITY,
  SKB_PROTOCOL,
  SKB_REMOTE_IP4,
  SKB_REMOTE_IP6,
  SKB_REMOTE_PORT,
  SKB_SK,
  SKB_TSTAMP,
  SKB_VLAN_PRESENT,
  SKB_VLAN_PROTO,
  SKB_VLAN_TCI,
  SKB_WIRE_LEN,
  SOCK_BASE,
  SOCK_BYTES,
  skbWord,
  VLAN_HLEN,
} from "./skb.ts";

export interface SkbKind {
  /** tc: the MAC header is part of the data in a test run, too. */
  readonly l2: boolean;
  /** Replayed packets begin at the MAC header. */
  readonly fromMac: boolean;
  /** Replayed packets have their VLAN tag in the ctx, as from a device. */
  readonly untag: boolean;
  /** data and data_end are there. */
  readonly direct: boolean;
  /** The packet belongs to a socket: its addresses are in the ctx. "egress": sent by it. */
  readonly socket: "ingress" | "egress" | null;
}

const W_MARK: number = skbWord(SKB_MARK);
const W_PKT_TYPE: number = skbWord(SKB_PKT_TYPE);
const W_PROTOCOL: number = skbWord(SKB_PROTOCOL);
const W_VLAN_PRESENT: number = skbWord(SKB_VLAN_PRESENT);
const W_VLAN_TCI: number = skbWord(SKB_VLAN_TCI);
const W_VLAN_PROTO: number = skbWord(SKB_VLAN_PROTO);
const W_INGRESS: number = skbWord(SKB_INGRESS_IFINDEX);
const W_IFINDEX: number = skbWord(SKB_IFINDEX);
const W_TSTAMP: number = skbWord(SKB_TSTAMP);
const W_WIRE_LEN: number = skbWord(SKB_WIRE_LEN);
const W_SK: number = skbWord(SKB_SK);
const W_FAMILY: number = skbWord(SKB_FAMILY);
const W_LOCAL_IP4: number = skbWord(SKB_LOCAL_IP4);
const W_REMOTE_IP4: number = skbWord(SKB_REMOTE_IP4);
const W_LOCAL_IP6: number = skbWord(SKB_LOCAL_IP6);
const W_REMOTE_IP6: number = skbWord(SKB_REMOTE_IP6);
const W_LOCAL_PORT: number = skbWord(SKB_LOCAL_PORT);
const W_REMOTE_PORT: number = skbWord(SKB_REMOTE_PORT);

const VLAN_Q: number = bswap16(ETH_P_8021Q);
const VLAN_AD: number = bswap16(ETH_P_8021AD);
const IP4: number = bswap16(ETH_P_IP);
const IP6: number = bswap16(ETH_P_IPV6);

/** NET_SKB_PAD + NET_IP_ALIGN on x86-64. */
const SKB_HEADROOM = 64;
const MAX_TEST_BYTES: number = PAGE_SIZE - SKB_HEADROOM - SHARED_INFO_BYTES;
const GSO_MAX_BYTES = 65536;
const GSO_MAX_SEGS = 65535;
const LOOPBACK_IFINDEX = 1;
const LOOPBACK_MTU = 65536;
const ETHERNET_MTU = 1500;
const BPF_F_TEST_SKB_CHECKSUM_COMPLETE = 4;
const AF_INET = 2;
const AF_INET6 = 10;
const IPPROTO_TCP = 6;
const SOCK_STREAM = 1;
const SOCK_DGRAM = 2;
const TCP_ESTABLISHED = 1;
const DUMMY_SOCKET = 1;

/** Fields of ctx_in that user space may set; everything between must be zero. */
const SETTABLE: readonly (readonly [from: number, to: number])[] = [
  [SKB_MARK, SKB_MARK + 4],
  [SKB_PRIORITY, SKB_IFINDEX + 4],
  [SKB_CB, SKB_CB + 20],
  [SKB_TSTAMP, SKB_GSO_SEGS + 4],
  [SKB_GSO_SIZE, SKB_GSO_SIZE + 4],
  [SKB_HWTSTAMP, SKB_HWTSTAMP + 8],
];
/** Fields that a test run hands back. */
const RETURNED: readonly (readonly [from: number, bytes: number])[] = [
  [SKB_MARK, 4],
  [SKB_PRIORITY, 4],
  [SKB_INGRESS_IFINDEX, 8],
  [SKB_TSTAMP, 8],
  [SKB_CB, 20],
  [SKB_WIRE_LEN, 8],
  [SKB_HWTSTAMP, 8],
];

export function skbHook(p: PacketBuf, kind: SkbKind): PacketHook {
  const { u8, u32, view, blocks } = p.machine;

  let second = -1;
  let secondLo = 0;
  let secondHi = 0;

  function stage(length: number, wireLen: number, tsSec: number, tsNsec: number, ifindex: number): void {
    let bytes = length;
    if (bytes < ETH_HLEN) {
      u8.fill(0, FRAME_AT + bytes, FRAME_AT + ETH_HLEN);
      bytes = ETH_HLEN;
    }
    p.startSkb(FRAME_AT, bytes, kind.fromMac, kind.direct);
    p.transport = p.net;
    p.macLen = ETH_HLEN;
    p.ifindex = ifindex;
    p.mtu = ETHERNET_MTU;
    if (kind.untag) untag();
    u32[W_INGRESS] = ifindex;
    u32[W_IFINDEX] = ifindex;
    u32[W_PKT_TYPE] = packetType(true);
    u32[W_WIRE_LEN] = Math.max(wireLen, bytes);
    setTstamp(tsSec, tsNsec);
    if (kind.socket !== null) {
      addresses(kind.socket === "ingress", true);
      flowSocket();
    }
  }

  /** sec * 1e9 + nsec in two words; those of a second are worked out once. */
  function setTstamp(sec: number, nsec: number): void {
    if (sec !== second) {
      second = sec;
      // By 16-bit digits: every step stays below 2^53.
      const low = (sec & 0xffff) * 1_000_000_000;
      const carry = Math.floor(low / 65536);
      const high = (sec >>> 16) * 1_000_000_000 + carry;
      secondHi = Math.floor(high / 65536);
      secondLo = (high - secondHi * 65536) * 65536 + (low - carry * 65536);
    }
    const low = secondLo + nsec;
    const carry = low >= 2 ** 32 ? 1 : 0;
    u32[W_TSTAMP] = low - carry * 2 ** 32;
    u32[W_TSTAMP + 1] = secondHi + carry;
  }

  /** skb_vlan_untag: the outermost tag goes into the ctx. */
  function untag(): void {
    const proto = u32[W_PROTOCOL]!;
    if ((proto !== VLAN_Q && proto !== VLAN_AD) || p.end - p.data < ETH_HLEN + VLAN_HLEN) return;
    u32[W_VLAN_TCI] = stripTag(p);
    u32[W_VLAN_PRESENT] = 1;
    u32[W_VLAN_PROTO] = proto;
    p.meta = p.data;
    p.transport = p.net;
    p.publish();
  }

  /** eth_skb_pkt_type. `own`: a unicast frame is for us, whatever its address; else loopback's zero address decides. */
  function packetType(own: boolean): number {
    const dst = p.mac;
    if ((u8[dst]! & 1) !== 0) {
      for (let i = 0; i < 6; i++) if (u8[dst + i] !== 0xff) return PACKET_MULTICAST;
      return PACKET_BROADCAST;
    }
    if (own) return PACKET_HOST;
    for (let i = 0; i < 6; i++) if (u8[dst + i] !== 0) return PACKET_OTHERHOST;
    return PACKET_HOST;
  }

  /** family, remote_ip and local_ip of the socket; `localIsDst`: it receives. */
  function addresses(localIsDst: boolean, ports: boolean): void {
    const v4 = u32[W_PROTOCOL] === IP4;
    if (!v4 && u32[W_PROTOCOL] !== IP6) return;
    const words = v4 ? 1 : 4;
    const src = p.net + (v4 ? 12 : 8);
    u32[W_FAMILY] = v4 ? AF_INET : AF_INET6;
    if (p.net + (v4 ? 20 : 40) > p.end) return;
    const local = v4 ? W_LOCAL_IP4 : W_LOCAL_IP6;
    const remote = v4 ? W_REMOTE_IP4 : W_REMOTE_IP6;
    const from = localIsDst ? remote : local;
    const to = localIsDst ? local : remote;
    for (let i = 0; i < words; i++) {
      u32[from + i] = view.getUint32(src + 4 * i, true);
      u32[to + i] = view.getUint32(src + 4 * (words + i), true);
    }
    const proto = v4 ? u8[p.net + 9] : u8[p.net + 6];
    const l4 = p.net + (v4 ? (u8[p.net]! & 15) * 4 : 40);
    if (!ports || (proto !== 6 && proto !== 17) || l4 + 4 > p.end) return;
    // remote_port is big-endian in a u32's upper half on this byte order, local_port host order.
    const sport = view.getUint16(l4);
    const dport = view.getUint16(l4 + 2);
    u32[W_REMOTE_PORT] = bswap16(localIsDst ? sport : dport) << 16;
    u32[W_LOCAL_PORT] = localIsDst ? dport : sport;
  }

  /** The socket of a replayed packet: struct bpf_sock from the ctx; its cookie names the flow. */
  function flowSocket(): void {
    const family = u32[W_FAMILY]!;
    if (family === 0) return;
    const local = u32[W_LOCAL_PORT]!;
    const remote = bswap16(u32[W_REMOTE_PORT]! >>> 16);
    const proto = u8[p.net + (family === AF_INET ? 9 : 6)]!;
    const sock = SOCK_BASE >>> 2;
    blocks.clear(SOCK_BASE, SOCK_BYTES);
    u32[sock + 1] = family;
    u32[sock + 2] = proto === IPPROTO_TCP ? SOCK_STREAM : SOCK_DGRAM;
    u32[sock + 3] = proto;
    u32[sock + 6] = u32[W_LOCAL_IP4]!;
    u32[sock + 11] = local;
    u32[sock + 12] = u32[W_REMOTE_PORT]! >>> 16;
    u32[sock + 13] = u32[W_REMOTE_IP4]!;
    let hash = Math.imul(proto ^ 0x9e3779b9, 0x85ebca6b);
    // Both ends count alike: answers belong to the same socket.
    hash = Math.imul(hash ^ (local + remote), 0xc2b2ae35);
    hash = Math.imul(hash ^ (local ^ remote), 0x27d4eb2f);
    hash = Math.imul(hash ^ (u32[W_LOCAL_IP4]! + u32[W_REMOTE_IP4]!), 0x85ebca6b);
    for (let i = 0; family === AF_INET6 && i < 4; i++) {
      const here = u32[W_LOCAL_IP6 + i]!;
      const there = u32[W_REMOTE_IP6 + i]!;
      u32[sock + 7 + i] = here;
      u32[sock + 14 + i] = there;
      hash = Math.imul(hash ^ (here + there), 0xc2b2ae35);
      hash ^= hash >>> 15;
    }
    u32[sock + 18] = TCP_ESTABLISHED;
    p.socket = true;
    p.socketId = hash >>> 0 || 1;
    u32[W_SK] = SOCK_BASE;
  }

  function testRun(exec: Executable, run: TestRun): TestRunResult {
    const data = run.data ?? new Uint8Array(0);
    const flags = run.flags ?? 0;
    if ((flags & ~BPF_F_TEST_SKB_CHECKSUM_COMPLETE) !== 0) throw refusedRun(EINVAL, "unknown flags");
    if ((run.cpu ?? 0) !== 0) throw refusedRun(EINVAL, "cpu is not settable for this type");
    if (data.length < ETH_HLEN) throw refusedRun(EINVAL, "a packet has at least 14 bytes");
    if (data.length > MAX_TEST_BYTES) throw refusedRun(EINVAL, `packet longer than ${MAX_TEST_BYTES} bytes`);
    const ctx = ctxIn(run, SKB_BYTES);
    u8.set(data, FRAME_AT);
    p.startSkb(FRAME_AT, data.length, kind.l2, kind.direct);
    p.ifindex = LOOPBACK_IFINDEX;
    p.mtu = LOOPBACK_MTU;
    p.socket = true;
    // The kernel makes another dummy socket each time.
    p.socketId = DUMMY_SOCKET;
    p.machine.ownerGone(BPF_MAP_TYPE_SK_STORAGE, DUMMY_SOCKET);
    u8.fill(0, SOCK_BASE, SOCK_BASE + SOCK_BYTES);
    u32[W_SK] = SOCK_BASE;
    u32[W_PKT_TYPE] = packetType(false);
    addresses(false, false);
    setFields(ctx);
    const complete = (flags & BPF_F_TEST_SKB_CHECKSUM_COMPLETE) !== 0;
    if (complete) {
      p.ipSummed = CHECKSUM_COMPLETE;
      p.csum = csumPartial(view, p.net, p.end - p.net, 0);
    }
    const { retval, durationNs } = runRepeated(p.machine, exec, run);
    if (!kind.l2) {
      // The kernel gives the link header back as zeros.
      p.data -= ETH_HLEN;
      u8.fill(0, p.data, p.data + ETH_HLEN);
    }
    if (complete && !csumHolds(p)) throw refusedRun(EBADMSG, "the program left a wrong checksum behind");
    if (ctx !== null) {
      for (const [from, bytes] of RETURNED) ctx.set(u8.subarray(CTX_BASE + from, CTX_BASE + from + bytes), from);
    }
    return { retval, dataOut: u8.slice(p.data, p.end), ctxOut: ctx, durationNs };
  }

  /** convert___skb_to_skb. */
  function setFields(ctx: Uint8Array | null): void {
    u32[W_IFINDEX] = LOOPBACK_IFINDEX;
    u32[W_WIRE_LEN] = p.length;
    const given = ctx === null ? null : new DataView(ctx.buffer);
    const ifindex = given?.getUint32(SKB_IFINDEX, true) ?? 0;
    if (ifindex > 1 && !p.devices.has(ifindex)) throw refusedRun(ENODEV, "no such interface");
    const header = u32[W_PROTOCOL] === IP4 ? 20 : u32[W_PROTOCOL] === IP6 ? 40 : 0;
    if (p.end - p.net < header) throw refusedRun(EINVAL, "an IP packet holds its IP header");
    if (ctx === null || given === null) return;
    let at = 0;
    for (const [from, to] of SETTABLE) {
      if (!allZero(ctx, at, from)) throw refusedRun(EINVAL, `ctx field at ${at} to ${from} is not settable`);
      at = to;
    }
    u32[W_MARK] = given.getUint32(SKB_MARK, true);
    for (const field of [SKB_PRIORITY, SKB_INGRESS_IFINDEX, SKB_GSO_SEGS, SKB_GSO_SIZE]) {
      u32[skbWord(field)] = given.getUint32(field, true);
    }
    u8.set(ctx.subarray(SKB_CB, SKB_CB + 20), CTX_BASE + SKB_CB);
    u8.set(ctx.subarray(SKB_TSTAMP, SKB_TSTAMP + 8), CTX_BASE + SKB_TSTAMP);
    u8.set(ctx.subarray(SKB_HWTSTAMP, SKB_HWTSTAMP + 8), CTX_BASE + SKB_HWTSTAMP);
    if (ifindex > 1) u32[W_IFINDEX] = p.ifindex = ifindex;
    const wireLen = given.getUint32(SKB_WIRE_LEN, true);
    if (wireLen !== 0) {
      if (wireLen < p.length || wireLen > GSO_MAX_BYTES) throw refusedRun(EINVAL, "wire_len is out of range");
      u32[W_WIRE_LEN] = wireLen;
    }
    if (given.getUint32(SKB_GSO_SEGS, true) > GSO_MAX_SEGS) throw refusedRun(EINVAL, "gso_segs is out of range");
  }

  /** With the VLAN tag of the ctx back in its place. */
  function frame(): { start: number; end: number } {
    if (u32[W_VLAN_PRESENT] !== 0 && p.mac === p.data && p.ensureHeadroom(VLAN_HLEN)) {
      insertTag(p, u32[W_VLAN_PROTO]!, u32[W_VLAN_TCI]!);
    }
    return { start: p.mac, end: p.end };
  }

  return { p, stage, testRun, frame };
}
