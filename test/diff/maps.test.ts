/**
 * The embedded maps against the running kernel's: the same random operations give the same results and errno. Iteration of
 * hashes is compared as sets. SEED and CASES in the environment choose another or a longer run.
 */
import { afterAll, describe, expect, it } from "vitest";
import * as mt from "../../src/abi/map-types.ts";
import { errnoName } from "../../src/base/errno.ts";
import { SkepError } from "../../src/base/error.ts";
import { possibleCpus } from "../../src/linux/cpus.ts";
import { linux } from "../../src/linux/target.ts";
import type { Target, TargetMap } from "../../src/loader/target.ts";
import type { MapSpec } from "../../src/obj/spec.ts";
import { seededRandom } from "../../src/runtime/clock.ts";
import { mapSpec, testRuntime } from "../fixtures/maps.ts";
import { liveKernel } from "../live.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const CASES = Number(process.env["CASES"] ?? 20);
const STEPS = 150;

type Rng = (below: number) => number;

function rng(seed: number): Rng {
  const next = seededRandom(seed);
  return (below) => next() % below;
}

function pickOf<T>(random: Rng, list: readonly T[]): T {
  return list[random(list.length)]!;
}

/** A result that can be compared: bytes as text, errors by errno. */
function result(fn: () => unknown): string {
  try {
    const got = fn();
    return got instanceof Uint8Array ? Buffer.from(got).toString("hex") : String(got);
  } catch (error) {
    if (error instanceof SkepError && error.errno !== undefined) return errnoName(error.errno);
    throw error;
  }
}

interface Case {
  readonly name: string;
  readonly spec: Partial<MapSpec> & { readonly type: number };
  readonly inner?: MapSpec;
  /** Keys to draw from; default: small numbers, some beyond max_entries. */
  readonly key?: (random: Rng, size: number) => Uint8Array;
  readonly value?: (random: Rng, size: number) => Uint8Array;
  /** Hashes have an order of their own. */
  readonly anyOrder?: true;
}

const CASES_OF_TYPES: readonly Case[] = [
  { name: "array", spec: { type: mt.BPF_MAP_TYPE_ARRAY, maxEntries: 6, valueSize: 12 } },
  { name: "per-CPU array", spec: { type: mt.BPF_MAP_TYPE_PERCPU_ARRAY, maxEntries: 6, valueSize: 8 } },
  { name: "hash", spec: { type: mt.BPF_MAP_TYPE_HASH, maxEntries: 6 }, anyOrder: true },
  { name: "hash, not preallocated", spec: { type: mt.BPF_MAP_TYPE_HASH, maxEntries: 6, flags: 1 }, anyOrder: true },
  {
    name: "hash, odd sizes",
    spec: { type: mt.BPF_MAP_TYPE_HASH, keySize: 7, valueSize: 5, maxEntries: 6 },
    anyOrder: true,
  },
  { name: "per-CPU hash", spec: { type: mt.BPF_MAP_TYPE_PERCPU_HASH, maxEntries: 6 }, anyOrder: true },
  // Never full: which element goes is each one's own affair.
  { name: "LRU hash", spec: { type: mt.BPF_MAP_TYPE_LRU_HASH, maxEntries: 4096 }, anyOrder: true },
  { name: "LRU per-CPU hash", spec: { type: mt.BPF_MAP_TYPE_LRU_PERCPU_HASH, maxEntries: 4096 }, anyOrder: true },
  { name: "LPM trie", spec: { type: mt.BPF_MAP_TYPE_LPM_TRIE, keySize: 7, maxEntries: 8, flags: 1 }, key: lpmKey },
  {
    name: "LPM trie, 16 bytes",
    spec: { type: mt.BPF_MAP_TYPE_LPM_TRIE, keySize: 20, maxEntries: 8, flags: 1 },
    key: lpmKey,
  },
  { name: "queue", spec: { type: mt.BPF_MAP_TYPE_QUEUE, keySize: 0, maxEntries: 4 } },
  { name: "stack", spec: { type: mt.BPF_MAP_TYPE_STACK, keySize: 0, maxEntries: 4, valueSize: 6 } },
  { name: "prog array", spec: { type: mt.BPF_MAP_TYPE_PROG_ARRAY, valueSize: 4, maxEntries: 4 }, value: badFd },
  {
    name: "perf event array",
    spec: { type: mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY, valueSize: 4, maxEntries: 4 },
    value: badFd,
  },
  { name: "arena", spec: { type: mt.BPF_MAP_TYPE_ARENA, keySize: 0, valueSize: 0, maxEntries: 4, flags: 0x400 } },
  { name: "stack trace", spec: { type: mt.BPF_MAP_TYPE_STACK_TRACE, valueSize: 64, maxEntries: 4 } },
  { name: "ring buffer", spec: { type: mt.BPF_MAP_TYPE_RINGBUF, keySize: 0, valueSize: 0, maxEntries: 4096 } },
  { name: "devmap", spec: { type: mt.BPF_MAP_TYPE_DEVMAP, valueSize: 4, maxEntries: 4 }, value: loopback },
  {
    name: "devmap_hash",
    spec: { type: mt.BPF_MAP_TYPE_DEVMAP_HASH, valueSize: 8, maxEntries: 4 },
    value: loopback,
    anyOrder: true,
  },
  { name: "cpumap", spec: { type: mt.BPF_MAP_TYPE_CPUMAP, valueSize: 4, maxEntries: 16 }, value: queueSize },
];

