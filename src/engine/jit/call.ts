/** Translates calls: helpers, lookups, tail calls, bpf_loop, subprograms. */
import { E2BIG, EINVAL } from "../../base/errno.ts";
import { bug } from "../../base/error.ts";
import { BPF_PSEUDO_CALL, MAX_TAIL_CALL_CNT } from "../../isa/codes.ts";
import {
  CELL_CPU,
  CELL_R0_HI,
  CELL_RET_HI,
  CELL_TAIL_CALLS,
  FRAME_BYTES,
  MAP_DATA,
  MAP_MAX_ENTRIES,
  MAP_STRIDE,
} from "../../layout/layout.ts";
import {
  BLOCK,
  CALL,
  ELSE,
  END,
  I32,
  I32_ADD,
  I32_EQZ,
  I32_GE_U,
  I32_GT_U,
  I32_LOAD,
  I32_LT_U,
  I32_MUL,
  I32_SHL,
  I32_STORE,
  I32_WRAP_I64,
  I64,
  I64_EXTEND_I32_S,
  I64_EXTEND_I32_U,
  I64_LOAD32_U,
  I64_NE,
  I64_OR,
  I64_SHL,
  I64_SHR_U,
  I64_STORE,
  IF,
  LOOP,
  RETURN,
  RETURN_CALL_INDIRECT,
  VOID,
} from "../../wasm/op.ts";
import { MAX_LOOPS } from "../interp/exec.ts";
import { type Emit, frameBase } from "./emit.ts";
import type { CallPlan } from "./plan.ts";
import { MAX32 } from "./regs.ts";
import type { StackValue } from "./stack.ts";

export function emitCall(e: Emit, i: number): void {
  const { insns } = e.bound;
  if (insns.src[i] === BPF_PSEUDO_CALL) {
    callSub(e, i + insns.imm[i]! + 1);
    return;
  }
  const plan = e.plan.calls.get(i) ?? bug(`no plan for the call at insn ${i}`);
  switch (plan.kind) {
    case "import":
      callImport(e, plan);
      return;
    case "lookup":
      wholeWords(e, 2, plan.keySize);
      e.regs.getLow(1);
      e.regs.getLow(2);
      e.regs.code.call(plan.func);
      e.regs.setLow(0);
      return;
    case "array":
      arrayLookup(e, plan);
      return;
    case "tail":
      tailCall(e, i, plan.func);
      return;
    case "loop":
      loop(e);
      return;
    case "cpu":
      e.regs.code.i32(0);
      e.regs.code.mem(I32_LOAD, 2, CELL_CPU);
      e.regs.setLow(0);
  }
}

function callSub(e: Emit, start: number): void {
  const { regs } = e;
  const { code } = regs;
  const callee = e.funcAt(start);
  e.stack.clear();
  for (let reg = 1; reg <= callee.args; reg++) regs.getWide(reg);
  frameBase(e, -FRAME_BYTES);
  code.call(callee.func);
  regs.setWide(0);
}

function callImport(e: Emit, plan: CallPlan & { kind: "import" }): void {
  const { regs } = e;
  const { code } = regs;
  wholeWords(e, 2, plan.keySize);
  wholeWords(e, 3, plan.valueSize);
  if (plan.writes) e.stack.clear();
  if (plan.callsBack) {
    frameBase(e, 0);
    code.globalSet(e.frameGlobal);
  }
  plan.impl.args.forEach((form, n) => {
    regs.getLow(n + 1);
    if (form !== "d") return;
    if (regs.isLow(n + 1)) code.i32(0);
    else {
      regs.getWide(n + 1);
      code.i64(32, 0);
      code.op(I64_SHR_U);
      code.op(I32_WRAP_I64);
    }
  });
  code.call(plan.func);
  switch (plan.impl.ret) {
    case "s":
      code.op(I64_EXTEND_I32_S);
      regs.setWide(0);
      return;
    case "u":
      regs.setLow(0);
      return;
    case "d":
      code.op(I64_EXTEND_I32_U);
      code.i32(0);
      code.mem(I64_LOAD32_U, 2, CELL_RET_HI);
      code.i64(32, 0);
      code.op(I64_SHL);
      code.op(I64_OR);
      regs.setWide(0);
      return;
    case "v":
      regs.setConst(0, 0, 0);
  }
}

