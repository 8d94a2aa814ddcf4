/**
 * The embedded target's hooks: which program type runs where, the links, and the ways in (test run, replay, inject, emit).
 */
import { BPF_CGROUP_INET_EGRESS, BPF_TCX_EGRESS } from "../../abi/attach-types.ts";
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_LWT_IN,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_XDP,
  PROG_TYPES,
} from "../../abi/prog-types.ts";
import { verdictName } from "../../abi/verdicts.ts";
import { SkepError } from "../../base/error.ts";
import type { BtfView } from "../../btf/types.ts";
import type { Executable, HelperImpl } from "../../engine/engine.ts";
import type { EventReplayOptions, EventReplayResult, RecordedEvent } from "../../loader/events.ts";
import type { AttachOptions, TargetLink, TargetProg } from "../../loader/target.ts";
import { fibHelper } from "../helpers/net-fib.ts";
import { csumDiffHelper, skbCsumHelpers } from "../helpers/net-l4.ts";
import { skbRedirectHelpers } from "../helpers/net-redirect.ts";
import { skbHelpers } from "../helpers/net-skb.ts";
import { socketHelpers } from "../helpers/net-sock.ts";
import { syncookieHelpers } from "../helpers/net-syncookie.ts";
import { netHelperTable } from "../helpers/net-table.ts";
import { skbTunnelHelpers } from "../helpers/net-tunnel.ts";
import { xdpHelpers } from "../helpers/net-xdp.ts";
import { absentTraceHelpers } from "../helpers/trace-absent.ts";
import { kernCtxKfuncs } from "../kfuncs/kern-ctx.ts";
import { packetKfuncs } from "../kfuncs/packet.ts";
import type { KfuncRow } from "../kfuncs/rows.ts";
import { ctxHook, isCtxType } from "./ctx-hook.ts";
import { flowHelpers, flowHook } from "./flow-hook.ts";
import { parseFormat } from "./format.ts";
import { KIND_NONE, PacketBuf } from "./packet.ts";
import { packetBytes } from "./packet-bytes.ts";
import { FRAME_AT, MAX_FRAME_BYTES, type PacketHook, runOnce } from "./packet-hook.ts";
import { replayClock, replayer } from "./replay.ts";
import { skbHook } from "./skb-hook.ts";
import { type Formats, isTraceType, type TraceHook, traceHook } from "./trace-hook.ts";
import type { HookProg, Hooks, Machine } from "./types.ts";
import { xdpHook } from "./xdp.ts";

/** The device that packet programs are attached to where none is named. */
const DEFAULT_DEV = "packets";

interface LiveLink extends TargetLink {
  readonly hook: PacketHook | TraceHook;
  readonly exec: Executable;
  /** Device of packet programs, null for tracing ones. */
  readonly dev: string | null;
  /** Order in which a device asks: XDP before tc ingress before the others. */
  readonly rank: number;
}

