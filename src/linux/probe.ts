/**
 * What this kernel can do, found by trying: program types by attach type (a plain probe says "no tracing" where tp_btf and
 * iterators work), map types, helpers by program type. Nothing is attached, everything is closed again.
 *
 *     yes       it loads, or the verifier began to look at it          refused   EPERM: privilege, lockdown, an LSM
 *     no        the kernel says EINVAL before it looks
 */

import * as at from "../abi/attach-types.ts";
import { attachType, attachTypeWord } from "../abi/attach-types.ts";
import { BPF_F_MMAPABLE, BPF_F_NO_PREALLOC, BPF_F_SLEEPABLE } from "../abi/flags.ts";
import * as mt from "../abi/map-types.ts";
import * as pt from "../abi/prog-types.ts";
import { hasSince, versionCode } from "../abi/since.ts";
import { ENOTSUPP, EOPNOTSUPP, EPERM } from "../base/errno.ts";
import type { BtfKind, BtfView } from "../btf/types.ts";
import { type Insn, insnsOf } from "../isa/insn.ts";
import { SECTION_DEFS } from "../obj/sections.ts";
import { loadBtf } from "./bpf/btf.ts";
import type { Bpf } from "./bpf/call.ts";
import { createLink } from "./bpf/link.ts";
import { createMap, type MapAttr } from "./bpf/map.ts";
import { loadProg, logText, type ProgAttr } from "./bpf/prog.ts";
import { tinyBtf } from "./btf-fit.ts";

export type Answer = "yes" | "no" | "refused";

export interface ProbeContext {
  readonly bpf: Bpf;
  readonly release: string;
  readonly kernelBtf: BtfView | null;
}

const LOG_BYTES = 4096;
const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const returns = (value: number): Insn[] => [insn(0xb7, 0, 0, 0, value), insn(0x95, 0, 0, 0, 0)];

/** Attach types of a program type that this version of the tables knows, without those it does not need to be loaded with. */
export function attachTypesOf(type: number): number[] {
  const found = new Set(SECTION_DEFS.filter((def) => def.type === type).map((def) => def.attachType));
  return [...found].sort((a, b) => a - b);
}

/** The attach type's word; "-" for types that are loaded without one. */
export function attachWord(type: number, attach: number): string {
  return attach === 0 && type !== pt.BPF_PROG_TYPE_CGROUP_SKB ? "-" : attachTypeWord(attach);
}

/** What kernel function or struct stands for a kind of tracing program in a probe. */
const TARGETS: Readonly<Record<number, readonly [name: string, kind: BtfKind]>> = {
  [at.BPF_TRACE_RAW_TP]: ["btf_trace_sys_enter", "typedef"],
  [at.BPF_TRACE_FENTRY]: ["bpf_fentry_test1", "func"],
  [at.BPF_TRACE_FEXIT]: ["bpf_fentry_test1", "func"],
  [at.BPF_MODIFY_RETURN]: ["bpf_modify_return_test", "func"],
  [at.BPF_TRACE_ITER]: ["bpf_iter_task", "func"],
  [at.BPF_LSM_MAC]: ["bpf_lsm_file_open", "func"],
  [at.BPF_LSM_CGROUP]: ["bpf_lsm_socket_bind", "func"],
};

/** The attr of a probe, and what to run; the verifier wants 0 of some hooks and 1 of others, so both are tried. */
function attrOf(context: ProbeContext, type: number, attach: number, body: Insn[]): ProgAttr {
  const { kernelBtf, release } = context;
  const [name, kind] =
    type === pt.BPF_PROG_TYPE_STRUCT_OPS
      ? (["tcp_congestion_ops", "struct"] as const)
      : (TARGETS[attach] ?? ["", "func"]);
  const traced =
    type === pt.BPF_PROG_TYPE_TRACING || type === pt.BPF_PROG_TYPE_LSM || type === pt.BPF_PROG_TYPE_STRUCT_OPS;
  return {
    type,
    insns: insnsOf(body),
    license: "GPL",
    expectedAttachType: attach,
    attachBtfId: type === pt.BPF_PROG_TYPE_EXT ? 1 : traced ? (kernelBtf?.find(name, kind) ?? 0) : 0,
    flags: type === pt.BPF_PROG_TYPE_SYSCALL ? BPF_F_SLEEPABLE : 0,
    kernVersion: type === pt.BPF_PROG_TYPE_KPROBE ? versionCode(release) : 0,
  };
}

