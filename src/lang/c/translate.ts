/**
 * C to an object file: parse, lower, optimise, emit. Pure: files come through a provider, the kernel's types as BTF, so the
 * same source gives the same bytes on every machine and in the browser.
 */
import type { Btf } from "../../btf/btf.ts";
import { BtfBuilder } from "../../btf/write.ts";
import { emitObject } from "../../codegen/object.ts";
import type { IrDiagnostic, IrModule } from "../../ir/ir.ts";
import { legalize, optimize } from "../../ir/passes/optimize.ts";
import { recursive } from "../../ir/recursion.ts";
import type { Diagnostic } from "./diag.ts";
import { lower } from "./lower/lower.ts";
import type { CStandard, FileProvider, LazyInclude } from "./options.ts";
import { parseC } from "./parse.ts";
import { vmlinux } from "./vmlinux.ts";

export interface CompileOptions {
  /** Answers what the program includes and the compiler does not bring along; nothing where absent. */
  readonly files?: FileProvider;
  /** -I */
  readonly includePaths?: readonly string[];
  /** -isystem: searched after the shipped headers. */
  readonly systemPaths?: readonly string[];
  /** -D: "NAME" or "NAME=value". */
  readonly defines?: readonly string[];
  /** -U */
  readonly undefs?: readonly string[];
  /** -include */
  readonly preincludes?: readonly string[];
  /** -mcpu; default 3. */
  readonly cpu?: 2 | 3 | 4;
  /** -std; default c17. */
  readonly standard?: CStandard;
  /** Answers #include "vmlinux.h", when it is met; `isFile` says whether a file of that name would be found. */
  readonly kernelBtf?: (isFile: () => boolean) => Btf | undefined;
  readonly warnings?: boolean;
  /** Signed overflow wraps around (clang's -fwrapv) instead of being undefined. */
  readonly wrapv?: boolean;
  /** Those that are not told, by clang's names: "-Wunused-variable". */
  readonly ignoredWarnings?: readonly string[];
  /** -Werror */
  readonly warningsAreErrors?: boolean;
  /** Leave the program as it was lowered. */
  readonly noOptimize?: boolean;
}

export interface CompileResult {
  /** Null where there are errors. */
  readonly object: Uint8Array | null;
  readonly diagnostics: readonly Diagnostic[];
  /** As it was emitted; null where it did not come that far. */
  readonly module: IrModule | null;
  /** Files read, in order. */
  readonly deps: readonly string[];
}

/** Folder that stands for the headers that come with the compiler. */
const SHIPPED = "/skep/include";

/** Compiles one source file; `shipped` gives the headers that come along. Bad C never throws: see `diagnostics`. */
export function translate(
  name: string,
  source: Uint8Array | undefined,
  options: CompileOptions,
  shipped: FileProvider["read"],
): CompileResult {
  const result = withOwnVmlinux(name, source, options, shipped);
  if (options.warningsAreErrors !== true || !result.diagnostics.some((one) => one.severity === "warning"))
    return result;
  const diagnostics = result.diagnostics.map(
    (one): Diagnostic => (one.severity === "warning" ? { ...one, severity: "error" } : one),
  );
  return { ...result, object: null, diagnostics };
}

/**
 * A source that does not fit the kernel's types (of another release, a name that the project's vmlinux.h adds) is compiled with the
 * vmlinux.h that its search paths have, where they have one.
 */
function withOwnVmlinux(
  name: string,
  source: Uint8Array | undefined,
  options: CompileOptions,
  shipped: FileProvider["read"],
): CompileResult {
  let asked = false;
  const kernelBtf = (isFile: () => boolean): Btf | undefined => {
    asked = true;
    return options.kernelBtf?.(isFile);
  };
  const result = compile(name, source, { ...options, kernelBtf }, shipped);
  if (!asked || result.object !== null) return result;
  const { kernelBtf: _, ...rest } = options;
  const own = compile(name, source, rest, shipped);
  const missing = own.diagnostics.some((one) => one.code === "C022" && one.message.startsWith("'vmlinux.h'"));
  return missing ? result : own;
}

