/** Compiles the cases with Skep and with clang, runs objects on fixed inputs, and tells what came out. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isPerCpuMap } from "../../src/abi/map-types.ts";
import { SkepError } from "../../src/base/error.ts";
import { Btf } from "../../src/btf/btf.ts";
import { type CompileOptions, type CompileResult, compileC } from "../../src/lang/c/compile.ts";
import { shippedHeader, shippedNames } from "../../src/lang/c/headers/shipped.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Target, TestRun } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";

export const FOLDER: string = fileURLToPath(new URL(".", import.meta.url));
const VMLINUX = "/sys/kernel/btf/vmlinux";

/** Names of the cases' files, sorted. */
export function caseFiles(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".bpf.c"))
    .sort();
}

const disk = {
  read(path: string): Uint8Array | undefined {
    return statSync(path, { throwIfNoEntry: false })?.isFile() === true
      ? new Uint8Array(readFileSync(path))
      : undefined;
  },
};

let kernelBtf: Btf | undefined;

/** Of the running kernel. */
export function kernelTypes(): Btf {
  kernelBtf ??= new Btf(new Uint8Array(readFileSync(VMLINUX)));
  return kernelBtf;
}

/** What a case says in a line such as `//! cpu: 4`; undefined where it says nothing. */
export function directive(path: string, name: "cpu" | "on"): string | undefined {
  return new RegExp(`^//! ${name}: (.*)$`, "m").exec(readFileSync(path, "utf8"))?.[1];
}

/** A case's own instruction set, else 3. */
function cpuOf(path: string): 2 | 3 | 4 {
  return Number(directive(path, "cpu") ?? 3) as 2 | 3 | 4;
}

export function compileSkep(path: string, options: CompileOptions = {}): CompileResult {
  return compileC(path, disk.read(path), {
    files: disk,
    cpu: cpuOf(path),
    defines: ["__TARGET_ARCH_x86"],
    kernelBtf: kernelTypes,
    ...options,
  });
}

/** The object, or an error with all that the compiler said. */
export function objectOf(result: CompileResult): Uint8Array {
  if (result.object !== null) return result.object;
  const said = result.diagnostics.map((one) => `${one.file}:${one.line}:${one.col}: ${one.severity}: ${one.message}`);
  throw new Error(said.join("\n"));
}

let clangName: string | null | undefined;

/** null where there is none. */
export function clang(): string | null {
  if (clangName !== undefined) return clangName;
  clangName = null;
  for (const name of ["clang-19", "clang-20"]) {
    try {
      execFileSync(name, ["--version"], { stdio: "pipe" });
      clangName = name;
      break;
    } catch {
      // The next one.
    }
  }
  if (clangName === null) console.log("comparisons with clang are skipped: no clang-19");
  return clangName;
}

let headers: string | undefined;

/** The shipped headers as files: clang takes the same ones. */
export function headerFolder(): string {
  if (headers !== undefined) return headers;
  headers = mkdtempSync(join(tmpdir(), "skep-headers-"));
  for (const name of shippedNames()) {
    mkdirSync(dirname(join(headers, name)), { recursive: true });
    writeFileSync(join(headers, name), shippedHeader(name)!);
  }
  return headers;
}

/** Throws with what clang says. */
export function compileClang(path: string, extra: readonly string[] = []): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), "skep-clang-"));
  const target = join(folder, "object.o");
  const flags = [
    "-target",
    "bpf",
    `-mcpu=v${cpuOf(path)}`,
    "-O2",
    "-g",
    "-nostdinc",
    "-D__TARGET_ARCH_x86",
    "-Wno-everything",
  ];
  execFileSync(clang()!, [...flags, "-I", headerFolder(), ...extra, "-c", path, "-o", target], { stdio: "pipe" });
  return new Uint8Array(readFileSync(target));
}

/** Packets of 96 bytes: counting, mixed, all ones, nothing, and one that the TCP parser likes. */
export const INPUTS: Readonly<Record<string, Uint8Array>> = {
  counting: Uint8Array.from({ length: 96 }, (_, i) => i + 1),
  mixed: Uint8Array.from({ length: 96 }, (_, i) => (i * 167 + 91) ^ (i >> 1)),
  ones: new Uint8Array(96).fill(255),
  zero: new Uint8Array(96),
  tcp: tcpPacket(),
};

function tcpPacket(): Uint8Array {
  const bytes = new Uint8Array(96).fill(3);
  bytes.set([8, 0, 0x45, 0, 0, 60], 12);
  bytes[22] = 64;
  bytes[23] = 6;
  bytes[46] = 0xa0;
  bytes[47] = 2;
  return bytes;
}

/** What one program gave for one input. */
export type Outcome = Record<string, Record<string, string>>;

/**
 * Each program of an object on its own maps, over all inputs in order: "retval data ctx" for each, and the maps after it. A program that
 * the target does not load has its reason in "load".
 */
export function outcomes(object: Uint8Array, name: string, target: Target): Outcome {
  const spec = parseObject(object, name);
  const all: Outcome = {};
  for (const prog of spec.programs) {
    const out: Record<string, string> = {};
    all[prog.name] = out;
    let collection: ReturnType<typeof loadObject>;
    try {
      collection = loadObject(spec, target, { programs: [prog.name] });
    } catch (error) {
      out["load"] = error instanceof Error ? error.message.split("\n")[0]! : String(error);
      continue;
    }
    try {
      const loaded = collection.programs[prog.name]!.raw;
      for (const [input, data] of Object.entries(INPUTS)) out[input] = runOnce(loaded, prog.section, data);
      for (const [map, value] of Object.entries(snapshot(collection))) out[`map ${map}`] = value;
    } finally {
      collection.close();
    }
  }
  return all;
}

function runOnce(
  prog: { testRun(run: TestRun): { retval: number; dataOut: Uint8Array | null; ctxOut: Uint8Array | null } },
  section: string,
  data: Uint8Array,
): string {
  try {
    const run: TestRun = section === "syscall" ? { ctx: data.slice(0, 16) } : { data };
    const { retval, dataOut, ctxOut } = prog.testRun(run);
    const tail = section === "syscall" ? ctxOut : dataOut;
    return `${retval | 0} ${tail === null ? "" : digest(tail)}`.trim();
  } catch (error) {
    if (error instanceof SkepError) return error.code;
    throw error;
  }
}

function snapshot(collection: ReturnType<typeof loadObject>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, entries] of Object.entries(collection.snapshot())) {
    // Rodata is not the program's doing, and compilers lay it out differently.
    if (/rodata|\.bss|\.data|kconfig/.test(name)) continue;
    // Ids of inner maps differ from run to run.
    if (collection.maps[name]!.spec.inner !== null) continue;
    const perCpu = isPerCpuMap(collection.maps[name]!.spec.type);
    const text = entries
      .map(({ key, value }) =>
        JSON.stringify([key, perCpu ? sum(value) : value], (_k, v) => (typeof v === "bigint" ? `${v}n` : v)),
      )
      .sort()
      .join(" ");
    found[name] = text;
  }
  return found;
}

/** Which CPU a program ran on is not the program's doing. */
function sum(value: unknown): unknown {
  return Array.isArray(value) && value.every((one) => typeof one === "number")
    ? value.reduce((a, b) => a + b, 0)
    : value;
}

/** FNV-1a, 32 bits. */
function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
