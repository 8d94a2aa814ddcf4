/** The running kernel says the same of small programs and of the repository's objects, by the same work. */
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { liveKernel } from "../../test/live.ts";
import { CASES } from "../../test/verifier/cases.ts";
import { progOfText } from "../../test/verifier/prog.ts";
import { relocateCore } from "../btf/core.ts";
import { possibleCpus } from "../linux/cpus.ts";
import { type Judge, kernelJudge } from "../linux/judge.ts";
import { kernelSymbols } from "../linux/kallsyms.ts";
import { kernelRelease } from "../linux/kconfig.ts";
import { structOpsExtras } from "../linux/prog-attr.ts";
import { linux } from "../linux/target.ts";
import { parseObject } from "../obj/parse.ts";
import { resolveProg } from "../obj/resolve.ts";
import { verify } from "./verify.ts";

/** The kernel that is followed insn by insn; others differ in how much they walk. */
const KERNEL = "6.18";
const FOLDERS = ["examples", "test/fixtures/obj", "test/fixtures/kfuncs", "test/explain/golden"];

/** What the log at BPF_LOG_STATS has besides times. */
const depthOf = (log: string): string | undefined => /^stack depth .*$/m.exec(log)?.[0];

const isSame = liveKernel() === null && kernelRelease().startsWith(`${KERNEL}.`);

function objects(): string[] {
  return FOLDERS.flatMap((folder) => readdirSync(folder).map((name) => `${folder}/${name}`)).filter((path) =>
    path.endsWith(".o"),
  );
}

describe.skipIf(!isSame)("the kernel agrees", () => {
  let judge: Judge | undefined;
  const get = (): Judge => {
    judge ??= kernelJudge();
    return judge;
  };
  afterAll(() => judge?.close());

  test.each(CASES)("$name", ({ type, text, license, kernel }) => {
    const prog = progOfText(text, type, license);
    const verdict = get().judge(prog, { logLevel: 2 });
    expect(verdict.unusable).toBe("");
    expect(verdict.ok).toBe(kernel === null);
    if (kernel !== null) expect(verdict.log.split("\n")).toContain(kernel);
    const ours = verify(prog, { kernel: KERNEL, logLevel: 6 });
    if (ours.error !== undefined) expect(verdict.log).toContain(ours.error.kernel);
    expect(ours.stats.processed).toBe(verdict.processed);
    expect(ours.stats.totalStates).toBe(verdict.totalStates);
    expect(depthOf(ours.log)).toBe(depthOf(get().judge(prog).log));
  });

  test("on objects", () => {
    const { kernelBtf } = linux();
    const cpus = possibleCpus();
    const address = kernelSymbols();
    const hasSymbol = (name: string): boolean => address(name) !== undefined;
    let compared = 0;
    for (const path of objects()) {
      if (path.includes("big-endian") || path.includes("link_main")) continue;
      const obj = parseObject(new Uint8Array(readFileSync(path)), path);
      const extras = structOpsExtras(obj.maps, kernelBtf);
      for (const spec of obj.programs) {
        const moved = kernelBtf === null || obj.btf === null ? spec : relocateCore(spec, obj.btf, kernelBtf).prog;
        const prog = resolveProg(moved, { obj, kernelBtf });
        const extra = extras.get(spec.name) ?? {};
        const verdict = get().judge(prog, extra);
        // An arena is mapped by the loader, which the judge is not.
        if (verdict.unusable !== "" || verdict.message.includes("arena's user address")) continue;
        const attachTo = { btfId: extra.attachBtfId ?? 0, memberIdx: extra.expectedAttachType ?? 0 };
        const place = attachTo.btfId > 0 ? { attachTo } : {};
        const ours = verify(prog, { kernel: KERNEL, cpus, hasSymbol, logLevel: 4, ...place });
        const name = `${path} ${spec.name}: ${verdict.message}`;
        const depth = depthOf(ours.log);
        expect([name, ours.ok, ours.stats.processed, depth]).toEqual([
          name,
          verdict.ok,
          verdict.processed,
          depthOf(verdict.log),
        ]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(50);
  });
});
