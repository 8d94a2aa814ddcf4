/** Random type graphs for property tests: any kind, references to any id (cycles included), as the format allows them. */
import fc from "fast-check";
import type { BtfType } from "../../src/btf/types.ts";

const name = fc.oneof(
  { weight: 4, arbitrary: fc.stringMatching(/^[a-z_][a-z0-9_]{0,8}$/) },
  { weight: 1, arbitrary: fc.constantFrom("", "größe", "a___b", "task___v2", "__proto__") },
);
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

/** `ref` gives ids that exist. */
function type(ref: fc.Arbitrary<number>): fc.Arbitrary<BtfType> {
  const members = (bits: boolean) =>
    fc.array(
      fc.record({
        name,
        typeId: ref,
        bitOff: fc.integer({ min: 0, max: bits ? 0xff_ffff : 0xffff_ffff }),
        bitSize: bits ? fc.integer({ min: 1, max: 255 }) : fc.constant(0),
      }),
      { maxLength: 4, minLength: bits ? 1 : 0 },
    );
  const values = (wide: boolean, signed: boolean) =>
    fc.array(
      fc.record({
        name,
        value: signed
          ? fc.bigInt({ min: wide ? -(2n ** 63n) : -(2n ** 31n), max: wide ? 2n ** 63n - 1n : 2n ** 31n - 1n })
          : fc.bigInt({ min: 0n, max: wide ? 2n ** 64n - 1n : 2n ** 32n - 1n }),
      }),
      { maxLength: 4 },
    );
  const enumOf = (kind: "enum" | "enum64", signed: boolean): fc.Arbitrary<BtfType> =>
    fc.record({
      kind: fc.constant(kind),
      name,
      sizeBytes: fc.constantFrom(1, 2, 4, 8),
      signed: fc.constant(signed),
      values: values(kind === "enum64", signed),
    });
  return fc.oneof<fc.Arbitrary<BtfType>[]>(
    fc.record({
      kind: fc.constant("int"),
      name,
      sizeBytes: fc.constantFrom(1, 2, 4, 8, 16),
      bits: fc.integer({ min: 0, max: 8 }),
      bitOff: fc.constant(0),
      signed: fc.boolean(),
      char: fc.boolean(),
      bool: fc.boolean(),
    }),
    fc.record({ kind: fc.constantFrom("ptr", "volatile", "const", "restrict"), name: fc.constant(""), typeId: ref }),
    fc.record({ kind: fc.constantFrom("typedef", "type_tag"), name, typeId: ref }),
    fc.record({ kind: fc.constant("type_tag"), name, typeId: ref, attr: fc.constant(true) }),
    fc.record({ kind: fc.constant("array"), name: fc.constant(""), typeId: ref, indexTypeId: ref, nelems: u32 }),
    fc.record({ kind: fc.constantFrom("struct", "union"), name, sizeBytes: u32, members: members(false) }),
    fc.record({ kind: fc.constantFrom("struct", "union"), name, sizeBytes: u32, members: members(true) }),
    enumOf("enum", true),
    enumOf("enum", false),
    enumOf("enum64", true),
    enumOf("enum64", false),
    fc.record({ kind: fc.constant("fwd"), name, union: fc.boolean() }),
    fc.record({ kind: fc.constant("func"), name, typeId: ref, linkage: fc.constantFrom("static", "global", "extern") }),
    fc.record({
      kind: fc.constant("func_proto"),
      name: fc.constant(""),
      retTypeId: ref,
      params: fc.array(fc.record({ name, typeId: ref }), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("var"), name, typeId: ref, linkage: fc.constantFrom("static", "global", "extern") }),
    fc.record({
      kind: fc.constant("datasec"),
      name,
      sizeBytes: u32,
      vars: fc.array(fc.record({ typeId: ref, offBytes: u32, sizeBytes: u32 }), { maxLength: 3 }),
    }),
    fc.record({ kind: fc.constant("float"), name, sizeBytes: fc.constantFrom(2, 4, 8, 12, 16) }),
    fc.record({ kind: fc.constant("decl_tag"), name, typeId: ref, componentIdx: fc.integer({ min: -1, max: 9 }) }),
  );
}

/** Types with ids from `firstId` on, that refer to ids below `firstId` and to one another. */
export function typeGraph(maxTypes: number, firstId = 1): fc.Arbitrary<BtfType[]> {
  return fc
    .integer({ min: 0, max: maxTypes })
    .chain((count) =>
      fc.array(type(fc.integer({ min: 0, max: firstId + count - 1 })), { minLength: count, maxLength: count }),
    );
}
