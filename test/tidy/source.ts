/** The source tree as the tidy checks see it. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
export const SRC: string = `${ROOT}/src`;

/** Paths relative to src/, tests and ambient declarations left out. */
export function sourceFiles(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".d.ts"))
    .sort();
}

export function readSource(file: string): string {
  return readFileSync(`${SRC}/${file}`, "utf8");
}

/** `import ... from "x"` and `export ... from "x"` at the start of a line; `import("x")` anywhere. */
const STATIC =
  /^(?:import|export)\s+((?:type\s+)?(?:[\w$]+\s*,?\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?)?)\s*from\s*["']([^"'\n]+)["']/gm;
const DYNAMIC = /\bimport\(\s*["']([^"'\n]+)["']/g;

/** What a file imports: paths relative to src/ for our own, else the specifier. */
export function importsOf(file: string): string[] {
  const text = readSource(file);
  const specifiers = [...text.matchAll(STATIC)].map((match) => match[2]!);
  return [...specifiers, ...[...text.matchAll(DYNAMIC)].map((match) => match[1]!)].map((each) => local(file, each));
}

/** Static imports that exist at run time: `import type` is erased and cannot make a cycle. */
export function valueImportsOf(file: string): string[] {
  return [...readSource(file).matchAll(STATIC)]
    .filter((match) => !/^type\b/.test(match[1]!))
    .map((match) => local(file, match[2]!))
    .filter((imported) => imported.endsWith(".ts"));
}

function local(file: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return relative(SRC, resolve(SRC, dirname(file), specifier)).replaceAll("\\", "/");
}
