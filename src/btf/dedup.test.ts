import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { typeGraph } from "../../test/btf/arbitrary.ts";
import { INT } from "../../test/fixtures/btf-int.ts";
import { SkepError } from "../base/error.ts";
import { readElf } from "../elf/read.ts";
import { Btf } from "./btf.ts";
import { dedupTypes } from "./dedup.ts";
import { pruneTypes } from "./prune.ts";
import { concatTypes, eachRef, mapRefs } from "./refs.ts";
import type { BtfMember, BtfType } from "./types.ts";
import { writeBtf } from "./write.ts";

const struct = (name: string, ...members: [string, number][]): BtfType => ({
  kind: "struct",
  name,
  sizeBytes: 8 * members.length,
  members: members.map(([member, typeId], i): BtfMember => ({ name: member, typeId, bitOff: 64 * i, bitSize: 0 })),
});
const ptr = (typeId: number): BtfType => ({ kind: "ptr", name: "", typeId });
const fwd = (name: string): BtfType => ({ kind: "fwd", name, union: false });

function dedup(types: readonly BtfType[]): ReturnType<typeof dedupTypes> | null {
  try {
    return dedupTypes(types);
  } catch (error) {
    if (error instanceof SkepError && error.code === "btf/cycle") return null;
    throw error;
  }
}

function objectBtf(file: string): Btf {
  const elf = readElf(readFileSync(new URL(`../../test/golden/${file}`, import.meta.url)), file);
  return new Btf(elf.data(elf.section(".BTF")!));
}

test("two copies of a graph become one", () => {
  const unit: BtfType[] = [
    INT,
    struct("node", ["next", 3], ["value", 1]),
    ptr(2),
    { kind: "const", name: "", typeId: 3 },
  ];
  const copy = unit.map((type) => mapRefs(type, (id) => (id === 0 ? 0 : id + unit.length)));
  const { types, ids } = dedupTypes([...unit, ...copy]);
  expect(types).toEqual(unit);
  expect([...ids]).toEqual([0, 1, 2, 3, 4, 1, 2, 3, 4]);
});

test("a forward declaration meets its struct, and what hangs on both becomes one", () => {
  const one: BtfType[] = [struct("task", ["mm", 2]), ptr(3), fwd("mm")];
  const two: BtfType[] = [struct("task", ["mm", 5]), ptr(6), struct("mm", ["owner", 7]), ptr(4)];
  const { types, ids } = dedupTypes([...one, ...two]);
  expect(types).toEqual([struct("task", ["mm", 2]), ptr(3), struct("mm", ["owner", 4]), ptr(1)]);
  expect([...ids]).toEqual([0, 1, 2, 3, 1, 2, 3, 4]);
});

test("a declaration alone leads to the one struct of its name, and to none of two", () => {
  const lone = dedupTypes([ptr(2), fwd("a"), struct("a", ["x", 4]), INT]);
  expect(lone.types).toEqual([ptr(2), struct("a", ["x", 3]), INT]);
  const two = dedupTypes([ptr(2), fwd("a"), struct("a", ["x", 4]), INT, struct("a", ["y", 4])]);
  expect(two.types).toHaveLength(5);
  const union: BtfType = { kind: "fwd", name: "a", union: true };
  expect(dedupTypes([ptr(2), union, struct("a", ["x", 4]), INT]).types).toHaveLength(4);
});

test("structs that differ only in what they point to stay apart", () => {
  const { types } = dedupTypes([INT, struct("a", ["x", 3]), ptr(1), struct("a", ["x", 5]), ptr(0)]);
  expect(types).toHaveLength(5);
});

test("a declared enum leads to the full one, before and after it", () => {
  const full: BtfType = { kind: "enum", name: "e", sizeBytes: 4, signed: false, values: [{ name: "A", value: 1n }] };
  const declared: BtfType = { ...full, sizeBytes: 0, values: [] };
  const { types, ids } = dedupTypes([declared, full, declared, full]);
  expect(types).toEqual([full]);
  expect([...ids]).toEqual([0, 1, 1, 1, 1]);
});

test("references in a circle are refused", () => {
  expect(() =>
    dedupTypes([
      { kind: "const", name: "", typeId: 2 },
      { kind: "volatile", name: "", typeId: 1 },
    ]),
  ).toThrow(expect.objectContaining({ code: "btf/cycle" }));
});

