/** Objects made to cost much: what grows with their size must not grow faster. */
import { expect, test } from "vitest";
import { INT } from "../../test/fixtures/btf-int.ts";
import { writeBtf } from "../btf/write.ts";
import {
  R_BPF_64_32,
  SHF_ALLOC,
  SHF_EXECINSTR,
  SHT_NOBITS,
  SHT_PROGBITS,
  STB_GLOBAL,
  STT_FUNC,
  STT_OBJECT,
} from "../elf/types.ts";
import { type OutReloc, type OutSection, type OutSymbol, writeElf } from "../elf/write.ts";
import { parseObject } from "./parse.ts";

const CALL = [0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff];
const EXIT = [0x95, 0, 0, 0, 0, 0, 0, 0];
const NOP = [0xbf, 0x11, 0, 0, 0, 0, 0, 0];

function code(name: string, data: Uint8Array, relocs: readonly OutReloc[] = []): OutSection {
  return { name, type: SHT_PROGBITS, flags: SHF_ALLOC | SHF_EXECINSTR, align: 8, data, relocs };
}

function func(name: string, shndx: number, value: number, size: number): OutSymbol {
  return { name, type: STT_FUNC, bind: STB_GLOBAL, visibility: 0, shndx, value, size };
}

function timed<T>(run: () => T): { result: T; ms: number } {
  const started = performance.now();
  const result = run();
  return { result, ms: performance.now() - started };
}

test("a chain of 100,000 calls is linked without recursion", () => {
  const count = 100_000;
  const text = new Uint8Array(count * 16);
  for (let i = 0; i < count; i++) {
    text.set(i === count - 1 ? NOP : [0x85, 0x10, 0, 0, 1, 0, 0, 0], i * 16);
    text.set(EXIT, i * 16 + 8);
  }
  const bytes = writeElf({
    sections: [
      code(".text", text),
      code("xdp", Uint8Array.from([...CALL, ...EXIT]), [{ offset: 0, type: R_BPF_64_32, symbol: 0 }]),
    ],
    symbols: [...Array.from({ length: count }, (_, i) => func(`f${i}`, 1, i * 16, 16)), func("main", 2, 0, 16)],
  });
  const { result, ms } = timed(() => parseObject(bytes));
  expect(result.programs[0]!.insns.length).toBe(2 * count + 2);
  expect(result.programs[0]!.funcs.at(-1)!.name).toBe(`f${count - 1}`);
  expect(ms).toBeLessThan(15_000);
});

test("many programs that share one large subprogram are refused before they fill memory", () => {
  const progs = 2000;
  const large = new Uint8Array(8 * 100_000);
  for (let at = 0; at < large.length; at += 8) large.set(NOP, at);
  large.set(EXIT, large.length - 8);
  const main = new Uint8Array(progs * 16);
  const relocs: OutReloc[] = [];
  for (let i = 0; i < progs; i++) {
    main.set([...CALL, ...EXIT], i * 16);
    relocs.push({ offset: i * 16, type: R_BPF_64_32, symbol: 0 });
  }
  const bytes = writeElf({
    sections: [code(".text", large), code("xdp", main, relocs)],
    symbols: [
      func("shared", 1, 0, large.length),
      ...Array.from({ length: progs }, (_, i) => func(`p${i}`, 2, i * 16, 16)),
    ],
  });
  const { ms } = timed(() =>
    expect(() => parseObject(bytes)).toThrow(expect.objectContaining({ code: "obj/too-large" })),
  );
  expect(ms).toBeLessThan(15_000);
});

test("a .bss of 2 GiB costs nothing until someone asks for its bytes; a larger one is refused", () => {
  const object = (size: number) =>
    writeElf({
      sections: [
        code("xdp", Uint8Array.from(EXIT)),
        { name: ".bss", type: SHT_NOBITS, flags: SHF_ALLOC, align: 8, data: new Uint8Array(0), size },
      ],
      symbols: [
        func("main", 1, 0, 8),
        { name: "x", type: STT_OBJECT, bind: STB_GLOBAL, visibility: 0, shndx: 2, value: 0, size: 4 },
      ],
    });
  const before = process.memoryUsage().rss;
  expect(parseObject(object(0x7fff_ffff)).maps[0]).toMatchObject({ valueSize: 0x7fff_ffff, global: "bss" });
  expect(process.memoryUsage().rss - before).toBeLessThan(1 << 28);
  expect(() => parseObject(object(0x8000_0000))).toThrow(expect.objectContaining({ code: "obj/global-size" }));
});

test("names that share one long string are refused instead of read again and again", () => {
  const bytes = writeElf({
    sections: [code("xdp", Uint8Array.from(EXIT))],
    symbols: [func("a".repeat(100_000), 1, 0, 8)],
  });
  expect(() => parseObject(bytes)).toThrow(expect.objectContaining({ code: "elf/string" }));
});

test("two names for one function are two programs; functions that overlap otherwise are refused", () => {
  const object = (size: number) =>
    writeElf({
      sections: [code("xdp", Uint8Array.from([...NOP, ...EXIT]))],
      symbols: [func("one", 1, 0, 16), func("two", 1, 16 - size, size)],
    });
  expect(parseObject(object(16)).programs.map((prog) => [prog.name, prog.insns.length])).toEqual([
    ["one", 2],
    ["two", 2],
  ]);
  expect(() => parseObject(object(8))).toThrow(expect.objectContaining({ code: "obj/func" }));
});

test("many records that point into one long string cost little each", () => {
  const records = 50_000;
  const letters = 1_000_000;
  const base = writeBtf([INT]);
  const strings = new DataView(base.buffer, base.byteOffset).getUint32(20, true);
  const btf = new Uint8Array(base.length + letters + 5);
  btf.set(base);
  btf.fill(97, base.length, base.length + letters);
  btf.set([0, 120, 100, 112, 0], base.length + letters);
  new DataView(btf.buffer).setUint32(20, strings + letters + 5, true);
  const ext = new Uint8Array(36 + records * 16);
  const view = new DataView(ext.buffer);
  // Header without relocations; one list of lines, for section "xdp".
  for (const [at, word] of [0x0001eb9f, 24, 0, 0, 0, 12 + records * 16, 16, strings + letters + 1, records].entries()) {
    view.setUint32(at * 4, word, true);
  }
  for (let i = 0; i < records; i++) {
    view.setUint32(36 + i * 16, i * 8, true);
    view.setUint32(40 + i * 16, strings + i, true);
    view.setUint32(44 + i * 16, strings + i, true);
  }
  const plain = (name: string, data: Uint8Array): OutSection => ({
    name,
    type: SHT_PROGBITS,
    flags: 0,
    align: 4,
    data,
  });
  const bytes = writeElf({
    sections: [code("xdp", Uint8Array.from([...NOP, ...EXIT])), plain(".BTF", btf), plain(".BTF.ext", ext)],
    symbols: [func("main", 1, 0, 16)],
  });
  const { result, ms } = timed(() => parseObject(bytes));
  expect(result.programs[0]!.lines).toHaveLength(2);
  expect(ms).toBeLessThan(3000);
});
