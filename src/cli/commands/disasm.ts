/** `skep disasm`: programs of an object, or raw instruction bytes, in llvm-objdump's notation with their source lines. */
import type { Command } from "commander";
import type { AsmReloc, DisasmLine } from "../../asm/disasm.ts";
import type { AsmSymbol } from "../../asm/llvm.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import type { LineInfo, ObjSpec, ProgSpec } from "../../obj/spec.ts";
import { colors, print, printJson } from "../output.ts";

interface DisasmOptions {
  prog?: string;
  alu32?: boolean;
}

/** What is shown of one program; `section` and `lines` are empty for raw bytes. */
interface Listing {
  readonly name: string;
  readonly section: string;
  readonly insns: InsnBuf;
  readonly symbols: readonly AsmSymbol[];
  readonly relocs: readonly AsmReloc[];
  readonly lines: readonly LineInfo[];
}

export function register(program: Command): void {
  program
    .command("disasm")
    .description("show the instructions of an object's programs, or of raw bytes")
    .argument("<file>", "source (.bpf.c), object (.bpf.o), raw instructions (.bin) or hex digits, - for stdin")
    .option("--prog <name>", "this program only")
    .option("--alu32", "32-bit registers in narrow loads and stores, as llvm-objdump --mcpu=v3 shows them")
    .addHelpText("after", "\nExamples:\n  skep disasm examples/syn_guard.bpf.o\n  skep disasm prog.bin --json\n")
    .action(async (file: string, options: DisasmOptions, command: Command) => {
      const { readObject } = await import("../compile.ts");
      const listings = await listingsOf(await readObject(file), file, options.prog);
      const { disassemble } = await import("../../asm/disasm.ts");
      const alu32 = options.alu32 === true;
      const json = command.optsWithGlobals()["json"] === true;
      const { HELPERS } = await import("../../abi/helpers.ts");
      const helperNames = new Map(HELPERS.map((helper) => [helper.id, `bpf_${helper.name}`]));
      const documents: unknown[] = [];
      for (const [n, listing] of listings.entries()) {
        const { lines } = disassemble(listing.insns, { symbols: listing.symbols, relocs: listing.relocs, alu32 });
        if (json) documents.push(documentOf(listing, lines, helperNames));
        else print(`${n === 0 ? "" : "\n"}${textOf(listing, lines, helperNames)}`);
      }
      if (json) printJson({ file, programs: documents });
    });
}

/** All programs of an object, as `skep disasm` prints them. */
export async function assemblyOf(bytes: Uint8Array, file: string): Promise<string> {
  const [{ disassemble }, { HELPERS }] = await Promise.all([
    import("../../asm/disasm.ts"),
    import("../../abi/helpers.ts"),
  ]);
  const helperNames = new Map(HELPERS.map((helper) => [helper.id, `bpf_${helper.name}`]));
  const texts = (await listingsOf(bytes, file, undefined)).map((listing) => {
    const { lines } = disassemble(listing.insns, { symbols: listing.symbols, relocs: listing.relocs });
    return `${textOf(listing, lines, helperNames)}\n`;
  });
  return texts.join("\n");
}

async function listingsOf(bytes: Uint8Array, file: string, prog: string | undefined): Promise<Listing[]> {
  if (bytes[0] === 0x7f && bytes[1] === 0x45) {
    const [{ parseObject }, { SkepError }] = await Promise.all([
      import("../../obj/parse.ts"),
      import("../../base/error.ts"),
    ]);
    const spec = parseObject(bytes, file);
    const programs = prog === undefined ? spec.programs : spec.programs.filter((one) => one.name === prog);
    if (programs.length === 0) {
      throw new SkepError(
        prog === undefined ? "input/program" : "usage/prog",
        prog === undefined ? "the object has no program" : `no program "${prog}"`,
        {
          site: { file },
          advice: `programs: ${spec.programs.map((one) => one.name).join(", ") || "none"}`,
        },
      );
    }
    return programs.map((one) => listingOf(spec, one));
  }
  const [{ decodeInsns }, { fromHex, utf8 }] = await Promise.all([
    import("../../isa/insn.ts"),
    import("../../base/bytes.ts"),
  ]);
  const text = bytes.length > 0 && bytes.every(isHexText) ? utf8(bytes) : null;
  const insns = decodeInsns(text === null ? bytes : fromHex(text));
  return [{ name: "", section: "", insns, symbols: [], relocs: [], lines: [] }];
}

