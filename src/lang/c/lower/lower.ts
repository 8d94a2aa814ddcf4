/**
 * The typed tree to the intermediate form and BTF. Functions and variables that nobody uses stay out: what a header declares
 * costs nothing.
 */
import type { BtfType } from "../../../btf/types.ts";
import { irModule } from "../../../ir/build.ts";
import type { IrFunction, IrModule, Pos } from "../../../ir/ir.ts";
import type { CompoundExpr, FuncDecl, StrExpr, Unit, VarDecl } from "../ast.ts";
import type { Diagnostic } from "../diag.ts";
import { Report } from "../report.ts";
import type { SourceFile } from "../source.ts";
import { alignOf, type Loc } from "../types.ts";
import { BtfTypes } from "./btf-types.ts";
import type { Cx } from "./context.ts";
import { LoweringError } from "./context.ts";
import { declareFunction, lowerBody } from "./func.ts";
import { externVariable, mapTypes, staticData, variable } from "./globals.ts";

export interface Lowered {
  readonly module: IrModule;
  /** From id 1 on. */
  readonly types: readonly BtfType[];
  readonly diagnostics: readonly Diagnostic[];
  readonly errors: number;
  /** Functions with __attribute__((error("..."))), by symbol: no call of theirs may be left when the program is optimised. */
  readonly forbidden: ReadonlyMap<string, string>;
}

/** `unit` has no errors. `wrapv`: signed overflow wraps around. */
export function lower(unit: Unit, wrapv = false): Lowered {
  const report = new Report(unit.sources, true);
  const module = irModule();
  const btf = new BtfTypes();
  const state = new Symbols(unit, module, btf, report, wrapv);
  for (const decl of unit.vars) if (isRoot(decl)) state.symbol(decl);
  for (const decl of unit.funcs) if (decl.body !== undefined && !decl.static) state.symbol(decl);
  for (const decl of unit.funcs) if (decl.body !== undefined && decl.static && keptStatic(decl)) state.symbol(decl);
  state.drain();
  for (const asm of unit.asms) {
    if (asm.text.trim() !== "") report.error("C423", asm.loc, "asm outside of a function is not supported");
  }
  return { module, types: btf.finish(), diagnostics: report.list, errors: report.errors, forbidden: state.forbidden };
}

/** Visible from outside, or kept by an attribute. */
function isRoot(decl: VarDecl): boolean {
  if (!decl.defined || decl.storage === "extern") return false;
  return decl.storage === "global" || (decl.attrs.section !== undefined && decl.attrs.used === true);
}

function keptStatic(decl: FuncDecl): boolean {
  return decl.attrs.section !== undefined || decl.attrs.used === true;
}

class Symbols implements Cx {
  readonly module: IrModule;
  readonly btf: BtfTypes;
  readonly wrapv: boolean;
  readonly forbidden = new Map<string, string>();
  private readonly unit: Unit;
  private readonly report: Report;
  private readonly names = new Map<VarDecl | FuncDecl | CompoundExpr, string>();
  private readonly taken = new Set<string>();
  private readonly strings = new Map<string, string>();
  private readonly files = new Map<SourceFile, number>();
  private readonly bodies: { decl: FuncDecl; fn: IrFunction }[] = [];
  private lastLoc: Loc = 0;
  private lastPos: Pos | null = null;

  constructor(unit: Unit, module: IrModule, btf: BtfTypes, report: Report, wrapv: boolean) {
    this.unit = unit;
    this.module = module;
    this.btf = btf;
    this.report = report;
    this.wrapv = wrapv;
    for (const decl of unit.vars) if (decl.owner === undefined) this.taken.add(decl.name);
    for (const decl of unit.funcs) this.taken.add(decl.name);
  }

  /** Bodies, and what they turn out to need. */
  drain(): void {
    for (let i = 0; i < this.bodies.length; i++) {
      const { decl, fn } = this.bodies[i]!;
      try {
        lowerBody(this, decl, fn);
      } catch (error) {
        if (!(error instanceof LoweringError)) throw error;
      }
    }
  }

  error(code: string, loc: Loc, message: string, help?: string): void {
    this.report.error(code, loc, message, help === undefined ? {} : { help });
  }

