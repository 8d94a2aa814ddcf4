/**
 * SYN cookies without a socket: tcp_raw_gen_syncookie_* and tcp_raw_check_syncookie_*. The kernel keys its cookies with a
 * secret made at boot; these are the same on every run. A cookie made here is accepted here, any other is refused.
 *
 *     cookie = hash(addresses, ports) + the client's sequence number         returned with the MSS in the upper word
 *
 * Source of sizes and errors: net/core/filter.c; of the default MSS: include/net/tcp.h.
 */
import { EACCES, EINVAL } from "../../base/errno.ts";
import { CELL_RET_HI } from "../../layout/layout.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import { mix } from "./net-hash.ts";
import type { NetHelper } from "./net-table.ts";

const TCP_BYTES = 20;
const MSS_V4 = 536;
/** IPV6_MIN_MTU less both headers. */
const MSS_V6 = 1220;
const OPT_END = 0;
const OPT_NOP = 1;
const OPT_MSS = 2;

export function syncookieHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8, u32, view } = p.machine;

  /** The rest of the TCP header behind `at` decides the MSS. */
  function mssOption(tcp: number, bytes: number): number {
    for (let at = tcp + TCP_BYTES; at < tcp + bytes; ) {
      const kind = u8[at]!;
      if (kind === OPT_END) return 0;
      if (kind === OPT_NOP) {
        at++;
        continue;
      }
      const size = at + 1 < tcp + bytes ? u8[at + 1]! : 0;
      if (size < 2 || at + size > tcp + bytes) return 0;
      if (kind === OPT_MSS && size === 4) return view.getUint16(at + 2);
      at += size;
    }
    return 0;
  }

  function flow(ip: number, v6: boolean, tcp: number): number {
    let hash = 0x5eed;
    const from = ip + (v6 ? 8 : 12);
    for (let at = from; at < from + (v6 ? 32 : 8); at += 4) hash = mix(hash, view.getUint32(at));
    return mix(hash, view.getUint32(tcp));
  }

  function generate(ip: number, tcp: number, bytes: number, v6: boolean): number {
    const wrong = bytes < TCP_BYTES || bytes !== (u8[tcp + 12]! >> 4) * 4;
    const mss = wrong ? 0 : mssOption(tcp, bytes) || (v6 ? MSS_V6 : MSS_V4);
    u32[CELL_RET_HI >>> 2] = wrong ? 0xffffffff : mss;
    return wrong ? -EINVAL : (flow(ip, v6, tcp) + view.getUint32(tcp + 4)) | 0;
  }

  /** The ACK that ends the handshake acknowledges cookie + 1, and comes one after the SYN. */
  function check(ip: number, tcp: number, v6: boolean): number {
    const cookie = (view.getUint32(tcp + 8) - 1) | 0;
    return cookie === ((flow(ip, v6, tcp) + view.getUint32(tcp + 4) - 1) | 0) ? 0 : -EACCES;
  }

  return [
    ["tcp_raw_gen_syncookie_ipv4", "iii->d", (ip, tcp, bytes) => generate(ip!, tcp!, bytes!, false)],
    ["tcp_raw_gen_syncookie_ipv6", "iii->d", (ip, tcp, bytes) => generate(ip!, tcp!, bytes!, true)],
    ["tcp_raw_check_syncookie_ipv4", "ii->s", (ip, tcp) => check(ip!, tcp!, false)],
    ["tcp_raw_check_syncookie_ipv6", "ii->s", (ip, tcp) => check(ip!, tcp!, true)],
  ];
}
