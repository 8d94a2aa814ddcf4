/** Every sentence that the verifier's sources can say has a class, and every class a page. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CODES, classify, UNKNOWN_CODE } from "./codes.ts";

const SOURCES = new URL("./", import.meta.url).pathname;
const PAGES = new URL("../../docs/explain/", import.meta.url).pathname;

/** What may stand for the ${...} of a template: numbers, names, types; a sentence needs one of them to fit. */
const FILLS = ["7", "x", "map_value", "spin_lock", "bpf_x"];

/** Literals that are the sentence argument of say, fail and refuse: the last one of the call. */
function sentencesOf(source: string): string[] {
  const out: string[] = [];
  for (const call of source.matchAll(/\b(?:say|fail|refuse)\(\s*(?:env\.log|log|env)\s*,([\s\S]*?)\);/g)) {
    for (const literal of call[1]!.matchAll(/`((?:[^`\\]|\\.)*)`|"((?:[^"\\]|\\.)*)"/g)) {
      const text = literal[1] ?? literal[2]!;
      // Words that are compared with or put into a sentence, rather than one.
      if (/^[a-z_]*$/i.test(text) || text.replace(/\$\{[^}]*\}/g, "").trim().length < 6) continue;
      out.push(text);
    }
  }
  return out;
}

const sources = readdirSync(SOURCES).filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts"));
const sentences = sources.flatMap((file) =>
  sentencesOf(readFileSync(`${SOURCES}${file}`, "utf8")).map((text) => ({ file, text })),
);

/** Pieces of sentences, and words for the developer: no refusal ends with them. */
const NOT_ALONE: readonly RegExp[] = [/^; *$/];

describe("sentences in the sources", () => {
  test("are found", () => {
    expect(sentences.length).toBeGreaterThan(200);
    expect(sentences.map(({ text }) => text)).toContain("div by zero");
  });

  test("all have a class", () => {
    const without = sentences.filter(({ text }) => {
      if (NOT_ALONE.some((pattern) => pattern.test(text))) return false;
      return FILLS.every((fill) => {
        const filled = text.replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, fill);
        return classify(filled).code === UNKNOWN_CODE;
      });
    });
    expect(without).toEqual([]);
  });
});

describe("classes", () => {
  const codes = CODES.map((row) => row.code);

  test("have numbers of their own, without gaps", () => {
    expect([...codes].sort()).toEqual(codes.map((_, i) => `V${String(i + 1).padStart(3, "0")}`));
  });

  test.each(CODES.map((row) => [row.code, row.title]))("%s: %s has a page with that title", (code, title) => {
    expect(existsSync(`${PAGES}${code}.md`)).toBe(true);
    expect(readFileSync(`${PAGES}${code}.md`, "utf8").split("\n")[0]).toBe(`# ${code}: ${title}`);
  });

  test("say what their pattern found", () => {
    expect(classify("R1 !read_ok")).toMatchObject({
      code: "V001",
      message: "r1 is read, but nothing wrote it on this path",
    });
    expect(classify("R2 invalid mem access 'map_value_or_null'").code).toBe("V003");
    expect(classify("no such sentence")).toEqual({ code: "V000", message: "no such sentence", help: "" });
  });
});
