/** The published types compile where an application has Node's types, and where it has the DOM library, without skipLibCheck. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ROOT, sourceFiles } from "../tidy/source.ts";
import { tsc } from "../tidy/tsc.ts";

const built = existsSync(`${ROOT}/dist/index.d.ts`);
if (!built) console.log("type tests skipped: dist/ is not built (npm run build)");

const STRICT = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--skipLibCheck", "false"];

test.skipIf(!built)(
  "every entry, with Node's types or the DOM library alone",
  () => {
    const entries = sourceFiles().filter(
      (file) => !file.includes("/") && existsSync(`${ROOT}/dist/${file.replace(/ts$/, "d.ts")}`),
    );
    const names = entries.map((file) => (file === "index.ts" ? "skep" : `skep/${file.replace(/\.ts$/, "")}`));
    expect(names).toContain("skep/verifier");
    mkdirSync(`${ROOT}/.skep`, { recursive: true });
    const file = `${ROOT}/.skep/entries-check.mts`;
    const lines = names.map((name, i) => `import * as entry${i} from "${name}";\nvoid entry${i};`);
    writeFileSync(file, `${lines.join("\n")}\n`);
    expect(tsc([file], ...STRICT, "--lib", "esnext", "--types", "node")).toBe("");
    expect(tsc([file], ...STRICT, "--lib", "esnext,dom")).toBe("");
  },
  120_000,
);
