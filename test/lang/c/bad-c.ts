/**
 * Bad C through the whole compiler: the corpus and the examples, made worse. What comes back is an object, or errors with places;
 * an exception, an error without a place, none at all, or a long silence is a finding.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { compileC } from "../../../src/lang/c/compile.ts";
import { misspell, mutate, random } from "./mutate.ts";
import { DISK } from "./read.ts";

const SLOW_MS = 20_000;

/** Sources of the repository that compile, by path. */
function sources(root: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const folder of ["test/c", "examples", "test/bench/programs"]) {
    for (const file of readdirSync(join(root, folder)).sort()) {
      if (file.endsWith(".bpf.c")) found.set(join(root, folder, file), readFileSync(join(root, folder, file), "utf8"));
    }
  }
  return found;
}

export class BadC {
  readonly #seed: number;
  readonly #sources: [string, string][];
  refused = 0;
  compiled = 0;

  constructor(seed: number, root: string = fileURLToPath(new URL("../../../", import.meta.url))) {
    this.#seed = seed;
    this.#sources = [...sources(root)];
  }

  /** Source number `index` of this seed. */
  source(index: number): { path: string; text: string } {
    const pick = random(Math.imul(this.#seed, 2654435761) ^ Math.imul(index + 1, 40503));
    for (let i = 0; i < 3; i++) pick(2);
    const [path, text] = this.#sources[pick(this.#sources.length)]!;
    switch (pick(4)) {
      case 0:
        return { path, text: mutate(text, pick) };
      case 1: {
        // Two files in one
        const [, other] = this.#sources[pick(this.#sources.length)]!;
        const cut = pick(text.length);
        return { path, text: text.slice(0, cut) + other.slice(pick(other.length)) };
      }
      default:
        return { path, text: misspell(text, pick) };
    }
  }

  /** What is wrong with how the compiler took it; null where nothing is. */
  run(index: number): string | null {
    const { path, text } = this.source(index);
    const start = performance.now();
    try {
      const result = compileC(path, new TextEncoder().encode(text), {
        files: DISK,
        includePaths: [dirname(path)],
        defines: ["__TARGET_ARCH_x86"],
      });
      const errors = result.diagnostics.filter((one) => one.severity === "error");
      if (result.object === null) this.refused++;
      else this.compiled++;
      if (result.object === null && errors.length === 0) return `${basename(path)}: no object, and no error`;
      if (result.object !== null && errors.length > 0) return `${basename(path)}: an object in spite of errors`;
      for (const { message, line, col, endCol } of result.diagnostics) {
        if (/internal/.test(message)) return `${basename(path)}: ${message}`;
        if (!Number.isInteger(line) || !Number.isInteger(col) || endCol < col)
          return `${basename(path)}: a diagnostic without a place: ${message}`;
      }
    } catch (error) {
      return `${basename(path)}: ${(error as Error).stack}`;
    }
    const ms = performance.now() - start;
    return ms > SLOW_MS ? `${basename(path)}: ${ms.toFixed(0)} ms` : null;
  }
}
