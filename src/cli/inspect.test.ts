import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Btf } from "../btf/btf.ts";
import { writeBtf } from "../btf/write.ts";
import { parseObject } from "../obj/parse.ts";
import { cType } from "./ctype.ts";
import { bytesText, count, displayWidth, table } from "./format.ts";
import { objectDocument } from "./object-document.ts";
import { objectText } from "./object-text.ts";
import { jsonValue, output } from "./output.ts";

function fixture(name: string) {
  const url = new URL(`../../test/fixtures/obj/${name}`, import.meta.url);
  return objectDocument(parseObject(readFileSync(url), name));
}

describe("table", () => {
  test("aligns, leaves empty columns out, ends no line in spaces", () => {
    const rows = [
      ["a", "", "1"],
      ["longer", "", "200"],
    ];
    expect(table(rows, [{ head: "name" }, { head: "empty" }, { head: "n", align: "right" }])).toEqual([
      "  name      n",
      "  a         1",
      "  longer  200",
    ]);
  });

  test("widths are those of a terminal", () => {
    expect(displayWidth("名前")).toBe(4);
    expect(displayWidth("e\u0301")).toBe(1);
    expect(
      table(
        [
          ["名前", "x"],
          ["name", "y"],
        ],
        [{ head: "" }, { head: "" }],
        { indent: 0 },
      ).slice(1),
    ).toEqual(["名前  x", "name  y"]);
  });

  test("colours do not count", () => {
    const painted = table([["a", "b"]], [{ head: "name", paint: (text) => `<${text}>` }, { head: "x" }]);
    expect(painted[1]).toBe("  <a>     b");
  });
});

test("numbers", () => {
  expect(count(1, "map")).toBe("1 map");
  expect(count(2, "entry", "entries")).toBe("2 entries");
  expect([0, 512, 1536, 12_582_912].map(bytesText)).toEqual(["0 B", "512 B", "1.5 KiB", "12 MiB"]);
});

test("C types", () => {
  const btf = new Btf(
    writeBtf([
      { kind: "int", name: "int", sizeBytes: 4, bits: 32, bitOff: 0, signed: true, char: false, bool: false },
      { kind: "ptr", name: "", typeId: 1 },
      { kind: "array", name: "", typeId: 2, indexTypeId: 1, nelems: 3 },
      { kind: "ptr", name: "", typeId: 3 },
      { kind: "func_proto", name: "", retTypeId: 0, params: [{ name: "x", typeId: 2 }] },
      { kind: "ptr", name: "", typeId: 5 },
      { kind: "ptr", name: "", typeId: 0 },
      { kind: "ptr", name: "", typeId: 8 },
    ]),
  );
  const names = [1, 2, 3, 4, 5, 6, 7].map((id) => cType(btf, id));
  expect(names).toEqual(["int", "int *", "int *[3]", "int *(*)[3]", "void (int *)", "void (*)(int *)", "void *"]);
  expect(cType(btf, 8)).toMatch(/^\.\.\./);
});

test("text: programs, maps, globals", () => {
  output.color = "never";
  const text = objectText(fixture("maps.clang-19.o"), false);
  expect(text.split("\n")[0]).toBe("maps.clang-19.o: licence Dual MIT/GPL, 2 programs, 9 maps, for kernel 6.1.18");
  expect(text).toContain(
    "flows            hash           struct key (8)  struct value (16)     1024  NO_PREALLOC NUMA_NODE",
  );
  expect(text).toContain("[0]=inner_b [2]=inner_a");
  expect(text).not.toContain("Relocations");
  const relocs = objectText(fixture("core.clang-19.o"), true);
  expect(relocs).toMatch(/field_exists +struct task_struct.pid +0:1/);
  expect(relocs).toMatch(/enumval_value +enum pid_type::PIDTYPE_TGID = 1 +1/);
  for (const line of `${text}\n${relocs}`.split("\n")) expect(line).toBe(line.trimEnd());
});

test("document: what scripts read", () => {
  const basic = fixture("basic.clang-19.o");
  expect(basic).toMatchObject({ file: "basic.clang-19.o", license: "GPL", kernelVersion: "" });
  expect(basic.programs[0]).toMatchObject({ name: "count", type: "xdp", attachType: "xdp", insns: 44, autoload: true });
  expect(basic.programs[0]!.functions.map((func) => func.name)).toEqual(["count", "total", "scaled"]);
  expect(basic.globals.find((one) => one.name === "limit")).toMatchObject({ section: ".rodata", value: 10 });
  const externs = fixture("externs.clang-19.o").externs;
  expect(externs.find((one) => one.name === "bpf_missing_kfunc")).toMatchObject({
    kind: "kfunc",
    type: "int (int)",
    weak: true,
  });
  expect(() => JSON.stringify(fixture("maps.clang-19.o"), jsonValue)).not.toThrow();
});
