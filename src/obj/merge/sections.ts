/**
 * Sections of the same name are put one behind another, each at its alignment. `license` and `version` must agree and are
 * kept once. Debug information, BTF (merged elsewhere), tables and compilers' notes are left out.
 */
import { equalBytes } from "../../base/bytes.ts";
import { type ElfSection, SHT_NOBITS, SHT_PROGBITS } from "../../elf/types.ts";
import { objError } from "../image.ts";
import type { MergedSection, Unit } from "./unit.ts";

export function mergeSections(units: readonly Unit[]): MergedSection[] {
  const byName = new Map<string, MergedSection>();
  const merged: MergedSection[] = [];
  for (const unit of units) {
    for (const section of unit.image.elf.sections) {
      if (!isKept(section)) continue;
      let target = byName.get(section.name);
      if (target === undefined) {
        const { name, type, flags, entsize } = section;
        target = { name, type, flags, entsize, index: merged.length + 1, align: 1, size: 0, parts: [] };
        byName.set(name, target);
        merged.push(target);
      } else if (section.name === "license" || section.name === "version") {
        sameContent(unit, section, target);
        continue;
      }
      if (target.type !== section.type || target.flags !== section.flags || target.entsize !== section.entsize) {
        const message = `section '${section.name}' has another type or other flags than in the objects before`;
        throw objError(unit.name, "obj/link-section", message, { section: section.name });
      }
      unit.placed[section.index] = {
        section: target,
        offBytes: extend(unit, target, section, unit.image.elf.data(section)),
      };
    }
  }
  return merged;
}

/** The bytes of a merged section; empty for SHT_NOBITS. */
export function contentOf(section: MergedSection): Uint8Array {
  if (section.type === SHT_NOBITS) return new Uint8Array(0);
  const bytes = new Uint8Array(section.size);
  for (const part of section.parts) bytes.set(part.data, part.offBytes);
  return bytes;
}

function isKept(section: ElfSection): boolean {
  const { name } = section;
  if (section.index === 0 || (section.type !== SHT_PROGBITS && section.type !== SHT_NOBITS)) return false;
  if (name === ".text" && section.size === 0) return false;
  return name !== ".BTF" && name !== ".BTF.ext" && name !== ".comment" && !name.startsWith(".debug_");
}

/** A page: nothing in an object for BPF needs more, and padding must not fill memory. */
const MAX_ALIGN = 4096;

function extend(unit: Unit, target: MergedSection, section: ElfSection, data: Uint8Array): number {
  if (section.align > MAX_ALIGN || (section.align & (section.align - 1)) !== 0) {
    const message = `section '${section.name}' is aligned to ${section.align}, no power of two up to ${MAX_ALIGN}`;
    throw objError(unit.name, "obj/link-section", message, { section: section.name });
  }
  target.align = Math.max(target.align, section.align, 1);
  const offBytes = Math.ceil(target.size / target.align) * target.align;
  target.size = offBytes + section.size;
  target.parts.push({ offBytes, data });
  return offBytes;
}

function sameContent(unit: Unit, section: ElfSection, target: MergedSection): void {
  if (equalBytes(target.parts[0]!.data, unit.image.elf.data(section))) return;
  const message = `the objects disagree on '${section.name}'`;
  throw objError(unit.name, "obj/link-section", message, { section: section.name }, "give all of them the same one");
}
