/** Programs on an interface (XDP, tc, netkit), in a network namespace and in netfilter. */
import * as at from "../../abi/attach-types.ts";
import { BPF_PROG_TYPE_XDP } from "../../abi/prog-types.ts";
import { hasSince } from "../../abi/since.ts";
import { EINVAL, ENOSYS, EOPNOTSUPP } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { createLink } from "../bpf/link.ts";
import { NotSupported } from "../errors.ts";
import { ifIndex, inNetns, withPath } from "../fds.ts";
import { type AttachContext, type Attached, checked, link, optionError } from "./context.ts";
import { attachClsact, attachXdpByNetlink } from "./netlink.ts";
import { orderOf, requireOrder } from "./order.ts";

/** XDP_FLAGS_* of include/uapi/linux/if_link.h. */
const XDP_MODES: Readonly<Record<string, number>> = { generic: 1 << 1, native: 1 << 2, offload: 1 << 3 };

interface Device {
  readonly dev: string;
  readonly index: number;
}

export function onDevice(context: AttachContext): Attached {
  const { bpf, options } = context;
  const { dev } = options;
  if (dev === undefined) throw optionError(context, "dev", "the interface's name");
  return inNetns(bpf, options.netns, () => {
    const device = { dev, index: ifIndex(bpf, dev) };
    return context.spec.type === BPF_PROG_TYPE_XDP ? onXdp(context, device) : onTc(context, device);
  });
}

function onXdp(context: AttachContext, { dev, index }: Device): Attached {
  const { bpf, progFd, options, release } = context;
  const { mode } = options;
  const modeFlags = mode === undefined ? 0 : XDP_MODES[mode];
  if (modeFlags === undefined) {
    throw new SkepError("attach/option", `XDP has no mode "${mode}"`, { advice: "generic, native or offload" });
  }
  const flags = (options.flags ?? 0) | modeFlags;
  const what = `xdp on ${dev}`;
  if (options.legacy !== true) {
    const fd = createLink(bpf, { progFd, target: index, attachType: at.BPF_XDP, flags });
    if (fd >= 0 || !tooOld(fd, release, "5.9")) return { links: [checked(context, fd, what)], what };
  }
  return { ...attachXdpByNetlink(context, index, flags, what), what };
}

function onTc(context: AttachContext, { dev, index }: Device): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const asked = spec.expectedAttachType;
  if (asked === at.BPF_NETKIT_PRIMARY || asked === at.BPF_NETKIT_PEER) {
    const order = orderOf(context);
    const what = `${at.attachTypeWord(asked)} on ${dev}`;
    const fd = createLink(bpf, { progFd, target: index, attachType: asked, ...order });
    if (tooOld(fd, release, "6.7")) throw new NotSupported("netkit links", "6.7", { site: { prog: spec.name } });
    return { links: [checked(context, fd, what)], what };
  }
  const egress = options.direction === "egress" || (options.direction === undefined && asked === at.BPF_TCX_EGRESS);
  const what = egress ? `tc egress on ${dev}` : `tc ingress on ${dev}`;
  if (options.legacy !== true) {
    const order = orderOf(context);
    const attachType = egress ? at.BPF_TCX_EGRESS : at.BPF_TCX_INGRESS;
    const flags = (options.flags ?? 0) | order.flags;
    const fd = createLink(bpf, { progFd, target: index, attachType, ...order, flags });
    if (fd >= 0 || !tooOld(fd, release, "6.6")) return { links: [checked(context, fd, what)], what };
    requireOrder(context, order, fd, "6.6", "tc");
  }
  return { ...attachClsact(context, index, egress, what), what };
}

/** The kernel does not know this kind of link, and is old enough for that to be why. */
function tooOld(result: number, release: string, since: string): boolean {
  return (result === -EINVAL || result === -ENOSYS || result === -EOPNOTSUPP) && !hasSince(release, since);
}

export function onNetns(context: AttachContext, attachType: number): Attached {
  const { bpf, options } = context;
  const { netns } = options;
  const path = netns === undefined ? "/proc/thread-self/ns/net" : netns.includes("/") ? netns : `/run/netns/${netns}`;
  const what = `${at.attachTypeWord(attachType)} in ${netns ?? "this network namespace"}`;
  return withPath(bpf, path, "network namespace", (target) => ({
    links: [link(context, { target, attachType }, what)],
    what,
  }));
}

const NFPROTO_IPV4 = 2;

export function onNetfilter(context: AttachContext): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const { pf = NFPROTO_IPV4, hook, priority } = options;
  if (hook === undefined) throw optionError(context, "hook", "NF_INET_* as a number: 0 pre-routing to 4 post-routing");
  if (priority === undefined) throw optionError(context, "priority", "a number between those of other hooks");
  const what = `netfilter hook ${hook}, priority ${priority}`;
  const extra = { kind: "netfilter", pf, hook, priority, flags: options.flags ?? 0 } as const;
  return inNetns(bpf, options.netns, () => {
    const fd = createLink(bpf, { progFd, target: 0, attachType: at.BPF_NETFILTER, extra });
    if (tooOld(fd, release, "6.4")) throw new NotSupported("netfilter links", "6.4", { site: { prog: spec.name } });
    return { links: [checked(context, fd, what)], what };
  });
}
