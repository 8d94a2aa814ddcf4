/**
 * MapSpec -> live kernel map, with the adjustments that libbpf makes (bpf_object__create_map) and its fall-backs.
 */
import { BPF_F_MMAPABLE, BPF_F_NUMA_NODE } from "../abi/flags.ts";
import * as mt from "../abi/map-types.ts";
import { hasSince } from "../abi/since.ts";
import { E2BIG, EINVAL, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapSpec } from "../obj/spec.ts";
import { structOpsValue } from "../obj/struct-ops-kernel.ts";
import type { Bpf } from "./bpf/call.ts";
import { createMap, type MapAttr } from "./bpf/map.ts";
import { mapInfo, pinnedObject } from "./bpf/object.ts";
import { NotSupported, Refused } from "./errors.ts";
import type { Feature } from "./features.ts";
import { LinuxMap } from "./map.ts";
import { openPerfBuffer } from "./perfbuf.ts";
import type { RecordSource } from "./records.ts";
import { openRingbuf } from "./ringbuf.ts";
import { PAGE_BYTES } from "./sys.ts";

/** Map types whose kernel code takes no BTF of key and value. */
const WITHOUT_BTF: ReadonlySet<number> = new Set([
  mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  mt.BPF_MAP_TYPE_CGROUP_ARRAY,
  mt.BPF_MAP_TYPE_STACK_TRACE,
  mt.BPF_MAP_TYPE_ARRAY_OF_MAPS,
  mt.BPF_MAP_TYPE_HASH_OF_MAPS,
  mt.BPF_MAP_TYPE_DEVMAP,
  mt.BPF_MAP_TYPE_DEVMAP_HASH,
  mt.BPF_MAP_TYPE_CPUMAP,
  mt.BPF_MAP_TYPE_XSKMAP,
  mt.BPF_MAP_TYPE_SOCKMAP,
  mt.BPF_MAP_TYPE_SOCKHASH,
  mt.BPF_MAP_TYPE_QUEUE,
  mt.BPF_MAP_TYPE_STACK,
  mt.BPF_MAP_TYPE_ARENA,
]);

export interface MapContext {
  readonly bpf: Bpf;
  readonly cpus: number;
  /** Kernel release: "6.18.44". */
  readonly release: string;
  /** BTF of the kernel or of the module that a struct_ops map's struct is in; of a module with its fd. */
  readonly kernelBtf: BtfView | null;
  readonly moduleFd: number;
  /** What the kernel can do. */
  readonly has: (feature: Feature) => boolean;
  /** Directory of a bpffs for maps that are pinned by name. */
  readonly pinDir: string;
  /** fd of the loaded BTF of a spec, or 0. */
  btfFd(spec: MapSpec): number;
}

/** The spec as the kernel wants it: ring buffer sizes are powers of two of at least a page, perf arrays one slot a CPU. */
export function adjustedSpec(spec: MapSpec, cpus: number): MapSpec {
  let maxEntries = spec.maxEntries;
  if (spec.type === mt.BPF_MAP_TYPE_RINGBUF || spec.type === mt.BPF_MAP_TYPE_USER_RINGBUF) {
    let size = PAGE_BYTES;
    while (size < maxEntries && size < 2 ** 31) size *= 2;
    maxEntries = size;
  } else if (spec.type === mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY && maxEntries === 0) {
    maxEntries = cpus;
  }
  return maxEntries === spec.maxEntries ? spec : { ...spec, maxEntries };
}

/**
 * A new map; or, where the spec asks for pinning by name, the one that is pinned, and a new one is pinned. Throws NotSupported,
 * Refused, SkepError "map/<ERRNO>", "map/pinned" for a pinned map that is not like the spec.
 */
export function createLinuxMap(
  context: MapContext,
  asked: MapSpec,
  innerFd: number,
  onClose: (map: LinuxMap) => void,
): LinuxMap {
  const { bpf, cpus } = context;
  let spec = fitted(context, adjustedSpec(asked, cpus));
  const path = `${context.pinDir}/${spec.name}`;
  if (spec.pinByName) {
    const pinned = pinnedObject(bpf, path);
    if (pinned >= 0) return liveMap(bpf, sameAs(bpf, pinned, spec, path), spec, cpus, onClose);
  }
  const fd = createFd(context, spec, innerFd);
  if (spec.structOps !== null) spec = { ...spec, valueSize: mapInfo(bpf, fd)?.valueSize ?? spec.valueSize };
  const map = liveMap(bpf, fd, spec, cpus, onClose);
  try {
    if (spec.pinByName) map.pin(path);
    return map;
  } catch (error) {
    map.close();
    throw error;
  }
}

