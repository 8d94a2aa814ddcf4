/**
 * Sources for commands that take objects: a file that ends in .c is compiled on the way. The kernel's types come from --btf, or
 * from the running kernel where there is one.
 */
import { readFileSync, statSync } from "node:fs";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import type { CompileOptions, CompileResult } from "../lang/c/compile.ts";
import type { FileProvider } from "../lang/c/options.ts";
import { cDiagnosticJson, cDiagnosticText } from "./c-diagnostic.ts";
import { count } from "./format.ts";
import { readInput } from "./input.ts";
import { output } from "./output.ts";

export interface SourceOptions {
  readonly include?: readonly string[];
  readonly define?: readonly string[];
  readonly undef?: readonly string[];
  readonly preinclude?: readonly string[];
  readonly mcpu?: 2 | 3 | 4;
  /** Kernel BTF file for vmlinux.h. */
  readonly btf?: string;
  /** Leave the program as it was lowered. */
  readonly noOptimize?: boolean;
}

export function isSource(file: string): boolean {
  return file.endsWith(".c");
}

/** The bytes of an object: of a source, what it compiles to. Prints the compiler's findings; throws "compile/failed". */
export async function readObject(file: string, options: SourceOptions = {}): Promise<Uint8Array> {
  if (!isSource(file)) return readInput(file);
  const result = await compileFile(file, options);
  reportCompile(file, result);
  return result.object!;
}

export async function compileFile(file: string, options: SourceOptions = {}): Promise<CompileResult> {
  const source = await readInput(file);
  const [{ compileC }, { host }] = await Promise.all([import("../lang/c/compile.ts"), import("#host")]);
  const btfFile = options.btf === undefined ? undefined : await readInput(options.btf);
  return compileC(file, source, {
    ...compileOptions(options),
    kernelBtf: () => kernelTypes(btfFile ?? host.kernelBtf()),
  });
}

let opened: { readonly raw: Uint8Array; readonly btf: Btf } | undefined;

function kernelTypes(raw: Uint8Array | null): Btf | undefined {
  if (raw === null) return undefined;
  if (opened?.raw !== raw) opened = { raw, btf: new Btf(raw) };
  return opened.btf;
}

export function compileOptions(options: SourceOptions): CompileOptions {
  const arch = process.arch === "arm64" ? "arm64" : "x86";
  const defines = options.define ?? [];
  return {
    files: DISK,
    includePaths: options.include ?? [],
    // What libbpf's makefiles give, unless the command line names another machine.
    defines: defines.some((one) => one.startsWith("__TARGET_ARCH_")) ? defines : [`__TARGET_ARCH_${arch}`, ...defines],
    undefs: options.undef ?? [],
    preincludes: options.preinclude ?? [],
    ...(options.mcpu === undefined ? {} : { cpu: options.mcpu }),
    ...(options.noOptimize === true ? { noOptimize: true } : {}),
  };
}

/** Prints the findings on stderr; throws where there is no object. */
export function reportCompile(file: string, result: CompileResult): void {
  const text = (name: string): string | undefined => {
    const bytes = DISK.read(name);
    return bytes === undefined ? undefined : new TextDecoder().decode(bytes);
  };
  let errors = 0;
  for (const one of result.diagnostics) {
    if (one.severity === "error") errors++;
    else if (output.quiet) continue;
    const shown = output.json ? JSON.stringify(cDiagnosticJson(one)) : cDiagnosticText(one, text);
    process.stderr.write(`${shown}\n`);
  }
  if (result.object === null) {
    throw new SkepError("compile/failed", `${file}: ${errors === 0 ? "no object" : count(errors, "error")}`, {
      site: { file },
    });
  }
}

/** Files as the disk has them; folders and what cannot be read are no files. */
export const DISK: FileProvider = {
  read(path) {
    try {
      if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return undefined;
      const bytes = readFileSync(path);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    } catch {
      return undefined;
    }
  },
};
