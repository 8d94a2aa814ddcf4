/** Which maps a program may use at all, and which helpers take which map. Source: kernel/bpf/verifier.c. */
import { EBUSY, EINVAL } from "../base/errno.ts";
import type { Env } from "./env.ts";
import { fail, say } from "./log.ts";
import type { MapView } from "./maps.ts";
import {
  BPF_LIST_HEAD,
  BPF_RB_ROOT,
  BPF_RES_SPIN_LOCK,
  BPF_SPIN_LOCK,
  BPF_TIMER,
  BPF_WORKQUEUE,
  hasField,
} from "./record.ts";

/** kprobe, tracepoint, perf_event, raw_tracepoint, raw_tracepoint_writable. */
const TRACING_TYPES = new Set([2, 5, 7, 17, 24]);
const SOCKET_FILTER = 1;
const MAP_STRUCT_OPS = 26;
const MAP_ARENA = 33;
/** What sleepable programs may use. */
const SLEEPABLE_MAPS = new Set([1, 9, 2, 5, 6, 10, 12, 13, 27, 31, 28, 24, 29, 32, 22, 23, 33]);

/** Refuses a map that this type of program may not use. */
export function checkMapProgram(env: Env, map: MapView): void {
  const { log, progType } = env;
  const tracing = TRACING_TYPES.has(progType);
  if (tracing && hasField(map.record, BPF_LIST_HEAD | BPF_RB_ROOT)) {
    fail(log, EINVAL, "tracing progs cannot use bpf_{list_head,rb_root} yet");
  }
  if (hasField(map.record, BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) {
    if (progType === SOCKET_FILTER) fail(log, EINVAL, "socket filter progs cannot use bpf_spin_lock yet");
    if (tracing) fail(log, EINVAL, "tracing progs cannot use bpf_spin_lock yet");
  }
  if (tracing && hasField(map.record, BPF_TIMER)) fail(log, EINVAL, "tracing progs cannot use bpf_timer yet");
  if (tracing && hasField(map.record, BPF_WORKQUEUE)) fail(log, EINVAL, "tracing progs cannot use bpf_wq yet");
  if (map.spec.type === MAP_STRUCT_OPS) fail(log, EINVAL, "bpf_struct_ops map cannot be used in prog");
  if (env.sleepable && !SLEEPABLE_MAPS.has(map.spec.type)) {
    fail(log, EINVAL, "Sleepable programs can only use array, hash, ringbuf and local storage maps");
  }
  if (map.spec.type === MAP_ARENA) {
    if (env.arena !== null) fail(log, EBUSY, "Only one arena per program");
    env.arena = map;
  }
}

/** Helper id -> map types it takes. Source: check_map_func_compatibility. */
export const MAPS_OF_HELPER: ReadonlyMap<number, readonly number[]> = new Map([
  [12, [3]], // tail_call
  [22, [4]], // perf_event_read
  [25, [4]], // perf_event_output
  [55, [4]], // perf_event_read_value
  [111, [4]], // skb_output
  [121, [4]], // xdp_output
  [130, [27]], // ringbuf_output
  [131, [27]], // ringbuf_reserve
  [134, [27]], // ringbuf_query
  [198, [27]], // ringbuf_reserve_dynptr
  [199, [27]],
  [200, [27]],
  [209, [31]], // user_ringbuf_drain
  [27, [7]], // get_stackid
  [33, [8]], // skb_under_cgroup
  [37, [8]], // current_task_under_cgroup
  [51, [14, 25, 16, 17]], // redirect_map
  [52, [15]], // sk_redirect_map
  [53, [15]], // sock_map_update
  [60, [15]], // msg_redirect_map
  [70, [18]], // sock_hash_update
  [71, [18]], // msg_redirect_hash
  [72, [18]], // sk_redirect_hash
  [81, [19, 21]], // get_local_storage
  [82, [20, 15, 18]], // sk_select_reuseport
  [87, [22, 23, 30]], // map_push_elem
  [88, [22, 23]], // map_pop_elem
  [89, [22, 23, 30]], // map_peek_elem
  [195, [6, 5, 10]], // map_lookup_percpu_elem
  [107, [24]], // sk_storage_get
  [108, [24]],
  [145, [28]], // inode_storage_get
  [146, [28]],
  [156, [29]], // task_storage_get
  [157, [29]],
  [210, [32]], // cgrp_storage_get
  [211, [32]],
]);

const LOOKUP = 1;
const UPDATE = 2;
const DELETE = 3;
const KPTR_XCHG = 194;

/** Map type -> helpers that take it; types that are not here leave it to the helper. */
const HELPERS_OF_MAP: ReadonlyMap<number, readonly number[]> = new Map([
  [3, [12]],
  [4, [22, 25, 111, 55, 121]],
  [27, [130, 131, 134, 198, 199, 200]],
  [31, [209]],
  [7, [27]],
  [8, [33, 37]],
  [19, [81]],
  [21, [81]],
  [14, [51, LOOKUP]],
  [25, [51, LOOKUP]],
  [16, [51]],
  [17, [51, LOOKUP]],
  [12, [LOOKUP]],
  [13, [LOOKUP]],
  [15, [52, 53, 60, 82, LOOKUP]],
  [18, [72, 70, 71, 82, LOOKUP]],
  [20, [82]],
  [22, [89, 88, 87]],
  [23, [89, 88, 87]],
  [24, [107, 108, KPTR_XCHG]],
  [28, [145, 146, KPTR_XCHG]],
  [29, [156, 157, KPTR_XCHG]],
  [32, [210, 211, KPTR_XCHG]],
  [30, [89, 87]],
]);

const SOCKMAP = 15;
const SOCKHASH = 18;
const TRACE_ITER = 28;
/** socket_filter, sched_cls, sched_act, xdp, sk_reuseport, flow_dissector, sk_lookup. */
const SOCKMAP_UPDATERS = new Set([1, 3, 4, 6, 21, 22, 30]);

function mayUpdateSockmap(env: Env, id: number): boolean {
  if (id !== UPDATE && id !== DELETE) return false;
  if (env.progType === 26 && env.attachType === TRACE_ITER) return true;
  if (env.progType === 13 && id === DELETE) return true;
  if (SOCKMAP_UPDATERS.has(env.progType)) return true;
  return false;
}

/** Refuses a helper that cannot work on the map it is given. */
export function checkMapHelper(env: Env, map: MapView | null, id: number, name: string): void {
  if (map === null) return;
  const type = map.spec.type;
  const allowed = HELPERS_OF_MAP.get(type);
  let ok = allowed === undefined || allowed.includes(id);
  if (!ok && (type === SOCKMAP || type === SOCKHASH)) {
    ok = mayUpdateSockmap(env, id);
    if (!ok && (id === UPDATE || id === DELETE)) say(env.log, "cannot update sockmap in this context");
  }
  const types = MAPS_OF_HELPER.get(id);
  if (types !== undefined && !types.includes(type)) ok = false;
  if (!ok) fail(env.log, EINVAL, `cannot pass map_type ${type} into func bpf_${name}#${id}`);
}
