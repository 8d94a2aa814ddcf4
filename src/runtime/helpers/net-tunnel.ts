/**
 * Tunnel metadata of an skb. struct bpf_tunnel_key: id u32 | remote 16 bytes (IPv4: the first 4) | tos u8 | ttl u8 |
 * ext or flags u16 | label u32 | local 16 bytes. Older programs pass shorter forms of it. Semantics: net/core/filter.c.
 */
import { EINVAL, ENOENT, ENOMEM, EPROTO } from "../../base/errno.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import type { NetHelper } from "./net-table.ts";

const KEY_BYTES = 44;
const EXT = 22;
const LABEL = 24;
const LOCAL = 28;
/** Size that held an IPv4 address only. */
const REMOTE_END_V4 = 8;
const IPV6 = 0x1;
const FLAGS = 0x10;
/** IP_TUNNEL_OPTS_MAX. */
const OPTIONS_MAX = 255;

export function skbTunnelHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8 } = p.machine;

  function getKey(_ctx: number, to: number, bytes: number, flags: number, high: number): number {
    const err = getKeyError(bytes, flags, high);
    if (err !== 0) {
      u8.fill(0, to, to + bytes);
      return err;
    }
    const key = p.tunnel!.bytes.slice();
    // What the kernel gives as remote is the source of its key, which set_tunnel_key filled from local.
    key.set(p.tunnel!.bytes.subarray(LOCAL, KEY_BYTES), 4);
    key.set(p.tunnel!.bytes.subarray(4, 20), LOCAL);
    if ((flags & FLAGS) === 0) key[EXT] = key[EXT + 1] = 0;
    u8.set(key.subarray(0, bytes), to);
    return 0;
  }

  function getKeyError(bytes: number, flags: number, high: number): number {
    const key = p.tunnel;
    if (key === null || high !== 0 || (flags & ~(IPV6 | FLAGS)) !== 0) return -EINVAL;
    if (key.ipv6 !== ((flags & IPV6) !== 0)) return -EPROTO;
    if (bytes === KEY_BYTES || bytes === LOCAL || bytes === LABEL || bytes === EXT) return 0;
    return bytes === REMOTE_END_V4 && !key.ipv6 ? 0 : -EINVAL;
  }

  function setKey(_ctx: number, from: number, bytes: number, flags: number, high: number): number {
    if (high !== 0 || (flags & ~0x1f) !== 0) return -EINVAL;
    const known = bytes === KEY_BYTES || bytes === LOCAL || bytes === LABEL || bytes === EXT || bytes === REMOTE_END_V4;
    if (!known) return -EINVAL;
    const key = new Uint8Array(KEY_BYTES);
    key.set(u8.subarray(from, from + bytes));
    const ipv6 = (flags & IPV6) !== 0;
    const label = key[LABEL]! | key[LABEL + 1]! | key[LABEL + 2]! | key[LABEL + 3]!;
    if ((!ipv6 && label !== 0) || key[EXT] !== 0 || key[EXT + 1] !== 0) return -EINVAL;
    // IPv6 keys have no source, flow labels 20 bits; IPv4 addresses fill one word.
    if (ipv6) {
      key.fill(0, LOCAL, KEY_BYTES);
      key[LABEL + 2]! &= 0x0f;
      key[LABEL + 3] = 0;
    } else {
      key.fill(0, REMOTE_END_V4, 20);
      key.fill(0, LOCAL + 4, KEY_BYTES);
    }
    p.tunnel = { ipv6, bytes: key, options: null };
    return 0;
  }

  function getOptions(_ctx: number, to: number, bytes: number): number {
    const options = p.tunnel?.options ?? null;
    u8.fill(0, to, to + bytes);
    if (options === null) return -ENOENT;
    if (bytes < options.length) return -ENOMEM;
    u8.set(options, to);
    return options.length;
  }

  function setOptions(_ctx: number, from: number, bytes: number): number {
    if (p.tunnel === null || (bytes & 3) !== 0) return -EINVAL;
    if (bytes < 0 || bytes > OPTIONS_MAX) return -ENOMEM;
    p.tunnel.options = u8.slice(from, from + bytes);
    return 0;
  }

  return [
    ["skb_get_tunnel_key", "iiid->s", getKey],
    ["skb_set_tunnel_key", "iiid->s", setKey],
    ["skb_get_tunnel_opt", "iii->s", getOptions],
    ["skb_set_tunnel_opt", "iii->s", setOptions],
  ];
}
