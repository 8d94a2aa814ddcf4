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
import { SkepError } from "./base/error.ts";
import type { Collection } from "./loader/collection.ts";
import { type LoadOptions, loadObject } from "./loader/load.ts";
import type { AnyShape, ObjectShape } from "./loader/shape.ts";
import type { Target } from "./loader/target.ts";
import { parseObject } from "./obj/parse.ts";
import type { ObjSpec } from "./obj/spec.ts";
import { embedded } from "./runtime/embedded.ts";

export { SkepError } from "./base/error.ts";
export type { Arena } from "./loader/arena.ts";
export { Collection, type LoadTimes, type Snapshot } from "./loader/collection.ts";
export type { LoadOptions, MapOptions } from "./loader/load.ts";
export { BpfMap, type RecordsOptions, type UpdateOptions } from "./loader/map.ts";
export { Link, Program, type RunResult } from "./loader/program.ts";
export type { RecordView } from "./loader/record-view.ts";
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
 * Loads an object: a file name (a URL in a browser), its bytes, or a spec that `parseObject` (skep/obj) made.
 * The default target is a runtime of its own, closed with the collection; a target given stays open.
 * Throws SkepError: "elf/...", "btf/...", "obj/..." for bad input, "verify/..." where the verifier refuses a program.
 */
export async function load<T extends ObjectShape = AnyShape>(
  source: string | Uint8Array | ArrayBuffer | ObjSpec,
  options: LoadAnyOptions<T> = {},
): Promise<Collection<T>> {
  const spec = await specOf(source);
  const { target, ...rest } = options;
  return loadObject<T>(spec, target ?? embedded(), rest as LoadOptions<T>, target === undefined);
}

async function specOf(source: string | Uint8Array | ArrayBuffer | ObjSpec): Promise<ObjSpec> {
  if (typeof source === "string") return parseObject(await host.readFile(source), source);
  if (source instanceof Uint8Array) return parseObject(source, "object");
  if (source instanceof ArrayBuffer) return parseObject(new Uint8Array(source), "object");
  if (Array.isArray((source as Partial<ObjSpec> | null | undefined)?.programs)) return source;
  throw new SkepError("load/source", `${source === null ? "null" : typeof source} is no object to load`, {
    advice: "give a file name, the file's bytes, or what parseObject() gave",
  });
}
