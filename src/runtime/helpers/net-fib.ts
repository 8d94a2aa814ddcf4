/**
 * fib_lookup over a table that the caller gives. struct bpf_fib_lookup, 64 bytes:
 *
 *     0 family u8 | 1 l4_protocol u8 | 2 sport be16 | 4 dport be16 | 6 tot_len u16, out: mtu_result | 8 ifindex u32 |
 *     12 tos u8, flowinfo be32, out: rt_metric u32 | 16 source | 32 destination, out: gateway | 48 vlan proto, TCI | 52 smac,
 *     58 dmac
 *
 * Source: include/uapi/linux/bpf.h, bpf_ipv4_fib_lookup and bpf_ipv6_fib_lookup in net/core/filter.c.
 */
import { EAFNOSUPPORT, EINVAL, ENODEV } from "../../base/errno.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import type { FibRoute } from "../hooks/types.ts";
import type { NetHelper } from "./net-table.ts";

const FIB_BYTES = 64;
const AF_INET = 2;
const AF_INET6 = 10;

const RET_NOT_FWDED = 4;
const RET_NO_NEIGH = 7;
const RET_FRAG_NEEDED = 8;
const SKIP_NEIGH = 0x4;
const KNOWN_FLAGS = 0x3f;

export function fibHelper(p: PacketBuf, xdp: boolean): readonly NetHelper[] {
  const { u8, view } = p.machine;

  function lookup(_ctx: number, params: number, bytes: number, flags: number): number {
    if (bytes < FIB_BYTES || (flags & ~KNOWN_FLAGS) !== 0) return -EINVAL;
    const family = u8[params];
    if (family !== AF_INET && family !== AF_INET6) return -EAFNOSUPPORT;
    const ifindex = view.getUint32(params + 8, true);
    if (ifindex !== p.ifindex && !p.devices.has(ifindex)) return -ENODEV;
    const size = family === AF_INET ? 4 : 16;
    const route = p.fib?.({
      family: family === AF_INET ? 4 : 6,
      source: u8.slice(params + 16, params + 16 + size),
      destination: u8.slice(params + 32, params + 32 + size),
      ifindex,
      flags,
    });
    if (route === undefined) return RET_NOT_FWDED;
    return typeof route === "number" ? route : fill(params, flags, route);
  }

  function fill(params: number, flags: number, route: FibRoute): number {
    const length = view.getUint16(params + 6, true);
    const check = xdp || length !== 0;
    if (check && length > route.mtu) {
      view.setUint16(params + 6, route.mtu, true);
      return RET_FRAG_NEEDED;
    }
    view.setUint32(params + 12, route.metric ?? 0, true);
    view.setUint32(params + 8, route.ifindex, true);
    if (route.gateway !== undefined) {
      if (route.gateway.length === 16) u8[params] = AF_INET6;
      u8.set(route.gateway, params + 32);
    }
    if ((flags & SKIP_NEIGH) === 0) {
      if (route.dmac === undefined || route.smac === undefined) return RET_NO_NEIGH;
      u8.set(route.smac.subarray(0, 6), params + 52);
      u8.set(route.dmac.subarray(0, 6), params + 58);
    }
    view.setUint32(params + 48, 0, true);
    view.setUint16(params + 6, route.mtu, true);
    // Without tot_len the skb itself is measured against the device it would leave by.
    return !check && p.end - p.net > route.mtu ? RET_FRAG_NEEDED : 0;
  }

  return [["fib_lookup", "iiii->s", lookup]];
}
