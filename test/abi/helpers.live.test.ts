/** The helper tables against the running kernel: every helper in every program type that it loads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as at from "../../src/abi/attach-types.ts";
import { HELPERS } from "../../src/abi/helpers.ts";
import { helperProto } from "../../src/abi/prog-helpers.ts";
import * as pt from "../../src/abi/prog-types.ts";
import { Btf } from "../../src/btf/btf.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { loadProg, logText, type ProgAttr } from "../../src/linux/bpf/prog.ts";
import { hasKernelBtf, liveKernel, liveSys, VMLINUX_BTF } from "../live.ts";

interface Case {
  readonly type: number;
  readonly attach: number;
  readonly attachTo?: string;
  readonly flags?: number;
  readonly find?: (btf: Btf) => number;
}

const plain = (type: number, ...attach: number[]): Case[] =>
  (attach.length === 0 ? [0] : attach).map((each) => ({ type, attach: each }));

const CASES: readonly Case[] = [
  ...plain(pt.BPF_PROG_TYPE_SOCKET_FILTER),
  ...plain(
    pt.BPF_PROG_TYPE_KPROBE,
    0,
    at.BPF_TRACE_KPROBE_MULTI,
    at.BPF_TRACE_UPROBE_MULTI,
    at.BPF_TRACE_UPROBE_SESSION,
  ),
  ...plain(pt.BPF_PROG_TYPE_SCHED_CLS, 0, at.BPF_TCX_INGRESS),
  ...plain(pt.BPF_PROG_TYPE_SCHED_ACT),
  ...plain(pt.BPF_PROG_TYPE_TRACEPOINT),
  ...plain(pt.BPF_PROG_TYPE_XDP, at.BPF_XDP, at.BPF_XDP_DEVMAP, at.BPF_XDP_CPUMAP),
  ...plain(pt.BPF_PROG_TYPE_PERF_EVENT),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SKB, at.BPF_CGROUP_INET_INGRESS, at.BPF_CGROUP_INET_EGRESS),
  ...plain(
    pt.BPF_PROG_TYPE_CGROUP_SOCK,
    at.BPF_CGROUP_INET_SOCK_CREATE,
    at.BPF_CGROUP_INET_SOCK_RELEASE,
    at.BPF_CGROUP_INET4_POST_BIND,
    at.BPF_CGROUP_INET6_POST_BIND,
  ),
  ...plain(pt.BPF_PROG_TYPE_LWT_IN),
  ...plain(pt.BPF_PROG_TYPE_LWT_OUT),
  ...plain(pt.BPF_PROG_TYPE_LWT_XMIT),
  ...plain(pt.BPF_PROG_TYPE_SOCK_OPS, at.BPF_CGROUP_SOCK_OPS),
  ...plain(pt.BPF_PROG_TYPE_SK_SKB, at.BPF_SK_SKB_STREAM_VERDICT),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_DEVICE, at.BPF_CGROUP_DEVICE),
  ...plain(pt.BPF_PROG_TYPE_SK_MSG, at.BPF_SK_MSG_VERDICT),
  ...plain(pt.BPF_PROG_TYPE_RAW_TRACEPOINT),
  ...plain(
    pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
    at.BPF_CGROUP_INET4_BIND,
    at.BPF_CGROUP_INET6_BIND,
    at.BPF_CGROUP_INET4_CONNECT,
    at.BPF_CGROUP_INET6_CONNECT,
    at.BPF_CGROUP_UNIX_CONNECT,
    at.BPF_CGROUP_UDP4_SENDMSG,
    at.BPF_CGROUP_UDP6_SENDMSG,
    at.BPF_CGROUP_UNIX_SENDMSG,
    at.BPF_CGROUP_UDP4_RECVMSG,
    at.BPF_CGROUP_UDP6_RECVMSG,
    at.BPF_CGROUP_UNIX_RECVMSG,
    at.BPF_CGROUP_INET4_GETPEERNAME,
    at.BPF_CGROUP_INET6_GETPEERNAME,
    at.BPF_CGROUP_UNIX_GETPEERNAME,
    at.BPF_CGROUP_INET4_GETSOCKNAME,
    at.BPF_CGROUP_INET6_GETSOCKNAME,
    at.BPF_CGROUP_UNIX_GETSOCKNAME,
  ),
  ...plain(pt.BPF_PROG_TYPE_LWT_SEG6LOCAL),
  ...plain(pt.BPF_PROG_TYPE_LIRC_MODE2),
  ...plain(pt.BPF_PROG_TYPE_SK_REUSEPORT, at.BPF_SK_REUSEPORT_SELECT),
  ...plain(pt.BPF_PROG_TYPE_FLOW_DISSECTOR),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SYSCTL, at.BPF_CGROUP_SYSCTL),
  ...plain(pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE),
  ...plain(pt.BPF_PROG_TYPE_CGROUP_SOCKOPT, at.BPF_CGROUP_SETSOCKOPT, at.BPF_CGROUP_GETSOCKOPT),
  ...plain(pt.BPF_PROG_TYPE_SK_LOOKUP, at.BPF_SK_LOOKUP),
  ...plain(pt.BPF_PROG_TYPE_NETFILTER, at.BPF_NETFILTER),
  { type: pt.BPF_PROG_TYPE_SYSCALL, attach: 0, flags: 0x10 },
  {
    type: pt.BPF_PROG_TYPE_TRACING,
    attach: at.BPF_TRACE_RAW_TP,
    attachTo: "sched_switch",
    find: (btf) => btf.find("btf_trace_sched_switch", "typedef"),
  },
  ...["bpf_iter_task", "bpf_iter_tcp", "bpf_iter_unix", "bpf_iter_udp"].map(
    (name): Case => ({
      type: pt.BPF_PROG_TYPE_TRACING,
      attach: at.BPF_TRACE_ITER,
      attachTo: name,
      find: (btf) => btf.find(name, "func"),
    }),
  ),
  {
    type: pt.BPF_PROG_TYPE_STRUCT_OPS,
    attach: 0,
    find: (btf) => btf.find("tcp_congestion_ops", "struct"),
  },
  ...["bpf_lsm_file_open"].map(
    (name): Case => ({
      type: pt.BPF_PROG_TYPE_LSM,
      attach: at.BPF_LSM_MAC,
      attachTo: name,
      find: (btf) => btf.find(name, "func"),
    }),
  ),
  {
    type: pt.BPF_PROG_TYPE_TRACING,
    attach: at.BPF_TRACE_FENTRY,
    attachTo: "vfs_truncate",
    find: (btf) => btf.find("vfs_truncate", "func"),
  },
];

const LOG_BYTES = 4096;

const call = (id: number) =>
  insnsOf([
    { code: 0x85, dst: 0, src: 0, off: 0, imm: id },
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
const empty = (ret: number) =>
  insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: ret },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);

/** Helpers that kernels leave out by configuration. */
const CONFIGURED: Readonly<Record<string, string>> = {
  override_return: "CONFIG_BPF_KPROBE_OVERRIDE",
  lwt_seg6_store_bytes: "CONFIG_IPV6_SEG6_BPF",
  lwt_seg6_action: "CONFIG_IPV6_SEG6_BPF",
  lwt_seg6_adjust_srh: "CONFIG_IPV6_SEG6_BPF",
  skb_get_xfrm_state: "CONFIG_XFRM",
  probe_write_user: "lockdown",
};

