/** Every map type that the runtime makes, by BPF_MAP_TYPE_*. */
import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../../abi/map-types.ts";
import { arrayKind, percpuArrayKind } from "./array.ts";
import { hashKind } from "./hash.ts";
import type { MapKind } from "./ops.ts";

export const MAP_KINDS: ReadonlyMap<number, MapKind> = new Map([
  [BPF_MAP_TYPE_HASH, hashKind],
  [BPF_MAP_TYPE_ARRAY, arrayKind],
  [BPF_MAP_TYPE_PERCPU_HASH, hashKind],
  [BPF_MAP_TYPE_PERCPU_ARRAY, percpuArrayKind],
  [BPF_MAP_TYPE_LRU_HASH, hashKind],
  [BPF_MAP_TYPE_LRU_PERCPU_HASH, hashKind],
]);
