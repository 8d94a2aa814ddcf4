import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Collection } from "../../loader/collection.ts";
import { loadObject } from "../../loader/load.ts";
import { parseObject } from "../../obj/parse.ts";
import { embedded } from "../embedded.ts";

const FIXTURES = new URL("../../../test/fixtures/kfuncs/", import.meta.url);
const CTX_BYTES = 8 * 8 + 64 * 8 + 192;

/** Without a kernel's BTF: kfuncs are known by the model. */
function open(file: string, programs: readonly string[], engine: "jit" | "interp"): Collection {
  const target = embedded({ engine, random: 1, memoryBytes: 8 << 20 });
  return loadObject(parseObject(readFileSync(new URL(file, FIXTURES)), file), target, { programs }, true);
}

/** Runs a syscall program; what it answered. */
function ask(collection: Collection, name: string, ...input: number[]): bigint[] {
  const ctx = new Uint8Array(CTX_BYTES);
  new BigInt64Array(ctx.buffer).set(input.map(BigInt));
  const { ctxOut } = collection.programs[name]!.raw.testRun({ ctx });
  return [...new BigInt64Array(ctxOut!.buffer, 64, 64)];
}

describe.each(["jit", "interp"] as const)("kfuncs, %s, without a kernel's BTF", (engine) => {
  it("count, and give weak ones that are nowhere 0", () => {
    const collection = open("kfuncs.bpf.o", ["numbers"], engine);
    expect(ask(collection, "numbers", 3, 7).slice(0, 4)).toEqual([0n, 18n, 4n, 2n]);
    expect(ask(collection, "numbers", 7, 3).slice(0, 3)).toEqual([-22n, 0n, 0n]);
    collection.close();
  });

  it("keep objects in lists and trees, and free them with the maps", () => {
    const collection = open("objects.bpf.o", ["list_op", "tree_add", "tree_take"], engine);
    const { objects } = (collection.target as ReturnType<typeof embedded>).runtime;
    for (const key of [5, 1, 9, 3]) ask(collection, "tree_add", 1, key);
    ask(collection, "list_op", 0, 77);
    expect(objects.count).toBe(5);
    expect([1, 2, 3].map(() => ask(collection, "tree_take")[0])).toEqual([1n, 3n, 5n]);
    expect([1, 2, 3].map(() => ask(collection, "list_op", 2)[0])).toEqual([77n, 5n, 1n]);
    // 9 is in the tree and the list, 3 in the list.
    expect(objects.count).toBe(2);
    for (const program of Object.values(collection.programs)) program.raw.close();
    for (const map of Object.values(collection.maps)) map.raw.close();
    expect(objects.count).toBe(0);
    collection.close();
  });
});
