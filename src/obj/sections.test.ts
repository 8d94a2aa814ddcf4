import { describe, expect, test } from "vitest";
import { attachTypeWord } from "../abi/attach-types.ts";
import { progTypeWord } from "../abi/prog-types.ts";
import { matchSection, SECTION_DEFS } from "./sections.ts";

/** "type attach flags -> target", with "old" for names of libbpf before 1.0. */
function describeSection(name: string): string {
  const match = matchSection(name);
  if (match === null) return "none";
  const { def, attachTo, strict } = match;
  const parts = [
    progTypeWord(def.type),
    def.attachType === 0 ? "-" : attachTypeWord(def.attachType),
    `0x${def.flags.toString(16)}`,
  ];
  return `${parts.join(" ")}${attachTo === "" ? "" : ` -> ${attachTo}`}${strict ? "" : " old"}`;
}

test.each([
  ["xdp", "xdp xdp 0x0"],
  ["xdp.frags", "xdp xdp 0x20"],
  ["xdp/devmap", "xdp xdp_devmap 0x0"],
  ["xdp.frags/cpumap", "xdp xdp_cpumap 0x20"],
  ["tc", "sched_cls - 0x0"],
  ["tc/ingress", "sched_cls tcx_ingress 0x0"],
  ["tcx/egress", "sched_cls tcx_egress 0x0"],
  ["netkit/primary", "sched_cls netkit_primary 0x0"],
  ["action", "sched_act - 0x0"],
  ["socket", "socket_filter - 0x0"],
  ["kprobe/do_sys_open", "kprobe - 0x0 -> do_sys_open"],
  ["kprobe", "kprobe - 0x0"],
  ["kprobe.multi/tcp_*", "kprobe trace_kprobe_multi 0x0 -> tcp_*"],
  ["kprobe.session/x", "kprobe trace_kprobe_session 0x0 -> x"],
  ["uprobe.s//bin/bash:readline", "kprobe - 0x10 -> /bin/bash:readline"],
  ["uprobe.multi.s/x", "kprobe trace_uprobe_multi 0x10 -> x"],
  ["ksyscall/openat", "kprobe - 0x0 -> openat"],
  ["usdt/libc:p:n", "kprobe - 0x0 -> libc:p:n"],
  ["tp/syscalls/sys_enter_openat", "tracepoint - 0x0 -> syscalls/sys_enter_openat"],
  ["tracepoint/sched/sched_switch", "tracepoint - 0x0 -> sched/sched_switch"],
  ["raw_tp/sched_switch", "raw_tracepoint - 0x0 -> sched_switch"],
  ["raw_tp.w/x", "raw_tracepoint_writable - 0x0 -> x"],
  ["tp_btf/task_newtask", "tracing trace_raw_tp 0x0 -> task_newtask"],
  ["fentry.s/do_unlinkat", "tracing trace_fentry 0x10 -> do_unlinkat"],
  ["fmod_ret/x", "tracing modify_return 0x0 -> x"],
  ["freplace/f", "ext - 0x0 -> f"],
  ["lsm/file_open", "lsm lsm_mac 0x0 -> file_open"],
  ["lsm_cgroup/socket_post_create", "lsm lsm_cgroup 0x0 -> socket_post_create"],
  ["iter.s/bpf_map_elem", "tracing trace_iter 0x10 -> bpf_map_elem"],
  ["syscall", "syscall - 0x10"],
  ["struct_ops.s/init", "struct_ops - 0x10 -> init"],
  ["sk_lookup", "sk_lookup sk_lookup 0x0"],
  ["sk_reuseport/migrate", "sk_reuseport sk_reuseport_select_or_migrate 0x0"],
  ["sk_skb/stream_parser", "sk_skb sk_skb_stream_parser 0x0"],
  ["cgroup_skb/egress", "cgroup_skb cgroup_inet_egress 0x0"],
  ["cgroup/skb", "cgroup_skb - 0x0"],
  ["cgroup/connect_unix", "cgroup_sock_addr cgroup_unix_connect 0x0"],
  ["cgroup/getsockopt", "cgroup_sockopt cgroup_getsockopt 0x0"],
  ["cgroup/dev", "cgroup_device cgroup_device 0x0"],
  ["netfilter", "netfilter netfilter 0x0"],
  ["flow_dissector", "flow_dissector flow_dissector 0x0"],
  ["xdp_devmap/map", "xdp xdp_devmap 0x0 -> map"],
  ["xdp_prog", "xdp xdp 0x0 old"],
  ["classifier/ingress", "sched_cls - 0x0 old"],
  ["socket1", "socket_filter - 0x0 old"],
  ["sk_msg1", "sk_msg sk_msg_verdict 0x0 old"],
  ["cgroup/sock1", "cgroup_sock cgroup_inet_sock_create 0x0 old"],
  ["tcp_cong", "none"],
  ["kprobes", "none"],
  ["maps", "none"],
  ["", "none"],
])("%s", (name, expected) => {
  expect(describeSection(name)).toBe(expected);
});

describe("the table", () => {
  test("has no pattern twice", () => {
    const patterns = SECTION_DEFS.map((def) => def.pattern);
    expect(new Set(patterns).size).toBe(patterns.length);
  });

  test("every row is found by its own pattern", () => {
    for (const def of SECTION_DEFS) {
      const name = def.pattern.endsWith("+") ? def.pattern.slice(0, -1) : def.pattern.replace(/\/$/, "/x");
      expect(matchSection(name)?.def, name).toBe(def);
      if (def.pattern.endsWith("+"))
        expect(matchSection(`${name}/x`)).toMatchObject({ def, attachTo: "x", strict: true });
    }
  });
});
