/** States that explanations show are for display: no engine and no part of the verifier's verdict may come to use them. */
import { expect, test } from "vitest";
import { importsOf, sourceFiles } from "../tidy/source.ts";

const isExplainer = (file: string): boolean => /^verifier\/explain(-\w+)?\.ts$/.test(file);

/** Who prints diagnostics, and the published entries. */
const READERS = [/^cli\//, /^runtime\/verifier-error\.ts$/, /^linux\/explain\.ts$/, /^[\w-]+\.ts$/];

test("explanations are read by what prints them alone", () => {
  const wrong: string[] = [];
  for (const file of sourceFiles()) {
    if (isExplainer(file) || READERS.some((reader) => reader.test(file))) continue;
    for (const imported of importsOf(file)) if (isExplainer(imported)) wrong.push(`${file} imports ${imported}`);
  }
  expect(wrong).toEqual([]);
});