export function probeProg(context: ProbeContext, type: number, attach: number): Answer {
  const { bpf } = context;
  let refused = false;
  for (const value of [0, 1]) {
    const { fd } = loadProg(bpf, attrOf(context, type, attach, returns(value)), 1, LOG_BYTES);
    const log = logText(bpf, LOG_BYTES);
    bpf.close(fd);
    if (fd >= 0 && MULTI.has(attach) && !multiLinks(context, type, attach)) return "no";
    // EXT cannot be loaded without a program to extend: what the verifier says of it is the answer.
    if (fd >= 0 || log.includes("Cannot replace kernel functions") || log.includes("processed ")) return "yes";
    refused ||= fd === -EPERM;
  }
  return refused ? "refused" : "no";
}

/** Programs for these load on kernels that cannot attach them. */
const MULTI: ReadonlySet<number> = new Set([at.BPF_TRACE_KPROBE_MULTI, at.BPF_TRACE_KPROBE_SESSION]);

/** A link on a function that no kernel has: EOPNOTSUPP says that there are no such links at all. */
function multiLinks(context: ProbeContext, type: number, attach: number): boolean {
  const { bpf } = context;
  const { fd } = loadProg(bpf, attrOf(context, type, attach, returns(0)));
  const extra = { kind: "kprobe_multi", flags: 0, syms: ["skep_no_such_function"], cookies: [] } as const;
  const link = createLink(bpf, { progFd: fd, target: 0, attachType: attach, extra });
  bpf.close(fd);
  return link !== -EOPNOTSUPP;
}

/** What else bpftool tells, by name: a program that only such kernels take. */
export const MISC: Readonly<Record<string, { readonly title: string; readonly insns: readonly Insn[] }>> = {
  have_large_insn_limit: {
    title: "Large program size limit",
    insns: [...Array.from({ length: 4096 }, () => insn(0xb7, 0, 0, 0, 1)), insn(0x95, 0, 0, 0, 0)],
  },
  have_bounded_loops: {
    title: "Bounded loop support",
    insns: [insn(0xb7, 0, 0, 0, 10), insn(0x17, 0, 0, 0, 1), insn(0x55, 0, 0, -2, 0), insn(0x95, 0, 0, 0, 0)],
  },
  // r0 < imm, and 32-bit comparisons.
  have_v2_isa_extension: {
    title: "ISA extension v2",
    insns: [insn(0xb7, 0, 0, 0, 0), insn(0xa5, 0, 0, 1, 1), ...returns(1)],
  },
  have_v3_isa_extension: {
    title: "ISA extension v3",
    insns: [insn(0xb7, 0, 0, 0, 0), insn(0xa6, 0, 0, 1, 1), ...returns(1)],
  },
};

export function probeMisc(context: ProbeContext, name: string): boolean {
  const insns = insnsOf(MISC[name]?.insns ?? []);
  const { fd } = loadProg(context.bpf, { type: pt.BPF_PROG_TYPE_SOCKET_FILTER, insns, license: "GPL" });
  context.bpf.close(fd);
  return fd >= 0;
}

/** Sizes and flags that a type wants; the others take 4 and 4 bytes, 1 entry. */
const SHAPES: Readonly<Record<number, Partial<MapAttr>>> = {
  [mt.BPF_MAP_TYPE_STACK_TRACE]: { valueSize: 8 },
  [mt.BPF_MAP_TYPE_LPM_TRIE]: { keySize: 8, valueSize: 8, flags: BPF_F_NO_PREALLOC },
  [mt.BPF_MAP_TYPE_CGROUP_STORAGE]: { keySize: 16, valueSize: 8, maxEntries: 0 },
  [mt.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE]: { keySize: 16, valueSize: 8, maxEntries: 0 },
  [mt.BPF_MAP_TYPE_QUEUE]: { keySize: 0 },
  [mt.BPF_MAP_TYPE_STACK]: { keySize: 0 },
  [mt.BPF_MAP_TYPE_BLOOM_FILTER]: { keySize: 0 },
  [mt.BPF_MAP_TYPE_RINGBUF]: { keySize: 0, valueSize: 0, maxEntries: 65_536 },
  [mt.BPF_MAP_TYPE_USER_RINGBUF]: { keySize: 0, valueSize: 0, maxEntries: 65_536 },
  [mt.BPF_MAP_TYPE_ARENA]: { keySize: 0, valueSize: 0, flags: BPF_F_MMAPABLE },
  [mt.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY]: { valueSize: 8 },
};

const STORAGE: ReadonlySet<number> = new Set([
  mt.BPF_MAP_TYPE_SK_STORAGE,
  mt.BPF_MAP_TYPE_INODE_STORAGE,
  mt.BPF_MAP_TYPE_TASK_STORAGE,
  mt.BPF_MAP_TYPE_CGRP_STORAGE,
]);

