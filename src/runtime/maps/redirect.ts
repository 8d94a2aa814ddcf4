/**
 * The maps that bpf_redirect_map sends packets through: DEVMAP, DEVMAP_HASH, CPUMAP and XSKMAP. Here a device is its ifindex,
 * a CPU its queue size and a socket a number: what the hook does with them is its affair. An empty slot has no value.
 * A slot of 8 bytes may name a program after that, by its id here: redirected packets run through it.
 * Source: kernel/bpf/{devmap,cpumap}.c, net/xdp/xskmap.c.
 */
import { BPF_XDP_CPUMAP, BPF_XDP_DEVMAP } from "../../abi/attach-types.ts";
import { BPF_EXIST, BPF_F_NUMA_NODE, BPF_F_RDONLY, BPF_F_WRONLY, BPF_NOEXIST } from "../../abi/flags.ts";
import { BPF_MAP_TYPE_CPUMAP, BPF_MAP_TYPE_XSKMAP } from "../../abi/map-types.ts";
import { BPF_PROG_TYPE_XDP } from "../../abi/prog-types.ts";
import { E2BIG, EEXIST, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, EOVERFLOW } from "../../base/errno.ts";
import { MAP_DATA, MAP_PLAIN, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { powerOfTwoFrom } from "./flags.ts";
import { createHash } from "./hash.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps, SlotProg } from "./ops.ts";

const SLOT_BYTES = 8;
/** CONFIG_NR_CPUS of common distribution kernels. */
const NR_CPUS = 8192;
const QSIZE_MAX = 16384;

export const redirectKind: MapKind = {
  check: checkRedirect,
  bytes: (spec) => SLOT_BYTES * spec.maxEntries,
  create: createSlots,
};

export const devmapHashKind: MapKind = {
  check: checkRedirect,
  bytes: (spec) => 4 * powerOfTwoFrom(spec.maxEntries) + 32 * spec.maxEntries,
  create: createDevmapHash,
};

function checkRedirect(spec: MapSpec): number {
  const isCpumap = spec.type === BPF_MAP_TYPE_CPUMAP;
  const allowed = isCpumap ? BPF_F_NUMA_NODE : BPF_F_NUMA_NODE | BPF_F_RDONLY | BPF_F_WRONLY;
  const sizes = spec.type === BPF_MAP_TYPE_XSKMAP ? [4] : [4, 8];
  if (spec.maxEntries === 0 || spec.keySize !== 4 || !sizes.includes(spec.valueSize)) return EINVAL;
  if ((spec.flags & ~allowed) !== 0) return EINVAL;
  if (isCpumap && spec.maxEntries > NR_CPUS) return E2BIG;
  return spec.maxEntries > 2 ** 31 ? EINVAL : 0;
}

function createSlots(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { memory, heap } = host;
  const { u32 } = memory;
  const { maxEntries, valueSize, type } = spec;
  const data = heap.alloc(SLOT_BYTES * maxEntries);
  const keys = indexKeys(host, maxEntries);
  // Sockets are numbers from 0: presence is kept apart from the value.
  const present = new Set<number>();
  const progs = new Map<number, SlotProg>();
  const setProg = (index: number, prog: SlotProg | undefined): void => {
    prog?.use();
    progs.get(index)?.unuse();
    if (prog === undefined) progs.delete(index);
    else progs.set(index, prog);
  };
  /** A program that may stand in a slot; undefined for any other id. */
  const progOf = (id: number): SlotProg | undefined => {
    const prog = host.progById(id);
    const wanted = type === BPF_MAP_TYPE_CPUMAP ? BPF_XDP_CPUMAP : BPF_XDP_DEVMAP;
    const spec = prog?.prog.spec;
    return spec?.type === BPF_PROG_TYPE_XDP && spec.expectedAttachType === wanted ? prog : undefined;
  };
  u32[(desc + MAP_DATA) >>> 2] = data;
  u32[(desc + MAP_STRIDE) >>> 2] = SLOT_BYTES;

  const at = (index: number): number => data + SLOT_BYTES * index;
  const lookup = (key: number): number => {
    const index = keys.read(key);
    return present.has(index) ? at(index) : 0;
  };
  const check = (index: number, first: number, second: number, flags: number): number => {
    if (flags > BPF_EXIST) return -EINVAL;
    if (index >= maxEntries) return -E2BIG;
    if (type === BPF_MAP_TYPE_XSKMAP) {
      if (flags === BPF_NOEXIST && present.has(index)) return -EEXIST;
      return flags === BPF_EXIST && !present.has(index) ? -ENOENT : 0;
    }
    if (flags === BPF_NOEXIST) return -EEXIST;
    if (type === BPF_MAP_TYPE_CPUMAP) {
      if (first > QSIZE_MAX) return -EOVERFLOW;
      if (index >= host.cpus) return -ENODEV;
    }
    return second > 0 && (first === 0 || progOf(second) === undefined) ? -EINVAL : 0;
  };

  const ops: MapOps = {
    spec,
    desc,
    record: [],
    lookup,
    update(key, value, flags) {
      const index = keys.read(key);
      const first = memory.view.getUint32(value, true);
      const second = valueSize === 8 ? memory.view.getInt32(value + 4, true) : 0;
      const err = check(index, first, second, flags);
      if (err !== 0) return err;
      if (first === 0 && type !== BPF_MAP_TYPE_XSKMAP) present.delete(index);
      else present.add(index);
      u32[at(index) >>> 2] = first;
      u32[(at(index) + 4) >>> 2] = Math.max(0, second);
      setProg(index, second > 0 ? progOf(second) : undefined);
      return 0;
    },
    redirectProg: (key) => progs.get(keys.read(key))?.exec ?? null,
    delete(key) {
      const index = keys.read(key);
      if (index >= maxEntries) return -EINVAL;
      present.delete(index);
      u32[at(index) >>> 2] = 0;
      u32[(at(index) + 4) >>> 2] = 0;
      setProg(index, undefined);
      return 0;
    },
    nextKey: keys.next,
    regions: () => [{ start: data, end: data + SLOT_BYTES * maxEntries, write: false, what: `map ${spec.name} value` }],
    release() {
      for (const index of [...progs.keys()]) setProg(index, undefined);
    },
    free() {
      keys.free();
      heap.free(data);
    },
  };
  if (type === BPF_MAP_TYPE_XSKMAP) ops.userLookup = () => -EOPNOTSUPP;
  return ops;
}

function createDevmapHash(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { view } = host.memory;
  const table = createHash(host, spec, desc);
  host.memory.u32[(desc + MAP_PLAIN) >>> 2] = 0;
  return {
    ...table,
    update(key, value, flags) {
      const ifindex = view.getUint32(value, true);
      if (flags > BPF_EXIST || ifindex === 0) return -EINVAL;
      const present = table.lookup(key) !== 0;
      if (present && flags === BPF_NOEXIST) return -EEXIST;
      if (spec.valueSize === 8 && view.getInt32(value + 4, true) > 0) return -EINVAL;
      return table.update(key, value, 0);
    },
  };
}
