/** Input of a command: a file, or stdin for "-". */
import { readFile } from "node:fs/promises";
import { SkepError } from "../base/error.ts";

export async function readInput(file: string): Promise<Uint8Array> {
  if (file === "-") {
    const chunks: Buffer[] = [];
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
    return new Uint8Array(Buffer.concat(chunks));
  }
  try {
    return new Uint8Array(await readFile(file));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new SkepError("input/unreadable", `cannot read ${file}: ${code ?? String(cause)}`, {
      site: { file },
      advice: code === "ENOENT" ? "check the path" : "check that it is a file you may read",
      cause,
    });
  }
}
