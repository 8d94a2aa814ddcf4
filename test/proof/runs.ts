/** Changed real programs, accepted by the verifier, run on random packets with every access checked. */
import { SkepError } from "../../src/base/error.ts";
import type { Target, TargetMap, TargetProg } from "../../src/loader/target.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { programSeed, type Rng, rng } from "../fuzz/rng.ts";
import type { Case } from "./host.ts";
import { make } from "./mutate.ts";

export interface SoundTotals {
  programs: number;
  accepted: number;
  runs: number;
  /** Accepted, but with a helper or kfunc that there is no implementation of here, or too long to run. */
  unrunnable: number;
  faults: number;
}

const RUNS = 3;
/** Types that run on a packet: SOCKET_FILTER, SCHED_CLS, SCHED_ACT, XDP, CGROUP_SKB, LWT. */
const PACKET_TYPES = new Set([1, 3, 4, 6, 8, 10, 11, 12]);
/** Memory that programs leave behind goes with its target. */
const TARGET_PROGRAMS = 500;

export function onPackets(cases: readonly Case[]): Case[] {
  return cases.filter(({ spec }) => PACKET_TYPES.has(spec.type));
}

export function runChanged(
  seed: number,
  from: number,
  count: number,
  bases: readonly Case[],
  onFault: (index: number, message: string) => void,
): SoundTotals {
  const totals: SoundTotals = { programs: 0, accepted: 0, runs: 0, unrunnable: 0, faults: 0 };
  const progs = bases.map(({ prog }) => prog!);
  const lab = newLab();
  for (let index = from; index < from + count; index++) {
    if (totals.programs++ % TARGET_PROGRAMS === 0) lab.renew();
    const { prog, base } = make(seed, index, progs);
    if (base < 0 && !PACKET_TYPES.has(prog.spec.type)) continue;
    let loaded: TargetProg;
    try {
      loaded = lab.target().loadProg(prog, base < 0 ? [] : lab.maps(bases[base]!));
    } catch (error) {
      if (!(error instanceof SkepError) || error.code === "bug") throw error;
      continue;
    }
    totals.accepted++;
    const r = rng(programSeed(seed ^ 0x5eed, index));
    try {
      for (let i = 0; i < RUNS; i++) {
        loaded.testRun({ data: packet(r) });
        totals.runs++;
      }
    } catch (error) {
      if (!(error instanceof SkepError) || error.code === "bug" || error.code === "run/trap") {
        totals.faults++;
        onFault(index, `${base < 0 ? "random insns" : bases[base]!.file}: ${(error as Error).message}`);
      } else totals.unrunnable++;
    } finally {
      loaded.close();
    }
  }
  lab.close();
  return totals;
}

/** A target with the maps of the objects that were asked for. */
function newLab(): { target(): Target; maps(base: Case): readonly TargetMap[]; renew(): void; close(): void } {
  let target: Target | null = null;
  let made = new Map<string, readonly TargetMap[]>();
  const get = (): Target => {
    target ??= embedded({ engine: "interp", checked: true });
    return target;
  };
  const close = (): void => {
    target?.close();
    target = null;
    made = new Map();
  };
  return {
    target: get,
    maps(base) {
      let maps = made.get(base.file);
      if (maps === undefined) {
        maps = base.prog!.maps.map((spec) =>
          get().createMap(spec, spec.inner === null ? null : get().createMap(spec.inner, null)),
        );
        made.set(base.file, maps);
      }
      return maps;
    },
    renew: close,
    close,
  };
}

/** Ethernet, IPv4 or IPv6, TCP or UDP, cut anywhere from the first header on; now and then noise. */
function packet(r: Rng): Uint8Array {
  const data = new Uint8Array(64 + r.below(100));
  for (let i = 0; i < data.length; i++) data[i] = r.next();
  if (r.below(8) > 0) {
    const isV6 = r.below(4) === 0;
    data.set(isV6 ? [0x86, 0xdd, 0x60] : [0x08, 0x00, 0x45], 12);
    data[isV6 ? 20 : 23] = r.pick([6, 17, 1]);
  }
  return data.subarray(0, 14 + r.below(data.length - 13));
}
