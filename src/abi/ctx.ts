/**
 * What a program may do with its ctx: the kernel's is_valid_access functions over the layouts of ctx-*.ts.
 *
 *     ctxAccess(BPF_PROG_TYPE_XDP, 0, 0, 4, false)   ->  { ok: true, yields: "packet", field: { name: "data", ... } }
 *
 * Types whose ctx is described by BTF instead (tracing, lsm, struct_ops, ext) have no layout here.
 */
import * as other from "./ctx-other.ts";
import { SK_BUFF } from "./ctx-skb.ts";
import * as sock from "./ctx-sock.ts";
import * as pt from "./prog-types.ts";
import { progTypeWord } from "./prog-types.ts";
import type { CtxField, CtxLayout, CtxYield } from "./types.ts";

/** By name of the struct. */
export const CTX_LAYOUTS: Readonly<Record<string, CtxLayout>> = {
  __sk_buff: SK_BUFF,
  xdp_md: other.XDP_MD,
  bpf_sock: sock.BPF_SOCK,
  bpf_tcp_sock: sock.BPF_TCP_SOCK,
  bpf_xdp_sock: sock.BPF_XDP_SOCK,
  bpf_sock_addr: sock.BPF_SOCK_ADDR,
  bpf_sock_ops: sock.BPF_SOCK_OPS,
  sk_msg_md: sock.SK_MSG_MD,
  bpf_sk_lookup: sock.BPF_SK_LOOKUP,
  sk_reuseport_md: sock.SK_REUSEPORT_MD,
  bpf_sockopt: sock.BPF_SOCKOPT,
  bpf_cgroup_dev_ctx: other.BPF_CGROUP_DEV_CTX,
  bpf_sysctl: other.BPF_SYSCTL,
  bpf_flow_keys: other.BPF_FLOW_KEYS,
  bpf_user_pt_regs: other.BPF_USER_PT_REGS,
  bpf_perf_event_data: other.BPF_PERF_EVENT_DATA,
  bpf_raw_tracepoint_args: other.BPF_RAW_TRACEPOINT_ARGS,
  bpf_nf_ctx: other.BPF_NF_CTX,
  tracepoint: other.TRACEPOINT,
  syscall: other.SYSCALL_CTX,
  lirc_mode2: other.LIRC_MODE2,
};

/** A refused access: one shared value, so that refusing costs nothing. */
export interface CtxRefused {
  readonly ok: false;
}

export interface CtxGranted {
  readonly ok: true;
  readonly yields: CtxYield;
  readonly maybeNull: boolean;
  readonly field: CtxField;
}

export type CtxAccess = CtxGranted | CtxRefused;

const REFUSED: CtxRefused = { ok: false };

const BY_TYPE: ReadonlyMap<number, CtxLayout> = new Map([
  [pt.BPF_PROG_TYPE_SOCKET_FILTER, SK_BUFF],
  [pt.BPF_PROG_TYPE_KPROBE, other.BPF_USER_PT_REGS],
  [pt.BPF_PROG_TYPE_SCHED_CLS, SK_BUFF],
  [pt.BPF_PROG_TYPE_SCHED_ACT, SK_BUFF],
  [pt.BPF_PROG_TYPE_TRACEPOINT, other.TRACEPOINT],
  [pt.BPF_PROG_TYPE_XDP, other.XDP_MD],
  [pt.BPF_PROG_TYPE_PERF_EVENT, other.BPF_PERF_EVENT_DATA],
  [pt.BPF_PROG_TYPE_CGROUP_SKB, SK_BUFF],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK, sock.CGROUP_SOCK],
  [pt.BPF_PROG_TYPE_LWT_IN, SK_BUFF],
  [pt.BPF_PROG_TYPE_LWT_OUT, SK_BUFF],
  [pt.BPF_PROG_TYPE_LWT_XMIT, SK_BUFF],
  [pt.BPF_PROG_TYPE_SOCK_OPS, sock.BPF_SOCK_OPS],
  [pt.BPF_PROG_TYPE_SK_SKB, SK_BUFF],
  [pt.BPF_PROG_TYPE_CGROUP_DEVICE, other.BPF_CGROUP_DEV_CTX],
  [pt.BPF_PROG_TYPE_SK_MSG, sock.SK_MSG_MD],
  [pt.BPF_PROG_TYPE_RAW_TRACEPOINT, other.BPF_RAW_TRACEPOINT_ARGS],
  [pt.BPF_PROG_TYPE_CGROUP_SOCK_ADDR, sock.BPF_SOCK_ADDR],
  [pt.BPF_PROG_TYPE_LWT_SEG6LOCAL, SK_BUFF],
  [pt.BPF_PROG_TYPE_LIRC_MODE2, other.LIRC_MODE2],
  [pt.BPF_PROG_TYPE_SK_REUSEPORT, sock.SK_REUSEPORT_MD],
  [pt.BPF_PROG_TYPE_FLOW_DISSECTOR, SK_BUFF],
  [pt.BPF_PROG_TYPE_CGROUP_SYSCTL, other.BPF_SYSCTL],
  [pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, other.BPF_RAW_TRACEPOINT_ARGS],
  [pt.BPF_PROG_TYPE_CGROUP_SOCKOPT, sock.BPF_SOCKOPT],
  [pt.BPF_PROG_TYPE_SK_LOOKUP, sock.BPF_SK_LOOKUP],
  [pt.BPF_PROG_TYPE_SYSCALL, other.SYSCALL_CTX],
  [pt.BPF_PROG_TYPE_NETFILTER, other.BPF_NF_CTX],
]);

