/**
 * -Wuninitialized and -Wsometimes-uninitialized: reads of scalar locals that no path, or not every path, has set. A walk over
 * the body with a state a variable: where clang could not be sure either, nothing is said. Variables whose address is taken
 * are set elsewhere; functions with labels are walked with nothing known behind each label.
 */
import type { Expr, Stmt, VarDecl } from "../ast.ts";
import { bare, type Loc, qualsOf, VOLATILE } from "../types.ts";

/** "unset": on no path. "quiet": on some, and nothing is said. Else the condition on which it is not. */
type State = "unset" | "quiet" | { readonly when: string; readonly loc: Loc };
/** Variables that are set have no entry; undefined: this is not reached. */
type Flow = Map<VarDecl, State> | undefined;

export interface UnsetRead {
  readonly decl: VarDecl;
  readonly loc: Loc;
  /** undefined: on every path; "itself": in its own initialiser. */
  readonly when: string | undefined;
  readonly whenLoc: Loc;
}

export function unsetReads(body: Stmt): UnsetRead[] {
  const walk = new Walk();
  walk.stmt(body);
  return walk.found;
}

class Walk {
  readonly found: UnsetRead[] = [];
  #flow: Flow = new Map();
  readonly #told = new Set<VarDecl>();
  readonly #breaks: Flow[][] = [];
  readonly #continues: Flow[][] = [];

