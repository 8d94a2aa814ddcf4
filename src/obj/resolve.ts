/**
 * A program of an object, CO-RE applied -> the form that is verified and loaded: maps named by index, kernel functions and
 * variables by their ids in the kernel's BTF. As bpf_object__relocate_data() and bpf_object__resolve_ksyms_btf_id() of
 * libbpf do it, with indexes where libbpf writes descriptors.
 *
 *     LD_IMM64 map       src BPF_PSEUDO_MAP_IDX        imm = index       next imm = 0
 *     LD_IMM64 global    src BPF_PSEUDO_MAP_IDX_VALUE  imm = index       next imm = offset
 *     LD_IMM64 ksym      src BPF_PSEUDO_BTF_ID         imm = var or func next imm = 0, or number of the module
 *                        src 0                         the address, 0 if weak and missing  `void`, or not found
 *     CALL kfunc         src BPF_PSEUDO_KFUNC_CALL     imm = func        off = 0, or number of the module
 *                        src 0                         imm = KFUNC_POISON + n              weak and missing
 */
import { SkepError } from "../base/error.ts";
import { typesCompatible } from "../btf/core-match.ts";
import { essentialName } from "../btf/names.ts";
import type { BtfView } from "../btf/types.ts";
import {
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
} from "../isa/codes.ts";
import { copyInsns, type InsnBuf } from "../isa/insn.ts";
import type { KernelModule, MapSpec, ObjSpec, ProgReloc, ProgSpec, ResolvedProg } from "./spec.ts";

export { type KconfigValue, kconfigBytes } from "./kconfig.ts";

export interface ResolveOptions {
  readonly obj: ObjSpec;
  /** Instead of the object's: with sizes and initial bytes as they will be. Same names. */
  readonly maps?: readonly MapSpec[];
  /** BTF that kfuncs and typed ksyms are looked up in. */
  readonly kernelBtf: BtfView | null;
  /** Address of a kernel symbol, for externs of type `void`; undefined where it is not known. */
  readonly ksymAddress?: (name: string) => bigint | undefined;
  /** Stands for kernelBtf where that is null and a program calls a kfunc; then the program's kernelBtf, too. */
  readonly kfuncModel?: BtfView | null;
  /** False for a kfunc that is missing though the BTF knows it. Default: none is. */
  readonly hasKfunc?: (name: string) => boolean;
  /** Modules of the kernel, where kernelBtf does not have what is looked for. */
  readonly modules?: () => readonly KernelModule[];
}

/** A type of the kernel: in vmlinux, or in one of its modules. Id 0: it is missing and need not be there. */
interface KernelId {
  readonly id: number;
  readonly module: KernelModule | null;
}

const MISSING: KernelId = { id: 0, module: null };

/** imm of the helper call that a missing weak kfunc becomes: only fatal where it can be reached. */
export const KFUNC_POISON = 2_002_000_000;

/**
 * Pure: `prog` stays as it is. The result lists the maps that the program names, in the order of their first use.
 * Throws "obj/kfunc" and "obj/ksym" for kernel symbols that are missing or of another type, "obj/map-name" for a map
 * that `maps` lacks.
 */
export function resolveProg(prog: ProgSpec, options: ResolveOptions): ResolvedProg {
  const { obj } = options;
  const callsKfunc = prog.relocs.some(
    (reloc) => reloc.kind === "kfunc" || (reloc.kind === "ksym" && reloc.func === true),
  );
  const kernelBtf = options.kernelBtf ?? (callsKfunc ? (options.kfuncModel ?? null) : null);
  const byName = new Map((options.maps ?? obj.maps).map((map) => [map.name, map]));
  const maps: MapSpec[] = [];
  const indexes = new Map<string, number>();
  const insns = copyInsns(prog.insns);
  let weak = 0;
  const modules: KernelModule[] = [];
  const numberOf = (module: KernelModule | null): number => {
    if (module === null) return 0;
    const known = modules.indexOf(module);
    return known >= 0 ? known + 1 : modules.push(module);
  };
  for (const reloc of prog.relocs) {
    const at = reloc.insnIdx;
    switch (reloc.kind) {
      case "map":
      case "mapValue": {
        let index = indexes.get(reloc.map);
        if (index === undefined) {
          const map = byName.get(reloc.map);
          if (map === undefined) throw fail(obj, prog, reloc, "obj/map-name", `there is no map '${reloc.map}'`);
          index = maps.length;
          indexes.set(reloc.map, index);
          maps.push(map);
        }
        insns.src[at] = reloc.kind === "map" ? BPF_PSEUDO_MAP_IDX : BPF_PSEUDO_MAP_IDX_VALUE;
        insns.imm[at] = index;
        insns.imm[at + 1] = reloc.kind === "map" ? 0 : reloc.offBytes;
        break;
      }
      case "kfunc": {
        const { id, module } = kfuncId(prog, reloc, options);
        insns.off[at] = numberOf(module);
        insns.src[at] = id === 0 ? 0 : BPF_PSEUDO_KFUNC_CALL;
        insns.imm[at] = id === 0 ? KFUNC_POISON + weak++ : id;
        break;
      }
      case "ksym":
        resolveKsym(insns, prog, reloc, options, numberOf);
        break;
    }
  }
  const resolved = { spec: prog, insns, maps, license: obj.license, btf: obj.btf, kernelBtf };
  return modules.length === 0 ? resolved : { ...resolved, modules };
}

