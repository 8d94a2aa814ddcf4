/**
 * Ctx structs of programs that run at a socket, and the uapi views of sockets that helpers return.
 * Source: include/uapi/linux/bpf.h, net/core/filter.c *_is_valid_access, kernel/bpf/cgroup.c, 6.18.
 */
import * as at from "./attach-types.ts";
import { n32, ptr, sized, u32, u32s, u64 } from "./ctx-fields.ts";
import type { CtxLayout } from "./types.ts";

const CREATE_RELEASE = [at.BPF_CGROUP_INET_SOCK_CREATE, at.BPF_CGROUP_INET_SOCK_RELEASE];
/** Read through a pointer to sock_common, these fields are not there. */
const FULL = { notFor: ["sock_common"] };

const START = { atStart: true } as const;

/** What a pointer to a socket shows. */
export const BPF_SOCK: CtxLayout = {
  name: "bpf_sock",
  sizeBytes: 80,
  fields: [
    u32("bound_dev_if", 0),
    n32("family", 4, START),
    n32("type", 8, { ...FULL, ...START }),
    n32("protocol", 12, { ...FULL, ...START }),
    u32("mark", 16, FULL),
    u32("priority", 20, FULL),
    n32("src_ip4", 24),
    u32s("src_ip6", 28, 4, { narrow: true }),
    n32("src_port", 44, START),
    sized("dst_port", 48, 2, { narrow: true, once32: true }),
    n32("dst_ip4", 52),
    u32s("dst_ip6", 56, 4, { narrow: true }),
    n32("state", 72, START),
    n32("rx_queue_mapping", 76, { ...START, since: "5.8" }),
  ],
};

const CGROUP_SOCK_RULES: Readonly<Record<string, object>> = {
  bound_dev_if: { attach: CREATE_RELEASE, write: true },
  mark: { attach: CREATE_RELEASE, write: true },
  priority: { attach: CREATE_RELEASE, write: true },
  src_ip4: { attach: [at.BPF_CGROUP_INET4_POST_BIND] },
  src_ip6: { attach: [at.BPF_CGROUP_INET6_POST_BIND] },
  src_port: { attach: [at.BPF_CGROUP_INET4_POST_BIND, at.BPF_CGROUP_INET6_POST_BIND] },
};

/** The same struct as ctx of cgroup_sock programs. */
export const CGROUP_SOCK: CtxLayout = {
  ...BPF_SOCK,
  fields: BPF_SOCK.fields.map((field) => ({ ...field, ...CGROUP_SOCK_RULES[field.name] })),
};

const TCP_SOCK_WORDS = `snd_cwnd srtt_us rtt_min snd_ssthresh rcv_nxt snd_nxt snd_una mss_cache ecn_flags rate_delivered
  rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in segs_out data_segs_out lost_out
  sacked_out`.split(/\s+/);

export const BPF_TCP_SOCK: CtxLayout = {
  name: "bpf_tcp_sock",
  sizeBytes: 112,
  fields: [
    ...TCP_SOCK_WORDS.map((name, i) => u32(name, 4 * i)),
    u64("bytes_received", 80),
    u64("bytes_acked", 88),
    // The upper halves alone: bpf_tcp_sock_is_valid_access() asks for 8 bytes only where the words begin.
    u32("", 84),
    u32("", 92),
    u32("dsack_dups", 96),
    u32("delivered", 100),
    u32("delivered_ce", 104),
    u32("icsk_retransmits", 108),
  ],
};

export const BPF_XDP_SOCK: CtxLayout = { name: "bpf_xdp_sock", sizeBytes: 4, fields: [u32("queue_id", 0)] };

const V4_ADDR = [
  at.BPF_CGROUP_INET4_BIND,
  at.BPF_CGROUP_INET4_CONNECT,
  at.BPF_CGROUP_INET4_GETPEERNAME,
  at.BPF_CGROUP_INET4_GETSOCKNAME,
  at.BPF_CGROUP_UDP4_SENDMSG,
  at.BPF_CGROUP_UDP4_RECVMSG,
];
const V6_ADDR = [
  at.BPF_CGROUP_INET6_BIND,
  at.BPF_CGROUP_INET6_CONNECT,
  at.BPF_CGROUP_INET6_GETPEERNAME,
  at.BPF_CGROUP_INET6_GETSOCKNAME,
  at.BPF_CGROUP_UDP6_SENDMSG,
  at.BPF_CGROUP_UDP6_RECVMSG,
];

