/**
 * Completes an object's BTF with what only the ELF file knows, as libbpf does before it gives the BTF to the kernel
 * (bpf_object_fixup_btf(), bpf_object__collect_externs(), mark_btf_static):
 *
 * - data sections get their size and their variables' offsets, sorted; hidden variables and functions become static;
 * - .kconfig gets the offsets of its map, and its variables become global;
 * - .ksyms turns into four-byte variables: the kernel takes no externs. Functions give way to one `dummy_ksym`.
 *
 * Ids do not change; only `dummy_ksym` is added at the end. A copy is edited, never the object's bytes.
 */
import { concatBytes, fromUtf8, viewOf } from "../base/bytes.ts";
import { Btf } from "../btf/btf.ts";
import type { BtfDatasec } from "../btf/types.ts";
import { type ElfSymbol, STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_OBJECT, STV_HIDDEN, STV_INTERNAL } from "../elf/types.ts";
import type { Externs } from "./externs.ts";
import type { ObjFunc } from "./funcs.ts";
import type { ObjImage } from "./image.ts";

const KIND_FUNC = 12;
const KIND_VAR = 14;
const KIND_DATASEC = 15;
/** name_off, info, size or type. */
const TYPE_BYTES = 12;
const VSI_BYTES = 12;
const PARAM_BYTES = 8;
const LINKAGE_STATIC = 0;
const LINKAGE_GLOBAL = 1;

export function fixupBtf(image: ObjImage, btf: Btf, funcs: readonly ObjFunc[], externs: Externs): Btf {
  const datasecs: number[] = [];
  for (let id = 1; id < btf.length; id++) if (btf.kindOf(id) === KIND_DATASEC) datasecs.push(id);
  const hiddenFuncs = funcs.filter((func) => func.hidden && !func.entry);
  if (datasecs.length === 0 && hiddenFuncs.length === 0) return btf;

  const raw = btf.raw.slice();
  const editor: Editor = { btf, view: viewOf(raw) };
  let dummy: { int: number; name: number; id: number } | null = null;
  for (const id of datasecs) {
    const datasec = btf.type(id) as BtfDatasec;
    if (datasec.name === ".ksyms") {
      dummy = { int: firstInt32(btf), name: btf.strings.length, id: btf.length };
      if (!fixKsyms(editor, id, datasec, dummy)) dummy = null;
    } else if (datasec.name === ".kconfig") fixKconfig(editor, id, datasec, externs);
    else fixData(editor, id, datasec, image);
  }
  for (const func of hiddenFuncs) {
    for (const id of btf.findAll(func.name, "func")) {
      const type = btf.type(id);
      if (type.kind === "func" && type.linkage === "global") {
        setFuncLinkage(editor, id, LINKAGE_STATIC);
        break;
      }
    }
  }
  return new Btf(dummy === null ? raw : appendVar(raw, "dummy_ksym", dummy.int));
}

interface Editor {
  /** The types as they were. */
  readonly btf: Btf;
  /** The copy's bytes. */
  readonly view: DataView;
}

interface Vsi {
  typeId: number;
  off: number;
  size: number;
}

function fixData(editor: Editor, id: number, datasec: BtfDatasec, image: ObjImage): void {
  const { btf, view } = editor;
  const at = btf.byteOf(id);
  const section = image.elf.section(datasec.name);
  const fill = datasec.sizeBytes === 0;
  if (fill && section !== null) view.setUint32(at + 8, Math.min(section.size, 0xffff_ffff), true);
  const symbols = objectSymbols(image);
  const vars: Vsi[] = [];
  for (const entry of datasec.vars) {
    const vsi = { typeId: entry.typeId, off: entry.offBytes, size: entry.sizeBytes };
    vars.push(vsi);
    const type = btf.type(entry.typeId);
    if (type.kind !== "var") continue;
    if (type.linkage === "static" && fill && entry.offBytes === 0 && section !== null) {
      // Clang writes a static variable's offset, gcc does not.
      vsi.off = staticOffset(image, section.index, type.name);
      continue;
    }
    if (type.linkage !== "global") continue;
    const symbol = symbols.get(type.name);
    if (symbol === undefined) continue;
    if (fill) vsi.off = Math.min(symbol.value, 0xffff_ffff);
    if (symbol.visibility === STV_HIDDEN || symbol.visibility === STV_INTERNAL) {
      view.setUint32(btf.byteOf(entry.typeId) + TYPE_BYTES, LINKAGE_STATIC, true);
    }
  }
  writeVars(editor, id, vars);
}

const staticIndex = new WeakMap<ObjImage, Map<string, number>>();

/** Offset of the one local variable of that name in the section; 0 where there is none, or several. */
function staticOffset(image: ObjImage, sectionIndex: number, name: string): number {
  let offsets = staticIndex.get(image);
  if (offsets === undefined) {
    offsets = new Map();
    for (const symbol of image.symbols) {
      if (symbol.type !== STT_OBJECT || symbol.bind !== STB_LOCAL) continue;
      const key = `${symbol.shndx} ${symbol.name}`;
      offsets.set(key, offsets.has(key) ? 0 : Math.min(symbol.value, 0xffff_ffff));
    }
    staticIndex.set(image, offsets);
  }
  return offsets.get(`${sectionIndex} ${name}`) ?? 0;
}

const symbolIndex = new WeakMap<ObjImage, Map<string, ElfSymbol>>();

