/** What the running kernel does not do, on a kernel of answers: links that are missing, the operands of USDT probes. */
import { expect, test } from "vitest";
import { fakeSys } from "../../../test/fake-sys.ts";
import * as at from "../../abi/attach-types.ts";
import {
  BPF_LINK_CREATE,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_PROG_ATTACH,
  BPF_PROG_DETACH,
  BPF_PROG_LOAD,
} from "../../abi/cmds.ts";
import * as pt from "../../abi/prog-types.ts";
import { viewOf } from "../../base/bytes.ts";
import { EINVAL, EPERM } from "../../base/errno.ts";
import { insnsOf } from "../../isa/insn.ts";
import type { ProgSpec, ResolvedProg } from "../../obj/spec.ts";
import { NotSupported, Refused } from "../errors.ts";
import { linux } from "../target.ts";
import { globOf } from "./probe-target.ts";
import { usdtSpec } from "./usdt.ts";

function program(spec: Partial<ProgSpec>): ResolvedProg {
  const insns = insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  const base = { name: "p", section: "", type: 0, expectedAttachType: 0, attachTo: "", sleepable: false, flags: 0 };
  const rest = { autoload: true, insns, funcs: [], lines: [], relocs: [], coreRelos: [] };
  return { spec: { ...base, ...rest, ...spec }, insns, maps: [], license: "GPL", btf: null, kernelBtf: null };
}

function on(release: string, link: number) {
  const calls: (number | undefined)[][] = [];
  const sys = fakeSys({
    [BPF_OBJ_GET_INFO_BY_FD]: () => 0,
    [BPF_PROG_LOAD]: () => 7,
    [BPF_LINK_CREATE]: () => link,
    [BPF_PROG_ATTACH]: () => 0,
    [BPF_PROG_DETACH]: () => 0,
  });
  const answer = sys.syscall.bind(sys);
  sys.syscall = (nr, ...words) => {
    calls.push([nr, ...words]);
    return nr === sys.nr.perfEventOpen ? 40 : answer(nr, ...words);
  };
  return { sys, calls, target: linux({ sys, release, kernelBtf: null }) };
}

test("cgroup programs of a kernel without links: attached, and detached on close", () => {
  const { sys, target } = on("5.4.0", -EINVAL);
  const spec = { type: pt.BPF_PROG_TYPE_CGROUP_SKB, expectedAttachType: at.BPF_CGROUP_INET_EGRESS };
  const link = target.loadProg(program(spec), []).attach({ cgroup: "/" });
  expect(sys.commands).toContain(BPF_PROG_ATTACH);
  expect(link.info?.()).toBeUndefined();
  expect(() => link.update?.(link.prog)).toThrow(NotSupported);
  expect(sys.commands).not.toContain(BPF_PROG_DETACH);
  link.close();
  expect(sys.commands.at(-1)).toBe(BPF_PROG_DETACH);
  // A newer kernel's EINVAL is an error.
  expect(() => on("6.1.0", -EINVAL).target.loadProg(program(spec), []).attach({ cgroup: "/" })).toThrow(
    expect.objectContaining({ code: "attach/EINVAL" }),
  );
});

test("perf events of a kernel without perf links take the program by ioctl", () => {
  const { sys, calls, target } = on("5.4.0", -EINVAL);
  const prog = target.loadProg(program({ type: pt.BPF_PROG_TYPE_PERF_EVENT }), []);
  prog.attach({ cpu: 0, frequency: 99 });
  const ioctls = calls.filter(([nr]) => nr === sys.nr.ioctl);
  expect(ioctls).toEqual([
    [sys.nr.ioctl, 40, 0x40042408, 7],
    [sys.nr.ioctl, 40, 0x2400, 0],
  ]);
  expect(() => prog.attach({ cpu: 0, cookie: 1n })).toThrow(/attach cookies \(Linux 5.15 has\)/);
});

test("a refusal of policy is Refused", () => {
  const { target } = on("6.18.0", -EPERM);
  const prog = target.loadProg(program({ type: pt.BPF_PROG_TYPE_XDP }), []);
  expect(() => prog.attach({ dev: "x" })).toThrow(Refused);
});

