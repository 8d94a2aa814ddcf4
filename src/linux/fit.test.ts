/** What older kernels get: BTF they know, maps and helpers they have. The running kernel must still take what was fitted. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { fakeSys } from "../../test/fake-sys.ts";
import { mapSpec } from "../../test/fixtures/maps.ts";
import { liveKernel, liveSys } from "../../test/live.ts";
import {
  BPF_BTF_LOAD,
  BPF_MAP_CREATE,
  BPF_MAP_FREEZE,
  BPF_MAP_UPDATE_ELEM,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_PROG_LOAD,
} from "../abi/cmds.ts";
import { BPF_F_MMAPABLE } from "../abi/flags.ts";
import { BPF_MAP_TYPE_ARRAY } from "../abi/map-types.ts";
import { EINVAL } from "../base/errno.ts";
import { Btf } from "../btf/btf.ts";
import { insnsOf } from "../isa/insn.ts";
import { loadObject } from "../loader/load.ts";
import { parseObject } from "../obj/parse.ts";
import { btfComplaint, loadBtf } from "./bpf/btf.ts";
import { Bpf } from "./bpf/call.ts";
import { BTF_PROBES, type BtfFeature, fitBtf, tinyBtf } from "./btf-fit.ts";
import { type Feature, Features } from "./features.ts";
import { fitInsns } from "./insns-fit.ts";
import { linux } from "./target.ts";

const OBJECTS = [
  "examples/opens.bpf.o",
  "examples/syn_guard.bpf.o",
  "test/fixtures/linux/links.bpf.o",
  "test/fixtures/obj/core.clang-19.o",
];
const objectOf = (file: string) => parseObject(new Uint8Array(readFileSync(file)), file);
const FEATURES: Feature[] = [
  ...(Object.keys(BTF_PROBES) as BtfFeature[]),
  "array_mmap",
  "probe_read_kernel",
  "fd_array",
];

test("a kernel that knows everything gets the same bytes, one of 5.4 no kinds above datasec", () => {
  for (const file of OBJECTS) {
    const raw = objectOf(file).btf!.raw;
    expect(fitBtf(raw, () => true)).toEqual(raw);
    const old = new Btf(fitBtf(raw, (feature) => feature === "func" || feature === "datasec"));
    const kinds = new Set(Array.from({ length: old.length - 1 }, (_, i) => old.type(i + 1).kind));
    for (const kind of ["float", "decl_tag", "type_tag", "enum64"]) expect(kinds).not.toContain(kind);
    for (let id = 1; id < old.length; id++) {
      const type = old.type(id);
      if (type.kind === "func") expect(type.linkage).not.toBe("global");
    }
  }
});

test("maps by index become maps by fd, newer helpers older ones", () => {
  const insns = insnsOf([
    { code: 0x18, dst: 1, src: 5, off: 0, imm: 1 },
    { code: 0, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x18, dst: 2, src: 6, off: 0, imm: 0 },
    { code: 0, dst: 0, src: 0, off: 0, imm: 8 },
    { code: 0x85, dst: 0, src: 0, off: 0, imm: 113 },
    { code: 0x85, dst: 0, src: 1, off: 0, imm: 113 },
    { code: 0x85, dst: 0, src: 0, off: 0, imm: 114 },
  ]);
  const fitted = fitInsns(insns, [50, 60], () => false);
  expect([...fitted.src.slice(0, 4)]).toEqual([1, 0, 2, 0]);
  expect([...fitted.imm]).toEqual([60, 0, 50, 8, 4, 113, 45]);
  expect(insns.imm[0]).toBe(1);
  expect(fitInsns(insns, [50, 60], () => true)).toBe(insns);
});

test("a whole object on a kernel of 5.4: BTF fitted, globals without mmap, fds in the insns", () => {
  const loads: { btf: number; fds: number }[] = [];
  const blobs: Uint8Array[] = [];
  let fd = 10;
  const sys = fakeSys({
    [BPF_OBJ_GET_INFO_BY_FD]: () => 0,
    [BPF_MAP_FREEZE]: () => 0,
    [BPF_MAP_UPDATE_ELEM]: () => 0,
    [BPF_BTF_LOAD]: (attr, kernel) => {
      const raw = kernel
        .at(attr.getUint32(0, true) + attr.getUint32(4, true) * 2 ** 32)
        .slice(0, attr.getUint32(16, true));
      const btf = new Btf(raw);
      for (let id = 1; id < btf.length; id++) {
        const type = btf.type(id);
        if (["float", "decl_tag", "type_tag", "enum64"].includes(type.kind)) return -EINVAL;
        if (type.kind === "func" && type.linkage === "global") return -EINVAL;
      }
      blobs.push(raw);
      return fd++;
    },
    [BPF_MAP_CREATE]: (attr) => {
      if ((attr.getUint32(16, true) & BPF_F_MMAPABLE) !== 0) return -EINVAL;
      return fd++; // ring buffers too: they are newer, but not what is tested
    },
    [BPF_PROG_LOAD]: (attr, kernel) => {
      const fds = attr.getUint32(120, true);
      if (fds !== 0) return -EINVAL;
      const insns = kernel.at(attr.getUint32(8, true) + attr.getUint32(12, true) * 2 ** 32);
      for (let i = 0; i < attr.getUint32(4, true); i++) {
        const src = insns[8 * i + 1]! >> 4;
        if (insns[8 * i] === 0x18 && src >= 5) return -EINVAL;
        if (insns[8 * i] === 0x85 && src === 0 && insns[8 * i + 4]! >= 112) {
          if (insns[8 * i + 4]! <= 115) return -EINVAL;
        }
      }
      loads.push({ btf: attr.getUint32(72, true), fds });
      return fd++;
    },
  });
  const target = linux({ sys, release: "5.4.0", kernelBtf: null });
  const collection = loadObject(objectOf("examples/opens.bpf.o"), target, {}, true);
  expect(blobs.length).toBeGreaterThan(0);
  expect(loads.at(-1)!.btf).toBeGreaterThan(0);
  expect(collection.maps["calls"]).toBeDefined();
  collection.close();
  expect(() =>
    linux({ sys, release: "6.18.0", kernelBtf: null }).createMap(
      mapSpec(BPF_MAP_TYPE_ARRAY, { flags: BPF_F_MMAPABLE, global: "data" }),
      null,
    ),
  ).toThrow(/EINVAL/);
});

describe.skipIf(liveKernel() !== null)("on the running kernel", () => {
  test("every probe succeeds: it is new enough", () => {
    const features = new Features(new Bpf(liveSys()), "4.0");
    expect(FEATURES.filter((feature) => !features.probe(feature))).toEqual([]);
    expect(features.has("enum64")).toBe(true);
  });

  test.each(OBJECTS)("%s: fitted to any kernel, its BTF is still taken", (file) => {
    const bpf = new Bpf(liveSys());
    const raw = objectOf(file).btf!.raw;
    const all = Object.keys(BTF_PROBES) as BtfFeature[];
    for (const without of [[], ...all.map((feature) => [feature]), all]) {
      const fitted = fitBtf(raw, (feature) => !without.includes(feature));
      const fd = loadBtf(bpf, fitted);
      bpf.close(fd);
      expect(fd >= 0 ? "" : `${without}: ${btfComplaint(bpf, fitted)}`).toBe("");
    }
  });

  test("a damaged probe is refused, so that success says something", () => {
    const bpf = new Bpf(liveSys());
    const { words, strings } = BTF_PROBES.float;
    expect(loadBtf(bpf, tinyBtf([words[0]!, words[1]!, 3], strings))).toBeLessThan(0);
  });
});
