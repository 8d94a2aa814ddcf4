/**
 * Each pass on text: test/golden/ir/NAME.ir holds the passes' names, a module, and what it becomes. UPDATE=1 writes what it
 * becomes now.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { checkModule } from "../check.ts";
import type { IrFunction, IrModule } from "../ir.ts";
import { parseModule } from "../parse.ts";
import { printModule } from "../print.ts";
import { cleanCfg } from "./cfg.ts";
import { commonSubexpressions, forwardLoads } from "./cse.ts";
import { removeDead } from "./dce.ts";
import { inlineCalls } from "./inline.ts";
import { mem2reg } from "./mem2reg.ts";
import { alignStackAccess, lowerMemOps } from "./memops.ts";
import { optimize } from "./optimize.ts";
import { rebasePointers } from "./rebase.ts";
import { simplify } from "./simplify.ts";
import { sroa } from "./sroa.ts";
import { removeDeadStores } from "./stores.ts";
import { threadJumps } from "./thread.ts";
import { unrollOne } from "./unroll.ts";

const FOLDER = new URL("../../../test/golden/ir/", import.meta.url);
const MARK = "; ---\n";

const PASSES: Readonly<Record<string, (fn: IrFunction, module: IrModule) => unknown>> = {
  cfg: cleanCfg,
  simplify,
  cse: commonSubexpressions,
  loads: forwardLoads,
  dce: removeDead,
  sroa,
  mem2reg,
  memops: lowerMemOps,
  align: alignStackAccess,
  thread: threadJumps,
  unroll: unrollOne,
  rebase: rebasePointers,
  stores: removeDeadStores,
};

function run(pass: string, module: IrModule): string {
  if (pass === "inline") return said(inlineCalls(module, () => {}));
  if (pass === "optimize") return said(optimize(module));
  let text = "";
  for (const fn of module.functions) {
    const result = PASSES[pass]!(fn, module);
    if (Array.isArray(result)) text += said(result);
  }
  return text;
}

function said(diagnostics: readonly { readonly code: string; readonly message: string }[]): string {
  return diagnostics.map((one) => `; ${one.code}: ${one.message}\n`).join("");
}

describe("passes on text", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".ir"))) {
    test(name, () => {
      const file = new URL(name, FOLDER);
      const [before, after = ""] = readFileSync(file, "utf8").split(MARK) as [string, string?];
      const passes = /^; passes: (.*)$/m.exec(before)![1]!.split(" ");
      const module = parseModule(before);
      expect(checkModule(module)).toEqual([]);
      let got = "";
      for (const pass of passes) {
        got += run(pass, module);
        expect(checkModule(module)).toEqual([]);
      }
      got += printModule(module, { noPos: true });
      if (process.env.UPDATE) writeFileSync(file, before + MARK + got);
      else expect(got).toBe(after);
    });
  }
});

test("text, parsed and printed, is the same text", () => {
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith(".ir"))) {
    const text = readFileSync(new URL(name, FOLDER), "utf8")
      .split(MARK)[1]!
      .replace(/^;.*\n/gm, "");
    expect(printModule(parseModule(text))).toBe(text);
  }
});

test("a mistake in the text is named with its line", () => {
  expect(() => parseModule('func @f() i32 section=".text" {\nb0:\n  %1 = frob i32 1\n}\n')).toThrow(
    /"frob" is no operation/,
  );
  expect(() => parseModule('func @f() i32 section=".text" {\nb0:\n  ret %9\n}\n')).toThrow(/%9 is nowhere defined/);
});

test("the checker finds what is wrong", () => {
  const faults = (body: string): string[] =>
    checkModule(parseModule(`func @f(%0:i32) i32 section=".text" {\n${body}\n}\n`));
  expect(faults("b1:\n  ret %0")).toEqual([]);
  expect(faults("b1:\n  ret i64 1")[0]).toMatch(/ret of i64/);
  expect(faults("b1:\n  %2 = add %0, i64 1\n  ret %0")[0]).toMatch(/add i32 of i32 and i64/);
  expect(faults("b1:\n  br b2\nb2:\n  %3 = phi i32 [%0, b1] [%0, b2]\n  ret %3")[0]).toMatch(/a phi has edges/);
  expect(faults("b1:\n  condbr %0 b2 b3\nb2:\n  %3 = add %0, i32 1\n  br b3\nb3:\n  ret %3")[0]).toMatch(
    /before it is made/,
  );
  expect(faults("b1:\n  %3 = add %0, i32 1")[0]).toMatch(/has no end/);
});
