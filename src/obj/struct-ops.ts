/**
 * struct_ops maps: variables in `.struct_ops` and `.struct_ops.link` whose function pointers are programs. The value is
 * laid out as the object's own struct; whoever creates the map converts it to the kernel's.
 * Source: init_struct_ops_maps() and bpf_object__collect_st_ops_relos() in tools/lib/bpf/libbpf.c.
 */
import { BPF_F_LINK } from "../abi/flags.ts";
import { BPF_MAP_TYPE_STRUCT_OPS } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_STRUCT_OPS } from "../abi/prog-types.ts";
import type { BtfView } from "../btf/types.ts";
import { type ElfSection, SHN_LORESERVE } from "../elf/types.ts";
import { INSN_BYTES } from "../isa/insn.ts";
import type { FuncTable } from "./funcs.ts";
import { type ObjImage, objError, symbolOf } from "./image.ts";
import { MAP_DEFAULTS } from "./map-defs.ts";
import { matchSection } from "./sections.ts";
import type { MapSpec } from "./spec.ts";

export function readStructOps(image: ObjImage, section: ElfSection, btf: BtfView | null, funcs: FuncTable): MapSpec[] {
  const site = { section: section.name };
  const datasec = btf === null ? null : btf.type(btf.find(section.name, "datasec"));
  if (btf === null || datasec?.kind !== "datasec") {
    throw objError(image.file, "obj/struct-ops", `section ${section.name} has no BTF`, site, "compile with -g");
  }
  const data = image.elf.data(section);
  const pointers = readPointers(image, section, funcs);
  let next = 0;
  let before = 0;
  return datasec.vars.map((entry) => {
    const variable = btf.type(entry.typeId);
    const typeId = variable.kind === "var" ? btf.skipMods(variable.typeId) : 0;
    const struct = btf.type(typeId);
    const at = { section: section.name, byte: entry.offBytes };
    if (struct.kind !== "struct" || struct.name === "") {
      const what = struct.name === "" ? "an anonymous type" : `a ${struct.kind}`;
      throw objError(image.file, "obj/struct-ops", `'${variable.name}' is ${what}, not a named struct`, at);
    }
    const end = entry.offBytes + struct.sizeBytes;
    if (end > data.length) {
      throw objError(image.file, "obj/struct-ops", `'${variable.name}' reaches past the end of its section`, at);
    }
    if (entry.offBytes < before) {
      throw objError(image.file, "obj/struct-ops", `'${variable.name}' overlaps the variable before it`, at);
    }
    before = end;
    const progs: { offBytes: number; name: string }[] = [];
    while (next < pointers.length && pointers[next]!.offBytes < end) {
      const { offBytes, name } = pointers[next++]!;
      if (offBytes >= entry.offBytes) progs.push({ offBytes: offBytes - entry.offBytes, name });
    }
    const members = new Map(progs.length === 0 ? [] : struct.members.map((member) => [member.bitOff, member]));
    for (const prog of progs) {
      const member = members.get(prog.offBytes * 8);
      if (member === undefined || !isFuncPointer(btf, member.typeId)) {
        const message = `'${variable.name}': byte ${prog.offBytes} takes a program but is no function pointer`;
        throw objError(image.file, "obj/struct-ops", message, at);
      }
    }
    return {
      ...MAP_DEFAULTS,
      name: variable.name,
      type: BPF_MAP_TYPE_STRUCT_OPS,
      keySize: 4,
      valueSize: struct.sizeBytes,
      maxEntries: 1,
      flags: section.name.endsWith(".link") ? BPF_F_LINK : 0,
      valueTypeId: typeId,
      btf,
      initial: data.slice(entry.offBytes, end),
      structOps: { typeName: struct.name, typeId, progs, autocreate: !section.name.startsWith("?") },
    };
  });
}

function readPointers(image: ObjImage, section: ElfSection, funcs: FuncTable): { offBytes: number; name: string }[] {
  const pointers: { offBytes: number; name: string }[] = [];
  for (const relocs of image.relocSections.get(section.index) ?? []) {
    for (const reloc of image.elf.relocs(relocs)) {
      const symbol = symbolOf(image, relocs, reloc.symIndex, reloc.offset);
      const site = { section: section.name, byte: reloc.offset };
      const func =
        symbol.shndx < SHN_LORESERVE && symbol.value % INSN_BYTES === 0
          ? funcs.at(symbol.shndx, symbol.value / INSN_BYTES)
          : null;
      if (func === null) {
        throw objError(image.file, "obj/struct-ops", `'${symbol.name}' is no program of this object`, site);
      }
      if (typeOf(func.section.name) !== BPF_PROG_TYPE_STRUCT_OPS) {
        const advice = `put it in SEC("struct_ops/${func.name}")`;
        throw objError(image.file, "obj/struct-ops", `'${func.name}' is no struct_ops program`, site, advice);
      }
      pointers.push({ offBytes: reloc.offset, name: func.name });
    }
  }
  return pointers.sort((a, b) => a.offBytes - b.offBytes);
}

function typeOf(section: string): number {
  return matchSection(section.startsWith("?") ? section.slice(1) : section)?.def.type ?? 0;
}

function isFuncPointer(btf: BtfView, typeId: number): boolean {
  const pointer = btf.type(btf.skipMods(typeId));
  return pointer.kind === "ptr" && btf.type(btf.skipMods(pointer.typeId)).kind === "func_proto";
}
