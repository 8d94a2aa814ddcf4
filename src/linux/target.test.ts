/** What the running kernel does not do, on a kernel of answers: refusals, old versions, long logs. */
import { expect, test } from "vitest";
import { type BpfAnswer, fakeSys } from "../../test/fake-sys.ts";
import { mapSpec } from "../../test/fixtures/maps.ts";
import { BPF_MAP_CREATE, BPF_MAP_LOOKUP_ELEM, BPF_OBJ_GET_INFO_BY_FD, BPF_PROG_LOAD } from "../abi/cmds.ts";
import { BPF_MAP_TYPE_ARENA, BPF_MAP_TYPE_HASH } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_NETFILTER, BPF_PROG_TYPE_XDP } from "../abi/prog-types.ts";
import { fromUtf8 } from "../base/bytes.ts";
import { EAGAIN, EINTR, EINVAL, EPERM } from "../base/errno.ts";
import { insnsOf } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { countCpus } from "./cpus.ts";
import { NotSupported, Refused, VerifierError } from "./errors.ts";
import { parseConfig } from "./kconfig.ts";
import { decisiveLine, parseStats, sentences } from "./log.ts";
import { linux } from "./target.ts";

function program(type: number): ResolvedProg {
  const insns = insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 2 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  return {
    spec: {
      name: "p",
      section: "xdp",
      type,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [],
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps: [],
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
}

const on = (answers: Readonly<Record<number, BpfAnswer>>, release = "6.18.0") => {
  const sys = fakeSys({ [BPF_OBJ_GET_INFO_BY_FD]: () => 0, ...answers });
  return { sys, target: linux({ sys, release, kernelBtf: null }) };
};

test("EPERM is a refusal, and says what helps", () => {
  const { target } = on({ [BPF_MAP_CREATE]: () => -EPERM, [BPF_PROG_LOAD]: () => -EPERM });
  expect(() => target.createMap(mapSpec(BPF_MAP_TYPE_HASH), null)).toThrow(Refused);
  expect(() => target.loadProg(program(BPF_PROG_TYPE_XDP), [])).toThrow(Refused);
});

test("an old kernel's EINVAL is a missing feature, with the version that has it", () => {
  const { target } = on({ [BPF_MAP_CREATE]: () => -EINVAL, [BPF_PROG_LOAD]: () => -EINVAL }, "5.4.0");
  let error: unknown;
  try {
    target.createMap(mapSpec(BPF_MAP_TYPE_ARENA), null);
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(NotSupported);
  expect(error).toMatchObject({ code: "linux/not-supported", since: "6.9", feature: "map type arena" });
  expect(() => target.loadProg(program(BPF_PROG_TYPE_NETFILTER), [])).toThrow(/Linux 6.4 has/);
  // 5.4 has hash maps: a bad argument, then.
  expect(() => target.createMap(mapSpec(BPF_MAP_TYPE_HASH), null)).toThrow(
    expect.objectContaining({ code: "map/EINVAL" }),
  );
});

test("interrupted loads and lookups are repeated", () => {
  let loads = 0;
  let lookups = 0;
  const { target } = on({
    [BPF_MAP_CREATE]: () => 5,
    [BPF_PROG_LOAD]: () => (++loads < 3 ? -EAGAIN : 6),
    [BPF_MAP_LOOKUP_ELEM]: () => (++lookups < 3 ? -EINTR : 0),
  });
  target.loadProg(program(BPF_PROG_TYPE_XDP), []);
  expect(loads).toBe(3);
  target.createMap(mapSpec(BPF_MAP_TYPE_HASH), null).lookup(new Uint8Array(4));
  expect(lookups).toBe(3);
});

test("a load that always says EAGAIN ends", () => {
  const { target } = on({ [BPF_PROG_LOAD]: () => -EAGAIN });
  expect(() => target.loadProg(program(BPF_PROG_TYPE_XDP), [])).toThrow(/EAGAIN/);
});

test("a long log is fetched whole: from kernels that tell its size, and from those that only say ENOSPC", () => {
  const text = `${"0: (b7) r0 = 2\n".repeat(60_000)}R1 !read_ok\nprocessed 60000 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 2 mark_read 1\n`;
  const whole = fromUtf8(text);
  for (const modern of [true, false]) {
    const { target } = on({
      [BPF_PROG_LOAD]: (attr, kernel) => {
        const level = attr.getUint32(24, true);
        const size = attr.getUint32(28, true);
        const log = kernel.at(attr.getUint32(32, true) + attr.getUint32(36, true) * 2 ** 32);
        const wanted =
          level === 4
            ? fromUtf8(
                "R1 !read_ok\nprocessed 60000 insns (limit 1000000) max_states_per_insn 1 total_states 2 peak_states 2 mark_read 1\n",
              )
            : whole;
        const shown = modern ? wanted.subarray(Math.max(0, wanted.length - size + 1)) : wanted.subarray(0, size - 1);
        log.set(shown);
        log[shown.length] = 0;
        if (modern) attr.setUint32(140, wanted.length + 1, true);
        return !modern && wanted.length >= size ? -28 : -13;
      },
    });
    let error: unknown;
    try {
      target.loadProg(program(BPF_PROG_TYPE_XDP), []);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(VerifierError);
    expect((error as VerifierError).log).toHaveLength(text.length);
    expect((error as VerifierError).decisive).toBe("R1 !read_ok");
    expect((error as VerifierError).stats).toMatchObject({ processed: 60000, totalStates: 2 });
  }
});

test("close() closes what is left", () => {
  const { sys, target } = on({ [BPF_MAP_CREATE]: () => 5, [BPF_PROG_LOAD]: () => 6 });
  const map = target.createMap(mapSpec(BPF_MAP_TYPE_HASH), null);
  target.loadProg(program(BPF_PROG_TYPE_XDP), [map]);
  target.close();
  expect(sys.closed.sort()).toEqual([5, 6]);
});

test("the log's sentences", () => {
  const log = [
    "0: R1=ctx() R10=fp0",
    "; int x = y; @ a.c:3",
    "0: (61) r2 = *(u32 *)(r1 +0)          ; R1=ctx() R2_w=pkt(r=0)",
    "invalid access to packet, off=47 size=1, R2(id=0,off=47,r=0)",
    "R2 offset is outside of the packet",
    "processed 2 insns (limit 1000000) max_states_per_insn 0 total_states 3 peak_states 3 mark_read 1",
    "verification time 52 usec",
    "stack depth 8+16",
    "",
  ].join("\n");
  expect(sentences(log)).toHaveLength(2);
  expect(decisiveLine(log)).toBe("R2 offset is outside of the packet");
  expect(parseStats(log)).toEqual({
    processed: 2,
    maxStatesPerInsn: 0,
    totalStates: 3,
    peakStates: 3,
    us: 52,
    stackDepth: [8, 16],
  });
  expect(decisiveLine("")).toBe("");
});

test("small files of the system", () => {
  expect(countCpus("0-3,8-11\n")).toBe(8);
  expect(countCpus("0")).toBe(1);
  expect([...parseConfig('# CONFIG_A is not set\nCONFIG_HZ=1000\nCONFIG_S="a=b"\n')]).toEqual([
    ["CONFIG_HZ", "1000"],
    ["CONFIG_S", '"a=b"'],
  ]);
});
