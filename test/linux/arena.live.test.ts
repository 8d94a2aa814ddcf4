/** A list in an arena: user space follows the pointers that a program made, and the program those that user space made. */
import { describe, expect, onTestFinished, test } from "vitest";
import { NotSupported } from "../../src/linux/errors.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Value } from "../../src/loader/shape.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { liveKernel } from "../live.ts";
import { objectOf } from "../vm/kit.ts";

const spec = objectOf("test/fixtures/linux/arena.bpf.o");
const node = (value: bigint, next: bigint): Value => ({ value, next, name: "u" }) as unknown as Value;

function sums(collection: Collection): void {
  const arena = collection.arena();
  expect(arena.vars).toMatchObject({ step: 10n, made: 0n, head: 0n });
  const [first, second] = [arena.base + 0x1000n, arena.base + 0x2000n];
  arena.write("struct node", first, node(5n, second));
  arena.write("struct node", second, node(7n, 0n));
  arena.vars["head"] = first;
  expect(collection.programs["sum"]!.run().retval).toBe(12);
  expect(arena.read("struct node", second)).toEqual({ value: 7n, next: 0n, name: "u" });
  expect(arena.read("__u64", first)).toBe(5n);
  expect(() => arena.read("struct node", 0n)).toThrow(/is not in arena/);
  expect(() => arena.bytesAt(arena.base + 16n * 4096n - 8n, 9)).toThrow(/is not in arena/);
  expect(() => arena.read("struct nothing", first)).toThrow(/BTF has no/);
}

test("embedded", () => {
  const collection = loadObject(spec, embedded(), { programs: ["sum"] }, true);
  onTestFinished(() => collection.close());
  sums(collection);
  expect(() => collection.arena("nope")).toThrow(/no arena nope/);
});

describe.skipIf(liveKernel() !== null)("the kernel", () => {
  const load = (): Collection | undefined => {
    try {
      const collection = loadObject(spec, linux(), {}, true);
      onTestFinished(() => collection.close());
      return collection;
    } catch (error) {
      if (!(error instanceof NotSupported)) throw error;
      console.log(`arena skipped: ${error.message}`);
      return undefined;
    }
  };

  test("variables, and a list of user space's", ({ skip }) => {
    const collection = load();
    if (collection === undefined) return skip();
    sums(collection);
  });

  test("pages that a program allocates; memory that outlives the collection harmlessly", ({ skip }) => {
    const collection = load();
    if (collection === undefined) return skip();
    const arena = collection.arena("arena");
    arena.vars["step"] = 100n;
    for (let i = 0; i < 3; i++) expect(collection.programs["push"]!.run().retval).toBe(0);
    const values: unknown[] = [];
    for (let at = arena.vars["head"] as bigint; at !== 0n; ) {
      const each = arena.read("struct node", at) as unknown as { value: bigint; next: bigint; name: string };
      values.push([each.value, each.name]);
      at = each.next;
    }
    expect(values).toEqual([
      [300n, "n"],
      [200n, "n"],
      [100n, "n"],
    ]);
    expect(collection.programs["sum"]!.run().retval).toBe(600);
    for (let i = 0; i < 16; i++) collection.programs["push"]!.run();
    expect(collection.programs["push"]!.run().retval).toBe(1);
    collection.close();
    arena.bytes[0] = 1;
    expect(arena.vars["made"]).toBe(0n);
  });
});
