/**
 * Translates one BPF function to a WebAssembly function: walks the blocks in layout order, opens and closes scopes, turns each
 * insn into instructions. A graph that is not reducible becomes a loop around a `br_table` over its blocks.
 */
import { bug } from "../../base/error.ts";
import { LD_IMM64 } from "../../isa/codes.ts";
import { CELL_MAY_GOTO, CELL_R0_HI } from "../../layout/layout.ts";
import {
  BLOCK,
  BR_TABLE,
  END,
  I32,
  I32_EQZ,
  I32_LOAD,
  I32_STORE,
  I32_SUB,
  I32_WRAP_I64,
  I64_SHR_U,
  IF,
  LOOP,
  RETURN,
  UNREACHABLE,
  VOID,
} from "../../wasm/op.ts";
import { MAX_LOOPS } from "../interp/exec.ts";
import { alu32, alu64 } from "./alu.ts";
import { emitCall, emitLoadPacket } from "./call.ts";
import { knownCondition, learned, pushCondition } from "./cond.ts";
import type { Emit, FuncPlan, ModulePlan } from "./emit.ts";
import { END_BRANCH, END_DEAD, END_EXIT, END_JUMP } from "./graph.ts";
import { atomic, load, pushAddress, store } from "./mem.ts";
import { LOW, Regs, WIDE } from "./regs.ts";
import { type Layout, layOut, type Scope } from "./scopes.ts";
import { type StackValue, StackValues } from "./stack.ts";

export interface FuncCode {
  readonly locals: readonly number[];
  readonly body: Uint8Array;
  /** Pairs: byte offset in the body, insn. Ascending. */
  readonly sites: readonly number[];
}

export function emitFunc(shared: ModulePlan, f: FuncPlan): FuncCode {
  const params = f.main ? 1 : f.args + 1;
  const regs = new Regs(params, f.main ? -1 : f.args);
  const stack = new StackValues(shared.plan.keyBytes);
  const e: Emit = {
    ...shared,
    regs,
    stack,
    main: f.main,
    pushAddress: (reg, off) => pushAddress(regs, reg, off),
  };
  const { code } = regs;
  const sites: number[] = [];
  prologue(e, f);
  if (f.graph.reducible) structured(e, f, sites);
  else dispatched(e, f, sites);
  code.op(UNREACHABLE);
  code.op(END);
  return { locals: regs.localTypes, body: code.view(), sites };
}

function prologue(e: Emit, f: FuncPlan): void {
  const { regs } = e;
  const { code } = regs;
  for (let reg = 0; reg < 10; reg++) regs.setConst(reg, 0, 0);
  regs.setFrame(10, 0);
  if (!f.main) {
    for (let reg = 1; reg <= f.args; reg++) regs.bindParam(reg, reg - 1, WIDE);
    return;
  }
  regs.bindParam(1, 0, LOW);
  if (e.plan.enter !== -1) code.call(e.plan.enter);
  if (e.usesMayGoto) {
    code.i32(0);
    code.i32(MAX_LOOPS);
    code.mem(I32_STORE, 2, CELL_MAY_GOTO);
  }
}

/** What is known at the end of each block, for successors that no other block jumps to. */
class Exits {
  private readonly forms: Uint8Array;
  private readonly lo: Int32Array;
  private readonly hi: Int32Array;
  private readonly max: Float64Array;
  private readonly nonZero: Uint16Array;
  private readonly stacks: (readonly StackValue[])[];
  /** By 2 * block + (1 where the jump is taken): what the branch taught. */
  private readonly lessons: ({ reg: number; max: number } | null)[];

  constructor(count: number) {
    this.forms = new Uint8Array(11 * count);
    this.lo = new Int32Array(11 * count);
    this.hi = new Int32Array(11 * count);
    this.max = new Float64Array(11 * count);
    this.nonZero = new Uint16Array(count);
    this.stacks = new Array(count);
    this.lessons = new Array(2 * count).fill(null);
  }

  save(block: number, e: Emit): void {
    this.forms.set(e.regs.form, 11 * block);
    this.lo.set(e.regs.symLo, 11 * block);
    this.hi.set(e.regs.symHi, 11 * block);
    this.max.set(e.regs.max, 11 * block);
    this.nonZero[block] = e.regs.nonZero;
    this.stacks[block] = e.stack.save();
  }

  learn(block: number, taken: boolean, lesson: { reg: number; max: number } | null): void {
    this.lessons[2 * block + (taken ? 1 : 0)] = lesson;
  }

