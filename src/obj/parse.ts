/**
 * An object file's bytes -> ObjSpec: what it defines, linked as libbpf links it, nothing relocated against a kernel yet.
 *
 *     ELF sections  -> roles          image.ts
 *     symbols       -> functions      funcs.ts        externs.ts
 *     .BTF          -> completed      btf-fixup.ts    ext-lists.ts (.BTF.ext)
 *     data, .maps   -> maps           map-defs.ts     legacy-maps.ts  globals.ts  struct-ops.ts  map-slots.ts
 *     code          -> programs       code-relocs.ts  link.ts         sections.ts
 *
 * Pure: bytes in, plain data out. Bad input throws SkepError "elf/...", "btf/...", "btf-ext/..." or "obj/...".
 */
import { BPF_F_SLEEPABLE } from "../abi/flags.ts";
import { BPF_MAP_TYPE_ARENA } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_STRUCT_OPS } from "../abi/prog-types.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import { fixupBtf } from "./btf-fixup.ts";
import { type CodeRelocs, codeRelocs, type Referents } from "./code-relocs.ts";
import { exceptionCallbacks } from "./exception.ts";
import { readExtLists } from "./ext-lists.ts";
import { collectExterns, type Externs } from "./externs.ts";
import { type FuncTable, type ObjFunc, readFuncs } from "./funcs.ts";
import { globalMapName, kconfigMap, objectPrefix, sectionMap } from "./globals.ts";
import { type ObjImage, objError, openImage } from "./image.ts";
import { readLegacyMaps } from "./legacy-maps.ts";
import { type Linked, linker } from "./link.ts";
import { type PlacedMap, readMapDefs } from "./map-defs.ts";
import { fillSlots } from "./map-slots.ts";
import { matchSection } from "./sections.ts";
import type { MapSpec, ObjSpec, ProgSpec } from "./spec.ts";
import { readStructOps } from "./struct-ops.ts";

/**
 * Reads a BPF object. `name` is what errors and internal maps' names use: a path or a file's name.
 *
 *     const spec = parseObject(readFileSync("syn_guard.bpf.o"), "syn_guard.bpf.o");
 *     spec.programs[0].section;      // "xdp"
 */
export function parseObject(bytes: Uint8Array, name = "object"): ObjSpec {
  try {
    return parse(bytes, name);
  } catch (error) {
    // BTF knows no file name: give its errors one.
    if (error instanceof SkepError) error.site.file ??= name;
    throw error;
  }
}

function parse(bytes: Uint8Array, name: string): ObjSpec {
  const image = openImage(bytes, name);
  const funcs = readFuncs(image);
  const btfSection = image.elf.section(".BTF");
  const extSection = image.elf.section(".BTF.ext");
  const declared = btfSection === null ? null : new Btf(image.elf.data(btfSection));
  const externs = collectExterns(image, declared);
  const btf = declared === null ? null : fixupBtf(image, declared, funcs.all, externs);
  const ext = btf === null || extSection === null ? null : readExtLists(name, image.elf.data(extSection), btf);
  const prefix = objectPrefix(name);
  const { maps, referents } = readMaps(image, btf, funcs, externs, prefix);
  const relocs: CodeRelocs = codeRelocs(image, funcs, referents);
  const link = linker({ image, funcs, relocs, btf, ext, kconfigMap: globalMapName(prefix, ".kconfig") });
  const callbacks = btf === null ? null : exceptionCallbacks(image, btf, funcs);

  const programs: ProgSpec[] = [];
  const names = new Set<string>();
  const called = new Set<string>();
  const wanted = structOpsAutoload(maps);
  for (const func of funcs.all) {
    if (!func.entry) continue;
    if (names.has(func.name)) {
      throw objError(name, "obj/prog-name", `two programs are named '${func.name}'`, { section: func.section.name });
    }
    names.add(func.name);
    const linked = link.link(func, callbacks?.of(func) ?? null);
    for (let i = 1; i < linked.funcs.length; i++) called.add(linked.funcs[i]!.name);
    programs.push(progSpec(func, linked, wanted));
  }
  return {
    name,
    license: image.license,
    ...(image.kernelVersion === 0 ? {} : { kernelVersion: image.kernelVersion }),
    // A function in a section whose name says nothing is a subprogram where something calls it.
    programs: programs.filter((prog) => prog.type !== 0 || !called.has(prog.name)),
    maps,
    kconfig: externs.kconfig.map(({ name: extern, typeId, offBytes, sizeBytes, weak }) => ({
      name: extern,
      typeId,
      offBytes,
      sizeBytes,
      weak,
    })),
    btf,
  };
}

