/** What a branch teaches: never too much, at 64 bits against BigInt and for all pairs of small ranges. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { JUMP_OPS, taken } from "../../test/engine/reference.ts";
import { excludes, putU64 } from "../../test/verifier/contains.ts";
import { syncBounds } from "./bounds.ts";
import { learn, reverseOp, scalarBranch } from "./refine.ts";
import { markUnknown, REG_WORDS, SMAX, SMIN, UMAX, UMIN, type Words } from "./regs.ts";

const M64 = (1n << 64n) - 1n;

/** Two registers: [a, A] and [b, B], unsigned, or signed where `signed`. */
function pair(a: readonly [bigint, bigint], b: readonly [bigint, bigint], signed: boolean): Words {
  const w = new Int32Array(2 * REG_WORDS);
  for (const [at, [min, max]] of [[0, a] as const, [REG_WORDS, b] as const]) {
    markUnknown(w, at, false);
    putU64(w, at + (signed ? SMIN : UMIN), min);
    putU64(w, at + (signed ? SMAX : UMAX), max);
    syncBounds(w, at);
  }
  return w;
}

function check(w: Words, op: number, is32: boolean, x: bigint, y: bigint): void {
  const is = taken(op | (is32 ? 6 : 5), x, y);
  const decided = scalarBranch(op, w, 0, w, REG_WORDS, is32);
  if (decided !== -1 && (decided === 1) !== is) expect.fail(`op ${op} ${is32} ${x} ${y}: decided ${decided}`);
  learn(is ? op : reverseOp(op), w, 0, w, REG_WORDS, is32);
  const why = excludes(w, 0, x) || excludes(w, REG_WORDS, y);
  if (why !== "") expect.fail(`op ${op} ${is32} ${x} ${y}: ${why}`);
}

const value = fc.oneof(
  fc.bigInt({ min: 0n, max: M64 }),
  fc.bigInt({ min: -70n, max: 70n }).map((x) => BigInt.asUintN(64, x)),
  fc.constantFrom(0x7fff_ffffn, 0x8000_0000n, 0xffff_ffffn, 1n << 63n, (1n << 63n) - 1n, 0xffff_ffff_8000_0000n),
);

const within = fc.tuple(value, value, value).map((list) => {
  const sorted = (signed: boolean): bigint[] => {
    const key = (x: bigint): bigint => (signed ? BigInt.asIntN(64, x) : x);
    return [...list].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
  };
  return { unsigned: sorted(false), signed: sorted(true) };
});

test.each(JUMP_OPS)("op %i at 64 bits", (op) => {
  fc.assert(
    fc.property(within, within, fc.boolean(), fc.boolean(), (a, b, signed, is32) => {
      const [x0, x, x1] = signed ? a.signed : a.unsigned;
      const [y0, y, y1] = signed ? b.signed : b.unsigned;
      check(pair([x0!, x1!], [y0!, y1!], signed), op, is32, x!, y!);
    }),
    { numRuns: 400 },
  );
});

test.each(JUMP_OPS)("op %i on all ranges around a border", (op) => {
  for (const base of [0n, 0x7fff_fffen, 0xffff_fffen, (1n << 63n) - 2n]) {
    for (let n = 0; n < 3 ** 6; n++) {
      const d = [0, 1, 2, 3, 4, 5].map((i) => BigInt(Math.floor(n / 3 ** i) % 3));
      const x0 = base + d[0]!;
      const y0 = base + d[3]!;
      for (const is32 of [false, true]) {
        const w = pair([x0, x0 + d[1]! + d[2]!], [y0, y0 + d[4]! + d[5]!], false);
        check(w, op, is32, x0 + d[1]!, y0 + d[4]!);
      }
    }
  }
});
