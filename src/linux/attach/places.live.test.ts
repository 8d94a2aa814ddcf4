/** Every hook that this kernel has and that needs no traffic to be tested: attached, told by info(), gone after close. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmdirSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CGROUPS, liveKernel, liveSys, ownName } from "../../../test/live.ts";
import * as at from "../../abi/attach-types.ts";
import * as pt from "../../abi/prog-types.ts";
import { insnsOf } from "../../isa/insn.ts";
import type { AttachOptions, Target } from "../../loader/target.ts";
import type { ProgSpec, ResolvedProg } from "../../obj/spec.ts";
import { Bpf } from "../bpf/call.ts";
import { objectIds } from "../bpf/object.ts";
import { linux } from "../target.ts";

/** A program that only returns. */
function returning(target: Target, value: number, spec: Partial<ProgSpec>): ResolvedProg {
  const insns = insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: value },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  const none = { funcs: [], lines: [], relocs: [], coreRelos: [], insns, autoload: true, sleepable: false, flags: 0 };
  const base = { name: "skep_place", section: "", type: 0, expectedAttachType: 0, attachTo: "", ...none };
  const { kernelBtf } = target;
  return { spec: { ...base, ...spec }, insns, maps: [], license: "GPL", btf: null, kernelBtf };
}

const CGROUP_HOOKS: readonly (readonly [type: number, attach: number])[] = [
  [pt.BPF_PROG_TYPE_CGROUP_SKB, at.BPF_CGROUP_INET_INGRESS],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK, at.BPF_CGROUP_INET_SOCK_CREATE],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK, at.BPF_CGROUP_INET_SOCK_RELEASE],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK, at.BPF_CGROUP_INET4_POST_BIND],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_INET4_BIND],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_INET6_CONNECT],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_UNIX_CONNECT],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_UDP4_SENDMSG],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_UDP6_RECVMSG],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_INET4_GETPEERNAME],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, at.BPF_CGROUP_INET6_GETSOCKNAME],
  [pt.BPF_PROG_TYPE_CGROUP_SOCKOPT, at.BPF_CGROUP_GETSOCKOPT],
  [pt.BPF_PROG_TYPE_CGROUP_SOCKOPT, at.BPF_CGROUP_SETSOCKOPT],
  [pt.BPF_PROG_TYPE_CGROUP_SYSCTL, at.BPF_CGROUP_SYSCTL],
  [pt.BPF_PROG_TYPE_CGROUP_DEVICE, at.BPF_CGROUP_DEVICE],
  [pt.BPF_PROG_TYPE_SOCK_OPS, at.BPF_CGROUP_SOCK_OPS],
];

describe.skipIf(liveKernel() !== null)("hooks", () => {
  const netns = ownName("places");
  const cgroup = `${CGROUPS}/${ownName("places")}`;
  let target: Target;
  beforeAll(() => {
    target = linux();
    execFileSync("ip", ["netns", "add", netns]);
    if (CGROUPS !== undefined) mkdirSync(cgroup);
  });
  afterAll(() => {
    target.close();
    execFileSync("ip", ["netns", "del", netns]);
    if (CGROUPS !== undefined) rmdirSync(cgroup);
  });

  /** Attaches, and gives what the link says of itself; then its id must be gone. */
  const attached = async (value: number, spec: Partial<ProgSpec>, options: AttachOptions) => {
    const prog = target.loadProg(returning(target, value, spec), []);
    const link = prog.attach(options);
    const info = link.info!();
    prog.close();
    if (info === undefined) return info;
    expect(info.progId).toBe(prog.id);
    const bpf = new Bpf(liveSys());
    const left = (): boolean => [...objectIds(bpf, "link")].includes(info.id);
    for (let tries = 0; tries < 100 && left(); tries++) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(left()).toBe(false);
    return info;
  };

  test.skipIf(CGROUPS === undefined).each(CGROUP_HOOKS)(
    "cgroup: program type %i, attach type %i",
    async (type, attachType) => {
      const info = await attached(1, { type, expectedAttachType: attachType }, { cgroup });
      expect(info).toMatchObject({ kind: "cgroup", attachType });
    },
  );

  test("netfilter", async () => {
    const spec = { type: pt.BPF_PROG_TYPE_NETFILTER, expectedAttachType: at.BPF_NETFILTER };
    const info = await attached(1, spec, { netns, hook: 1, priority: -7 });
    expect(info).toMatchObject({ kind: "netfilter", netfilter: { pf: 2, hook: 1, priority: -7 } });
  });

  test.each([
    [pt.BPF_PROG_TYPE_SK_LOOKUP, at.BPF_SK_LOOKUP],
    [pt.BPF_PROG_TYPE_FLOW_DISSECTOR, at.BPF_FLOW_DISSECTOR],
  ])("network namespace: program type %i", async (type, attachType) => {
    const info = await attached(
      type === pt.BPF_PROG_TYPE_SK_LOOKUP ? 1 : 0,
      { type, expectedAttachType: attachType },
      { netns },
    );
    expect(info).toMatchObject({ kind: "netns", attachType });
  });

  test("tp_btf", async () => {
    const spec = { type: pt.BPF_PROG_TYPE_TRACING, expectedAttachType: at.BPF_TRACE_RAW_TP, attachTo: "task_newtask" };
    expect(await attached(0, spec, { cookie: 9n })).toMatchObject({
      kind: "raw_tracepoint",
      name: "task_newtask",
      cookie: 9n,
    });
  });

  test("sk_reuseport on a socket's group", async () => {
    const sys = liveSys();
    const socket = sys.syscall(sys.nr.socket, 2, 2, 0);
    try {
      const one = sys.alloc(4);
      one.view.setInt32(0, 1, true);
      expect(sys.syscall(sys.nr.setsockopt, socket, 1, 15, one.addr, 4)).toBe(0); // SO_REUSEPORT
      const spec = { type: pt.BPF_PROG_TYPE_SK_REUSEPORT, expectedAttachType: at.BPF_SK_REUSEPORT_SELECT };
      expect(await attached(1, spec, { socket })).toBeUndefined();
    } finally {
      sys.syscall(sys.nr.close, socket);
    }
  });
});
