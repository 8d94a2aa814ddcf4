/** The vector files of files/. */
import { readdirSync, readFileSync } from "node:fs";
import { parseVector } from "./format.ts";
import type { Vector } from "./vector.ts";

export const FOLDER: URL = new URL("./files/", import.meta.url);

export function writtenVectors(): Vector[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(".vec"))
    .map((name) => parseVector(name, readFileSync(new URL(name, FOLDER), "utf8")));
}
