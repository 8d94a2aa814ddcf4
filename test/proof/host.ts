/** Programs of compiled objects, resolved for the running kernel, with what our verifier and the kernel's are told of each. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { MODEL_KCONFIG } from "../../src/abi/kconfig.ts";
import { kfuncModel } from "../../src/abi/kfunc-model.ts";
import { SkepError } from "../../src/base/error.ts";
import { Btf } from "../../src/btf/btf.ts";
import { attachToOf } from "../../src/cli/verify-model.ts";
import { possibleCpus } from "../../src/linux/cpus.ts";
import { kernelSymbols } from "../../src/linux/kallsyms.ts";
import { type LoadExtras, structOpsExtras } from "../../src/linux/prog-attr.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec, ProgSpec, ResolvedProg } from "../../src/obj/spec.ts";
import type { VerifyOptions } from "../../src/verifier/verify.ts";
import { VMLINUX_BTF } from "../live.ts";

export interface Case {
  readonly file: string;
  readonly obj: ObjSpec;
  readonly spec: ProgSpec;
  /** Null where it cannot be resolved here; `failure` says why. */
  readonly prog: ResolvedProg | null;
  readonly failure: string;
  /** For our verifier, to judge as this machine's kernel does. */
  readonly options: VerifyOptions;
  /** For the kernel. */
  readonly extras: LoadExtras;
}

let machine: { readonly kernelBtf: Btf | null; readonly options: VerifyOptions } | undefined;

function thisMachine(): NonNullable<typeof machine> {
  if (machine !== undefined) return machine;
  const kernelBtf = existsSync(VMLINUX_BTF) ? new Btf(new Uint8Array(readFileSync(VMLINUX_BTF))) : null;
  if (process.platform !== "linux") return { kernelBtf, options: {} };
  const address = kernelSymbols();
  const known = new Map<string, boolean>();
  const hasSymbol = (name: string): boolean => {
    let has = known.get(name);
    if (has === undefined) {
      has = address(name) !== undefined;
      known.set(name, has);
    }
    return has;
  };
  machine = { kernelBtf, options: { cpus: possibleCpus(), hasSymbol } };
  return machine;
}

/** Every object at or below the paths, by name. */
export function objectsBelow(paths: readonly string[]): string[] {
  return paths.flatMap((path) =>
    statSync(path).isDirectory()
      ? readdirSync(path, { recursive: true, encoding: "utf8" })
          .filter((name) => name.endsWith(".o"))
          .sort()
          .map((name) => `${path.replace(/\/$/, "")}/${name}`)
      : [path],
  );
}

/** The programs of one object; none where it cannot be read. */
export function casesOf(file: string): Case[] {
  const { kernelBtf, options } = thisMachine();
  let obj: ObjSpec;
  let extras: ReadonlyMap<string, LoadExtras> = new Map();
  try {
    obj = parseObject(new Uint8Array(readFileSync(file)), file);
  } catch (error) {
    if (error instanceof SkepError) return [];
    throw error;
  }
  try {
    extras = structOpsExtras(obj.maps, kernelBtf);
  } catch (error) {
    if (!(error instanceof SkepError)) throw error;
  }
  const view = { kernelBtf, kconfig: (n: string) => MODEL_KCONFIG[n], coreCache: new Map(), kfuncModel: kfuncModel() };
  return obj.programs.map((spec) => {
    const extra = extras.get(spec.name) ?? {};
    const common = { file, obj, spec, extras: extra, options: { ...options, ...attachToOf(extra) } };
    try {
      return { ...common, prog: resolveOn(spec, obj, resolveMaps(obj, view), view), failure: "" };
    } catch (error) {
      if (error instanceof SkepError) return { ...common, prog: null, failure: error.message };
      throw error;
    }
  });
}
