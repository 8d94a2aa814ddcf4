/**
 * What a link says of itself: struct bpf_link_info of 6.18. u32 type, id, prog_id; from 16 on a union by type:
 *
 *     raw_tracepoint   16 name ptr, 24 length, 32 cookie          xdp                16 ifindex
 *     tracing          16 attach type, 20 object, 24 BTF id       tcx, netkit        16 ifindex, 20 attach type
 *     cgroup           16 id u64, 24 attach type                  netns              16 inode, 20 attach type
 *     iter             16 name ptr, 24 length, 28 map id          netfilter          16 pf, hook, priority, flags
 *     perf_event       16 kind, 24 union (PERF_*)                 struct_ops         16 map id
 *     kprobe_multi     24 count, 28 flags, 32 missed              sockmap            16 map id, 20 attach type
 *     uprobe_multi     16 path ptr, 48 length, 52 count, 56 flags, 60 pid
 *
 * Names are asked for with a second call that brings a buffer.
 */
import * as lt from "../../abi/link-types.ts";
import { cString } from "../../base/bytes.ts";
import { getU64, setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";
import { infoByFd } from "./object.ts";

export interface LinkInfo {
  /** BPF_LINK_TYPE_*. */
  readonly type: number;
  readonly id: number;
  readonly progId: number;
  /** What the kind of link has; absent where it has none. */
  readonly attachType?: number;
  readonly ifindex?: number;
  /** Tracepoint, iterator, function or file. */
  readonly name?: string;
  readonly cookie?: bigint;
  readonly cgroupId?: bigint;
  readonly netnsInode?: number;
  readonly netfilter?: {
    readonly pf: number;
    readonly hook: number;
    readonly priority: number;
    readonly flags: number;
  };
  readonly mapId?: number;
  readonly targetObjId?: number;
  readonly targetBtfId?: number;
  /** Of perf_event links: enum bpf_perf_event_type. */
  readonly perf?: {
    readonly kind: number;
    readonly offset?: number;
    readonly eventType?: number;
    readonly config?: number;
  };
  /** Functions of a multi link. */
  readonly count?: number;
  readonly flags?: number;
  readonly missed?: number;
  readonly pid?: number;
}

/** enum bpf_perf_event_type. */
export const PERF_UPROBE = 1;
export const PERF_URETPROBE = 2;
export const PERF_KPROBE = 3;
export const PERF_KRETPROBE = 4;
export const PERF_TRACEPOINT = 5;
export const PERF_EVENT = 6;

const NAME_BYTES = 4096;

/** Undefined where the fd is no link. */
export function linkInfo(bpf: Bpf, fd: number): LinkInfo | undefined {
  if (infoByFd(bpf, fd) === undefined) return undefined;
  const first = infoByFd(bpf, fd)!.view;
  const type = first.getUint32(0, true);
  const kind = type === lt.BPF_LINK_TYPE_PERF_EVENT ? first.getUint32(16, true) : 0;
  const at = nameAt(type, kind);
  let name: string | undefined;
  if (at !== null) {
    const buffer = bpf.scratch("link name", NAME_BYTES);
    buffer.bytes.fill(0, 0, NAME_BYTES);
    infoByFd(bpf, fd, (view) => {
      setAddr(view, at.ptr, buffer.addr);
      view.setUint32(at.length, NAME_BYTES, true);
    });
    name = cString(buffer.bytes.subarray(0, NAME_BYTES));
  }
  const view = infoByFd(bpf, fd)?.view ?? first;
  return {
    type,
    id: view.getUint32(4, true),
    progId: view.getUint32(8, true),
    ...(name === undefined || name === "" ? {} : { name }),
    ...detail(view, type, kind),
  };
}

function nameAt(type: number, kind: number): { ptr: number; length: number } | null {
  switch (type) {
    case lt.BPF_LINK_TYPE_RAW_TRACEPOINT:
    case lt.BPF_LINK_TYPE_ITER:
      return { ptr: 16, length: 24 };
    case lt.BPF_LINK_TYPE_PERF_EVENT:
      return kind === PERF_EVENT || kind === 0 ? null : { ptr: 24, length: 32 };
    case lt.BPF_LINK_TYPE_UPROBE_MULTI:
      return { ptr: 16, length: 48 };
    default:
      return null;
  }
}

function detail(view: DataView, type: number, kind: number): Partial<LinkInfo> {
  const u32 = (at: number): number => view.getUint32(at, true);
  const u64 = (at: number): bigint => view.getBigUint64(at, true);
  switch (type) {
    case lt.BPF_LINK_TYPE_RAW_TRACEPOINT:
      return { cookie: u64(32) };
    case lt.BPF_LINK_TYPE_TRACING:
      return { attachType: u32(16), targetObjId: u32(20), targetBtfId: u32(24), cookie: u64(32) };
    case lt.BPF_LINK_TYPE_CGROUP:
      return { cgroupId: u64(16), attachType: u32(24) };
    case lt.BPF_LINK_TYPE_ITER:
      return u32(28) === 0 ? {} : { mapId: u32(28) };
    case lt.BPF_LINK_TYPE_NETNS:
      return { netnsInode: u32(16), attachType: u32(20) };
    case lt.BPF_LINK_TYPE_XDP:
      return { ifindex: u32(16) };
    case lt.BPF_LINK_TYPE_TCX:
    case lt.BPF_LINK_TYPE_NETKIT:
      return { ifindex: u32(16), attachType: u32(20) };
    case lt.BPF_LINK_TYPE_STRUCT_OPS:
      return { mapId: u32(16) };
    case lt.BPF_LINK_TYPE_SOCKMAP:
      return { mapId: u32(16), attachType: u32(20) };
    case lt.BPF_LINK_TYPE_NETFILTER:
      return { netfilter: { pf: u32(16), hook: u32(20), priority: view.getInt32(24, true), flags: u32(28) } };
    case lt.BPF_LINK_TYPE_KPROBE_MULTI:
      return { count: u32(24), flags: u32(28), missed: getU64(view, 32) };
    case lt.BPF_LINK_TYPE_UPROBE_MULTI:
      return { count: u32(52), flags: u32(56), pid: u32(60) };
    case lt.BPF_LINK_TYPE_PERF_EVENT:
      return perfDetail(view, kind);
    default:
      return {};
  }
}

function perfDetail(view: DataView, kind: number): Partial<LinkInfo> {
  const u64 = (at: number): bigint => view.getBigUint64(at, true);
  switch (kind) {
    case PERF_UPROBE:
    case PERF_URETPROBE:
      return { perf: { kind, offset: view.getUint32(36, true) }, cookie: u64(40) };
    case PERF_KPROBE:
    case PERF_KRETPROBE:
      return { perf: { kind, offset: view.getUint32(36, true) }, missed: getU64(view, 48), cookie: u64(56) };
    case PERF_TRACEPOINT:
      return { perf: { kind }, cookie: u64(40) };
    case PERF_EVENT:
      return { perf: { kind, config: getU64(view, 24), eventType: view.getUint32(32, true) }, cookie: u64(40) };
    default:
      return { perf: { kind } };
  }
}
