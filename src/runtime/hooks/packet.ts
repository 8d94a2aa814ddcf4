/**
 * The packet that a program works on: where it lies in its slot, and what the kernel keeps in struct xdp_buff or struct
 * sk_buff beside the bytes. One object a runtime, overwritten for each packet. Addresses are offsets into linear memory.
 *
 *     slot   hardStart ... meta .. data ......... linearEnd ...... end ... hardEnd
 *                                  |<- direct access ->|<- frags ->|  (helpers see all of data .. end)
 */
import type { Region } from "../../engine/engine.ts";
import { CTX_BASE, PACKET_SLOT_BYTES, PACKETS_BASE, XDP_PACKET_HEADROOM } from "../../layout/layout.ts";
import type { Blocks } from "../blocks.ts";
import {
  ETH_HLEN,
  ETH_P_802_2,
  ETH_P_802_3,
  ETH_P_802_3_MIN,
  FLOW_KEYS_BASE,
  FLOW_KEYS_BYTES,
  SKB_BYTES,
  SKB_DATA,
  SKB_DATA_END,
  SKB_DATA_META,
  SKB_LEN,
  SKB_PROTOCOL,
  SOCK_BASE,
  SOCK_BYTES,
} from "./skb.ts";
import type { FibTable, Machine } from "./types.ts";

export const KIND_NONE = 0;
export const KIND_XDP = 1;
const KIND_SKB = 2;

export const PAGE_SIZE = 4096;
/** SKB_DATA_ALIGN(sizeof(struct skb_shared_info)) on 64-bit: the tailroom that no packet may take. */
export const SHARED_INFO_BYTES = 320;
/** sizeof(struct xdp_frame), kept free below the packet and its metadata. */
export const XDP_FRAME_BYTES = 40;
/** SKB_MAX_ALLOC: the most that helpers let an skb grow to. */
export const SKB_MAX_BYTES: number = 4 * PAGE_SIZE - SHARED_INFO_BYTES;

export const XDP_MD_BYTES = 24;
const XDP_DATA: number = CTX_BASE >>> 2;
const XDP_DATA_END: number = XDP_DATA + 1;
const XDP_DATA_META: number = XDP_DATA + 2;

const W_LEN: number = (CTX_BASE + SKB_LEN) >>> 2;
const W_DATA: number = (CTX_BASE + SKB_DATA) >>> 2;
const W_DATA_END: number = (CTX_BASE + SKB_DATA_END) >>> 2;
const W_DATA_META: number = (CTX_BASE + SKB_DATA_META) >>> 2;

export const CHECKSUM_NONE = 0;
export const CHECKSUM_UNNECESSARY = 1;
export const CHECKSUM_COMPLETE = 2;

/** What bpf_redirect and its kin asked for; the verdict tells whether it counts. */
export interface Redirect {
  ifindex: number;
  /** Descriptor address of the map, 0 for a bare ifindex. */
  map: number;
  key: number;
  flags: number;
}

/** What skb_set_tunnel_key left, as skb_get_tunnel_key gives it back: struct bpf_tunnel_key. */
export interface TunnelKey {
  readonly ipv6: boolean;
  readonly bytes: Uint8Array;
  options: Uint8Array | null;
}

export class PacketBuf {
  readonly machine: Machine;
  kind: number = KIND_NONE;
  hardStart: number = PACKETS_BASE;
  hardEnd: number = PACKETS_BASE + PACKET_SLOT_BYTES;
  meta = 0;
  data = 0;
  linearEnd = 0;
  end = 0;
  /** Sizes of XDP frags between linearEnd and end; empty for a linear packet. */
  frags: number[] = [];

