/** Programs for the verifier's tests, from assembly text. */
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_RINGBUF } from "../../src/abi/map-types.ts";
import { assemble } from "../../src/asm/asm.ts";
import { type Insn, type InsnBuf, insnsOf } from "../../src/isa/insn.ts";
import type { MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import { mapSpec } from "../vectors/program.ts";

const map = (name: string, type: number, keySize: number, valueSize: number, maxEntries: number): MapSpec =>
  mapSpec({ name, type, keySize, valueSize, maxEntries, flags: 0 });

/** map[array], map[hash] and map[ring] in the texts. */
export const MAPS: readonly MapSpec[] = [
  map("array", BPF_MAP_TYPE_ARRAY, 4, 16, 4),
  map("hash", BPF_MAP_TYPE_HASH, 8, 16, 4),
  map("ring", BPF_MAP_TYPE_RINGBUF, 0, 0, 4096),
];

export function progOf(list: readonly Insn[], type: number): ResolvedProg {
  return resolved(insnsOf(list), type, []);
}

export function progOfText(text: string, type: number, license = "GPL"): ResolvedProg {
  const names = MAPS.map(({ name }) => name);
  return { ...resolved(assemble(text, { maps: names }).insns, type, MAPS), license };
}

function resolved(insns: InsnBuf, type: number, maps: readonly MapSpec[]): ResolvedProg {
  return {
    spec: {
      name: "t",
      section: "",
      type,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs: [{ insnIdx: 0, name: "t", typeId: 0, linkage: "global" }],
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps,
    license: "GPL",
    btf: null,
    kernelBtf: null,
  };
}
