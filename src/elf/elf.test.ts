import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SkepError } from "../base/error.ts";
import { readElf } from "./read.ts";
import {
  R_BPF_64_32,
  R_BPF_64_64,
  R_BPF_64_ABS64,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHT_NOBITS,
  SHT_PROGBITS,
  SHT_RELA,
  STB_GLOBAL,
  STB_LOCAL,
  STB_WEAK,
  STT_FUNC,
  STT_OBJECT,
  STV_DEFAULT,
  STV_HIDDEN,
} from "./types.ts";
import { type OutElf, type OutSection, type OutSymbol, writeElf } from "./write.ts";

const name = fc.stringMatching(/^[.a-z_?/0-9é]{1,12}$/);

const symbol = (sections: number): fc.Arbitrary<OutSymbol> =>
  fc.record({
    name,
    type: fc.constantFrom(STT_FUNC, STT_OBJECT, 0),
    bind: fc.constantFrom(STB_LOCAL, STB_GLOBAL, STB_WEAK),
    visibility: fc.constantFrom(STV_DEFAULT, STV_HIDDEN),
    shndx: fc.nat(sections),
    value: fc.nat(2 ** 31 - 1).map((low) => low * 4096),
    size: fc.nat(),
  });

const object: fc.Arbitrary<OutElf> = fc.nat(6).chain((count) =>
  fc.array(symbol(count), { maxLength: 12 }).chain((symbols) =>
    fc
      .array(
        fc.record({
          name,
          type: fc.constantFrom(SHT_PROGBITS, SHT_NOBITS),
          flags: fc.nat(7),
          align: fc.constantFrom(1, 4, 8, 64),
          data: fc.uint8Array({ maxLength: 64 }),
          size: fc.nat(),
          rela: fc.boolean(),
          relocs: fc.array(
            fc.record({
              offset: fc.nat(1000),
              type: fc.constantFrom(R_BPF_64_32, R_BPF_64_64, R_BPF_64_ABS64),
              symbol: fc.nat(Math.max(0, symbols.length - 1)),
              addend: fc.integer(),
            }),
            { maxLength: symbols.length === 0 ? 0 : 5 },
          ),
        }),
        { minLength: count, maxLength: count },
      )
      .map((sections) => ({ sections, symbols })),
  ),
);

/** What a reader sees of an object, in the writer's terms; symbols with the locals in front. */
function readBack(bytes: Uint8Array, sections: number): OutElf {
  const elf = readElf(bytes);
  const relocs = new Map(
    elf.sections.filter((s) => s.name.startsWith(".rel") && s.info > 0 && s.link > 0).map((s) => [s.info, s]),
  );
  return {
    sections: elf.sections.slice(1, 1 + sections).map((section): OutSection => {
      const from = relocs.get(section.index);
      const list = from === undefined ? [] : elf.relocs(from);
      return {
        name: section.name,
        type: section.type,
        flags: section.flags,
        align: section.align,
        data: elf.data(section).slice(),
        size: section.size,
        rela: from?.type === SHT_RELA,
        relocs: list.map(({ offset, type, symIndex, addend }) => ({ offset, type, symbol: symIndex - 1, addend })),
      };
    }),
    symbols: elf
      .symbols()
      .slice(1)
      .map(({ index: _, ...rest }) => rest),
  };
}

/** The form that survives the file: locals first, no size beside data, no addends without rela. */
function normal(elf: OutElf): OutElf {
  const local = (s: OutSymbol) => s.bind === STB_LOCAL;
  const symbols = [...elf.symbols.filter(local), ...elf.symbols.filter((s) => !local(s))];
  return {
    symbols,
    sections: elf.sections.map((section) => {
      const relocs = section.relocs ?? [];
      return {
        ...section,
        data: section.type === SHT_NOBITS ? new Uint8Array(0) : section.data,
        size: section.type === SHT_NOBITS ? (section.size ?? 0) : section.data.length,
        rela: relocs.length > 0 && (section.rela ?? false),
        relocs: relocs.map((reloc) => ({
          ...reloc,
          symbol: symbols.indexOf(elf.symbols[reloc.symbol]!),
          addend: section.rela ? (reloc.addend ?? 0) : 0,
        })),
      };
    }),
  };
}

test("read(write(x)) = x", () => {
  fc.assert(
    fc.property(object, (elf) => {
      expect(readBack(writeElf(elf), elf.sections.length)).toEqual(normal(elf));
    }),
    { numRuns: 200 },
  );
});

test("sections are found by name, contents are views", () => {
  const code = Uint8Array.of(0x95, 0, 0, 0, 0, 0, 0, 0);
  const bytes = writeElf({
    sections: [{ name: "xdp", type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR, align: 8, data: code }],
    symbols: [],
  });
  const elf = readElf(bytes, "x.o");
  const section = elf.section("xdp")!;
  expect(elf.data(section)).toEqual(code);
  expect(elf.data(section).buffer).toBe(bytes.buffer);
  expect(elf.section("tc")).toBeNull();
});

describe("damage", () => {
  const good = readFileSync(new URL("../../test/fixtures/obj/basic.clang-19.o", import.meta.url));
  const edit = (at: number, ...values: number[]) => {
    const bytes = Uint8Array.from(good);
    bytes.set(values, at);
    return bytes;
  };
  const code = (bytes: Uint8Array) => {
    try {
      const elf = readElf(bytes, "x.o");
      elf.symbols();
      return "taken";
    } catch (error) {
      expect(error).toBeInstanceOf(SkepError);
      expect((error as SkepError).site.file).toBe("x.o");
      return (error as SkepError).code;
    }
  };

  test.each([
    ["nothing", new Uint8Array(0), "elf/magic"],
    ["text", new TextEncoder().encode("int main(void)"), "elf/magic"],
    ["half a header", good.subarray(0, 40), "elf/truncated"],
    ["32 bits", edit(4, 1), "elf/class"],
    ["big-endian", edit(5, 2), "elf/big-endian"],
    ["no byte order", edit(5, 0), "elf/byte-order"],
    ["x86-64", edit(18, 62), "elf/machine"],
    ["old clang's machine 0", edit(18, 0), "taken"],
    ["executable", edit(16, 2), "elf/type"],
    ["no section headers", edit(40, 0, 0, 0, 0, 0, 0, 0, 0), "elf/no-sections"],
    ["section headers past the end", edit(40, 0xff, 0xff, 0xff, 0), "elf/truncated"],
    ["section headers beyond 2^53", edit(40, 0, 0, 0, 0, 0, 0, 0, 0x80), "elf/range"],
    ["too many sections", edit(60, 0xff, 0xff), "elf/truncated"],
    ["names in no section", edit(62, 0xf0, 0), "elf/header"],
    ["odd section headers", edit(58, 65), "elf/header"],
    ["cut in the middle", good.subarray(0, good.length >> 1), "elf/truncated"],
  ])("%s", (_, bytes, expected) => {
    expect(code(bytes)).toBe(expected);
  });
});
