/**
 * Links as system calls: create, update, detach, iterate; and attaching without links, as kernels before 5.7 do it.
 * Source: include/uapi/linux/bpf.h, union bpf_attr.link_create, 6.18.
 *
 *     0 prog_fd   4 target fd or ifindex   8 attach_type   12 flags   16 what the kind of hook wants (LinkExtra)
 */
import {
  BPF_ITER_CREATE,
  BPF_LINK_CREATE,
  BPF_LINK_DETACH,
  BPF_LINK_UPDATE,
  BPF_PROG_ATTACH,
  BPF_PROG_DETACH,
  BPF_RAW_TRACEPOINT_OPEN,
} from "../../abi/cmds.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

const EXTRA_AT = 16;
const LINK_CREATE_BYTES = 64;
/** Kernels refuse a longer attr than they know only if what they do not know is not zero. */
const RAW_TRACEPOINT_BYTES = 24;
/** Kernels before 6.10 know no cookie here. */
const RAW_TRACEPOINT_OLD_BYTES = 12;

export interface LinkAttr {
  readonly progFd: number;
  /** fd or interface index. */
  readonly target: number;
  readonly attachType: number;
  readonly flags?: number;
  readonly extra?: LinkExtra;
}

/** The union at 16: one of these. Pointers are to buffers that live until the call is over. */
export type LinkExtra =
  | { readonly kind: "cookie"; readonly cookie: bigint }
  /** tcx, netkit, cgroup: the place among others. `relative` is a fd, or an id with flag BPF_F_ID. */
  | { readonly kind: "order"; readonly relative: number; readonly revision: bigint }
  | {
      readonly kind: "netfilter";
      readonly pf: number;
      readonly hook: number;
      readonly priority: number;
      readonly flags: number;
    }
  | { readonly kind: "iter"; readonly info: Uint8Array }
  | { readonly kind: "tracing"; readonly targetBtfId: number; readonly cookie: bigint }
  | {
      readonly kind: "kprobe_multi";
      readonly flags: number;
      readonly syms: readonly string[];
      readonly cookies: readonly bigint[];
    }
  | {
      readonly kind: "uprobe_multi";
      readonly path: string;
      readonly offsets: readonly bigint[];
      readonly refCtrOffsets: readonly bigint[];
      readonly cookies: readonly bigint[];
      readonly flags: number;
      readonly pid: number;
    };

/** fd of the link, or -errno. */
export function createLink(bpf: Bpf, link: LinkAttr): number {
  const attr = bpf.clear();
  attr.setUint32(0, link.progFd, true);
  attr.setUint32(4, link.target, true);
  attr.setUint32(8, link.attachType, true);
  attr.setUint32(12, link.flags ?? 0, true);
  if (link.extra !== undefined) putExtra(bpf, attr, link.extra);
  return bpf.call(BPF_LINK_CREATE, LINK_CREATE_BYTES);
}

function putExtra(bpf: Bpf, attr: DataView, extra: LinkExtra): void {
  switch (extra.kind) {
    case "cookie":
      attr.setBigUint64(EXTRA_AT, extra.cookie, true);
      break;
    case "order":
      attr.setUint32(EXTRA_AT, extra.relative, true);
      attr.setBigUint64(24, extra.revision, true);
      break;
    case "netfilter":
      attr.setUint32(EXTRA_AT, extra.pf, true);
      attr.setUint32(20, extra.hook, true);
      attr.setInt32(24, extra.priority, true);
      attr.setUint32(28, extra.flags, true);
      break;
    case "iter":
      bpf.put("iter info", extra.info, EXTRA_AT);
      attr.setUint32(24, extra.info.length, true);
      break;
    case "tracing":
      attr.setUint32(EXTRA_AT, extra.targetBtfId, true);
      attr.setBigUint64(24, extra.cookie, true);
      break;
    case "kprobe_multi":
      attr.setUint32(EXTRA_AT, extra.flags, true);
      attr.setUint32(20, extra.syms.length, true);
      setAddr(attr, 24, putStrings(bpf, "multi syms", extra.syms));
      putU64s(bpf, "multi cookies", extra.cookies, 40);
      break;
    case "uprobe_multi":
      bpf.put("multi path", fromUtf8(extra.path), EXTRA_AT);
      putU64s(bpf, "multi offsets", extra.offsets, 24);
      putU64s(bpf, "multi ref counters", extra.refCtrOffsets, 32);
      putU64s(bpf, "multi cookies", extra.cookies, 40);
      attr.setUint32(48, extra.offsets.length, true);
      attr.setUint32(52, extra.flags, true);
      attr.setUint32(56, extra.pid, true);
      break;
  }
}