test.skipIf(liveKernel() !== null || !hasKernelBtf())("each helper in each program type, as the kernel has it", () => {
  const bpf = new Bpf(liveSys());
  const btf = new Btf(readFileSync(VMLINUX_BTF));
  const wrong: string[] = [];
  const skipped: string[] = [];
  let compared = 0;
  for (const each of CASES) {
    const label = `${pt.progTypeWord(each.type)}/${at.attachTypeWord(each.attach)}${each.attachTo ? ` ${each.attachTo}` : ""}`;
    const base: Omit<ProgAttr, "insns"> = {
      type: each.type,
      license: "GPL",
      expectedAttachType: each.attach,
      flags: each.flags ?? 0,
      attachBtfId: each.find?.(btf) ?? 0,
    };
    const tried = [0, 1].map((ret) => {
      const loaded = loadProg(bpf, { ...base, insns: empty(ret) }, 1, LOG_BYTES);
      bpf.close(loaded.fd);
      return loaded.fd;
    });
    if (tried.every((fd) => fd < 0)) {
      skipped.push(`${label} (errno ${-tried[0]!})`);
      continue;
    }
    for (let id = 1; id < HELPERS.length; id++) {
      const { fd } = loadProg(bpf, { ...base, insns: call(id) }, 1, LOG_BYTES);
      bpf.close(fd);
      const log = fd >= 0 ? "" : logText(bpf, LOG_BYTES);
      const real = !/unknown func |cannot use helper|invalid func /.test(log);
      const query = each.attachTo === undefined ? {} : { attachTo: each.attachTo };
      const structOps = each.type === pt.BPF_PROG_TYPE_STRUCT_OPS ? { structOps: "tcp_congestion_ops" } : {};
      const ours = helperProto(each.type, each.attach, id, { ...query, ...structOps }) !== undefined;
      compared++;
      if (real === ours) continue;
      if (ours && CONFIGURED[HELPERS[id]!.name] !== undefined) continue;
      wrong.push(`${label} ${HELPERS[id]!.name}: kernel ${real}, table ${ours} ${log.split("\n").slice(-3).join("|")}`);
    }
  }
  console.log(`compared ${compared}; not loadable here: ${skipped.join(", ")}`);
  expect(wrong).toEqual([]);
});
