/** The scripts of `skep completion`, in the shells that are here. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT } from "../tidy/source.ts";

const MAIN = `${ROOT}/dist/cli/main.js`;
const built = existsSync(MAIN);
if (!built) console.log("completion tests skipped: dist/ is not built (npm run build)");

const has = (shell: string): boolean => spawnSync(shell, ["-c", "true"]).status === 0;

const scratch = mkdtempSync(join(tmpdir(), "skep-completion-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function script(shell: string): string {
  const { status, stdout } = spawnSync(process.execPath, [MAIN, "completion", shell], { encoding: "utf8" });
  expect(status).toBe(0);
  return stdout;
}

/** What bash offers for a line whose last word the cursor is in. */
function offers(file: string, ...words: string[]): string[] {
  const setup = `source ${file}; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _skep; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync("bash", ["-c", setup, "bash", "skep", ...words], { encoding: "utf8", cwd: ROOT });
  return stdout.split("\n").filter((line) => line !== "");
}

describe.skipIf(!built)("completion", () => {
  test.skipIf(!has("bash"))("bash: commands, options, choices, files", () => {
    const file = join(scratch, "skep.bash");
    writeFileSync(file, script("bash"));
    expect(offers(file, "ver")).toEqual(["verify"]);
    expect(offers(file, "run", "--ta")).toEqual(["--target"]);
    expect(offers(file, "--json", "run", "--target", "")).toEqual(["embedded", "linux"]);
    expect(offers(file, "completion", "")).toEqual(["bash", "zsh", "fish"]);
    expect(offers(file, "gen", "ob")).toEqual(["object"]);
    expect(offers(file, "gen", "object", "--j")).toEqual(["--json"]);
    expect(offers(file, "run", "READ")).toEqual(["README.md"]);
  });

  for (const shell of ["zsh", "fish"]) {
    if (!has(shell)) console.log(`completion for ${shell} is not parsed: no ${shell} here`);
    test(`${shell}: every command, and the shell can read it`, () => {
      const text = script(shell);
      for (const command of ["run", "verify", "gen object", "completion"]) expect(text).toContain(command);
      if (!has(shell)) return;
      const file = join(scratch, `skep.${shell}`);
      writeFileSync(file, text);
      expect(spawnSync(shell, ["-n", file], { encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
    });
  }

  test("another shell is a usage error", () => {
    expect(spawnSync(process.execPath, [MAIN, "completion", "tcsh"]).status).toBe(2);
  });
});
