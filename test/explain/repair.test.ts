/**
 * Fixes that were tried out, and programs with several errors. "accepted" is a claim about the kernel: the patched program
 * is given to the one that runs here. several/NAME.bpf.c is compiled by Skep; UPDATE=1 rewrites several/NAME.txt.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { diagnosticText } from "../../src/cli/diagnostic.ts";
import { output } from "../../src/cli/output.ts";
import { compileC } from "../../src/lang/c/compile.ts";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ResolvedProg } from "../../src/obj/spec.ts";
import { explainAndRepair } from "../../src/verifier/explain.ts";
import { explainAll } from "../../src/verifier/explain-all.ts";
import { applyPatch } from "../../src/verifier/patch.ts";
import { verify } from "../../src/verifier/verify.ts";
import { liveKernel } from "../live.ts";
import { asmProgram, blocksOf } from "./page.ts";

const GOLDEN = new URL("golden/", import.meta.url).pathname;
const SEVERAL = new URL("several/", import.meta.url).pathname;
const PAGES = new URL("../../docs/explain/", import.meta.url).pathname;

output.color = "never";

function resolved(object: Uint8Array, name: string): ResolvedProg {
  const spec = parseObject(object, name);
  const kernel = { kernelBtf: null, kconfig: () => 0n, coreCache: new Map() };
  return resolveOn(spec.programs[0]!, spec, resolveMaps(spec, kernel), kernel);
}

function severalProgram(name: string): ResolvedProg {
  const file = `${name}.bpf.c`;
  const { object, diagnostics } = compileC(file, readFileSync(`${SEVERAL}${file}`));
  expect(diagnostics).toEqual([]);
  return resolved(object!, file);
}

describe("several errors of one program", () => {
  for (const name of ["three", "two", "held"])
    test(name, () => {
      const prog = severalProgram(name);
      const { errors, accepted } = explainAll(prog, verify(prog).error!);
      const text = `${errors.map(diagnosticText).join("\n\n")}\n\naccepted with all fixes: ${accepted}\n`;
      const file = `${SEVERAL}${name}.txt`;
      if (process.env["UPDATE"] || !existsSync(file)) writeFileSync(file, text);
      expect(text).toBe(readFileSync(file, "utf8"));
    });

  test("are at most as many as asked for", () => {
    const prog = severalProgram("three");
    expect(explainAll(prog, verify(prog).error!, { limit: 2 }).errors.map((error) => error.code)).toEqual([
      "V003",
      "V006",
    ]);
  });

  test("a walk that leaves paths out proves nothing", () => {
    const { prog } = asmProgram("; type: xdp\nr0 = r5\nexit");
    const cut = verify(prog, { endsPath: (insn) => insn === 0 });
    expect(cut.ok).toBe(true);
    expect(cut.prog).toBeUndefined();
  });
});

describe("a patch", () => {
  const { prog } = asmProgram("; type: xdp\nr0 = 0\nif r1 == 0 goto last\nr0 = 1\ngoto last\nlast: r0 += 1\nexit");
  const nop = { code: 0xbf, dst: 0, src: 0, off: 0, imm: 0 };

  test("before an instruction runs for those that jump there", () => {
    const { prog: out, toOld, fresh } = applyPatch(prog, { edits: [{ kind: "insert", at: 4, insns: [nop] }] })!;
    expect([...out.insns.code]).toEqual([0xb7, 0x15, 0xb7, 0x05, 0xbf, 0x07, 0x95]);
    expect([out.insns.off[1], out.insns.off[3]]).toEqual([2, 0]);
    expect(fresh).toEqual([4]);
    expect([0, 3, 4, 5, 6].map(toOld)).toEqual([0, 3, 4, 4, 5]);
  });

  test("aside does not", () => {
    const edit = { kind: "insert", at: 4, insns: [nop], aside: true } as const;
    const { prog: out } = applyPatch(prog, { edits: [edit] })!;
    expect([out.insns.off[1], out.insns.off[3]]).toEqual([3, 1]);
  });

  test("on an edge runs where that jump is taken, behind the function", () => {
    const { prog: out } = applyPatch(prog, { edits: [{ kind: "edge", at: 1, insns: [nop] }] })!;
    expect([...out.insns.code]).toEqual([0xb7, 0x15, 0xb7, 0x05, 0x07, 0x95, 0xbf, 0x05]);
    expect([out.insns.off[1], out.insns.off[3], out.insns.off[7]]).toEqual([4, 0, -4]);
  });

  test("is refused where a jump would have to reach too far", () => {
    const insns = Array.from({ length: 32768 }, () => nop);
    expect(applyPatch(prog, { edits: [{ kind: "insert", at: 2, insns }] })).toBeNull();
  });
});

/** Programs that are refused and have a fix that the verifier accepts. */
function repaired(): { name: string; prog: ResolvedProg }[] {
  const golden = readdirSync(GOLDEN)
    .filter(
      (file) => file.endsWith(".bpf.c") && !readFileSync(`${GOLDEN}${file}`, "utf8").includes("needs: kernel BTF"),
    )
    .map((file) => ({ name: file, prog: resolved(readFileSync(`${GOLDEN}${file.replace(/c$/, "o")}`), file) }));
  const pages = readdirSync(PAGES)
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) => blocksOf(readFileSync(`${PAGES}${file}`, "utf8")).map((block) => ({ file, block })))
    .filter(({ block }) => block.lang === "asm" && block.kind === "fail")
    .map(({ file, block }) => ({ name: file, ...asmProgram(block.text) }))
    .filter(({ options }) => options.privileged !== false);
  return [...golden, ...pages].flatMap(({ name, prog }) => {
    const { error } = verify(prog);
    const repair = error === undefined ? null : explainAndRepair(prog, error, {}).repair;
    return repair === null || !repair.result.ok ? [] : [{ name, prog: repair.patched.prog }];
  });
}

const reason = liveKernel();

describe.skipIf(reason !== null)("what is said to be accepted with a fix, the running kernel accepts", () => {
  const judge: Judge | null = reason === null ? kernelJudge() : null;
  afterAll(() => judge?.close());

  test.each(repaired())("$name", ({ prog }) => {
    const verdict = judge!.judge(prog);
    expect(verdict.unusable).toBe("");
    expect(verdict.ok, verdict.message).toBe(true);
  });
});
