/** The disassembler against llvm-objdump, the assembler against llvm-mc: same text, same bytes. Skipped where LLVM is absent. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { assemble } from "../../src/asm/asm.ts";
import { disassemble } from "../../src/asm/disasm.ts";
import type { AsmSymbol } from "../../src/asm/llvm.ts";
import { readElf } from "../../src/elf/read.ts";
import { decodeInsns, encodeInsns, type Insn, type InsnBuf, insnsOf } from "../../src/isa/insn.ts";
import { OPS } from "../../src/isa/ops.ts";

const CLANG = "clang-19";
const OBJDUMP = "llvm-objdump-19";
const MC = "llvm-mc-19";

const missing = [CLANG, OBJDUMP, MC].filter((tool) => spawnSync(tool, ["--version"]).status !== 0);
if (missing.length > 0) console.log(`skipped: comparisons with LLVM need ${missing.join(", ")}`);

const dir = mkdtempSync(join(tmpdir(), "skep-asm-"));
afterAll(() => rmSync(dir, { recursive: true }));

function tool(command: string, args: readonly string[], input = ""): string {
  const run = spawnSync(command, args, { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (run.status !== 0) throw new Error(`${command} ${args.join(" ")}: ${run.stderr}`);
  return run.stdout;
}

interface CodeSection {
  readonly name: string;
  readonly insns: InsnBuf;
  readonly symbols: readonly AsmSymbol[];
  /** Slots with a relocation. */
  readonly relocated: ReadonlySet<number>;
}

function codeSections(file: string): CodeSection[] {
  const elf = readElf(new Uint8Array(readFileSync(file)), file);
  const found: CodeSection[] = [];
  for (const section of elf.sections) {
    if ((section.flags & 4) === 0 || section.size === 0) continue;
    const symbols = elf
      .symbols()
      .filter((symbol) => symbol.shndx === section.index && symbol.name !== "" && symbol.type !== 3)
      .map((symbol) => ({ insnIdx: Number(symbol.value) / 8, name: symbol.name }));
    if (symbols.every((symbol) => symbol.insnIdx !== 0)) symbols.push({ insnIdx: 0, name: section.name });
    const rel = elf.section(`.rel${section.name}`);
    const relocated = new Set(rel === null ? [] : elf.relocs(rel).map((reloc) => reloc.offset / 8));
    found.push({ name: section.name, insns: decodeInsns(elf.data(section)), symbols, relocated });
  }
  return found;
}

/** Section -> "index: text" of each instruction, as llvm-objdump prints them. */
function objdump(file: string, mcpu: string | undefined): Map<string, string[]> {
  const args = ["-d", "--no-show-raw-insn", ...(mcpu === undefined ? [] : [`--mcpu=${mcpu}`]), file];
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of tool(OBJDUMP, args).split("\n")) {
    const head = /^Disassembly of section (.*):$/.exec(line);
    if (head !== null) {
      current = [];
      sections.set(head[1]!, current);
    }
    const insn = /^\s+(\d+):\t(.*)$/.exec(line);
    if (insn !== null) current.push(`${insn[1]}: ${insn[2]}`);
  }
  return sections;
}

function ours(section: CodeSection, alu32: boolean): string[] {
  const relocs = [...section.relocated].map((insnIdx) => ({ insnIdx, type: "R_BPF_64_64", name: "" }));
  const { lines } = disassemble(section.insns, { symbols: section.symbols, relocs, alu32 });
  return lines.map((line) => `${line.insnIdx}: ${line.text}`);
}

describe.skipIf(missing.length > 0)("against LLVM", () => {
  const levels: readonly (readonly [string, string, string | undefined])[] = [
    ["v1", "-mcpu=v1", undefined],
    ["v2", "-mcpu=v2", "v2"],
    ["v3", "-mcpu=v3", "v3"],
    ["v4", "-mcpu=v4", "v4"],
  ];
  test.each(levels)("objects of clang -mcpu=%s", (level, flag, mcpu) => {
    const newer = Number(level.slice(1)) >= 3 ? ["-DV3"] : [];
    if (level === "v4") newer.push("-DV4");
    for (const optimize of ["-O1", "-O2"]) {
      const file = join(dir, `kitchen-${level}${optimize}.o`);
      const source = new URL("./kitchen.c", import.meta.url).pathname;
      tool(CLANG, ["-target", "bpf", optimize, "-g", flag, ...newer, "-c", source, "-o", file]);
      const expected = objdump(file, mcpu);
      const sections = codeSections(file);
      expect(sections.map((section) => section.name).sort()).toEqual([...expected.keys()].sort());
      for (const section of sections) {
        expect(ours(section, Number(level.slice(1)) >= 3)).toEqual(expected.get(section.name));
      }
      // The listing with its relocations assembles to the object's bytes, one section at a time.
      for (const section of sections) {
        const listing = tool(OBJDUMP, ["-d", "-r", `--mcpu=${level}`, "-j", section.name, file]);
        const { insns } = assemble(listing);
        expect(encodeInsns(insns)).toEqual(encodeInsns(section.insns));
      }
    }
  });

  test("every op that LLVM 19 knows, with random operands", () => {
    const known = OPS.filter(
      (row) =>
        row.kind !== "load_acquire" &&
        row.kind !== "store_release" &&
        row.name !== "call_kfunc" &&
        row.name !== "call_local" &&
        (row.kind !== "lddw" || row.src === 0),
    );
    const reg = fc.integer({ min: 0, max: 10 });
    const imm = fc.oneof(
      fc.integer({ min: -0x80000000, max: 0x7fffffff }),
      fc.constantFrom(0, -1, 0x7fffffff, -0x80000000),
    );
    const one = fc.tuple(fc.constantFrom(...known), reg, reg, fc.integer({ min: -0x8000, max: 0x7fff }), imm, imm);
    const program = fc.array(one, { minLength: 1, maxLength: 400 }).map((list) =>
      list.flatMap(([row, dst, src, off, value, next]): Insn[] => {
        const first = {
          code: row.code,
          dst: row.dst === 0 ? 0 : dst,
          src: typeof row.src === "number" ? row.src : src,
          // llvm-objdump names no symbol for targets before the section: jump forward
          off: typeof row.off === "number" ? row.off : row.off === "jump" ? off & 0x7f : off,
          imm:
            typeof row.imm === "number"
              ? row.imm
              : row.imm === "spaces"
                ? 1 + (next & 0xfffe)
                : row.imm === "jump"
                  ? value & 0xff
                  : row.kind === "ldind"
                    ? 0 // LLVM's ldind has no displacement
                    : value,
        };
        return row.slots === 2 ? [first, { code: 0, dst: 0, src: 0, off: 0, imm: next }] : [first];
      }),
    );
    for (const list of fc.sample(program, { numRuns: 6, seed: 7 })) {
      const insns = insnsOf(list);
      const text = disassemble(insns, { alu32: true }).lines.map((line) => line.text);
      const source = join(dir, "random.s");
      const file = join(dir, "random.o");
      writeFileSync(source, `prog:\n${text.join("\n")}\n`);
      tool(MC, ["-triple=bpfel", "-mcpu=v4", "-filetype=obj", source, "-o", file]);
      const [section] = codeSections(file);
      expect(encodeInsns(section!.insns)).toEqual(encodeInsns(insns));
      expect(ours(section!, true)).toEqual(objdump(file, "v4").get(".text"));
    }
  });
});
