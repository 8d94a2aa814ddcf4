/** The packet as dynptrs see it, over the helpers of its program type. Source: bpf_xdp_pointer, skb_header_pointer. */
import { helperByName } from "../../abi/helpers.ts";
import { bug } from "../../base/error.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import { KIND_XDP, type PacketBuf } from "./packet.ts";
import type { PacketBytes } from "./types.ts";

type Helpers = ReadonlyMap<number, HelperImpl>;

export function packetBytes(p: PacketBuf, skb: Helpers, xdp: Helpers): PacketBytes {
  const fn = (table: Helpers, name: string): HelperImpl["fn"] =>
    table.get(helperByName(name)!.id)?.fn ?? bug(`no helper ${name} for dynptrs`);
  const skbLoad = fn(skb, "skb_load_bytes");
  const skbStore = fn(skb, "skb_store_bytes");
  const xdpLoad = fn(xdp, "xdp_load_bytes");
  const xdpStore = fn(xdp, "xdp_store_bytes");
  const isXdp = (): boolean => p.kind === KIND_XDP;

  /** Where the piece that holds that byte begins and ends, as offsets from data. */
  function pieceEnd(offset: number): number {
    let end = p.linearEnd - p.data;
    for (let i = 0; offset >= end && i < p.frags.length; i++) end += p.frags[i]!;
    return end;
  }

  return {
    load: (offset, to, length) => (isXdp() ? xdpLoad : skbLoad)(0, offset, to, length) ?? 0,
    store: (offset, from, length, flags, flagsHi) =>
      (isXdp() ? xdpStore(0, offset, from, length) : skbStore(0, offset, from, length, flags, flagsHi)) ?? 0,
    pointer(offset, length) {
      if (offset + length > p.length) return 0;
      const end = isXdp() ? pieceEnd(offset) : p.linearEnd - p.data;
      return offset + length <= end ? p.data + offset : 0;
    },
    metaStart: () => p.meta,
  };
}