  // sk_buff beyond __sk_buff
  /** Addresses of the MAC and network headers. */
  mac = 0;
  net = 0;
  /** Address of the transport header, 0 while unset. */
  transport = 0;
  /** skb->mac_len: bytes of the link header with its tags, 0 while nobody has set it. */
  macLen = 0;
  /** Programs of this type see `data` and `data_end`. */
  direct = false;
  ipSummed: number = CHECKSUM_NONE;
  csumLevel = 0;
  /** 32-bit one's complement sum from the network header on, while ipSummed is CHECKSUM_COMPLETE. */
  csum = 0;
  encapsulation = false;
  tunnel: TunnelKey | null = null;
  /** __sk_buff.hash holds a hash. */
  hashed = false;
  /** The packet has a socket: struct bpf_sock at SOCK_BASE. */
  socket = false;
  /** Its cookie: the same for the packets of a flow, in both directions. */
  socketId = 1;

  /** The device the packet came in on: what check_mtu and fib_lookup know of it. */
  ifindex = 1;
  mtu = 1500;
  /** What bpf_cast_to_kern_ctx gave, for the checked mode. */
  kernCtx: Region | null = null;
  /** Where it lies, by its size: all programs share it. */
  readonly kernCtxBlocks: Map<number, number> = new Map();
  readonly redirect: Redirect = { ifindex: 0, map: 0, key: 0, flags: 0 };
  /** Packets that clone_redirect has sent, and who wants to know. */
  clones = 0;
  onClone: ((ifindex: number, flags: number) => void) | null = null;
  /** Interface indices that exist besides `ifindex`. */
  readonly devices: Set<number> = new Set();
  fib: FibTable | null = null;

  readonly #blocks: Blocks;

  constructor(machine: Machine) {
    this.machine = machine;
    this.#blocks = machine.blocks;
  }

  get length(): number {
    return this.end - this.data;
  }

  /** Lays out an XDP packet of `length` bytes whose bytes the caller has put at `data`. */
  startXdp(data: number, length: number): void {
    const hardStart = data - XDP_PACKET_HEADROOM;
    this.kind = KIND_XDP;
    this.hardStart = hardStart;
    this.hardEnd =
      length <= PAGE_SIZE - XDP_PACKET_HEADROOM - SHARED_INFO_BYTES
        ? hardStart + PAGE_SIZE - SHARED_INFO_BYTES
        : PACKETS_BASE + PACKET_SLOT_BYTES;
    this.data = data;
    this.meta = data;
    this.linearEnd = data + length;
    this.end = data + length;
    if (this.frags.length !== 0) this.frags = [];
    this.redirect.map = 0;
    const u32 = this.machine.u32;
    u32[XDP_DATA] = data;
    u32[XDP_DATA_END] = data + length;
    u32[XDP_DATA_META] = data;
  }

  /**
   * Lays out an skb whose frame of `length` bytes, MAC header first, the caller has put at `frame`. `fromMac` tells whether
   * the program's data begins there or at the network header. Zeroes __sk_buff and sets len, protocol and data pointers.
   */
  startSkb(frame: number, length: number, fromMac: boolean, direct: boolean): void {
    const { u8, u32 } = this.machine;
    this.kind = KIND_SKB;
    this.hardStart = PACKETS_BASE;
    this.hardEnd = PACKETS_BASE + PACKET_SLOT_BYTES;
    this.mac = frame;
    this.net = frame + ETH_HLEN;
    this.transport = 0;
    this.macLen = 0;
    this.data = this.meta = fromMac ? frame : frame + ETH_HLEN;
    this.linearEnd = this.end = frame + length;
    if (this.frags.length !== 0) this.frags = [];
    this.direct = direct;
    this.ipSummed = CHECKSUM_NONE;
    this.csumLevel = 0;
    this.encapsulation = false;
    this.tunnel = null;
    this.hashed = false;
    this.socket = false;
    this.redirect.ifindex = 0;
    this.#blocks.clear(CTX_BASE, SKB_BYTES);
    u32[(CTX_BASE + SKB_PROTOCOL) >>> 2] = ethProtocol(u8, frame, this.end);
    this.publish();
  }

