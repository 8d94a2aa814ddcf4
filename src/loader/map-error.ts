/**
 * What an errno means for a map: the same number says "full" of a hash, "no such index" of an array and "no such operation"
 * of a ring. Rows are read from the top, the first that fits speaks.
 * Source: kernel/bpf/{syscall,hashtab,arraymap,lpm_trie,queue_stack_maps,bloom_filter,devmap,cpumap}.c, net/core/sock_map.c, 6.18.
 */
import * as mt from "../abi/map-types.ts";
import * as e from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { MapSpec } from "../obj/spec.ts";

export type MapOp =
  | "lookup"
  | "update"
  | "delete"
  | "lookup and delete"
  | "next key"
  | "batch"
  | "slot"
  | "freeze"
  | "pin"
  | "drain"
  | "wait"
  | "send";

interface Meaning {
  readonly errno: number;
  /** Any if absent. */
  readonly ops?: readonly MapOp[];
  readonly types?: readonly number[];
  readonly why: string;
  readonly advice: string;
}

const WRITES: readonly MapOp[] = ["update", "slot", "batch"];
const ARRAYS = [
  mt.BPF_MAP_TYPE_ARRAY,
  mt.BPF_MAP_TYPE_PERCPU_ARRAY,
  mt.BPF_MAP_TYPE_PROG_ARRAY,
  mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  mt.BPF_MAP_TYPE_CGROUP_ARRAY,
  mt.BPF_MAP_TYPE_ARRAY_OF_MAPS,
  mt.BPF_MAP_TYPE_DEVMAP,
  mt.BPF_MAP_TYPE_CPUMAP,
  mt.BPF_MAP_TYPE_XSKMAP,
  mt.BPF_MAP_TYPE_SOCKMAP,
  mt.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
];
const PLAIN_ARRAYS = [mt.BPF_MAP_TYPE_ARRAY, mt.BPF_MAP_TYPE_PERCPU_ARRAY];
const QUEUES = [mt.BPF_MAP_TYPE_QUEUE, mt.BPF_MAP_TYPE_STACK];
const SOCKETS = [
  mt.BPF_MAP_TYPE_SOCKMAP,
  mt.BPF_MAP_TYPE_SOCKHASH,
  mt.BPF_MAP_TYPE_XSKMAP,
  mt.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY,
];
const STORAGE = [
  mt.BPF_MAP_TYPE_SK_STORAGE,
  mt.BPF_MAP_TYPE_TASK_STORAGE,
  mt.BPF_MAP_TYPE_INODE_STORAGE,
  mt.BPF_MAP_TYPE_CGRP_STORAGE,
];
const LRU = [mt.BPF_MAP_TYPE_LRU_HASH, mt.BPF_MAP_TYPE_LRU_PERCPU_HASH];
const OF_MAPS = [mt.BPF_MAP_TYPE_ARRAY_OF_MAPS, mt.BPF_MAP_TYPE_HASH_OF_MAPS];

