/** Every example of README.md is run: shell lines against the built command, TypeScript against the published entries. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT } from "./source.ts";
import { tsc } from "./tsc.ts";

interface Block {
  readonly language: string;
  readonly text: string;
}

function blocks(file: string): Block[] {
  const text = readFileSync(`${ROOT}/${file}`, "utf8");
  return [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map((match) => ({ language: match[1]!, text: match[2]! }));
}

/** "npm ci && npx skep run X" -> ["run", "X"]; what only installs is left to CI. */
function skepCommands(text: string): string[][] {
  return text
    .split("\n")
    .flatMap((line) => line.split("&&"))
    .map((part) => part.trim())
    .filter((part) => part.startsWith("npx skep "))
    .map((part) => part.slice("npx skep ".length).split(/\s+/));
}

const readme = blocks("README.md");
const built = existsSync(`${ROOT}/dist/cli/main.js`);
if (!built) console.log("README commands skipped: dist/ is not built (npm run build)");

test
  .skipIf(!built)
  .each(readme.filter((block) => block.language === "sh").flatMap((block) => skepCommands(block.text)))(
  "README: skep %s %s",
  (...words) => {
    const result = spawnSync(process.execPath, ["dist/cli/main.js", ...words], { cwd: ROOT, encoding: "utf8" });
    expect(result.stderr).not.toMatch(/error/);
    expect(result.status).toBe(0);
    expect(result.stdout.length).toBeGreaterThan(0);
  },
);

/** What README shows as output is what comes out, but for times and for what a better compiler changes. */
test.skipIf(!built)("README: the output shown is the output", () => {
  const shown = readme.find((block) => block.language === "text")!.text;
  const [words] = skepCommands(readme.find((block) => block.language === "sh")!.text);
  const { stdout } = spawnSync(process.execPath, ["dist/cli/main.js", ...words!], { cwd: ROOT, encoding: "utf8" });
  const timeless = (text: string): string =>
    text
      .replaceAll(/ *[\d.,]+ (ms|ns)/g, " # $1")
      .replaceAll(/[\d.,]+ (KiB|insns|processed)/g, "# $1")
      .trim();
  expect(timeless(shown)).toBe(timeless(stdout));
});

/** "$ command" and what it prints, whatever its exit code is; but for times and for what a better compiler changes. */
test.skipIf(!built).each(readme.filter((block) => block.language === "console").map((block) => block.text))(
  "README: %s",
  (text) => {
    const [command, ...shown] = text.split("\n");
    const words = skepCommands(command!.slice("$ ".length))[0]!;
    const { stdout } = spawnSync(process.execPath, ["dist/cli/main.js", ...words], { cwd: ROOT, encoding: "utf8" });
    const lasting = (output: string): string =>
      output
        .replaceAll(/[\d.]+ (ms|insns|processed|states)/g, "# $1")
        .replaceAll(/insn \d+|\bR\d/g, "#")
        .trim();
    expect(lasting(stdout)).toBe(lasting(shown.join("\n")));
  },
);

test.skipIf(!built)("README: TypeScript examples compile and run", () => {
  const folder = `${ROOT}/.skep/readme`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const examples = readme.filter((block) => block.language === "ts");
  expect(examples.length).toBeGreaterThan(0);
  examples.forEach((block, i) => {
    writeFileSync(`${folder}/example${i}.mts`, block.text);
  });
  expect(tsc(examples.map((_, i) => `${folder}/example${i}.mts`))).toBe("");
  examples.forEach((_, i) => {
    const run = spawnSync(process.execPath, [`${folder}/example${i}.mjs`], { cwd: ROOT, encoding: "utf8" });
    expect(run.stderr).toBe("");
    expect(run.status).toBe(0);
  });
});
