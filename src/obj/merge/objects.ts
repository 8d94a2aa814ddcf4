/**
 * Several object files -> one, as `bpftool gen object` does it: functions, variables and maps that one defines and another
 * declares extern become one, sections are joined, BTF is merged. The result is an object like any other.
 *
 *     units         unit.ts        each input opened
 *     sections      sections.ts    one behind another
 *     symbols       symbols.ts     strong, weak, extern, hidden; match.ts compares declarations
 *     relocations   here           moved, and addends of section symbols with them
 *     types         types.ts       BTF, .BTF.ext
 *
 * Source of the rules: tools/lib/bpf/linker.c.
 */
import { viewOf } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import { SHF_EXECINSTR, SHT_PROGBITS, SHT_RELA, STT_SECTION } from "../../elf/types.ts";
import { type OutReloc, type OutSection, writeElf } from "../../elf/write.ts";
import { BPF_CALL, BPF_JMP } from "../../isa/codes.ts";
import { objError, symbolOf } from "../image.ts";
import { contentOf, mergeSections } from "./sections.ts";
import { mergeSymbols } from "./symbols.ts";
import { mergeTypes } from "./types.ts";
import { type LinkInput, type MergedSection, openUnit, type Unit } from "./unit.ts";

export type { LinkInput } from "./unit.ts";

const CALL = BPF_JMP | BPF_CALL;

/**
 * Links objects in the order given. Throws what reading them throws, "obj/link-conflict" for two definitions of one name,
 * "obj/link-type" for declarations that disagree, "obj/link-section" for sections that do not go together.
 *
 *     const bytes = linkObjects([{ name: "main.o", bytes: main }, { name: "lib.o", bytes: lib }]);
 *     parseObject(bytes, "app.o");
 */
export function linkObjects(inputs: readonly LinkInput[]): Uint8Array {
  if (inputs.length === 0) throw new SkepError("obj/link-nothing", "no objects to link");
  const units = inputs.map(openUnit);
  const merged = mergeSections(units);
  const { symbols, globals } = mergeSymbols(units);
  const contents = merged.map(contentOf);
  const relocs: OutReloc[][] = merged.map(() => []);
  for (const unit of units) moveRelocs(unit, contents, relocs);
  const types = mergeTypes(units, merged, globals);
  const sections: OutSection[] = merged.map((section, i) => ({
    name: section.name,
    type: section.type,
    flags: section.flags,
    align: section.align,
    entsize: section.entsize,
    data: contents[i]!,
    size: section.size,
    relocs: relocs[i]!,
  }));
  for (const [name, data] of [
    [".BTF", types.btf],
    [".BTF.ext", types.ext],
  ] as const) {
    if (data !== null) sections.push({ name, type: SHT_PROGBITS, flags: 0, align: 8, data });
  }
  return writeElf({ sections, symbols });
}

function moveRelocs(unit: Unit, contents: readonly Uint8Array[], relocs: OutReloc[][]): void {
  for (const [target, sections] of unit.image.relocSections) {
    const place = unit.placed[target];
    if (place === null || place === undefined) continue;
    const content = contents[place.section.index - 1]!;
    for (const from of sections) {
      if (from.type === SHT_RELA) {
        throw objError(unit.name, "obj/link-section", "relocations with addends of their own are not linked", {
          section: from.name,
        });
      }
      for (const reloc of unit.image.elf.relocs(from)) {
        const symbol = symbolOf(unit.image, from, reloc.symIndex, reloc.offset);
        const index = unit.symbols[reloc.symIndex]!;
        const site = { section: place.section.name, byte: reloc.offset };
        if (index < 0)
          throw objError(unit.name, "elf/reloc", `relocation against '${symbol.name}', which is left out`, site);
        const offset = place.offBytes + reloc.offset;
        if (offset + 8 > content.length)
          throw objError(unit.name, "elf/reloc", "relocation past the end of its section", site);
        const moved =
          symbol.type === STT_SECTION ? (unit.placed[symbol.shndx]?.offBytes ?? 0) : unit.gnu ? -symbol.value : 0;
        if (moved !== 0) addAddend(place.section, content, offset, moved, symbol.type === STT_SECTION);
        relocs[place.section.index - 1]!.push({ offset, type: reloc.type, symbol: index });
      }
    }
  }
}

/** Addends lie in place: insns in a CALL, bytes in LD_IMM64 and in data. GNU's symbol values are bytes everywhere. */
function addAddend(
  section: MergedSection,
  content: Uint8Array,
  offset: number,
  moved: number,
  bySection: boolean,
): void {
  const view = viewOf(content);
  if ((section.flags & SHF_EXECINSTR) === 0) {
    if (bySection) view.setBigUint64(offset, BigInt.asUintN(64, view.getBigUint64(offset, true) + BigInt(moved)), true);
    return;
  }
  const units = content[offset] === CALL && bySection ? moved / 8 : moved;
  view.setInt32(offset + 4, view.getInt32(offset + 4, true) + units, true);
}