  restore(block: number, taken: boolean, e: Emit): void {
    const { regs } = e;
    for (let reg = 0; reg < 11; reg++) {
      regs.form[reg] = this.forms[11 * block + reg]!;
      regs.symLo[reg] = this.lo[11 * block + reg]!;
      regs.symHi[reg] = this.hi[11 * block + reg]!;
      regs.max[reg] = this.max[11 * block + reg]!;
    }
    regs.nonZero = this.nonZero[block]!;
    e.stack.restore(this.stacks[block]!);
    const lesson = this.lessons[2 * block + (taken ? 1 : 0)]!;
    if (lesson === null) return;
    if (lesson.max < 0) regs.nonZero |= 1 << lesson.reg;
    else regs.max[lesson.reg] = Math.min(regs.max[lesson.reg]!, lesson.max);
  }
}

function structured(e: Emit, f: FuncPlan, sites: number[]): void {
  const { regs } = e;
  const { code } = regs;
  const { graph, flow } = f;
  const layout: Layout = layOut(graph);
  const exits = new Exits(graph.count);
  const open: Scope[] = [];
  const loopDepth = new Int32Array(graph.count);
  const blockDepth = new Int32Array(graph.count);
  const { order, position } = layout;
  const branch = (to: number, at: number): void => {
    code.br(depthOf(to, at));
  };
  const depthOf = (to: number, at: number): number =>
    open.length - 1 - (position[to]! <= at ? loopDepth[to]! : blockDepth[to]!);
  if (graph.predAt[1]! > 0) regs.settle(flow.liveIn[0]!, flow.lowIn[0]!);
  for (let p = 0; p < graph.count; p++) {
    const b = order[p]!;
    while (open.length > 0 && open[open.length - 1]!.close === p) {
      open.pop();
      code.op(END);
    }
    for (const scope of layout.opens[p] ?? []) {
      code.open(scope.loop ? LOOP : BLOCK, VOID);
      (scope.loop ? loopDepth : blockDepth)[scope.target] = open.push(scope) - 1;
    }
    const preds = graph.predAt[b + 1]! - graph.predAt[b]!;
    if (b !== 0 && preds === 1) {
      const pred = graph.preds[graph.predAt[b]!]!;
      exits.restore(pred, graph.taken[pred] === b, e);
    } else if (b !== 0 || preds > 0) {
      regs.enterBlock(flow.lowIn[b]!);
      e.stack.clear();
    }
    emitBlock(
      e,
      f,
      b,
      sites,
      (to) => {
        if (position[to] !== p + 1) branch(to, p);
      },
      {
        falls: (to) => position[to] === p + 1,
        brIf: (to) => code.brIf(depthOf(to, p)),
        nested: (to) => code.br(depthOf(to, p) + 1),
      },
      exits,
    );
  }
  while (open.length > 0) {
    open.pop();
    code.op(END);
  }
}

interface Branches {
  /** True where control simply runs on into that block. */
  falls(to: number): boolean;
  brIf(to: number): void;
  /** A jump from within one more scope. */
  nested(to: number): void;
}

/** Every block is a case of one br_table; a jump sets the number of the next block and starts over. */
function dispatched(e: Emit, f: FuncPlan, sites: number[]): void {
  const { regs } = e;
  const { code } = regs;
  const { graph, flow } = f;
  const { count } = graph;
  const at = regs.newLocal(I32);
  regs.settle(flow.liveIn[0]!, flow.lowIn[0]!);
  code.open(LOOP, VOID);
  for (let b = 0; b < count; b++) code.open(BLOCK, VOID);
  code.get(at);
  code.op(BR_TABLE);
  code.u32(count - 1);
  for (let b = 0; b < count; b++) code.u32(b);
  for (let b = 0; b < count; b++) {
    code.op(END);
    regs.enterBlock(flow.lowIn[b]!);
    e.stack.clear();
    const depth = count - 1 - b;
    const jump = (to: number, extra: number): void => {
      code.i32(to);
      code.set(at);
      code.br(depth + extra);
    };
    emitBlock(
      e,
      f,
      b,
      sites,
      (to) => jump(to, 0),
      {
        falls: () => false,
        brIf(to) {
          code.open(IF, VOID);
          jump(to, 1);
          code.op(END);
        },
        nested: (to) => jump(to, 1),
      },
      null,
    );
  }
  code.op(END);
}

