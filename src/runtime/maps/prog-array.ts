/**
 * BPF_MAP_TYPE_PROG_ARRAY: slots that tail calls jump through. User space writes programs and reads their ids. The u32 at
 * MAP_DATA + index * MAP_STRIDE is the program's place in the table of programs, so that generated code need not ask.
 * Source: kernel/bpf/arraymap.c (fd_array_*, prog_fd_array_*), kernel/bpf/core.c (bpf_prog_map_compatible).
 */
import { BPF_F_RDONLY_PROG, BPF_F_WRONLY_PROG } from "../../abi/flags.ts";
import { E2BIG, EBADF, EINVAL, ENOENT } from "../../base/errno.ts";
import { MAP_DATA, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { checkArray } from "./array.ts";
import { indexKeys } from "./index-keys.ts";
import type { MapHost, MapKind, MapOps, SlotProg } from "./ops.ts";

const SLOT_BYTES = 4;

export const progArrayKind: MapKind = {
  check: checkFdArray,
  bytes: (spec) => SLOT_BYTES * spec.maxEntries,
  create: createProgArray,
};

/** fd_array_map_alloc_check. */
export function checkFdArray(spec: MapSpec): number {
  if (spec.valueSize !== 4) return EINVAL;
  if ((spec.flags & (BPF_F_RDONLY_PROG | BPF_F_WRONLY_PROG)) !== 0) return EINVAL;
  return checkArray(spec);
}

function createProgArray(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { maxEntries } = spec;
  const { u32 } = host.memory;
  const data = host.heap.alloc(SLOT_BYTES * maxEntries);
  const keys = indexKeys(host, maxEntries);
  u32[(desc + MAP_DATA) >>> 2] = data;
  u32[(desc + MAP_STRIDE) >>> 2] = SLOT_BYTES;
  const slots = new Map<number, SlotProg>();
  // A prog array takes programs of one kind: that of the first one put into it.
  let ownerType = -1;

  const put = (index: number, prog: SlotProg | null): void => {
    const old = slots.get(index);
    if (prog === null) slots.delete(index);
    else {
      prog.use();
      slots.set(index, prog);
    }
    u32[(data + SLOT_BYTES * index) >>> 2] = prog?.tableIndex ?? 0;
    old?.unuse();
  };
  const clear = (index: number): number => {
    if (index >= maxEntries) return -E2BIG;
    if (!slots.has(index)) return -ENOENT;
    put(index, null);
    return 0;
  };
  const assign = (index: number, prog: SlotProg | undefined): number => {
    if (index >= maxEntries) return -E2BIG;
    if (prog === undefined) return -EBADF;
    const { type } = prog.prog.spec;
    if (ownerType >= 0 && ownerType !== type) return -EINVAL;
    ownerType = type;
    put(index, prog);
    return 0;
  };
  const release = (): void => {
    for (const index of [...slots.keys()]) put(index, null);
  };

  return {
    spec,
    desc,
    record: [],
    lookup: () => 0,
    update: () => -EINVAL,
    delete: (key) => clear(keys.read(key)),
    nextKey: keys.next,
    userLookup(key) {
      const prog = slots.get(keys.read(key));
      return prog === undefined ? -ENOENT : new Uint8Array(Uint32Array.of(prog.id).buffer);
    },
    userUpdate(key, value, flags) {
      if (flags !== 0) return -EINVAL;
      return assign(keys.read(key), host.progById(host.memory.view.getUint32(value, true)));
    },
    setSlot(key, what) {
      const index = keys.read(key);
      if (what === null) return clear(index);
      return assign(index, host.progById(what.id) === what ? (what as SlotProg) : undefined);
    },
    progAt: (index) => slots.get(index)?.exec ?? null,
    release,
    regions: () => [],
    free() {
      release();
      keys.free();
      host.heap.free(data);
    },
  };
}
