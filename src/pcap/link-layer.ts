/**
 * Link layers of captures. Programs of every hook get an Ethernet frame, as from the usual devices: a capture of another
 * link type has its own link header replaced by an Ethernet one with the type it carries, zero destination and the sender's
 * address where the capture knows it. That is so for XDP and tc, too: captures without MAC addresses come from tcpdump's
 * "any" device or from tunnels, and the programs people replay them through parse Ethernet.
 *
 *     Ethernet    as it is                             NULL, LOOP  family u32 | IP packet
 *     RAW, IPV4, IPV6   IP packet                      SLL   type be16 | arphrd be16 | addr len be16 | addr 8 | proto be16
 *     SLL2  proto be16 | 0 be16 | ifindex be32 | arphrd be16 | type u8 | addr len u8 | addr 8
 */
import { SkepError } from "../base/error.ts";
import {
  LINKTYPE_ETHERNET,
  LINKTYPE_IPV4,
  LINKTYPE_IPV6,
  LINKTYPE_LINUX_SLL,
  LINKTYPE_LINUX_SLL2,
  LINKTYPE_LOOP,
  LINKTYPE_NULL,
  LINKTYPE_RAW,
  LINKTYPE_RAW_BSD,
  LINKTYPE_RAW_OPENBSD,
} from "./source.ts";

const ETH_HLEN = 14;
const ETH_P_IP = 0x0800;
const ETH_P_IPV6 = 0x86dd;
const SLL_BYTES = 16;
const SLL2_BYTES = 20;
const SLL_BROADCAST = 1;

/**
 * Copies the captured packet bytes[start .. end) to `at` as an Ethernet frame of at most `maxBytes`, and returns its length.
 * Throws "pcap/link-type" for a link layer without an Ethernet form.
 */
export function putFrame(
  u8: Uint8Array,
  at: number,
  maxBytes: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  linkType: number,
): number {
  if (linkType === LINKTYPE_ETHERNET) return copy(u8, at, maxBytes, bytes, start, end);
  u8.fill(0, at, at + ETH_HLEN);
  let skip = 0;
  let proto = 0;
  switch (linkType) {
    case LINKTYPE_RAW:
    case LINKTYPE_RAW_BSD:
    case LINKTYPE_RAW_OPENBSD:
    case LINKTYPE_IPV4:
    case LINKTYPE_IPV6:
      proto = start < end && bytes[start]! >> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
      break;
    case LINKTYPE_NULL:
    case LINKTYPE_LOOP:
      skip = 4;
      proto = start + 4 < end && bytes[start + 4]! >> 4 === 6 ? ETH_P_IPV6 : ETH_P_IP;
      break;
    case LINKTYPE_LINUX_SLL:
      skip = SLL_BYTES;
      if (end - start >= SLL_BYTES) {
        proto = (bytes[start + 14]! << 8) | bytes[start + 15]!;
        address(u8, at, bytes, start + 6, bytes[start + 1] === SLL_BROADCAST);
      }
      break;
    case LINKTYPE_LINUX_SLL2:
      skip = SLL2_BYTES;
      if (end - start >= SLL2_BYTES) {
        proto = (bytes[start]! << 8) | bytes[start + 1]!;
        address(u8, at, bytes, start + 12, bytes[start + 10] === SLL_BROADCAST);
      }
      break;
    default:
      throw new SkepError("pcap/link-type", `link type ${linkType} has no Ethernet form`, {
        advice: "replay captures of Ethernet, raw IP, loopback or Linux cooked (SLL, SLL2) links",
      });
  }
  u8[at + 12] = proto >> 8;
  u8[at + 13] = proto & 0xff;
  return ETH_HLEN + copy(u8, at + ETH_HLEN, maxBytes - ETH_HLEN, bytes, Math.min(start + skip, end), end);
}

function address(u8: Uint8Array, at: number, bytes: Uint8Array, from: number, broadcast: boolean): void {
  if (broadcast) u8.fill(0xff, at, at + 6);
  for (let i = 0; i < 6; i++) u8[at + 6 + i] = bytes[from + i]!;
}

function copy(u8: Uint8Array, at: number, maxBytes: number, bytes: Uint8Array, start: number, end: number): number {
  const length = Math.min(end - start, maxBytes);
  // Within the linear memory no view has to be made.
  if (bytes.buffer === u8.buffer) u8.copyWithin(at, start, start + length);
  else if (start === 0 && length === bytes.length) u8.set(bytes, at);
  else u8.set(bytes.subarray(start, start + length), at);
  return length;
}
