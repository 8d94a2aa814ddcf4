/** The pages of docs/explain: every program in them is verified here, and by the running kernel where there is one. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { Btf } from "../../src/btf/btf.ts";
import { kernelJudge } from "../../src/linux/judge.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { CODES } from "../../src/verifier/codes.ts";
import { verify } from "../../src/verifier/verify.ts";
import { hasKernelBtf, liveKernel, VMLINUX_BTF } from "../live.ts";
import { asmProgram, type Block, blocksOf } from "./page.ts";

const PAGES = new URL("../../docs/explain/", import.meta.url).pathname;
const OBJECTS = new URL("pages/", import.meta.url).pathname;

const pages = readdirSync(PAGES).filter((file) => file.endsWith(".md"));
const textOf = (file: string): string => readFileSync(`${PAGES}${file}`, "utf8");
const blocks = pages.flatMap((file) => blocksOf(textOf(file)).map((block) => ({ code: file.slice(0, 4), ...block })));

test("pages are those of the catalogue", () => {
  expect(pages.map((file) => file.slice(0, 4)).sort()).toEqual(CODES.map((row) => row.code).sort());
});

test.each(pages)("%s has a program that fails and one that passes, or says why not", (file) => {
  const kinds = new Set(blocksOf(textOf(file)).map((block) => block.kind));
  if (/<!-- no program: .+ -->/.test(textOf(file))) expect(kinds.size).toBe(0);
  else expect([...kinds].sort()).toEqual(["fail", "pass"]);
});

const kernelBtf = hasKernelBtf() ? new Btf(readFileSync(VMLINUX_BTF)) : null;

interface Runnable {
  readonly prog: ResolvedProg;
  readonly privileged: boolean;
}

/** C programs use kernel functions and types: without kernel BTF there is none to run. */
function programOf(code: string, block: Block): Runnable | null {
  if (block.lang === "asm") {
    const { prog, options } = asmProgram(block.text);
    return { prog, privileged: options.privileged ?? true };
  }
  if (kernelBtf === null) return null;
  const name = `${code}.${block.kind}.bpf`;
  const spec = parseObject(readFileSync(`${OBJECTS}${name}.o`), `${name}.o`);
  const kernel = { kernelBtf, kconfig: () => 0n, coreCache: new Map() };
  return { prog: resolveOn(spec.programs[0]!, spec, resolveMaps(spec, kernel), kernel), privileged: true };
}

describe("programs", () => {
  for (const block of blocks) {
    test(`${block.code}, ${block.lang} ${block.kind}`, ({ skip }) => {
      const one = programOf(block.code, block);
      if (one === null) return skip("no kernel BTF here");
      const result = verify(one.prog, { privileged: one.privileged });
      if (result.error?.kernel.includes("not supported yet")) return skip(result.error.kernel);
      const said = result.error === undefined ? "accepted" : result.error.code;
      expect(said, result.error?.kernel).toBe(block.kind === "fail" ? block.code : "accepted");
    });
  }

  test.each(blocks.filter((block) => block.lang === "c"))(
    "$code, c $kind: the object is the page's program",
    ({ code, kind, text }) => {
      expect(readFileSync(`${OBJECTS}${code}.${kind}.bpf.c`, "utf8")).toBe(`#include "page.h"\n${text}`);
    },
  );
});

const reason = liveKernel();

describe.skipIf(reason !== null)("the running kernel agrees", () => {
  const judge = reason === null ? kernelJudge() : null;
  afterAll(() => judge?.close());

  for (const block of blocks) {
    test(`${block.code}, ${block.lang} ${block.kind}`, ({ skip }) => {
      const one = programOf(block.code, block);
      if (one === null || !one.privileged) return skip("this test runs with privileges");
      const verdict = judge!.judge(one.prog);
      if (verdict.unusable !== "") return skip(verdict.unusable);
      expect(verdict.ok ? "pass" : "fail", verdict.message).toBe(block.kind);
    });
  }
});
