/**
 * The struct task_struct that bpf_get_current_task gives: laid out by the kernel's BTF, filled from the event each time it is
 * asked for. Known are pid, tgid, comm, the ids in cred, and the parent, a second task without content unless
 * TaskOptions.ppid names it, and task->cgroups->dfl_cgrp->kn->id; everything else reads as zero.
 */
import type { BtfView } from "../btf/types.ts";
import type { Region } from "../engine/engine.ts";
import type { Heap } from "./heap.ts";
import type { EventState } from "./hooks/types.ts";
import type { LinearMemory } from "./memory.ts";

export interface TaskStruct {
  /** Address of the current task, refreshed from the event. */
  current(): number;
  /** Thread id of the task at that address. */
  tidOf(task: number): number;
  /** Address of the cgroup that the task is in; 0 where the BTF does not know the way. */
  cgroup(): number;
  /** Id of the cgroup at that address, low word. */
  cgroupIdOf(cgroup: number): number;
  readonly region: Region;
}

const TASK_COMM_LEN = 16;

/** null where the BTF knows no task_struct. */
export function createTaskStruct(
  memory: LinearMemory,
  heap: Heap,
  btf: BtfView,
  event: EventState,
  ppid: number,
): TaskStruct | null {
  const typeId = btf.find("task_struct", "struct");
  if (typeId === 0) return null;
  const taskBytes = Math.ceil(btf.sizeOf(typeId) / 16) * 16;
  const credType = btf.find("cred", "struct");
  const credBytes = credType === 0 ? 0 : Math.ceil(btf.sizeOf(credType) / 16) * 16;
  // task->cgroups->dfl_cgrp->kn->id
  const chain = ["css_set", "cgroup", "kernfs_node"].map((name) => {
    const id = btf.find(name, "struct");
    return { id, bytes: id === 0 ? 0 : Math.ceil(btf.sizeOf(id) / 16) * 16 };
  });
  const chainBytes = chain.reduce((sum, { bytes }) => sum + bytes, 0);
  const base = heap.alloc(2 * taskBytes + credBytes + chainBytes);
  const parent = base + taskBytes;
  const cred = parent + taskBytes;
  const cssSet = cred + credBytes;
  const cgroup = cssSet + chain[0]!.bytes;
  const node = cgroup + chain[1]!.bytes;
  const { u8, u32 } = memory;

  const offsets = new Map<string, number>();
  for (const name of ["pid", "tgid", "comm", "real_parent", "parent", "group_leader", "real_cred", "cred", "cgroups"]) {
    offsets.set(name, offsetOf(btf, typeId, name));
  }
  const at = (task: number, name: string): number => {
    const offBytes = offsets.get(name)!;
    return offBytes < 0 ? -1 : task + offBytes;
  };
  const setWord = (addr: number, value: number): void => {
    if (addr >= 0) u32[addr >>> 2] = value;
  };

  for (const name of ["real_parent", "parent"]) {
    setWord(at(base, name), parent);
    setWord(at(parent, name), parent);
  }
  for (const task of [base, parent]) setWord(at(task, "group_leader"), task);
  for (const name of ["pid", "tgid"]) setWord(at(parent, name), ppid);
  if (credType !== 0) {
    setWord(at(base, "cred"), cred);
    setWord(at(base, "real_cred"), cred);
  }
  const ids = credType === 0 ? [] : ["uid", "euid", "suid", "fsuid"].map((name) => offsetOf(btf, credType, name));
  const groups = credType === 0 ? [] : ["gid", "egid", "sgid", "fsgid"].map((name) => offsetOf(btf, credType, name));
  const comm = at(base, "comm");
  const member = (i: number, name: string): number => (chain[i]!.id === 0 ? -1 : offsetOf(btf, chain[i]!.id, name));
  const [cgrpOff, knOff, idOff] = [member(0, "dfl_cgrp"), member(1, "kn"), member(2, "id")];
  const hasCgroup = cgrpOff >= 0 && knOff >= 0 && idOff >= 0;
  if (hasCgroup) {
    for (const task of [base, parent]) setWord(at(task, "cgroups"), cssSet);
    setWord(cssSet + cgrpOff, cgroup);
    setWord(cgroup + knOff, node);
  }

  return {
    region: { start: base, end: base + 2 * taskBytes + credBytes + chainBytes, write: false, what: "task_struct" },
    current() {
      setWord(at(base, "pid"), event.tid);
      setWord(at(base, "tgid"), event.pid);
      if (comm >= 0) u8.set(event.comm.subarray(0, TASK_COMM_LEN), comm);
      for (const offBytes of ids) if (offBytes >= 0) setWord(cred + offBytes, event.uid);
      for (const offBytes of groups) if (offBytes >= 0) setWord(cred + offBytes, event.gid);
      if (hasCgroup) {
        setWord(node + idOff, event.cgroupLo);
        setWord(node + idOff + 4, event.cgroupHi);
      }
      return base;
    },
    cgroup: () => (hasCgroup ? cgroup : 0),
    cgroupIdOf: (addr) => (hasCgroup && addr === cgroup ? u32[(node + idOff) >>> 2]! : 0),
    tidOf: (task) => {
      const addr = at(task, "pid");
      return addr < 0 ? 0 : u32[addr >>> 2]!;
    },
  };
}

/** Byte offset of a member, through anonymous structs and unions; -1 where there is none. */
export function offsetOf(btf: BtfView, typeId: number, name: string): number {
  const type = btf.type(typeId);
  if (type.kind !== "struct" && type.kind !== "union") return -1;
  for (const member of type.members) {
    if (member.name === name) return member.bitOff / 8;
    if (member.name !== "") continue;
    const inner = offsetOf(btf, btf.skipMods(member.typeId), name);
    if (inner >= 0) return member.bitOff / 8 + inner;
  }
  return -1;
}
