/**
 * Symbols of several objects become those of one (linker_append_elf_sym() of libbpf): local ones are kept apart, global ones
 * of the same name are one.
 *
 *     both defined, neither weak    error
 *     defined and extern            the definition
 *     strong and weak               the strong one; of two weak ones, the first
 *     visibility                    the stricter, even if only an extern has it
 *
 * The declarations must agree in BTF; maps in every attribute.
 */
import {
  type ElfSymbol,
  SHN_LORESERVE,
  SHN_UNDEF,
  STB_GLOBAL,
  STB_LOCAL,
  STB_WEAK,
  STT_FILE,
  STT_SECTION,
} from "../../elf/types.ts";
import type { OutSymbol } from "../../elf/write.ts";
import { objError } from "../image.ts";
import { mapDefOf } from "../map-defs.ts";
import { mismatch, type Side } from "./match.ts";
import type { Unit } from "./unit.ts";

/** A global of the linked object. */
export interface Global {
  readonly name: string;
  /** Position among the merged symbols. */
  readonly index: number;
  extern: boolean;
  weak: boolean;
  /** The object whose definition counts (or that first declares it), and its symbol. */
  unit: Unit;
  symbol: ElfSymbol;
  /** BTF var or func in that object; 0 where it has none. */
  btfId: number;
}

export interface MergedSymbols {
  readonly symbols: OutSymbol[];
  readonly globals: ReadonlyMap<string, Global>;
}

export function mergeSymbols(units: readonly Unit[]): MergedSymbols {
  const symbols: OutSymbol[] = [];
  const globals = new Map<string, Global>();
  const sectionSymbols = new Map<number, number>();
  for (const unit of units) {
    const btfIds = globalTypes(unit);
    for (const symbol of unit.image.symbols) {
      if (symbol.index === 0 || symbol.type === STT_FILE) continue;
      const place = symbol.shndx < SHN_LORESERVE ? (unit.placed[symbol.shndx] ?? null) : null;
      if (place === null && symbol.shndx !== SHN_UNDEF && symbol.shndx < SHN_LORESERVE) continue;
      if (symbol.type === STT_SECTION) {
        const known = sectionSymbols.get(place?.section.index ?? 0);
        if (known === undefined) {
          sectionSymbols.set(place?.section.index ?? 0, symbols.length);
          unit.symbols[symbol.index] = symbols.length;
          symbols.push({ ...outSymbol(unit, symbol), value: 0 });
        } else unit.symbols[symbol.index] = known;
        continue;
      }
      const known = symbol.bind === STB_LOCAL ? undefined : globals.get(symbol.name);
      if (known !== undefined) {
        unit.symbols[symbol.index] = known.index;
        symbols[known.index] = join(symbols[known.index]!, known, unit, symbol, btfIds.get(symbol.name) ?? 0);
        continue;
      }
      unit.symbols[symbol.index] = symbols.length;
      if (symbol.bind !== STB_LOCAL) {
        globals.set(symbol.name, {
          name: symbol.name,
          index: symbols.length,
          extern: symbol.shndx === SHN_UNDEF,
          weak: symbol.bind === STB_WEAK,
          unit,
          symbol,
          btfId: btfIds.get(symbol.name) ?? 0,
        });
      }
      symbols.push(outSymbol(unit, symbol));
    }
  }
  return { symbols, globals };
}

function outSymbol(unit: Unit, symbol: ElfSymbol): OutSymbol {
  const place = symbol.shndx < SHN_LORESERVE ? (unit.placed[symbol.shndx] ?? null) : null;
  return {
    name: symbol.name,
    type: symbol.type,
    bind: symbol.bind,
    visibility: symbol.visibility,
    shndx: place?.section.index ?? symbol.shndx,
    value: (place?.offBytes ?? 0) + symbol.value,
    size: symbol.size,
  };
}

