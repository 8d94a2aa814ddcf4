import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { putU64, u64 } from "../../test/verifier/contains.ts";
import * as T from "./tnum.ts";

interface Tnum {
  readonly value: bigint;
  readonly mask: bigint;
}

const M64 = (1n << 64n) - 1n;
const u = (x: bigint): bigint => BigInt.asUintN(64, x);
const words = (...list: readonly Tnum[]): Int32Array => {
  const w = new Int32Array(4 * list.length + 4);
  list.forEach(({ value, mask }, i) => {
    putU64(w, 4 * i + 4, value);
    putU64(w, 4 * i + 6, mask);
  });
  return w;
};
const result = (w: Int32Array): Tnum => ({ value: u64(w, 0), mask: u64(w, 2) });
const holds = (t: Tnum, x: bigint): boolean => (x & ~t.mask & M64) === t.value;

/** All tnums of `bits` bits, moved up by `shift`. */
function allTnums(bits: number, shift: bigint): Tnum[] {
  const out: Tnum[] = [];
  for (let mask = 0; mask < 1 << bits; mask++) {
    for (let value = 0; value < 1 << bits; value++) {
      if ((value & mask) === 0) out.push({ value: BigInt(value) << shift, mask: BigInt(mask) << shift });
    }
  }
  return out;
}

function members({ value, mask }: Tnum): bigint[] {
  const out: bigint[] = [];
  let sub = mask;
  for (;;) {
    out.push(value | sub);
    if (sub === 0n) return out;
    sub = (sub - 1n) & mask;
  }
}

/** The smallest tnum that holds all of them. */
function join(list: readonly bigint[]): Tnum {
  let mask = 0n;
  for (const x of list) mask |= x ^ list[0]!;
  return { value: list[0]! & ~mask & M64, mask };
}

type Binary = (d: Int32Array, di: number, a: Int32Array, ai: number, b: Int32Array, bi: number) => void;

const BINARY: readonly (readonly [name: string, f: Binary, slow: (x: bigint, y: bigint) => bigint, best: boolean])[] = [
  ["add", T.tnumAdd, (x, y) => u(x + y), true],
  ["sub", T.tnumSub, (x, y) => u(x - y), true],
  ["and", T.tnumAnd, (x, y) => x & y, true],
  ["or", T.tnumOr, (x, y) => x | y, true],
  ["xor", T.tnumXor, (x, y) => x ^ y, true],
  ["mul", T.tnumMul, (x, y) => u(x * y), false],
];

describe.each(BINARY)("%s", (_name, f, slow, best) => {
  // Three bits at the bottom, across the words' border and at the top.
  test.each([0n, 30n, 61n])("of all small tnums at bit %s", (shift) => {
    const all = allTnums(3, shift);
    const low = allTnums(3, f === T.tnumMul ? 0n : shift);
    for (const a of all) {
      for (const b of low) {
        const w = words(a, b);
        f(w, 0, w, 4, w, 8);
        const exact = members(a).flatMap((x) => members(b).map((y) => slow(x, y)));
        const got = result(w);
        for (const x of exact) if (!holds(got, x)) expect.fail(`${a.value}/${a.mask} ${b.value}/${b.mask}: ${x}`);
        if (best && shift !== 61n) expect(got).toEqual(join(exact));
      }
    }
  });
});

const tnum = fc
  .tuple(fc.bigInt({ min: 0n, max: M64 }), fc.bigInt({ min: 0n, max: M64 }))
  .map(([value, mask]): Tnum => ({ value: value & ~mask & M64, mask }));
/** A tnum and one of its members. */
const member = fc.tuple(tnum, fc.bigInt({ min: 0n, max: M64 })).map(([t, x]) => ({ t, x: t.value | (x & t.mask) }));

test.each(BINARY)("%s holds at 64 bits, in place as well", (_name, f, slow) => {
  fc.assert(
    fc.property(member, member, (a, b) => {
      const w = words(a.t, b.t);
      f(w, 0, w, 4, w, 8);
      const got = result(w);
      const inPlace = words(a.t, b.t);
      f(inPlace, 4, inPlace, 4, inPlace, 8);
      expect({ value: u64(inPlace, 4), mask: u64(inPlace, 6) }).toEqual(got);
      return holds(got, slow(a.x, b.x)) && (got.value & got.mask) === 0n;
    }),
  );
});

test("shifts", () => {
  fc.assert(
    fc.property(member, fc.nat(63), ({ t, x }, n) => {
      const w = words(t);
      const s = BigInt(n);
      T.tnumLsh(w, 0, w, 4, n);
      const lsh = holds(result(w), u(x << s));
      T.tnumRsh(w, 0, w, 4, n);
      const rsh = holds(result(w), x >> s);
      T.tnumArsh64(w, 0, w, 4, n);
      return lsh && rsh && holds(result(w), u(BigInt.asIntN(64, x) >> s));
    }),
  );
});

test("ranges: the smallest tnum with a common prefix", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 0n, max: M64 }), fc.bigInt({ min: 0n, max: M64 }), (a, b) => {
      const [min, max] = a < b ? [a, b] : [b, a];
      const w = new Int32Array(8);
      putU64(w, 4, min);
      putU64(w, 6, max);
      T.tnumRange(w, 0, w[4]!, w[5]!, w[6]!, w[7]!);
      const got = result(w);
      return holds(got, min) && holds(got, max) && (got.mask & (got.mask + 1n)) === 0n;
    }),
  );
});

test("union, intersection, inclusion", () => {
  for (const a of allTnums(3, 31n)) {
    for (const b of allTnums(3, 31n)) {
      const w = words(a, b);
      T.tnumUnion(w, 0, w, 4, w, 8);
      expect(result(w)).toEqual(join([...members(a), ...members(b)]));
      const common = members(a).filter((x) => holds(b, x));
      expect(T.tnumOverlap(w, 4, w, 8)).toBe(common.length > 0);
      expect(T.tnumIn(w, 4, w, 8)).toBe(members(b).every((x) => holds(a, x)));
      if (common.length === 0) continue;
      T.tnumIntersect(w, 0, w, 4, w, 8);
      expect(result(w)).toEqual(join(common));
    }
  }
});

test("the next member", () => {
  for (const shift of [0n, 30n, 61n]) {
    for (const t of allTnums(3, shift)) {
      const all = members(t).sort((x, y) => (x < y ? -1 : 1));
      for (const x of allTnums(3, shift).map(({ value }) => value)) {
        const w = words(t);
        putU64(w, 0, x);
        T.tnumStep(w, 0, w, 4, w[0]!, w[1]!);
        expect(u64(w, 0)).toBe(all.find((y) => y > x) ?? all.at(-1));
      }
    }
  }
});

test("swapped bytes", () => {
  fc.assert(
    fc.property(member, fc.constantFrom(16, 32, 64), ({ t, x }, bits) => {
      const w = words(t);
      T.tnumSwap(w, 0, w, 4, bits);
      let swapped = 0n;
      for (let i = 0n; i < bits; i += 8n) swapped = (swapped << 8n) | ((x >> i) & 0xffn);
      return holds(result(w), swapped);
    }),
  );
});
