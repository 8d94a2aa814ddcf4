/**
 * Skep's linking against libbpf's, byte for byte: BTF, insns, func_info, line_info and contents of global sections.
 *
 *     SKEP_OBJECTS=DIR npx vitest run test/peer     also compares every .o below DIR that libbpf takes
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { parseObject } from "../../src/obj/parse.ts";
import { dumper, loaderBlob, peerMissing } from "./blob.ts";
import { missingFrom } from "./compare.ts";

const folder = fileURLToPath(new URL("../fixtures/obj/", import.meta.url));
const reason = peerMissing();
if (reason !== "") console.log(`skipped: ${reason}`);

/** libbpf's loader takes neither pinned maps, legacy maps, prog array slots nor arenas; gcc's global offsets it gets wrong. */
const FIXTURES = ["basic", "subprogs", "externs", "core"].flatMap((name) =>
  [14, 16, 19].map((version) => `${name}.clang-${version}.o`),
);

describe.skipIf(reason !== "")("the same as libbpf", () => {
  test.each(FIXTURES)("%s", (name) => {
    const blob = loaderBlob(join(folder, name));
    if (typeof blob === "string") throw new Error(blob);
    // Hidden variables become static since libbpf 1.2; bpftool may carry an older one.
    const hidden = dumper !== undefined || !name.startsWith("externs");
    const spec = parseObject(readFileSync(join(folder, name)), dumper === undefined ? "peer" : name);
    expect(missingFrom(blob, spec, hidden)).toEqual([]);
  });
});

const bulk = process.env["SKEP_OBJECTS"];

describe.skipIf(reason !== "" || bulk === undefined)("objects of SKEP_OBJECTS", () => {
  test("compare", { timeout: 3_600_000 }, () => {
    const counts = { same: 0, differ: 0, bothRefuse: 0, onlySkep: 0, onlyLibbpf: 0 };
    const report: string[] = [];
    for (const entry of readdirSync(bulk ?? "", { recursive: true, encoding: "utf8" })) {
      if (!entry.endsWith(".o")) continue;
      const path = join(bulk!, entry);
      const blob = loaderBlob(path);
      let missing: string[] | null = null;
      let refusal = "";
      try {
        const spec = parseObject(readFileSync(path), basename(path));
        missing = typeof blob === "string" ? [] : missingFrom(blob, spec);
      } catch (error) {
        refusal = String(error);
      }
      if (missing === null) {
        counts[typeof blob === "string" ? "bothRefuse" : "onlyLibbpf"]++;
        report.push(
          `${entry}: skep: ${refusal}; libbpf: ${typeof blob === "string" ? blob.split("\n")[0] : "takes it"}`,
        );
      } else if (typeof blob === "string") {
        counts.onlySkep++;
        report.push(`${entry}: only skep takes it: ${blob.split("\n")[0]}`);
      } else if (missing.length === 0) counts.same++;
      else {
        counts.differ++;
        report.push(`${entry}: ${missing.join(", ")}`);
      }
    }
    console.log(`${report.join("\n")}\n${JSON.stringify(counts)}`);
    expect(counts.differ + counts.onlyLibbpf).toBe(0);
  });
});