function emitBlock(
  e: Emit,
  f: FuncPlan,
  b: number,
  sites: number[],
  go: (to: number) => void,
  branches: Branches,
  exits: Exits | null,
): void {
  const { regs } = e;
  const { code } = regs;
  const { graph, flow } = f;
  const { insns } = e.bound;
  const last = graph.last[b]!;
  const end = graph.end[b]!;
  // The insn that ends the block is translated below.
  const jumps = end === END_BRANCH || end === END_EXIT || (end === END_JUMP && isJump(insns.code[last]!));
  for (let i = graph.first[b]!; i <= last; i++) {
    sites.push(code.length, i);
    if (i === last && (jumps || (end === END_DEAD && isJump(insns.code[last]!)))) break;
    i += emitInsn(e, i, last, flow.lowAdd[flow.lowAt[b]! + i] === 1);
  }
  if (end === END_EXIT) {
    emitReturn(e);
    return;
  }
  if (end === END_DEAD) {
    code.op(UNREACHABLE);
    return;
  }
  const next = graph.next[b]!;
  const taken = graph.taken[b]!;
  const settle = (to: number): void => {
    if (exits === null || graph.predAt[to + 1]! - graph.predAt[to]! > 1) regs.settle(flow.liveIn[to]!, flow.lowIn[to]!);
  };
  for (let s = graph.succAt[b]!; s < graph.succAt[b + 1]!; s++) settle(graph.succs[s]!);
  exits?.save(b, e);
  if (end !== END_BRANCH) {
    go(next);
    return;
  }
  if (insns.code[last] === 0xe5) {
    mayGoto(e, next, taken, go, branches);
    return;
  }
  const known = knownCondition(regs, insns, last);
  if (known !== -1) {
    go(known === 1 ? taken : next);
    return;
  }
  exits?.learn(b, false, learned(regs, insns, last, false));
  exits?.learn(b, true, learned(regs, insns, last, true));
  if (branches.falls(taken)) {
    pushCondition(regs, insns, last, true);
    branches.brIf(next);
  } else {
    pushCondition(regs, insns, last, false);
    branches.brIf(taken);
    go(next);
  }
}

function isJump(op: number): boolean {
  const cls = op & 7;
  return (cls === 5 || cls === 6) && op !== 0x85;
}

/** may_goto: takes the jump once the run's budget is used up. */
function mayGoto(e: Emit, next: number, taken: number, go: (to: number) => void, branches: Branches): void {
  const { regs } = e;
  const { code } = regs;
  const rest = regs.temp32(0);
  code.i32(0);
  code.mem(I32_LOAD, 2, CELL_MAY_GOTO);
  code.tee(rest);
  code.op(I32_EQZ);
  code.open(IF, VOID);
  branches.nested(taken);
  code.op(END);
  code.i32(0);
  code.get(rest);
  code.i32(1);
  code.op(I32_SUB);
  code.mem(I32_STORE, 2, CELL_MAY_GOTO);
  go(next);
}

/** Translates insn i, not the last of a block that jumps; `low` as flow.lowAdd says. Returns how many further slots it took in. */
function emitInsn(e: Emit, i: number, last: number, low: boolean): number {
  const { regs } = e;
  const { insns } = e.bound;
  const op = insns.code[i]!;
  switch (op & 7) {
    case 0:
      if (op === LD_IMM64) {
        regs.setConst(insns.dst[i]!, insns.imm[i]!, insns.imm[i + 1]!);
        return 1;
      }
      emitLoadPacket(e, i);
      return 0;
    case 1:
      load(regs, insns, i, e.bound.verified.facts.ptr[i]!, e.memoryBytes);
      return 0;
    case 3:
      if ((op & 0xe0) === 0xc0) {
        atomic(regs, e.stack, insns, i, e.bound.verified.facts.ptr[i]!);
        return 0;
      }
      store(regs, e.stack, insns, i, e.bound.verified.facts.ptr[i]!);
      return 0;
    case 2:
      store(regs, e.stack, insns, i, e.bound.verified.facts.ptr[i]!);
      return 0;
    case 4:
      alu32(regs, insns, i);
      return 0;
    case 7:
      return alu64(regs, insns, i, last, low);
    default:
      if (op === 0x85) {
        emitCall(e, i);
        return 0;
      }
      return bug(`opcode 0x${op.toString(16)} in the middle of a block`);
  }
}

/** The function returns r0. */
function emitReturn(e: Emit): void {
  const { regs } = e;
  const { code } = regs;
  if (e.main) {
    code.i32(0);
    if (regs.isLow(0)) code.i32(0);
    else if (regs.isConst(0)) code.i32(regs.symHi[0]!);
    else {
      regs.getWide(0);
      code.i64(32, 0);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
    }
    code.mem(I32_STORE, 2, CELL_R0_HI);
    regs.getLow(0);
  } else {
    regs.getWide(0);
  }
  code.op(RETURN);
}
