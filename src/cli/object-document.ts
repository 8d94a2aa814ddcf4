/** The document of `skep inspect --json`: an ObjSpec with kernel words instead of numbers. Fields may be added; these stay. */
import { attachTypeWord } from "../abi/attach-types.ts";
import * as flags from "../abi/flags.ts";
import { mapTypeWord } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_CGROUP_SKB, progTypeWord } from "../abi/prog-types.ts";
import { SkepError } from "../base/error.ts";
import { formatSpec, parseSpec } from "../btf/core-spec.ts";
import type { BtfKind } from "../btf/types.ts";
import { type BtfValue, codecOf } from "../btf/value.ts";
import type { CoreRelo, MapSpec, ObjSpec, ProgReloc, ProgSpec } from "../obj/spec.ts";
import { cType } from "./ctype.ts";

export interface ObjDocument {
  file: string;
  license: string;
  /** "6.1.18", "" where the object asks for no version. */
  kernelVersion: string;
  programs: ProgDocument[];
  maps: MapDocument[];
  globals: GlobalDocument[];
  externs: ExternDocument[];
  btf: { bytes: number; types: number; kinds: Record<string, number> } | null;
}

export interface ProgDocument {
  name: string;
  section: string;
  /** "xdp"; "" where the section name says nothing. */
  type: string;
  attachType: string;
  attachTo: string;
  sleepable: boolean;
  autoload: boolean;
  insns: number;
  functions: { name: string; insn: number; linkage: string }[];
  relocs: { insn: number; kind: string; name: string; offset?: number; type?: string; weak?: boolean }[];
  /** `path`: "struct task_struct.tgid", "enum pid_type::PIDTYPE_TGID = 1". */
  core: { insn: number; kind: string; type: string; access: string; path: string }[];
}

export interface MapDocument {
  name: string;
  type: string;
  key: { type: string; size: number };
  value: { type: string; size: number };
  maxEntries: number;
  /** "NO_PREALLOC", ... */
  flags: string[];
  mapExtra: bigint;
  numaNode: number | null;
  pinByName: boolean;
  inner: MapDocument | null;
  slots: { index: number; kind: string; name: string }[];
  structOps: { type: string; autocreate: boolean; progs: { offset: number; name: string }[] } | null;
}

export interface GlobalDocument {
  name: string;
  section: string;
  map: string;
  type: string;
  offset: number;
  size: number;
  linkage: string;
  /** As the object initialises it; null where the type has no values. */
  value: BtfValue;
}

export interface ExternDocument {
  kind: "kconfig" | "kfunc" | "ksym";
  name: string;
  type: string;
  weak: boolean;
}

export function objectDocument(spec: ObjSpec): ObjDocument {
  const version = spec.kernelVersion ?? 0;
  return {
    file: spec.name,
    license: spec.license,
    kernelVersion: version === 0 ? "" : `${version >> 16}.${(version >> 8) & 255}.${version & 255}`,
    programs: spec.programs.map((prog) => progDocument(spec, prog)),
    maps: spec.maps.filter((map) => map.global === null).map(mapDocument),
    globals: spec.maps.flatMap(globalDocuments),
    externs: externDocuments(spec),
    btf: btfSummary(spec),
  };
}

function progDocument(spec: ObjSpec, prog: ProgSpec): ProgDocument {
  const attaches = prog.expectedAttachType !== 0 || prog.type === BPF_PROG_TYPE_CGROUP_SKB;
  return {
    name: prog.name,
    section: prog.section,
    type: prog.type === 0 ? "" : progTypeWord(prog.type),
    attachType: attaches ? attachTypeWord(prog.expectedAttachType) : "",
    attachTo: prog.attachTo,
    sleepable: prog.sleepable,
    autoload: prog.autoload,
    insns: prog.insns.length,
    functions: prog.funcs.map(({ name, insnIdx, linkage }) => ({ name, insn: insnIdx, linkage })),
    relocs: prog.relocs.map((reloc) => relocDocument(spec, reloc)),
    core: prog.coreRelos.map((relo) => ({
      insn: relo.insnIdx,
      kind: relo.kind,
      type: cType(spec.btf, relo.typeId),
      access: relo.access,
      path: corePath(spec, relo),
    })),
  };
}

/** What libbpf's log says of an access, without kind, id and offset. */
function corePath(spec: ObjSpec, relo: CoreRelo): string {
  if (spec.btf === null) return "";
  try {
    const text = formatSpec(parseSpec(spec.btf, relo.kind, relo.typeId, relo.access));
    return text.replace(/^<\w+> \[\d+\] /, "").replace(/ \([\d:]+ @ offset [\d.]+\)$/, "");
  } catch (error) {
    if (error instanceof SkepError) return ""; // an access that its own type does not have: loading says so
    throw error;
  }
}

function relocDocument(spec: ObjSpec, reloc: ProgReloc): ProgDocument["relocs"][number] {
  const insn = reloc.insnIdx;
  switch (reloc.kind) {
    case "map":
      return { insn, kind: "map", name: reloc.map };
    case "mapValue":
      return { insn, kind: "global", name: reloc.map, offset: reloc.offBytes };
    default:
      return { insn, kind: reloc.kind, name: reloc.name, type: externType(spec, reloc), weak: reloc.weak };
  }
}

function externType(spec: ObjSpec, reloc: Extract<ProgReloc, { kind: "kfunc" | "ksym" }>): string {
  if (reloc.kind === "ksym" || spec.btf === null) return cType(spec.btf, reloc.typeId);
  const func = spec.btf.type(reloc.typeId);
  return cType(spec.btf, func.kind === "func" ? func.typeId : reloc.typeId);
}

