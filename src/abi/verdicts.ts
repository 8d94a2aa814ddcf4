/**
 * What a program's return value means to its hook, by program type: names in the order in which tables show them.
 * Source: include/uapi/linux/bpf.h (enum xdp_action), include/uapi/linux/pkt_cls.h (TC_ACT_*), kernel/bpf/cgroup.c.
 */
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_SCHED_ACT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_XDP,
} from "./prog-types.ts";

export interface VerdictRow {
  readonly name: string;
  /** Return value (low 32 bits, signed). */
  readonly value: number;
}

export interface VerdictTable {
  readonly rows: readonly VerdictRow[];
  /** Name for a value that has no row. */
  readonly other: string;
}

const XDP: VerdictTable = {
  rows: [
    { name: "pass", value: 2 },
    { name: "drop", value: 1 },
    { name: "tx", value: 3 },
    { name: "redirect", value: 4 },
    { name: "aborted", value: 0 },
  ],
  other: "aborted",
};

const TC: VerdictTable = {
  rows: [
    { name: "ok", value: 0 },
    { name: "shot", value: 2 },
    { name: "redirect", value: 7 },
    { name: "reclassify", value: 1 },
    { name: "pipe", value: 3 },
    { name: "stolen", value: 4 },
    { name: "queued", value: 5 },
    { name: "repeat", value: 6 },
    { name: "trap", value: 8 },
    { name: "unspec", value: -1 },
  ],
  other: "unspec",
};

/** A socket filter returns how many bytes to keep: 0 drops. */
const FILTER: VerdictTable = { rows: [{ name: "drop", value: 0 }], other: "pass" };

const CGROUP_SKB: VerdictTable = {
  rows: [
    { name: "allow", value: 1 },
    { name: "deny", value: 0 },
  ],
  other: "allow",
};

/** Programs whose result decides nothing: counted by zero and not. */
const PLAIN: VerdictTable = { rows: [{ name: "zero", value: 0 }], other: "nonzero" };

export function verdictsOf(progType: number): VerdictTable {
  switch (progType) {
    case BPF_PROG_TYPE_XDP:
      return XDP;
    case BPF_PROG_TYPE_SCHED_CLS:
    case BPF_PROG_TYPE_SCHED_ACT:
      return TC;
    case BPF_PROG_TYPE_SOCKET_FILTER:
      return FILTER;
    case BPF_PROG_TYPE_CGROUP_SKB:
      return CGROUP_SKB;
    default:
      return PLAIN;
  }
}

/** "drop" for (XDP, 1). */
export function verdictName(progType: number, retval: number): string {
  const table = verdictsOf(progType);
  return table.rows.find((row) => row.value === (retval | 0))?.name ?? table.other;
}