/** Pushes the address of value [index on the stack]. */
function valueAddress(e: Emit, plan: CallPlan & { kind: "array" }): void {
  const { code } = e.regs;
  const { stride } = plan;
  if ((stride & (stride - 1)) === 0) {
    code.i32(31 - Math.clz32(stride));
    code.op(I32_SHL);
  } else {
    code.i32(stride);
    code.op(I32_MUL);
  }
  code.i32(plan.data);
  code.op(I32_ADD);
  if (plan.cpuStride !== 0) {
    code.i32(0);
    code.mem(I32_LOAD, 2, CELL_CPU);
    code.i32(plan.cpuStride);
    code.op(I32_MUL);
    code.op(I32_ADD);
  }
}

/**
 * Stores a key (or value) on the stack once more in whole words, where it was put together from narrower stores: the callee
 * reads words.
 */
function wholeWords(e: Emit, reg: number, bytes: number): void {
  const { regs, stack } = e;
  if (bytes === 0 || !regs.isFrame(reg)) return;
  const start = regs.symLo[reg]!;
  for (let at = start; at + 8 <= start + bytes; at += 8) {
    const pieces: StackValue[] = [];
    if (!stack.covers(at, 8, pieces) || pieces.length < 2) continue;
    const rest = e.pushAddress(10, at);
    stack.push64(regs.code, at);
    regs.code.mem(I64_STORE, 0, rest);
  }
}

/** Pushes the u32 that reg points to, and returns its bound. */
function keyWord(e: Emit, reg: number): number {
  const { regs, stack } = e;
  if (regs.isFrame(reg)) {
    const off = regs.symLo[reg]!;
    if (stack.push32(regs.code, off)) return stack.maxOf(off);
  }
  const rest = e.pushAddress(reg, 0);
  regs.code.mem(I32_LOAD, 0, rest);
  return MAX32;
}

function arrayLookup(e: Emit, plan: CallPlan & { kind: "array" }): void {
  const { regs } = e;
  const { code } = regs;
  if (keyWord(e, 2) < plan.entries) {
    valueAddress(e, plan);
    regs.setLow(0);
    regs.nonZero |= 1;
    return;
  }
  const index = regs.temp32(0);
  code.tee(index);
  code.i32(plan.entries);
  code.op(I32_LT_U);
  code.open(IF, I32);
  code.get(index);
  valueAddress(e, plan);
  code.op(ELSE);
  code.i32(0);
  code.op(END);
  regs.setLow(0);
}

/**
 * bpf_tail_call(ctx, map, index). From the main program to one in the program table it is a WebAssembly tail call; everything
 * else goes through TypeScript, which puts the frames of this function's callers aside. Returns only where it fails.
 */
function tailCall(e: Emit, i: number, func: number): void {
  const { regs, plan } = e;
  const { code } = regs;
  if (!e.main || plan.progTable === -1) {
    tailCallOut(e, func);
    return;
  }
  const count = regs.temp32(0);
  const slot = regs.temp32(1);
  const known = e.bound.verified.facts.map[i]!;
  const view = e.view;
  const map = known >= 0 ? e.mapAddress(known) : -1;
  code.open(BLOCK, VOID);
  code.i32(0);
  code.mem(I32_LOAD, 2, CELL_TAIL_CALLS);
  code.tee(count);
  code.i32(MAX_TAIL_CALL_CNT);
  code.op(I32_GE_U);
  code.brIf(0);
  regs.getLow(3);
  if (map >= 0) code.i32(view.getInt32(map + MAP_MAX_ENTRIES, true));
  else {
    regs.getLow(2);
    code.mem(I32_LOAD, 2, MAP_MAX_ENTRIES);
  }
  code.op(I32_GE_U);
  code.brIf(0);
  regs.getLow(3);
  if (map >= 0) code.i32(view.getInt32(map + MAP_STRIDE, true));
  else {
    regs.getLow(2);
    code.mem(I32_LOAD, 2, MAP_STRIDE);
  }
  code.op(I32_MUL);
  if (map >= 0) code.i32(view.getInt32(map + MAP_DATA, true));
  else {
    regs.getLow(2);
    code.mem(I32_LOAD, 2, MAP_DATA);
  }
  code.op(I32_ADD);
  code.mem(I32_LOAD, 2, 0);
  code.tee(slot);
  code.op(I32_EQZ);
  code.open(IF, VOID);
  // Empty, or a program that is no WebAssembly.
  tailCallOut(e, func);
  code.br(1);
  code.op(END);
  code.i32(0);
  code.get(count);
  code.i32(1);
  code.op(I32_ADD);
  code.mem(I32_STORE, 2, CELL_TAIL_CALLS);
  regs.getLow(1);
  code.get(slot);
  code.opU(RETURN_CALL_INDIRECT, e.mainType);
  code.byte(plan.progTable);
  code.op(END);
}