export function createHooks(machine: Machine): Hooks {
  const p = new PacketBuf(machine);
  const skb = netHelperTable([
    ...skbHelpers(p),
    ...csumDiffHelper(p),
    ...skbCsumHelpers(p),
    ...skbRedirectHelpers(p),
    ...skbTunnelHelpers(p),
    ...socketHelpers(p),
    ...fibHelper(p, false),
    ...syncookieHelpers(p),
  ]);
  const flow = netHelperTable(flowHelpers(p));
  const tracing = netHelperTable(absentTraceHelpers(machine));
  const xdp = netHelperTable([
    ...socketHelpers(p),
    ...csumDiffHelper(p),
    ...fibHelper(p, true),
    ...syncookieHelpers(p),
    ...xdpHelpers(p),
  ]);
  machine.packet = packetBytes(p, skb, xdp);
  const clock = replayClock();
  const formats: Formats = new Map();
  const trace = traceHook(machine, clock, formats);
  const ctxOnly = ctxHook(machine);
  let links: readonly LiveLink[] = [];

  const helper = (id: number, progType: number): HelperImpl | undefined => ownHelper(id, progType) ?? tracing.get(id);

  function ownHelper(id: number, progType: number): HelperImpl | undefined {
    switch (progType) {
      case BPF_PROG_TYPE_XDP:
        return xdp.get(id);
      case BPF_PROG_TYPE_SCHED_CLS:
      case BPF_PROG_TYPE_SCHED_ACT:
      case BPF_PROG_TYPE_SOCKET_FILTER:
      case BPF_PROG_TYPE_CGROUP_SKB:
      case BPF_PROG_TYPE_LWT_IN:
      case BPF_PROG_TYPE_LWT_OUT:
      case BPF_PROG_TYPE_LWT_XMIT:
        return skb.get(id);
      case BPF_PROG_TYPE_FLOW_DISSECTOR:
        return flow.get(id);
      default:
        return undefined;
    }
  }

  function kfuncs(progType: number, kernelBtf: BtfView | null): readonly KfuncRow[] {
    if (isTraceType(progType) || isCtxType(progType)) return [];
    return [...packetKfuncs(p, progType), ...kernCtxKfuncs(p, kernelBtf, progType)];
  }

  function program(prog: TargetProg, exec: Executable): HookProg {
    const spec = prog.prog.spec;
    if (isTraceType(spec.type)) return traceProgram(prog, exec);
    if (isCtxType(spec.type)) return ctxProgram(prog, exec);
    const hook = packetHook(p, spec.type, spec.expectedAttachType);
    if (hook === null) throw noHook(prog);
    const replay = replayer(hook, spec.type, clock);
    return {
      testRun: (run) => whole(p, () => hook.testRun(exec, run)),
      replay: (source, options = {}) => whole(p, () => replay.run(exec, source, options)),
      replayEvents() {
        throw takesPackets(spec.name);
      },
      attach(options) {
        return attach(prog, exec, hook, options);
      },
      close() {
        links = links.filter((link) => link.prog !== prog);
      },
    };
  }

  function traceProgram(prog: TargetProg, exec: Executable): HookProg {
    const spec = prog.prog.spec;
    return {
      testRun: (run) => trace.testRun(exec, run),
      replay() {
        throw new SkepError("run/packets", `${spec.name} takes events, not packets`, {
          advice: "give it a recording: skep run FILE --events RECORDING",
        });
      },
      replayEvents: (events, options = {}) => trace.replay([exec], events, options)[0]!,
      attach: (options) => {
        const target = options.target ?? spec.attachTo;
        return add({ prog, what: `${wordOf(spec.type)} ${target}`.trim(), hook: trace, exec, dev: null, rank: 3 });
      },
      close() {
        links = links.filter((link) => link.prog !== prog);
      },
    };
  }

  function replayEvents(
    progs: readonly { readonly prog: TargetProg; readonly exec: Executable }[],
    events: Iterable<RecordedEvent>,
    options: EventReplayOptions,
  ): EventReplayResult[] {
    const other = progs.find(({ prog }) => !isTraceType(prog.prog.spec.type));
    if (other !== undefined) throw takesPackets(other.prog.prog.spec.name);
    return trace.replay(
      progs.map(({ exec }) => exec),
      events,
      options,
    );
  }

  function ctxProgram(prog: TargetProg, exec: Executable): HookProg {
    const { name, type } = prog.prog.spec;
    const only = (code: string, what: string): SkepError =>
      new SkepError(code, `${name}: ${wordOf(type)} programs ${what}`, {
        advice: "run it with a ctx: program.run(undefined, { ctx })",
      });
    return {
      testRun: (run) => ctxOnly.testRun(exec, run),
      replay() {
        throw only("run/packets", "take no packets");
      },
      replayEvents() {
        throw only("run/events", "take no events");
      },
      attach() {
        throw only("load/attach", "have nothing to be attached to here");
      },
      close() {},
    };
  }

  function attach(prog: TargetProg, exec: Executable, hook: PacketHook, options: AttachOptions): TargetLink {
    const type = prog.prog.spec.type;
    const dev = options.dev ?? DEFAULT_DEV;
    const rank = type === BPF_PROG_TYPE_XDP ? 0 : type === BPF_PROG_TYPE_SCHED_CLS ? 1 : 2;
    return add({ prog, what: `${wordOf(type)} on ${dev}`, hook, exec, dev, rank });
  }

  /** Behind those of its rank: programs of one hook run in the order of attaching. */
  function add(fields: Omit<LiveLink, "close">): TargetLink {
    const link: LiveLink = {
      ...fields,
      close() {
        links = links.filter((other) => other !== link);
      },
    };
    const at = links.findIndex((other) => other.rank > link.rank);
    links = at < 0 ? [...links, link] : [...links.slice(0, at), link, ...links.slice(at)];
    return link;
  }

  function emit(event: RecordedEvent): number {
    let ran = 0;
    for (const link of links) {
      if (link.dev !== null || !trace.wants(link.exec, event)) continue;
      trace.run(link.exec, event);
      ran++;
    }
    return ran;
  }

  function inject(dev: string, packet: Uint8Array): string {
    const { u8 } = machine;
    let length = Math.min(packet.length, MAX_FRAME_BYTES);
    u8.set(length === packet.length ? packet : packet.subarray(0, length), FRAME_AT);
    let verdict = "pass";
    return whole(p, () => {
      for (const link of links) {
        const { hook } = link;
        if (link.dev !== dev || !("stage" in hook)) continue;
        const type = link.prog.prog.spec.type;
        hook.stage(length, length, 0, 0, 1);
        verdict = verdictName(type, runOnce(machine, link.exec));
        if (!GOES_ON.has(verdict)) break;
        // The next program gets what this one left.
        const { start, end } = hook.frame();
        length = end - start;
        u8.copyWithin(FRAME_AT, start, end);
      }
      if (machine.event.wakeNs <= machine.clock()) machine.settle();
      return verdict;
    });
  }

  return {
    helper,
    kfuncs,
    loadPacket: (offset, sizeBytes) => p.load(offset, sizeBytes),
    regions: () => (p.kind === KIND_NONE ? [...trace.regions(), ...ctxOnly.regions()] : p.regions()),
    program,
    replayEvents,
    links: () => links,
    inject,
    emit,
    addFormat(text, group) {
      const format = parseFormat(text, group);
      formats.set(format.name, format);
      return format.name;
    },
    get fib() {
      return p.fib;
    },
    set fib(table) {
      p.fib = table;
    },
    addDevice(ifindex) {
      p.devices.add(ifindex);
    },
    close() {
      links = [];
    },
  };
}

