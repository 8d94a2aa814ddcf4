/**
 * struct __sk_buff as it lies at CTX_BASE: byte offsets of the fields that the runtime writes, the kernel's names. The embedded runtime rewrites no ctx access, so
 * the fields a program reads are these bytes. Source: include/uapi/linux/bpf.h.
 */
import { CTX_BASE } from "../../layout/layout.ts";

export const SKB_LEN = 0;
export const SKB_PKT_TYPE = 4;
export const SKB_MARK = 8;
/** Ethertype as it lies in the packet (big-endian), in the low 16 bits. */
export const SKB_PROTOCOL = 16;
export const SKB_VLAN_PRESENT = 20;
/** Host order. */
export const SKB_VLAN_TCI = 24;
/** Big-endian, as SKB_PROTOCOL. */
export const SKB_VLAN_PROTO = 28;
export const SKB_PRIORITY = 32;
export const SKB_INGRESS_IFINDEX = 36;
export const SKB_IFINDEX = 40;
export const SKB_CB = 48;
export const SKB_HASH = 68;
export const SKB_DATA = 76;
export const SKB_DATA_END = 80;
export const SKB_FAMILY = 88;
export const SKB_REMOTE_IP4 = 92;
export const SKB_LOCAL_IP4 = 96;
export const SKB_REMOTE_IP6 = 100;
export const SKB_LOCAL_IP6 = 116;
export const SKB_REMOTE_PORT = 132;
export const SKB_LOCAL_PORT = 136;
export const SKB_DATA_META = 140;
export const SKB_FLOW_KEYS = 144;
export const SKB_TSTAMP = 152;
export const SKB_WIRE_LEN = 160;
export const SKB_GSO_SEGS = 164;
export const SKB_SK = 168;
export const SKB_GSO_SIZE = 176;
export const SKB_TSTAMP_TYPE = 180;
export const SKB_HWTSTAMP = 184;
export const SKB_BYTES = 192;

/** struct bpf_sock of the packet's socket, where it has one: __sk_buff.sk points here. */
export const SOCK_BASE: number = CTX_BASE + 0x200;
export const SOCK_BYTES = 80;
/** struct bpf_flow_keys. */
export const FLOW_KEYS_BASE: number = CTX_BASE + 0x300;
export const FLOW_KEYS_BYTES = 56;
/** Event memory of tracing hooks: what the event's pointers lead to. */
export const EVENT_MEM_BASE: number = CTX_BASE + 0x2000;

/** Index of a __sk_buff field in a u32 view of the memory. */
export function skbWord(offBytes: number): number {
  return (CTX_BASE + offBytes) >>> 2;
}

// Ethertypes and header lengths, host order.
export const ETH_HLEN = 14;
export const VLAN_HLEN = 4;
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_8021AD = 0x88a8;
export const ETH_P_802_3 = 1;
export const ETH_P_802_2 = 4;
/** Smaller type fields are lengths (IEEE 802.3). */
export const ETH_P_802_3_MIN = 0x600;

// __sk_buff.pkt_type
export const PACKET_HOST = 0;
export const PACKET_BROADCAST = 1;
export const PACKET_MULTICAST = 2;
export const PACKET_OTHERHOST = 3;

export function bswap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}
