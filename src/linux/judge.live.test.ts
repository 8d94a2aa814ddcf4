import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { liveKernel } from "../../test/live.ts";
import { BPF_PROG_TYPE_XDP } from "../abi/prog-types.ts";
import { relocateCore } from "../btf/core.ts";
import { parseObject } from "../obj/parse.ts";
import { resolveProg } from "../obj/resolve.ts";
import { type Judge, kernelJudge } from "./judge.ts";
import { structOpsExtras } from "./prog-attr.ts";
import { linux } from "./target.ts";

describe.skipIf(liveKernel() !== null)("the kernel as judge", () => {
  let judge: Judge | undefined;
  const get = (): Judge => {
    judge ??= kernelJudge();
    return judge;
  };
  afterAll(() => judge?.close());

  test.each(["syn_guard", "firewall", "rate_limit", "tc_edit", "opens"])("examples/%s", (name) => {
    const obj = parseObject(new Uint8Array(readFileSync(`examples/${name}.bpf.o`)), name);
    const { kernelBtf } = linux();
    for (const spec of obj.programs) {
      const moved = kernelBtf === null || obj.btf === null ? spec : relocateCore(spec, obj.btf, kernelBtf).prog;
      const resolved = resolveProg(moved, { obj, kernelBtf });
      const verdict = get().judge(resolved);
      expect(verdict).toMatchObject({ ok: true, errno: 0, message: "", unusable: "" });
      expect(verdict.processed).toBeGreaterThan(0);
      expect(get().judge(resolved).processed).toBe(verdict.processed);
      const broken = { ...resolved, license: "Proprietary", insns: { ...resolved.insns } };
      expect(get().judge(broken, { logLevel: 2 }).log).toContain("processed");
    }
  });

  test("struct_ops programs are judged for the member they are for", () => {
    const file = "test/fixtures/obj/structops.clang-19.o";
    const obj = parseObject(new Uint8Array(readFileSync(file)), file);
    const { kernelBtf } = linux();
    const extras = structOpsExtras(obj.maps, kernelBtf);
    expect(extras.size).toBeGreaterThan(0);
    for (const spec of obj.programs) {
      const resolved = resolveProg(spec, { obj, kernelBtf });
      expect(get().judge(resolved).unusable).not.toBe("");
      expect(get().judge(resolved, extras.get(spec.name) ?? {})).toMatchObject({ ok: true, unusable: "" });
    }
  });

  test("unusable is told apart from rejected", () => {
    const obj = parseObject(new Uint8Array(readFileSync("examples/syn_guard.bpf.o")), "x");
    const resolved = resolveProg(obj.programs[0]!, { obj, kernelBtf: null });
    const as = (type: number) => get().judge({ ...resolved, spec: { ...resolved.spec, type } });
    expect(as(99)).toMatchObject({ ok: false, unusable: expect.stringContaining("before the verifier") });
    const code = resolved.insns.code.slice();
    code[0] = 0;
    const bad = get().judge({ ...resolved, insns: { ...resolved.insns, code } });
    expect(bad).toMatchObject({ ok: false, unusable: "" });
    expect(bad.message).not.toBe("");
    expect(resolved.spec.type).toBe(BPF_PROG_TYPE_XDP);
  });
});
