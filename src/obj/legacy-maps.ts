/**
 * Maps of the older `maps` section: one C struct a symbol, all of the same size.
 *
 *     byte 0     4          8            12            16          20 ...
 *     +------+----------+------------+-------------+-----------+-----------+
 *     | type | key_size | value_size | max_entries | map_flags | must be 0 |
 *     +------+----------+------------+-------------+-----------+-----------+
 *
 * Types, where the source says BPF_ANNOTATE_KV_PAIR, stand in a struct `____btf_map_NAME { key; value; }`.
 * Source: struct bpf_map_def and bpf_object__init_user_maps() in libbpf before 1.0.
 */
import { viewOf } from "../base/bytes.ts";
import type { BtfView } from "../btf/types.ts";
import { type ElfSection, type ElfSymbol, STT_NOTYPE, STT_OBJECT } from "../elf/types.ts";
import { type ObjImage, objError } from "./image.ts";
import { MAP_DEFAULTS, type PlacedMap } from "./map-defs.ts";

const DEF_BYTES = 20;

export function readLegacyMaps(image: ObjImage, section: ElfSection, btf: BtfView | null): PlacedMap[] {
  const symbols = image.symbols.filter(
    (symbol) => symbol.shndx === section.index && (symbol.type === STT_OBJECT || symbol.type === STT_NOTYPE),
  );
  symbols.sort((a, b) => a.value - b.value);
  if (symbols.length === 0) return [];
  const size = section.size / symbols.length;
  if (!Number.isInteger(size) || size < DEF_BYTES) {
    const message = `${symbols.length} maps in ${section.size} bytes: no whole struct bpf_map_def each`;
    throw objError(image.file, "obj/legacy-maps", message, { section: "maps" }, 'define the maps in SEC(".maps")');
  }
  const data = image.elf.data(section);
  return symbols.map((symbol) => readMap(image, section, symbol, data, size, btf));
}

function readMap(
  image: ObjImage,
  section: ElfSection,
  symbol: ElfSymbol,
  data: Uint8Array,
  size: number,
  btf: BtfView | null,
): PlacedMap {
  const at = symbol.value;
  const site = { section: "maps", byte: at };
  if (at + size > data.length) {
    throw objError(image.file, "obj/legacy-maps", `map '${symbol.name}' reaches past the end of the section`, site);
  }
  for (let i = at + DEF_BYTES; i < at + size; i++) {
    if (data[i] === 0) continue;
    const message = `map '${symbol.name}' sets attributes that struct bpf_map_def does not have`;
    const advice = 'define it in SEC(".maps") with __uint and __type; definitions for iproute2 are not supported';
    throw objError(image.file, "obj/legacy-maps", message, { section: "maps", byte: i }, advice);
  }
  const view = viewOf(data);
  const keySize = view.getUint32(at + 4, true);
  const valueSize = view.getUint32(at + 8, true);
  const spec = {
    ...MAP_DEFAULTS,
    name: symbol.name,
    type: view.getUint32(at, true),
    keySize,
    valueSize,
    maxEntries: view.getUint32(at + 12, true),
    flags: view.getUint32(at + 16, true),
    ...annotated(btf, symbol.name, keySize, valueSize),
  };
  return { spec, sectionIndex: section.index, offBytes: at, sizeBytes: size, valuesOff: -1 };
}

function annotated(btf: BtfView | null, name: string, keySize: number, valueSize: number) {
  if (btf === null) return {};
  const struct = btf.type(btf.find(`____btf_map_${name}`, "struct"));
  if (struct.kind !== "struct" || struct.members.length < 2) return {};
  const keyTypeId = struct.members[0]!.typeId;
  const valueTypeId = struct.members[1]!.typeId;
  if (btf.sizeOf(keyTypeId) !== keySize || btf.sizeOf(valueTypeId) !== valueSize) return {};
  return { btf, keyTypeId, valueTypeId };
}
