/**
 * Helpers for programs that no verifier has accepted: what the helper table says of each argument is tested at the call, so
 * that a wrong pointer ends the run with "run/helper" instead of reaching a map's own memory or leaving linear memory.
 */
import { HELPERS } from "../../abi/helpers.ts";
import type { HelperArg } from "../../abi/types.ts";
import { SkepError } from "../../base/error.ts";
import type { EngineEnv, HelperImpl } from "../../engine/engine.ts";
import type { MapOps } from "../maps/ops.ts";
import { isRing, ringOfSample } from "../maps/ringbuf.ts";
import type { Runtime } from "../runtime.ts";

/** Bytes behind arguments whose size the type tells. */
const SIZES: Readonly<Partial<Record<HelperArg["type"], number>>> = {
  spin_lock: 4,
  timer: 16,
  kptr_dest: 8,
  dynptr: 16,
};

export function checkedHelper(rt: Runtime, env: EngineEnv, prog: string, id: number, impl: HelperImpl): HelperImpl {
  const rows = HELPERS[id]?.args ?? [];
  const fail = (why: string, cause?: unknown): never => {
    throw new SkepError("run/helper", `bpf_${impl.name} of program ${prog}: ${why}`, { site: { prog }, cause });
  };
  const mayUse = (addr: number, size: number, write: boolean): boolean =>
    env.regions().some((region) => addr >= region.start && addr + size <= region.end && (region.write || !write));

  const check = (row: HelperArg, n: number, values: readonly number[], map: MapOps | undefined): void => {
    const addr = values[n]!;
    if (row.maybeNull === true && addr === 0) return;
    const write = row.uninit === true || row.write === true;
    switch (row.type) {
      case "const_map_ptr":
        if (rt.mapAt(addr) === undefined) fail(`argument ${n + 1} is no map`);
        return;
      case "map_key":
      case "map_value": {
        const size = row.type === "map_key" ? map?.spec.keySize : map?.spec.valueSize;
        if (!mayUse(addr, size ?? 0, write)) fail(`argument ${n + 1} points outside what the program may use`);
        return;
      }
      case "mem": {
        const size = row.fixedSize ?? values[n + 1] ?? 0;
        if (size > 0 && !mayUse(addr, size, write)) fail(`argument ${n + 1} points outside what the program may use`);
        return;
      }
      case "const_str":
        if (!mayUse(addr, rt.u8.indexOf(0, addr) - addr + 1, false)) fail(`argument ${n + 1} is no text`);
        return;
      case "ringbuf_mem": {
        const ring = mayUse(addr - 8, 8, true) ? rt.mapAt(ringOfSample(rt.u32, addr)) : undefined;
        if (!isRing(ring)) fail(`argument ${n + 1} is no record of a ring buffer`);
        return;
      }
      default: {
        const size = SIZES[row.type];
        if (size !== undefined && !mayUse(addr, size, true))
          fail(`argument ${n + 1} points outside what the program may use`);
      }
    }
  };

  return {
    ...impl,
    fn(...words) {
      let at = 0;
      const values = impl.args.map((form) => {
        const value = words[at]! >>> 0;
        // A pointer or size with an upper half lies beyond everything.
        const beyond = form === "d" && words[at + 1] !== 0;
        at += form === "d" ? 2 : 1;
        return beyond ? value + 2 ** 32 : value;
      });
      const mapArg = rows.findIndex((row) => row.type === "const_map_ptr");
      const map = mapArg < 0 ? undefined : rt.mapAt(values[mapArg]!);
      for (let n = 0; n < Math.min(rows.length, values.length); n++) check(rows[n]!, n, values, map);
      try {
        return impl.fn(...words);
      } catch (thrown) {
        if (thrown instanceof SkepError) throw thrown;
        return fail("it reaches beyond the runtime's memory", thrown);
      }
    },
  };
}
