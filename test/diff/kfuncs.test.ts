/**
 * kfuncs of the embedded runtime against the running kernel's: the same objects, the same random questions, the same answers,
 * packets and globals. SEED and CASES in the environment choose another or a longer run.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { BPF_PROG_TYPE_XDP } from "../../src/abi/prog-types.ts";
import { errnoName } from "../../src/base/errno.ts";
import { SkepError } from "../../src/base/error.ts";
import { interp } from "../../src/engine/interp/interp.ts";
import { jit } from "../../src/engine/jit/jit.ts";
import { linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Target, TestRun } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { unsafeTrusted, unsafeVerified } from "../../src/obj/verified.ts";
import { seededRandom } from "../../src/runtime/clock.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { createHooks } from "../../src/runtime/hooks/hooks.ts";
import { type EmbeddedTarget, embeddedTarget, type Stages } from "../../src/runtime/target.ts";
import { resolvedProg } from "../fixtures/progs.ts";
import { liveKernel } from "../live.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const CASES = Number(process.env["CASES"] ?? 200);
const FIXTURES = new URL("../fixtures/kfuncs/", import.meta.url);
const CTX_BYTES = 8 * 8 + 64 * 8 + 192;
/** CPUs of the machine, which answers of CPU masks tell. */
const CPUS = Number(/\d+$/.exec(reading("/sys/devices/system/cpu/possible"))?.[0] ?? 0) + 1;

function reading(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch {
    return "0";
  }
}

type Random = (below: number) => number;

/** The kernel; the runtime as it is, with the kernel's BTF and without; both engines without a verifier. */
function targets(live: Target): Target[] {
  const options = { memoryBytes: 8 << 20, random: 1, cpus: CPUS, kernelBtf: live.kernelBtf! };
  return [
    live,
    embedded({ ...options, engine: "jit" }),
    embedded({ memoryBytes: 8 << 20, random: 1, cpus: CPUS, engine: "jit" }),
    embeddedTarget(options, noVerifier),
    embeddedTarget(options, {
      engine: () => jit,
      verify: (prog) => ({ prog: unsafeTrusted(prog), processed: 0 }),
      createHooks,
    }),
  ];
}

const noVerifier: Stages = {
  engine: () => interp,
  verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }),
  createHooks,
};

function outcome(collection: Collection, name: string, run: TestRun): string {
  try {
    const { retval, dataOut, ctxOut } = collection.programs[name]!.raw.testRun(run);
    return [retval | 0, hex(dataOut), hex(ctxOut)].join(" ");
  } catch (error) {
    if (error instanceof SkepError && error.errno !== undefined) return errnoName(error.errno);
    throw error;
  }
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null
    ? "none"
    : Buffer.from(bytes)
        .toString("hex")
        .replace(/(00){8,}/g, "..");
}

const reason = liveKernel();

