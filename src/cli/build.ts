/** What `skep build` does: compile, write the object and what else was asked for. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { SkepError } from "../base/error.ts";
import type { CompileResult } from "../c.ts";
import type { IrModule } from "../ir/ir.ts";
import { PROFILE } from "./btf-file.ts";
import { cDiagnosticJson } from "./c-diagnostic.ts";
import { compileFile, isSource, reportCompile, type SourceOptions } from "./compile.ts";
import { dependencyRule } from "./dependencies.ts";
import { bytesText } from "./format.ts";
import { output, print, printJson, say } from "./output.ts";

export interface BuildRequest extends SourceOptions {
  readonly files: readonly string[];
  readonly output?: string;
  readonly emit?: readonly string[];
  readonly cc: "skep" | "clang";
  readonly compare?: "clang";
  readonly deps?: boolean;
  readonly depsOnly?: boolean;
  readonly depFile?: string;
  readonly depTarget?: readonly string[];
  readonly depPhony?: boolean;
}

const EMIT: ReadonlySet<string> = new Set(["asm", "btf", "ir", "dts", "wat"]);

export async function buildFiles(request: BuildRequest): Promise<void> {
  if (request.compare !== undefined) {
    const { compareFiles } = await import("./build-compare.ts");
    await compareFiles(request.files, request);
    return;
  }
  for (const what of request.emit ?? []) {
    if (!EMIT.has(what))
      throw new SkepError("usage/emit", `cannot emit '${what}'`, { advice: "asm, btf, ir, dts or wat" });
  }
  if (request.output !== undefined && request.files.length > 1) {
    throw new SkepError("usage/output", "-o names one object, and there are several sources", {
      advice: "leave -o out, or link them: skep gen object",
    });
  }
  const documents: unknown[] = [];
  for (const file of request.files) documents.push(await buildOne(file, request));
  if (output.json) printJson({ files: documents });
}

async function buildOne(file: string, request: BuildRequest): Promise<unknown> {
  if (!isSource(file)) {
    throw new SkepError("usage/source", `${file} is no C source`, { advice: "give a file whose name ends in .c" });
  }
  const target = request.output ?? file.replace(/\.c$/, ".o");
  const begin = performance.now();
  let object: Uint8Array;
  let module: IrModule | null = null;
  let diagnostics: unknown[] = [];
  let types = "";
  let deps: readonly string[] = [file];
  if (request.cc === "clang") object = await clang(file, request);
  else {
    const result = await compileFile(file, request);
    if (request.depsOnly === true) return dependencies(file, result.deps, target, request);
    reportCompile(file, result);
    deps = result.deps;
    object = result.object!;
    module = result.module;
    diagnostics = result.diagnostics.map(cDiagnosticJson);
    types = typesText(result, request.btf);
  }
  const ms = performance.now() - begin;
  await writeFile(target, object);
  const written = [target];
  if (request.deps === true) {
    const path = request.depFile ?? target.replace(/\.o$/, ".d");
    await writeFile(path, ruleOf(file, deps, target, request));
    written.push(path);
  }
  for (const what of request.emit ?? []) {
    const [path, text] = await emitted(what, target, object, module);
    await writeFile(path, text);
    written.push(path);
  }
  if (!output.json)
    say(
      `${written.join(", ")}: ${bytesText(object.length)}, ${ms.toFixed(0)} ms${types === "" ? "" : `, vmlinux.h from ${types}`}`,
    );
  return {
    file,
    object: target,
    bytes: object.length,
    ms,
    ...(types === "" ? {} : { btf: types }),
    written,
    diagnostics,
  };
}

/** Whose types answered vmlinux.h, for people; empty where it was not asked for. */
function typesText(result: CompileResult, btf: string | undefined): string {
  switch (result.vmlinux) {
    case "given":
      return btf!;
    case "kernel":
      return "the running kernel's BTF";
    case "profile":
      return PROFILE;
    default:
      return "";
  }
}

function ruleOf(file: string, deps: readonly string[], target: string, request: BuildRequest): string {
  return dependencyRule(target, [file, ...deps], { targets: request.depTarget, phony: request.depPhony });
}