/** A further symbol of a known name: what the name stands for afterwards. */
function join(before: OutSymbol, known: Global, unit: Unit, symbol: ElfSymbol, btfId: number): OutSymbol {
  const extern = symbol.shndx === SHN_UNDEF;
  const weak = symbol.bind === STB_WEAK;
  const bad = (code: string, message: string, advice?: string) =>
    objError(unit.name, code, `'${symbol.name}': ${message}`, { section: ".symtab" }, advice);
  if (!extern && !known.extern && !known.weak && !weak) {
    const advice = "make one of them __weak or static";
    throw bad("obj/link-conflict", `defined here and in ${known.unit.name}`, advice);
  }
  agree(known, unit, btfId, bad);
  const takesOver = !extern && (known.extern || (known.weak && !weak));
  const next = takesOver ? outSymbol(unit, symbol) : before;
  const bind = symbol.bind === STB_GLOBAL ? STB_GLOBAL : before.bind;
  if (bind === STB_GLOBAL) known.weak = false;
  if (takesOver) {
    known.extern = false;
    known.unit = unit;
    known.symbol = symbol;
    known.btfId = btfId;
  }
  return { ...next, bind, visibility: Math.max(before.visibility, symbol.visibility) };
}

function agree(
  known: Global,
  unit: Unit,
  btfId: number,
  bad: (code: string, message: string, advice?: string) => Error,
): void {
  if (known.btfId === 0 || btfId === 0 || known.unit.btf === null || unit.btf === null) {
    throw bad(
      "obj/link-type",
      `shared with ${known.unit.name} but not described by BTF`,
      "compile all objects with -g",
    );
  }
  const a: Side = { btf: known.unit.btf, id: known.btfId };
  const b: Side = { btf: unit.btf, id: btfId };
  const differ = isMap(known, unit, btfId) ? mapMismatch(known, a, unit, b) : mismatch(a, b);
  if (differ !== "") throw bad("obj/link-type", `declared otherwise in ${known.unit.name}: ${differ}`);
}

function isMap(known: Global, unit: Unit, btfId: number): boolean {
  return inMaps(known.unit, known.btfId) || inMaps(unit, btfId);
}

const mapVars = new WeakMap<Unit, ReadonlySet<number>>();

function inMaps(unit: Unit, btfId: number): boolean {
  let ids = mapVars.get(unit);
  if (ids === undefined) {
    const datasec = unit.btf?.type(unit.btf.find(".maps", "datasec"));
    ids = new Set(datasec?.kind === "datasec" ? datasec.vars.map((entry) => entry.typeId) : []);
    mapVars.set(unit, ids);
  }
  return ids.has(btfId);
}

function mapMismatch(known: Global, a: Side, unit: Unit, b: Side): string {
  let one = mapDefOf(known.unit.name, a.btf, a.id);
  let two = mapDefOf(unit.name, b.btf, b.id);
  for (let prefix = ""; ; prefix = "inner ") {
    for (const key of ["type", "keySize", "valueSize", "maxEntries", "flags", "numaNode", "pinByName"] as const) {
      if (one[key] !== two[key]) return `${prefix}${key} is ${one[key]} there and ${two[key]} here`;
    }
    for (const key of ["keyTypeId", "valueTypeId"] as const) {
      if ((one[key] === 0) !== (two[key] === 0)) return `${prefix}${key} is missing on one side`;
      const differ = one[key] === 0 ? "" : mismatch({ btf: a.btf, id: one[key] }, { btf: b.btf, id: two[key] });
      if (differ !== "") return `${prefix}${key}: ${differ}`;
    }
    if ((one.inner === null) !== (two.inner === null)) return "inner map on one side only";
    if (one.inner === null || two.inner === null) return "";
    one = one.inner;
    two = two.inner;
  }
}

/** Global and extern vars and funcs of a unit by name. */
function globalTypes(unit: Unit): ReadonlyMap<string, number> {
  const ids = new Map<string, number>();
  if (unit.btf === null) return ids;
  for (let id = 1; id < unit.btf.length; id++) {
    const kind = unit.btf.kindOf(id);
    if (kind !== 12 && kind !== 14) continue;
    const type = unit.btf.type(id);
    if ((type.kind === "func" || type.kind === "var") && type.linkage !== "static" && !ids.has(type.name))
      ids.set(type.name, id);
  }
  return ids;
}
