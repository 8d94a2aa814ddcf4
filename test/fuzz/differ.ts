/** Runs a program on several targets and compares everything that can be seen: verdict, r0, packet and maps. */
import { BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_HASH } from "../../src/abi/map-types.ts";
import { PROG_TYPES } from "../../src/abi/prog-types.ts";
import { disassemble } from "../../src/asm/disasm.ts";
import { toHex } from "../../src/base/bytes.ts";
import { SkepError } from "../../src/base/error.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import type { Target, TargetMap } from "../../src/loader/target.ts";
import type { MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import type { Backend } from "../vectors/backends.ts";
import { FIRST_FUNC_ID, funcsBtf } from "../vectors/btf.ts";
import { mapSpec } from "../vectors/program.ts";
import { ARRAY_ENTRIES, type Emitted, emit, STATE_BYTES, TABLE_KEYS, TABLE_VALUE_BYTES } from "./emit.ts";
import type { Program } from "./nodes.ts";

const MAPS: readonly MapSpec[] = [
  { name: "state", type: BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: STATE_BYTES, maxEntries: 1, flags: 0 },
  {
    name: "table",
    type: BPF_MAP_TYPE_HASH,
    keySize: 4,
    valueSize: TABLE_VALUE_BYTES,
    maxEntries: TABLE_KEYS,
    flags: 0,
  },
  {
    name: "array",
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: TABLE_VALUE_BYTES,
    maxEntries: ARRAY_ENTRIES,
    flags: 0,
  },
].map(mapSpec);

/** The main program, its subprograms and callbacks, as many as there may be. */
const NAMES = ["fuzz", "sub1", "sub2", "sub3", "sub4"];
const BTF = funcsBtf(NAMES);

/** A target with its maps, kept over many programs. */
export interface Rig {
  readonly name: string;
  readonly target: Target;
  readonly maps: readonly TargetMap[];
}

export function openRig(backend: Backend): Rig {
  const target = backend.open();
  target.prepare(MAPS);
  return { name: backend.name, target, maps: MAPS.map((spec) => target.createMap(spec, null)) };
}

/** What a target made of a program: why it refused it, or what each run left. */
export interface Outcome {
  readonly name: string;
  readonly refused: string | null;
  readonly runs: readonly string[];
}

export function resolve(program: Program, { insns, funcs }: Emitted): ResolvedProg {
  const buf = insnsOf(insns);
  return {
    spec: {
      name: "fuzz",
      section: program.type,
      type: PROG_TYPES.find((row) => row.word === program.type)!.id,
      expectedAttachType: 0,
      attachTo: "",
      sleepable: false,
      flags: 0,
      autoload: true,
      insns: buf,
      funcs: funcs.map((insnIdx, i) => ({ insnIdx, name: NAMES[i]!, typeId: FIRST_FUNC_ID + i, linkage: "static" })),
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns: buf,
    maps: MAPS,
    license: "GPL",
    btf: BTF,
    kernelBtf: null,
  };
}

export function outcomes(rigs: readonly Rig[], program: Program): Outcome[] {
  const prog = resolve(program, emit(program));
  return rigs.map((rig) => outcome(rig, prog, program));
}

function outcome(rig: Rig, prog: ResolvedProg, program: Program): Outcome {
  clear(rig.maps);
  let loaded: ReturnType<Target["loadProg"]>;
  try {
    loaded = rig.target.loadProg(prog, rig.maps);
  } catch (error) {
    if (!(error instanceof SkepError) || error.code === "bug") throw error;
    return { name: rig.name, refused: error.message, runs: [] };
  }
  try {
    const runs = program.packets.map((data) => {
      const { retval, dataOut } = loaded.testRun({ data });
      const packet = dataOut === null ? "" : toHex(dataOut);
      return `r0 ${retval.toString(16)}\npacket ${packet}\n${rig.maps.map(shown).join("\n")}`;
    });
    return { name: rig.name, refused: null, runs };
  } finally {
    loaded.close();
  }
}

function clear(maps: readonly TargetMap[]): void {
  for (const map of maps) {
    const { type, maxEntries, valueSize } = map.spec;
    if (type === BPF_MAP_TYPE_HASH) {
      for (let key = map.nextKey(null); key !== null; key = map.nextKey(null)) map.delete(key);
      continue;
    }
    const zero = new Uint8Array(valueSize);
    for (let i = 0; i < maxEntries; i++) map.update(keyOf(i), zero);
  }
}

function keyOf(index: number): Uint8Array {
  return Uint8Array.of(index, 0, 0, 0);
}

function shown(map: TargetMap): string {
  const entries: string[] = [];
  const n = map.spec.type === BPF_MAP_TYPE_HASH ? TABLE_KEYS : map.spec.maxEntries;
  for (let i = 0; i < n; i++) {
    const value = map.lookup(keyOf(i));
    if (value !== null) entries.push(`${i}=${toHex(value)}`);
  }
  return `${map.spec.name} ${entries.join(" ")}`;
}

/**
 * "refuses": the embedded target refuses what the kernel takes. Not unsafe, but a difference of the verifiers.
 * "accepts": the other way round. "runs": both take it and do not do the same.
 */
export interface Difference {
  readonly kind: "refuses" | "accepts" | "runs";
  readonly message: string;
}

/** Null where all agree (a program that all refuse agrees, too). */
export function difference(all: readonly Outcome[]): Difference | null {
  const first = all[0]!;
  for (const other of all.slice(1)) {
    if ((first.refused === null) !== (other.refused === null)) {
      const refused = first.refused === null ? other : first;
      const taker = first.refused === null ? first : other;
      const message = `${taker.name} accepts, ${refused.name} refuses: ${refused.refused}`;
      return { kind: refused.name === "linux" ? "accepts" : "refuses", message };
    }
    for (let i = 0; i < first.runs.length; i++) {
      if (first.runs[i] === other.runs[i]) continue;
      const message = `run ${i} differs\n--- ${first.name}\n${first.runs[i]}\n--- ${other.name}\n${other.runs[i]}`;
      return { kind: "runs", message };
    }
  }
  return null;
}

export function listing(program: Program): string {
  const { insns, funcs } = emit(program);
  const symbols = funcs.map((insnIdx, i) => ({ insnIdx, name: NAMES[i]! }));
  return disassemble(insnsOf(insns), { symbols }).text;
}
