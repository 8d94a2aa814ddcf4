/** Kernels older than the newest refuse what they lack, and only that. */
import { expect, test } from "vitest";
import { progOfText } from "../../test/verifier/prog.ts";
import { kfuncModel } from "../abi/kfunc-model.ts";
import { insnsOf } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { verify } from "./verify.ts";

const XDP = 6;
const NETFILTER = 32;
const TC = 3;
const SOCK_ADDR = 18;
const CGROUP_INET4_BIND = 8;
const CGROUP_UNIX_CONNECT = 49;
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

function attached(prog: ResolvedProg, expectedAttachType: number): ResolvedProg {
  return { ...prog, spec: { ...prog.spec, expectedAttachType } };
}

function bindCall(id: number): ResolvedProg {
  return attached(of(`call ${id}\n${END}`, SOCK_ADDR), CGROUP_INET4_BIND);
}

test.each([
  ["an insn: signed move", of(`r2 = 0\nr3 = (s8)r2\n${END}`), "6.6", "5.15"],
  ["a helper: bpf_ktime_get_tai_ns", of(`call 208\n${END}`), "6.1", "5.15"],
  ["a program type: netfilter", of(END, NETFILTER), "6.4", "6.3"],
  ["a map type: user_ringbuf", withMap(31), "6.1", "6.0"],
  ["a kfunc: preempt", kfunc("bpf_preempt_disable"), "6.10", "6.9"],
  ["a kfunc: dynptr copy", kfunc("bpf_dynptr_copy"), "6.15", "6.14"],
  ["a kfunc for a type: a list in XDP", kfunc("bpf_list_pop_front"), "6.7", "6.6"],
  ["a helper for a type: bpf_get_current_uid_gid in XDP", of(`call 15\n${END}`), "6.16", "6.15"],
  ["a helper for an attach type: bpf_setsockopt on bind", bindCall(49), "5.12", "5.11"],
  ["an attach type: cgroup_unix_connect", attached(of(END, SOCK_ADDR), CGROUP_UNIX_CONNECT), "6.7", "6.6"],
  ["a field of the ctx: hwtstamp", of(`r2 = *(u64 *)(r1 + 184)\n${END}`, TC), "5.16", "5.15"],
  ["a jump: may_goto to the next insn", of(`r2 = 0\nmay_goto +0\n${END}`), "6.14", "6.13"],
] as const)("%s", (_, prog, since, before) => {
  const missing = /since Linux|cannot use helper|invalid bpf_context access|invalid may_goto/;
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
