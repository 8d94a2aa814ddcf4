/**
 * The flow hash of a packet over addresses, protocol and ports; a flow's two directions hash differently. The kernel keys
 * its hash with a secret made at boot; this one is the same on every run, so that a replay is.
 */
import type { PacketBuf } from "../hooks/packet.ts";
import { ETH_HLEN, ETH_P_8021AD, ETH_P_8021Q, ETH_P_IP, ETH_P_IPV6, VLAN_HLEN } from "../hooks/skb.ts";
import type { Machine } from "../hooks/types.ts";

const PROTO_TCP = 6;
const PROTO_UDP = 17;
const PROTO_SCTP = 132;

export function flowHash(p: PacketBuf): number {
  const { u8, view } = p.machine;
  const net = p.net;
  if (net >= p.end) return 1;
  let hash = 0x811c9dc5;
  const version = u8[net]! >> 4;
  let proto = -1;
  let transport = 0;
  if (version === 4 && net + 20 <= p.end) {
    hash = mix(mix(hash, view.getUint32(net + 12)), view.getUint32(net + 16));
    proto = u8[net + 9]!;
    // A fragment but the first has no ports.
    transport = (view.getUint16(net + 6) & 0x1fff) === 0 ? net + (u8[net]! & 15) * 4 : 0;
  } else if (version === 6 && net + 40 <= p.end) {
    for (let at = net + 8; at < net + 40; at += 4) hash = mix(hash, view.getUint32(at));
    proto = u8[net + 6]!;
    transport = net + 40;
  }
  hash = mix(hash, proto);
  const ports = proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP;
  if (ports && transport !== 0 && transport + 4 <= p.end) hash = mix(hash, view.getUint32(transport));
  // skb->hash 0 means none.
  return hash === 0 ? 1 : hash;
}

/** One round of murmur3's 32-bit mixing. */
export function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  const h = hash ^ k;
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) >>> 0;
}

/**
 * The CPU that a network card would give the frame to (receive side scaling): by addresses, and by ports of TCP and UDP packets
 * that are no fragments. Both directions of a flow go to the same one; what is not IP goes to CPU 0.
 */
export function receiveCpu(m: Machine, frame: number, end: number): number {
  const { u8, view } = m;
  let net = frame + ETH_HLEN;
  if (net > end) return 0;
  let type = view.getUint16(net - 2);
  for (let tags = 0; tags < 2 && (type === ETH_P_8021Q || type === ETH_P_8021AD) && net + VLAN_HLEN <= end; tags++) {
    net += VLAN_HLEN;
    type = view.getUint16(net - 2);
  }
  let hash = 0;
  let proto = 0;
  let transport = 0;
  if (type === ETH_P_IP && net + 20 <= end) {
    hash = view.getInt32(net + 12) ^ view.getInt32(net + 16);
    const isWhole = (view.getUint16(net + 6) & 0x3fff) === 0;
    proto = isWhole ? u8[net + 9]! : 0;
    transport = net + (u8[net]! & 15) * 4;
  } else if (type === ETH_P_IPV6 && net + 40 <= end) {
    for (let at = net + 8; at < net + 40; at += 4) hash ^= view.getInt32(at);
    proto = u8[net + 6]!;
    transport = net + 40;
  } else return 0;
  const ports = proto === PROTO_TCP || proto === PROTO_UDP || proto === PROTO_SCTP;
  if (ports && transport + 4 <= end) hash ^= view.getUint16(transport) ^ view.getUint16(transport + 2);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return ((hash ^ (hash >>> 13)) >>> 0) % m.cpus;
}
