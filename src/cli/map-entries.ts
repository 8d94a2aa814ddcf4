/**
 * Entries put into maps before a run: `--maps FILE`, JSON in the form in which `run --json` prints maps:
 *
 *     { "rules": [{ "key": { "prefixlen": 120, "addr": { "bytes": "198.51.100.0" } }, "value": { "action": 1 } }] }
 *
 * Byte arrays may be written as hex digits, or as the address they hold.
 */
import { SkepError } from "../base/error.ts";
import type { Collection } from "../loader/collection.ts";
import type { Value } from "../loader/shape.ts";
import { readInput } from "./input.ts";

export async function putEntries(collection: Collection, file: string): Promise<void> {
  const document = parseDocument(new TextDecoder().decode(await readInput(file)), file);
  for (const [name, entries] of Object.entries(document)) {
    const map = collection.userMaps.find((each) => each.name === name);
    if (map === undefined) {
      throw new SkepError("usage/maps", `no map ${name} in ${collection.spec.name}`, {
        site: { file },
        advice: `it has: ${collection.userMaps.map((each) => each.name).join(", ")}`,
      });
    }
    if (!Array.isArray(entries)) throw badDocument(file, `"${name}" is no list of entries`);
    for (const entry of entries as unknown[]) {
      if (typeof entry !== "object" || entry === null || !("key" in entry) || !("value" in entry)) {
        throw badDocument(file, `an entry of "${name}" lacks "key" or "value"`);
      }
      map.set(entry.key as Value, entry.value as Value);
    }
  }
}

function parseDocument(text: string, file: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw badDocument(file, `no JSON: ${(cause as Error).message}`, cause);
  }
  if (typeof document !== "object" || document === null || Array.isArray(document))
    throw badDocument(file, "no JSON object");
  return document as Record<string, unknown>;
}

function badDocument(file: string, message: string, cause?: unknown): SkepError {
  return new SkepError("input/maps", message, {
    site: { file },
    advice: 'write { "map": [{ "key": ..., "value": ... }] }, as run --json prints it under "maps"',
    cause,
  });
}
