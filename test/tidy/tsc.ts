/** Compiles modules that use the published package, as a user's strict project would. */
import { spawnSync } from "node:child_process";
import { ROOT } from "./source.ts";

const FLAGS =
  "--ignoreConfig --module nodenext --target es2023 --lib es2023,esnext.disposable,dom --strict --skipLibCheck";

/** What tsc says, "" where all is well. Files lie within the repository, so that "skep" is found; they are emitted beside. */
export function tsc(files: readonly string[], ...more: string[]): string {
  const words = [`${ROOT}/node_modules/typescript/bin/tsc`, ...FLAGS.split(" "), "--rootDir", ROOT, ...more, ...files];
  return spawnSync(process.execPath, words, { cwd: ROOT, encoding: "utf8" }).stdout;
}
