/** declaration (C11 6.7) at file and block scope; function definitions (6.9.1). */
import type { DeclStmt, FuncDecl, VarDecl } from "../ast.ts";
import { rvalue } from "../sema/convert.ts";
import { composite, sameType } from "../sema/same.ts";
import { quoteType } from "../sema/show.ts";
import { isComplete } from "../sema/unary.ts";
import {
  type Attrs,
  bare,
  CONST,
  type CType,
  complete,
  type FuncType,
  type Loc,
  qualsOf,
  sizeOf,
  type TypedefType,
} from "../types.ts";
import { asmString } from "./asm.ts";
import { type AttrSink, attributes, mergeAttrs } from "./attribute.ts";
import { type Declarator, declarator } from "./declarator.ts";
import { functionBody } from "./function.ts";
import { initializer, layInit } from "./init.ts";
import { type Specifiers, specifiers } from "./specifiers.ts";
import type { Parser } from "./state.ts";

const EBPF_STACK = 512;

/** One declaration; at file scope also a function definition. Gives the locals it declares. */
export function declaration(p: Parser): DeclStmt {
  const { loc } = p;
  const spec = specifiers(p);
  const vars: VarDecl[] = [];
  if (p.is(59)) {
    if (!spec.tagged) p.warn("C542", "declaration does not declare anything", spec.loc);
    p.next();
    return { kind: "decl", vars, loc };
  }
  for (let first = true; ; first = false) {
    const sink = first ? spec.sink : { ...spec.sink, attrs: { ...spec.sink.attrs } };
    const base: AttrSink = { ...sink, attrs: { ...spec.sink.attrs } };
    const read = declarator(p, spec.type, base, "named");
    trailing(p, base);
    if (bare(read.type).kind === "func" && spec.storage !== "typedef") {
      const func = functionDeclaration(p, spec, read, base.attrs);
      if (first && p.is(123)) {
        if (p.depth > 0)
          p.fail("C254", "function definition is not allowed here", { help: "move it before this function" }, read.loc);
        functionBody(p, func, read.params ?? [], read.loc);
        return { kind: "decl", vars, loc };
      }
    } else if (spec.storage === "typedef") typedefDeclaration(p, read, base.attrs);
    else {
      const decl = variable(p, spec, read, base.attrs);
      if (decl?.storage === "auto") vars.push(decl);
    }
    if (!p.accept(44)) break;
    attributes(p, spec.sink);
  }
  p.semicolon(p.depth > 0 ? "at the end of the declaration" : "after the top-level declaration");
  return { kind: "decl", vars, loc };
}

/** `asm("name")` and attributes after a declarator. */
function trailing(p: Parser, sink: AttrSink): void {
  for (;;) {
    if (p.kind >= 301 && p.kind <= 303) {
      p.next();
      p.expect(40, "after 'asm'");
      sink.attrs.asmName = asmString(p);
      p.expect(41, "after the name");
    } else if (p.is(299) || p.is(300)) attributes(p, sink);
    else return;
  }
}

function typedefDeclaration(p: Parser, read: Declarator, attrs: Attrs): void {
  const name = p.name(read.name);
  const t = bare(read.type);
  // `typedef struct {...} name __attribute__((packed))` does not reach the struct; preserve_access_index does
  if (attrs.preserveAccessIndex === true && t.kind === "record") t.preserveAccessIndex = true;
  const type: TypedefType = {
    kind: "typedef",
    name,
    type: read.type,
    attrs: Object.keys(attrs).length === 0 ? undefined : attrs,
    loc: read.loc,
    align: attrs.aligned ?? 0,
  };
  const before = p.here(read.name);
  if (before !== undefined) {
    if (before.kind !== "typedef") redefined(p, name, before.loc, read.loc, "as a different kind of symbol");
    else if (!sameType(before.type, read.type)) {
      p.error(
        "C207",
        `typedef redefinition with different types (${quoteType(read.type)} vs ${quoteType(before.type)})`,
        read.loc,
        {
          notes: before.loc === 0 ? [] : [{ loc: before.loc, message: "previous definition is here" }],
        },
      );
    } else return;
  }
  p.declare(read.name, type);
  if (p.depth === 0) p.unit.typedefs.set(name, type);
}

