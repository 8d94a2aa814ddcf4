/** The published package as an application imports it: what load() takes, and what it says of the rest. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../tidy/source.ts";

const built = existsSync(`${ROOT}/dist/index.js`);
if (!built) console.log("package tests skipped: dist/ is not built (npm run build)");

const SCRIPT = `
import { readFileSync } from "node:fs";
import { load, SkepError } from "skep";
import { parseObject } from "skep/obj";
const file = "examples/syn_guard.bpf.o";
const bytes = new Uint8Array(readFileSync(file));
const out = [];
for (const source of [file, bytes, bytes.buffer, parseObject(bytes, file), 5, null, undefined, {}, "no/such.o"]) {
  try {
    const guard = await load(source);
    out.push(Object.keys(guard.programs).join());
    await guard[Symbol.asyncDispose]();
  } catch (error) {
    out.push(error instanceof SkepError ? error.code : String(error));
  }
}
console.log(JSON.stringify(out));
`;

test.skipIf(!built)("load takes a file name, bytes or a spec, and refuses what is none", () => {
  const ran = spawnSync(process.execPath, ["--input-type=module", "-e", SCRIPT], { cwd: ROOT, encoding: "utf8" });
  expect(ran.stderr).toBe("");
  expect(JSON.parse(ran.stdout)).toEqual([
    "syn_guard",
    "syn_guard",
    "syn_guard",
    "syn_guard",
    "load/source",
    "load/source",
    "load/source",
    "load/source",
    "host/not-found",
  ]);
});
