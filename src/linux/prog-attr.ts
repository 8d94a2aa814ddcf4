/**
 * ResolvedProg -> what BPF_PROG_LOAD takes: func_info and line_info records, and the kernel BTF id that tracing, lsm and
 * iterator programs attach to.
 */
import * as at from "../abi/attach-types.ts";
import * as pt from "../abi/prog-types.ts";
import { cString, viewOf } from "../base/bytes.ts";
import type { BtfKind, BtfView } from "../btf/types.ts";
import type { KernelModule, MapSpec, ResolvedProg } from "../obj/spec.ts";
import { structOpsValue } from "../obj/struct-ops-kernel.ts";
import { FUNC_INFO_BYTES, LINE_INFO_BYTES, type ProgAttr } from "./bpf/prog.ts";
import { NotSupported } from "./errors.ts";

/** What a caller adds to what the object says. */
export interface LoadExtras {
  /** BTF id to attach to, where the section name does not lead to it (struct_ops, freplace). */
  readonly attachBtfId?: number;
  readonly expectedAttachType?: number;
  /** fd of the program to extend or trace, or of the BTF that attachBtfId is in. */
  readonly attachFd?: number;
}

/** What a program attaches to, and the module whose BTF has it; null for vmlinux. */
export interface AttachPoint {
  readonly btfId: number;
  readonly module: KernelModule | null;
}

/** Without BTF (btfFd 0) there is no func_info and no line_info. */
export function progAttr(
  prog: ResolvedProg,
  fds: readonly number[],
  btfFd: number,
  kernVersion: number,
  extras: LoadExtras = {},
): ProgAttr {
  const { spec } = prog;
  const funcInfo = btfFd > 0 ? funcInfoOf(prog) : NONE;
  return {
    type: spec.type,
    insns: prog.insns,
    license: prog.license,
    name: spec.name,
    flags: spec.flags | (spec.sleepable ? 0x10 : 0),
    expectedAttachType: extras.expectedAttachType ?? spec.expectedAttachType,
    attachBtfId: extras.attachBtfId ?? attachPoint(prog).btfId,
    attachFd: extras.attachFd ?? 0,
    fds,
    btfFd: funcInfo.length > 0 ? btfFd : 0,
    funcInfo,
    lineInfo: funcInfo.length > 0 ? lineInfoOf(prog) : NONE,
    kernVersion: spec.type === pt.BPF_PROG_TYPE_KPROBE ? kernVersion : 0,
  };
}

const NONE = new Uint8Array(0);

/** All functions or none: the kernel wants one record a subprogram. */
function funcInfoOf(prog: ResolvedProg): Uint8Array {
  const { funcs } = prog.spec;
  if (funcs.length === 0 || funcs.some((func) => func.typeId === 0)) return NONE;
  const bytes = new Uint8Array(FUNC_INFO_BYTES * funcs.length);
  const view = viewOf(bytes);
  funcs.forEach((func, i) => {
    view.setUint32(FUNC_INFO_BYTES * i, func.insnIdx, true);
    view.setUint32(FUNC_INFO_BYTES * i + 4, func.typeId, true);
  });
  return bytes;
}

/** Source lines name their texts by offset in the BTF's strings; the first line must stand at the first insn. */
function lineInfoOf(prog: ResolvedProg): Uint8Array {
  const { lines, funcs } = prog.spec;
  if (prog.btf === null || lines.length === 0) return NONE;
  const starts = new Set(lines.map((line) => line.insnIdx));
  if (funcs.some((func) => !starts.has(func.insnIdx))) return NONE;
  const offsets = stringOffsets(prog.btf);
  const bytes = new Uint8Array(LINE_INFO_BYTES * lines.length);
  const view = viewOf(bytes);
  for (let i = 0, at = 0; i < lines.length; i++, at += LINE_INFO_BYTES) {
    const line = lines[i]!;
    const file = offsets.get(line.file);
    const text = offsets.get(line.text) ?? 0;
    if (file === undefined) return NONE;
    view.setUint32(at, line.insnIdx, true);
    view.setUint32(at + 4, file, true);
    view.setUint32(at + 8, text, true);
    view.setUint32(at + 12, (line.line << 10) | (line.col & 0x3ff), true);
  }
  return bytes;
}

