/** Damaged BTF: truncated at every byte, and with random bytes changed. An error with a code and a place, or a result; soon. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import { readElf } from "../elf/read.ts";
import { decodeInsns } from "../isa/insn.ts";
import { Btf } from "./btf.ts";
import { relocateCore } from "./core.ts";
import { dedupTypes } from "./dedup.ts";
import { dumpC } from "./dump.ts";
import { dumpJson, dumpRaw } from "./dump-raw.ts";
import { parseBtfExt } from "./ext.ts";
import { pruneTypes } from "./prune.ts";
import { concatTypes } from "./refs.ts";
import { showValue } from "./show.ts";
import { codecOf } from "./value.ts";

const SEED = Number(process.env["SEED"] ?? 20_260);
const RUNS = Number(process.env["RUNS"] ?? 100);

const elf = readElf(readFileSync(new URL("../../test/golden/core/access.bpf.o", import.meta.url)));
const section = (name: string): Uint8Array => elf.data(elf.section(name)!);
const shapes = readElf(readFileSync(new URL("../../test/golden/btf/shapes.o", import.meta.url)));
const BLOBS = [section(".BTF"), shapes.data(shapes.section(".BTF")!)];
const BTF = new Btf(BLOBS[0]!);
const EXT = section(".BTF.ext");
const ZEROS = new Uint8Array(1 << 16);
const INSNS = decodeInsns(section("raw_tp/fields"));

/** xorshift32: the same numbers for the same seed. */
function random(seed: number): () => number {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Runs all that reads a type graph. Anything but a SkepError fails the test. */
function useAll(raw: Uint8Array): void {
  const tolerate = (action: () => unknown): void => {
    try {
      action();
    } catch (error) {
      if (!(error instanceof SkepError)) throw error;
      expect(error.code).toMatch(/^(btf|btf-ext|core)\//);
    }
  };
  tolerate(() => {
    const btf = new Btf(raw);
    for (let id = 0; id < btf.length; id++) {
      tolerate(() => btf.type(id));
      tolerate(() => btf.sizeOf(id));
      tolerate(() => {
        const codec = codecOf(btf, id);
        if (codec.size <= ZEROS.length) showValue(btf, id, codec.decode(ZEROS));
      });
    }
    btf.find("item", "struct");
    btf.findEssential("item");
    tolerate(() => dumpC(btf));
    tolerate(() => dumpRaw(btf));
    tolerate(() => JSON.parse(dumpJson(btf)));
    tolerate(() => dedupTypes(concatTypes([btf]).types));
    tolerate(() => pruneTypes(btf, [btf.length - 1, 1]));
    tolerate(() => relocate(btf, BTF, EXT));
    tolerate(() => relocate(BTF, btf, EXT));
  });
}

function relocate(local: Btf, target: Btf, ext: Uint8Array): void {
  const { relos } = parseBtfExt(ext, local);
  for (const [name, records] of relos) {
    for (const record of records) {
      try {
        relocateCore({ name, insns: INSNS, coreRelos: [{ ...record, insnIdx: record.offBytes / 8 }] }, local, target);
      } catch (error) {
        if (!(error instanceof SkepError)) throw error;
      }
    }
  }
}

test("cut off at every byte, with and without a header that agrees", () => {
  for (const blob of BLOBS) {
    for (let length = 0; length < blob.length; length++) {
      expect(() => new Btf(blob.subarray(0, length))).toThrow(SkepError);
    }
    const typeLen = new DataView(blob.buffer, blob.byteOffset).getUint32(12, true);
    for (let length = 0; length < typeLen; length += 4) {
      const cut = blob.slice();
      new DataView(cut.buffer).setUint32(12, length, true);
      if (length % 128 === 0) useAll(cut);
      else if (!opens(cut)) expect(() => new Btf(cut)).toThrow(expect.objectContaining({ code: "btf/truncated" }));
    }
  }
});

function opens(raw: Uint8Array): boolean {
  try {
    new Btf(raw);
    return true;
  } catch {
    return false;
  }
}

test(`random bytes changed (seed ${SEED}, ${RUNS} runs)`, () => {
  const next = random(SEED);
  let slowest = 0;
  for (let run = 0; run < RUNS; run++) {
    const blob = BLOBS[run % BLOBS.length]!.slice();
    const view = new DataView(blob.buffer);
    for (let n = 1 + (next() % 4); n > 0; n--) {
      // Mostly whole words of the type section, made to refer to other types: that is where graphs go wrong.
      const typeLen = view.getUint32(12, true);
      if (next() % 3 === 0) blob[next() % blob.length] = next();
      else
        view.setUint32(
          24 + 4 * (next() % Math.max(1, Math.min(typeLen >> 2, (blob.length >> 2) - 7))),
          next() % 64,
          true,
        );
    }
    const start = performance.now();
    useAll(blob);
    slowest = Math.max(slowest, performance.now() - start);
  }
  expect(slowest).toBeLessThan(5000);
});

test("damaged .BTF.ext", () => {
  for (let length = 0; length < EXT.length; length++) {
    expect(() => parseBtfExt(EXT.subarray(0, length), BTF)).toThrow(SkepError);
  }
  const next = random(SEED);
  for (let run = 0; run < 500; run++) {
    const ext = EXT.slice();
    for (let n = 1 + (next() % 3); n > 0; n--) ext[next() % ext.length] = next();
    try {
      relocate(BTF, BTF, ext);
    } catch (error) {
      if (!(error instanceof SkepError)) throw error;
      expect(error.code).toMatch(/^btf(-ext)?\//);
      expect(error.site.section ?? ".BTF").toMatch(/^\.BTF/);
    }
  }
});

test("records of .BTF.ext that are longer than what is known are read", () => {
  const { lines, funcs } = parseBtfExt(EXT, BTF);
  const view = new DataView(EXT.buffer, EXT.byteOffset, EXT.length);
  const at = 24 + 8 + view.getUint32(8, true);
  expect(view.getUint32(at, true)).toBe(8);
  expect([...funcs.keys()]).toContain("raw_tp/fields");
  expect(lines.get("raw_tp/fields")![0]).toMatchObject({ offBytes: 0, file: expect.stringMatching(/access\.bpf\.c$/) });
  // One list of func_info with records of 12 bytes.
  const wide = new Uint8Array(32 + 4 + 8 + 24);
  const out = new DataView(wide.buffer);
  wide.set(EXT.subarray(0, 8));
  out.setUint32(4, 32, true);
  out.setUint32(12, 36, true);
  out.setUint32(32, 12, true);
  out.setUint32(36, BTF.strOffset("raw_tp/fields"), true);
  out.setUint32(40, 2, true);
  const func = BTF.find("fields", "func");
  out.setUint32(44, 0, true);
  out.setUint32(48, func, true);
  out.setUint32(56, 16, true);
  out.setUint32(60, func, true);
  expect(parseBtfExt(wide, BTF).funcs.get("raw_tp/fields")).toEqual([
    { offBytes: 0, typeId: func },
    { offBytes: 16, typeId: func },
  ]);
});
