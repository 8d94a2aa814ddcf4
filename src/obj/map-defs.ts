/**
 * Maps defined in `.maps`: each is a variable of a struct whose member types spell the attributes.
 *
 *     struct { __uint(type, BPF_MAP_TYPE_HASH);   int (*type)[1]          the number is the array's length
 *              __type(key, __u32);                __u32 *key              the type itself
 *              __ulong(map_extra, 1ull << 44);    enum { x = 1 << 44 } map_extra
 *              __array(values, struct inner);     struct inner *values[]  map-in-map and prog arrays, last
 *     } m SEC(".maps");
 *
 * Source: parse_btf_map_def() and bpf_object__init_user_btf_map() in tools/lib/bpf/libbpf.c.
 */
import {
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_PROG_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_UNSPEC,
  BPF_MAP_TYPE_USER_RINGBUF,
} from "../abi/map-types.ts";
import type { SkepError } from "../base/error.ts";
import type { BtfComposite, BtfMember, BtfView } from "../btf/types.ts";
import { objError } from "./image.ts";
import type { MapSpec } from "./spec.ts";

/** A map and where its definition lies in the section. */
export interface PlacedMap {
  readonly spec: MapSpec;
  readonly sectionIndex: number;
  readonly offBytes: number;
  readonly sizeBytes: number;
  /** Byte offset of the `values` member in the definition, -1 where there is none. */
  readonly valuesOff: number;
}

/** Attributes that no definition sets. */
export const MAP_DEFAULTS: Omit<MapSpec, "name" | "type"> = {
  keySize: 0,
  valueSize: 0,
  maxEntries: 0,
  flags: 0,
  mapExtra: 0n,
  numaNode: 0,
  pinByName: false,
  keyTypeId: 0,
  valueTypeId: 0,
  btf: null,
  inner: null,
  slots: [],
  global: null,
  initial: null,
  structOps: null,
};

const PAGE = 4096;
const PIN_BY_NAME = 1;

/** All maps of the datasec `.maps`, in the order of their offsets. `sectionSize` bounds them. */
export function readMapDefs(file: string, btf: BtfView, sectionIndex: number, sectionSize: number): PlacedMap[] {
  const id = btf.find(".maps", "datasec");
  const datasec = btf.type(id);
  if (datasec.kind !== "datasec") {
    throw objError(file, "obj/maps", "section .maps has no BTF", { section: ".maps" }, "compile with -g");
  }
  return datasec.vars.map((entry) => {
    const type = btf.type(entry.typeId);
    const site = { section: ".maps", byte: entry.offBytes };
    if (type.kind !== "var" || type.name === "") {
      throw objError(file, "obj/maps", `.maps holds a ${type.kind} where a named variable should be`, site);
    }
    if (entry.offBytes + entry.sizeBytes > sectionSize) {
      throw objError(file, "obj/maps", `map '${type.name}' reaches past the end of .maps`, site);
    }
    const def = btf.type(btf.skipMods(type.typeId));
    if (def.kind !== "struct") {
      throw objError(file, "obj/maps", `map '${type.name}' is defined by a ${def.kind}, not by a struct`, site);
    }
    if (def.sizeBytes > entry.sizeBytes) {
      throw objError(file, "obj/maps", `map '${type.name}' is smaller than its struct`, site);
    }
    const values = def.members.at(-1);
    return {
      spec: readDef({ file, btf, map: type.name, byte: entry.offBytes }, def, false),
      sectionIndex,
      offBytes: entry.offBytes,
      sizeBytes: entry.sizeBytes,
      valuesOff: values?.name === "values" ? values.bitOff / 8 : -1,
    };
  });
}

/** The definition of one map by its BTF var. */
export function mapDefOf(file: string, btf: BtfView, varId: number): MapSpec {
  const type = btf.type(varId);
  const def = type.kind === "var" ? btf.type(btf.skipMods(type.typeId)) : type;
  if (def.kind !== "struct") {
    throw objError(file, "obj/maps", `map '${type.name}' is defined by a ${def.kind}, not by a struct`, {
      section: ".maps",
    });
  }
  return readDef({ file, btf, map: type.name, byte: 0 }, def, false);
}

interface Def {
  readonly file: string;
  readonly btf: BtfView;
  readonly map: string;
  readonly byte: number;
}

type Fields = { -readonly [K in keyof MapSpec]: MapSpec[K] };