test("deep graphs do not exhaust the stack", () => {
  const chain = (offset: number): BtfType[] =>
    Array.from({ length: 20_000 }, (_, i) => struct(`s${i}`, ["next", i === 19_999 ? offset + 1 : offset + i + 2]));
  expect(dedupTypes([...chain(0), ...chain(20_000)]).types).toEqual(chain(0));
});

test("the result says what the input said, once, and is stable", () => {
  fc.assert(
    fc.property(typeGraph(14), (graph) => {
      // Variables and sections are never taken for one another.
      const types = graph.map((type) => (type.kind === "var" || type.kind === "datasec" ? INT : type));
      const copy = types.map((type) => mapRefs(type, (id) => (id === 0 ? 0 : id + types.length)));
      const once = dedup(types);
      const twice = dedup([...types, ...copy]);
      fc.pre(once !== null && twice !== null);
      if (once === null || twice === null) return;
      // What a fwd or an equal graph is resolved to may depend on what else is there, but nothing is left over.
      expect(twice.types.length).toBeLessThanOrEqual(types.length);
      expect(dedupTypes(once.types).types.length).toBeLessThanOrEqual(once.types.length);
      types.forEach((type, i) => {
        const now = once.types[once.ids[i + 1]! - 1]!;
        expect(now.name).toBe(type.name);
        if (type.kind === "fwd" || type.kind === "enum" || type.kind === "enum64") return;
        const shape = (t: BtfType) => mapRefs(t, () => 0);
        expect(shape(now)).toEqual(shape(type));
      });
      for (const type of once.types) eachRef(type, (id) => expect(id).toBeLessThanOrEqual(once.types.length));
    }),
    { numRuns: 300 },
  );
});

test("objects put together", () => {
  const list = ["core/access.bpf.o", "core/same.o", "core/same.o", "btf/shapes.o"].map(objectBtf);
  const { types, offsets } = concatTypes(list);
  const result = dedupTypes(types);
  expect(result.types.length).toBeLessThan(types.length);
  const btf = new Btf(writeBtf(result.types));
  for (const [i, one] of list.entries()) {
    for (let id = 1; id < one.length; id++) {
      const now = btf.type(result.ids[offsets[i]! + id]!);
      expect(now.name).toBe(one.type(id).name);
    }
  }
  // same.o twice adds nothing but its var and datasec types.
  const once = dedupTypes(concatTypes([list[1]!]).types).types.length;
  const twice = dedupTypes(concatTypes([list[1]!, list[2]!]).types).types;
  expect(twice.length - once).toBe(
    twice.slice(once).filter((type) => type.kind === "var" || type.kind === "datasec").length,
  );
});

test("pruning keeps what roots need, and forwards for what they only point to", () => {
  const btf = new Btf(
    writeBtf([
      INT,
      struct("root", ["a", 3], ["b", 5], ["c", 7]),
      ptr(4),
      struct("far", ["x", 1], ["y", 8]),
      struct("near", ["p", 6]),
      ptr(2),
      ptr(9),
      { kind: "typedef", name: "unused", typeId: 1 },
      struct("", ["z", 10]),
      ptr(11),
      { kind: "union", name: "gone", sizeBytes: 4, members: [] },
      { kind: "decl_tag", name: "kept", typeId: 2, componentIdx: 0 },
      { kind: "decl_tag", name: "dropped", typeId: 4, componentIdx: 0 },
    ]),
  );
  const { types, ids } = pruneTypes(btf, [2]);
  expect(types).toEqual([
    struct("root", ["a", 2], ["b", 4], ["c", 6]),
    ptr(3),
    fwd("far"),
    struct("near", ["p", 5]),
    ptr(1),
    ptr(7),
    struct("", ["z", 8]),
    ptr(9),
    { kind: "fwd", name: "gone", union: true },
    { kind: "decl_tag", name: "kept", typeId: 1, componentIdx: 0 },
  ]);
  expect(ids[4]).toBe(3);
  expect(ids[8]).toBe(0);
  const whole = pruneTypes(btf, [2], { keepWhole: (type) => type.name === "far" });
  expect(whole.types).toContainEqual(expect.objectContaining({ kind: "struct", name: "far" }));
  expect(whole.types).toContainEqual(expect.objectContaining({ name: "unused" }));
  expect(whole.types).toContainEqual(expect.objectContaining({ name: "dropped" }));
});
