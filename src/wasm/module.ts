/**
 * A WebAssembly module under construction. Sections are written in the order the format demands:
 *
 *     type(1) import(2) function(3) table(4) memory(5) global(6) export(7) element(9) code(10) name(custom)
 *
 * Imports must be added before anything of the same kind is defined, since they take the first indices.
 * Source: WebAssembly core 2.0, 5.5.
 */
import { bug } from "../base/error.ts";
import { Code } from "./code.ts";
import { END, FUNCREF, I32, I32_CONST } from "./op.ts";

const KIND_FUNC = 0;
const KIND_TABLE = 1;
const KIND_MEMORY = 2;
const KIND_GLOBAL = 3;

interface FuncBody {
  readonly type: number;
  readonly name: string;
  /** Value types of the locals behind the parameters, one byte each. */
  locals: readonly number[];
  /** Instructions, the closing `end` included. */
  body: Uint8Array | null;
}

/** A finished module. */
export interface Built {
  readonly bytes: Uint8Array;
  /** Byte offset of each defined function's first instruction in `bytes`. */
  readonly bodyAt: readonly number[];
}

export class ModuleBuilder {
  private readonly types = new Map<string, number>();
  private readonly typeList: { params: readonly number[]; results: readonly number[] }[] = [];
  private readonly imports: { module: string; field: string; kind: number; write: (out: Code) => void }[] = [];
  private importedFuncs = 0;
  private importedTables = 0;
  private importedGlobals = 0;
  private readonly importNames: string[] = [];
  private readonly funcs: FuncBody[] = [];
  private readonly tables: { min: number; max: number | null }[] = [];
  private readonly globals: { type: number; mutable: boolean; init: number }[] = [];
  private readonly exports: { name: string; kind: number; index: number }[] = [];
  private readonly elements: { table: number; offset: number; funcs: readonly number[] }[] = [];
  private memory: { min: number; max: number | null } | null = null;

  /** Index of a function type, made once. */
  type(params: readonly number[], results: readonly number[]): number {
    const key = `${params.join()}>${results.join()}`;
    let index = this.types.get(key);
    if (index === undefined) {
      index = this.typeList.push({ params, results }) - 1;
      this.types.set(key, index);
    }
    return index;
  }

  importFunc(module: string, field: string, type: number): number {
    if (this.funcs.length > 0) bug("a function import after a function");
    this.imports.push({ module, field, kind: KIND_FUNC, write: (out) => out.u32(type) });
    this.importNames.push(`${module}.${field}`);
    return this.importedFuncs++;
  }

  /** Imports memory 0, with at least `minPages`. */
  importMemory(module: string, field: string, minPages: number): void {
    this.imports.push({
      module,
      field,
      kind: KIND_MEMORY,
      write: (out) => {
        out.byte(0);
        out.u32(minPages);
      },
    });
  }

  importTable(module: string, field: string, min: number): number {
    if (this.tables.length > 0) bug("a table import after a table");
    this.imports.push({
      module,
      field,
      kind: KIND_TABLE,
      write: (out) => {
        out.byte(FUNCREF);
        out.byte(0);
        out.u32(min);
      },
    });
    return this.importedTables++;
  }

  importGlobal(module: string, field: string, type: number, mutable: boolean): number {
    if (this.globals.length > 0) bug("a global import after a global");
    this.imports.push({
      module,
      field,
      kind: KIND_GLOBAL,
      write: (out) => {
        out.byte(type);
        out.byte(mutable ? 1 : 0);
      },
    });
    return this.importedGlobals++;
  }

  /** Declares a function; its body comes with `body`. Returns its index. */
  func(type: number, name: string): number {
    this.funcs.push({ type, name, locals: [], body: null });
    return this.importedFuncs + this.funcs.length - 1;
  }

  body(func: number, locals: readonly number[], code: Uint8Array): void {
    const entry = this.funcs[func - this.importedFuncs];
    if (entry === undefined) bug(`no function ${func}`);
    entry.locals = locals;
    entry.body = code;
  }

  defineMemory(minPages: number, maxPages: number | null): void {
    this.memory = { min: minPages, max: maxPages };
  }

  table(min: number, max: number | null): number {
    this.tables.push({ min, max });
    return this.importedTables + this.tables.length - 1;
  }

  /** An i32 global with a constant start value. */
  global(mutable: boolean, init: number): number {
    this.globals.push({ type: I32, mutable, init });
    return this.importedGlobals + this.globals.length - 1;
  }

  exportFunc(name: string, func: number): void {
    this.exports.push({ name, kind: KIND_FUNC, index: func });
  }

  exportTable(name: string, table: number): void {
    this.exports.push({ name, kind: KIND_TABLE, index: table });
  }

  exportMemory(name: string): void {
    this.exports.push({ name, kind: KIND_MEMORY, index: 0 });
  }

  exportGlobal(name: string, global: number): void {
    this.exports.push({ name, kind: KIND_GLOBAL, index: global });
  }

