/**
 * Kernel symbols that programs name: functions (only whether they are there) and per-CPU variables. A variable is a zeroed block
 * of its size for each CPU, as no event tells what is in it; known are the CPU's own number in `cpu_number` and in
 * struct rq `runqueues`.
 *
 *     address + cpu * stride
 */
import type { BtfView } from "../btf/types.ts";
import type { Region } from "../engine/engine.ts";
import type { Heap } from "./heap.ts";
import type { LinearMemory } from "./memory.ts";
import { offsetOf } from "./task-struct.ts";

export interface Ksyms {
  /** Address of a BTF id's function or variable; 0 where it is neither, or there is no room. */
  address(btf: BtfView | null, btfId: number): number;
  /** The copy for a CPU of the variable there; undefined where none is. */
  copyOf(addr: number, cpu: number): number | undefined;
  regions(): readonly Region[];
}

interface Variable {
  readonly name: string;
  readonly stride: number;
}

/** Functions have no bytes: any address but 0 stands for one. */
const FUNCTION = 16;
const MAX_BYTES: number = 1 << 20;

export function createKsyms(memory: LinearMemory, heap: Heap, cpus: number, changed: () => void): Ksyms {
  const byId = new Map<number, number>();
  const variables = new Map<number, Variable>();

  const make = (btf: BtfView, name: string, typeId: number): number => {
    const stride = Math.ceil(btf.sizeOf(typeId) / 16) * 16;
    const addr = stride > MAX_BYTES ? 0 : heap.tryAlloc(stride * cpus);
    if (addr === 0) return 0;
    variables.set(addr, { name, stride });
    const cpuAt = name === "cpu_number" ? 0 : name === "runqueues" ? offsetOf(btf, btf.skipMods(typeId), "cpu") : -1;
    if (cpuAt >= 0) for (let cpu = 0; cpu < cpus; cpu++) memory.u32[(addr + cpu * stride + cpuAt) >>> 2] = cpu;
    changed();
    return addr;
  };

  return {
    address(btf, btfId) {
      const type = btf === null || btfId >= btf.length ? undefined : btf.type(btfId);
      if (type?.kind === "func") return FUNCTION;
      if (type?.kind !== "var") return 0;
      let addr = byId.get(btfId);
      if (addr === undefined) {
        addr = make(btf!, type.name, type.typeId);
        byId.set(btfId, addr);
      }
      return addr;
    },
    copyOf(addr, cpu) {
      const variable = variables.get(addr);
      if (variable === undefined) return undefined;
      return cpu < cpus ? addr + cpu * variable.stride : 0;
    },
    regions: () =>
      [...variables].map(([addr, { name, stride }]) => ({
        start: addr,
        end: addr + stride * cpus,
        write: false,
        what: `kernel variable ${name}`,
      })),
  };
}
