/**
 * skep: load an eBPF object, run it, read its maps.
 *
 * ```ts
 * import { load } from "skep";
 * import * as pcap from "skep/pcap";
 *
 * await using guard = await load("syn_guard.bpf.o", { rodata: { limit: 100 } });
 * const seen = await guard.programs.syn_guard.replay(pcap.open("scan.pcap"));
 * for (const [addr, n] of guard.maps.syns.entries()) console.log(addr, n);
 * ```
 */
import { host } from "#host";
import type { Collection } from "./loader/collection.ts";
import { type LoadOptions, loadObject } from "./loader/load.ts";
import type { AnyShape, ObjectShape } from "./loader/shape.ts";
import type { Target } from "./loader/target.ts";
import { parseObject } from "./obj/parse.ts";
import type { ObjSpec } from "./obj/spec.ts";
import { embedded } from "./runtime/embedded.ts";

export { SkepError } from "./base/error.ts";
export { Collection, type LoadTimes, type Snapshot } from "./loader/collection.ts";
export type { LoadOptions, MapOptions } from "./loader/load.ts";
export { BpfMap, type RecordsOptions, type UpdateOptions } from "./loader/map.ts";
export { Link, Program, type RunResult } from "./loader/program.ts";
export type { AnyShape, MapShape, ObjectShape, Value } from "./loader/shape.ts";
export type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  Target,
  TestRun,
  TestRunResult,
  Verdicts,
} from "./loader/target.ts";
export { type EmbeddedOptions, embedded } from "./runtime/embedded.ts";

export interface LoadAnyOptions<T extends ObjectShape = AnyShape> extends LoadOptions<T> {
  /** Where to load: `embedded()` (default), or `linux()` from "skep/linux". */
  target?: Target;
}

/**
 * Loads an object: a file name (a URL in a browser), its bytes, or a spec that `parseObject` made.
 * The default target is a runtime of its own, closed with the collection; a target given stays open.
 * Throws SkepError: "elf/...", "btf/...", "obj/..." for bad input, "verify/..." where the verifier refuses a program.
 */
export async function load<T extends ObjectShape = AnyShape>(
  source: string | Uint8Array | ObjSpec,
  options: LoadAnyOptions<T> = {},
): Promise<Collection<T>> {
  const spec =
    typeof source === "string"
      ? parseObject(await host.readFile(source), source)
      : source instanceof Uint8Array
        ? parseObject(source, "object")
        : source;
  const { target, ...rest } = options;
  return loadObject<T>(spec, target ?? embedded(), rest as LoadOptions<T>, target === undefined);
}
