/**
 * Attaching: which way a program goes, by its type and section. A link's fd holds the program in its place, closing it
 * detaches; where a kernel has no link for a hook, the older way is taken and undone on close.
 *
 *     program type                      through                             options
 *     xdp                               link; netlink before 5.9            dev, netns, mode, flags, legacy
 *     sched_cls, sched_act              tcx link; clsact before 6.6         dev, netns, direction, before, after, legacy
 *     netkit/*                          netkit link                         dev, netns, before, after
 *     cgroup_*, sock_ops, lsm_cgroup    link; PROG_ATTACH before 5.7        cgroup, flags, before, after
 *     lwt_in, lwt_out, lwt_xmit,        a route of its own                  route, dev, via, netns, headroom
 *       lwt_seg6local
 *     sk_lookup, flow_dissector         link, network namespace             netns
 *     netfilter                         link                                pf, hook, priority, netns
 *     sk_msg, sk_skb                    link (6.10) or PROG_ATTACH          map
 *     sk_reuseport, socket_filter       setsockopt                          socket
 *     raw_tracepoint                    RAW_TRACEPOINT_OPEN by name         target, cookie
 *     tp_btf, fentry, fexit, lsm, ext   RAW_TRACEPOINT_OPEN                 cookie
 *     iter                              link                                map, pid, tid, cgroup, order
 *     tracepoint                        perf event                          target "category/name", cookie
 *     perf_event                        perf event a CPU or thread          event, frequency or period, pid, cpu, cookie
 *     kprobe, ksyscall, uprobe, usdt    perf event                          target, symbol, offset, path, pid, cookie
 *     kprobe.multi, uprobe.multi        link                                targets or a pattern, path, pid, cookie
 *
 * Source: kernel/bpf/syscall.c link_create(), tools/lib/bpf/libbpf.c bpf_program__attach_*, 6.18.
 */
import * as at from "../../abi/attach-types.ts";
import * as pt from "../../abi/prog-types.ts";
import { openRawTracepoint } from "../bpf/link.ts";
import { NotSupported } from "../errors.ts";
import { onCgroup } from "./cgroup.ts";
import { type AttachContext, type Attached, checked, targetOf } from "./context.ts";
import { onIter } from "./iter.ts";
import { onDevice, onNetfilter, onNetns } from "./net.ts";
import { onPerfEvent, onTracepoint } from "./perf.ts";
import { onProbe } from "./probe.ts";
import { onRoute } from "./route.ts";
import { onSocket, onSockmap } from "./socket.ts";

/** Throws NotSupported, Refused, SkepError "attach/option" for options that lack or do not fit, "attach/<ERRNO>" else. */
export function attachProg(context: AttachContext): Attached {
  const { spec } = context;
  const attachType = spec.expectedAttachType;
  switch (spec.type) {
    case pt.BPF_PROG_TYPE_XDP:
    case pt.BPF_PROG_TYPE_SCHED_CLS:
    case pt.BPF_PROG_TYPE_SCHED_ACT:
      return onDevice(context);
    case pt.BPF_PROG_TYPE_CGROUP_SKB:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case pt.BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case pt.BPF_PROG_TYPE_CGROUP_SYSCTL:
    case pt.BPF_PROG_TYPE_CGROUP_DEVICE:
    case pt.BPF_PROG_TYPE_SOCK_OPS:
      return onCgroup(context);
    case pt.BPF_PROG_TYPE_SK_LOOKUP:
      return onNetns(context, at.BPF_SK_LOOKUP);
    case pt.BPF_PROG_TYPE_FLOW_DISSECTOR:
      return onNetns(context, at.BPF_FLOW_DISSECTOR);
    case pt.BPF_PROG_TYPE_NETFILTER:
      return onNetfilter(context);
    case pt.BPF_PROG_TYPE_SK_MSG:
    case pt.BPF_PROG_TYPE_SK_SKB:
      return onSockmap(context);
    case pt.BPF_PROG_TYPE_SK_REUSEPORT:
    case pt.BPF_PROG_TYPE_SOCKET_FILTER:
      return onSocket(context);
    case pt.BPF_PROG_TYPE_LWT_IN:
    case pt.BPF_PROG_TYPE_LWT_OUT:
    case pt.BPF_PROG_TYPE_LWT_XMIT:
    case pt.BPF_PROG_TYPE_LWT_SEG6LOCAL:
      return onRoute(context);
    case pt.BPF_PROG_TYPE_RAW_TRACEPOINT:
    case pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE:
      return onRawTracepoint(context, targetOf(context, "the tracepoint's name"));
    case pt.BPF_PROG_TYPE_TRACING:
    case pt.BPF_PROG_TYPE_LSM:
    case pt.BPF_PROG_TYPE_EXT:
      if (attachType === at.BPF_LSM_CGROUP) return onCgroup(context);
      if (attachType === at.BPF_TRACE_ITER) return onIter(context);
      return onRawTracepoint(context, null);
    case pt.BPF_PROG_TYPE_TRACEPOINT:
      return onTracepoint(context);
    case pt.BPF_PROG_TYPE_PERF_EVENT:
      return onPerfEvent(context);
    case pt.BPF_PROG_TYPE_KPROBE:
      return onProbe(context);
  }
  throw new NotSupported(`way to attach ${pt.progTypeWord(spec.type)} programs that this target knows`, "", {
    site: { prog: spec.name },
    advice: ELSEWHERE[spec.type] ?? "run it with testRun(), which needs no hook",
  });
}

/** Types whose place is made by another tool, or that are no hook. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  [pt.BPF_PROG_TYPE_SYSCALL]: "syscall programs are run with testRun(), not attached",
  [pt.BPF_PROG_TYPE_STRUCT_OPS]: "struct_ops programs are attached by their map",
};

/** By name; null for programs that know their place since they were loaded. */
function onRawTracepoint(context: AttachContext, name: string | null): Attached {
  const { bpf, spec, progFd, options } = context;
  const what =
    name === null ? `${hookWord(spec.type, spec.expectedAttachType)} ${spec.attachTo}` : `raw tracepoint ${name}`;
  return { links: [checked(context, openRawTracepoint(bpf, progFd, name, options.cookie), what)], what };
}

function hookWord(type: number, attachType: number): string {
  return type === pt.BPF_PROG_TYPE_EXT ? "freplace" : at.attachTypeWord(attachType);
}
