import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { toHex } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { encodeInsns, type Insn, insnAt, insnsOf } from "../isa/insn.ts";
import { OPS, type OpRow } from "../isa/ops.ts";
import { assemble } from "./asm.ts";
import { disassemble } from "./disasm.ts";

const hexOf = (text: string) => toHex(encodeInsns(assemble(text).insns)).replace(/(.{16})(?=.)/g, "$1 ");

const reg = fc.integer({ min: 0, max: 10 });
const imm = fc.oneof(
  fc.integer({ min: -0x80000000, max: 0x7fffffff }),
  fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000),
);
const off = fc.oneof(fc.integer({ min: -0x8000, max: 0x7fff }), fc.constantFrom(0, 1, -1, 0x7fff, -0x8000));

/** One or two slots of a row with any operands that Linux's reserved fields allow. */
function insnsOfRow(row: OpRow): fc.Arbitrary<Insn[]> {
  return fc
    .record({
      code: fc.constant(row.code),
      dst: row.dst === 0 ? fc.constant(0) : reg,
      src: typeof row.src === "number" ? fc.constant(row.src) : reg,
      off: typeof row.off === "number" ? fc.constant(row.off) : off,
      imm:
        typeof row.imm === "number" ? fc.constant(row.imm) : row.imm === "spaces" ? fc.constantFrom(1, 1 << 16) : imm,
      next: imm,
    })
    .map(({ next, ...first }) => (row.slots === 2 ? [first, { code: 0, dst: 0, src: 0, off: 0, imm: next }] : [first]));
}

const anySlot = fc.record<Insn>({
  code: fc.integer({ min: 0, max: 255 }),
  dst: fc.integer({ min: 0, max: 15 }),
  src: fc.integer({ min: 0, max: 15 }),
  off,
  imm,
});