function readDef(def: Def, struct: BtfComposite, isInner: boolean): MapSpec {
  const { btf } = def;
  const spec: Fields = { ...MAP_DEFAULTS, name: def.map, type: BPF_MAP_TYPE_UNSPEC, btf };
  const seen = new Set<string>();
  for (const member of struct.members) {
    if (seen.has(member.name)) throw bad(def, `attribute '${member.name}' is set twice`);
    seen.add(member.name);
    switch (member.name) {
      case "type":
        spec.type = uint(def, member);
        break;
      case "max_entries":
        spec.maxEntries = uint(def, member);
        break;
      case "map_flags":
        spec.flags = uint(def, member);
        break;
      case "numa_node":
        spec.numaNode = uint(def, member);
        break;
      case "map_extra":
        spec.mapExtra = ulong(def, member);
        break;
      case "key_size":
        spec.keySize = agree(def, "key", spec.keySize, uint(def, member));
        break;
      case "value_size":
        spec.valueSize = agree(def, "value", spec.valueSize, uint(def, member));
        break;
      case "key":
        spec.keyTypeId = pointee(def, member);
        spec.keySize = agree(def, "key", spec.keySize, btf.sizeOf(spec.keyTypeId));
        break;
      case "value":
        spec.valueTypeId = pointee(def, member);
        spec.valueSize = agree(def, "value", spec.valueSize, btf.sizeOf(spec.valueTypeId));
        break;
      case "values":
        if (isInner) throw bad(def, "maps within inner maps are not supported");
        if (member !== struct.members.at(-1)) throw bad(def, "'values' must be the last member");
        readValues(def, member, spec);
        break;
      case "pinning": {
        const pin = uint(def, member);
        if (isInner) throw bad(def, "an inner map cannot be pinned");
        if (pin > PIN_BY_NAME) throw bad(def, `pinning ${pin} is neither NONE (0) nor BY_NAME (1)`);
        spec.pinByName = pin === PIN_BY_NAME;
        break;
      }
      default:
        throw bad(def, `unknown attribute '${member.name}'`);
    }
  }
  if (spec.type === BPF_MAP_TYPE_UNSPEC) throw bad(def, "no map type", "add __uint(type, BPF_MAP_TYPE_...)");
  if (spec.type === BPF_MAP_TYPE_RINGBUF || spec.type === BPF_MAP_TYPE_USER_RINGBUF) {
    spec.maxEntries = ringSize(spec.maxEntries);
  }
  return spec;
}

function readValues(def: Def, member: BtfMember, spec: Fields): void {
  const { btf } = def;
  const ofMaps = spec.type === BPF_MAP_TYPE_ARRAY_OF_MAPS || spec.type === BPF_MAP_TYPE_HASH_OF_MAPS;
  if (!ofMaps && spec.type !== BPF_MAP_TYPE_PROG_ARRAY) {
    throw bad(def, "'values' belongs to maps of maps and prog arrays", "set the type before 'values'");
  }
  spec.valueSize = agree(def, "value", spec.valueSize, 4);
  const array = btf.type(member.typeId);
  if (array.kind !== "array" || array.nelems !== 0) throw bad(def, "'values' is not an array without a length");
  const pointer = btf.type(btf.skipMods(array.typeId));
  if (pointer.kind !== "ptr") throw bad(def, `'values' is an array of ${pointer.kind}, not of pointers`);
  const target = btf.type(btf.skipMods(pointer.typeId));
  if (!ofMaps) {
    if (target.kind !== "func_proto") throw bad(def, `a prog array's values are functions, not ${target.kind}`);
    return;
  }
  if (target.kind !== "struct") throw bad(def, `an inner map is defined by a struct, not by ${target.kind}`);
  spec.inner = readDef({ ...def, map: `${def.map}.inner` }, target, true);
}

/** __uint: pointer to an array of that length. */
function uint(def: Def, member: BtfMember): number {
  const pointer = def.btf.type(def.btf.skipMods(member.typeId));
  const array = pointer.kind === "ptr" ? def.btf.type(pointer.typeId) : pointer;
  if (array.kind !== "array")
    throw bad(def, `'${member.name}' is a ${array.kind}`, `write __uint(${member.name}, ...)`);
  return array.nelems;
}

/** __ulong: an enum of one value; __uint is taken too. */
function ulong(def: Def, member: BtfMember): bigint {
  const type = def.btf.type(def.btf.skipMods(member.typeId));
  if (type.kind === "ptr") return BigInt(uint(def, member));
  if ((type.kind !== "enum" && type.kind !== "enum64") || type.values.length !== 1) {
    throw bad(def, `'${member.name}' is a ${type.kind}`, `write __ulong(${member.name}, ...)`);
  }
  return BigInt.asUintN(64, type.values[0]!.value);
}

function pointee(def: Def, member: BtfMember): number {
  const type = def.btf.type(member.typeId);
  if (type.kind !== "ptr") throw bad(def, `'${member.name}' is a ${type.kind}`, `write __type(${member.name}, ...)`);
  return type.typeId;
}

function agree(def: Def, what: string, before: number, size: number): number {
  if (before !== 0 && before !== size) throw bad(def, `${what} size is both ${before} and ${size}`);
  return size;
}

/** The kernel wants a power of two of pages: the next one up, as libbpf has it. */
function ringSize(bytes: number): number {
  if (bytes === 0) return 0;
  for (let size = PAGE; size <= 0x8000_0000; size *= 2) if (size >= bytes) return size;
  return bytes;
}

function bad(def: Def, what: string, advice?: string): SkepError {
  return objError(def.file, "obj/map-def", `map '${def.map}': ${what}`, { section: ".maps", byte: def.byte }, advice);
}
