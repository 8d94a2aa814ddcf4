/**
 * Sources for commands that take objects: a file that ends in .c is compiled on the way. The kernel's types come from --btf, from
 * the running kernel, or from the bundled profile.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { SkepError } from "../base/error.ts";
import type { CompileOptions, CompileResult } from "../c.ts";
import { diagnosticText } from "../lang/c/diag-text.ts";
import type { CStandard, FileProvider } from "../lang/c/options.ts";
import { readBtf } from "./btf-file.ts";
import { cDiagnosticJson } from "./c-diagnostic.ts";
import { count } from "./format.ts";
import { readInput } from "./input.ts";
import { colors, output } from "./output.ts";

const VMLINUX_BTF = "/sys/kernel/btf/vmlinux";

export interface SourceOptions {
  readonly include?: readonly string[];
  readonly define?: readonly string[];
  readonly undef?: readonly string[];
  readonly preinclude?: readonly string[];
  readonly isystem?: readonly string[];
  /** clang's -W words: "all", "no-unused-variable", "error". */
  readonly warn?: readonly string[];
  readonly noWarnings?: boolean;
  readonly mcpu?: 2 | 3 | 4;
  /** "gnu17", "c2x": GNU extensions always in. */
  readonly std?: string;
  /** Kernel BTF file for vmlinux.h, or "profile". */
  readonly btf?: string;
  /** Signed overflow wraps around. */
  readonly wrapv?: boolean;
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
  const [{ compile }, { Btf }] = await Promise.all([import("../c.ts"), import("../btf/btf.ts")]);
  const { btf } = options;
  return compile(file, {
    files: (path) => (path === file ? source : DISK.read(path)),
    ...compileOptions(options),
    ...(btf === undefined ? {} : { btf: btf === "profile" ? btf : new Btf(await readBtf(btf)) }),
  });
}

function compileOptions(options: SourceOptions): Omit<CompileOptions, "files"> {
  const defines = options.define ?? [];
  // What libbpf's makefiles give, unless the command line names another machine. The bundled profile is of x86.
  const named = defines.some((one) => one.startsWith("__TARGET_ARCH_"));
  const arm =
    process.arch === "arm64" && (options.btf ?? VMLINUX_BTF) !== "profile" && existsSync(options.btf ?? VMLINUX_BTF);
  return {
    includePaths: options.include ?? [],
    defines: named ? defines : [`__TARGET_ARCH_${arm ? "arm64" : "x86"}`, ...defines],
    undefs: options.undef ?? [],
    preincludes: options.preinclude ?? [],
    systemPaths: options.isystem ?? [],
    ...(options.std === undefined ? {} : { standard: standardOf(options.std) }),
    warnings: options.noWarnings !== true,
    ignoredWarnings: (options.warn ?? []).filter((one) => one.startsWith("no-")).map((one) => `-W${one.slice(3)}`),
    warningsAreErrors: options.warn?.includes("error") === true,
    ...(options.mcpu === undefined ? {} : { cpu: options.mcpu }),
    ...(options.wrapv === true ? { wrapv: true } : {}),
    ...(options.noOptimize === true ? { noOptimize: true } : {}),
  };
}

const STANDARDS: Readonly<Record<string, CStandard>> = {
  "89": "c89",
  "90": "c89",
  "99": "c99",
  "9x": "c99",
  "11": "c11",
  "1x": "c11",
  "17": "c17",
  "18": "c17",
  "23": "c23",
  "2x": "c23",
};

function standardOf(name: string): CStandard {
  const standard = STANDARDS[/^(?:c|gnu)(\w\w)$/.exec(name)?.[1] ?? ""];
  if (standard === undefined) throw new SkepError("usage/std", `no C standard '${name}'`, { advice: "gnu17 or gnu23" });
  return standard;
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
    const shown = output.json ? JSON.stringify(cDiagnosticJson(one)) : diagnosticText(one, text, colors("stderr"));
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
