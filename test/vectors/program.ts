/** A vector's text as a ResolvedProg: maps by index, functions from call targets, nothing to relocate. */
import { PROG_TYPES } from "../../src/abi/prog-types.ts";
import { assemble } from "../../src/asm/asm.ts";
import { targetOf } from "../../src/asm/llvm.ts";
import { opAt } from "../../src/isa/ops.ts";
import type { FuncInfo, MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import { FIRST_FUNC_ID, funcsBtf } from "./btf.ts";
import type { Vector, VectorMap } from "./vector.ts";

export function mapSpec(map: VectorMap): MapSpec {
  return {
    ...map,
    mapExtra: 0n,
    numaNode: 0,
    pinByName: false,
    keyTypeId: 0,
    valueTypeId: 0,
    btf: null,
    inner: null,
    slots: [],
    global: null,
    initial: null,
    structOps: null,
  };
}

const cache = new WeakMap<Vector, ResolvedProg>();

/** Throws SkepError "asm/..." where the text is wrong. */
export function resolvedProg(vector: Vector): ResolvedProg {
  let prog = cache.get(vector);
  if (prog === undefined) {
    prog = build(vector);
    cache.set(vector, prog);
  }
  return prog;
}

function build(vector: Vector): ResolvedProg {
  const row = PROG_TYPES.find((type) => type.word === vector.type);
  if (row === undefined) throw new Error(`${vector.name}: no program type "${vector.type}"`);
  const maps = vector.maps.map(mapSpec);
  const { insns, labels } = assemble(vector.text, { file: vector.name, maps: maps.map((map) => map.name) });
  const starts = new Set([0]);
  for (let i = 0; i < insns.length; i++) {
    const op = opAt(insns, i);
    if (op?.name === "call_local" || op?.name === "lddw_func") starts.add(targetOf(insns, i));
  }
  const names = new Map([...labels].map(([name, insnIdx]) => [insnIdx, name]));
  const funcs = [...starts]
    .sort((a, b) => a - b)
    .map(
      (insnIdx, i): FuncInfo => ({
        insnIdx,
        name: insnIdx === 0 ? "vector" : (names.get(insnIdx) ?? `sub${insnIdx}`),
        typeId: FIRST_FUNC_ID + i,
        linkage: "static",
      }),
    );
  return {
    spec: {
      name: "vector",
      section: vector.type,
      type: row.id,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns,
      funcs,
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps,
    license: "GPL",
    btf: funcsBtf(funcs.map((func) => func.name)),
    kernelBtf: null,
  };
}