/** Layout of a program type's ctx; null where BTF describes it, or the type is unknown. */
export function ctxLayout(progType: number): CtxLayout | null {
  return BY_TYPE.get(progType) ?? null;
}

/**
 * May a program load or store `size` bytes (1, 2, 4 or 8) at `off` of its ctx, and what does a load give? `signExtend` is
 * a BPF_MEMSX load, which packet pointers refuse. Capabilities are not asked: cgroup_skb needs CAP_BPF for data, data_end
 * and writes of tstamp.
 */
export function ctxAccess(
  progType: number,
  attachType: number,
  off: number,
  size: number,
  write: boolean,
  signExtend = false,
): CtxAccess {
  const layout = BY_TYPE.get(progType);
  if (layout === undefined || off < 0 || off >= layout.sizeBytes || off % size !== 0) return REFUSED;
  const word = progTypeWord(progType);
  for (const grant of grantsAt(layout, off)) {
    const field = grant.field;
    if (field.onlyFor !== undefined && !field.onlyFor.includes(word)) continue;
    if (field.notFor?.includes(word)) continue;
    if (field.attach !== undefined && !field.attach.includes(attachType)) return REFUSED;
    if (write) {
      if (field.writeFor !== undefined && !field.writeFor.includes(word)) return REFUSED;
      if (field.writeAttach !== undefined && !field.writeAttach.includes(attachType)) return REFUSED;
    }
    if (signExtend && field.yields?.startsWith("packet")) return REFUSED;
    if (sizeOk(field, off, size, write)) return grant;
  }
  return REFUSED;
}

export type SockView = "socket" | "sock_common" | "tcp_sock" | "xdp_sock";

const SOCK_VIEWS: Readonly<Record<SockView, CtxLayout>> = {
  socket: sock.BPF_SOCK,
  sock_common: sock.BPF_SOCK,
  tcp_sock: sock.BPF_TCP_SOCK,
  xdp_sock: sock.BPF_XDP_SOCK,
};

/** Reads through a pointer to a socket (bpf_sock_is_valid_access and its like); nobody may write there. */
export function sockAccess(view: SockView, off: number, size: number): CtxAccess {
  const layout = SOCK_VIEWS[view];
  if (off < 0 || off >= layout.sizeBytes || off % size !== 0) return REFUSED;
  for (const grant of grantsAt(layout, off)) {
    if (grant.field.notFor?.includes(view)) return REFUSED;
    if (sizeOk(grant.field, off, size, false)) return grant;
  }
  return REFUSED;
}

function sizeOk(field: CtxField, off: number, size: number, write: boolean): boolean {
  if (write ? !field.write : !field.read) return false;
  const end = field.offBytes + field.sizeBytes;
  // An area's end is the struct's: an aligned access that begins within it is granted.
  if (field.anySize) return off + size <= end || field.sizeBytes > 64;
  const unit = field.elemBytes ?? field.sizeBytes;
  if (size === unit) return true;
  if (size < unit) {
    if (write || !field.narrow || size < (field.minBytes ?? 1)) return false;
    return field.atStart === undefined || off === field.offBytes;
  }
  if (field.wide && size === 8) return off + 8 <= end;
  return field.once32 === true && !write && size === 4 && off === field.offBytes;
}

const NONE: readonly CtxGranted[] = [];
const indexes = new WeakMap<CtxLayout, (readonly CtxGranted[])[]>();
/** Larger layouts are a few areas, searched one by one. */
const INDEXED_BYTES = 256;

/** The fields (mostly one) that cover a byte, in the order of the layout. */
function grantsAt(layout: CtxLayout, off: number): readonly CtxGranted[] {
  const index = indexes.get(layout) ?? indexLayout(layout);
  if (layout.sizeBytes <= INDEXED_BYTES) return index[off] ?? NONE;
  return index[0]!.filter(({ field }) => off >= field.offBytes && off < field.offBytes + field.sizeBytes);
}

function indexLayout(layout: CtxLayout): (readonly CtxGranted[])[] {
  const grants = layout.fields.map(
    (field): CtxGranted => ({
      ok: true,
      yields: field.yields ?? "scalar",
      maybeNull: field.maybeNull === true,
      field,
    }),
  );
  const index: CtxGranted[][] = layout.sizeBytes > INDEXED_BYTES ? [grants] : [];
  if (index.length === 0) {
    for (let off = 0; off < layout.sizeBytes; off++) {
      index.push(grants.filter(({ field }) => off >= field.offBytes && off < field.offBytes + field.sizeBytes));
    }
  }
  indexes.set(layout, index);
  return index;
}
