/**
 * Attaching through links: the fd holds the program in its place, closing it detaches.
 *
 *     type                              through                          options
 *     xdp                               LINK_CREATE, interface           dev, netns, flags (XDP_FLAGS_*)
 *     sched_cls, sched_act              LINK_CREATE, tcx                 dev, netns, direction "ingress" | "egress"
 *     cgroup_*, sock_ops, lsm_cgroup    LINK_CREATE, cgroup directory    cgroup
 *     sk_lookup, flow_dissector         LINK_CREATE, network namespace   netns
 *     netfilter                         LINK_CREATE                      pf, hook, priority, netns
 *     raw_tracepoint                    RAW_TRACEPOINT_OPEN by name      target (default: the section's), cookie
 *     tp_btf, fentry, fexit, lsm        RAW_TRACEPOINT_OPEN              cookie
 *     tracepoint                        perf event, LINK_CREATE          target "category/name", cookie
 *
 * Source: kernel/bpf/syscall.c link_create(), tools/lib/bpf/libbpf.c bpf_program__attach_*, 6.18.
 */
import * as at from "../abi/attach-types.ts";
import * as pt from "../abi/prog-types.ts";
import { EINVAL, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { AttachOptions } from "../loader/target.ts";
import type { ProgSpec } from "../obj/spec.ts";
import type { Bpf } from "./bpf/call.ts";
import { createLink, type LinkAttr, openRawTracepoint } from "./bpf/link.ts";
import { NotSupported, Refused } from "./errors.ts";
import { ifIndex, inNetns, withPath } from "./fds.ts";
import { openTracepoint } from "./perf-event.ts";
import { tracepointId } from "./tracefs.ts";

export interface Attached {
  /** fds to close, the link first. */
  readonly fds: readonly number[];
  /** "xdp on veth0". */
  readonly what: string;
}

/** Throws NotSupported, Refused, SkepError "attach/option" for options that lack or do not fit, "attach/<ERRNO>" else. */
export function attachProg(bpf: Bpf, spec: ProgSpec, progFd: number, options: AttachOptions): Attached {
  const attachType = spec.expectedAttachType;
  switch (spec.type) {
    case pt.BPF_PROG_TYPE_XDP:
      return onDevice(bpf, spec, progFd, options, at.BPF_XDP, "xdp");
    case pt.BPF_PROG_TYPE_SCHED_CLS:
    case pt.BPF_PROG_TYPE_SCHED_ACT: {
      const egress = options.direction === "egress" || attachType === at.BPF_TCX_EGRESS;
      return onDevice(
        bpf,
        spec,
        progFd,
        options,
        egress ? at.BPF_TCX_EGRESS : at.BPF_TCX_INGRESS,
        egress ? "tc egress" : "tc ingress",
      );
    }
    case pt.BPF_PROG_TYPE_CGROUP_SKB:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK:
    case pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR:
    case pt.BPF_PROG_TYPE_CGROUP_SOCKOPT:
    case pt.BPF_PROG_TYPE_CGROUP_SYSCTL:
    case pt.BPF_PROG_TYPE_CGROUP_DEVICE:
    case pt.BPF_PROG_TYPE_SOCK_OPS:
      return onCgroup(bpf, spec, progFd, options);
    case pt.BPF_PROG_TYPE_SK_LOOKUP:
      return onNetns(bpf, spec, progFd, options, at.BPF_SK_LOOKUP);
    case pt.BPF_PROG_TYPE_FLOW_DISSECTOR:
      return onNetns(bpf, spec, progFd, options, at.BPF_FLOW_DISSECTOR);
    case pt.BPF_PROG_TYPE_NETFILTER:
      return onNetfilter(bpf, spec, progFd, options);
    case pt.BPF_PROG_TYPE_RAW_TRACEPOINT:
    case pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE: {
      const name = targetOf(spec, options, "the tracepoint's name");
      const what = `raw tracepoint ${name}`;
      return { fds: [checked(openRawTracepoint(bpf, progFd, name, options.cookie), spec, what)], what };
    }
    case pt.BPF_PROG_TYPE_TRACING:
    case pt.BPF_PROG_TYPE_LSM: {
      if (attachType === at.BPF_LSM_CGROUP) return onCgroup(bpf, spec, progFd, options);
      if (attachType === at.BPF_TRACE_ITER) break;
      const what = `${at.attachTypeWord(attachType)} ${spec.attachTo}`;
      return { fds: [checked(openRawTracepoint(bpf, progFd, null, options.cookie), spec, what)], what };
    }
    case pt.BPF_PROG_TYPE_TRACEPOINT:
      return onTracepoint(bpf, spec, progFd, options);
  }
  throw new NotSupported(`way yet to attach ${pt.progTypeWord(spec.type)} programs through this target`, "", {
    site: { prog: spec.name },
    advice: "use testRun and replay, or attach the pinned program with ip, tc or bpftool",
  });
}

function onDevice(
  bpf: Bpf,
  spec: ProgSpec,
  progFd: number,
  options: AttachOptions,
  attachType: number,
  hook: string,
): Attached {
  const { dev } = options;
  if (dev === undefined) throw optionError(spec, "dev", "the interface's name");
  const what = `${hook} on ${dev}`;
  return inNetns(bpf, options.netns, () => {
    const attr = { progFd, target: ifIndex(bpf, dev), attachType, flags: options.flags ?? 0 };
    return { fds: [link(bpf, attr, spec, what)], what };
  });
}

function onCgroup(bpf: Bpf, spec: ProgSpec, progFd: number, options: AttachOptions): Attached {
  const { cgroup } = options;
  if (cgroup === undefined) throw optionError(spec, "cgroup", "the cgroup's directory");
  const what = `${at.attachTypeWord(spec.expectedAttachType)} on ${cgroup}`;
  return withPath(bpf, cgroup, "cgroup", (target) => {
    const attr = { progFd, target, attachType: spec.expectedAttachType, flags: options.flags ?? 0 };
    return { fds: [link(bpf, attr, spec, what)], what };
  });
}

function onNetns(bpf: Bpf, spec: ProgSpec, progFd: number, options: AttachOptions, attachType: number): Attached {
  const { netns } = options;
  const path = netns === undefined ? "/proc/thread-self/ns/net" : netns.includes("/") ? netns : `/run/netns/${netns}`;
  const what = `${at.attachTypeWord(attachType)} in ${netns ?? "this network namespace"}`;
  return withPath(bpf, path, "network namespace", (target) => ({
    fds: [link(bpf, { progFd, target, attachType }, spec, what)],
    what,
  }));
}

const NFPROTO_IPV4 = 2;

function onNetfilter(bpf: Bpf, spec: ProgSpec, progFd: number, options: AttachOptions): Attached {
  const { pf = NFPROTO_IPV4, hook, priority } = options;
  if (hook === undefined) throw optionError(spec, "hook", "NF_INET_* as a number: 0 pre-routing to 4 post-routing");
  if (priority === undefined) throw optionError(spec, "priority", "a number between those of other hooks");
  const what = `netfilter hook ${hook}, priority ${priority}`;
  const netfilter = { pf, hook, priority, flags: options.flags ?? 0 };
  return inNetns(bpf, options.netns, () => ({
    fds: [link(bpf, { progFd, target: 0, attachType: at.BPF_NETFILTER, netfilter }, spec, what)],
    what,
  }));
}

function onTracepoint(bpf: Bpf, spec: ProgSpec, progFd: number, options: AttachOptions): Attached {
  const name = targetOf(spec, options, '"category/name"');
  const what = `tracepoint ${name}`;
  const event = openTracepoint(bpf, tracepointId(bpf, name), what);
  try {
    const attr = { progFd, target: event, attachType: at.BPF_PERF_EVENT, cookie: options.cookie ?? 0n };
    return { fds: [link(bpf, attr, spec, what), event], what };
  } catch (error) {
    bpf.close(event);
    throw error;
  }
}

function link(bpf: Bpf, attr: LinkAttr, spec: ProgSpec, what: string): number {
  return checked(createLink(bpf, attr), spec, what);
}

function checked(fd: number, spec: ProgSpec, what: string): number {
  if (fd >= 0) return fd;
  const errno = -fd;
  if (errno === EPERM) throw new Refused(`attaching ${spec.name} (${what})`, errno, { site: { prog: spec.name } });
  throw new SkepError(`attach/${errnoName(errno)}`, `attaching ${spec.name} (${what}): ${errnoName(errno)}`, {
    errno,
    site: { prog: spec.name },
    advice:
      errno === EINVAL
        ? "the hook does not take this program: another attach type, or flags it does not know"
        : "EBUSY and EEXIST: another program is there; ENODEV, ENOENT: the place does not exist",
  });
}

function targetOf(spec: ProgSpec, options: AttachOptions, what: string): string {
  const target = options.target ?? spec.attachTo;
  if (target === "") throw optionError(spec, "target", what);
  return target;
}

function optionError(spec: ProgSpec, name: string, what: string): SkepError {
  return new SkepError("attach/option", `attaching a ${pt.progTypeWord(spec.type)} program needs \`${name}\``, {
    site: { prog: spec.name },
    advice: `give ${name}: ${what}`,
  });
}
