/** Files that a command writes because it was asked to. */
import { writeFileSync } from "node:fs";
import { SkepError } from "../base/error.ts";

/** Throws "usage/unwritable" where the path cannot be written. */
export function writeOut(file: string, data: string | Uint8Array): void {
  try {
    writeFileSync(file, data);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SkepError("usage/unwritable", `cannot write ${file}: ${code ?? String(cause)}`, {
      site: { file },
      advice: code === "ENOENT" ? "the folder must be there" : "choose a file that you may write",
      cause,
    });
  }
}