/** The tail call by TypeScript: returns from the function where another program ran. */
function tailCallOut(e: Emit, func: number): void {
  const { regs } = e;
  const { code } = regs;
  regs.getLow(2);
  regs.getLow(3);
  regs.getLow(1);
  frameBase(e, FRAME_BYTES);
  code.call(func);
  code.open(IF, VOID);
  code.i32(0);
  code.mem(I32_LOAD, 2, CELL_RET_HI);
  if (!e.main) {
    code.op(I64_EXTEND_I32_U);
    code.i32(0);
    code.mem(I64_LOAD32_U, 2, CELL_R0_HI);
    code.i64(32, 0);
    code.op(I64_SHL);
    code.op(I64_OR);
  }
  code.op(RETURN);
  code.op(END);
}

/** bpf_loop(nr, callback, ctx, flags), as a loop around the callback. */
function loop(e: Emit): void {
  const { regs } = e;
  const { code } = regs;
  const n = regs.temp32(0);
  const at = regs.temp32(1);
  const done = regs.temp64(0);
  e.stack.clear();
  regs.getLow(1);
  code.set(n);
  code.open(BLOCK, I64);
  // flags != 0
  regs.getWide(4);
  code.i64(0, 0);
  code.op(I64_NE);
  code.open(IF, VOID);
  code.i64(-EINVAL, -1);
  code.br(1);
  code.op(END);
  code.get(n);
  code.i32(MAX_LOOPS);
  code.op(I32_GT_U);
  code.open(IF, VOID);
  code.i64(-E2BIG, -1);
  code.br(1);
  code.op(END);
  code.i32(0);
  code.set(at);
  code.open(BLOCK, VOID);
  code.open(LOOP, VOID);
  code.get(at);
  code.get(n);
  code.op(I32_GE_U);
  code.brIf(1);
  // None where the callback is dead code: the verifier knows that nr is 0
  const callback = regs.isConst(2) ? e.callback(regs.symLo[2]!) : undefined;
  if (callback !== undefined) {
    for (let arg = 1; arg <= callback.args; arg++) {
      if (arg === 1) {
        code.get(at);
        code.op(I64_EXTEND_I32_U);
      } else if (arg === 2) regs.getWide(3);
      else code.i64(0, 0);
    }
    frameBase(e, -FRAME_BYTES);
    code.call(callback.func);
    code.set(done);
    code.get(done);
    code.i64(0, 0);
    code.op(I64_NE);
  } else {
    frameBase(e, 0);
    code.globalSet(e.frameGlobal);
    regs.getLow(2);
    code.get(at);
    regs.getLow(3);
    code.i32(0);
    code.i32(0);
    code.opU(CALL, e.dispatch);
  }
  code.get(at);
  code.i32(1);
  code.op(I32_ADD);
  code.set(at);
  code.brIf(1);
  code.br(0);
  code.op(END);
  code.op(END);
  code.get(at);
  code.op(I64_EXTEND_I32_U);
  code.op(END);
  regs.setWide(0);
}

/** BPF_LD | ABS or IND: a word of the packet in r0; past its end the function returns 0. */
export function emitLoadPacket(e: Emit, i: number): void {
  const { regs } = e;
  const { code } = regs;
  const { insns } = e.bound;
  const op = insns.code[i]!;
  code.i32(insns.imm[i]!);
  if ((op & 0xe0) === 0x40) {
    regs.getLow(insns.src[i]!);
    code.op(I32_ADD);
  }
  code.i32((op & 0x18) === 0 ? 4 : (op & 0x18) === 8 ? 2 : 1);
  code.call(e.plan.loadPacket);
  regs.setLow(0);
  code.i32(0);
  code.mem(I32_LOAD, 2, CELL_RET_HI);
  code.open(IF, VOID);
  if (e.main) {
    code.i32(0);
    code.i32(0);
    code.mem(I32_STORE, 2, CELL_R0_HI);
    code.i32(0);
  } else {
    code.i64(0, 0);
  }
  code.op(RETURN);
  code.op(END);
}
