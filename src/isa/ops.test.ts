import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodeInsns, encodeInsns, type Insn, insnsOf } from "./insn.ts";
import { badField, findOp, OPS, opAt, opByName } from "./ops.ts";

const insn = fc.record<Insn>({
  code: fc.integer({ min: 0, max: 255 }),
  dst: fc.integer({ min: 0, max: 15 }),
  src: fc.integer({ min: 0, max: 15 }),
  off: fc.integer({ min: -0x8000, max: 0x7fff }),
  imm: fc.integer({ min: -0x80000000, max: 0x7fffffff }),
});

describe("op table", () => {
  test("names are unique and each row finds itself", () => {
    expect(new Set(OPS.map((row) => row.name)).size).toBe(OPS.length);
    for (const row of OPS) {
      const src = typeof row.src === "number" ? row.src : 3;
      const off = typeof row.off === "number" ? row.off : 8;
      const imm = typeof row.imm === "number" ? row.imm : 1;
      expect(findOp(row.code, src, off, imm)?.name).toBe(row.name);
      expect(opByName(row.name)).toBe(row);
      expect(OPS[row.id]).toBe(row);
    }
  });

  test("matching fields are fixed in every row of a code, with different values", () => {
    for (const a of OPS) {
      for (const field of a.match) expect(typeof a[field]).toBe("number");
      for (const b of OPS) {
        if (a === b || a.code !== b.code) continue;
        expect(a.match).toEqual(b.match);
        expect(a.match.some((field) => a[field] !== b[field])).toBe(true);
      }
    }
  });

  // RFC 9669 appendix A counts 108 rows of code and qualifier beyond the packet group; here those that it names by example.
  test.each([
    [0x07, 0, 0, 0, "add64_imm"],
    [0x3f, 2, 1, 0, "sdiv64_reg"],
    [0xbc, 2, 16, 0, "movsx32_16"],
    [0xdc, 0, 0, 32, "be32"],
    [0xd7, 0, 0, 64, "bswap64"],
    [0x06, 0, 0, 7, "gotol"],
    [0xde, 2, 5, 0, "jsle32_reg"],
    [0x85, 2, 0, 9, "call_kfunc"],
    [0x91, 2, 5, 0, "ldxsb"],
    [0xdb, 2, 5, 0xf1, "cmpxchg64"],
    [0xd3, 2, 5, 0x100, "load_acquire8"],
    [0xe5, 0, 5, 0, "may_goto"],
    [0x18, 6, 0, 0, "lddw_map_idx_value"],
    [0x48, 2, 0, 0, "ldindh"],
  ])("code %i src %i off %i imm %i is %s", (code, src, off, imm, name) => {
    expect(findOp(code, src, off, imm)?.name).toBe(name);
  });

  test("says which field Linux refuses", () => {
    const bad = (parts: Partial<Insn>, next: Partial<Insn> = {}) => {
      const zero = { code: 0, dst: 0, src: 0, off: 0, imm: 0 };
      return badField(
        insnsOf([
          { ...zero, ...parts },
          { ...zero, ...next },
        ]),
        0,
      );
    };
    expect(bad({ code: 0xb7, imm: 5 })).toBe(null);
    expect(bad({ code: 0xb7, dst: 11 })).toBe("dst");
    expect(bad({ code: 0xb7, src: 1 })).toBe("src");
    expect(bad({ code: 0xb7, off: 1 })).toBe("off");
    expect(bad({ code: 0xbf, imm: 1 })).toBe("imm");
    expect(bad({ code: 0xbf, off: 5 })).toBe("code");
    expect(bad({ code: 0xd4, imm: 24 })).toBe("code");
    expect(bad({ code: 0x95, off: 1 })).toBe(null);
    expect(bad({ code: 0xbf, off: 1, imm: 2 })).toBe("imm");
    expect(bad({ code: 0x18 }, { imm: 7 })).toBe(null);
    expect(bad({ code: 0x18 }, { code: 7 })).toBe("next");
    expect(bad({ code: 0xff })).toBe("code");
  });

  test("decode(encode(x)) = x", () => {
    fc.assert(
      fc.property(fc.array(insn, { maxLength: 20 }), (list) => {
        const buf = insnsOf(list);
        const again = decodeInsns(encodeInsns(buf));
        expect(again).toEqual(buf);
        for (let i = 0; i < again.length; i++) expect(opAt(again, i)).toBe(opAt(buf, i));
      }),
      { numRuns: 200 },
    );
  });
});
