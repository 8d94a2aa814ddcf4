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

/** What a file imports (static, type-only and dynamic): paths relative to src/ for our own, else the specifier. */
export function importsOf(file: string): string[] {
  const text = readSource(file).replaceAll(/\/\*[\s\S]*?\*\//g, "");
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map((match) => match[1]!);
  return specifiers.map((specifier) =>
    specifier.startsWith(".") ? relative(SRC, resolve(SRC, dirname(file), specifier)).replaceAll("\\", "/") : specifier,
  );
}