export const BPF_SOCK_ADDR: CtxLayout = {
  name: "bpf_sock_addr",
  sizeBytes: 72,
  fields: [
    u32("user_family", 0),
    n32("user_ip4", 4, { write: true, attach: V4_ADDR }),
    u32s("user_ip6", 8, 4, { narrow: true, wide: true, write: true, attach: V6_ADDR }),
    n32("user_port", 24, { write: true }),
    u32("family", 28),
    u32("type", 32),
    u32("protocol", 36),
    n32("msg_src_ip4", 40, { write: true, attach: [at.BPF_CGROUP_UDP4_SENDMSG] }),
    u32s("msg_src_ip6", 44, 4, { narrow: true, wide: true, write: true, attach: [at.BPF_CGROUP_UDP6_SENDMSG] }),
    ptr("sk", 64, "socket"),
  ],
};

/** From is_fullsock on, all words of the TCP socket but the two that may be written and the ones after them. */
const SOCK_OPS_WORDS = `is_fullsock snd_cwnd srtt_us bpf_sock_ops_cb_flags state rtt_min snd_ssthresh rcv_nxt snd_nxt
  snd_una mss_cache ecn_flags rate_delivered rate_interval_us packets_out retrans_out total_retrans segs_in data_segs_in
  segs_out data_segs_out lost_out sacked_out`.split(/\s+/);

export const BPF_SOCK_OPS: CtxLayout = {
  name: "bpf_sock_ops",
  sizeBytes: 224,
  fields: [
    u32("op", 0),
    // union of args[4], reply and replylong[4]: only reply may be written
    u32("reply", 4, { write: true }),
    u32s("args", 4, 4),
    u32("family", 20),
    u32("remote_ip4", 24),
    u32("local_ip4", 28),
    u32s("remote_ip6", 32, 4),
    u32s("local_ip6", 48, 4),
    u32("remote_port", 64),
    u32("local_port", 68),
    ...SOCK_OPS_WORDS.map((name, i) => u32(name, 72 + 4 * i)),
    u32("sk_txhash", 164, { write: true }),
    u64("bytes_received", 168),
    u64("bytes_acked", 176),
    ptr("sk", 184, "socket", { maybeNull: true }),
    ptr("skb_data", 192, "packet", { since: "5.10" }),
    ptr("skb_data_end", 200, "packet_end", { since: "5.10" }),
    u32("skb_len", 208, { since: "5.10" }),
    n32("skb_tcp_flags", 212, { ...START, since: "5.10" }),
    u64("skb_hwtstamp", 216, { since: "6.2" }),
  ],
};

export const SK_MSG_MD: CtxLayout = {
  name: "sk_msg_md",
  sizeBytes: 80,
  fields: [
    ptr("data", 0, "packet"),
    ptr("data_end", 8, "packet_end"),
    u32("family", 16),
    u32("remote_ip4", 20),
    u32("local_ip4", 24),
    u32s("remote_ip6", 28, 4),
    u32s("local_ip6", 44, 4),
    u32("remote_port", 60),
    u32("local_port", 64),
    u32("size", 68),
    ptr("sk", 72, "socket"),
  ],
};

export const BPF_SK_LOOKUP: CtxLayout = {
  name: "bpf_sk_lookup",
  sizeBytes: 72,
  fields: [
    ptr("sk", 0, "socket", { maybeNull: true }),
    n32("family", 8),
    n32("protocol", 12),
    n32("remote_ip4", 16),
    u32s("remote_ip6", 20, 4, { narrow: true }),
    sized("remote_port", 36, 2, { narrow: true, once32: true }),
    sized("", 38, 2, { narrow: true }),
    n32("local_ip4", 40),
    u32s("local_ip6", 44, 4, { narrow: true }),
    n32("local_port", 60),
    n32("ingress_ifindex", 64, { since: "5.17" }),
  ],
};

export const SK_REUSEPORT_MD: CtxLayout = {
  name: "sk_reuseport_md",
  sizeBytes: 56,
  fields: [
    ptr("data", 0, "packet"),
    ptr("data_end", 8, "packet_end"),
    n32("len", 16),
    n32("eth_protocol", 20, { minBytes: 2 }),
    n32("ip_protocol", 24),
    n32("bind_inany", 28),
    u32("hash", 32),
    ptr("sk", 40, "socket", { since: "5.14" }),
    ptr("migrating_sk", 48, "sock_common", { maybeNull: true, since: "5.14" }),
  ],
};

export const BPF_SOCKOPT: CtxLayout = {
  name: "bpf_sockopt",
  sizeBytes: 40,
  fields: [
    ptr("sk", 0, "socket"),
    ptr("optval", 8, "packet"),
    ptr("optval_end", 16, "packet_end"),
    u32("level", 24, { write: true, writeAttach: [at.BPF_CGROUP_SETSOCKOPT] }),
    u32("optname", 28, { write: true, writeAttach: [at.BPF_CGROUP_SETSOCKOPT] }),
    u32("optlen", 32, { write: true }),
    u32("retval", 36, { write: true, attach: [at.BPF_CGROUP_GETSOCKOPT] }),
  ],
};
