/**
 * Objects that installed tools carry: all programs of all of them are read without an error.
 *
 *     SKEP_TOOLS=/usr/sbin npx vitest run test/peer/embedded          Debian: libbpf-tools
 *     SKEP_TOOLS_OUT=DIR                                             also writes the objects to DIR
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseObject } from "../../src/obj/parse.ts";
import { embeddedObjects } from "./embedded.ts";

const folder = process.env["SKEP_TOOLS"];
const out = process.env["SKEP_TOOLS_OUT"];

describe.skipIf(folder === undefined)("objects within installed tools", () => {
  test("are read", { timeout: 600_000 }, () => {
    let objects = 0;
    let programs = 0;
    let insns = 0;
    let ms = 0;
    const failures: string[] = [];
    for (const tool of readdirSync(folder!)) {
      const path = join(folder!, tool);
      if (!statSync(path, { throwIfNoEntry: false })?.isFile()) continue;
      for (const [i, bytes] of embeddedObjects(readFileSync(path)).entries()) {
        objects++;
        if (out !== undefined) writeFileSync(join(out, `${tool}.${i}.o`), bytes);
        const started = performance.now();
        try {
          for (const prog of parseObject(bytes, tool).programs) {
            programs++;
            insns += prog.insns.length;
            if (prog.type === 0) failures.push(`${tool}: section '${prog.section}' says nothing`);
          }
        } catch (error) {
          failures.push(`${tool}: ${error}`);
        }
        ms += performance.now() - started;
      }
    }
    console.log(`${objects} objects, ${programs} programs, ${insns} insns in ${ms.toFixed(0)} ms`);
    expect(failures).toEqual([]);
    expect(objects).toBeGreaterThan(0);
  });
});