/** Takes the fd over. */
export function liveMap(bpf: Bpf, fd: number, spec: MapSpec, cpus: number, onClose: (map: LinuxMap) => void): LinuxMap {
  try {
    const map = new LinuxMap(bpf, fd, spec, cpus, recordsOf(bpf, fd, spec, cpus), onClose);
    // Perf rings must stand before the first program runs: records of a CPU without one are lost.
    if (spec.type === mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY) map.openRings();
    // Pointers into an arena are made of its address in user space: programs are refused before it has one.
    if (spec.type === mt.BPF_MAP_TYPE_ARENA) map.window();
    return map;
  } catch (error) {
    bpf.close(fd);
    throw error;
  }
}

/** Globals of kernels that cannot map arrays are read and written by system call. */
function fitted(context: MapContext, spec: MapSpec): MapSpec {
  const mapped = spec.global !== null && (spec.flags & BPF_F_MMAPABLE) !== 0;
  return mapped && !context.has("array_mmap") ? { ...spec, flags: spec.flags & ~BPF_F_MMAPABLE } : spec;
}

function sameAs(bpf: Bpf, fd: number, spec: MapSpec, path: string): number {
  const info = mapInfo(bpf, fd);
  const { type, keySize, valueSize, maxEntries } = spec;
  if (
    info !== undefined &&
    info.type === type &&
    info.keySize === keySize &&
    info.valueSize === valueSize &&
    info.maxEntries === maxEntries
  ) {
    return fd;
  }
  bpf.close(fd);
  throw new SkepError("map/pinned", `${path} is pinned and is not like map ${spec.name}: type or sizes differ`, {
    advice: "remove the file, or pin under another directory: linux({ pinDir })",
  });
}

/** BPF_MAP_CREATE with BTF, then without: a fd, or an error thrown. */
export function createFd(context: MapContext, spec: MapSpec, innerFd: number): number {
  const attr: MapAttr = {
    type: spec.type,
    keySize: spec.keySize,
    valueSize: spec.valueSize,
    maxEntries: spec.maxEntries,
    flags: spec.flags,
    name: spec.name,
    innerFd,
    numaNode: (spec.flags & BPF_F_NUMA_NODE) === 0 ? 0 : spec.numaNode,
    mapExtra: spec.mapExtra,
  };
  if (spec.structOps !== null && context.kernelBtf !== null)
    return createStructOps(context, spec, attr, context.kernelBtf);
  const btfFd = WITHOUT_BTF.has(spec.type) ? 0 : context.btfFd(spec);
  let fd = -1;
  if (btfFd > 0 && (spec.keyTypeId !== 0 || spec.valueTypeId !== 0)) {
    fd = createMap(context.bpf, { ...attr, btfFd, keyTypeId: spec.keyTypeId, valueTypeId: spec.valueTypeId });
    if (fd >= 0) return fd;
  }
  fd = createMap(context.bpf, attr);
  if (fd >= 0) return fd;
  throw createError(context, spec, -fd);
}

/** The value is the kernel's struct around the object's; it is filled in when the programs are there. */
function createStructOps(context: MapContext, spec: MapSpec, attr: MapAttr, kernelBtf: BtfView): number {
  const value = structOpsValue(spec, kernelBtf);
  const fd = createMap(context.bpf, {
    ...attr,
    valueSize: value.bytes.length,
    btfFd: context.btfFd(spec),
    vmlinuxValueTypeId: value.valueTypeId,
    valueTypeBtfFd: context.moduleFd,
  });
  if (fd >= 0) return fd;
  throw createError(context, spec, -fd);
}

function createError(context: MapContext, spec: MapSpec, errno: number): SkepError {
  const row = mt.mapType(spec.type);
  const what = `map ${spec.name} (${mt.mapTypeWord(spec.type)})`;
  if (errno === EPERM) return new Refused(`creating ${what}`, errno);
  if ((errno === EINVAL || errno === E2BIG) && (row === undefined || !hasSince(context.release, row.since))) {
    return new NotSupported(`map type ${mt.mapTypeWord(spec.type)}`, row?.since ?? "", { errno });
  }
  const sizes = `key ${spec.keySize}, value ${spec.valueSize}, entries ${spec.maxEntries}, flags ${spec.flags}`;
  return new SkepError(`map/${errnoName(errno)}`, `creating ${what}: ${errnoName(errno)} (${sizes})`, {
    errno,
    advice: "a size or a flag that this type does not take, or more memory than there is",
  });
}

function recordsOf(bpf: Bpf, fd: number, spec: MapSpec, cpus: number): (() => RecordSource) | null {
  switch (spec.type) {
    case mt.BPF_MAP_TYPE_RINGBUF:
      return () => openRingbuf(bpf.sys, fd, spec.maxEntries);
    case mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY:
      return () => openPerfBuffer(bpf, fd, Math.min(cpus, spec.maxEntries));
    default:
      return null;
  }
}
