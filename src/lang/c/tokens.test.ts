import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KEYWORDS, SIGNS, T } from "./tokens.ts";

const HERE = new URL(".", import.meta.url);
const SOURCES = [".", "pp", "parse"].flatMap((folder) =>
  readdirSync(new URL(folder, HERE))
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`),
);

test("copies of token numbers in hot files are those of the table", () => {
  const table: Readonly<Record<string, number>> = T;
  const wrong: string[] = [];
  let checked = 0;
  for (const name of SOURCES) {
    const text = readFileSync(new URL(name, HERE), "utf8");
    for (const [, word, value] of text.matchAll(/^const ([A-Z]+) = (\d+);/gm)) {
      if (table[word] === undefined || name.endsWith("lexer.ts")) continue;
      checked++;
      if (table[word] !== Number(value)) wrong.push(`${name}: ${word} = ${value}`);
    }
    for (const [, value, word] of text.matchAll(/case (\d{3}): \/\/ (\w+)$/gm)) {
      checked++;
      const own = Number(value) < T.KEYWORD ? table[word!.toUpperCase()] === Number(value) : false;
      if (!own && KEYWORDS[Number(value) - T.KEYWORD] !== word) wrong.push(`${name}: case ${value} // ${word}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(checked).toBeGreaterThan(60);
});

test("signs and keywords have their numbers", () => {
  expect([T.ELLIPSIS, T.SHL_ASSIGN, T.PASTE].map((kind) => SIGNS[kind - 128])).toEqual(["...", "<<=", "##"]);
  expect(new Set(KEYWORDS).size).toBe(KEYWORDS.length);
});
