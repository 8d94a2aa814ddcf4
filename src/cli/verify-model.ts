/** The kernel that `skep verify` models: whose BTF it reads, and what the machine adds where its own kernel is asked too. */
import { MODEL_KCONFIG } from "../abi/kconfig.ts";
import { kfuncModel } from "../abi/kfunc-model.ts";
import { SkepError } from "../base/error.ts";
import type { LoadExtras } from "../linux/prog-attr.ts";
import type { KernelView } from "../loader/resolve-object.ts";
import type { ObjSpec, ProgSpec } from "../obj/spec.ts";
import type { VerifyOptions } from "../verifier/verify.ts";
import { kernelTypes } from "./btf-file.ts";

export interface Model {
  /** Where the types of the kernel come from, for people. */
  readonly source: string;
  /** Throws "btf/profile" for a program that the types are not enough for. */
  checkFits(prog: ProgSpec): void;
  /** Why a refusal at that insn is no verdict; null where it is one. */
  missingType(prog: ProgSpec, spec: ObjSpec, insn: number): SkepError | null;
  /** A view for one object. */
  view(): KernelView;
  /** Of struct_ops programs, by name: the member that each is for. */
  structOps(spec: ObjSpec): ReadonlyMap<string, LoadExtras>;
  /** Facts of this machine, so that its kernel's verdict compares; none where only the model counts. */
  readonly machine: VerifyOptions;
}

/** `btf` as --btf has it. */
export async function openModel(btf: string | undefined, besideLinux: boolean): Promise<Model> {
  const { btf: kernelBtf, from: source } = await kernelTypes(btf);
  const [{ structOpsExtras }, { checkAttachKnown, missingType }] = await Promise.all([
    import("../linux/prog-attr.ts"),
    import("./profile-fit.ts"),
  ]);
  return {
    source,
    checkFits: (prog) => checkAttachKnown(prog, kernelBtf),
    missingType: (prog, spec, insn) => missingType(prog, spec.btf, kernelBtf, insn),
    view: () => ({
      kernelBtf,
      kconfig: (name) => MODEL_KCONFIG[name],
      coreCache: new Map(),
      kfuncModel: kfuncModel(),
    }),
    structOps(spec) {
      try {
        return structOpsExtras(spec.maps, kernelBtf);
      } catch (error) {
        if (error instanceof SkepError) return new Map(); // a struct that this kernel lacks: the verifier says so
        throw error;
      }
    },
    machine: besideLinux ? await machineFacts() : {},
  };
}

async function machineFacts(): Promise<VerifyOptions> {
  const { possibleCpus } = await import("../linux/cpus.ts");
  const { kernelSymbols } = await import("../linux/kallsyms.ts");
  const address = kernelSymbols();
  const hasSymbol = (name: string): boolean => {
    try {
      return address(name) !== undefined;
    } catch (error) {
      if (error instanceof SkepError) return true; // several of that name
      throw error;
    }
  };
  // lib/error-inject.c is in kernels with FUNCTION_ERROR_INJECTION only.
  const facts = hasSymbol("within_error_injection_list") ? {} : { errorInjectable: (): boolean => false };
  return { cpus: possibleCpus(), hasSymbol, ...facts };
}

/** What the verifier is told of a struct_ops program. */
export function attachToOf(extras: LoadExtras | undefined): Pick<VerifyOptions, "attachTo"> {
  const btfId = extras?.attachBtfId ?? 0;
  return btfId === 0 ? {} : { attachTo: { btfId, memberIdx: extras?.expectedAttachType ?? 0 } };
}