function redefined(p: Parser, name: string, old: Loc, at: Loc, how: string): void {
  p.error("C201", `redefinition of '${name}'${how === "" ? "" : ` ${how}`}`, at, {
    notes: old === 0 ? [] : [{ loc: old, message: "previous definition is here" }],
  });
}

function functionDeclaration(p: Parser, spec: Specifiers, read: Declarator, attrs: Attrs): FuncDecl {
  const name = p.name(read.name);
  const type = bare(read.type) as FuncType;
  const here = p.here(read.name);
  const before = here ?? p.linkage.get(read.name);
  if (p.weakNames.has(name)) attrs.weak = true;
  if (p.visibility[p.visibility.length - 1] === true) attrs.hidden = true;
  if (here !== undefined && here.kind !== "func")
    redefined(p, name, here.loc, read.loc, "as a different kind of symbol");
  else if (before?.kind === "func") {
    if (!sameType(before.type, type)) {
      p.error("C208", `conflicting types for '${name}'`, read.loc, {
        notes: [{ loc: before.loc, message: `previous declaration is here, ${quoteType(before.type)}` }],
      });
    }
    before.type = composite(before.type, type) as FuncType;
    mergeAttrs(before.attrs, attrs);
    if (spec.storage === "static") before.static = true;
    if (spec.inline) before.inline = true;
    if (before.body === undefined && read.params !== undefined) before.params = read.params;
    if (here === undefined) p.declare(read.name, before);
    return before;
  }
  const func: FuncDecl = {
    kind: "func",
    name,
    type,
    static: spec.storage === "static",
    inline: spec.inline,
    attrs,
    params: read.params ?? [],
    body: undefined,
    locals: [],
    labels: [],
    used: false,
    loc: read.loc,
  };
  p.declare(read.name, func);
  p.linkage.set(read.name, func);
  p.unit.funcs.push(func);
  return func;
}

function variable(p: Parser, spec: Specifiers, read: Declarator, attrs: Attrs): VarDecl | undefined {
  const name = p.name(read.name);
  const local = p.depth > 0;
  const external = spec.storage === "extern";
  const isStatic = spec.storage === "static" || !local || external;
  let type = read.type;
  let decl: VarDecl | undefined;
  if (p.weakNames.has(name)) attrs.weak = true;
  if (!local && p.visibility[p.visibility.length - 1] === true) attrs.hidden = true;
  if (spec.auto) {
    // The name is not in scope in its own initialiser
    if (!p.accept(61)) p.fail("C255", `'__auto_type' variable '${name}' needs an initializer`, {}, read.loc);
    const value = rvalue(p.grammar.assign(p));
    type = withQuals(value.type, spec.type);
    decl = newVariable(p, spec, name, type, attrs, read.loc, local);
    p.declare(read.name, decl);
    const laid = layInit(p, { kind: "expr", expr: value }, type, isStatic, read.loc);
    decl.init = laid.init;
    finishVariable(p, decl, local);
    decl.defined = true;
    return decl;
  }
  const here = p.here(read.name);
  const before = here ?? (external ? p.linkage.get(read.name) : undefined);
  if (before !== undefined && (before.kind !== "var" || (local && !external))) {
    redefined(p, name, before.loc, read.loc, before.kind === "var" ? "" : "as a different kind of symbol");
  } else if (before?.kind === "var") {
    if (!sameType(before.type, type, true)) {
      p.error(
        "C209",
        `redefinition of '${name}' with a different type: ${quoteType(type)} vs ${quoteType(before.type)}`,
        read.loc,
        {
          notes: before.loc === 0 ? [] : [{ loc: before.loc, message: "previous declaration is here" }],
        },
      );
    } else before.type = composite(before.type, type);
    mergeAttrs(before.attrs, attrs);
    if (!external) {
      before.defined = true;
      if (before.storage === "extern") before.storage = spec.storage === "static" ? "static" : "global";
    }
    decl = before;
    if (here === undefined) p.declare(read.name, decl);
  }
  if (decl === undefined) {
    decl = newVariable(p, spec, name, type, attrs, read.loc, local);
    p.declare(read.name, decl);
    if (!local || external) p.linkage.set(read.name, decl);
  }
  if (p.is(61)) {
    const { loc } = p;
    p.next();
    const tree = initializer(p);
    const t = bare(type);
    if (t.kind === "array" && t.vla !== undefined)
      p.error("C404", "a variable-length array cannot be initialized", loc);
    else if ((t.kind === "record" && !complete(t)) || t.kind === "void") {
      p.error("C226", `variable '${name}' has incomplete type ${quoteType(type)}`, read.loc);
      return decl;
    } else {
      if (decl.init !== undefined) redefined(p, name, decl.loc, read.loc, "");
      const laid = layInit(p, tree, type, isStatic, loc);
      decl.init = laid.init;
      decl.type = laid.type;
      decl.defined = true;
      if (decl.storage === "extern") decl.storage = "global";
    }
  }
  finishVariable(p, decl, local);
  return decl;
}

