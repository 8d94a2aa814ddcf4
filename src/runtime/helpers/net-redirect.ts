/** Where an skb goes next: redirect and its kin, clone_redirect. Semantics: net/core/filter.c. */
import { EBADMSG, EINVAL } from "../../base/errno.ts";
import { CTX_BASE } from "../../layout/layout.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import { SKB_GSO_SIZE } from "../hooks/skb.ts";
import type { NetHelper } from "./net-table.ts";

const TC_ACT_SHOT = 2;
const TC_ACT_REDIRECT = 7;
const BPF_F_INGRESS = 1;
/** The kernel's own flags, shown in Redirect.flags. */
const BPF_F_NEIGH: number = 1 << 16;
const BPF_F_PEER: number = 1 << 17;
const BPF_F_NEXTHOP: number = 1 << 18;
/** sizeof(struct bpf_redir_neigh). */
const REDIR_NEIGH_BYTES = 20;

export function skbRedirectHelpers(p: PacketBuf): readonly NetHelper[] {
  function go(ifindex: number, flags: number): number {
    const r = p.redirect;
    r.ifindex = ifindex >>> 0;
    r.map = 0;
    r.key = 0;
    r.flags = flags;
    return TC_ACT_REDIRECT;
  }

  function cloneRedirect(_ctx: number, ifindex: number, flags: number, high: number): number {
    if (high !== 0 || (flags & ~BPF_F_INGRESS) !== 0) return -EINVAL;
    if (p.machine.u32[(CTX_BASE + SKB_GSO_SIZE) >>> 2] !== 0) return -EBADMSG;
    if (ifindex !== p.ifindex && !p.devices.has(ifindex)) return -EINVAL;
    p.clones++;
    p.onClone?.(ifindex, flags);
    p.publish();
    return 0;
  }

  return [
    [
      "redirect",
      "id->u",
      (ifindex, flags, high) =>
        high !== 0 || (flags! & ~BPF_F_INGRESS) !== 0 ? TC_ACT_SHOT : go(ifindex!, flags! & BPF_F_INGRESS),
    ],
    [
      "redirect_peer",
      "id->u",
      (ifindex, flags, high) => (flags !== 0 || high !== 0 ? TC_ACT_SHOT : go(ifindex!, BPF_F_PEER)),
    ],
    [
      "redirect_neigh",
      "iiid->u",
      (ifindex, _params, bytes, flags, high) => {
        const short = bytes !== 0 && bytes! < REDIR_NEIGH_BYTES;
        if (short || flags !== 0 || high !== 0) return TC_ACT_SHOT;
        return go(ifindex!, bytes === 0 ? BPF_F_NEIGH : BPF_F_NEIGH | BPF_F_NEXTHOP);
      },
    ],
    ["clone_redirect", "iid->s", cloneRedirect],
  ];
}