/** Global and weak variables by name; built once an object. */
function objectSymbols(image: ObjImage): Map<string, ElfSymbol> {
  let byName = symbolIndex.get(image);
  if (byName !== undefined) return byName;
  byName = new Map();
  for (const symbol of image.symbols) {
    if (symbol.type !== STT_OBJECT || (symbol.bind !== STB_GLOBAL && symbol.bind !== STB_WEAK)) continue;
    if (!byName.has(symbol.name)) byName.set(symbol.name, symbol);
  }
  symbolIndex.set(image, byName);
  return byName;
}

function fixKconfig(editor: Editor, id: number, datasec: BtfDatasec, externs: Externs): void {
  const offsets = new Map(externs.kconfig.map((extern) => [extern.btfId, extern.offBytes]));
  editor.view.setUint32(editor.btf.byteOf(id) + 8, externs.kconfigSize, true);
  const vars: Vsi[] = [];
  for (const entry of datasec.vars) {
    const off = offsets.get(entry.typeId) ?? entry.offBytes;
    vars.push({ typeId: entry.typeId, off, size: entry.sizeBytes });
    if (editor.btf.kindOf(entry.typeId) === KIND_VAR) {
      editor.view.setUint32(editor.btf.byteOf(entry.typeId) + TYPE_BYTES, LINKAGE_GLOBAL, true);
    }
  }
  writeVars(editor, id, vars);
}

/** True where `dummy` is used. */
function fixKsyms(
  editor: Editor,
  id: number,
  datasec: BtfDatasec,
  dummy: { int: number; name: number; id: number },
): boolean {
  const { btf, view } = editor;
  let used = false;
  const vars: Vsi[] = [];
  for (const entry of datasec.vars) {
    const kind = btf.kindOf(entry.typeId);
    const off = vars.length * 4;
    if (kind === KIND_FUNC) {
      used = true;
      nameParams(editor, entry.typeId, dummy.name);
      setFuncLinkage(editor, entry.typeId, LINKAGE_GLOBAL);
      vars.push({ typeId: dummy.id, off, size: 4 });
    } else if (kind === KIND_VAR) {
      const at = btf.byteOf(entry.typeId);
      view.setUint32(at + 8, dummy.int, true);
      view.setUint32(at + TYPE_BYTES, LINKAGE_GLOBAL, true);
      vars.push({ typeId: entry.typeId, off, size: 4 });
    } else vars.push({ typeId: entry.typeId, off, size: entry.sizeBytes });
  }
  view.setUint32(btf.byteOf(id) + 8, vars.length * 4, true);
  writeVars(editor, id, vars);
  return used;
}

/** A global function's parameters must have names. */
function nameParams(editor: Editor, funcId: number, nameOff: number): void {
  const func = editor.btf.type(funcId);
  if (func.kind !== "func") return;
  const proto = editor.btf.type(func.typeId);
  if (proto.kind !== "func_proto") return;
  const at = editor.btf.byteOf(func.typeId) + TYPE_BYTES;
  for (let i = 0; i < proto.params.length; i++) {
    const param = proto.params[i]!;
    if (param.typeId !== 0 && param.name === "") editor.view.setUint32(at + i * PARAM_BYTES, nameOff, true);
  }
}

function setFuncLinkage(editor: Editor, funcId: number, linkage: number): void {
  const at = editor.btf.byteOf(funcId) + 4;
  editor.view.setUint32(at, ((editor.view.getUint32(at, true) & 0xffff_0000) | linkage) >>> 0, true);
}

function writeVars(editor: Editor, id: number, vars: Vsi[]): void {
  vars.sort((a, b) => a.off - b.off);
  let at = editor.btf.byteOf(id) + TYPE_BYTES;
  for (const vsi of vars) {
    editor.view.setUint32(at, vsi.typeId, true);
    editor.view.setUint32(at + 4, vsi.off, true);
    editor.view.setUint32(at + 8, vsi.size, true);
    at += VSI_BYTES;
  }
}

function firstInt32(btf: Btf): number {
  for (let id = 1; id < btf.length; id++) {
    const type = btf.kindOf(id) === 1 ? btf.type(id) : null;
    if (type?.kind === "int" && type.bits === 32) return id;
  }
  return 0;
}

/** Adds a global variable behind the last type and its name behind the last string. */
function appendVar(raw: Uint8Array, name: string, typeId: number): Uint8Array {
  const header = raw.slice(0, viewOf(raw).getUint32(4, true));
  const view = viewOf(header);
  const typeStart = header.length + view.getUint32(8, true);
  const types = raw.subarray(typeStart, typeStart + view.getUint32(12, true));
  const strStart = header.length + view.getUint32(16, true);
  const strings = raw.subarray(strStart, strStart + view.getUint32(20, true));
  const added = new Uint8Array(TYPE_BYTES + 4);
  const words = viewOf(added);
  words.setUint32(0, strings.length, true);
  words.setUint32(4, KIND_VAR << 24, true);
  words.setUint32(8, typeId, true);
  words.setUint32(TYPE_BYTES, LINKAGE_GLOBAL, true);
  const text = fromUtf8(`${name}\0`);
  view.setUint32(8, 0, true);
  view.setUint32(12, types.length + added.length, true);
  view.setUint32(16, types.length + added.length, true);
  view.setUint32(20, strings.length + text.length, true);
  return concatBytes([header, types, added, strings, text]);
}
