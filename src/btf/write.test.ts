import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { typeGraph } from "../../test/btf/arbitrary.ts";
import { Btf } from "./btf.ts";
import type { BtfType } from "./types.ts";
import { BtfBuilder, writeBtf } from "./write.ts";

const VMLINUX = "/sys/kernel/btf/vmlinux";

function typesOf(btf: Btf): BtfType[] {
  return Array.from({ length: btf.length - btf.firstId }, (_, i) => btf.type(btf.firstId + i));
}

test("parse(write(types)) gives the types back", () => {
  fc.assert(
    fc.property(typeGraph(12), (types) => {
      const btf = new Btf(writeBtf(types));
      expect(typesOf(btf)).toEqual(types);
      for (const [i, type] of [...types.entries(), ...types.entries()]) {
        if (type.name === "") continue;
        expect(btf.findAll(type.name, type.kind)).toContain(i + 1);
        expect(btf.find(type.name)).toBe(types.findIndex((other) => other.name === type.name) + 1);
      }
    }),
    { numRuns: 300 },
  );
});

test("split BTF goes on where its base ends, and shares its strings", () => {
  fc.assert(
    fc.property(typeGraph(6), typeGraph(6, 7), (baseTypes, moreTypes) => {
      const six = [...baseTypes];
      while (six.length < 6) six.push({ kind: "fwd", name: `filler${six.length}`, union: false });
      const base = new Btf(writeBtf(six));
      const split = new Btf(writeBtf(moreTypes, base), base);
      expect(split.firstId).toBe(7);
      expect(typesOf(split)).toEqual(moreTypes);
      for (const [i, type] of moreTypes.entries()) {
        if (type.name === "") continue;
        expect(split.findAll(type.name)).toContain(7 + i);
        if (base.find(type.name) !== 0) expect(split.find(type.name)).toBe(base.find(type.name));
      }
      const again = new Btf(writeBtf(six, base), base);
      expect(again.strings.length).toBe(0);
    }),
    { numRuns: 200 },
  );
});

test("bytes that do not lie on a word boundary are read as well", () => {
  const raw = writeBtf([{ kind: "fwd", name: "x", union: true }]);
  for (const shift of [1, 2, 3]) {
    const moved = new Uint8Array(raw.length + shift);
    moved.set(raw, shift);
    expect(new Btf(moved.subarray(shift)).type(1)).toEqual({ kind: "fwd", name: "x", union: true });
  }
});

test("a builder takes types that refer to themselves", () => {
  const builder = new BtfBuilder();
  const node = builder.add({ kind: "fwd", name: "node", union: false });
  const ptr = builder.add({ kind: "ptr", name: "", typeId: node });
  builder.set(node, {
    kind: "struct",
    name: "node",
    sizeBytes: 8,
    members: [{ name: "next", typeId: ptr, bitOff: 0, bitSize: 0 }],
  });
  expect(builder.length).toBe(3);
  const btf = builder.build();
  expect(btf.type(btf.find("node", "struct"))).toMatchObject({
    sizeBytes: 8,
    members: [{ name: "next", typeId: ptr }],
  });
});

test("what the format cannot hold is refused", () => {
  const refused = (type: BtfType) =>
    expect(() => writeBtf([type])).toThrow(expect.objectContaining({ code: "btf/write" }));
  refused({ kind: "ptr", name: "", typeId: 2 });
  refused({ kind: "typedef", name: "a\0b", typeId: 0 });
  refused({
    kind: "struct",
    name: "",
    sizeBytes: 1,
    members: [
      { name: "far", typeId: 0, bitOff: 0x100_0000, bitSize: 0 },
      { name: "bits", typeId: 0, bitOff: 0, bitSize: 3 },
    ],
  });
  const params = Array.from({ length: 65536 }, () => ({ name: "", typeId: 0 }));
  refused({ kind: "func_proto", name: "", retTypeId: 0, params });
});

test.skipIf(!existsSync(VMLINUX))("the running kernel's BTF survives being written again", () => {
  const btf = new Btf(readFileSync(VMLINUX));
  const again = new Btf(writeBtf(typesOf(btf)));
  expect(again.length).toBe(btf.length);
  for (let id = 0; id < btf.length; id++) {
    if (
      JSON.stringify(btf.type(id), (_, v) => (typeof v === "bigint" ? String(v) : v)) !==
      JSON.stringify(again.type(id), (_, v) => (typeof v === "bigint" ? String(v) : v))
    ) {
      expect(again.type(id)).toEqual(btf.type(id));
    }
  }
  expect(again.raw.length).toBeLessThanOrEqual(btf.raw.length);
});
