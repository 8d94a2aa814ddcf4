/**
 * Arguments of traced functions, and helpers that ask for what only a live kernel has, answered as where there is none.
 * Semantics: kernel/trace/bpf_trace.c.
 */
import { EFAULT, EINVAL, ENOENT, EPERM } from "../../base/errno.ts";
import { CELL_RET_HI } from "../../layout/layout.ts";
import type { Machine } from "../hooks/types.ts";
import type { NetHelper } from "./net-table.ts";

/** sizeof(struct bpf_perf_event_value): counter, enabled, running. */
const PERF_VALUE_BYTES = 24;
/** Offset of ax, the result, in x86-64's struct pt_regs. */
const PT_REGS_AX = 80;

export function absentTraceHelpers(m: Machine): readonly NetHelper[] {
  const { u8, u32, view } = m;
  const wide = (errno: number): number => {
    u32[CELL_RET_HI >>> 2] = errno >> 31;
    return errno;
  };
  const copyWord = (to: number, from: number): number => {
    u8.copyWithin(to, from, from + 8);
    return 0;
  };
  const packetOutput = (map: number, flags: number, high: number, data: number, size: number): number =>
    high !== 0 ? -EFAULT : m.perfOutput(map, flags, data, size, 0, 0);

  return [
    ["get_func_arg_cnt", "i->u", () => m.event.argCount],
    ["get_func_arg", "iii->s", (ctx, n, to) => (n! >>> 0 >= m.event.argCount ? -EINVAL : copyWord(to!, ctx! + 8 * n!))],
    ["get_func_ret", "ii->s", (ctx, to) => copyWord(to!, ctx! + 8 * m.event.argCount)],
    ["get_cgroup_classid", "->u", () => 0],
    // Sockets, files and symbols of a kernel that is not here.
    ...["tcp", "tcp6", "tcp_timewait", "tcp_request", "udp6", "unix", "mptcp"].map(
      (kind): NetHelper => [`skc_to_${kind}_sock`, "i->u", () => 0],
    ),
    ["sock_from_file", "i->u", () => 0],
    ["get_socket_cookie", "i->d", () => wide(0)],
    ["get_netns_cookie", "i->d", () => wide(0)],
    ["sk_storage_get", "iiid->u", () => 0],
    ["sk_storage_delete", "ii->s", () => -ENOENT],
    ["sk_release", "i->s", () => 0],
    ["d_path", "iii->s", () => -EINVAL],
    ["kallsyms_lookup_name", "iiii->s", () => -ENOENT],
    ["btf_find_by_name_kind", "iiii->s", () => -ENOENT],
    // The record alone: no packet follows it.
    ["skb_output", "iidii->s", (_ctx, map, flags, high, data, size) => packetOutput(map!, flags!, high!, data!, size!)],
    ["xdp_output", "iidii->s", (_ctx, map, flags, high, data, size) => packetOutput(map!, flags!, high!, data!, size!)],
    // Counters and processes are those of a recording: nothing counts, nothing is there to be signalled.
    ["perf_event_read", "id->d", () => wide(-ENOENT)],
    [
      "perf_event_read_value",
      "idii->s",
      (_map, _lo, _hi, to, bytes) => {
        u8.fill(0, to!, to! + bytes!);
        return bytes === PERF_VALUE_BYTES ? -ENOENT : -EINVAL;
      },
    ],
    ["send_signal", "i->s", () => 0],
    ["send_signal_thread", "i->s", () => 0],
    ["get_branch_snapshot", "iid->s", (_to, _bytes, lo, hi) => (lo !== 0 || hi !== 0 ? -EINVAL : -ENOENT)],
    ["find_vma", "idiid->s", () => -ENOENT],
    ["probe_write_user", "iii->s", () => -EPERM],
    ["read_branch_records", "iiid->s", () => -ENOENT],
    [
      "perf_prog_read_value",
      "iii->s",
      (_ctx, to, bytes) => {
        u8.fill(0, to!, to! + bytes!);
        return bytes === PERF_VALUE_BYTES ? 0 : -EINVAL;
      },
    ],
    [
      "override_return",
      "id->s",
      (ctx, low, high) => {
        view.setInt32(ctx! + PT_REGS_AX, low!, true);
        view.setInt32(ctx! + PT_REGS_AX + 4, high!, true);
        return 0;
      },
    ],
  ];
}