describe.skipIf(reason !== null)("kfuncs", () => {
  const live = reason === null ? linux() : null;
  const open: Target[] = [];
  afterAll(() => {
    for (const target of open) target.close();
    live?.close();
  });

  function load(
    file: string,
    programs: readonly string[],
    wanted: (target: Target) => boolean = () => true,
  ): Collection[] {
    const spec = parseObject(readFileSync(new URL(file, FIXTURES)), file);
    const all = targets(live!).filter(wanted);
    open.push(...all.slice(1));
    return all.map((target) => loadObject(spec, target, { programs }));
  }

  /** Runs `name` with the input words that `input` makes, in each target. */
  function compare(
    collections: readonly Collection[],
    name: string,
    input: (random: Random) => readonly (number | bigint)[],
    cases = CASES,
    before: (collection: Collection, random: Random) => void = () => undefined,
  ): Set<string> {
    const next = seededRandom(SEED);
    const answers = new Set<string>();
    for (let n = 0; n < cases; n++) {
      const seed = next();
      const outcomes = collections.map((collection) => {
        const own = seededRandom(seed);
        const random: Random = (below) => own() % below;
        before(collection, random);
        const ctx = new Uint8Array(CTX_BYTES);
        const words = new BigInt64Array(ctx.buffer, 0, 8);
        const given = input(random);
        given.forEach((word, i) => {
          words[i] = BigInt(word);
        });
        return { text: outcome(collection, name, { ctx }), given };
      });
      for (const { text, given } of outcomes)
        expect(text, `SEED=${SEED} case ${n}: ${name}(${given})`).toBe(outcomes[0]!.text);
      answers.add(outcomes[0]!.text);
    }
    return answers;
  }

  const pick = <T>(random: Random, list: readonly T[]): T => list[random(list.length)]!;
  const wide = (random: Random): bigint => BigInt(random(2 ** 32)) | (BigInt(random(2 ** 32)) << 32n);

  it("numbers", () => {
    const all = load("kfuncs.bpf.o", ["numbers"]);
    const start = (r: Random): number => pick(r, [0, 1, 5, -3, -7, 2 ** 31 - 1, 2 ** 31 - 10, -(2 ** 31)]);
    const end = (r: Random): number => pick(r, [0, 2, 9, 100, -3, 2 ** 31 - 1, -(2 ** 31), 8388700, 1000]);
    const answers = compare(all, "numbers", (r) => [start(r), end(r)], 60);
    expect(answers.size).toBeGreaterThan(8);
  });

  it("bits", () => {
    const all = load("kfuncs.bpf.o", ["bits"]);
    const word = (r: Random): bigint => pick(r, [0n, 1n, 1n << 63n, -1n, wide(r), 1n << 31n]);
    const answers = compare(all, "bits", (r) => [word(r), word(r), word(r), word(r), pick(r, [0, 1, 2, 4, 512])]);
    expect(answers.size).toBeGreaterThan(50);
  });

  it("strings", () => {
    const all = load("kfuncs.bpf.o", ["strings"]);
    const text = (r: Random): Uint8Array => {
      const bytes = new Uint8Array(128);
      const length = r(12);
      for (let i = 0; i < length; i++) bytes[i] = pick(r, [0x61, 0x62, 0x41, 0xe4, 0xc4, 0x63, 0xd7, 0xf7, 0x2e]);
      return bytes;
    };
    const answers = compare(
      all,
      "strings",
      (r) => [pick(r, [0x61, 0x41, 0, -28, 0x2e, 0xe4, 0x161]), pick(r, [0, 1, 3, 12, 200, 65536, 2n ** 40n])],
      CASES,
      (collection, random) => {
        const first = text(random);
        const second = random(3) === 0 ? first.slice(random(3)) : text(random);
        collection.bss["first_bytes"] = [...first];
        collection.bss["second_bytes"] = [...second, ...new Uint8Array(128)].slice(0, 128);
      },
    );
    expect(answers.size).toBeGreaterThan(100);
  });

  it("dynptrs over memory", () => {
    const all = load("kfuncs.bpf.o", ["dynptrs"]);
    const edge = (r: Random): number => pick(r, [0, 1, 8, 20, 33, 56, 57, 64, 65, 2 ** 31, 2 ** 32 - 1]);
    const answers = compare(
      all,
      "dynptrs",
      (r) => [edge(r), edge(r), pick(r, [0, 3, 12]), pick(r, [0, 9, 40]), edge(r), pick(r, [0, 0, 0, 1]), r(256)],
      CASES,
      (collection, random) => {
        collection.bss["left"] = Array.from({ length: 64 }, () => random(256));
        collection.bss["right"] = Array.from({ length: 64 }, () => random(256));
      },
    );
    expect(answers.size).toBeGreaterThan(100);
  });

  it.each(["xdp_dynptr", "tc_dynptr", "cgroup_dynptr"])("packets: %s", (name) => {
    const all = load("kfuncs.bpf.o", [name]);
    const next = seededRandom(SEED);
    const random: Random = (below) => next() % below;
    const xdp = all[0]!.programs[name]!.raw.prog.spec.type === BPF_PROG_TYPE_XDP;
    const seen = new Set<string>();
    for (let n = 0; n < CASES / 2; n++) {
      const length = pick(random, xdp ? [14, 60, 100, 1500, 3500, 9000, 20000] : [34, 60, 100, 1500, 3500]);
      const data = Uint8Array.from({ length }, (_, i) => (i * 7 + n) & 255);
      const edge = (): number =>
        pick(random, [0, 1, 14, 30, 59, 90, 1400, 3500, 4000, 8000, length - 16, length, 2 ** 32 - 1]);
      const ask = [
        edge(),
        pick(random, [0, 0, 4, 40]),
        pick(random, [length, length, length - 14, 60, 0]),
        edge(),
        edge(),
      ];
      ask.push(
        pick(random, [0, 0, 0, 1, 2, 4]),
        pick(random, [0, 1, 20, 300, 2000]),
        pick(random, [0, 0, 20, 3600, 5000]),
      );
      const texts = all.map((collection) => {
        collection.bss["ask"] = ask.map((word) => BigInt.asUintN(64, BigInt(word)));
        collection.bss["got"] = Array.from({ length: 16 }, () => 0n);
        const text = outcome(collection, name, { data });
        return `${text} ${(collection.bss["got"] as bigint[]).join(",")}`;
      });
      for (const text of texts) expect(text, `SEED=${SEED} case ${n}: ${length} bytes, ask ${ask}`).toBe(texts[0]!);
      seen.add(texts[0]!);
    }
    expect(seen.size).toBeGreaterThan(CASES / 4);
  });

  it("storage of the test run's socket", () => {
    const all = load("storage.bpf.o", ["tc_count"]);
    for (let n = 0; n < 3; n++) {
      const texts = all.map((collection) => outcome(collection, "tc_count", { data: new Uint8Array(60) }));
      for (const text of texts) expect(text).toBe(texts[0]!);
      expect(texts[0]).toMatch(/^102 /);
    }
  });

  it.each(["xdp_cast", "tc_cast"])("the kernel's ctx: %s", (name) => {
    // Without the kernel's BTF there is no such struct.
    const all = load("casts.bpf.o", [name], (target) => target.kernelBtf !== null);
    const data = new Uint8Array(90);
    data[12] = 8;
    data[13] = 6;
    const ctx = new Uint8Array(name === "tc_cast" ? 192 : 24);
    new DataView(ctx.buffer).setUint32(name === "tc_cast" ? 8 : 4, name === "tc_cast" ? 99 : 90, true);
    const texts = all.map((collection) => {
      collection.programs[name]!.raw.testRun({ data, ctx });
      return String(collection.bss["seen"]);
    });
    for (const text of texts) expect(text).toBe(texts[0]!);
    expect(texts[0]).toMatch(/^90,/);
  });

  it.each(["thrower", "catcher"])("exceptions: %s", (name) => {
    const all = load("throws.bpf.o", [name]);
    const seen = new Set<string>();
    for (const length of [60, 101, 90, 1000]) {
      const texts = all.map((collection) => {
        const { retval } = collection.programs[name]!.raw.testRun({ data: new Uint8Array(length) });
        return `${retval | 0} ${collection.bss["ran"]}`;
      });
      for (const text of texts) expect(text, `${length} bytes`).toBe(texts[0]!);
      seen.add(texts[0]!);
    }
    expect(seen.size).toBe(4);
  });

  it("objects in lists, trees and maps", () => {
    const programs = ["plain_object", "list_op", "tree_add", "tree_take", "tree_shape", "keep"];
    const all = load("objects.bpf.o", programs);
    const next = seededRandom(SEED);
    const random: Random = (below) => next() % below;
    const seen = new Set<string>();
    for (let n = 0; n < 3 * CASES; n++) {
      // Grows for a while, then shrinks.
      const grow = n % 200 < 110;
      const name = pick(random, [...programs, grow ? "tree_add" : "tree_take", "tree_shape"]);
      const op = name === "list_op" ? pick(random, grow ? [0, 1, 0, 1, 2, 3] : [0, 2, 3, 2, 3]) : random(2);
      const words = [op, random(50), random(2)];
      const texts = all.map((collection) => {
        const ctx = new Uint8Array(CTX_BYTES);
        new BigInt64Array(ctx.buffer).set(words.map(BigInt));
        return outcome(collection, name, { ctx });
      });
      for (const text of texts) expect(text, `SEED=${SEED} step ${n}: ${name}(${words})`).toBe(texts[0]!);
      seen.add(texts[0]!);
    }
    expect(seen.size).toBeGreaterThan(100);
    for (const collection of all) {
      collection.close();
      if (collection.target !== live) expect((collection.target as EmbeddedTarget).runtime.objects.count).toBe(0);
    }
  });

  it("CPU masks", () => {
    const all = load("objects.bpf.o", ["cpumasks"]);
    const answers = compare(all, "cpumasks", (r) => [r(16), pick(r, [0, 1, 2, 5000])], 60);
    expect(answers.size).toBeGreaterThan(12);
  });

  it("refuses what it lacks by its name and place, and gives weak ones 0", () => {
    const { kernelBtf } = live!;
    const target = embeddedTarget({ kernelBtf: kernelBtf! }, noVerifier);
    expect(target.hasKfunc!("bpf_iter_num_new")).toBe(true);
    expect(target.hasKfunc!("bpf_iter_css_new")).toBe(false);
    const crash = kernelBtf!.find("bpf_iter_css_new", "func");
    const prog = resolvedProg(`r1 = 0\ncall kfunc[0x${crash.toString(16)}]\nr0 = 0\nexit`);
    const failure = expect.objectContaining({
      code: "load/kfunc",
      message: expect.stringContaining("bpf_iter_css_new"),
    });
    expect(() => target.loadProg({ ...prog, kernelBtf }, [])).toThrow(failure);
    target.close();
  });
});
