/** Parsing in tests: sources given as text, or read from the disk. */
import { readFileSync } from "node:fs";
import type { Unit } from "../../../src/lang/c/ast.ts";
import { type FileProvider, type ParseOptions, parseC } from "../../../src/lang/c/parse.ts";

const ENCODER = new TextEncoder();

/** `files`: by path. */
export function parseText(
  text: string,
  files: Readonly<Record<string, string>> = {},
  options: Partial<ParseOptions> = {},
): Unit {
  const provider: FileProvider = {
    read: (path) => (files[path] === undefined ? undefined : ENCODER.encode(files[path])),
  };
  return parseC("a.c", ENCODER.encode(text), { files: provider, ...options });
}

/** `2:5 error C206 message`, one line each. */
export function showDiagnostics(unit: Unit): string[] {
  return unit.diagnostics.map(
    (d) => `${d.file === "a.c" ? "" : `${d.file}:`}${d.line}:${d.col} ${d.severity} ${d.code} ${d.message}`,
  );
}

const cache = new Map<string, Uint8Array | undefined>();
export const DISK: FileProvider = {
  read(path) {
    if (!cache.has(path)) {
      let bytes: Uint8Array | undefined;
      try {
        bytes = new Uint8Array(readFileSync(path));
      } catch {
        // No such file: the next folder of the search path is tried
      }
      cache.set(path, bytes);
    }
    return cache.get(path);
  },
};