function withQuals(type: CType, from: CType): CType {
  const quals = qualsOf(from);
  return quals === 0 ? type : { kind: "qual", quals, addressSpace: 0, type };
}

function newVariable(
  p: Parser,
  spec: Specifiers,
  name: string,
  type: CType,
  attrs: Attrs,
  loc: Loc,
  local: boolean,
): VarDecl {
  const storage =
    spec.storage === "extern" ? "extern" : spec.storage === "static" ? "static" : local ? "auto" : "global";
  let cleanup: FuncDecl | undefined;
  if (attrs.cleanup !== undefined) {
    const sym = p.lookup(p.pp.names.of(attrs.cleanup));
    if (sym?.kind === "func") {
      cleanup = sym;
      sym.used = true;
    } else p.error("C256", `'cleanup' argument '${attrs.cleanup}' is not a function`, loc);
  }
  const decl: VarDecl = {
    kind: "var",
    name,
    type,
    storage,
    owner: local && storage === "static" ? p.func?.decl : undefined,
    attrs,
    init: undefined,
    defined: storage !== "extern",
    used: false,
    addressTaken: cleanup !== undefined,
    register: spec.storage === "register",
    cleanup,
    loc,
  };
  if (storage === "auto") p.func?.locals.push(decl);
  else p.unit.vars.push(decl);
  return decl;
}

/** What can only be said once the initialiser was read. */
function finishVariable(p: Parser, decl: VarDecl, local: boolean): void {
  const { type, name, loc } = decl;
  const t = bare(type);
  if (t.kind === "array" && t.vla !== undefined) {
    p.error("C404", `'${name}' is a variable-length array`, loc, {
      help: `give it a constant length: eBPF's stack is ${EBPF_STACK} bytes, fixed when the program is loaded`,
    });
    decl.type = { kind: "array", of: t.of, count: 1 };
    return;
  }
  if (t.kind === "float" && (local || decl.used)) {
    p.error("C400", `'${name}' is a floating point variable: eBPF has no floating point`, loc, {
      help: "scale to integers (fixed point): count thousandths, or divide last",
    });
    return;
  }
  if (t.kind === "void" && decl.storage !== "extern") {
    p.error("C226", `variable '${name}' has incomplete type 'void'`, loc);
    decl.type = { kind: "int", name: "int", size: 4, signed: true, rank: 3 };
    return;
  }
  if (decl.storage === "auto") {
    if (!isComplete(type)) {
      p.error(
        "C226",
        `variable '${name}' has incomplete type ${quoteType(type)}`,
        loc,
        t.kind === "array" ? { help: "an array without a length needs an initializer" } : {},
      );
      return;
    }
    if (sizeOf(type) > EBPF_STACK) {
      p.warn("C401", `'${name}' takes ${sizeOf(type)} bytes of stack; eBPF has ${EBPF_STACK} for all locals`, loc, {
        help: "keep it in a map: a per-CPU array of one element is the usual scratch buffer",
      });
    }
    // In a macro it is typeof of something const, to be filled through a pointer: BPF_CORE_READ.
    const inMacro = loc <= 0;
    if (
      decl.init === undefined &&
      (qualsOf(type) & CONST) !== 0 &&
      t.kind !== "record" &&
      decl.attrs.unused !== true &&
      !inMacro
    ) {
      p.warn("C546", `const variable '${name}' is not initialized`, loc);
    }
  }
}
