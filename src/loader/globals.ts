/**
 * Global variables of a section by name: `.rodata` before load, `.data` and `.bss` while programs run.
 * A variable is a slice of the section's one value, typed by the BTF datasec.
 */
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import { codecOf, type ValueCodec } from "../btf/value.ts";
import type { MapSpec } from "../obj/spec.ts";
import type { Value } from "./shape.ts";
import type { TargetMap } from "./target.ts";

export interface GlobalVar {
  readonly name: string;
  readonly offBytes: number;
  readonly sizeBytes: number;
  readonly codec: ValueCodec;
}

/** Variables of a global section's map, in section order; empty where the object has no BTF for it. */
export function globalVars(spec: MapSpec): readonly GlobalVar[] {
  const btf: BtfView | null = spec.btf;
  return btf === null || spec.valueTypeId === 0 ? [] : varsOf(btf, spec.valueTypeId);
}

/** Variables that a datasec lists. */
export function varsOf(btf: BtfView, datasecId: number): readonly GlobalVar[] {
  const sec = btf.type(datasecId);
  if (sec.kind !== "datasec") return [];
  return sec.vars.map((entry) => {
    const variable = btf.type(entry.typeId);
    if (variable.kind !== "var") {
      throw new SkepError("btf/datasec", `entry of ${sec.name} is a ${variable.kind}, not a var`);
    }
    return {
      name: variable.name,
      offBytes: entry.offBytes,
      sizeBytes: entry.sizeBytes,
      codec: codecOf(btf, variable.typeId),
    };
  });
}

/**
 * `specs` with the initial bytes of the sections of one kind changed to hold `values`: an object may have several
 * (.rodata, .rodata.limits, ...). Throws "load/global" for a name that none of them has.
 */
export function withGlobals(
  specs: readonly MapSpec[],
  section: "rodata" | "data" | "bss",
  values: Readonly<Record<string, unknown>>,
): readonly MapSpec[] {
  const left = new Map(Object.entries(values));
  if (left.size === 0) return specs;
  const known: string[] = [];
  const changed = specs.map((spec) => {
    if (spec.global !== section) return spec;
    const bytes = spec.initial === null ? new Uint8Array(spec.valueSize) : spec.initial.slice();
    for (const variable of globalVars(spec)) {
      known.push(variable.name);
      if (!left.has(variable.name)) continue;
      const place = bytes.subarray(variable.offBytes, variable.offBytes + variable.sizeBytes);
      named(variable.name, () => variable.codec.encode(left.get(variable.name), place));
      left.delete(variable.name);
    }
    return { ...spec, initial: bytes };
  });
  for (const name of left.keys()) {
    throw new SkepError("load/global", `no variable ${name} in .${section}`, {
      advice:
        known.length === 0
          ? "the object has no BTF for that section: compile it with -g"
          : `it has: ${known.join(", ")}`,
    });
  }
  return changed;
}

/** An object with one accessor a variable: reading decodes from the live map, assigning writes through to it. */
export function liveGlobals(map: TargetMap): Record<string, Value> {
  const key = new Uint8Array(4);
  const globals: Record<string, Value> = {};
  for (const variable of globalVars(map.spec)) {
    const end = variable.offBytes + variable.sizeBytes;
    Object.defineProperty(globals, variable.name, {
      enumerable: true,
      get: () => variable.codec.decode(bytesOf(map, key).subarray(variable.offBytes, end)),
      set: (value: unknown) => {
        if (map.spec.global === "rodata") {
          throw new SkepError("load/readonly", `${variable.name} is constant once programs are loaded`, {
            advice: "set it before load: load(source, { rodata: { ... } })",
          });
        }
        const window = map.window();
        const bytes = window ?? bytesOf(map, key);
        named(variable.name, () => variable.codec.encode(value, bytes.subarray(variable.offBytes, end)));
        if (window === null) map.update(key, bytes);
      },
    });
  }
  return globals;
}

/** What `encode` gives; where the value does not fit, the error begins with whose value it is: "limit: ...", "cfg.a: ...". */
export function named<T>(name: string, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (!(error instanceof SkepError) || error.code !== "btf/value") throw error;
    const { message, site, advice, cause } = error;
    const text = /^[.[]/.test(message) ? `${name}${message}` : `${name}: ${message}`;
    throw new SkepError(error.code, text, { site, ...(advice === undefined ? {} : { advice }), cause });
  }
}

/** Asks for the window each time: a closed map has none, and what it had may be another map's by then. */
function bytesOf(map: TargetMap, key: Uint8Array): Uint8Array {
  return map.window() ?? map.lookup(key) ?? new Uint8Array(map.spec.valueSize);
}

/** Variables as properties over memory that user space shares with the programs. */
export function liveVars(vars: readonly GlobalVar[], memory: () => Uint8Array): Record<string, Value> {
  const values: Record<string, Value> = {};
  for (const { name, offBytes, sizeBytes, codec } of vars) {
    const place = (): Uint8Array => memory().subarray(offBytes, offBytes + sizeBytes);
    Object.defineProperty(values, name, {
      enumerable: true,
      get: () => codec.decode(place()),
      set: (value: unknown) => void named(name, () => codec.encode(value, place())),
    });
  }
  return values;
}