const MEANINGS: readonly Meaning[] = [
  {
    errno: e.E2BIG,
    types: ARRAYS,
    why: "the index is past the last entry",
    advice: "indexes go from 0 to maxEntries - 1; `maps: { NAME: { maxEntries } }` makes the map larger",
  },
  {
    errno: e.E2BIG,
    types: QUEUES,
    why: "the map is full",
    advice: 'pop something, or push with flag BPF_EXIST ("exist"), which drops the oldest',
  },
  {
    errno: e.E2BIG,
    why: "the map is full",
    advice:
      "delete entries, make it larger (`maps: { NAME: { maxEntries } }`), or use an lru_hash, which makes room itself",
  },
  {
    errno: e.ENOSPC,
    types: [mt.BPF_MAP_TYPE_LPM_TRIE],
    ops: WRITES,
    why: "the map is full",
    advice: "delete prefixes, or make it larger (`maps: { NAME: { maxEntries } }`)",
  },
  {
    errno: e.ENOSPC,
    ops: ["batch"],
    why: "a hash bucket has more entries than the batch",
    advice: "ask for more at a time",
  },
  {
    errno: e.EEXIST,
    ops: WRITES,
    types: PLAIN_ARRAYS,
    why: "an array has all its entries from the start",
    advice: 'update it without BPF_NOEXIST ("noexist")',
  },
  { errno: e.EEXIST, ops: WRITES, why: "the key is there", advice: 'update it without BPF_NOEXIST ("noexist")' },
  { errno: e.EEXIST, ops: ["pin"], why: "the path is taken", advice: "remove the file there, or take another path" },
  {
    errno: e.ENOENT,
    ops: ["pin"],
    why: "the folder is not there",
    advice: "a path in a mounted bpffs; its folders are made with mkdir",
  },
  {
    errno: e.EPERM,
    ops: ["pin"],
    why: "not in a bpffs, a name with a dot, or no privilege",
    advice: "a path in a mounted bpffs (mount -t bpf bpf /sys/fs/bpf), as root or with CAP_BPF",
  },
  { errno: e.ENOENT, why: "the key is not there", advice: 'update it without BPF_EXIST ("exist")' },
  {
    errno: e.EBADF,
    types: STORAGE,
    ops: ["lookup", "update", "delete"],
    why: "the key is no fd of what the storage belongs to, or the map is closed",
    advice: "keys are fds: of a socket, a file, a pidfd, a cgroup's directory",
  },
  {
    errno: e.EBADF,
    ops: ["slot", "update"],
    types: [...SOCKETS, ...OF_MAPS, mt.BPF_MAP_TYPE_PROG_ARRAY, mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY],
    why: "the value is no fd of what such a map takes, or the map is closed",
    advice: "values are fds: of a program, a map, a perf event, a socket, as the map's type has it",
  },
  { errno: e.EBADF, why: "the map is closed", advice: "load the object again, or open the map by id or pin" },
  {
    errno: e.EPERM,
    ops: ["freeze"],
    why: "not permitted",
    advice: "run as root or with CAP_BPF",
  },
  {
    errno: e.EPERM,
    why: "the map is frozen, or its flags forbid that to user space",
    advice: "frozen maps (.rodata) and those with BPF_F_RDONLY are not written, those with BPF_F_WRONLY not read",
  },
  {
    errno: e.EBUSY,
    ops: ["freeze"],
    why: "the map is frozen already, or mapped writable",
    advice: "freeze before window() is called, once",
  },
  {
    errno: e.EBUSY,
    types: [mt.BPF_MAP_TYPE_STRUCT_OPS],
    why: "it is in force already",
    advice: "close the link that is there first",
  },
  { errno: e.EBUSY, why: "a program holds the bucket's lock", advice: "try again" },
  {
    errno: e.ENOMEM,
    types: LRU,
    why: "no element could be freed: programs hold all that there are",
    advice: "make it larger (`maps: { NAME: { maxEntries } }`) or try again",
  },
  {
    errno: e.ENOMEM,
    why: "no memory left for elements",
    advice: "raise the cgroup's memory limit, or close maps that are not needed",
  },
  {
    errno: e.EINVAL,
    ops: ["delete"],
    types: [...PLAIN_ARRAYS, ...QUEUES],
    why: "its entries cannot be deleted",
    advice: "arrays: write zeroes; queues and stacks: pop",
  },
  {
    errno: e.EINVAL,
    types: [mt.BPF_MAP_TYPE_LPM_TRIE],
    why: "the prefix length is more than the key has bits, or a flag is unknown",
    advice: "prefixlen counts bits of the key behind it: at most 32 for an IPv4 address",
  },
  {
    errno: e.EINVAL,
    ops: ["slot", "update"],
    types: OF_MAPS,
    why: "the map is not like the one that this map was made with",
    advice: "type, key size, value size and flags, and of arrays the number of entries, must be those of the template",
  },
  {
    errno: e.EINVAL,
    ops: ["slot", "update"],
    types: [mt.BPF_MAP_TYPE_PROG_ARRAY],
    why: "the program is not like those that use this map",
    advice: "all programs of a prog array have one type, and are jited or not alike",
  },
  {
    errno: e.EINVAL,
    ops: ["update"],
    types: [mt.BPF_MAP_TYPE_DEVMAP, mt.BPF_MAP_TYPE_DEVMAP_HASH],
    why: "no such interface, or a program that cannot stand there",
    advice: "the value begins with an ifindex of the own network namespace",
  },
  {
    errno: e.EINVAL,
    why: "key, value or flags are not such as this type of map takes",
    advice: "BPF_F_LOCK needs a bpf_spin_lock in the value; queues, stacks and bloom filters have no key",
  },
  {
    errno: e.EOPNOTSUPP,
    types: SOCKETS,
    ops: ["slot", "update"],
    why: "a socket in this state cannot stand in the map",
    advice: "TCP sockets must be established or listening",
  },
  {
    errno: e.EOVERFLOW,
    types: [mt.BPF_MAP_TYPE_CPUMAP],
    why: "the queue is too long",
    advice: "qsize is 16384 at most",
  },
  { errno: e.ENODEV, types: [mt.BPF_MAP_TYPE_CPUMAP], why: "no such CPU", advice: "keys are numbers of possible CPUs" },
  { errno: e.EOPNOTSUPP, why: "maps of this type have no such operation", advice: "see what the type is for" },
  { errno: e.ENOTSUPP, why: "maps of this type have no such operation", advice: "see what the type is for" },
];

/** SkepError "map/<ERRNO>" with `errno`. `why` where the caller knows more than the table; `at`: the path of a pin. */
export function mapError(spec: MapSpec, op: MapOp, errno: number, why?: string, at?: string): SkepError {
  const code = e.errnoName(errno);
  const row = MEANINGS.find(
    (each) =>
      each.errno === errno &&
      (each.ops === undefined || each.ops.includes(op)) &&
      (each.types === undefined || each.types.includes(spec.type)),
  );
  const means = why ?? row?.why;
  const place = at === undefined ? "" : ` at ${at}`;
  const what = `${op} of map ${spec.name} (${mt.mapTypeWord(spec.type)})${place}: ${code}`;
  return new SkepError(`map/${code}`, means === undefined ? what : `${what}, ${means}`, {
    errno,
    ...(row === undefined || why !== undefined ? {} : { advice: row.advice.replace("NAME", spec.name) }),
  });
}
