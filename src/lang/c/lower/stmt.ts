/** Statements and control flow. */
import { constant } from "../../../ir/build.ts";
import type { Block, Value } from "../../../ir/ir.ts";
import type {
  CaseStmt,
  ForStmt,
  GotoStmt,
  Label,
  LabelStmt,
  ReturnStmt,
  Stmt,
  SwitchStmt,
  Unroll,
  VarDecl,
} from "../ast.ts";
import { alignOf, sizeOf } from "../types.ts";
import { lowerAsm } from "./asm.ts";
import { type Fn, unsupported } from "./context.ts";
import { initPlace } from "./init.ts";
import { copyRecord, place } from "./place.ts";
import { isRecord, isSigned } from "./scalar.ts";
import { addLocal, enterScope, leaveScope, unwindTo } from "./scope.ts";
import { hasLabel } from "./walk.ts";

/** A wider case range is compared with its ends. */
const MAX_CASE_RANGE = 64n;

export function lowerStmt(fn: Fn, stmt: Stmt): void {
  const { b } = fn;
  if (!b.open) b.place(b.newBlock("dead"));
  b.pos = fn.cx.pos(stmt.loc) ?? b.pos;
  switch (stmt.kind) {
    case "block":
      enterScope(fn);
      for (const inner of stmt.body) fn.stmt(inner);
      leaveScope(fn);
      return;
    case "expr":
      fn.discard(stmt.expr);
      return;
    case "decl":
      for (const decl of stmt.vars) declare(fn, decl);
      return;
    case "null":
      return;
    case "if": {
      if (stmt.test.kind === "int") {
        const taken = stmt.test.value !== 0n ? stmt.then : stmt.else;
        const other = stmt.test.value !== 0n ? stmt.else : stmt.then;
        if (!hasLabel(other)) {
          if (taken !== undefined) fn.stmt(taken);
          return;
        }
      }
      const then = b.newBlock("then");
      const end = b.newBlock("endif");
      const otherwise = stmt.else === undefined ? end : b.newBlock("else");
      fn.branch(stmt.test, then, otherwise);
      b.place(then);
      fn.stmt(stmt.then);
      if (b.open) b.br(end);
      if (stmt.else !== undefined) {
        b.place(otherwise);
        fn.stmt(stmt.else);
        if (b.open) b.br(end);
      }
      b.place(end);
      return;
    }
    case "while":
      loop(fn, { test: stmt.test, step: undefined, body: stmt.body, unroll: stmt.unroll });
      return;
    case "for":
      enterScope(fn);
      if (stmt.init !== undefined) fn.stmt(stmt.init);
      loop(fn, stmt);
      leaveScope(fn);
      return;
    case "do": {
      const body = b.newBlock("do");
      const test = b.newBlock("dotest");
      const end = b.newBlock("enddo");
      mark(body, stmt.unroll);
      b.br(body);
      b.place(body);
      inLoop(fn, end, test, () => fn.stmt(stmt.body));
      if (b.open) b.br(test);
      b.place(test);
      fn.branch(stmt.test, body, end);
      b.place(end);
      return;
    }
    case "switch":
      switchStmt(fn, stmt);
      return;
    case "case":
    case "default": {
      const block = fn.cases[fn.cases.length - 1]!.get(stmt)!;
      if (b.open) b.br(block);
      b.place(block);
      fn.stmt(stmt.body);
      return;
    }
    case "label":
      label(fn, stmt);
      return;
    case "goto":
      goTo(fn, stmt);
      return;
    case "gotoexpr":
      unsupported(fn, "C410", stmt.loc, "eBPF has no computed goto", "use a switch");
      return;
    case "break":
      jump(fn, fn.breaks);
      return;
    case "continue":
      jump(fn, fn.continues);
      return;
    case "return":
      returnStmt(fn, stmt);
      return;
    case "asm":
      lowerAsm(fn, stmt, (name) => {
        const target = stmt.labels.find((candidate) => candidate.name === name)!;
        return labelBlock(fn, target);
      });
      return;
  }
}

function declare(fn: Fn, decl: VarDecl): void {
  const { b } = fn;
  if (decl.storage !== "auto") return;
  let slot = fn.slots.get(decl);
  if (slot === undefined) {
    slot = b.alloca(Math.max(1, sizeOf(decl.type)), Math.max(alignOf(decl.type), decl.attrs.aligned ?? 1), decl.name);
    fn.slots.set(decl, slot);
  }
  if (decl.init !== undefined) {
    b.pos = fn.cx.pos(decl.loc) ?? b.pos;
    const align = Math.max(alignOf(decl.type), decl.attrs.aligned ?? 1);
    initPlace(fn, place(slot, decl.type, align), decl.init);
  }
  addLocal(fn, decl);
}

