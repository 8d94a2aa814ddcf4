/**
 * enum bpf_cmd: the first argument of bpf(2). Source: include/uapi/linux/bpf.h of 6.18.
 */
import type { Since } from "./types.ts";

export interface CmdRow {
  readonly id: number;
  /** "BPF_MAP_CREATE". */
  readonly name: string;
  readonly since: Since;
}

export const BPF_MAP_CREATE = 0;
export const BPF_MAP_LOOKUP_ELEM = 1;
export const BPF_MAP_UPDATE_ELEM = 2;
export const BPF_MAP_DELETE_ELEM = 3;
export const BPF_MAP_GET_NEXT_KEY = 4;
export const BPF_PROG_LOAD = 5;
export const BPF_OBJ_PIN = 6;
export const BPF_OBJ_GET = 7;
export const BPF_PROG_ATTACH = 8;
export const BPF_PROG_DETACH = 9;
export const BPF_PROG_TEST_RUN = 10;
export const BPF_PROG_GET_NEXT_ID = 11;
export const BPF_MAP_GET_NEXT_ID = 12;
export const BPF_PROG_GET_FD_BY_ID = 13;
export const BPF_MAP_GET_FD_BY_ID = 14;
export const BPF_OBJ_GET_INFO_BY_FD = 15;
export const BPF_PROG_QUERY = 16;
export const BPF_RAW_TRACEPOINT_OPEN = 17;
export const BPF_BTF_LOAD = 18;
export const BPF_BTF_GET_FD_BY_ID = 19;
export const BPF_TASK_FD_QUERY = 20;
export const BPF_MAP_LOOKUP_AND_DELETE_ELEM = 21;
export const BPF_MAP_FREEZE = 22;
export const BPF_BTF_GET_NEXT_ID = 23;
export const BPF_MAP_LOOKUP_BATCH = 24;
export const BPF_MAP_LOOKUP_AND_DELETE_BATCH = 25;
export const BPF_MAP_UPDATE_BATCH = 26;
export const BPF_MAP_DELETE_BATCH = 27;
export const BPF_LINK_CREATE = 28;
export const BPF_LINK_UPDATE = 29;
export const BPF_LINK_GET_FD_BY_ID = 30;
export const BPF_LINK_GET_NEXT_ID = 31;
export const BPF_ENABLE_STATS = 32;
export const BPF_ITER_CREATE = 33;
export const BPF_LINK_DETACH = 34;
export const BPF_PROG_BIND_MAP = 35;
export const BPF_TOKEN_CREATE = 36;
export const BPF_PROG_STREAM_READ_BY_FD = 37;

/** By id. */
export const CMDS: readonly CmdRow[] = [
  { id: BPF_MAP_CREATE, name: "BPF_MAP_CREATE", since: "3.18" },
  { id: BPF_MAP_LOOKUP_ELEM, name: "BPF_MAP_LOOKUP_ELEM", since: "3.18" },
  { id: BPF_MAP_UPDATE_ELEM, name: "BPF_MAP_UPDATE_ELEM", since: "3.18" },
  { id: BPF_MAP_DELETE_ELEM, name: "BPF_MAP_DELETE_ELEM", since: "3.18" },
  { id: BPF_MAP_GET_NEXT_KEY, name: "BPF_MAP_GET_NEXT_KEY", since: "3.18" },
  { id: BPF_PROG_LOAD, name: "BPF_PROG_LOAD", since: "3.18" },
  { id: BPF_OBJ_PIN, name: "BPF_OBJ_PIN", since: "4.4" },
  { id: BPF_OBJ_GET, name: "BPF_OBJ_GET", since: "4.4" },
  { id: BPF_PROG_ATTACH, name: "BPF_PROG_ATTACH", since: "4.10" },
  { id: BPF_PROG_DETACH, name: "BPF_PROG_DETACH", since: "4.10" },
  { id: BPF_PROG_TEST_RUN, name: "BPF_PROG_TEST_RUN", since: "4.12" },
  { id: BPF_PROG_GET_NEXT_ID, name: "BPF_PROG_GET_NEXT_ID", since: "4.13" },
  { id: BPF_MAP_GET_NEXT_ID, name: "BPF_MAP_GET_NEXT_ID", since: "4.13" },
  { id: BPF_PROG_GET_FD_BY_ID, name: "BPF_PROG_GET_FD_BY_ID", since: "4.13" },
  { id: BPF_MAP_GET_FD_BY_ID, name: "BPF_MAP_GET_FD_BY_ID", since: "4.13" },
  { id: BPF_OBJ_GET_INFO_BY_FD, name: "BPF_OBJ_GET_INFO_BY_FD", since: "4.13" },
  { id: BPF_PROG_QUERY, name: "BPF_PROG_QUERY", since: "4.15" },
  { id: BPF_RAW_TRACEPOINT_OPEN, name: "BPF_RAW_TRACEPOINT_OPEN", since: "4.17" },
  { id: BPF_BTF_LOAD, name: "BPF_BTF_LOAD", since: "4.18" },
  { id: BPF_BTF_GET_FD_BY_ID, name: "BPF_BTF_GET_FD_BY_ID", since: "4.18" },
  { id: BPF_TASK_FD_QUERY, name: "BPF_TASK_FD_QUERY", since: "4.18" },
  { id: BPF_MAP_LOOKUP_AND_DELETE_ELEM, name: "BPF_MAP_LOOKUP_AND_DELETE_ELEM", since: "4.20" },
  { id: BPF_MAP_FREEZE, name: "BPF_MAP_FREEZE", since: "5.2" },
  { id: BPF_BTF_GET_NEXT_ID, name: "BPF_BTF_GET_NEXT_ID", since: "5.4" },
  { id: BPF_MAP_LOOKUP_BATCH, name: "BPF_MAP_LOOKUP_BATCH", since: "5.6" },
  { id: BPF_MAP_LOOKUP_AND_DELETE_BATCH, name: "BPF_MAP_LOOKUP_AND_DELETE_BATCH", since: "5.6" },
  { id: BPF_MAP_UPDATE_BATCH, name: "BPF_MAP_UPDATE_BATCH", since: "5.6" },
  { id: BPF_MAP_DELETE_BATCH, name: "BPF_MAP_DELETE_BATCH", since: "5.6" },
  { id: BPF_LINK_CREATE, name: "BPF_LINK_CREATE", since: "5.7" },
  { id: BPF_LINK_UPDATE, name: "BPF_LINK_UPDATE", since: "5.7" },
  { id: BPF_LINK_GET_FD_BY_ID, name: "BPF_LINK_GET_FD_BY_ID", since: "5.8" },
  { id: BPF_LINK_GET_NEXT_ID, name: "BPF_LINK_GET_NEXT_ID", since: "5.8" },
  { id: BPF_ENABLE_STATS, name: "BPF_ENABLE_STATS", since: "5.8" },
  { id: BPF_ITER_CREATE, name: "BPF_ITER_CREATE", since: "5.8" },
  { id: BPF_LINK_DETACH, name: "BPF_LINK_DETACH", since: "5.9" },
  { id: BPF_PROG_BIND_MAP, name: "BPF_PROG_BIND_MAP", since: "5.10" },
  { id: BPF_TOKEN_CREATE, name: "BPF_TOKEN_CREATE", since: "6.9" },
  { id: BPF_PROG_STREAM_READ_BY_FD, name: "BPF_PROG_STREAM_READ_BY_FD", since: "6.17" },
];
