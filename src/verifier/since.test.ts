/** Kernels older than the newest refuse what they lack, and only that. */
import { expect, test } from "vitest";
import { progOfText } from "../../test/verifier/prog.ts";
import { kfuncModel } from "../abi/kfunc-model.ts";
import { insnsOf } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { verify } from "./verify.ts";

const XDP = 6;
const NETFILTER = 32;
const END = "r0 = 1\nexit";
const of = (text: string, type = XDP): ResolvedProg => progOfText(text, type);

function withMap(type: number): ResolvedProg {
  const prog = of(`r1 = map[array]\n${END}`);
  return { ...prog, maps: prog.maps.map((map) => ({ ...map, type })) };
}

function kfunc(name: string): ResolvedProg {
  const kernelBtf = kfuncModel();
  const call = { code: 0x85, dst: 0, src: 2, off: 0, imm: kernelBtf.find(name, "func") };
  const insns = insnsOf([
    call,
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 1 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  const prog = of(END);
  return { ...prog, insns, spec: { ...prog.spec, insns }, kernelBtf };
}

test.each([
  ["an insn: signed move", of(`r2 = 0\nr3 = (s8)r2\n${END}`), "6.6", "5.15"],
  ["a helper: bpf_ktime_get_tai_ns", of(`call 208\n${END}`), "6.1", "5.15"],
  ["a program type: netfilter", of(END, NETFILTER), "6.4", "6.3"],
  ["a map type: user_ringbuf", withMap(31), "6.1", "6.0"],
  ["a kfunc: preempt", kfunc("bpf_preempt_disable"), "6.10", "6.9"],
] as const)("%s", (_, prog, since, before) => {
  const missing = /since Linux|cannot use helper/;
  expect(verify(prog, { kernel: before }).error?.kernel ?? "").toMatch(missing);
  for (const kernel of [since, "6.18"]) expect(verify(prog, { kernel }).error?.kernel ?? "").not.toMatch(missing);
});

test("what both have gets the same verdict", () => {
  for (const text of [END, "r0 = 0\nexit", "exit", `r1 = map[array]\n${END}`]) {
    const [now, then] = ["6.18", "5.10"].map((kernel) => verify(of(text), { kernel }));
    expect(then!.error?.kernel).toBe(now!.error?.kernel);
    expect(then!.stats.processed).toBe(now!.stats.processed);
  }
});
