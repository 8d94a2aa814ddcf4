/**
 * Ctx structs of XDP, tracing, cgroup device and sysctl, netfilter and LIRC programs.
 * Source: include/uapi/linux/{bpf,bpf_perf_event}.h, arch/x86 ptrace.h, *_is_valid_access of 6.18.
 */
import { BPF_XDP_DEVMAP } from "./attach-types.ts";
import { area, n32, ptr, sized, u32, u32s, u64 } from "./ctx-fields.ts";
import type { CtxField, CtxLayout } from "./types.ts";

export const XDP_MD: CtxLayout = {
  name: "xdp_md",
  sizeBytes: 24,
  fields: [
    u32("data", 0, { yields: "packet" }),
    u32("data_end", 4, { yields: "packet_end" }),
    u32("data_meta", 8, { yields: "packet_meta" }),
    u32("ingress_ifindex", 12),
    u32("rx_queue_index", 16),
    u32("egress_ifindex", 20, { attach: [BPF_XDP_DEVMAP], since: "5.8" }),
  ],
};

const X86_REGS = "r15 r14 r13 r12 bp bx r11 r10 r9 r8 ax cx dx si di orig_ax ip cs flags sp ss".split(" ");
export const PT_REGS_BYTES: number = 8 * X86_REGS.length;

function registers(extra: Partial<CtxField>): CtxField[] {
  return X86_REGS.map((name, i) => u64(name, 8 * i, extra));
}

/**
 * x86-64's struct pt_regs, read only. Vanilla 6.18 lets uprobes write it; the kernels that we compare with do not, and no
 * other type may.
 */
export const BPF_USER_PT_REGS: CtxLayout = {
  name: "bpf_user_pt_regs",
  sizeBytes: PT_REGS_BYTES,
  fields: registers({ anySize: true }),
};

export const BPF_PERF_EVENT_DATA: CtxLayout = {
  name: "bpf_perf_event_data",
  sizeBytes: PT_REGS_BYTES + 16,
  fields: [
    ...registers({}),
    u64("sample_period", PT_REGS_BYTES, { narrow: true }),
    u64("addr", PT_REGS_BYTES + 8, { narrow: true }),
  ],
};

/** MAX_BPF_FUNC_ARGS words. */
export const BPF_RAW_TRACEPOINT_ARGS: CtxLayout = {
  name: "bpf_raw_tracepoint_args",
  sizeBytes: 96,
  fields: [
    // The writable type gets a pointer at offset 0, and only by an 8-byte read.
    ptr("args0", 0, "tp_buffer", { onlyFor: ["raw_tracepoint_writable"] }),
    area("args0", 1, 7, { onlyFor: ["raw_tracepoint_writable"] }),
    area("args0", 0, 8, { notFor: ["raw_tracepoint_writable"] }),
    area("args", 8, 88),
  ],
};

/** The record of a tracepoint: its first 8 bytes are the kernel's own, PERF_MAX_TRACE_SIZE bounds it. */
export const TRACEPOINT: CtxLayout = {
  name: "tracepoint",
  sizeBytes: 8192,
  fields: [area("record", 8, 8184)],
};

/** The caller's own struct: 64 KiB, any aligned access. */
export const SYSCALL_CTX: CtxLayout = {
  name: "syscall",
  sizeBytes: 65535,
  fields: [area("ctx", 0, 65535, { write: true })],
};

export const LIRC_MODE2: CtxLayout = { name: "lirc_mode2", sizeBytes: 4, fields: [u32("sample", 0)] };

export const BPF_CGROUP_DEV_CTX: CtxLayout = {
  name: "bpf_cgroup_dev_ctx",
  sizeBytes: 12,
  fields: [n32("access_type", 0), u32("major", 4), u32("minor", 8)],
};

export const BPF_SYSCTL: CtxLayout = {
  name: "bpf_sysctl",
  sizeBytes: 8,
  fields: [n32("write", 0), n32("file_pos", 4, { write: true })],
};

export const BPF_NF_CTX: CtxLayout = {
  name: "bpf_nf_ctx",
  sizeBytes: 16,
  fields: [ptr("state", 0, "btf_id", { btfName: "nf_hook_state" }), ptr("skb", 8, "btf_id", { btfName: "sk_buff" })],
};

/** What __sk_buff.flow_keys points to: any access within its bounds, reads and writes. */
export const BPF_FLOW_KEYS: CtxLayout = {
  name: "bpf_flow_keys",
  sizeBytes: 56,
  fields: [
    sized("nhoff", 0, 2, { write: true }),
    sized("thoff", 2, 2, { write: true }),
    sized("addr_proto", 4, 2, { write: true }),
    sized("is_frag", 6, 1, { write: true }),
    sized("is_first_frag", 7, 1, { write: true }),
    sized("is_encap", 8, 1, { write: true }),
    sized("ip_proto", 9, 1, { write: true }),
    sized("n_proto", 10, 2, { write: true }),
    sized("sport", 12, 2, { write: true }),
    sized("dport", 14, 2, { write: true }),
    // ipv4_src and ipv4_dst lie in the first two words
    u32s("ipv6_src", 16, 4, { write: true }),
    u32s("ipv6_dst", 32, 4, { write: true }),
    u32("flags", 48, { write: true }),
    u32("flow_label", 52, { write: true }),
  ],
};