function compile(
  name: string,
  source: Uint8Array | undefined,
  options: CompileOptions,
  shipped: FileProvider["read"],
): CompileResult {
  const cpu = options.cpu ?? 3;
  let lazy: LazyInclude | undefined;
  const unit = parseC(name, source, {
    files: withShipped(shipped, options.files),
    includePaths: options.includePaths ?? [],
    systemPaths: [SHIPPED, ...(options.systemPaths ?? [])],
    defines: options.defines ?? [],
    undefs: options.undefs ?? [],
    preincludes: options.preincludes ?? [],
    cpu,
    warnings: options.warnings ?? true,
    ignoredWarnings: options.ignoredWarnings ?? [],
    ...(options.standard === undefined ? {} : { standard: options.standard }),
    lazyInclude: (file, isFile) => {
      if (file !== "vmlinux.h" || options.kernelBtf === undefined) return undefined;
      if (lazy === undefined) {
        const btf = options.kernelBtf(isFile);
        if (btf !== undefined) lazy = vmlinux(btf);
      }
      return lazy;
    },
  });
  const { deps } = unit;
  if (unit.errors > 0) return { object: null, diagnostics: unit.diagnostics, module: null, deps };
  const lowered = lower(unit, options.wrapv === true);
  const diagnostics = [...unit.diagnostics, ...lowered.diagnostics];
  const { module } = lowered;
  if (lowered.errors > 0) return { object: null, diagnostics, module, deps };
  const passed = options.noOptimize === true ? legalize(module) : optimize(module, { cpu });
  diagnostics.push(...[...passed, ...forbiddenCalls(module, lowered.forbidden)].map((one) => ofIr(one, module)));
  if (diagnostics.some((one) => one.severity === "error")) return { object: null, diagnostics, module, deps };
  diagnostics.push(...recursive(module).map((one) => ofIr(one, module)));
  const types = new BtfBuilder();
  for (const type of lowered.types) types.add(type);
  const emitted = emitObject(module, types, { cpu });
  diagnostics.push(...emitted.diagnostics.map((one) => ofIr(one, module)));
  return { object: emitted.bytes, diagnostics, module, deps };
}

/** Calls that are left of functions declared with attribute error: how a source says that a condition must fold. */
function forbiddenCalls(module: IrModule, forbidden: ReadonlyMap<string, string>): IrDiagnostic[] {
  if (forbidden.size === 0) return [];
  const found: IrDiagnostic[] = [];
  for (const { blocks, name } of module.functions) {
    for (const instr of blocks.flatMap((block) => block.instrs)) {
      if (instr.op !== "call" || instr.callee.kind !== "sym") continue;
      const says = forbidden.get(instr.callee.name);
      if (says === undefined) continue;
      const message = `call to '${instr.callee.name}' declared with attribute error: ${says}`;
      found.push({ code: "C231", severity: "error", message, pos: instr.pos, advice: "", func: name });
    }
  }
  return found;
}

function withShipped(shipped: FileProvider["read"], files: FileProvider | undefined): FileProvider {
  return {
    read(path) {
      if (path.startsWith(`${SHIPPED}/`)) return shipped(path.slice(SHIPPED.length + 1));
      return files?.read(path);
    },
  };
}

/** What a pass or the code generator found, at its place in the source. */
function ofIr(diagnostic: IrDiagnostic, module: IrModule): Diagnostic {
  const { pos } = diagnostic;
  return {
    code: diagnostic.code,
    severity: diagnostic.severity,
    message: diagnostic.message,
    file: pos === null ? "" : (module.files[pos.file]?.name ?? ""),
    line: pos?.line ?? 0,
    col: pos?.col ?? 0,
    endCol: (pos?.col ?? 0) + 1,
    trail: [],
    includes: [],
    notes: [],
    fix: undefined,
    help: diagnostic.advice === "" ? undefined : diagnostic.advice,
  };
}