function smallKey(random: Rng, size: number): Uint8Array {
  const key = new Uint8Array(size);
  if (size > 0) key[0] = random(9);
  if (size > 4 && random(3) === 0) key[size - 1] = 1;
  return key;
}

function lpmKey(random: Rng, size: number): Uint8Array {
  const key = new Uint8Array(size);
  key[0] = random(8 * (size - 4) + 2);
  for (let i = 4; i < Math.min(size, 8); i++) key[i] = pickOf(random, [0, 0, 0x80, 0xc0, 0xff]);
  if (random(3) === 0) key[size - 1] = random(256);
  return key;
}

function anyValue(random: Rng, size: number): Uint8Array {
  return Uint8Array.from({ length: size }, () => random(256));
}

function badFd(): Uint8Array {
  return Uint8Array.of(0xff, 0xff, 0, 0);
}

/** ifindex 1 is the loopback device of every network namespace; 0 is none. */
function loopback(random: Rng, size: number): Uint8Array {
  const value = new Uint8Array(size);
  value[0] = random(2);
  return value;
}

function queueSize(random: Rng): Uint8Array {
  return new Uint8Array(Uint32Array.of(pickOf(random, [0, 8, 192, 20000])).buffer);
}

function keysOf(map: TargetMap, limit: number): string[] {
  const keys: string[] = [];
  for (let key = map.nextKey(null); key !== null && keys.length < limit; key = map.nextKey(key)) {
    keys.push(Buffer.from(key).toString("hex"));
  }
  return keys;
}

const reason = liveKernel();
if (reason !== null) console.log(`skipped: embedded maps against the kernel's: ${reason}`);

