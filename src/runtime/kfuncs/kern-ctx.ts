/**
 * bpf_cast_to_kern_ctx: struct xdp_buff and struct sk_buff as the kernel's BTF lays them out, filled from the packet at each call.
 * What no replay knows reads as zero. Source: include/net/xdp.h, include/linux/skbuff.h.
 */
import { BPF_PROG_TYPE_XDP } from "../../abi/prog-types.ts";
import type { BtfView } from "../../btf/types.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import { PAGE_SIZE, type PacketBuf } from "../hooks/packet.ts";
import { SKB_HASH, SKB_MARK, SKB_PRIORITY, SKB_PROTOCOL, SKB_VLAN_TCI, skbWord } from "../hooks/skb.ts";
import { offsetOf } from "../task-struct.ts";
import type { KfuncRow } from "./rows.ts";

/** `p`: the packet of the program's hook. */
export function kernCtxKfuncs(p: PacketBuf, btf: BtfView | null, progType: number): readonly KfuncRow[] {
  const m = p.machine;
  const { u8, u32, view } = m;
  const isXdp = progType === BPF_PROG_TYPE_XDP;

  const sizeOf = (name: string): number => {
    const id = btf?.find(name, "struct") ?? 0;
    return id === 0 || btf === null ? 0 : Math.ceil(btf.sizeOf(id) / 16) * 16;
  };
  const own = isXdp ? "xdp_buff" : "sk_buff";
  const queue = isXdp ? "xdp_rxq_info" : "";
  const bytes = [own, queue, "net_device"].map(sizeOf);
  /** Writes a member where the struct has it. */
  const put = (struct: string, at: number, member: string, value: number, width: 2 | 4): void => {
    const id = btf?.find(struct, "struct") ?? 0;
    const offBytes = id === 0 ? -1 : offsetOf(btf!, id, member);
    if (offBytes < 0) return;
    if (width === 2) view.setUint16(at + offBytes, value, true);
    else view.setUint32(at + offBytes, value, true);
  };

  function cast(ctx: number): number {
    if (ctx !== CTX_BASE || bytes[0] === 0) return ctx;
    const total = bytes[0]! + bytes[1]! + bytes[2]!;
    const base = p.kernCtxBlocks.get(total) ?? m.alloc(total);
    if (base === 0) return ctx;
    p.kernCtxBlocks.set(total, base);
    u8.fill(0, base, base + total);
    p.kernCtx = { start: base, end: base + total, write: false, what: own };
    const rxq = base + bytes[0]!;
    const dev = rxq + bytes[1]!;
    put("net_device", dev, "ifindex", p.ifindex, 4);
    if (isXdp) {
      const words = { data: p.data, data_end: p.linearEnd, data_meta: p.meta, data_hard_start: p.hardStart, rxq };
      for (const [member, value] of Object.entries(words)) put(own, base, member, value, 4);
      put(own, base, "frame_sz", PAGE_SIZE, 4);
      put("xdp_rxq_info", rxq, "dev", dev, 4);
      return base;
    }
    const field = (offBytes: number): number => u32[skbWord(offBytes)]!;
    const words = {
      len: p.length,
      head: p.hardStart,
      data: p.data,
      tail: p.linearEnd - p.hardStart,
      end: p.hardEnd - p.hardStart,
      dev,
      mark: field(SKB_MARK),
      priority: field(SKB_PRIORITY),
      hash: field(SKB_HASH),
      skb_iif: p.ifindex,
    };
    for (const [member, value] of Object.entries(words)) put(own, base, member, value, 4);
    const halves = {
      protocol: field(SKB_PROTOCOL),
      vlan_tci: field(SKB_VLAN_TCI),
      mac_len: p.macLen,
      mac_header: p.mac - p.hardStart,
      network_header: p.net - p.hardStart,
      transport_header: p.transport === 0 ? 0xffff : p.transport - p.hardStart,
    };
    for (const [member, value] of Object.entries(halves)) put(own, base, member, value & 0xffff, 2);
    return base;
  }

  return [["bpf_cast_to_kern_ctx", "i->u", (ctx) => cast(ctx! >>> 0)]];
}