function mapDocument(map: MapSpec): MapDocument {
  return {
    name: map.name,
    type: mapTypeWord(map.type),
    key: { type: cType(map.btf, map.keyTypeId, ""), size: map.keySize },
    value: { type: cType(map.btf, map.valueTypeId, ""), size: map.valueSize },
    maxEntries: map.maxEntries,
    flags: flagWords(map.flags),
    mapExtra: map.mapExtra,
    numaNode: map.flags & flags.BPF_F_NUMA_NODE ? map.numaNode : null,
    pinByName: map.pinByName,
    inner: map.inner === null ? null : mapDocument(map.inner),
    slots: map.slots.map(({ index, kind, name }) => ({ index, kind, name })),
    structOps:
      map.structOps === null
        ? null
        : {
            type: map.structOps.typeName,
            autocreate: map.structOps.autocreate,
            progs: map.structOps.progs.map(({ offBytes, name }) => ({ offset: offBytes, name })),
          },
  };
}

const MAP_FLAGS: readonly (readonly [bit: number, word: string])[] = [
  [flags.BPF_F_NO_PREALLOC, "NO_PREALLOC"],
  [flags.BPF_F_NO_COMMON_LRU, "NO_COMMON_LRU"],
  [flags.BPF_F_NUMA_NODE, "NUMA_NODE"],
  [flags.BPF_F_RDONLY, "RDONLY"],
  [flags.BPF_F_WRONLY, "WRONLY"],
  [flags.BPF_F_STACK_BUILD_ID, "STACK_BUILD_ID"],
  [flags.BPF_F_ZERO_SEED, "ZERO_SEED"],
  [flags.BPF_F_RDONLY_PROG, "RDONLY_PROG"],
  [flags.BPF_F_WRONLY_PROG, "WRONLY_PROG"],
  [flags.BPF_F_CLONE, "CLONE"],
  [flags.BPF_F_MMAPABLE, "MMAPABLE"],
  [flags.BPF_F_PRESERVE_ELEMS, "PRESERVE_ELEMS"],
  [flags.BPF_F_INNER_MAP, "INNER_MAP"],
  [flags.BPF_F_LINK, "LINK"],
  [flags.BPF_F_PATH_FD, "PATH_FD"],
  [flags.BPF_F_VTYPE_BTF_OBJ_FD, "VTYPE_BTF_OBJ_FD"],
  [flags.BPF_F_TOKEN_FD, "TOKEN_FD"],
  [flags.BPF_F_SEGV_ON_FAULT, "SEGV_ON_FAULT"],
  [flags.BPF_F_NO_USER_CONV, "NO_USER_CONV"],
];

function flagWords(bits: number): string[] {
  const words: string[] = [];
  let left = bits;
  for (const [bit, word] of MAP_FLAGS) {
    if ((left & bit) === 0) continue;
    words.push(word);
    left &= ~bit;
  }
  if (left !== 0) words.push(`0x${(left >>> 0).toString(16)}`);
  return words;
}

function globalDocuments(map: MapSpec): GlobalDocument[] {
  if (map.global === null || map.global === "kconfig" || map.btf === null) return [];
  const { btf } = map;
  const section = btf.type(map.valueTypeId);
  if (section.kind !== "datasec") return [];
  return section.vars.flatMap((entry) => {
    const variable = btf.type(entry.typeId);
    if (variable.kind !== "var") return [];
    return [
      {
        name: variable.name,
        section: section.name,
        map: map.name,
        type: cType(btf, variable.typeId),
        offset: entry.offBytes,
        size: entry.sizeBytes,
        linkage: variable.linkage,
        value: initialValue(map, variable.typeId, entry.offBytes, entry.sizeBytes),
      },
    ];
  });
}

/** Values of larger variables are left out. */
const MAX_VALUE_BYTES = 4096;

function initialValue(map: MapSpec, typeId: number, offset: number, size: number): BtfValue {
  if (map.btf === null || map.global === "bss" || size > MAX_VALUE_BYTES) return null;
  try {
    return codecOf(map.btf, typeId).decode((map.initial ?? new Uint8Array(0)).subarray(offset, offset + size));
  } catch (error) {
    if (error instanceof SkepError) return null; // a type without values, such as a struct that is only declared
    throw error;
  }
}

function externDocuments(spec: ObjSpec): ExternDocument[] {
  const externs = new Map<string, ExternDocument>();
  for (const { name, typeId, weak } of spec.kconfig) {
    externs.set(name, { kind: "kconfig", name, type: cType(spec.btf, typeId), weak });
  }
  for (const prog of spec.programs) {
    for (const reloc of prog.relocs) {
      if (reloc.kind !== "kfunc" && reloc.kind !== "ksym") continue;
      const kind = reloc.kind === "ksym" && reloc.func === true ? "kfunc" : reloc.kind;
      externs.set(reloc.name, { kind, name: reloc.name, type: externType(spec, reloc), weak: reloc.weak });
    }
  }
  return [...externs.values()];
}

function btfSummary(spec: ObjSpec): ObjDocument["btf"] {
  if (spec.btf === null) return null;
  const kinds: Partial<Record<BtfKind, number>> = {};
  for (let id = 1; id < spec.btf.length; id++) {
    const { kind } = spec.btf.type(id);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return { bytes: spec.btf.raw.length, types: spec.btf.length - 1, kinds };
}
