/** Types of the records that ring buffers and perf event arrays carry: the map itself rarely says. */
import { BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_RINGBUF, BPF_MAP_TYPE_USER_RINGBUF } from "../abi/map-types.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapSpec, ObjSpec } from "../obj/spec.ts";

export interface RecordType {
  readonly btf: BtfView;
  readonly typeId: number;
  readonly sizeBytes: number;
}

const RING_TYPES: ReadonlySet<number> = new Set([
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_USER_RINGBUF,
]);

/**
 * What a ring carries: the type that `records` names, the struct that is the map's value type, or a struct whose name is the usual one for
 * a map of that name: "events" -> struct event, events_event, event_t.
 */
export function recordType(spec: ObjSpec, map: MapSpec, named?: string): RecordType | null {
  if (!RING_TYPES.has(map.type) || spec.btf === null) return null;
  const { btf } = spec;
  if (named !== undefined) {
    const id = btf.find(named);
    if (id !== 0) return { btf, typeId: id, sizeBytes: btf.sizeOf(id) };
    throw new SkepError("load/record", `no type ${named} in the BTF of ${spec.name}`, {
      advice: "clang keeps only types that are used: declare `struct event *unused __attribute__((unused));`",
    });
  }
  const single = map.name.replace(/s$/, "");
  const own = map.valueTypeId !== 0 && btf.type(btf.skipMods(map.valueTypeId)).kind === "struct" ? map.valueTypeId : 0;
  const guesses = [single, `${map.name}_event`, `${single}_t`, "event", "event_t"];
  const id = own !== 0 ? own : guesses.map((name) => btf.find(name, "struct")).find((found) => found !== 0);
  return id === undefined ? null : { btf, typeId: id, sizeBytes: btf.sizeOf(id) };
}