function loop(fn: Fn, stmt: Pick<ForStmt, "test" | "step" | "body" | "unroll">): void {
  const { b } = fn;
  const test = b.newBlock("loop");
  const body = b.newBlock("body");
  const step = stmt.step === undefined ? test : b.newBlock("step");
  const end = b.newBlock("endloop");
  mark(test, stmt.unroll);
  b.br(test);
  b.place(test);
  if (stmt.test === undefined) b.br(body);
  else fn.branch(stmt.test, body, end);
  b.place(body);
  inLoop(fn, end, step, () => fn.stmt(stmt.body));
  if (b.open) b.br(step);
  if (stmt.step !== undefined) {
    b.place(step);
    fn.discard(stmt.step);
    if (b.open) b.br(test);
  }
  b.place(end);
}

function mark(header: Block, unroll: Unroll): void {
  if (unroll === undefined) return;
  header.unroll = unroll === "full" || unroll === "enable" ? 0 : unroll === "disable" ? 1 : unroll;
}

function inLoop(fn: Fn, end: Block, next: Block, body: () => void): void {
  const scopes = fn.scopes.length;
  fn.breaks.push({ block: end, scopes });
  fn.continues.push({ block: next, scopes });
  body();
  fn.breaks.pop();
  fn.continues.pop();
}

function jump(fn: Fn, targets: Fn["breaks"]): void {
  const target = targets[targets.length - 1]!;
  unwindTo(fn, target.scopes);
  fn.b.br(target.block);
}

function switchStmt(fn: Fn, stmt: SwitchStmt): void {
  const { b } = fn;
  const value = fn.value(stmt.cond);
  const end = b.newBlock("endswitch");
  const blocks = new Map<Stmt, Block>();
  for (const one of stmt.cases) blocks.set(one, b.newBlock("case"));
  if (stmt.fallback !== undefined) blocks.set(stmt.fallback, b.newBlock("default"));
  const otherwise = stmt.fallback === undefined ? end : blocks.get(stmt.fallback)!;
  dispatch(fn, value, isSigned(stmt.cond.type), stmt.cases, blocks, otherwise);
  b.place(b.newBlock("switch"));
  fn.cases.push(blocks);
  fn.breaks.push({ block: end, scopes: fn.scopes.length });
  fn.stmt(stmt.body);
  fn.breaks.pop();
  fn.cases.pop();
  if (b.open) b.br(end);
  b.place(end);
}

function dispatch(
  fn: Fn,
  value: Value,
  signed: boolean,
  all: readonly CaseStmt[],
  blocks: ReadonlyMap<Stmt, Block>,
  otherwise: Block,
): void {
  const { b } = fn;
  const values: bigint[] = [];
  const targets: Block[] = [];
  for (const one of all) {
    const block = blocks.get(one)!;
    if (one.hi - one.lo <= MAX_CASE_RANGE) {
      for (let v = one.lo; v <= one.hi; v++) {
        const canonical = constant(value.type, v).value;
        values.push(canonical);
        targets.push(block);
      }
      continue;
    }
    const upper = b.newBlock("range");
    const next = b.newBlock("norange");
    b.condBr(b.icmp(signed ? "sge" : "uge", value, constant(value.type, one.lo)), upper, next);
    b.place(upper);
    b.condBr(b.icmp(signed ? "sle" : "ule", value, constant(value.type, one.hi)), block, next);
    b.place(next);
  }
  if (values.length === 0) b.br(otherwise);
  else b.switch(value, values, targets, otherwise);
}

function label(fn: Fn, stmt: LabelStmt): void {
  const { b } = fn;
  const block = labelBlock(fn, stmt.label);
  if (b.open) b.br(block);
  b.place(block);
  fn.stmt(stmt.body);
}

function labelBlock(fn: Fn, target: Label): Block {
  let block = fn.labels.get(target);
  if (block === undefined) {
    block = fn.b.newBlock(target.name);
    fn.labels.set(target, block);
  }
  return block;
}

/** Cleanups of the blocks that the jump leaves run: the label's block is around the goto, or the jump leaves all to it. */
function goTo(fn: Fn, stmt: GotoStmt): void {
  unwindTo(fn, Math.min(fn.labelScopes.get(stmt.label) ?? 1, fn.scopes.length));
  fn.b.br(labelBlock(fn, stmt.label));
}

function returnStmt(fn: Fn, stmt: ReturnStmt): void {
  const { b } = fn;
  let value: Value | null = null;
  if (stmt.value !== undefined) {
    if (isRecord(stmt.value.type)) {
      const from = fn.value(stmt.value);
      if (fn.sret !== undefined) copyRecord(fn, place(fn.sret, stmt.value.type), from, alignOf(stmt.value.type));
    } else {
      const result = fn.value(stmt.value);
      if (result.type !== "void") value = result;
    }
  }
  b.pos = fn.cx.pos(stmt.loc) ?? b.pos;
  unwindTo(fn, 0);
  if (b.open) b.ret(value);
}
