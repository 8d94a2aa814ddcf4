/**
 * A module of IR to an object file, as libbpf and the kernel take it:
 *
 *     functions by section (.text first), .maps, .rodata, .data, .bss, license, ..., .BTF, .BTF.ext, relocations, symbols
 *
 * The bytes depend on the module and the options alone.
 */

import type { CoreRecord, FuncRecord, LineRecord } from "../btf/ext.ts";
import { writeBtfExt } from "../btf/ext-write.ts";
import type { BtfType } from "../btf/types.ts";
import { BtfBuilder } from "../btf/write.ts";
import * as elf from "../elf/types.ts";
import { type OutSection, writeElf } from "../elf/write.ts";
import type { IrDiagnostic, IrFile, IrFunction, IrModule } from "../ir/ir.ts";
import { INSN_BYTES } from "../isa/insn.ts";
import { type CodeSection, codeSections, encodeSection } from "./code-sections.ts";
import { compactTypes } from "./compact.ts";
import { compileFunction } from "./compile.ts";
import { dataSections } from "./data-sections.ts";
import type { EmittedFunction } from "./emitter.ts";
import { symbolTable } from "./symbols.ts";

export interface EmitOptions {
  /** -mcpu: 3 where not given. */
  readonly cpu?: 2 | 3 | 4;
  /** Leave out .BTF.ext's lines. */
  readonly noLines?: boolean;
}

export interface EmitResult {
  /** Null where a diagnostic is an error. */
  readonly bytes: Uint8Array | null;
  readonly diagnostics: readonly IrDiagnostic[];
}

/** `types` holds the BTF that the ids of the module are of; it is read, not changed. */
export function emitObject(module: IrModule, types: BtfBuilder, options: EmitOptions = {}): EmitResult {
  const diagnostics: IrDiagnostic[] = [];
  const cpu = options.cpu ?? 3;
  const compiled = new Map<IrFunction, EmittedFunction>();
  for (const fn of module.functions) compiled.set(fn, compileFunction(fn, { cpu }, diagnostics));
  if (diagnostics.some((one) => one.severity === "error")) return { bytes: null, diagnostics };
  diagnostics.push(...unknownSymbols(module, compiled));
  if (diagnostics.some((one) => one.severity === "error")) return { bytes: null, diagnostics };
  module = { ...module, externs: usedExterns(module, compiled.values()) };
  const code = codeSections(module, compiled);
  const data = dataSections(module);
  const sectionIndex = new Map<string, number>();
  for (const section of [...code, ...data]) sectionIndex.set(section.name, sectionIndex.size + 1);
  const symbols = symbolTable(module, code, data, sectionIndex);
  const sections: OutSection[] = [
    ...code.map((section) => encodeSection(section, symbols)),
    ...data.map(
      (section): OutSection => ({
        name: section.name,
        type: section.type,
        flags: section.flags,
        align: section.align,
        data: section.data,
        ...(section.type === elf.SHT_NOBITS ? { size: section.size } : {}),
        ...(section.entsize > 0 ? { entsize: section.entsize } : {}),
        relocs: section.relocs.map((reloc) => ({
          offset: reloc.offBytes,
          type: elf.R_BPF_64_ABS64,
          symbol: symbols.of(reloc.symbol).index,
        })),
      }),
    ),
  ];
  const btf = typesOf(module, types, code, data, sectionIndex, options);
  if (btf !== null) {
    for (const fix of btf.typeIdFixes) fixTypeId(sections, code, fix, btf.ids);
    const plain = { flags: 0, align: 4, type: elf.SHT_PROGBITS };
    sections.push({ ...plain, name: ".BTF", data: btf.btf }, { ...plain, name: ".BTF.ext", data: btf.ext });
  }
  return { bytes: writeElf({ sections, symbols: symbols.list }), diagnostics };
}

/** Names in inline assembly that nothing declares. */
function unknownSymbols(module: IrModule, compiled: ReadonlyMap<IrFunction, EmittedFunction>): IrDiagnostic[] {
  const known = new Set([...module.functions, ...module.globals, ...module.externs].map((one) => one.name));
  const found: IrDiagnostic[] = [];
  for (const { name: func, relocs, lines } of compiled.values()) {
    for (const { insnIdx, symbol } of relocs) {
      if (known.has(symbol)) continue;
      const line = lines.findLast((one) => one.insnIdx <= insnIdx);
      found.push({
        code: "asm/symbol",
        severity: "error",
        message: `inline assembly names '${symbol}', which is neither defined nor declared extern`,
        advice: "",
        pos: line?.pos ?? null,
        func,
      });
    }
  }
  return found;
}