function isHexText(byte: number): boolean {
  const digit = byte >= 0x30 && byte <= 0x39;
  const letter = (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66;
  return digit || letter || byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

function listingOf(spec: ObjSpec, prog: ProgSpec): Listing {
  return {
    name: prog.name,
    section: prog.section,
    insns: prog.insns,
    symbols: prog.funcs,
    relocs: relocsOf(spec, prog),
    lines: prog.lines,
  };
}

/** Relocations as llvm-objdump -r shows them, CO-RE's included, in the order of their instructions. */
function relocsOf(spec: ObjSpec, prog: ProgSpec): AsmReloc[] {
  const relocs: AsmReloc[] = [];
  for (const reloc of prog.relocs) {
    const type = reloc.kind === "kfunc" ? "R_BPF_64_32" : "R_BPF_64_64";
    const name =
      reloc.kind === "map"
        ? reloc.map
        : reloc.kind === "mapValue"
          ? globalName(spec, reloc.map, reloc.offBytes)
          : reloc.name;
    relocs.push({ insnIdx: reloc.insnIdx, type, name });
  }
  for (const core of prog.coreRelos) {
    const type = spec.btf === null ? null : spec.btf.type(core.typeId);
    const what = type === null ? `[${core.typeId}]` : `${type.kind} ${type.name}`;
    relocs.push({ insnIdx: core.insnIdx, type: `CO-RE <${core.kind}>`, name: `${what} (${core.access})` });
  }
  return relocs.sort((a, b) => a.insnIdx - b.insnIdx);
}

/** The variable at an offset of a global section ("limit", "table+0x8"), or the map's name and the offset. */
function globalName(spec: ObjSpec, mapName: string, offBytes: number): string {
  const map = spec.maps.find((one) => one.name === mapName);
  const plus = (name: string, offset: number): string => (offset === 0 ? name : `${name}+0x${offset.toString(16)}`);
  if (map?.btf == null || map.valueTypeId === 0) return `${mapName}+0x${offBytes.toString(16)}`;
  const section = map.btf.type(map.valueTypeId);
  const place = section.kind === "datasec" ? section.vars.findLast((one) => one.offBytes <= offBytes) : undefined;
  if (place === undefined) return `${mapName}+0x${offBytes.toString(16)}`;
  return plus(map.btf.type(place.typeId).name, offBytes - place.offBytes);
}

/** Source lines by the instruction that they begin at; a line that repeats the one before is left out. */
function sourceAt(lines: readonly LineInfo[]): Map<number, LineInfo> {
  const found = new Map<number, LineInfo>();
  let last: LineInfo | null = null;
  for (const line of lines) {
    if (last === null || line.file !== last.file || line.line !== last.line) found.set(line.insnIdx, line);
    last = line;
  }
  return found;
}

function helperOf(listing: Listing, line: DisasmLine, names: ReadonlyMap<number, string>): string | undefined {
  return line.op === "call" ? names.get(listing.insns.imm[line.insnIdx]!) : undefined;
}

function textOf(listing: Listing, lines: readonly DisasmLine[], helperNames: ReadonlyMap<number, string>): string {
  const c = colors();
  const source = sourceAt(listing.lines);
  const out: string[] = [];
  if (listing.section !== "") out.push(`Disassembly of section ${listing.section}:`);
  for (const line of lines) {
    const address = (line.insnIdx * 8).toString(16).padStart(16, "0");
    for (const label of line.labels) out.push("", c.bold(`${address} <${label}>:`));
    const place = source.get(line.insnIdx);
    if (place !== undefined) out.push(c.dim(`; ${place.text.trim()} @ ${place.file}:${place.line}`));
    const helper = helperOf(listing, line, helperNames);
    const note = helper === undefined ? "" : c.cyan(` # ${helper}`);
    out.push(`${`${line.insnIdx}`.padStart(8)}:\t${line.text}${note}`);
    for (const reloc of line.relocs) out.push(c.dim(`\t\t${address}:  ${reloc.type}\t${reloc.name}`));
  }
  return out.join("\n");
}

function documentOf(
  listing: Listing,
  lines: readonly DisasmLine[],
  helperNames: ReadonlyMap<number, string>,
): Record<string, unknown> {
  const source = sourceAt(listing.lines);
  return {
    name: listing.name,
    section: listing.section,
    insns: lines.map((line) => {
      const place = source.get(line.insnIdx);
      const helper = helperOf(listing, line, helperNames);
      return {
        insn: line.insnIdx,
        op: line.op,
        text: line.text,
        ...(line.labels.length === 0 ? {} : { labels: line.labels }),
        ...(line.target === null ? {} : { target: line.target }),
        ...(helper === undefined ? {} : { helper }),
        ...(line.relocs.length === 0 ? {} : { relocs: line.relocs.map(({ type, name }) => ({ type, name })) }),
        ...(place === undefined
          ? {}
          : { source: { file: place.file, line: place.line, col: place.col, text: place.text } }),
      };
    }),
  };
}