function progSpec(func: ObjFunc, linked: Linked, wanted: ReadonlyMap<string, boolean>): ProgSpec {
  const section = func.section.name;
  const optional = section.startsWith("?");
  const match = matchSection(optional ? section.slice(1) : section);
  const type = match?.def.type ?? 0;
  const flags = match?.def.flags ?? 0;
  const autoload = type === BPF_PROG_TYPE_STRUCT_OPS ? (wanted.get(func.name) ?? !optional) : !optional;
  return {
    name: func.name,
    section,
    type,
    expectedAttachType: match?.def.attachType ?? 0,
    attachTo: match?.attachTo ?? "",
    sleepable: (flags & BPF_F_SLEEPABLE) !== 0,
    flags,
    autoload,
    insns: linked.insns,
    funcs: linked.funcs,
    get lines() {
      return linked.lines();
    },
    relocs: linked.relocs,
    coreRelos: linked.coreRelos,
  };
}

/** Maps in libbpf's order: .maps, global sections, .kconfig, struct_ops. */
function readMaps(image: ObjImage, btf: Btf | null, funcs: FuncTable, externs: Externs, prefix: string) {
  const maps: MapSpec[] = [];
  const placed = new Map<string, string>();
  const globals = new Map<number, string>();
  const place = (found: readonly PlacedMap[]) => {
    for (const map of found) placed.set(`${map.sectionIndex}:${map.offBytes}`, map.spec.name);
  };
  for (const section of image.elf.sections) {
    const role = image.roles[section.index];
    if (role === "maps") {
      if (btf === null) {
        throw objError(image.file, "obj/maps", "section .maps needs BTF", { section: ".maps" }, "compile with -g");
      }
      const found = readMapDefs(image.file, btf, section.index, section.size);
      place(found);
      maps.push(...fillSlots(image, section, found, funcs));
    } else if (role === "legacyMaps") {
      const found = readLegacyMaps(image, section, btf);
      place(found);
      maps.push(...found.map((map) => map.spec));
    }
  }
  const arena = placeArena(image, maps);
  for (const section of image.elf.sections) {
    const role = image.roles[section.index];
    if ((role === "data" || role === "rodata" || role === "bss") && section.size > 0) {
      const map = sectionMap(image, prefix, section, role, btf);
      maps.push(map);
      globals.set(section.index, map.name);
    } else if (role === "arena" && arena !== null) globals.set(section.index, arena);
  }
  if (externs.kconfig.length > 0) maps.push(kconfigMap(prefix, externs.kconfigSize, btf));
  for (const section of image.elf.sections) {
    if (image.roles[section.index] === "structOps") maps.push(...readStructOps(image, section, btf, funcs));
  }
  const names = new Set<string>();
  for (const map of maps) {
    if (names.has(map.name)) throw objError(image.file, "obj/map-name", `two maps are named '${map.name}'`);
    names.add(map.name);
  }
  const referents: Referents = {
    mapAt: (sectionIndex, offBytes) => placed.get(`${sectionIndex}:${offBytes}`) ?? null,
    globalMap: (sectionIndex) => globals.get(sectionIndex) ?? null,
    extern: (symIndex) => externs.bySymbol.get(symIndex) ?? null,
  };
  return { maps, referents };
}

const PAGE = 4096;

/** Gives `.addr_space.1` to the arena map; its name, or null where there are no such globals. */
function placeArena(image: ObjImage, maps: MapSpec[]): string | null {
  const arenas = maps.filter((map) => map.type === BPF_MAP_TYPE_ARENA);
  if (arenas.length > 1) {
    throw objError(image.file, "obj/arena", `'${arenas[0]!.name}' and '${arenas[1]!.name}': one arena an object`);
  }
  const section = image.elf.sections.find((candidate) => image.roles[candidate.index] === "arena");
  if (section === undefined) return null;
  const site = { section: section.name };
  const arena = arenas[0];
  if (arena === undefined) {
    const advice = 'define one: __uint(type, BPF_MAP_TYPE_ARENA) in SEC(".maps")';
    throw objError(image.file, "obj/arena", "there are __arena variables but no arena map", site, advice);
  }
  if (Math.ceil(section.size / PAGE) > arena.maxEntries) {
    const message = `arena '${arena.name}' of ${arena.maxEntries} pages is too small for variables of ${section.size} bytes`;
    throw objError(image.file, "obj/arena", message, site);
  }
  maps[maps.indexOf(arena)] = { ...arena, initial: image.elf.data(section) };
  return arena.name;
}

/** Programs that struct_ops maps point to are loaded if some such map is made by default. */
function structOpsAutoload(maps: readonly MapSpec[]): Map<string, boolean> {
  const wanted = new Map<string, boolean>();
  for (const { structOps } of maps) {
    if (structOps === null) continue;
    for (const { name } of structOps.progs) wanted.set(name, (wanted.get(name) ?? false) || structOps.autocreate);
  }
  return wanted;
}