test("types that are no hook say how they run; lwt wants a route", () => {
  const { target } = on("6.18.0", 9);
  expect(() => target.loadProg(program({ type: pt.BPF_PROG_TYPE_SYSCALL }), []).attach({})).toThrow(
    expect.objectContaining({ code: "linux/not-supported", advice: expect.stringContaining("testRun()") }),
  );
  const lwt = target.loadProg(program({ type: pt.BPF_PROG_TYPE_LWT_XMIT }), []);
  expect(() => lwt.attach({ dev: "x" })).toThrow(/needs `route`/);
  expect(() => lwt.attach({ dev: "x", route: "192.0.2.0/33" })).toThrow(/is no destination/);
  expect(() => lwt.attach({ dev: "x", route: "192.0.2.0/24", via: "there" })).toThrow(/is no address/);
});

test("an order among programs of a kernel that knows none is NotSupported, with the kernel that does", () => {
  const tc = on("6.1.0", -EINVAL).target.loadProg(program({ type: pt.BPF_PROG_TYPE_SCHED_CLS }), []);
  expect(() => tc.attach({ dev: "x", before: "all" })).toThrow(expect.objectContaining({ since: "6.6" }));
  const spec = { type: pt.BPF_PROG_TYPE_CGROUP_SKB, expectedAttachType: at.BPF_CGROUP_INET_EGRESS };
  const skb = on("6.12.0", -EINVAL).target.loadProg(program(spec), []);
  expect(() => skb.attach({ cgroup: "/", after: "all" })).toThrow(expect.objectContaining({ since: "6.17" }));
  expect(() => skb.attach({ cgroup: "/", after: 3 })).toThrow(/is no link here/);
});

test("USDT operands", () => {
  const spec = (args: string, arch: string): string[] => {
    const view = viewOf(usdtSpec(args, 3n, arch));
    expect(view.getBigUint64(192, true)).toBe(3n);
    return Array.from({ length: view.getInt16(200, true) }, (_, i) => {
      const at = 16 * i;
      const word = view.getUint32(at + 8, true);
      const index = word & 0xff ? ` idx ${(word >> 8) & 0xfff} << ${(word >> 20) & 15}` : "";
      const value = view.getBigInt64(at, true);
      const signed = view.getUint8(at + 14) === 1 ? "s" : "u";
      return `${word & 0xff} ${value} reg ${view.getInt16(at + 12, true)}${index} ${signed}${64 - view.getInt8(at + 15)}`;
    });
  };
  expect(spec("-4@%edi 8@%r12 1@%al 2@%r8w", "x64")).toEqual([
    "1 0 reg 112 idx 0 << 0 s32",
    "1 0 reg 24 idx 0 << 0 u64",
    "1 0 reg 80 idx 0 << 0 u8",
    "1 0 reg 72 idx 0 << 0 u16",
  ]);
  expect(spec("8@-16(%rbp) 4@(%rax) -8@$-5 1@-96(%rbp,%rax,8)", "x64")).toEqual([
    "2 -16 reg 32 idx 0 << 0 u64",
    "2 0 reg 80 idx 0 << 0 u32",
    "0 -5 reg 0 s64",
    "3 -96 reg 32 idx 80 << 3 u8",
  ]);
  expect(spec("-4@x1 8@[sp, 60] 8@[x2] 4@5 8@sp", "arm64")).toEqual([
    "1 0 reg 8 idx 0 << 0 s32",
    "2 60 reg 248 idx 0 << 0 u64",
    "2 0 reg 16 idx 0 << 0 u64",
    "0 5 reg 0 u32",
    "1 0 reg 248 idx 0 << 0 u64",
  ]);
  expect(() => usdtSpec("8@%xmm0", 0n, "x64")).toThrow(/is not understood/);
  expect(() => usdtSpec("3@%rax", 0n, "x64")).toThrow(/is not understood/);
});

test("patterns are a shell's", () => {
  expect(globOf("vfs_*").test("vfs_read")).toBe(true);
  expect(globOf("a.b?").test("a.bc")).toBe(true);
  expect(globOf("a.b?").test("axbc")).toBe(false);
});