  pos(loc: Loc): Pos | null {
    if (loc === 0) return null;
    if (loc === this.lastLoc) return this.lastPos;
    const { sources } = this.unit;
    const file = sources.fileOf(sources.expandLoc(loc));
    const { line, col } = sources.lineCol(loc);
    this.lastLoc = loc;
    this.lastPos = file === undefined || line === 0 ? null : { file: this.fileIndex(file), line, col };
    return this.lastPos;
  }

  symbol(decl: VarDecl | FuncDecl): string {
    const known = this.names.get(decl);
    if (known !== undefined) return known;
    return decl.kind === "func" ? this.func(decl) : this.variable(decl);
  }

  string(expr: StrExpr): string {
    const key = expr.bytes.join(",");
    let name = this.strings.get(key);
    if (name === undefined) {
      name = this.unique(`.L.str${this.strings.size === 0 ? "" : `.${this.strings.size}`}`);
      this.strings.set(key, name);
      this.module.globals.push({
        name,
        section: ".rodata.str1.1",
        linkage: "static",
        hidden: false,
        sizeBytes: expr.bytes.length,
        align: 1,
        bytes: expr.bytes,
        relocs: [],
        constant: true,
        btfId: 0,
      });
    }
    return name;
  }

  compound(expr: CompoundExpr): string {
    const known = this.names.get(expr);
    if (known !== undefined) return known;
    const name = this.unique(".compoundliteral");
    this.names.set(expr, name);
    const data = staticData(this, expr.type, expr.init);
    this.module.globals.push({
      name,
      section: data.zero ? ".bss" : ".data",
      linkage: "static",
      hidden: false,
      sizeBytes: data.sizeBytes,
      align: alignOf(expr.type),
      bytes: data.zero ? new Uint8Array(0) : data.bytes,
      relocs: [...data.relocs],
      constant: false,
      btfId: 0,
    });
    return name;
  }

  private func(decl: FuncDecl): string {
    const name = decl.attrs.asmName ?? decl.name;
    this.names.set(decl, name);
    if (decl.attrs.error !== undefined) this.forbidden.set(name, decl.attrs.error);
    if (decl.body === undefined) {
      const proto = this.btf.proto(decl.type, decl.type.paramNames);
      const btfId = this.btf.func(name, proto, "extern");
      this.btf.tags(btfId, -1, decl.attrs.declTags);
      this.module.externs.push({
        name,
        section: decl.attrs.section === ".ksyms" ? ".ksyms" : "",
        isFunction: true,
        weak: decl.attrs.weak === true,
        sizeBytes: 0,
        btfId,
      });
      return name;
    }
    const fn = declareFunction(this, decl, name);
    this.module.functions.push(fn);
    this.bodies.push({ decl, fn });
    return name;
  }

  private variable(decl: VarDecl): string {
    if (!decl.defined) {
      const extern = externVariable(this, decl);
      this.names.set(decl, extern.name);
      if (!this.module.externs.some((one) => one.name === extern.name)) this.module.externs.push(extern);
      return extern.name;
    }
    const plain = decl.attrs.asmName ?? decl.name;
    const name = decl.owner === undefined ? plain : this.unique(`${decl.owner.name}.${plain}`);
    this.names.set(decl, name);
    const global = variable(this, decl, name);
    this.module.globals.push(global);
    if (global.section === ".maps") mapTypes(this, decl.type);
    const linkage = decl.storage === "static" ? "static" : "global";
    global.btfId = this.btf.variable(name, this.btf.id(decl.type), linkage);
    this.btf.tags(global.btfId, -1, decl.attrs.declTags);
    return name;
  }

  private unique(name: string): string {
    let candidate = name;
    for (let i = 1; this.taken.has(candidate); i++) candidate = `${name}.${i}`;
    this.taken.add(candidate);
    return candidate;
  }

  private fileIndex(file: SourceFile): number {
    let index = this.files.get(file);
    if (index === undefined) {
      index = this.module.files.length;
      this.files.set(file, index);
      this.module.files.push({ name: file.name, text: new TextDecoder().decode(file.bytes) });
    }
    return index;
  }
}
