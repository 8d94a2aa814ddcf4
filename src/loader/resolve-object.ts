/** The pure part of loading: what the programs of an object are on a given kernel, before any Target is asked. */
import { type CoreCache, relocateCore } from "../btf/core.ts";
import type { BtfView } from "../btf/types.ts";
import { type KconfigValue, kconfigBytes, resolveProg } from "../obj/resolve.ts";
import type { KernelModule, MapSpec, ObjSpec, ProgSpec, ResolvedProg } from "../obj/spec.ts";

export interface KernelView {
  /** BTF of the kernel; null where there is none: CO-RE then relocates against the object's own (RATIONALE.md). */
  readonly kernelBtf: BtfView | null;
  kconfig(name: string): KconfigValue;
  /** Candidates found so far, shared by the programs of one object as libbpf shares them. */
  readonly coreCache: CoreCache;
  /** See CoreOptions. */
  readonly missingAsLocal?: boolean;
  /** Address of a kernel symbol, for externs of type `void`. */
  ksymAddress?(name: string): bigint | undefined;
  /** Stands for a missing kernelBtf where kfuncs are looked up. */
  readonly kfuncModel?: BtfView | null;
  /** False for a kfunc that the target lacks though the BTF knows it. */
  hasKfunc?(name: string): boolean;
  /** Modules, for what the kernel's own BTF does not have. */
  modules?(): readonly KernelModule[];
}

/** The object's maps, .kconfig filled in. Throws "obj/kconfig" for a value that is needed and not known. */
export function resolveMaps(spec: ObjSpec, kernel: KernelView): readonly MapSpec[] {
  return spec.maps.map((map) =>
    map.global === "kconfig" ? { ...map, initial: kconfigBytes(spec, (name) => kernel.kconfig(name)) } : map,
  );
}

/** One program with CO-RE applied and its externs found. `maps` are the object's as they will be made. */
export function resolveOn(prog: ProgSpec, spec: ObjSpec, maps: readonly MapSpec[], kernel: KernelView): ResolvedProg {
  const coreBtf = kernel.kernelBtf ?? spec.btf;
  const relocated =
    prog.coreRelos.length === 0 || spec.btf === null || coreBtf === null
      ? prog
      : relocateCore(prog, spec.btf, coreBtf, {
          cache: kernel.coreCache,
          missingAsLocal: kernel.missingAsLocal === true,
        }).prog;
  return resolveProg(relocated, {
    obj: spec,
    maps,
    kernelBtf: kernel.kernelBtf,
    kfuncModel: kernel.kfuncModel ?? null,
    ksymAddress: (name) => kernel.ksymAddress?.(name),
    hasKfunc: (name) => kernel.hasKfunc?.(name) ?? true,
    modules: () => kernel.modules?.() ?? [],
  });
}