const offsetsOf = new WeakMap<BtfView, ReadonlyMap<string, number>>();

function stringOffsets(btf: BtfView): ReadonlyMap<string, number> {
  const known = offsetsOf.get(btf);
  if (known !== undefined) return known;
  // struct btf_header: str_off at 16 and str_len at 20 count from the header's end (hdr_len at 4).
  const view = viewOf(btf.raw);
  const start = view.getUint32(4, true) + view.getUint32(16, true);
  const strings = btf.raw.subarray(start, start + view.getUint32(20, true));
  const offsets = new Map<string, number>();
  for (let at = 0; at < strings.length; ) {
    let end = strings.indexOf(0, at);
    if (end < 0) end = strings.length;
    const text = cString(strings.subarray(at, end));
    if (!offsets.has(text)) offsets.set(text, at);
    at = end + 1;
  }
  offsetsOf.set(btf, offsets);
  return offsets;
}

/**
 * What struct_ops programs are loaded for, by program name: the kernel struct and the index of the member. Programs whose
 * member this kernel lacks are absent. Throws "obj/struct-ops".
 */
export function structOpsExtras(maps: readonly MapSpec[], kernelBtf: BtfView | null): ReadonlyMap<string, LoadExtras> {
  const extras = new Map<string, LoadExtras>();
  for (const map of maps) {
    if (map.structOps === null || !map.structOps.autocreate || kernelBtf === null) continue;
    const value = structOpsValue(map, kernelBtf);
    for (const prog of value.progs) {
      extras.set(prog.name, { attachBtfId: value.typeId, expectedAttachType: prog.memberIdx });
    }
  }
  return extras;
}

interface AttachRule {
  readonly type: number;
  /** Any if absent. */
  readonly attach?: readonly number[];
  readonly prefix: string;
  readonly kind: BtfKind;
}

/** Source: tools/lib/bpf/libbpf.c btf_get_kernel_prefix_kind(). */
const ATTACH_RULES: readonly AttachRule[] = [
  { type: pt.BPF_PROG_TYPE_TRACING, attach: [at.BPF_TRACE_RAW_TP], prefix: "btf_trace_", kind: "typedef" },
  { type: pt.BPF_PROG_TYPE_TRACING, attach: [at.BPF_TRACE_ITER], prefix: "bpf_iter_", kind: "func" },
  { type: pt.BPF_PROG_TYPE_TRACING, prefix: "", kind: "func" },
  { type: pt.BPF_PROG_TYPE_LSM, prefix: "bpf_lsm_", kind: "func" },
];

/**
 * What the program's section names: "vfs_read", "btrfs:btrfs_file_write_iter" for a module's function. Modules are searched
 * for what vmlinux does not have. Id 0 where the program's type attaches to nothing. Throws NotSupported.
 */
export function attachPoint(
  prog: Pick<ResolvedProg, "spec" | "kernelBtf">,
  modules: () => readonly KernelModule[] = () => [],
): AttachPoint {
  const { spec, kernelBtf } = prog;
  const rule = ATTACH_RULES.find(
    (each) => each.type === spec.type && (each.attach === undefined || each.attach.includes(spec.expectedAttachType)),
  );
  if (rule === undefined || spec.attachTo === "") return { btfId: 0, module: null };
  const [first = "", second] = spec.attachTo.split(":");
  const name = rule.prefix + (second ?? first);
  const where = second === undefined ? "" : first;
  const inKernel = where === "" || where === "vmlinux" ? (kernelBtf?.find(name, rule.kind) ?? 0) : 0;
  if (inKernel !== 0) return { btfId: inKernel, module: null };
  if (where !== "vmlinux") {
    for (const module of modules()) {
      if (where !== "" && module.name !== where) continue;
      // A module's BTF finds what vmlinux has, too.
      const btfId = module.btf.findAll(name, rule.kind).find((id) => id >= module.firstId);
      if (btfId !== undefined) return { btfId, module };
    }
  }
  throw new NotSupported(`${rule.kind === "typedef" ? "tracepoint" : "function"} ${spec.attachTo} to attach to`, "", {
    site: { prog: spec.name, section: spec.section },
    advice: `neither the kernel's BTF nor a loaded module's has ${rule.kind} ${name}${where === "" ? "" : ` in ${where}`}`,
  });
}
