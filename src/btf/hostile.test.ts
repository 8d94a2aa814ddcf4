/** BTF made to cost much: types whose names overlap in one long string. */
import { expect, test } from "vitest";
import { Btf } from "./btf.ts";
import { writeBtf } from "./write.ts";

/** `count` forward declarations whose names begin at successive letters of a string of a million. */
function overlapping(count: number, letters: string): Btf {
  const base = writeBtf(Array.from({ length: count }, () => ({ kind: "fwd", name: "x", union: false }) as const));
  const length = 1_000_000;
  const bytes = new Uint8Array(base.length + length + 1);
  bytes.set(base);
  for (let i = 0; i < length; i++) bytes[base.length + i] = letters.charCodeAt(i % letters.length);
  const view = new DataView(bytes.buffer);
  const strings = view.getUint32(20, true);
  view.setUint32(20, strings + length + 1, true);
  for (let i = 0; i < count; i++) view.setUint32(24 + i * 12, strings + i, true);
  return new Btf(bytes);
}

test.each(["a", "ab___"])("searches among names made of '%s'", (letters) => {
  const started = performance.now();
  const btf = overlapping(20_000, letters);
  for (let i = 0; i < 20; i++) expect(btf.find(`no_such_${i}`)).toBe(0);
  expect(btf.findAll("nothing")).toEqual([]);
  expect(btf.findEssential("nothing")).toEqual([]);
  for (let id = 1; id < btf.length; id += 100) expect(btf.type(id).name.length).toBe(1_000_000 - (id - 1));
  expect(performance.now() - started).toBeLessThan(10_000);
});

test("a name longer than what is hashed is still found whole", () => {
  const long = `${"n".repeat(2000)}___flavour`;
  const btf = new Btf(
    writeBtf([
      { kind: "fwd", name: `${"n".repeat(2000)}___other`, union: false },
      { kind: "fwd", name: long, union: false },
    ]),
  );
  for (let i = 0; i < 20; i++) btf.find(`no_such_${i}`);
  expect(btf.find(long)).toBe(2);
});
