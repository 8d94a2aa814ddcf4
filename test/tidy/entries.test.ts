/** package.json publishes what src/ has, and nothing else: a path that is exported and not built fails only at the user's. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "./source.ts";

const PACKAGE = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as {
  exports: Record<string, string | { types: string; default: string }>;
  imports: Record<string, Record<string, string>>;
  bin: Record<string, string>;
};
const sources = sourceFiles();

test("every export is a file of src/, and every file there is exported", () => {
  const names = sources.filter((file) => !file.includes("/")).map((file) => file.replace(/\.ts$/, ""));
  const expected = Object.fromEntries(
    names.map((name) => [
      name === "index" ? "." : `./${name}`,
      { types: `./dist/${name}.d.ts`, default: `./dist/${name}.js` },
    ]),
  );
  expect(PACKAGE.exports).toEqual({ ...expected, "./package.json": "./package.json" });
});

test("the command and the host files are built from src/", () => {
  const built = [...Object.values(PACKAGE.bin), ...Object.values(PACKAGE.imports["#host"]!)];
  const missing = built
    .map((path) => path.replace(/^(\.\/)?dist\//, "").replace(/\.js$/, ".ts"))
    .filter((file) => !sources.includes(file));
  expect(missing).toEqual([]);
});
