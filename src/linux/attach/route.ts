/**
 * Lightweight tunnels: programs on the packets of a route. Attaching makes the route, closing takes it away.
 *
 *     RTM_NEWROUTE   rtmsg + RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_ENCAP_TYPE, RTA_ENCAP
 *       LWTUNNEL_ENCAP_BPF          LWT_BPF_IN | OUT | XMIT { PROG_FD, PROG_NAME }   LWT_BPF_XMIT_HEADROOM
 *       LWTUNNEL_ENCAP_SEG6_LOCAL   ACTION End.BPF   SEG6_LOCAL_BPF { PROG, PROG_NAME }
 *
 * Source: include/uapi/linux/rtnetlink.h, lwtunnel.h, seg6_local.h, net/core/lwt_bpf.c, net/ipv6/seg6_local.c.
 */
import * as pt from "../../abi/prog-types.ts";
import { concatBytes, fromUtf8 } from "../../base/bytes.ts";
import { EINVAL, EOPNOTSUPP } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { NotSupported } from "../errors.ts";
import { ifIndex, inNetns, inNetnsIfThere } from "../fds.ts";
import { type IpAddress, parseIp } from "../ip.ts";
import { NLM_F_CREATE, NLM_F_EXCL, netlinkRequest, nlAttr, nlNested, nlU16, nlU32 } from "../netlink.ts";
import { type AttachContext, type Attached, checked, optionError } from "./context.ts";

const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RT_TABLE_MAIN = 254;
const RTPROT_STATIC = 4;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTN_UNICAST = 1;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_ENCAP_TYPE = 21;
const RTA_ENCAP = 22;

const LWTUNNEL_ENCAP_BPF = 6;
const LWTUNNEL_ENCAP_SEG6_LOCAL = 7;
const LWT_BPF_PROG_FD = 1;
const LWT_BPF_PROG_NAME = 2;
const LWT_BPF_XMIT_HEADROOM = 4;
const SEG6_LOCAL_ACTION = 1;
const SEG6_LOCAL_BPF = 8;
const SEG6_LOCAL_ACTION_END_BPF = 15;

/** LWT_BPF_*. */
const SIDES: Readonly<Record<number, { readonly attr: number; readonly word: string }>> = {
  [pt.BPF_PROG_TYPE_LWT_IN]: { attr: 1, word: "lwt_in" },
  [pt.BPF_PROG_TYPE_LWT_OUT]: { attr: 2, word: "lwt_out" },
  [pt.BPF_PROG_TYPE_LWT_XMIT]: { attr: 3, word: "lwt_xmit" },
};

export function onRoute(context: AttachContext): Attached {
  const { bpf, spec, options } = context;
  const { route, dev, via, netns } = options;
  if (route === undefined) throw optionError(context, "route", 'the destination, "192.0.2.0/24"');
  if (dev === undefined) throw optionError(context, "dev", "the interface that the route leads to");
  const [text = "", bits] = route.split("/");
  const to = addressOf(text, "route");
  const gateway = via === undefined ? undefined : addressOf(via, "via");
  const prefix = bits === undefined ? 8 * to.bytes.length : Number(bits);
  if (!/^\d+$/.test(bits ?? "0") || prefix > 8 * to.bytes.length) throw badOption("route", route);
  const what = `${SIDES[spec.type]?.word ?? "lwt_seg6local"} on route ${route} dev ${dev}`;
  return inNetns(bpf, netns, () => {
    const message = concatBytes([
      rtmsg(to.family, prefix, gateway === undefined && to.bytes.length === 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE),
      nlAttr(RTA_DST, to.bytes),
      nlU32(RTA_OIF, ifIndex(bpf, dev)),
      gateway === undefined ? NONE : nlAttr(RTA_GATEWAY, gateway.bytes),
      ...encap(context),
    ]);
    const { result } = netlinkRequest(bpf, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, message);
    if (result === -EOPNOTSUPP || (result === -EINVAL && spec.type === pt.BPF_PROG_TYPE_LWT_SEG6LOCAL)) {
      throw new NotSupported("programs on routes", "", {
        errno: -result,
        site: { prog: spec.name },
        advice: "a kernel with CONFIG_LWTUNNEL_BPF=y, for lwt_seg6local CONFIG_IPV6_SEG6_BPF=y; seg6local is IPv6",
      });
    }
    checked(context, result, what);
    return {
      links: [],
      what,
      undo: () => {
        inNetnsIfThere(bpf, netns, () => void netlinkRequest(bpf, RTM_DELROUTE, 0, message));
      },
    };
  });
}

const NONE = new Uint8Array(0);

function encap({ spec, progFd, options }: AttachContext): Uint8Array[] {
  const program = [nlU32(LWT_BPF_PROG_FD, progFd), nlAttr(LWT_BPF_PROG_NAME, fromUtf8(`${spec.name}\0`))];
  const side = SIDES[spec.type];
  if (side === undefined) {
    const action = nlU32(SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_BPF);
    return [
      nlNested(RTA_ENCAP, [action, nlNested(SEG6_LOCAL_BPF, program)]),
      nlU16(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL),
    ];
  }
  const attrs = [nlNested(side.attr, program)];
  if (options.headroom !== undefined) attrs.push(nlU32(LWT_BPF_XMIT_HEADROOM, options.headroom));
  return [nlNested(RTA_ENCAP, attrs), nlU16(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_BPF)];
}

/** u8 family, destination bits, source bits, tos, table, protocol, scope, type, u32 flags. */
function rtmsg(family: number, prefix: number, scope: number): Uint8Array {
  return Uint8Array.of(family, prefix, 0, 0, RT_TABLE_MAIN, RTPROT_STATIC, scope, RTN_UNICAST, 0, 0, 0, 0);
}

function addressOf(text: string, option: string): IpAddress {
  const address = parseIp(text);
  if (address === undefined) throw badOption(option, text);
  return address;
}

function badOption(option: string, text: string): SkepError {
  return new SkepError("attach/option", `"${text}" is no ${option === "via" ? "address" : "destination"}`, {
    advice: option === "via" ? "an IPv4 or IPv6 address" : "an IPv4 or IPv6 address and its bits: 192.0.2.0/24",
  });
}
