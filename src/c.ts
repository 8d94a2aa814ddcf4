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
import { type CompileOptions as CoreOptions, type CompileResult as CoreResult, compileC } from "./lang/c/compile.ts";
import type { CStandard, FileProvider } from "./lang/c/options.ts";

export type { DiagFix, DiagNote, Diagnostic, DiagPlace, MacroStep, Severity } from "./lang/c/diag.ts";
export { diagnosticText, type Paint } from "./lang/c/diag-text.ts";
export type { CStandard };

export interface CompileOptions extends Omit<CoreOptions, "files" | "kernelBtf"> {
  /**
   * The sources by path: texts, bytes, or what reads them (a path is joined with "/" and cleaned; undefined: no such file).
   * Headers of libbpf and of the kernel's UAPI come with the compiler.
   */
  readonly files: Readonly<Record<string, string | Uint8Array>> | FileProvider["read"];
  /** Types that answer #include "vmlinux.h". Default: the running kernel's, else the bundled profile of Linux 6.18. */
  readonly btf?: Btf | "profile";
}

export interface CompileResult extends CoreResult {
  /** What answered #include "vmlinux.h"; null where the program does not include it. */
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
  const types = new Types(btf);
  for (;;) {
    try {
      const result = compileC(file, undefined, {
        ...rest,
        files: { read },
        defines: hasArch ? defines : ["__TARGET_ARCH_x86", ...defines],
        kernelBtf: () => types.get(),
      });
      return { ...result, vmlinux: types.from };
    } catch (error) {
      if (!(error instanceof NotYet)) throw error;
      await types.arrival;
    }
  }
}

/** Ends a compile that needs types which take time to come. It is begun anew with them: nothing has happened by then. */
class NotYet extends Error {}

/** The kernel's types, looked for when they are asked for. */
class Types {
  from: CompileResult["vmlinux"] = null;
  arrival: Promise<Btf> | undefined;
  private readonly wanted: Btf | "profile" | undefined;

  constructor(wanted: Btf | "profile" | undefined) {
    this.wanted = wanted;
  }

  get(): Btf {
    if (this.wanted instanceof Btf) {
      this.from = "given";
      return this.wanted;
    }
    const kernel = this.wanted === "profile" ? null : runningKernel();
    if (kernel !== null) {
      this.from = "kernel";
      return kernel;
    }
    const profile = kernelProfile();
    if (!(profile instanceof Btf)) {
      this.arrival = profile;
      throw new NotYet();
    }
    this.from = "profile";
    return profile;
  }
}

function fromRecord(files: Readonly<Record<string, string | Uint8Array>>): FileProvider["read"] {
  return (path) => {
    if (!Object.hasOwn(files, path)) return undefined;
    const text = files[path]!;
    return typeof text === "string" ? new TextEncoder().encode(text) : text;
  };
}