describe.skipIf(reason !== null)("embedded maps against the kernel's", () => {
  let kernel: Target | null = null;
  const target = (): Target => (kernel ??= linux());
  afterAll(() => kernel?.close());
  const runtime = (): ReturnType<typeof testRuntime> => testRuntime({ cpus: possibleCpus(), random: SEED });

  it.each(CASES_OF_TYPES)("$name: the same results and errno", (c) => {
    const spec = mapSpec(c.spec.type, c.spec);
    for (let i = 0; i < CASES; i++) {
      const seed = SEED * 1000 + i;
      const random = rng(seed);
      const ours = runtime().createMap(spec, null);
      const theirs = target().createMap(spec, null);
      expect(ours.userValueSize).toBe(theirs.userValueSize);
      const both = (what: string, fn: (map: TargetMap) => unknown): void => {
        const [a, b] = [result(() => fn(ours)), result(() => fn(theirs))];
        expect(a, `seed ${seed}: ${what}: embedded ${a}, kernel ${b}`).toBe(b);
      };
      for (let step = 0; step < STEPS; step++) {
        const key = (c.key ?? smallKey)(random, spec.keySize);
        const value = (c.value ?? anyValue)(random, ours.userValueSize);
        const flags = pickOf(random, [0, 0, 0, 0, 1, 2, 3, 4, 5, 8]);
        const lookupFlags = pickOf(random, [0, 0, 0, 4, 1]);
        const at = `step ${step}, key ${Buffer.from(key).toString("hex")}, flags ${flags}`;
        switch (random(8)) {
          case 0:
          case 1:
          case 2:
          case 3:
            both(`update, ${at}`, (map) => map.update(key, value, flags));
            break;
          case 4:
            both(`lookup, ${at}`, (map) => map.lookup(key, lookupFlags));
            break;
          case 5:
            both(`delete, ${at}`, (map) => map.delete(key));
            break;
          case 6:
            both(`lookup and delete, ${at}`, (map) => map.lookupAndDelete(key));
            break;
          default:
            both(`keys, ${at}`, (map) => {
              const keys = keysOf(map, 100);
              return (c.anyOrder ? keys.sort() : keys).join();
            });
            if (!c.anyOrder) both(`next key, ${at}`, (map) => map.nextKey(key));
        }
      }
      both("freeze", (map) => map.freeze());
      both("update of the frozen", (map) =>
        map.update(smallKey(random, spec.keySize), new Uint8Array(ours.userValueSize)),
      );
      both("freeze again", (map) => map.freeze());
      ours.close();
      theirs.close();
    }
  });

  it.each([
    ["array of maps", mt.BPF_MAP_TYPE_ARRAY_OF_MAPS],
    ["hash of maps", mt.BPF_MAP_TYPE_HASH_OF_MAPS],
  ])("%s: the same results and errno", (_name, type) => {
    const inner = mapSpec(mt.BPF_MAP_TYPE_HASH);
    const spec = mapSpec(type, { valueSize: 4, maxEntries: 3, inner });
    const random = rng(SEED);
    const rt = runtime();
    const sides = [rt, target()].map((side) => {
      const maps = [inner, inner, { ...inner, maxEntries: 9 }, { ...inner, valueSize: 4 }].map((s) =>
        side.createMap(s, null),
      );
      return { maps, outer: (side as Target).createMap(spec, maps[0]!) };
    });
    const name = (side: (typeof sides)[0], value: Uint8Array | null): string =>
      value === null
        ? "null"
        : `map ${side.maps.findIndex((map) => map.id === new DataView(value.buffer, value.byteOffset).getUint32(0, true))}`;
    for (let step = 0; step < 200; step++) {
      const key = smallKey(random, 4);
      key[0]! %= 5;
      const which = random(4);
      const op = random(4);
      const [a, b] = sides.map((side) =>
        result(() => {
          if (op <= 1) return side.outer.setSlot(key, side.maps[which]!);
          if (op === 2) return side.outer.delete(key);
          return name(side, side.outer.lookup(key));
        }),
      );
      expect(a, `step ${step}, op ${op}, key ${key[0]}, map ${which}: kernel ${b}`).toBe(b);
    }
  });

  it("refuses the same sizes, entries and flags", () => {
    const types = [
      ...CASES_OF_TYPES.map((c) => c.spec.type),
      mt.BPF_MAP_TYPE_LRU_HASH,
      mt.BPF_MAP_TYPE_LRU_PERCPU_HASH,
      mt.BPF_MAP_TYPE_BLOOM_FILTER,
      mt.BPF_MAP_TYPE_XSKMAP,
    ];
    const random = rng(SEED);
    const made: Record<number, number> = {};
    const rt = testRuntime({ cpus: possibleCpus(), memoryBytes: 64 << 20 });
    for (let i = 0; i < 60 * CASES; i++) {
      const type = pickOf(random, types);
      const spec = mapSpec(type, {
        keySize: pickOf(random, [0, 4, 4, 4, 5, 8, 260, 261]),
        valueSize: pickOf(random, [0, 4, 4, 8, 8, 12, 64, 2048, 40_000]),
        maxEntries: pickOf(random, [0, 1, 3, 4096, 4096, 5000]),
        flags: pickOf(
          random,
          [0, 0, 0, 0, 1, 2, 8, 0x10, 0x20, 0x40, 0x80, 0x100, 0x180, 0x200, 0x400, 0x800, 0x1000, 0x81],
        ),
        mapExtra: pickOf(random, [0n, 0n, 0n, 0n, 3n, 16n]),
      });
      // CONFIG_NR_CPUS differs between kernels: stay below all of them.
      if (type === mt.BPF_MAP_TYPE_CPUMAP && spec.maxEntries > 4) continue;
      // The kernel target puts perf events into the map, which a read-only one does not take.
      if (type === mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY && (spec.flags & 8) !== 0) continue;
      if (spec.valueSize * spec.maxEntries > 1 << 20) continue;
      const side = (create: () => TargetMap): string =>
        result(() => {
          create().close();
          return "made";
        });
      const a = side(() => rt.createMap(spec, null));
      const b = side(() => target().createMap(spec, null));
      const shown = `type ${type}, key ${spec.keySize}, value ${spec.valueSize}, entries ${spec.maxEntries}, flags ${spec.flags}, extra ${spec.mapExtra}`;
      expect(a, `${shown}: kernel ${b}`).toBe(b);
      if (a === "made") made[type] = (made[type] ?? 0) + 1;
    }
    expect(Object.keys(made).length).toBeGreaterThan(4);
  });
});
