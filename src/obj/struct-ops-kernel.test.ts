import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Btf } from "../btf/btf.ts";
import type { BtfType } from "../btf/types.ts";
import { writeBtf } from "../btf/write.ts";
import { parseObject } from "./parse.ts";
import { structOpsValue } from "./struct-ops-kernel.ts";

const url = new URL("../../test/fixtures/obj/structops.clang-19.o", import.meta.url);
const spec = parseObject(readFileSync(url), "structops.o");
const cc = spec.maps.find((map) => map.name === "cc")!;

/** A kernel whose tcp_congestion_ops has these members at 8-byte steps; the value's data begins at byte 64. */
function kernel(members: readonly (readonly [name: string, kind: "ptr" | "u32" | "name"])[]): Btf {
  const ids = { u32: 1, name: 3, ptr: 5 };
  const types: BtfType[] = [
    { kind: "int", name: "u32", sizeBytes: 4, bits: 32, bitOff: 0, signed: false, char: false, bool: false },
    { kind: "int", name: "char", sizeBytes: 1, bits: 8, bitOff: 0, signed: true, char: true, bool: false },
    { kind: "array", name: "", typeId: 2, indexTypeId: 1, nelems: 16 },
    { kind: "func_proto", name: "", retTypeId: 0, params: [] },
    { kind: "ptr", name: "", typeId: 4 },
    {
      kind: "struct",
      name: "tcp_congestion_ops",
      sizeBytes: 128,
      members: members.map(([name, kind], i) => ({ name, typeId: ids[kind], bitOff: i * 64, bitSize: 0 })),
    },
    {
      kind: "struct",
      name: "bpf_struct_ops_tcp_congestion_ops",
      sizeBytes: 192,
      members: [{ name: "data", typeId: 6, bitOff: 512, bitSize: 0 }],
    },
  ];
  return new Btf(writeBtf(types));
}

test("members are found by name in the kernel's layout", () => {
  const value = structOpsValue(
    cc,
    kernel([
      ["flags", "u32"],
      ["owner", "ptr"],
      ["init", "ptr"],
      ["ssthresh", "ptr"],
      ["name", "name"],
    ]),
  );
  expect(value).toMatchObject({ typeId: 6, valueTypeId: 7, left: [] });
  expect(value.progs).toEqual([
    { name: "cc_ssthresh", offBytes: 64 + 24, memberIdx: 3 },
    { name: "cc_init", offBytes: 64 + 16, memberIdx: 2 },
  ]);
  expect(value.bytes.length).toBe(192);
  expect(value.bytes[64]).toBe(3);
  expect(new TextDecoder().decode(value.bytes.subarray(64 + 32, 64 + 39))).toBe("skep_cc");
});

test("a program whose member this kernel lacks is left out; a value is not", () => {
  const value = structOpsValue(
    cc,
    kernel([
      ["ssthresh", "ptr"],
      ["flags", "u32"],
      ["name", "name"],
    ]),
  );
  expect(value.left).toEqual(["cc_init"]);
  expect(value.progs.map((prog) => prog.name)).toEqual(["cc_ssthresh"]);
  expect(() => structOpsValue(cc, kernel([["ssthresh", "ptr"]]))).toThrow(/no member 'flags'/);
});

test("other kinds and sizes are refused", () => {
  const rest: [string, "ptr" | "name"][] = [
    ["ssthresh", "ptr"],
    ["name", "name"],
  ];
  expect(() => structOpsValue(cc, kernel([...rest, ["flags", "ptr"]]))).toThrow(/'flags' is a int here and a ptr/);
  expect(() => structOpsValue(cc, new Btf(writeBtf([])))).toThrow(/no struct_ops of type tcp_congestion_ops/);
});
