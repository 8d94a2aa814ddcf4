/**
 * skep/c: C to an eBPF object, without LLVM, in Node and in the browser.
 *
 * ```ts
 * import { compile, diagnosticText } from "skep/c";
 *
 * const { object, diagnostics } = await compile("pass.bpf.c", { files: { "pass.bpf.c": source } });
 * for (const one of diagnostics) console.error(diagnosticText(one));
 * ```
 */
import { Btf } from "./btf/btf.ts";
import { kernelProfile, runningKernel } from "./host/kernel-types.ts";
import { headerOnDemand } from "./lang/c/headers/on-demand.ts";
import type { CStandard, FileProvider } from "./lang/c/options.ts";
import { type CompileOptions as CoreOptions, type CompileResult as CoreResult, translate } from "./lang/c/translate.ts";

export type { DiagFix, DiagNote, Diagnostic, DiagPlace, MacroStep, Severity } from "./lang/c/diag.ts";
export { diagnosticText, type Paint } from "./lang/c/diag-text.ts";
export type { CStandard };

export interface CompileOptions extends Omit<CoreOptions, "files" | "kernelBtf"> {
  /**
   * The sources by path: texts, bytes, or what reads them (a path is joined with "/" and cleaned; undefined: no such file).
   * Headers of libbpf and of the kernel's UAPI come with the compiler.
   */
  readonly files: Readonly<Record<string, string | Uint8Array>> | FileProvider["read"];
  /**
   * Types that answer #include "vmlinux.h". Default: the running kernel's; where there is none, a vmlinux.h among the files, else
   * the bundled profile of Linux 6.18.
   */
  readonly btf?: Btf | "profile";
}

export interface CompileResult extends CoreResult {
  /** What answered #include "vmlinux.h"; null where the program does not include it, or brings it along. */
  readonly vmlinux: "given" | "kernel" | "profile" | null;
}

/**
 * Compiles one source file. Bad C is no exception: `object` is null then and `diagnostics` says why. Without a -D
 * __TARGET_ARCH_*, the machine is x86. Throws SkepError "host/profile" where the profile is needed and not there.
 */
export async function compile(file: string, options: CompileOptions): Promise<CompileResult> {
  const { files, btf, ...rest } = options;
  const read = typeof files === "function" ? files : fromRecord(files);
  const defines = rest.defines ?? [];
  const hasArch = defines.some((one) => one.startsWith("__TARGET_ARCH_"));
  let vmlinux: CompileResult["vmlinux"] = null;
  const wholeOptions = {
    ...rest,
    files: { read },
    defines: hasArch ? defines : ["__TARGET_ARCH_x86", ...defines],
    kernelBtf: (isFile: () => boolean) => {
      if (btf === undefined && runningKernel() === null && isFile()) return undefined;
      const [from, types] = typesFor(btf);
      vmlinux = from;
      return now(types);
    },
  };
  for (;;) {
    try {
      const result = translate(file, undefined, wholeOptions, (name) => now(headerOnDemand(name)));
      return { ...result, vmlinux: result.deps.includes("vmlinux.h") ? vmlinux : null };
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      await error.arrival;
    }
  }
}

/** Ends a compile that needs what takes time to come. It is begun anew with it: only files were read by then. */
class NotYet extends Error {
  readonly arrival: Promise<unknown>;

  constructor(arrival: Promise<unknown>) {
    super();
    this.arrival = arrival;
  }
}

function now<T>(value: T): Exclude<T, Promise<unknown>> {
  if (value instanceof Promise) throw new NotYet(value);
  return value as Exclude<T, Promise<unknown>>;
}

function typesFor(btf: Btf | "profile" | undefined): [from: CompileResult["vmlinux"], types: Btf | Promise<Btf>] {
  if (btf instanceof Btf) return ["given", btf];
  const running = btf === "profile" ? null : runningKernel();
  return running === null ? ["profile", kernelProfile()] : ["kernel", running];
}

function fromRecord(files: Readonly<Record<string, string | Uint8Array>>): FileProvider["read"] {
  return (path) => {
    if (!Object.hasOwn(files, path)) return undefined;
    const text = files[path]!;
    return typeof text === "string" ? new TextEncoder().encode(text) : text;
  };
}
