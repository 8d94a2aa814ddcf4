/** A TCP congestion control of the test's own: registered, seen in the list of those there are, gone again. */
import { readFileSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { liveKernel } from "../live.ts";

const spec = parseObject(
  new Uint8Array(readFileSync(new URL("../fixtures/linux/cc.bpf.o", import.meta.url).pathname)),
  "cc.bpf.o",
);
const available = (): string[] =>
  readFileSync("/proc/sys/net/ipv4/tcp_available_congestion_control", "utf8").trim().split(" ");

test.skipIf(liveKernel() !== null).each([
  ["plain", "skep_cc"],
  ["linked", "skep_cc_link"],
])("struct_ops map %s", async (map, name) => {
  const collection = loadObject(spec, linux(), {}, true);
  onTestFinished(() => collection.close());
  expect(available()).not.toContain(name);
  const link = collection.attachStructOps(map);
  expect(link.what).toBe(`struct_ops ${map}`);
  expect(available()).toContain(name);
  link.close();
  link.close();
  for (let tries = 0; tries < 100 && available().includes(name); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(available()).not.toContain(name);
  expect(() => collection.attachStructOps("nope")).toThrow(/no struct_ops map nope/);
});

test.skipIf(liveKernel() !== null)("closing the collection takes it out", async () => {
  const collection = loadObject(spec, linux(), {}, true);
  collection.attachStructOps("linked");
  collection.close();
  for (let tries = 0; tries < 100 && available().includes("skep_cc_link"); tries++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(available()).not.toContain("skep_cc_link");
});
