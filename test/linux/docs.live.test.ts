/** The TypeScript of docs/linux.md and docs/af-xdp.md, compiled as a user's and run where it may attach to a veth of its own. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";
import { tsc } from "../tidy/tsc.ts";
import { makePair, withNetns } from "../vm/net.ts";

const built = existsSync(`${ROOT}/dist/linux.js`);
if (!built) console.log("examples of the docs are skipped: dist/ is not built (npm run build)");

/** What a page takes for granted before one of its blocks, and what is printed then. */
const EXAMPLES: readonly { page: string; nth: number; before: string; after: string; prints: string }[] = [
  { page: "linux", nth: 0, before: "", after: "console.log(link.info?.()?.kind);", prints: "xdp\n" },
  {
    page: "linux",
    nth: 1,
    before: `import { load } from "skep";
import { linux } from "skep/linux";
const live = await load("test/fixtures/linux/arena.bpf.o", { target: linux() });
for (let i = 0; i < 2; i++) live.programs.push.run();`,
    after: "live.close();",
    prints: "20n\n10n\n",
  },
  {
    page: "af-xdp",
    nth: 0,
    before: "const signal = AbortSignal.timeout(300);",
    after: 'console.log("end");',
    prints: "end\n",
  },
];

test.skipIf(liveKernel() !== null || !built)("the pages' examples run", async () => {
  const folder = `${ROOT}/.skep/docs`;
  mkdirSync(folder, { recursive: true });
  for (const { page, nth, before, after } of EXAMPLES) {
    const text = readFileSync(`${ROOT}/docs/${page}.md`, "utf8");
    const block = [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)][nth]![1]!;
    writeFileSync(`${folder}/${page}${nth}.mts`, `${before}\n${block}\n${after}\n`);
  }
  expect(tsc(EXAMPLES.map(({ page, nth }) => `${folder}/${page}${nth}.mts`))).toBe("");
  await withNetns(async (netns) => {
    netns.run(() => makePair("veth", "veth0", "veth1"));
    for (const { page, nth, prints } of EXAMPLES) {
      const args = [`--net=${netns.path}`, process.execPath, `${folder}/${page}${nth}.mjs`];
      const run = spawnSync("nsenter", args, { cwd: ROOT, encoding: "utf8", timeout: 60_000 });
      expect(`${run.stderr}${run.stdout.replaceAll(/^\d+\n/gm, "")}`, page).toBe(prints);
    }
  });
});