/** None is a null pointer. */
function putU64s(bpf: Bpf, name: string, values: readonly bigint[], attrOff: number): void {
  if (values.length === 0) return;
  const buffer = bpf.scratch(name, 8 * values.length);
  values.forEach((value, i) => {
    buffer.view.setBigUint64(8 * i, value, true);
  });
  setAddr(bpf.attr, attrOff, buffer.addr);
}

/** Address of an array of pointers to NUL-terminated strings. */
function putStrings(bpf: Bpf, name: string, texts: readonly string[]): number {
  const encoded = texts.map((text) => fromUtf8(`${text}\0`));
  const buffer = bpf.scratch(
    name,
    encoded.reduce((sum, bytes) => sum + bytes.length, 8 * texts.length),
  );
  let at = 8 * texts.length;
  encoded.forEach((bytes, i) => {
    buffer.bytes.set(bytes, at);
    setAddr(buffer.view, 8 * i, buffer.addr + at);
    at += bytes.length;
  });
  return buffer.addr;
}

/** A raw tracepoint by name; programs that know their target (tp_btf, fentry, lsm, ext) take null. fd or -errno. */
export function openRawTracepoint(bpf: Bpf, progFd: number, name: string | null, cookie = 0n): number {
  const attr = bpf.clear();
  if (name !== null) bpf.put("tracepoint name", fromUtf8(name), 0);
  attr.setUint32(8, progFd, true);
  if (cookie === 0n) return bpf.call(BPF_RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT_OLD_BYTES);
  attr.setBigUint64(16, cookie, true);
  return bpf.call(BPF_RAW_TRACEPOINT_OPEN, RAW_TRACEPOINT_BYTES);
}

/** Puts another program in the place of the link's: 0 or -errno. */
export function updateLink(bpf: Bpf, linkFd: number, progFd: number, flags = 0): number {
  const attr = bpf.clear();
  attr.setUint32(0, linkFd, true);
  attr.setUint32(4, progFd, true);
  attr.setUint32(8, flags, true);
  return bpf.call(BPF_LINK_UPDATE, 16);
}

/** Takes the program out of its hook while the link lives on: 0 or -errno. */
export function detachLink(bpf: Bpf, linkFd: number): number {
  bpf.clear().setUint32(0, linkFd, true);
  return bpf.call(BPF_LINK_DETACH, 4);
}

/** A run of an iterator: fd to read, or -errno. */
export function createIter(bpf: Bpf, linkFd: number): number {
  bpf.clear().setUint32(0, linkFd, true);
  return bpf.call(BPF_ITER_CREATE, 8);
}

/** BPF_PROG_ATTACH, for hooks and kernels without links: 0 or -errno. The program stays until it is detached. */
export function attachWithoutLink(bpf: Bpf, target: number, progFd: number, attachType: number, flags = 0): number {
  return attachCommand(bpf, BPF_PROG_ATTACH, target, progFd, attachType, flags);
}

/** 0 or -errno. */
export function detachWithoutLink(bpf: Bpf, target: number, progFd: number, attachType: number): number {
  return attachCommand(bpf, BPF_PROG_DETACH, target, progFd, attachType, 0);
}

function attachCommand(bpf: Bpf, cmd: number, target: number, progFd: number, type: number, flags: number): number {
  const attr = bpf.clear();
  attr.setUint32(0, target, true);
  attr.setUint32(4, progFd, true);
  attr.setUint32(8, type, true);
  attr.setUint32(12, flags, true);
  return bpf.call(cmd, 20);
}
