/** Helpers over maps. Source: kernel/bpf/helpers.c; semantics of each type in maps/. */
import { EINVAL, ENOENT, EOPNOTSUPP } from "../../base/errno.ts";
import type { HelperImpl } from "../../engine/engine.ts";
import type { Runtime } from "../runtime.ts";
import { mapFlags } from "./args.ts";

export function mapHelpers(rt: Runtime): HelperImpl[] {
  const mapAt = (map: number): ReturnType<Runtime["mapAt"]> => rt.mapAt(map >>> 0);
  return [
    { name: "map_lookup_elem", args: ["i", "i"], ret: "u", fn: rt.mapFns.lookup },
    { name: "map_update_elem", args: ["i", "i", "i", "d"], ret: "s", fn: rt.mapFns.update },
    { name: "map_delete_elem", args: ["i", "i"], ret: "s", fn: rt.mapFns.remove },
    {
      name: "map_push_elem",
      args: ["i", "i", "d"],
      ret: "s",
      fn: (map, value, lo, hi) => mapAt(map!)?.push?.(value! >>> 0, mapFlags(lo!, hi!)) ?? -EINVAL,
    },
    {
      name: "map_pop_elem",
      args: ["i", "i"],
      ret: "s",
      fn: (map, value) => mapAt(map!)?.pop?.(value! >>> 0) ?? -EOPNOTSUPP,
    },
    {
      name: "map_peek_elem",
      args: ["i", "i"],
      ret: "s",
      fn: (map, value) => mapAt(map!)?.peek?.(value! >>> 0) ?? -ENOENT,
    },
    {
      name: "map_lookup_percpu_elem",
      args: ["i", "i", "i"],
      ret: "u",
      fn: (map, key, cpu) => {
        const ops = mapAt(map!);
        return ops?.lookupCpu === undefined || cpu! >>> 0 >= rt.cpus ? 0 : ops.lookupCpu(key! >>> 0, cpu! >>> 0);
      },
    },
  ];
}
