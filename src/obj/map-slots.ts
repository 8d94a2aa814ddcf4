/**
 * Initial slots of maps of maps and prog arrays: relocations of `.maps` within the `values` member.
 * Source: bpf_object__collect_map_relos() in tools/lib/bpf/libbpf.c.
 */
import { BPF_MAP_TYPE_ARRAY_OF_MAPS, BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_PROG_ARRAY } from "../abi/map-types.ts";
import { viewOf } from "../base/bytes.ts";
import { type ElfSection, STT_SECTION } from "../elf/types.ts";
import { INSN_BYTES } from "../isa/insn.ts";
import type { FuncTable } from "./funcs.ts";
import { type ObjImage, objError, symbolName, symbolOf } from "./image.ts";
import type { PlacedMap } from "./map-defs.ts";
import type { MapSlot, MapSpec } from "./spec.ts";

const POINTER_BYTES = 8;

/** The maps with their slots filled in. `maps` ascend by offset. */
export function fillSlots(
  image: ObjImage,
  section: ElfSection,
  maps: readonly PlacedMap[],
  funcs: FuncTable,
): MapSpec[] {
  const slots = new Map<PlacedMap, Map<number, MapSlot>>();
  const byOffset = new Map(maps.map((map) => [map.offBytes, map]));
  const view = viewOf(image.elf.data(section));
  for (const relocs of image.relocSections.get(section.index) ?? []) {
    for (const reloc of image.elf.relocs(relocs)) {
      const symbol = symbolOf(image, relocs, reloc.symIndex, reloc.offset);
      const name = symbolName(image, symbol);
      const fail = (what: string, advice?: string) =>
        objError(image.file, "obj/map-slot", what, { section: section.name, byte: reloc.offset }, advice);
      const map = holder(maps, reloc.offset);
      if (map === null || reloc.offset + POINTER_BYTES > section.size) {
        throw fail(`the pointer to '${name}' lies in no map`);
      }
      const inValues = map.valuesOff < 0 ? -1 : reloc.offset - map.offBytes - map.valuesOff;
      if (inValues < 0 || inValues % POINTER_BYTES !== 0) {
        throw fail(`map '${map.spec.name}' is initialised with '${name}' outside of 'values'`);
      }
      const index = inValues / POINTER_BYTES;
      const addend = symbol.type === STT_SECTION ? view.getUint32(reloc.offset, true) : 0;
      const { type } = map.spec;
      let slot: MapSlot;
      if (type === BPF_MAP_TYPE_ARRAY_OF_MAPS || type === BPF_MAP_TYPE_HASH_OF_MAPS) {
        if (type === BPF_MAP_TYPE_HASH_OF_MAPS && map.spec.keySize !== 4) {
          throw fail(`hash of maps '${map.spec.name}' has keys of ${map.spec.keySize} bytes; initial slots need 4`);
        }
        const inner = symbol.shndx === section.index ? byOffset.get(symbol.value + addend) : undefined;
        if (inner === undefined) throw fail(`'${name}' is no map of this object`, 'define it in SEC(".maps")');
        slot = { index, kind: "map", name: inner.spec.name };
      } else if (type === BPF_MAP_TYPE_PROG_ARRAY) {
        const byte = symbol.value + addend;
        const func = funcs.at(symbol.shndx, Math.floor(byte / INSN_BYTES));
        if (func === null || func.insnOff * INSN_BYTES !== byte || !func.entry) {
          throw fail(`'${name}' is no program of this object`, "a prog array holds programs, not their subprograms");
        }
        slot = { index, kind: "prog", name: func.name };
      } else throw fail(`map '${map.spec.name}' takes no initial slots`);
      const own = slots.get(map) ?? new Map<number, MapSlot>();
      own.set(index, slot);
      slots.set(map, own);
    }
  }
  return maps.map((map) => {
    const own = slots.get(map);
    return own === undefined ? map.spec : { ...map.spec, slots: [...own.values()].sort((a, b) => a.index - b.index) };
  });
}

function holder(maps: readonly PlacedMap[], byte: number): PlacedMap | null {
  let low = 0;
  let high = maps.length - 1;
  while (low < high) {
    const mid = (low + high + 1) >> 1;
    if (maps[mid]!.offBytes <= byte) low = mid;
    else high = mid - 1;
  }
  const map = maps[low];
  return map !== undefined && byte >= map.offBytes && byte < map.offBytes + map.sizeBytes ? map : null;
}