/** Declared and not used is as if it were not declared. */
function usedExterns(module: IrModule, functions: Iterable<EmittedFunction>): IrModule["externs"] {
  const used = new Set<string>();
  for (const { relocs } of functions) for (const reloc of relocs) used.add(reloc.symbol);
  for (const global of module.globals) for (const reloc of global.relocs) used.add(reloc.symbol);
  return module.externs.filter((one) => used.has(one.name));
}

interface Types {
  readonly btf: Uint8Array;
  readonly ext: Uint8Array;
  readonly ids: Uint32Array;
  /** Instructions whose immediate is a local type id. */
  readonly typeIdFixes: { readonly section: number; readonly insnIdx: number; readonly typeId: number }[];
}

function typesOf(
  module: IrModule,
  builder: BtfBuilder,
  code: readonly CodeSection[],
  data: ReturnType<typeof dataSections>,
  sectionIndex: ReadonlyMap<string, number>,
  options: EmitOptions,
): Types | null {
  const list: BtfType[] = [];
  for (let id = 1; id < builder.length; id++) list.push(builder.type(id));
  const firstSection = list.length + 1;
  for (const section of data) {
    const vars = section.vars.filter((one) => one.btfId !== 0);
    if (vars.length === 0) continue;
    list.push({
      kind: "datasec",
      name: section.name,
      sizeBytes: section.size,
      vars: vars.map((one) => ({ typeId: one.btfId, offBytes: one.offBytes, sizeBytes: one.sizeBytes })),
    });
  }
  for (const name of [".kconfig", ".ksyms"]) {
    const vars = module.externs.filter((one) => one.section === name && one.btfId !== 0);
    if (vars.length === 0) continue;
    list.push({
      kind: "datasec",
      name,
      sizeBytes: 0,
      vars: vars.map((one) => ({ typeId: one.btfId, offBytes: 0, sizeBytes: one.sizeBytes })),
    });
  }
  const roots: number[] = [];
  for (let id = firstSection; id <= list.length; id++) roots.push(id);
  for (const fn of module.functions) if (fn.btfId !== 0) roots.push(fn.btfId);
  for (const section of code)
    for (const fn of section.functions) for (const { core } of fn.code.cores) roots.push(core.typeId);
  if (roots.length === 0) return null;
  const { types, ids } = compactTypes(list, roots);
  const funcs = new Map<string, FuncRecord[]>();
  const lines = new Map<string, LineRecord[]>();
  const relos = new Map<string, CoreRecord[]>();
  const typeIdFixes: Types["typeIdFixes"] = [];
  const texts = new FileLines(module.files);
  for (const section of code) {
    const funcList: FuncRecord[] = [];
    const lineList: LineRecord[] = [];
    const reloList: CoreRecord[] = [];
    for (const { fn, startIdx, code: emitted } of section.functions) {
      if (fn.btfId !== 0) funcList.push({ offBytes: startIdx * INSN_BYTES, typeId: ids[fn.btfId]! });
      for (const { insnIdx, pos } of options.noLines || fn.btfId === 0 ? [] : emitted.lines) {
        lineList.push({
          offBytes: (startIdx + insnIdx) * INSN_BYTES,
          file: module.files[pos.file]?.name ?? "",
          text: texts.line(pos.file, pos.line),
          line: pos.line,
          col: pos.col,
        });
      }
      for (const { insnIdx, core } of emitted.cores) {
        const at = startIdx + insnIdx;
        reloList.push({ offBytes: at * INSN_BYTES, typeId: ids[core.typeId]!, access: core.access, kind: core.kind });
        if (core.kind === "type_id_local" || core.kind === "type_id_target") {
          typeIdFixes.push({ section: sectionIndex.get(section.name)! - 1, insnIdx: at, typeId: core.typeId });
        }
      }
    }
    funcs.set(section.name, funcList);
    lines.set(section.name, lineList);
    relos.set(section.name, reloList);
  }
  const out = new BtfBuilder();
  for (const type of types) out.add(type);
  const { btf, ext } = writeBtfExt(out.bytes(), { funcs, lines, relos });
  return { btf, ext, ids, typeIdFixes };
}

function fixTypeId(
  sections: readonly OutSection[],
  code: readonly CodeSection[],
  fix: Types["typeIdFixes"][number],
  ids: Uint32Array,
): void {
  if (fix.section >= code.length) return;
  const { data } = sections[fix.section]!;
  new DataView(data.buffer, data.byteOffset).setInt32(fix.insnIdx * INSN_BYTES + 4, ids[fix.typeId]!, true);
}

/** The text of lines, files cut up only where asked. */
class FileLines {
  private readonly files: readonly IrFile[];
  private readonly cut: (readonly string[] | undefined)[] = [];

  constructor(files: readonly IrFile[]) {
    this.files = files;
  }

  line(file: number, line: number): string {
    this.cut[file] ??= this.files[file]?.text.split("\n") ?? [];
    return this.cut[file]![line - 1] ?? "";
  }
}
