import { expect, test } from "vitest";
import { compileC } from "../lang/c/compile.ts";
import { parseObject } from "../obj/parse.ts";
import { sizedMaps } from "./sized-maps.ts";

test("maps without a size get one, those that have none stay", () => {
  const map = (name: string, type: number): string =>
    `struct { int (*type)[${type}]; unsigned *key; unsigned *value; } ${name} __attribute__((section(".maps"), used));`;
  const source = `${map("array", 2)} ${map("events", 4)} ${map("cpus", 16)}
    struct { int (*type)[27]; } ring __attribute__((section(".maps"), used));
    struct { int (*type)[1]; int (*max_entries)[7]; unsigned *key; unsigned *value; } hash __attribute__((section(".maps"), used));
    __attribute__((section("xdp"), used)) int f(void *ctx) { return 2; }`;
  const { object } = compileC("a.c", new TextEncoder().encode(source));
  const sizes = sizedMaps(parseObject(object!).maps).map((one) => [one.name, one.maxEntries]);
  expect(Object.fromEntries(sizes)).toEqual({ array: 1024, events: 0, cpus: 1, ring: 4096, hash: 7 });
});
