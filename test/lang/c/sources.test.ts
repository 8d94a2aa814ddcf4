/** Real sources parse; layouts are clang's; a large vmlinux.h parses about as fast as in clang. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { Unit } from "../../../src/lang/c/ast.ts";
import { shippedHeader } from "../../../src/lang/c/headers/shipped.ts";
import type { FileProvider } from "../../../src/lang/c/options.ts";
import { parseC } from "../../../src/lang/c/parse.ts";
import { DISK, parseText, showDiagnostics } from "./read.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const SYSTEM = ["/usr/include", `/usr/include/${process.arch === "arm64" ? "aarch64" : "x86_64"}-linux-gnu`];
const headers = existsSync("/usr/include/bpf/bpf_helpers.h") && existsSync("/usr/include/linux/bpf.h");
const clang = spawnSync("clang-19", ["--version"]).status === 0;
const bpftool = spawnSync("bpftool", ["version"]).status === 0 && existsSync("/sys/kernel/btf/vmlinux");
if (!headers) console.log("sources are not parsed: no libbpf headers in /usr/include");
if (!clang) console.log("layouts are not compared: no clang-19");

const SOURCES = [
  "examples",
  "test/bench/programs",
  "test/fixtures/obj",
  "test/fixtures/linux",
  "test/fixtures/cli",
].flatMap((folder) =>
  existsSync(join(ROOT, folder))
    ? readdirSync(join(ROOT, folder))
        .filter((name) => name.endsWith(".bpf.c"))
        .map((name) => `${folder}/${name}`)
    : [],
);

/** The compiler's own headers, in a folder that is on no disk. */
const SHIPPED: FileProvider = {
  read: (path) => (path.startsWith("/shipped/") ? shippedHeader(path.slice(9)) : DISK.read(path)),
};

test.skipIf(!headers).each(SOURCES)("%s parses with the system's headers", (name) => {
  const path = join(ROOT, name);
  // stdbool.h and the like are a compiler's own
  const unit = parseC(path, undefined, {
    files: SHIPPED,
    defines: ["__TARGET_ARCH_x86"],
    includePaths: [dirname(path)],
    systemPaths: [...SYSTEM, "/shipped"],
  });
  expect(showDiagnostics(unit).filter((line) => line.includes(" error "))).toEqual([]);
});

/** Records that try every rule of layout. */
const RECORDS = `typedef int al16 __attribute__((aligned(16)));
struct a1 { char a; int b:3; int c:5; char d; long e:33; long f:40; };
struct __attribute__((packed)) a2 { char a; unsigned b:31; unsigned c:2; unsigned :0; char d; };
struct a3 { char a; al16 b; char c; };
struct __attribute__((packed)) a4 { char a; al16 b; char c; };
struct a5 { short a:3; char :0; short b:2; _Bool f:1; int x:30; };
#pragma pack(push, 2)
struct a6 { char a; int b; long c; int d:20; int e:20; char f; };
#pragma pack(pop)
struct a7 { char a; int b __attribute__((aligned(8))); int c __attribute__((packed)); short d; };
struct __attribute__((aligned(32))) a8 { char a; struct __attribute__((packed)) { char x; long y; } b; char z[]; };
union u1 { int a:3; long b:40; char c[9]; };
union __attribute__((packed)) u2 { int a; char c[9]; };
struct a9 { int :5; char x; int :17; int y:9; };
struct b1 { char c; int :0; char d; };
struct b2 { char c; long long :0; };
struct b3 { unsigned long a:1, b:63, c:1; unsigned char d:4; unsigned short e:12; unsigned f:20; };
struct b4 { unsigned a:4; unsigned b:28 __attribute__((packed)); unsigned char c:5 __attribute__((aligned(4))); };
struct b5 { __int128 a; char b; };
struct __attribute__((packed)) b6 { char a; unsigned b:5; struct { unsigned c:3; } d; };
enum e1 { A1, B1 }; enum e2 { A2 = -1 }; enum e3 { A3 = 0x100000000 }; enum __attribute__((packed)) e4 { A4 }; enum e5 { A5 = -1, B5 = 0x80000000 };
struct c1 { enum e4 a; enum e3 b; enum e1 c:2; enum e2 d:2; };
struct c2 { char a; struct { short b; union { long c; char d; }; }; int e[0]; };
struct c3 { };
struct c4 { int a; struct c3 b; int c:31; int d:2; };
#pragma pack(1)
struct c5 { char a; long b:5; long c:60; short d; };
`;

