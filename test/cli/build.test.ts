/** `skep build` as Makefiles call compilers. Over dist/. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const built = existsSync(join(root, "dist/cli/main.js"));
if (!built) console.log("tests of skep build are skipped: dist/ is not built (npm run build)");

describe.skipIf(!built)("skep build", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-build-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const skep = (line: string) =>
    spawnSync(process.execPath, ["dist/cli/main.js", "build", ...line.split(" ")], { cwd: root, encoding: "utf8" });

  test("a line of a Makefile", () => {
    const object = join(folder, "guard.o");
    const ran = skep(
      `-g -O2 -target bpf -D__TARGET_ARCH_x86 -Wall -Werror -Iexamples -idirafter /usr/include -MD -c examples/syn_guard.bpf.c -o ${object} --emit wat,asm`,
    );
    expect(ran).toMatchObject({ status: 0 });
    expect(readFileSync(object).subarray(0, 4).toString("latin1")).toBe("\x7fELF");
    expect(readFileSync(join(folder, "guard.d"), "utf8")).toBe(
      `${object}: examples/syn_guard.bpf.c \\\n  examples/parse.h\n`,
    );
    expect(readFileSync(join(folder, "guard.wat"), "utf8")).toMatch(/^;; syn_guard\n\(module\n/);
  });

  test("-M", () => {
    const ran = skep("-M -Iexamples examples/syn_guard.bpf.c");
    expect(ran).toMatchObject({
      status: 0,
      stdout: "examples/syn_guard.bpf.o: examples/syn_guard.bpf.c \\\n  examples/parse.h\n",
    });
  });

  test("what it cannot do", () => {
    expect(skep("-emit-llvm -c examples/syn_guard.bpf.c")).toMatchObject({ status: 2 });
  });
});