/** Verdicts that let the next program of a device see the packet. */
const GOES_ON: ReadonlySet<string> = new Set(["pass", "ok", "unspec", "pipe", "allow"]);

/** Runs `fn`; afterwards no packet is live. */
function whole<T>(p: PacketBuf, fn: () => T): T {
  try {
    return fn();
  } finally {
    p.kind = KIND_NONE;
  }
}

function packetHook(p: PacketBuf, progType: number, attachType: number): PacketHook | null {
  switch (progType) {
    case BPF_PROG_TYPE_XDP:
      return xdpHook(p);
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
      return skbHook(p, { l2: true, fromMac: true, direct: true, untag: attachType !== BPF_TCX_EGRESS, socket: null });
    case BPF_PROG_TYPE_SOCKET_FILTER:
      return skbHook(p, { l2: false, fromMac: true, direct: false, untag: false, socket: null });
    case BPF_PROG_TYPE_CGROUP_SKB: {
      const socket = attachType === BPF_CGROUP_INET_EGRESS ? "egress" : "ingress";
      return skbHook(p, { l2: false, fromMac: false, direct: true, untag: false, socket });
    }
    case BPF_PROG_TYPE_LWT_IN:
    case BPF_PROG_TYPE_LWT_OUT:
    case BPF_PROG_TYPE_LWT_XMIT:
      return skbHook(p, { l2: false, fromMac: false, direct: true, untag: false, socket: null });
    case BPF_PROG_TYPE_FLOW_DISSECTOR:
      return flowHook(p);
    default:
      return null;
  }
}

function takesPackets(name: string): SkepError {
  return new SkepError("run/events", `${name} takes packets, not events`, {
    advice: "give it a capture: skep run FILE --pcap CAPTURE",
  });
}

function noHook(prog: TargetProg): SkepError {
  const { name, type } = prog.prog.spec;
  return new SkepError("load/hook", `the embedded target has no hook for ${wordOf(type)} programs`, {
    site: { prog: name },
    advice: "run it on the linux target",
  });
}

function wordOf(type: number): string {
  return PROG_TYPES.find((row) => row.id === type)?.word ?? `type ${type}`;
}