async function dependencies(
  file: string,
  deps: readonly string[],
  target: string,
  request: BuildRequest,
): Promise<unknown> {
  const rule = ruleOf(file, deps, target, request);
  const path = request.depFile ?? request.output;
  if (path !== undefined) await writeFile(path, rule);
  else if (!output.json) print(rule.trimEnd());
  return { file, deps: [file, ...deps.filter((one) => one !== file)] };
}

async function emitted(
  what: string,
  target: string,
  object: Uint8Array,
  module: IrModule | null,
): Promise<[string, string]> {
  const stem = target.replace(/\.o$/, "");
  switch (what) {
    case "ir": {
      const { printModule } = await import("../ir/print.ts");
      if (module === null) throw new SkepError("usage/emit", "clang has no such intermediate form");
      return [`${stem}.ir`, printModule(module)];
    }
    case "asm": {
      const { assemblyOf } = await import("./commands/disasm.ts");
      return [`${stem}.s`, await assemblyOf(object, target)];
    }
    case "btf": {
      const [{ Btf }, { dumpC }, { readElf }] = await Promise.all([
        import("../btf/btf.ts"),
        import("../btf/dump.ts"),
        import("../elf/read.ts"),
      ]);
      const elf = readElf(object, target);
      const section = elf.section(".BTF");
      return [`${stem}.btf.h`, section === null ? "" : dumpC(new Btf(elf.data(section)))];
    }
    case "wat": {
      const { modulesOf } = await import("./wat.ts");
      return [`${stem}.wat`, await modulesOf(object, target)];
    }
    default: {
      const [{ parseObject }, { typesOf }] = await Promise.all([import("../obj/parse.ts"), import("./types-of.ts")]);
      return [`${stem}.d.ts`, typesOf(parseObject(object, target))];
    }
  }
}

/** The same source through clang, with the same options. Throws "compile/failed" with what clang says. */
export async function clang(file: string, request: SourceOptions): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), "skep-"));
  const target = join(folder, `${basename(file, ".c")}.o`);
  try {
    await promisify(execFile)(await clangName(), [...clangArguments(request), "-c", file, "-o", target]);
    return new Uint8Array(await readFile(target));
  } catch (cause) {
    const { stderr, code } = cause as { stderr?: string; code?: string | number };
    if (code === "ENOENT") {
      throw new SkepError("compile/no-clang", "clang is not installed", {
        advice: "leave --cc out: skep compiles by itself",
      });
    }
    throw new SkepError("compile/failed", `clang: ${(stderr ?? String(cause)).trim()}`, { site: { file }, cause });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function clangArguments(request: SourceOptions): string[] {
  return [
    "-target",
    "bpf",
    `-mcpu=v${request.mcpu ?? 3}`,
    "-O2",
    "-g",
    "-w",
    ...(request.wrapv === true ? ["-fwrapv"] : []),
    ...(request.define ?? []).map((one) => `-D${one}`),
    ...(request.define?.some((one) => one.startsWith("__TARGET_ARCH_"))
      ? []
      : [`-D__TARGET_ARCH_${process.arch === "arm64" ? "arm64" : "x86"}`]),
    ...(request.undef ?? []).map((one) => `-U${one}`),
    ...(request.preinclude ?? []).flatMap((one) => ["-include", one]),
    ...(request.include ?? []).map((one) => `-I${one}`),
    "-idirafter",
    `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`,
    ...(request.isystem ?? []).flatMap((one) => ["-idirafter", one]),
    ...(request.std === undefined ? [] : [`-std=${request.std}`]),
  ];
}

let found: Promise<string> | undefined;

/** The newest that is there: the versioned names first. */
export function clangName(): Promise<string> {
  found ??= (async () => {
    for (const name of ["clang-19", "clang-20", "clang-18", "clang"]) {
      try {
        await promisify(execFile)(name, ["--version"]);
        return name;
      } catch {
        // The next one.
      }
    }
    return "clang";
  })();
  return found;
}
