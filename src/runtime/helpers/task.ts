/** The task that the event runs in: from the event where a recording names it, else what RuntimeOptions.task says. */
import { BPF_MAP_TYPE_CGRP_STORAGE, BPF_MAP_TYPE_TASK_STORAGE } from "../../abi/map-types.ts";
import { EAGAIN, EINVAL } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import { isCgroupArray } from "../maps/cgroup-array.ts";
import type { Runtime } from "../runtime.ts";
import { retBig, retHalves } from "./args.ts";

/** Id of the cgroup that every task is under. */
const ROOT_CGROUP = 1;
const TASK_COMM_LEN = 16;
/** sizeof(struct pt_regs) on x86-64. */
const PT_REGS_BYTES = 168;
/** BPF_LOCAL_STORAGE_GET_F_CREATE. */
const GET_F_CREATE = 1;
/** sizeof(struct bpf_pidns_info). */
const PIDNS_INFO_BYTES = 8;

export function taskHelpers(rt: Runtime): HelperImpl[] {
  const { event, u8 } = rt;
  let noRegs = 0;
  return [
    { name: "get_current_pid_tgid", args: [], ret: "d", fn: () => retHalves(rt, event.tid, event.pid) },
    { name: "get_current_uid_gid", args: [], ret: "d", fn: () => retHalves(rt, event.uid, event.gid) },
    {
      name: "get_current_comm",
      args: ["i", "i"],
      ret: "s",
      fn: (buf, size) => {
        const length = size! >>> 0;
        if (length === 0) return -EINVAL;
        const at = buf! >>> 0;
        u8.fill(0, at, at + length);
        // strscpy_pad: what fits, and always a NUL.
        u8.set(event.comm.subarray(0, Math.min(TASK_COMM_LEN, length) - 1), at);
        return 0;
      },
    },
    { name: "get_current_cgroup_id", args: [], ret: "d", fn: () => retHalves(rt, event.cgroupLo, event.cgroupHi) },
    {
      // Recordings name one cgroup: it stands at level 1, under the root.
      name: "get_current_ancestor_cgroup_id",
      args: ["i"],
      ret: "d",
      fn: (level) => {
        if (level === 0) return retHalves(rt, ROOT_CGROUP, 0);
        return level === 1 ? retHalves(rt, event.cgroupLo, event.cgroupHi) : retHalves(rt, 0, 0);
      },
    },
    {
      name: "current_task_under_cgroup",
      args: ["i", "i"],
      ret: "s",
      fn: (map, index) => {
        const cgroups = rt.mapAt(map! >>> 0);
        if (!isCgroupArray(cgroups)) return -EINVAL;
        const cgroup = cgroups.cgroupAt(index! >>> 0);
        if (cgroup === undefined) return -EAGAIN;
        if (cgroup < 0) return cgroup;
        return cgroup === ROOT_CGROUP || cgroup === event.cgroupLo >>> 0 ? 1 : 0;
      },
    },
    {
      name: "get_ns_current_pid_tgid",
      args: ["d", "d", "i", "i"],
      ret: "s",
      fn: (_devLo, _devHi, _inoLo, _inoHi, nsdata, size) => {
        const at = nsdata! >>> 0;
        if (size !== PIDNS_INFO_BYTES) {
          u8.fill(0, at, at + (size! >>> 0));
          return -EINVAL;
        }
        rt.view.setUint32(at, event.tid, true);
        rt.view.setUint32(at + 4, event.pid, true);
        return 0;
      },
    },
    { name: "get_current_task", args: [], ret: "u", fn: () => rt.currentTask() },
    { name: "get_current_task_btf", args: [], ret: "u", fn: () => rt.currentTask() },
    {
      // What a task had in its registers when it entered the kernel is not recorded.
      name: "task_pt_regs",
      args: ["i"],
      ret: "u",
      fn: () => {
        if (noRegs === 0) noRegs = rt.heap.alloc(PT_REGS_BYTES);
        return noRegs;
      },
    },
    {
      name: "task_storage_get",
      args: ["i", "i", "i", "d"],
      ret: "u",
      fn: (map, task, value, flags, flagsHi) => {
        if (task === 0 || flagsHi !== 0 || flags! >>> 0 > GET_F_CREATE) return 0;
        const tid = rt.tidOf(task! >>> 0);
        return rt.storageOf(BPF_MAP_TYPE_TASK_STORAGE, tid, map! >>> 0, value! >>> 0, flags === GET_F_CREATE);
      },
    },
    {
      name: "task_storage_delete",
      args: ["i", "i"],
      ret: "s",
      fn: (map, task) => {
        return task === 0 ? -EINVAL : rt.storageDrop(BPF_MAP_TYPE_TASK_STORAGE, rt.tidOf(task! >>> 0), map! >>> 0);
      },
    },
    {
      name: "cgrp_storage_get",
      args: ["i", "i", "i", "d"],
      ret: "u",
      fn: (map, cgroup, value, flags, flagsHi) => {
        if (flagsHi !== 0 || flags! >>> 0 > GET_F_CREATE) return 0;
        const id = rt.cgroupIdOf(cgroup! >>> 0);
        return rt.storageOf(BPF_MAP_TYPE_CGRP_STORAGE, id, map! >>> 0, value! >>> 0, flags === GET_F_CREATE);
      },
    },
    {
      name: "cgrp_storage_delete",
      args: ["i", "i"],
      ret: "s",
      fn: (map, cgroup) => rt.storageDrop(BPF_MAP_TYPE_CGRP_STORAGE, rt.cgroupIdOf(cgroup! >>> 0), map! >>> 0),
    },
    { name: "get_attach_cookie", args: ["i"], ret: "d", fn: () => retBig(rt, BigInt.asUintN(64, event.cookie)) },
    { name: "get_func_ip", args: ["i"], ret: "d", fn: () => retBig(rt, BigInt.asUintN(64, event.funcIp)) },
  ];
}
