/** The compiler fits in a page: its weight without the profile of kernel types and the UAPI headers, which it loads on demand. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "../tidy/source.ts";

const built = existsSync(`${ROOT}/dist/c.js`);
if (!built) console.log("size test skipped: dist/ is not built");

test.skipIf(!built)("skep/c, bundled and compressed, is at most 150 kB", { timeout: 60_000 }, () => {
  const { stdout } = spawnSync(process.execPath, ["scripts/size.mjs", "--json"], { cwd: ROOT, encoding: "utf8" });
  const chunks = JSON.parse(stdout) as { name: string; atOnce: boolean; gzip: number }[];
  const entry = chunks.filter(({ atOnce }) => atOnce);
  expect(entry.map(({ name }) => name)).toEqual(["c.js"]);
  expect(entry[0]!.gzip).toBeLessThan(150_000);
  expect(chunks.map(({ name }) => name)).toContain("linux-6.18.btf.gz");
});