export function probeMap(context: ProbeContext, type: number): Answer {
  const { bpf } = context;
  const extra: number[] = [];
  const keep = (fd: number): number => {
    if (fd >= 0) extra.push(fd);
    return fd;
  };
  let attr: MapAttr = { type, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0, ...SHAPES[type] };
  if (STORAGE.has(type)) {
    const int = keep(loadBtf(bpf, tinyBtf([1, 0x01000000, 4, 0x01000020], "\0int\0")));
    attr = { ...attr, maxEntries: 0, flags: BPF_F_NO_PREALLOC, btfFd: int, keyTypeId: 1, valueTypeId: 1 };
  } else if (mt.isMapInMap(type)) {
    const inner = { type: mt.BPF_MAP_TYPE_HASH, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
    attr = { ...attr, innerFd: keep(createMap(bpf, inner)) };
  } else if (type === mt.BPF_MAP_TYPE_STRUCT_OPS) {
    // Type 1 is no struct_ops: a kernel that knows the map type says ENOTSUPP.
    const int = keep(loadBtf(bpf, tinyBtf([1, 0x01000000, 4, 0x01000020], "\0int\0")));
    attr = { ...attr, btfFd: int, vmlinuxValueTypeId: 1 };
  }
  const fd = createMap(bpf, attr);
  for (const each of [fd, ...extra]) bpf.close(each);
  if (fd >= 0 || (type === mt.BPF_MAP_TYPE_STRUCT_OPS && fd === -ENOTSUPP)) return "yes";
  return fd === -EPERM ? "refused" : "no";
}

/** Whether the verifier lets programs of a type (and attach type) call a helper: arguments may be wrong, the call may not. */
export function probeHelper(context: ProbeContext, type: number, attach: number, helper: number): boolean {
  const { bpf } = context;
  const body = [insn(0x85, 0, 0, 0, helper), ...returns(0)];
  const { fd } = loadProg(bpf, attrOf(context, type, attach, body), 1, LOG_BYTES);
  const log = logText(bpf, LOG_BYTES);
  bpf.close(fd);
  if (fd >= 0) return true;
  return (
    log !== "" &&
    !/(invalid func |unknown func |program of this type cannot use helper |Cannot replace kernel)/.test(log)
  );
}

/** Kernel configuration that brings a type; absent where every kernel has it. */
const PROG_CONFIG: Readonly<Record<number, string>> = {
  [pt.BPF_PROG_TYPE_KPROBE]: "CONFIG_BPF_EVENTS, for kprobe.multi CONFIG_FPROBE",
  [pt.BPF_PROG_TYPE_LIRC_MODE2]: "CONFIG_BPF_LIRC_MODE2",
  [pt.BPF_PROG_TYPE_LSM]: 'CONFIG_BPF_LSM and "bpf" in the list of LSMs (boot with lsm=...,bpf)',
  [pt.BPF_PROG_TYPE_NETFILTER]: "CONFIG_NETFILTER_BPF_LINK",
  [pt.BPF_PROG_TYPE_TRACING]: "CONFIG_DEBUG_INFO_BTF and CONFIG_BPF_EVENTS",
  [pt.BPF_PROG_TYPE_EXT]: "CONFIG_DEBUG_INFO_BTF",
  [pt.BPF_PROG_TYPE_STRUCT_OPS]: "CONFIG_DEBUG_INFO_BTF",
  [pt.BPF_PROG_TYPE_LWT_SEG6LOCAL]: "CONFIG_IPV6_SEG6_BPF",
};
const MAP_CONFIG: Readonly<Record<number, string>> = {
  [mt.BPF_MAP_TYPE_XSKMAP]: "CONFIG_XDP_SOCKETS",
  [mt.BPF_MAP_TYPE_STRUCT_OPS]: "CONFIG_DEBUG_INFO_BTF",
  [mt.BPF_MAP_TYPE_SOCKMAP]: "CONFIG_BPF_STREAM_PARSER or CONFIG_NET",
  [mt.BPF_MAP_TYPE_INODE_STORAGE]: "CONFIG_BPF_LSM",
};
const POLICY = "a policy that allows it: privilege, lockdown=none, or an LSM's consent";

/** What a missing thing needs, in one line. */
export function needsForProg(release: string, type: number, attach: number, answer: Answer): string {
  if (answer === "refused") return POLICY;
  const since = attach === 0 ? pt.progType(type)?.since : attachType(attach)?.since;
  return needs(release, since, PROG_CONFIG[type]);
}

export function needsForMap(release: string, type: number, answer: Answer): string {
  return answer === "refused" ? POLICY : needs(release, mt.mapType(type)?.since, MAP_CONFIG[type]);
}

function needs(release: string, since: string | undefined, config: string | undefined): string {
  if (since !== undefined && !hasSince(release, since)) return `Linux ${since}`;
  return config === undefined ? "a kernel configured with it" : `a kernel with ${config}`;
}