  /** Writes the data pointers (and an skb's length) into the ctx. */
  publish(): void {
    const u32 = this.machine.u32;
    if (this.kind === KIND_XDP) {
      u32[XDP_DATA] = this.data;
      u32[XDP_DATA_END] = this.linearEnd;
      u32[XDP_DATA_META] = this.meta;
      return;
    }
    u32[W_LEN] = this.end - this.data;
    if (this.direct) {
      u32[W_DATA] = this.data;
      u32[W_DATA_END] = this.linearEnd;
      u32[W_DATA_META] = this.meta;
    }
  }

  /**
   * Makes `bytes` of room below `data`: where the slot has too little, the packet moves up within it (the kernel copies to a
   * larger buffer). False where the slot is too small. Every address of the packet may change.
   */
  ensureHeadroom(bytes: number): boolean {
    const lack = this.hardStart + bytes - Math.min(this.meta, this.data);
    if (lack <= 0) return true;
    const from = Math.min(this.mac === 0 ? this.meta : this.mac, this.meta, this.data);
    if (this.end + lack > this.hardEnd) return false;
    this.machine.u8.copyWithin(from + lack, from, this.end);
    this.meta += lack;
    this.data += lack;
    this.linearEnd += lack;
    this.end += lack;
    this.mac += lack;
    this.net += lack;
    if (this.transport !== 0) this.transport += lack;
    return true;
  }

  /** BPF_LD | BPF_ABS: value in host order, -1 past the packet. Negative offsets: SKF_NET_OFF and SKF_LL_OFF. */
  load(offset: number, sizeBytes: number): number {
    let at = this.data + offset;
    if (offset < 0) {
      if (offset >= -0x100000) at = this.net + (offset + 0x100000);
      else if (offset >= -0x200000) at = this.mac + (offset + 0x200000);
      else return -1;
    }
    // skb_copy_bits reaches down to the MAC header, never below the buffer's start.
    if (at < this.hardStart || at + sizeBytes > this.end || this.kind !== KIND_SKB) return -1;
    const view = this.machine.view;
    switch (sizeBytes) {
      case 1:
        return view.getUint8(at);
      case 2:
        return view.getUint16(at);
      default:
        return view.getUint32(at);
    }
  }

  regions(): Region[] {
    if (this.kind === KIND_NONE) return [];
    const xdp = this.kind === KIND_XDP;
    const ctxBytes = xdp ? XDP_MD_BYTES : SKB_BYTES;
    const list: Region[] = [{ start: CTX_BASE, end: CTX_BASE + ctxBytes, write: !xdp, what: "ctx" }];
    list.push({ start: this.meta, end: this.linearEnd, write: true, what: "packet" });
    if (this.frags.length > 0)
      list.push({ start: this.linearEnd, end: this.end, write: true, what: "packet fragments" });
    if (this.kernCtx !== null) list.push(this.kernCtx);
    if (!xdp) {
      list.push({ start: SOCK_BASE, end: SOCK_BASE + SOCK_BYTES, write: false, what: "socket" });
      list.push({ start: FLOW_KEYS_BASE, end: FLOW_KEYS_BASE + FLOW_KEYS_BYTES, write: true, what: "flow keys" });
    }
    return list;
  }
}

/**
 * eth_type_trans: the frame's protocol, big-endian in the low 16 bits. IEEE 802.3 frames with a length instead of a type are
 * ETH_P_802_3 (Novell's raw IPX) or ETH_P_802_2.
 */
function ethProtocol(u8: Uint8Array, frame: number, end: number): number {
  const high = u8[frame + 12]!;
  const low = u8[frame + 13]!;
  if (((high << 8) | low) >= ETH_P_802_3_MIN) return (low << 8) | high;
  const raw = frame + ETH_HLEN + 2 <= end && u8[frame + ETH_HLEN] === 0xff && u8[frame + ETH_HLEN + 1] === 0xff;
  return (raw ? ETH_P_802_3 : ETH_P_802_2) << 8;
}
