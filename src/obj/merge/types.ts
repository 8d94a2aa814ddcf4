/**
 * BTF and .BTF.ext of several objects become one: types are put behind one another and renumbered, globals of one name share
 * a var or func, data sections are built anew, records follow their insns, and at last what is there twice goes.
 */

import { dedupTypes } from "../../btf/dedup.ts";
import type { CoreRecord, FuncRecord, LineRecord } from "../../btf/ext.ts";
import { type ExtRecords, writeBtfExt } from "../../btf/ext-write.ts";
import { mapRefs } from "../../btf/refs.ts";
import type { BtfDatasecVar, BtfFunc, BtfType, BtfVar } from "../../btf/types.ts";
import { writeBtf } from "../../btf/write.ts";
import { objError } from "../image.ts";
import type { Global } from "./symbols.ts";
import type { MergedSection, Unit } from "./unit.ts";

export interface MergedTypes {
  /** Null where no object has BTF. */
  readonly btf: Uint8Array | null;
  /** Null where no object has .BTF.ext. */
  readonly ext: Uint8Array | null;
}

export function mergeTypes(
  units: readonly Unit[],
  sections: readonly MergedSection[],
  globals: ReadonlyMap<string, Global>,
): MergedTypes {
  const types: BtfType[] = [];
  /** Id in the result, by unit and id there. */
  const ids = new Map<Unit, Uint32Array>();
  const shared = new Map<string, number>();
  for (const unit of units) ids.set(unit, appendTypes(unit, types, globals, shared));
  if (types.length === 0) return { btf: null, ext: null };
  for (const [name, id] of shared) settle(types, id, globals.get(name)!, ids);
  appendDatasecs(units, sections, globals, types, ids);
  const unique = dedupTypes(types);
  const btf = writeBtf(unique.types);
  const records = mergeRecords(units, (unit, id) => unique.ids[ids.get(unit)![id]!]!);
  return records === null ? { btf, ext: null } : writeBtfExt(btf, records);
}

function appendTypes(
  unit: Unit,
  types: BtfType[],
  globals: ReadonlyMap<string, Global>,
  shared: Map<string, number>,
): Uint32Array {
  const { btf } = unit;
  if (btf === null) return new Uint32Array(1);
  const ids = new Uint32Array(btf.length);
  const start = types.length;
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.kind === "datasec") continue;
    if ((type.kind === "var" || type.kind === "func") && type.linkage !== "static") {
      // A var that no symbol has belongs to a section that is left out (license, version) or was never used.
      if (!globals.has(type.name)) continue;
      const known = shared.get(type.name);
      if (known !== undefined) {
        ids[id] = known;
        continue;
      }
      shared.set(type.name, types.length + 1);
    }
    types.push(type);
    ids[id] = types.length;
  }
  for (let i = start; i < types.length; i++) types[i] = mapRefs(types[i]!, (id) => ids[id]!);
  return ids;
}

/** A shared var or func takes type and linkage of the definition that counts. */
function settle(types: BtfType[], id: number, global: Global, ids: ReadonlyMap<Unit, Uint32Array>): void {
  const type = types[id - 1] as BtfVar | BtfFunc;
  const source = global.btfId === 0 ? null : global.unit.btf?.type(global.btfId);
  if (source?.kind !== "var" && source?.kind !== "func") return;
  const linkage = global.extern ? source.linkage : "global";
  types[id - 1] = { ...type, typeId: ids.get(global.unit)![source.typeId]!, linkage };
}

