/** Helpers that ask for what only a live kernel has, answered as where there is none. Semantics: kernel/trace/bpf_trace.c. */
import { EINVAL, ENOENT } from "../../base/errno.ts";
import type { Machine } from "../hooks/types.ts";
import type { NetHelper } from "./net-table.ts";

/** sizeof(struct bpf_perf_event_value): counter, enabled, running. */
const PERF_VALUE_BYTES = 24;
/** Offset of ax, the result, in x86-64's struct pt_regs. */
const PT_REGS_AX = 80;

export function absentTraceHelpers(m: Machine): readonly NetHelper[] {
  const { u8, view } = m;
  return [
    ["get_cgroup_classid", "->u", () => 0],
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