  /** Active element segment: funcs at table[offset...]. */
  element(table: number, offset: number, funcs: readonly number[]): void {
    this.elements.push({ table, offset, funcs });
  }

  build(options: { names?: boolean } = {}): Built {
    let total = 256;
    for (const func of this.funcs) total += (func.body?.length ?? 0) + 16;
    const out = new Code(total);
    out.raw(MAGIC);
    this.typeSection(out);
    this.importSection(out);
    section(out, 3, this.funcs.length, (at, i) => at.u32(this.funcs[i]!.type));
    section(out, 4, this.tables.length, (at, i) => {
      at.byte(FUNCREF);
      limits(at, this.tables[i]!);
    });
    if (this.memory !== null) section(out, 5, 1, (at) => limits(at, this.memory!));
    section(out, 6, this.globals.length, (at, i) => {
      const global = this.globals[i]!;
      at.byte(global.type);
      at.byte(global.mutable ? 1 : 0);
      at.i32(global.init);
      at.byte(END);
    });
    section(out, 7, this.exports.length, (at, i) => {
      const item = this.exports[i]!;
      at.name(item.name);
      at.byte(item.kind);
      at.u32(item.index);
    });
    section(out, 9, this.elements.length, (at, i) => writeElement(at, this.elements[i]!));
    const bodyAt = this.codeSection(out);
    if (options.names !== false) this.nameSection(out);
    return { bytes: out.view(), bodyAt };
  }

  private typeSection(out: Code): void {
    section(out, 1, this.typeList.length, (at, i) => {
      const { params, results } = this.typeList[i]!;
      at.byte(0x60);
      at.u32(params.length);
      for (const param of params) at.byte(param);
      at.u32(results.length);
      for (const result of results) at.byte(result);
    });
  }

  private importSection(out: Code): void {
    section(out, 2, this.imports.length, (at, i) => {
      const item = this.imports[i]!;
      at.name(item.module);
      at.name(item.field);
      at.byte(item.kind);
      item.write(at);
    });
  }

  private codeSection(out: Code): number[] {
    const bodyAt: number[] = [];
    if (this.funcs.length === 0) return bodyAt;
    const heads: Uint8Array[] = [];
    let size = ulebSize(this.funcs.length);
    for (const func of this.funcs) {
      if (func.body === null) bug(`function ${func.name} has no body`);
      const head = localsHead(func.locals);
      heads.push(head);
      const length = head.length + func.body.length;
      size += ulebSize(length) + length;
    }
    out.byte(10);
    out.u32(size);
    out.u32(this.funcs.length);
    this.funcs.forEach((func, i) => {
      out.u32(heads[i]!.length + func.body!.length);
      out.raw(heads[i]!);
      bodyAt.push(out.length);
      out.raw(func.body!);
    });
    return bodyAt;
  }

  /** Custom section "name", subsection 1: function names for stack traces and debuggers. */
  private nameSection(out: Code): void {
    const names = new Code(256);
    names.u32(this.importedFuncs + this.funcs.length);
    this.importNames.forEach((name, i) => {
      names.u32(i);
      names.name(name);
    });
    this.funcs.forEach((func, i) => {
      names.u32(this.importedFuncs + i);
      names.name(func.name);
    });
    const content = new Code(names.length + 16);
    content.name("name");
    content.byte(1);
    content.u32(names.length);
    content.raw(names.view());
    out.byte(0);
    out.u32(content.length);
    out.raw(content.view());
  }
}

const MAGIC = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);

function section(out: Code, id: number, count: number, item: (out: Code, i: number) => void): void {
  if (count === 0) return;
  const content = new Code(256);
  content.u32(count);
  for (let i = 0; i < count; i++) item(content, i);
  out.byte(id);
  out.u32(content.length);
  out.raw(content.view());
}

function limits(out: Code, { min, max }: { min: number; max: number | null }): void {
  out.byte(max === null ? 0 : 1);
  out.u32(min);
  if (max !== null) out.u32(max);
}

function writeElement(
  out: Code,
  { table, offset, funcs }: { table: number; offset: number; funcs: readonly number[] },
): void {
  if (table === 0) {
    out.u32(0);
  } else {
    out.u32(2);
    out.u32(table);
  }
  out.byte(I32_CONST);
  out.s32(offset);
  out.byte(END);
  if (table !== 0) out.byte(0);
  out.u32(funcs.length);
  for (const func of funcs) out.u32(func);
}

/** Locals as runs of one type. */
function localsHead(locals: readonly number[]): Uint8Array {
  const out = new Code(32);
  let runs = 0;
  for (let i = 0; i < locals.length; i++) if (i === 0 || locals[i] !== locals[i - 1]) runs++;
  out.u32(runs);
  for (let i = 0; i < locals.length; ) {
    let end = i + 1;
    while (end < locals.length && locals[end] === locals[i]) end++;
    out.u32(end - i);
    out.byte(locals[i]!);
    i = end;
  }
  return out.view();
}

function ulebSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++;
  return size;
}