/** Size, alignment and every offset of every record, as assertions for clang. */
function assertions(unit: Unit): string {
  const lines = [
    "#define O(t, f, n) _Static_assert(__builtin_offsetof(t, f) == n, #t);",
    "#define S(t, n, a) _Static_assert(sizeof(t) == n && _Alignof(t) == a, #t);",
  ];
  for (const [name, tag] of unit.tags) {
    if (tag.kind === "enum") {
      if (tag.constants !== undefined) lines.push(`S(enum ${name}, ${tag.underlying.size}, ${tag.underlying.size})`);
      continue;
    }
    if (tag.fields === undefined) continue;
    const type = `${tag.union ? "union" : "struct"} ${name}`;
    lines.push(`S(${type}, ${tag.size}, ${tag.align})`);
    for (const field of tag.fields) {
      if (field.name !== "" && field.bitWidth < 0) lines.push(`O(${type}, ${field.name}, ${field.bitOff / 8})`);
    }
  }
  return lines.join("\n");
}

function inFolder<R>(work: (folder: string) => R): R {
  const folder = mkdtempSync(join(tmpdir(), "skep-c-"));
  try {
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test.skipIf(!clang)("records are laid out as clang does", () => {
  const unit = parseText(RECORDS);
  expect(showDiagnostics(unit)).toEqual([]);
  inFolder((folder) => {
    const file = join(folder, "r.c");
    writeFileSync(file, RECORDS + assertions(unit));
    const args = ["-target", "bpf", "-fsyntax-only", "-w", file];
    expect(spawnSync("clang-19", args).stderr.toString()).toBe("");
    // Bit-fields have no offsetof: clang's own dump of layouts, in bits
    const dump = execFileSync("clang-19", [
      "-Xclang",
      "-fdump-record-layouts-simple",
      "-Xclang",
      "-fdump-record-layouts-complete",
      ...args,
    ]).toString();
    let compared = 0;
    for (const [, name, offsets] of dump.matchAll(
      /Type: (?:struct|union) (\w+)\n\nLayout: <ASTRecordLayout\n[\s\S]*?FieldOffsets: \[([^\]]*)\]/g,
    )) {
      const record = unit.tags.get(name);
      if (record?.kind !== "record") continue;
      compared++;
      const theirs = offsets === "" ? [] : offsets.split(", ").map(Number);
      const ours = record.fields!.map((field) => field.bitOff);
      // Theirs also counts unnamed bit-fields
      let at = 0;
      for (const bitOff of ours) {
        while (at < theirs.length && theirs[at] !== bitOff) at++;
        expect([name, at < theirs.length]).toEqual([name, true]);
        at++;
      }
    }
    expect(compared).toBeGreaterThan(20);
  });
});

test.skipIf(!clang || !bpftool)("the kernel's own vmlinux.h: every layout is clang's", () => {
  const text = execFileSync("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], {
    maxBuffer: 1 << 28,
  }).toString();
  const unit = parseText(text);
  expect(showDiagnostics(unit)).toEqual([]);
  inFolder((folder) => {
    const file = join(folder, "v.c");
    writeFileSync(file, `${text}\n${assertions(unit)}`);
    expect(spawnSync("clang-19", ["-target", "bpf", "-fsyntax-only", "-w", file]).stderr.toString()).toBe("");
  });
});
