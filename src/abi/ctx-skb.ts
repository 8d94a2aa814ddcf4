/**
 * struct __sk_buff: the ctx of socket_filter, sched_cls, sched_act, cgroup_skb, lwt_*, sk_skb and flow_dissector, and which
 * of them may read or write which field.
 * Source: include/uapi/linux/bpf.h, net/core/filter.c *_is_valid_access, 6.18.
 */
import { n32, ptr, sized, u32, u32s, u64 } from "./ctx-fields.ts";
import type { CtxLayout } from "./types.ts";

const LWT = ["lwt_in", "lwt_out", "lwt_xmit", "lwt_seg6local"] as const;
const SCHED = ["sched_cls", "sched_act"] as const;
/** flow_dissector sees data, data_end and flow_keys only. */
const FLOW = ["flow_dissector"] as const;
/** Fields family to local_port belong to a socket: types that run below one may not ask. */
const NO_SOCKET = { notFor: ["socket_filter", ...SCHED, ...LWT, ...FLOW] };
const SCHED_ONLY = { onlyFor: SCHED };
const PLAIN = { notFor: FLOW };

export const SK_BUFF: CtxLayout = {
  name: "__sk_buff",
  sizeBytes: 192,
  fields: [
    n32("len", 0, PLAIN),
    n32("pkt_type", 4, PLAIN),
    n32("mark", 8, { notFor: ["sk_skb", ...FLOW], write: true, writeFor: [...SCHED, "cgroup_skb", ...LWT] }),
    n32("queue_mapping", 12, { ...PLAIN, write: true, writeFor: SCHED }),
    n32("protocol", 16, PLAIN),
    n32("vlan_present", 20, PLAIN),
    n32("vlan_tci", 24, PLAIN),
    n32("vlan_proto", 28, PLAIN),
    n32("priority", 32, { ...PLAIN, write: true, writeFor: [...SCHED, "cgroup_skb", ...LWT, "sk_skb"] }),
    n32("ingress_ifindex", 36, PLAIN),
    n32("ifindex", 40, PLAIN),
    n32("tc_index", 44, { ...PLAIN, write: true, writeFor: [...SCHED, "sk_skb"] }),
    u32s("cb", 48, 5, {
      ...PLAIN,
      anySize: true,
      write: true,
      writeFor: ["socket_filter", ...SCHED, "cgroup_skb", ...LWT],
    }),
    n32("hash", 68, PLAIN),
    n32("tc_classid", 72, { ...SCHED_ONLY, write: true }),
    // cgroup_skb needs CAP_BPF for data and data_end.
    u32("data", 76, { yields: "packet", notFor: ["socket_filter"] }),
    u32("data_end", 80, { yields: "packet_end", notFor: ["socket_filter"] }),
    n32("napi_id", 84, PLAIN),
    n32("family", 88, NO_SOCKET),
    u32("remote_ip4", 92, NO_SOCKET),
    u32("local_ip4", 96, NO_SOCKET),
    u32s("remote_ip6", 100, 4, NO_SOCKET),
    u32s("local_ip6", 116, 4, NO_SOCKET),
    n32("remote_port", 132, NO_SOCKET),
    n32("local_port", 136, NO_SOCKET),
    u32("data_meta", 140, { ...SCHED_ONLY, yields: "packet_meta" }),
    ptr("flow_keys", 144, "flow_keys", { onlyFor: FLOW }),
    u64("tstamp", 152, {
      onlyFor: [...SCHED, "cgroup_skb"],
      write: true,
    }),
    n32("wire_len", 160, SCHED_ONLY),
    n32("gso_segs", 164, PLAIN),
    ptr("sk", 168, "sock_common", { ...PLAIN, maybeNull: true }),
    n32("gso_size", 176, { ...PLAIN, since: "5.7" }),
    sized("tstamp_type", 180, 1, { ...SCHED_ONLY, since: "5.18" }),
    u64("hwtstamp", 184, { onlyFor: [...SCHED, "cgroup_skb"], since: "5.16" }),
  ],
};