type KernelReloc = Extract<ProgReloc, { kind: "kfunc" | "ksym" }>;

/** Where a name is: in vmlinux, else in the first module that has it. */
function lookUp(name: string, kind: "func" | "var", options: ResolveOptions, kernelBtf: BtfView | null): KernelId {
  const id = kernelBtf?.find(name, kind) ?? 0;
  if (id !== 0) return { id, module: null };
  for (const module of options.modules?.() ?? []) {
    const own = module.btf.find(name, kind);
    if (own !== 0) return { id: own, module };
  }
  return MISSING;
}

function kfuncId(prog: ProgSpec, reloc: KernelReloc, options: ResolveOptions): KernelId {
  const { obj } = options;
  const kernelBtf = options.kernelBtf ?? options.kfuncModel ?? null;
  if (obj.btf === null) throw fail(obj, prog, reloc, "obj/kfunc", `kfunc '${reloc.name}' needs the object's BTF`);
  const declared = obj.btf.type(reloc.typeId);
  const protoId = declared.kind === "func" ? declared.typeId : reloc.typeId;
  const name = essentialName(reloc.name);
  const known = lookUp(name, "func", options, kernelBtf);
  const found = known.id !== 0 && options.hasKfunc?.(name) === false ? MISSING : known;
  const btf = found.module?.btf ?? kernelBtf;
  if (btf === null || found.id === 0) {
    if (reloc.weak) return MISSING;
    let why = notFound(kernelBtf);
    if (options.kernelBtf === null) why = "the target has no kernel BTF";
    else if (known.id !== 0) why = "the target does not have it";
    const advice = "declare it __weak and test it with bpf_ksym_exists(), or use a kernel that has it";
    throw fail(obj, prog, reloc, "obj/kfunc", `kfunc '${reloc.name}': ${why}`, advice);
  }
  const func = btf.type(found.id);
  if (func.kind === "func" && typesCompatible(obj.btf, protoId, btf, func.typeId)) return found;
  if (reloc.weak) return MISSING;
  const advice = "declare it as this kernel's vmlinux.h does";
  throw fail(obj, prog, reloc, "obj/kfunc", `kfunc '${reloc.name}' is declared with another prototype`, advice);
}

function resolveKsym(
  insns: InsnBuf,
  prog: ProgSpec,
  reloc: KernelReloc,
  options: ResolveOptions,
  numberOf: (module: KernelModule | null) => number,
): void {
  const at = reloc.insnIdx;
  const { obj } = options;
  let found = MISSING;
  let address = 0n;
  if (reloc.kind === "ksym" && reloc.func === true) found = kfuncId(prog, reloc, options);
  else if (reloc.typeId === 0) {
    const known = options.ksymAddress?.(reloc.name);
    if (known === undefined && !reloc.weak) {
      const advice = "declare it __weak, or with its type if the kernel's BTF has it";
      throw fail(obj, prog, reloc, "obj/ksym", `address of kernel symbol '${reloc.name}' is not known`, advice);
    }
    address = known ?? 0n;
  } else found = ksymVarId(prog, reloc, options);
  const { id } = found;
  insns.src[at] = id === 0 ? 0 : BPF_PSEUDO_BTF_ID;
  insns.imm[at] = id === 0 ? Number(BigInt.asIntN(32, address)) : id;
  insns.imm[at + 1] = id === 0 ? Number(BigInt.asIntN(32, address >> 32n)) : numberOf(found.module);
}

function ksymVarId(prog: ProgSpec, reloc: KernelReloc, options: ResolveOptions): KernelId {
  const { obj, kernelBtf } = options;
  const found = lookUp(reloc.name, "var", options, kernelBtf);
  const btf = found.module?.btf ?? kernelBtf;
  if (btf === null || found.id === 0) {
    if (reloc.weak) return MISSING;
    const why = kernelBtf === null ? "the target has no kernel BTF" : notFound(kernelBtf);
    const advice = "only per-CPU variables are in it; declare others as `extern const void name __ksym`";
    throw fail(obj, prog, reloc, "obj/ksym", `kernel variable '${reloc.name}': ${why}`, advice);
  }
  const variable = btf.type(found.id);
  const kernelType = variable.kind === "var" ? btf.skipMods(variable.typeId) : 0;
  if (obj.btf !== null && !typesCompatible(obj.btf, reloc.typeId, btf, kernelType)) {
    throw fail(obj, prog, reloc, "obj/ksym", `kernel variable '${reloc.name}' is declared with another type`);
  }
  return found;
}

function notFound(kernelBtf: BtfView | null): string {
  return kernelBtf?.partial === true
    ? "not among the bundled types of Linux 6.18, which are not all: a kernel's own BTF may have it"
    : "not found in the kernel's BTF";
}

function fail(
  obj: ObjSpec,
  prog: ProgSpec,
  reloc: ProgReloc,
  code: string,
  message: string,
  advice?: string,
): SkepError {
  const site = { file: obj.name, section: prog.section, prog: prog.name, insn: reloc.insnIdx };
  return new SkepError(code, message, advice === undefined ? { site } : { site, advice });
}