  stmt(stmt: Stmt | undefined): void {
    switch (stmt?.kind) {
      case "block":
        for (const inner of stmt.body) this.stmt(inner);
        return;
      case "expr":
        this.#read(stmt.expr);
        return;
      case "decl":
        for (const decl of stmt.vars) this.#declare(decl);
        return;
      case "if": {
        this.#read(stmt.test);
        const before = this.#flow;
        const known = stmt.test.kind === "int" ? stmt.test.value !== 0n : undefined;
        this.#flow = known === false ? undefined : branch(before);
        this.stmt(stmt.then);
        const yes = this.#flow;
        this.#flow = known === true ? undefined : branch(before);
        this.stmt(stmt.else);
        const no = this.#flow;
        this.#flow =
          yes === undefined || no === undefined
            ? quiet(yes ?? no, before, known)
            : join(yes, no, stmt.test.loc, "'if' condition is true", "'if' condition is false");
        return;
      }
      case "while":
        this.#loop(stmt.test, stmt.body, undefined);
        return;
      case "for":
        this.stmt(stmt.init);
        this.#loop(stmt.test, stmt.body, stmt.step);
        return;
      case "do": {
        this.#enterLoop([stmt.body, stmt.test]);
        this.#breaks.push([]);
        this.#continues.push([]);
        this.stmt(stmt.body);
        for (const flow of this.#continues.pop()!) this.#flow = mix(this.#flow, flow);
        this.#read(stmt.test);
        if (stmt.test.kind === "int" && stmt.test.value !== 0n) this.#flow = undefined;
        for (const flow of this.#breaks.pop()!) this.#flow = mix(this.#flow, flow);
        return;
      }
      case "switch": {
        this.#read(stmt.cond);
        const before = this.#flow;
        this.#breaks.push([]);
        this.#switches.push(branch(before));
        this.#flow = undefined;
        this.stmt(stmt.body);
        this.#switches.pop();
        if (stmt.fallback === undefined) this.#flow = mix(this.#flow, before);
        for (const flow of this.#breaks.pop()!) this.#flow = mix(this.#flow, flow);
        return;
      }
      case "case":
      case "default":
        this.#flow = mix(this.#flow, this.#switches[this.#switches.length - 1]);
        this.stmt(stmt.body);
        return;
      case "label":
        // Jumps come from anywhere
        this.#flow = unknown(this.#flow);
        this.stmt(stmt.body);
        return;
      case "return":
        if (stmt.value !== undefined) this.#read(stmt.value);
        this.#flow = undefined;
        return;
      case "break":
        this.#breaks[this.#breaks.length - 1]?.push(this.#flow);
        this.#flow = undefined;
        return;
      case "continue":
        this.#continues[this.#continues.length - 1]?.push(this.#flow);
        this.#flow = undefined;
        return;
      case "goto":
      case "gotoexpr":
        this.#flow = undefined;
        return;
      case "asm":
        for (const { expr, constraint } of stmt.inputs) if (!/m/.test(constraint)) this.#read(expr);
        for (const { expr } of stmt.outputs) this.#set(expr);
        if (stmt.labels.length > 0) this.#flow = unknown(this.#flow);
        return;
      default:
        return;
    }
  }

  readonly #switches: Flow[] = [];

  #declare(decl: VarDecl): void {
    if (decl.init !== undefined) {
      for (const { value } of decl.init.items) {
        if (isSelf(value, decl)) this.found.push({ decl, loc: value.loc, when: "itself", whenLoc: 0 });
        else this.#read(value);
      }
      this.#flow?.delete(decl);
      return;
    }
    const t = bare(decl.type);
    const scalar = t.kind === "int" || t.kind === "enum" || t.kind === "ptr";
    if (scalar && !decl.addressTaken && decl.cleanup === undefined && (qualsOf(decl.type) & VOLATILE) === 0)
      this.#flow?.set(decl, "unset");
  }

  #loop(test: Expr | undefined, body: Stmt, step: Expr | undefined): void {
    this.#enterLoop([test, body, step]);
    if (test !== undefined) this.#read(test);
    const forever = test === undefined || (test.kind === "int" && test.value !== 0n);
    const atTest = this.#flow;
    const [breaks, continues]: Flow[][] = [[], []];
    this.#breaks.push(breaks!);
    this.#continues.push(continues!);
    this.#flow = branch(atTest);
    this.stmt(body);
    this.#breaks.pop();
    for (const flow of this.#continues.pop()!) this.#flow = mix(this.#flow, flow);
    if (step !== undefined && this.#flow !== undefined) this.#read(step);
    this.#flow = forever || atTest === undefined ? undefined : new Map(atTest);
    for (const flow of breaks!) this.#flow = mix(this.#flow, flow);
  }

  /** What the loop sets is unset in its first round only. */
  #enterLoop(parts: readonly (Stmt | Expr | undefined)[]): void {
    if (this.#flow === undefined || this.#flow.size === 0) return;
    const assigned = new Set<VarDecl>();
    for (const part of parts) assignedIn(part, assigned);
    const flow = new Map(this.#flow);
    for (const decl of flow.keys()) if (assigned.has(decl)) flow.set(decl, "quiet");
    this.#flow = flow;
  }

  #read(e: Expr): void {
    switch (e.kind) {
      case "load":
        if (e.place.kind === "var") this.#use(e.place.decl, e.place.loc);
        else this.#read(e.place);
        return;
      case "assign":
        this.#read(e.value);
        this.#set(e.place);
        return;
      case "assignop":
        this.#read(e.value);
        if (e.place.kind === "var") this.#use(e.place.decl, e.place.loc);
        this.#set(e.place);
        return;
      case "incdec":
        if (e.place.kind === "var") this.#use(e.place.decl, e.place.loc);
        this.#set(e.place);
        return;
      case "logical": {
        this.#read(e.left);
        const skipped = this.#flow;
        this.#flow = branch(skipped);
        this.#read(e.right);
        this.#flow = mix(this.#flow, skipped);
        return;
      }
      case "cond": {
        this.#read(e.test);
        const before = this.#flow;
        this.#flow = branch(before);
        if (e.then !== undefined) this.#read(e.then);
        const yes = this.#flow;
        this.#flow = branch(before);
        this.#read(e.else);
        const no = this.#flow;
        this.#flow =
          yes === undefined || no === undefined
            ? (yes ?? no)
            : join(yes, no, e.test.loc, "'?:' condition is true", "'?:' condition is false");
        return;
      }
      case "stmtexpr":
        this.stmt(e.body);
        if (e.result !== undefined) this.#read(e.result);
        return;
      case "cast":
        // `(void)x` is no use
        if (e.op === "void" && e.operand.kind === "load" && e.operand.place.kind === "var") return;
        this.#read(e.operand);
        return;
      default:
        for (const part of partsOf(e)) this.#read(part);
    }
  }

  #use(decl: VarDecl, loc: Loc): void {
    const state = this.#flow?.get(decl);
    if (state === undefined || state === "quiet") return;
    this.#flow!.delete(decl);
    if (this.#told.has(decl)) return;
    this.#told.add(decl);
    const sometimes = state === "unset" ? undefined : state;
    this.found.push({ decl, loc, when: sometimes?.when, whenLoc: sometimes?.loc ?? 0 });
  }

  #set(place: Expr): void {
    if (place.kind === "var") this.#flow?.delete(place.decl);
    else this.#read(place);
  }
}

/** Into a branch: what was conditional before is not certain in it. */
function branch(flow: Flow): Flow {
  if (flow === undefined) return undefined;
  return new Map([...flow].map(([decl, state]) => [decl, state === "unset" ? state : "quiet"]));
}

function unknown(flow: Flow): Flow {
  return flow === undefined ? new Map() : new Map([...flow.keys()].map((decl) => [decl, "quiet"]));
}

/** One side of an `if` left the function or loop: what was conditional before need not come to a read. */
function quiet(flow: Flow, before: Flow, known: boolean | undefined): Flow {
  if (flow === undefined || known !== undefined) return flow;
  const out = new Map(flow);
  for (const [decl, state] of out) if (state !== "unset" && before?.has(decl)) out.set(decl, "quiet");
  return out;
}

/** Both sides of an `if` come together. */
function join(yes: NonNullable<Flow>, no: NonNullable<Flow>, loc: Loc, whenYes: string, whenNo: string): Flow {
  const out = new Map<VarDecl, State>();
  for (const decl of new Set([...yes.keys(), ...no.keys()])) {
    const [a, b] = [yes.get(decl), no.get(decl)];
    if (a === "unset" && b === "unset") out.set(decl, "unset");
    else if (a === "unset" && b === undefined) out.set(decl, { when: whenYes, loc });
    else if (b === "unset" && a === undefined) out.set(decl, { when: whenNo, loc });
    // One side is an `if` of its own: its condition leads here, too
    else out.set(decl, a === undefined ? b! : b === undefined ? a : "quiet");
  }
  return out;
}

function mix(a: Flow, b: Flow): Flow {
  if (a === undefined || b === undefined) return a ?? b;
  const out = new Map<VarDecl, State>();
  for (const decl of new Set([...a.keys(), ...b.keys()]))
    out.set(decl, a.get(decl) === "unset" && b.get(decl) === "unset" ? "unset" : "quiet");
  return out;
}

function isSelf(e: Expr, decl: VarDecl): boolean {
  return e.kind === "load" && e.place.kind === "var" && e.place.decl === decl;
}

/** Operands in order. */
function partsOf(e: Expr): readonly Expr[] {
  switch (e.kind) {
    case "unary":
      return [e.operand];
    case "binary":
    case "compare":
    case "ptrdiff":
    case "comma":
      return [e.left, e.right];
    case "ptradd":
      return [e.ptr, e.index];
    case "deref":
      return [e.ptr];
    case "index":
      return [e.base, e.index];
    case "member":
      return [e.base];
    case "decay":
    case "addr":
      return e.place.kind === "var" ? [] : [e.place];
    case "call":
      return [e.callee, ...e.args];
    case "builtin":
      return e.id === "constantP" || /^__builtin_(preserve|btf)/.test(e.name) ? [] : e.args;
    case "compound":
      return e.init.items.map((item) => item.value);
    default:
      return [];
  }
}

function assignedIn(node: Stmt | Expr | undefined, found: Set<VarDecl>): void {
  switch (node?.kind) {
    case "assign":
    case "assignop":
    case "incdec":
      if (node.place.kind === "var") found.add(node.place.decl);
      else assignedIn(node.place, found);
      if (node.kind !== "incdec") assignedIn(node.value, found);
      return;
    case "load":
      assignedIn(node.place, found);
      return;
    case "logical":
      assignedIn(node.left, found);
      assignedIn(node.right, found);
      return;
    case "cond":
      for (const part of [node.test, node.then, node.else]) assignedIn(part, found);
      return;
    case "cast":
      assignedIn(node.operand, found);
      return;
    case "stmtexpr":
      assignedIn(node.body, found);
      assignedIn(node.result, found);
      return;
    case "block":
      for (const inner of node.body) assignedIn(inner, found);
      return;
    case "expr":
      assignedIn(node.expr, found);
      return;
    case "decl":
      for (const decl of node.vars) for (const item of decl.init?.items ?? []) assignedIn(item.value, found);
      return;
    case "if":
      for (const part of [node.test, node.then, node.else]) assignedIn(part, found);
      return;
    case "while":
    case "do":
      assignedIn(node.test, found);
      assignedIn(node.body, found);
      return;
    case "for":
      for (const part of [node.init, node.test, node.step, node.body]) assignedIn(part, found);
      return;
    case "switch":
      assignedIn(node.cond, found);
      assignedIn(node.body, found);
      return;
    case "case":
    case "default":
    case "label":
      assignedIn(node.body, found);
      return;
    case "return":
      assignedIn(node.value, found);
      return;
    case "asm":
      for (const { expr } of node.outputs) if (expr.kind === "var") found.add(expr.decl);
      return;
    default:
      if (node !== undefined && "type" in node) for (const part of partsOf(node as Expr)) assignedIn(part, found);
  }
}
