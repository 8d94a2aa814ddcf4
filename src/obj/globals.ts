/**
 * Maps that hold global variables: .data, .rodata and .bss (each also with a suffix), .kconfig. Each is an array of one
 * value, named by libbpf's rules (internal_map_name(), bpf_map__name()): "my_objec.rodata" for the three plain sections,
 * the section's own name for ".data.custom".
 */
import { BPF_F_MMAPABLE, BPF_F_RDONLY_PROG } from "../abi/flags.ts";
import { BPF_MAP_TYPE_ARRAY } from "../abi/map-types.ts";
import type { BtfView } from "../btf/types.ts";
import type { ElfSection } from "../elf/types.ts";
import { type ObjImage, objError } from "./image.ts";
import { MAP_DEFAULTS } from "./map-defs.ts";
import type { GlobalSection, MapSpec } from "./spec.ts";

/** The kernel's bound on an array's value (array_map_alloc_check()). */
const MAX_VALUE = 0x7fff_ffff;
const NAME_MAX = 15;

export function sectionMap(
  image: ObjImage,
  prefix: string,
  section: ElfSection,
  global: GlobalSection,
  btf: BtfView | null,
): MapSpec {
  if (section.size > MAX_VALUE) {
    const message = `section '${section.name}' of ${section.size} bytes does not fit in an array's value`;
    throw objError(image.file, "obj/global-size", message, { section: section.name });
  }
  const data = global === "bss" ? null : image.elf.data(section);
  return globalMap(prefix, section.name, global, section.size, data, btf);
}

export function kconfigMap(prefix: string, sizeBytes: number, btf: BtfView | null): MapSpec {
  return globalMap(prefix, ".kconfig", "kconfig", sizeBytes, null, btf);
}

function globalMap(
  prefix: string,
  section: string,
  global: GlobalSection,
  valueSize: number,
  data: Uint8Array | null,
  btf: BtfView | null,
): MapSpec {
  const valueTypeId = btf === null ? 0 : btf.find(section, "datasec");
  const readOnly = global === "rodata" || global === "kconfig";
  let zeros: Uint8Array | null = null;
  return {
    ...MAP_DEFAULTS,
    name: globalMapName(prefix, section),
    type: BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize,
    maxEntries: 1,
    flags: (readOnly ? BPF_F_RDONLY_PROG : 0) | (btf !== null && exposed(btf, valueTypeId) ? BPF_F_MMAPABLE : 0),
    valueTypeId,
    btf: valueTypeId === 0 ? null : btf,
    global,
    /** Zeros are made when they are asked for: a .bss costs nothing in a spec. */
    get initial() {
      if (data !== null) return data;
      zeros ??= new Uint8Array(valueSize);
      return zeros;
    },
  };
}

/** User space gets a window only where some variable is global and not hidden. */
function exposed(btf: BtfView, datasecId: number): boolean {
  const datasec = btf.type(datasecId);
  if (datasec.kind !== "datasec") return false;
  return datasec.vars.some((entry) => {
    const type = btf.type(entry.typeId);
    return type.kind === "var" && type.linkage !== "static";
  });
}

/** libbpf's name for an object: the file's name without folders, 15 characters of it, up to the first dot. */
export function objectPrefix(file: string): string {
  const base = file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1).slice(0, NAME_MAX);
  const dot = base.indexOf(".");
  return dot < 0 ? base : base.slice(0, dot);
}

export function globalMapName(prefix: string, section: string): string {
  if (section.includes(".", 1)) return section;
  const suffix = Math.max(7, section.length);
  return (prefix.slice(0, Math.max(0, NAME_MAX - suffix)) + section).replace(/[^A-Za-z0-9_.]/g, "_");
}
