/** Leaves one of each kind, as LEAK says; leaks.live.test.ts runs it and clears up. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "vitest";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { CGROUPS, ownName } from "../live.ts";

const FILE = new URL("../fixtures/linux/links.bpf.o", import.meta.url).pathname;

test("leaves something", () => {
  const spec = parseObject(new Uint8Array(readFileSync(FILE)), FILE);
  const collection = loadObject(spec, linux(), { programs: ["show_task"], rodata: { only_pid: 1 } }, true);
  if (process.env["LEAK"] === "fd") return;
  if (process.env["LEAK"] === "names") {
    const dir = mkdtempSync(join(tmpdir(), "skep-leaky-"));
    execFileSync("mount", ["-t", "bpf", "none", dir]);
    collection.programs["show_task"]!.attach().pin(`${dir}/link`);
    execFileSync("ip", ["netns", "add", ownName("leaky")]);
    if (CGROUPS !== undefined) mkdirSync(`${CGROUPS}/${ownName("leaky")}`);
  }
  collection.close();
});
