/**
 * Whole diagnostics of small C programs of the kind that people post, one a main class: golden/NAME.bpf.c, compiled by
 * golden/build.sh, and what is printed for it in golden/NAME.txt. golden/fixed/NAME.bpf.c follows the advice and is
 * accepted. UPDATE=1 rewrites the texts.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Btf } from "../../src/btf/btf.ts";
import { diagnosticJson, diagnosticText } from "../../src/cli/diagnostic.ts";
import { output } from "../../src/cli/output.ts";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { explain } from "../../src/verifier/explain.ts";
import { verify } from "../../src/verifier/verify.ts";
import { hasKernelBtf, liveKernel, VMLINUX_BTF } from "../live.ts";

const FOLDER = new URL("golden/", import.meta.url).pathname;
const names = readdirSync(FOLDER)
  .filter((file) => file.endsWith(".bpf.c"))
  .map((file) => file.slice(0, -".bpf.c".length));

output.color = "never";

const kernelBtf = hasKernelBtf() ? new Btf(readFileSync(VMLINUX_BTF)) : null;

/** The only program of an object, on a machine without kernel BTF; null where it needs one and there is none. */
function programOf(name: string, folder: string = FOLDER): ResolvedProg | null {
  const needsBtf = readFileSync(`${folder}${name}.bpf.c`, "utf8").startsWith("// needs: kernel BTF");
  if (needsBtf && kernelBtf === null) return null;
  const spec = parseObject(readFileSync(`${folder}${name}.bpf.o`), `${name}.bpf.o`);
  const kernel = { kernelBtf: needsBtf ? kernelBtf : null, kconfig: () => 0n, coreCache: new Map() };
  return resolveOn(spec.programs[0]!, spec, resolveMaps(spec, kernel), kernel);
}

describe("what is printed", () => {
  for (const name of names)
    test(name, ({ skip }) => {
      const prog = programOf(name);
      if (prog === null) return skip("no kernel BTF here");
      const { ok, error } = verify(prog);
      expect(ok).toBe(false);
      const text = `${diagnosticText(explain(prog, error!))}\n`;
      const file = `${FOLDER}${name}.txt`;
      if (process.env["UPDATE"] || !existsSync(file)) writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, "utf8"));
      const lines = text.trimEnd().split("\n");
      expect(lines.length).toBeLessThanOrEqual(12);
      expect(text).toContain("= help: ");
      expect(text).toContain("^");
    });

  test("every text has its program", () => {
    const texts = readdirSync(FOLDER).filter((file) => file.endsWith(".txt"));
    expect(texts.map((file) => file.slice(0, -".txt".length)).sort()).toEqual([...names].sort());
  });
});

/** fixed/NAME.bpf.c is the same program with the advice followed: advice that does not help is none. */
describe("the advice helps", () => {
  for (const name of names)
    test(name, ({ skip }) => {
      const prog = programOf(name, `${FOLDER}fixed/`);
      if (prog === null) return skip("no kernel BTF here");
      const { ok, error } = verify(prog);
      expect(ok, error?.kernel).toBe(true);
    });
});

test("in JSON the same, with the inequality in two halves", () => {
  const prog = programOf("packet-bounds")!;
  expect(diagnosticJson(explain(prog, verify(prog).error!))).toMatchObject({
    code: "V005",
    severity: "error",
    line: 21,
    col: 6,
    endCol: 14,
    required: "46 + 2 <= 34",
    known: "34 bytes from the packet proven",
    related: [{ message: "bytes 0..33 proven readable here", line: 17 }],
    help: "add  if ((void *)(tcp + 1) > end) return ...;  before this",
  });
});

const reason = liveKernel();

describe.skipIf(reason !== null)("the running kernel says the same, and takes what follows the advice", () => {
  const judge: Judge | null = reason === null ? kernelJudge() : null;
  afterAll(() => judge?.close());

  for (const name of names)
    test(name, ({ skip }) => {
      const prog = programOf(name);
      if (prog === null) return skip("no kernel BTF here");
      const verdict = judge!.judge(prog);
      expect(verdict.unusable).toBe("");
      expect(verdict.ok).toBe(false);
      const said = verify(prog)
        .error!.kernel.split("\n")
        .filter((line) => !/^(?:old|cur) state:/.test(line));
      expect(said.at(-1)).toBe(verdict.message.trimEnd());
      for (const sentence of said) expect(verdict.log).toContain(sentence.trimEnd());
      const fixed = judge!.judge(programOf(name, `${FOLDER}fixed/`)!);
      expect(fixed.ok, fixed.message).toBe(true);
    });
});
