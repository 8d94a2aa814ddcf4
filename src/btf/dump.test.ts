import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readElf } from "../elf/read.ts";
import { Btf } from "./btf.ts";
import { CDumper, dumpC } from "./dump.ts";
import { dumpJson, dumpRaw } from "./dump-raw.ts";
import type { BtfView } from "./types.ts";

const GOLDEN = new URL("../../test/golden/btf/", import.meta.url);
const VMLINUX = "/sys/kernel/btf/vmlinux";
const clang = ["clang-19", "clang"].find((name) => spawnSync(name, ["--version"]).status === 0);
const bpftool = spawnSync("bpftool", ["version"]).status === 0;

function shapes(): Btf {
  const elf = readElf(readFileSync(new URL("shapes.o", GOLDEN)), "shapes.o");
  return new Btf(elf.data(elf.section(".BTF")!));
}

function compile(source: string): string {
  const result = spawnSync(clang!, ["-target", "bpf", "-x", "c", "-w", "-ferror-limit=0", "-fsyntax-only", "-"], {
    input: source,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  return result.stderr;
}

/** The header and, for every named type in it, what BTF says about sizes and offsets. */
function withAsserts(btf: BtfView): { source: string; asserts: number } {
  const dumper = new CDumper(btf);
  for (let id = 1; id < btf.length; id++) dumper.dump(id);
  const lines: string[] = [];
  /** __builtin_va_list is the compiler's own, and BPF's is not the kernel's. */
  const hasVaList = (id: number): boolean => {
    const type = btf.type(id);
    if (type.kind === "typedef" && type.name === "__builtin_va_list") return true;
    return (type.kind === "typedef" || type.kind === "const") && hasVaList(type.typeId);
  };
  const offsets = (id: number, from: number, tag: string): void => {
    const type = btf.type(btf.skipMods(id));
    if (type.kind !== "struct" && type.kind !== "union") return;
    for (const member of type.members) {
      if (member.name === "") offsets(member.typeId, from + member.bitOff, tag);
      else if (member.bitSize === 0) {
        const at = (from + member.bitOff) / 8;
        lines.push(`_Static_assert(__builtin_offsetof(${tag}, ${member.name}) == ${at}, "${tag}.${member.name}");`);
      }
    }
  };
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.name === "") continue;
    const composite = type.kind === "struct" || type.kind === "union";
    if (!composite && !((type.kind === "enum" || type.kind === "enum64") && type.values.length > 0)) continue;
    if (composite && type.members.some((member) => hasVaList(member.typeId))) continue;
    lines.push(`_Static_assert(sizeof(${dumper.tagOf(id)}) == ${type.sizeBytes}, "${dumper.tagOf(id)}");`);
    if (composite) offsets(id, 0, dumper.tagOf(id));
  }
  return { source: `${dumpC(btf, { unsorted: true })}\n${lines.join("\n")}\n`, asserts: lines.length };
}

test("writes awkward types as bpftool's rules do", () => {
  const text = dumpC(shapes());
  const file = new URL("shapes.h", GOLDEN);
  if (process.env["UPDATE"] === "1") writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, "utf8"));
});

test("one root brings what it needs and nothing else", () => {
  const btf = shapes();
  const text = dumpC(btf, { roots: [btf.find("one", "struct")] });
  expect([...text.matchAll(/^(?:struct|union|enum|typedef) .*$/gm)].map((match) => match[0])).toEqual([
    "struct two;",
    "struct list {",
    "struct one {",
  ]);
});

test.skipIf(clang === undefined)("clang lays awkward types out as BTF says", () => {
  const { source, asserts } = withAsserts(shapes());
  expect(asserts).toBeGreaterThan(80);
  expect(compile(source)).toBe("");
});

test.skipIf(clang === undefined || !existsSync(VMLINUX))(
  "the running kernel's header compiles, and its structs have the kernel's layout",
  () => {
    const { source, asserts } = withAsserts(new Btf(readFileSync(VMLINUX)));
    expect(asserts).toBeGreaterThan(10_000);
    expect(compile(source)).toBe("");
  },
);

test.skipIf(!bpftool || !existsSync(VMLINUX))("the list of the running kernel's types is bpftool's", () => {
  const theirs = spawnSync("bpftool", ["btf", "dump", "file", VMLINUX], { maxBuffer: 1 << 28 }).stdout;
  const ours = Buffer.from(dumpRaw(new Btf(readFileSync(VMLINUX))));
  expect(ours.equals(theirs)).toBe(true);
});

test("raw and JSON forms", () => {
  const btf = shapes();
  const id = btf.find("mixed", "union");
  const lines = dumpRaw(btf, [id, btf.find("big", "enum64"), btf.find("empty")]);
  expect(lines.replace(/(?<=^\[|size=|type_id=)\d+/gm, "N")).toBe(
    "[N] UNION 'mixed' size=N vlen=3\n\t'bytes' type_id=N bits_offset=0\n\t'word' type_id=N bits_offset=0\n" +
      "\t'(anon)' type_id=N bits_offset=0\n[N] ENUM64 'big' encoding=UNSIGNED size=N vlen=2\n\t'BIG_A' val=1ULL\n" +
      "\t'BIG_B' val=8589934591ULL\n[N] STRUCT 'empty' size=N vlen=0\n",
  );
  const document = JSON.parse(dumpJson(btf)) as { types: { id: number; kind: string; name: string }[] };
  expect(document.types).toHaveLength(btf.length - 1);
  expect(document.types[id - 1]).toMatchObject({ id, kind: "UNION", name: "mixed", size: 8, vlen: 3 });
  expect(JSON.parse(dumpJson(btf, undefined, "    "))).toEqual(document);
  expect(dumpJson(btf, [btf.find("empty")], "    ")).toMatch(
    /^\{\n {4}"types": \[\{\n {12}"id": \d+,[\s\S]*"members": \[\]\n/,
  );
});