function appendDatasecs(
  units: readonly Unit[],
  sections: readonly MergedSection[],
  globals: ReadonlyMap<string, Global>,
  types: BtfType[],
  ids: ReadonlyMap<Unit, Uint32Array>,
): void {
  const vars = new Map<string, BtfDatasecVar[]>();
  const listed = new Set<number>();
  for (const unit of units) {
    const { btf } = unit;
    if (btf === null) continue;
    for (let id = 1; id < btf.length; id++) {
      const datasec = btf.kindOf(id) === 15 ? btf.type(id) : null;
      if (datasec?.kind !== "datasec") continue;
      const own = unit.image.elf.section(datasec.name);
      const place = own === null ? null : unit.placed[own.index]!;
      const list = vars.get(datasec.name) ?? [];
      vars.set(datasec.name, list);
      for (const entry of datasec.vars) {
        const typeId = ids.get(unit)![entry.typeId]!;
        const type = btf.type(entry.typeId);
        if (typeId === 0 || listed.has(typeId)) continue;
        const global =
          (type.kind === "var" || type.kind === "func") && type.linkage !== "static"
            ? globals.get(type.name)
            : undefined;
        if (global === undefined) {
          list.push({ typeId, offBytes: (place?.offBytes ?? 0) + entry.offBytes, sizeBytes: entry.sizeBytes });
          continue;
        }
        // Clang lists unannotated externs in `.extern`: once defined, they stand in their own section only.
        if (datasec.name === ".extern" && !global.extern) continue;
        listed.add(typeId);
        list.push(globalEntry(global, typeId, entry));
      }
    }
  }
  const sizes = new Map(sections.map((section) => [section.name, section.size]));
  for (const [name, list] of vars) {
    if (list.length === 0 && !sizes.has(name)) continue;
    list.sort((a, b) => a.offBytes - b.offBytes);
    types.push({ kind: "datasec", name, sizeBytes: Math.min(sizes.get(name) ?? 0, 0xffff_ffff), vars: list });
  }
}

function globalEntry(global: Global, typeId: number, entry: BtfDatasecVar): BtfDatasecVar {
  if (global.extern) return { typeId, offBytes: 0, sizeBytes: entry.sizeBytes };
  const place = global.unit.placed[global.symbol.shndx];
  return { typeId, offBytes: (place?.offBytes ?? 0) + global.symbol.value, sizeBytes: sizeOf(global, entry) };
}

/** The definition may be larger than what an extern says: an array of unknown length. */
function sizeOf(global: Global, entry: BtfDatasecVar): number {
  const { btf } = global.unit;
  const type = btf === null || global.btfId === 0 ? null : btf.type(global.btfId);
  if (btf === null || type?.kind !== "var") return entry.sizeBytes;
  return Math.max(btf.sizeOf(type.typeId), global.symbol.size);
}

function mergeRecords(units: readonly Unit[], newId: (unit: Unit, id: number) => number): ExtRecords | null {
  if (units.every((unit) => unit.ext === null)) return null;
  const funcs = new Map<string, FuncRecord[]>();
  const lines = new Map<string, LineRecord[]>();
  const relos = new Map<string, CoreRecord[]>();
  for (const unit of units) {
    if (unit.ext === null) continue;
    append(unit, unit.ext.funcs, funcs, (record) => ({ ...record, typeId: newId(unit, record.typeId) }));
    append(unit, unit.ext.lines, lines, (record) => record);
    append(unit, unit.ext.relos, relos, (record) => ({ ...record, typeId: newId(unit, record.typeId) }));
  }
  return { funcs, lines, relos };
}

function append<T extends { readonly offBytes: number }>(
  unit: Unit,
  from: ReadonlyMap<string, readonly T[]>,
  to: Map<string, T[]>,
  change: (record: T) => T,
): void {
  for (const [name, records] of from) {
    const section = unit.image.elf.section(name);
    const place = section === null ? null : unit.placed[section.index]!;
    if (place === null) {
      throw objError(unit.name, "obj/ext", `.BTF.ext speaks of section '${name}', which is not there`, {
        section: ".BTF.ext",
      });
    }
    const list = to.get(name) ?? [];
    to.set(name, list);
    for (const record of records) list.push({ ...change(record), offBytes: record.offBytes + place.offBytes });
  }
}
