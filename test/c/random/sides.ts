/** A source file through either compiler, and its programs on targets: what each returned, and left in globals and maps. */
import { spawnSync } from "node:child_process";
import { SkepError } from "../../../src/base/error.ts";
import { compileC } from "../../../src/lang/c/compile.ts";
import type { Judge } from "../../../src/linux/judge.ts";
import type { Collection } from "../../../src/loader/collection.ts";
import { type GlobalVar, globalVars } from "../../../src/loader/globals.ts";
import { loadObject } from "../../../src/loader/load.ts";
import { resolveOn } from "../../../src/loader/resolve-object.ts";
import type { Target, TargetMap, TargetProg } from "../../../src/loader/target.ts";
import { parseObject } from "../../../src/obj/parse.ts";
import { clang, headerFolder } from "../kit.ts";
import type { Counter } from "./count.ts";
import type { Cpu } from "./program.ts";

export interface Compiled {
  readonly object: Uint8Array | null;
  /** Why there is none: the first error. */
  readonly error: string;
}

export interface Options {
  readonly cpu: Cpu;
  readonly wraps: boolean;
}

export type Compiler = (source: string, options: Options) => Compiled;

export const bySkep: Compiler = (source, options) => compileWith(source, options, false);

/** Straight from the front end to the code generator. */
export const bySkepPlain: Compiler = (source, options) => compileWith(source, options, true);

function compileWith(source: string, { cpu, wraps: wrapv }: Options, noOptimize: boolean): Compiled {
  try {
    const { object, diagnostics } = compileC("random.bpf.c", new TextEncoder().encode(source), {
      cpu,
      wrapv,
      noOptimize,
    });
    const first = diagnostics.find((one) => one.severity === "error");
    return { object, error: first === undefined ? "" : `${first.line}: ${first.message}` };
  } catch (error) {
    return { object: null, error: error instanceof Error ? `internal: ${error.stack}` : String(error) };
  }
}

export const byClang: Compiler = (source, { cpu, wraps }) => {
  const overflow = wraps ? ["-fwrapv"] : [];
  const flags = ["-target", "bpf", `-mcpu=v${cpu}`, "-O2", "-g", ...overflow, "-fno-strict-aliasing", "-nostdinc"];
  const files = ["-Wno-everything", "-I", headerFolder(), "-x", "c", "-c", "-", "-o", "-"];
  const done = spawnSync(clang()!, [...flags, ...files], { input: source, maxBuffer: 1 << 28 });
  if (done.status === 0) return { object: new Uint8Array(done.stdout), error: "" };
  const text = done.stderr.toString();
  return { object: null, error: /error: .*/.exec(text)?.[0] ?? (text.split("\n")[0] || `status ${done.status}`) };
};

/** What a program did on one target. */
export interface Outcome {
  /** Why the verifier refused it; "" where it did not. */
  readonly refused: string;
  /** For each input. */
  readonly runs: readonly string[];
  /** Insns that ran, where the target counts them. */
  readonly insns: number;
}

export interface Bench {
  readonly name: string;
  readonly target: Target;
  readonly counter: Counter | null;
  /** Asked before a program is loaded: a target that refuses one writes its whole log first. */
  readonly judge: Judge | null;
}

/** The programs of an object by name; `names`: which. */
export function outcomes(
  object: Uint8Array,
  names: readonly string[],
  bench: Bench,
  inputs: readonly Uint8Array[],
): Map<string, Outcome> {
  const spec = parseObject(object, "random.bpf.o");
  const { target, counter } = bench;
  const maps = loadObject(spec, target, { programs: [] });
  const found = new Map<string, Outcome>();
  try {
    const kernel = { kernelBtf: target.kernelBtf, kconfig: () => undefined, coreCache: new Map() };
    for (const name of names) {
      const prog = spec.programs.find((one) => one.name === name);
      if (prog === undefined) {
        found.set(name, { refused: "it is not there", runs: [], insns: 0 });
        continue;
      }
      const resolved = resolveOn(prog, spec, spec.maps, kernel);
      const verdict = bench.judge?.judge(resolved);
      if (verdict?.ok === false) {
        found.set(name, {
          refused: verdict.message || verdict.unusable || `errno ${verdict.errno}`,
          runs: [],
          insns: 0,
        });
        continue;
      }
      let loaded: TargetProg;
      try {
        loaded = target.loadProg(
          resolved,
          resolved.maps.map((map) => maps.maps[map.name]!.raw),
        );
      } catch (error) {
        found.set(name, { refused: reason(error), runs: [], insns: 0 });
        continue;
      }
      if (counter !== null) counter.insns = 0;
      const seen = watched(maps, name);
      const runs = inputs.map((data) => `${result(loaded, data)}${seen()}`);
      loaded.close();
      found.set(name, { refused: counter?.verdict ?? "", runs, insns: counter?.insns ?? 0 });
    }
  } finally {
    maps.close();
  }
  return found;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0]! : String(error);
}

function result(prog: TargetProg, data: Uint8Array): string {
  try {
    return `${prog.testRun({ data }).retval | 0}`;
  } catch (error) {
    if (error instanceof SkepError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** Tells the globals and maps of one program, by name: compilers lay them out in their own ways. */
function watched(maps: Collection, prog: string): () => string {
  const id = prog.replace("prog", "");
  const mine = new RegExp(`^(sum${id}$|g${id}_|m${id}_)`);
  const tellers: (() => string)[] = [];
  for (const map of Object.values(maps.maps)) {
    const { raw, spec } = map;
    if (spec.global === "data" || spec.global === "bss") {
      const vars = globalVars(spec).filter((one) => mine.test(one.name));
      if (vars.length > 0) tellers.push(() => globals(raw, vars));
    } else if (mine.test(spec.name)) {
      tellers.push(() => ` ${spec.name}{${[...map.entries()].map((entry) => shown(entry)).sort()}}`);
    }
  }
  return () =>
    tellers
      .flatMap((tell) => tell().split("\n"))
      .sort()
      .join("");
}

function globals(map: TargetMap, vars: readonly GlobalVar[]): string {
  const bytes = map.lookup(new Uint8Array(4));
  if (bytes === null) return "";
  return vars
    .map(
      ({ name, offBytes, sizeBytes, codec }) =>
        ` ${name}=${shown(codec.decode(bytes.subarray(offBytes, offBytes + sizeBytes)))}`,
    )
    .join("\n");
}

function shown(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === "bigint" ? `${one}` : one));
}
