/**
 * What programs that take packets give in the running kernel (BPF_PROG_TEST_RUN) on packets(): verdict and packet behind each
 * run, as text. Nothing is attached or pinned. Two objects that do the same give the same text, unless the program asks for the time,
 * a random number or the like: which is why compareInKernel runs one of both twice.
 */
import * as pt from "../abi/prog-types.ts";
import { SkepError } from "../base/error.ts";
import { loadObject } from "../loader/load.ts";
import type { Target } from "../loader/target.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec } from "../obj/spec.ts";
import { packets } from "./sample-packets.ts";
import { sizedMaps } from "./sized-maps.ts";

const ON_PACKETS: ReadonlySet<number> = new Set([
  pt.BPF_PROG_TYPE_XDP,
  pt.BPF_PROG_TYPE_SCHED_CLS,
  pt.BPF_PROG_TYPE_SCHED_ACT,
  pt.BPF_PROG_TYPE_SOCKET_FILTER,
  pt.BPF_PROG_TYPE_CGROUP_SKB,
]);

export type SameInKernel = "same" | "differs";

/** By program, for those that both objects have and the kernel runs; none whose results change from run to run. */
export function compareInKernel(
  skep: Uint8Array,
  clang: Uint8Array,
  file: string,
  target: Target,
): Map<string, SameInKernel> {
  const found = new Map<string, SameInKernel>();
  const [ours, theirs] = [unpinned(parseObject(skep, file)), unpinned(parseObject(clang, file))];
  for (const { name, type } of theirs.programs) {
    if (!ON_PACKETS.has(type) || !ours.programs.some((one) => one.name === name)) continue;
    const [mine, first] = [results(ours, name, target), results(theirs, name, target)];
    if (mine === null || first === null) continue;
    if (mine === first) found.set(name, "same");
    else if (first === results(theirs, name, target)) found.set(name, "differs");
  }
  return found;
}

function unpinned(spec: ObjSpec): ObjSpec {
  return { ...spec, maps: sizedMaps(spec.maps).map((map) => ({ ...map, pinByName: false })) };
}

/** null where the kernel does not load or run it. */
function results(spec: ObjSpec, name: string, target: Target): string | null {
  try {
    const collection = loadObject(spec, target, { programs: [name] });
    try {
      const { raw } = collection.programs[name]!;
      return packets()
        .map((data) => {
          const { retval, dataOut } = raw.testRun({ data });
          return `${retval} ${Buffer.from(dataOut ?? []).toString("hex")}`;
        })
        .join("\n");
    } finally {
      collection.close();
    }
  } catch (error) {
    if (error instanceof SkepError) return null;
    throw error;
  }
}