describe("text -> bytes -> text", () => {
  test.each(OPS.map((row) => [row.name, row] as const))("%s", (_, row) => {
    fc.assert(
      fc.property(insnsOfRow(row), fc.boolean(), (list, alu32) => {
        const insns = insnsOf(list);
        const { lines, text } = disassemble(insns, { alu32 });
        expect(lines.map((line) => line.op)).toEqual([row.name]);
        expect(lines[0]!.text).not.toContain(".quad");
        const again = assemble(text).insns;
        expect(again).toEqual(insns);
        expect(assemble(lines[0]!.text).insns).toEqual(insns);
        expect(disassemble(again, { alu32 }).text).toBe(text);
      }),
      { numRuns: 30 },
    );
  });

  test("whole programs with symbols, and slots that are no instruction", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.constantFrom(...OPS).chain(insnsOfRow),
            anySlot.map((slot) => [slot]),
          ),
          { maxLength: 30 },
        ),
        (parts) => {
          const insns = insnsOf(parts.flat());
          const symbols = [{ insnIdx: 0, name: "prog" }];
          const { text } = disassemble(insns, { symbols });
          const again = assemble(text).insns;
          expect(again).toEqual(insns);
          expect(disassemble(again, { symbols }).text).toBe(text);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("notations", () => {
  test.each([
    // LLVM and clang's inline assembly
    ["r0 = 0; exit;", "b700000000000000 9500000000000000"],
    ["r2 = 0xffffffff ll", "18020000ffffffff 0000000000000000"],
    ["l0_%=: if r1 s> -5 goto l0_%=", "6501fffffbffffff"],
    ["w0 = w1", "bc10000000000000"],
    ["r1 = (s8)r2", "bf21080000000000"],
    ["r1 = *(u32*)(r10 - 4)", "61a1fcff00000000"],
    ["*(u8 *) (r10 + -1) = w3", "733affff00000000"],
    ["lock *(u64 *)(r1 + 0) += r2", "db21000000000000"],
    ["r2 = xchg_64(r1 + 8, r2)", "db210800e1000000"],
    ["w0 = cmpxchg32_32(r1 + 0x8, w0, w2)", "c3210800f1000000"],
    ["w2 = atomic_fetch_or((u32 *)(r1 + 0x8), w2)", "c321080041000000"],
    ["may_goto +0x3 <.text+0x1e0>", "e500030000000000"],
    ["r1 = addr_space_cast(r2, 0x0, 0x1)", "bf21010001000000"],
    ["w0 s%%= 2; r1 %%= r2", "9400010002000000 9f21000000000000"],
    ["if r0 < 0xfffffffffffffffe goto +1", "a5000100feffffff"],
    ["call 0x1", "8500000001000000"],
    ["call bpf_map_lookup_elem", "8500000001000000"],
    ["call %[bpf_map_lookup_elem]", "8500000001000000"],
    ["call sub; exit; sub: exit", "8510000001000000 9500000000000000 9500000000000000"],
    ["1: r0 = 0; goto 1b; goto 1f; 1: exit", "b700000000000000 0500feff00000000 0500000000000000 9500000000000000"],
    ["r1 = cb ll; exit; cb: exit", "1841000002000000 0000000000000000 9500000000000000 9500000000000000"],
    // llvm-objdump
    ["       0:\tbf 10 00 00 00 00 00 00\tr0 = r1", "bf10000000000000"],
    [
      "      46:\t18 01 00 00 ef cd ab 89 00 00 00 00 67 45 23 01\tr1 = 0x123456789abcdef ll",
      "18010000efcdab89 0000000067452301",
    ],
    ["0000000000000048 <LBB0_2>:\n       9:\tgoto -0x1 <LBB0_2>", "0500ffff00000000"],
    ["; int x = foo();\n       1:\tcall -0x1\n\t\t0000000000000008:  R_BPF_64_32\tfoo", "85100000ffffffff"],
    // the kernel's log and bpftool
    ["0: (b7) r0 = 0                        ; R0_w=0", "b700000000000000"],
    ["   1: (61) r2 = *(u32 *)(r1 +76)", "61124c0000000000"],
    ["(55) if r0 != 0xffffffff goto pc+3".slice(5), "55000300ffffffff"],
    ["5: (18) r1 = 0xffff888100000000", "1801000000000000 000000008188ffff"],
    ["7: (18) r1 = map[id:5][0]+16", "1821000005000000 0000000010000000"],
    ["8: (85) call bpf_map_lookup_elem#1", "8500000001000000"],
    ["9: (85) call bpf_rbtree_add#4711", "8520000067120000"],
    ["9: (85) call kernel-function#4711", "8520000067120000"],
    ["9: (85) call pc+3#bpf_prog_6deef7357e7b4530_sub", "8510000003000000"],
    ["3: (db) r0 = atomic64_cmpxchg((u64 *)(r1 -8), r0, r2)", "db21f8fff1000000"],
    ["3: (d3) r1 = load_acquire((u8 *)(r2 +1))", "d321010000010000"],
    ["3: (db) store_release((u64 *)(r1 +0), r2)", "db21000010010000"],
    ["int prog(struct xdp_md * ctx):\n; return 0;\n   0: (b7) r0 = 0", "b700000000000000"],
    // uBPF and bpf_conformance
    ["mov %r0, 1\nadd32 r0, -1\nneg %r0", "b700000001000000 04000000ffffffff 8700000000000000"],
    ["ldxw %r1, [%r2+4]\nstxb [%r10-1], %r1\nstdw [r10-8], 0x5", "6121040000000000 731affff00000000 7a0af8ff05000000"],
    ["jeq %r1, 0, +1\nja32 exit\nexit", "1501010000000000 0600000000000000 9500000000000000"],
    ["lock fetch add32 [%r1+4], %r2\nlock cmpxchg [%r1], %r2", "c321040001000000 db210000f1000000"],
    ["movsx832 %r0, %r1\nswap16 %r0\nsmod %r0, 3", "bc10080000000000 d700000010000000 9700010003000000"],
    ["lddw %r1, 0x1122334455667788", "1801000088776655 0000000044332211"],
  ])("%s", (text, hex) => {
    expect(hexOf(text)).toBe(hex);
  });

  test("comments of every kind", () => {
    expect(hexOf("; all\nr0 = 0 // one\n# two\nexit # three\n/* four\n five */")).toBe(hexOf("r0 = 0\nexit"));
  });

  test("constants and expressions", () => {
    const { insns } = assemble("r1 = %[A] + 2 * 3\nr2 = *(u32 *)(r1 + OFF)\nr3 = (1 << 4) | ~0xff", {
      constants: { A: 1, OFF: 76n },
    });
    expect(insnAt(insns, 0).imm).toBe(9);
    expect(insnAt(insns, 1).off).toBe(76);
    expect(insnAt(insns, 2).imm).toBe(~0xff | 16);
  });
});

describe("open names", () => {
  test("maps by name", () => {
    const text = "r1 = map[flows] ll\nr2 = map[.rodata][0]+16 ll";
    expect(assemble(text).relocs).toEqual([
      { insnIdx: 0, kind: "map", name: "flows", offBytes: 0 },
      { insnIdx: 2, kind: "mapValue", name: ".rodata", offBytes: 16 },
    ]);
    expect(hexOf(text)).toBe("1811000000000000 0000000000000000 1822000000000000 0000000010000000");
    const { insns, relocs } = assemble(text, { maps: [".rodata", "flows"] });
    expect(relocs).toEqual([]);
    expect([insns.src[0], insns.imm[0], insns.src[2], insns.imm[2], insns.imm[3]]).toEqual([5, 1, 6, 0, 16]);
  });

  test("functions and symbols", () => {
    const { insns, relocs, labels, lines } = assemble("prog:\ncall outside\n\nr1 = thing ll\nexit");
    expect(relocs).toEqual([
      { insnIdx: 0, kind: "func", name: "outside", offBytes: 0 },
      { insnIdx: 1, kind: "addr", name: "thing", offBytes: 0 },
    ]);
    expect(insnAt(insns, 0)).toMatchObject({ src: 1, imm: -1 });
    expect(insnAt(insns, 1)).toMatchObject({ src: 0, imm: 0 });
    expect([...labels]).toEqual([["prog", 0]]);
    expect(lines).toEqual([2, 4, 4, 5]);
  });
});

describe("mistakes name their place", () => {
  test.each([
    ["r0 = 0\nr11 = 1", "asm/register", 2, 1],
    ["r0 = 1\n  r0 ?= 2", "asm/character", 2, 6],
    ["r0 == 1", "asm/operator", 1, 4],
    ["goto nowhere", "asm/label", 1, 6],
    ["a: exit\na: exit", "asm/label", 2, 1],
    ["r0 = 0x100000000", "asm/range", 1, 6],
    ["r1 = *(u64 *)(r2 + 40000)", "asm/range", 1, 18],
    ["r1 = *(u24 *)(r2 + 4)", "asm/type", 1, 8],
    ["r0 = w1", "asm/register", 1, 6],
    ["r0 = -r1", "asm/operands", 1, 7],
    ["exit 3", "asm/syntax", 1, 6],
    ["frobnicate r1", "asm/insn", 1, 1],
    ["if r1 = 3 goto +1", "asm/operator", 1, 7],
    ["r1 = map[nix] ll", "asm/map", 1, 1],
    [`r0 = ${"(".repeat(2000)}1`, "asm/syntax", 1, 39],
    [`r0 = ${"1+".repeat(4000)}1`, "asm/line-too-long", 1, 4096],
    ["goto -0x10000", "asm/range", 1, 6],
    ["lock *(u16 *)(r1 + 0) += r2", "asm/type", 1, 14],
    ["*(s8 *)(r1 + 0) = r2", "asm/type", 1, 19],
  ])("%s", (text, code, line, col) => {
    let thrown: unknown;
    try {
      assemble(text, { file: "x.s", maps: [] });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(SkepError);
    const { code: got, site, advice } = thrown as SkepError;
    expect({ got, site }).toEqual({ got: code, site: { file: "x.s", line, col } });
    expect(advice).toBeTruthy();
  });

  test("any text gives a program or a SkepError", () => {
    const words = [
      "r1",
      "w2",
      "=",
      "+=",
      "(",
      ")",
      "*",
      "u32",
      "goto",
      "if",
      "s>",
      "0x10",
      "-",
      "ll",
      "map",
      "[",
      "]",
      ":",
      "lock",
      "call",
      "#",
      "\n",
      ";",
      "%[x]",
      "<",
      "fetch",
      "s8",
      ",",
    ];
    const text = fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 3 })), { maxLength: 12 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          assemble(parts.join(" "));
        } catch (error) {
          if (!(error instanceof SkepError) || error.code === "bug") throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
