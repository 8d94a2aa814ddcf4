/**
 * Machine instructions with registers to bytes of code: copies for phis and arguments, two-address forms, jumps, and the
 * records that belong to instructions (relocations, lines, CO-RE).
 */
import { bug } from "../base/error.ts";
import type { IrDiagnostic, Pos } from "../ir/ir.ts";
import * as isa from "../isa/codes.ts";
import type { Allocation } from "./allocate.ts";
import { assembleText } from "./emit-asm.ts";
import { type EmittedFunction, type Emitter, put, regOf, slotOff } from "./emitter.ts";
import { inverseJump, patchJumps } from "./jumps.ts";
import { commutes } from "./liveness.ts";
import { type MBlock, type MFunction, type MInst, type MOperand, NONE } from "./mir.ts";

export function emitFunction(
  fn: MFunction,
  alloc: Allocation,
  cpu: number,
  diagnostics: IrDiagnostic[],
): EmittedFunction {
  const e: Emitter = {
    name: fn.name,
    insns: [],
    relocs: [],
    lines: [],
    cores: [],
    fn,
    alloc,
    cpu,
    jumps: [],
    labels: [],
    texts: [],
    diagnostics,
    lastLine: "",
    scratchSlot: NONE,
  };
  for (const [b, block] of fn.blocks.entries()) {
    block.start = e.insns.length;
    if (b === 0) enterFunction(e);
    const first = alloc.live.starts.get(block)!;
    for (const [i, inst] of block.insts.entries()) {
      if (inst.k === "phi" || inst.k === "life") continue;
      if (inst.pos !== null) line(e, inst.pos);
      emitInst(e, inst, block, fn.blocks[b + 1], 2 * (first + 1 + i));
    }
  }
  patchJumps(e);
  return e;
}

function line(e: Emitter, pos: Pos): void {
  const key = `${pos.file}:${pos.line}:${pos.col}`;
  if (key === e.lastLine) return;
  e.lastLine = key;
  const last = e.lines[e.lines.length - 1];
  if (last !== undefined && last.insnIdx === e.insns.length) e.lines.pop();
  e.lines.push({ insnIdx: e.insns.length, pos });
}

function move(e: Emitter, dst: number, src: number): void {
  if (dst !== src) put(e, isa.BPF_ALU64 | isa.BPF_MOV | isa.BPF_X, dst, src, 0, 0);
}

function enterFunction(e: Emitter): void {
  const moves: [number, number][] = [];
  for (const [i, v] of e.fn.params.entries()) {
    if (v !== NONE && e.alloc.regs[v]! >= 0) moves.push([e.alloc.regs[v]!, i + 1]);
  }
  parallelMove(e, moves, 0);
}

function emitInst(e: Emitter, inst: MInst, block: MBlock, next: MBlock | undefined, pos: number): void {
  const def = inst.def >= 0 && inst.k !== "asm" ? (e.alloc.regs[inst.def] ?? -1) : -1;
  if (inst.core !== undefined && inst.k !== "alu") e.cores.push({ insnIdx: e.insns.length, core: inst.core });
  switch (inst.k) {
    case "mov":
      if (inst.a === NONE) put(e, inst.code | isa.BPF_K, def, 0, 0, inst.imm);
      else if (inst.code === (isa.BPF_ALU64 | isa.BPF_MOV) && inst.off === 0) move(e, def, regOf(e, inst.a));
      else put(e, inst.code | isa.BPF_X, def, regOf(e, inst.a), inst.off, 0);
      break;
    case "alu":
      emitAlu(e, inst, def);
      break;
    case "unary":
      move(e, def, regOf(e, inst.a));
      put(e, inst.code, def, 0, 0, inst.imm);
      break;
    case "cast":
      put(e, inst.code | isa.BPF_X, def, regOf(e, inst.a), inst.off, inst.imm);
      break;
    case "lea":
      frameAddress(e, def, inst.slot, inst.off);
      break;
    case "imm64":
      if (inst.sym === undefined) wide(e, def, inst.wide!);
      else symbol(e, def, inst.sym, inst.addend ?? 0);
      break;
    case "load":
      put(e, inst.code, def, regOf(e, inst.a), slotOff(e, inst.slot, inst.off), 0);
      break;
    case "store":
      put(
        e,
        inst.code,
        regOf(e, inst.a),
        inst.b === NONE ? 0 : regOf(e, inst.b),
        slotOff(e, inst.slot, inst.off),
        inst.imm,
      );
      break;
    case "atomic":
      emitAtomic(e, inst, def);
      break;
    case "cmpxchg":
      move(e, 0, regOf(e, inst.c!));
      put(e, inst.code, regOf(e, inst.a), regOf(e, inst.b), slotOff(e, inst.slot, inst.off), inst.imm);
      if (def >= 0) move(e, def, 0);
      break;
    case "call":
      emitCall(e, inst, def, pos);
      break;
    case "exit":
      if (e.fn.naked) break;
      placeOperands(e, inst.args!, [0], pos);
      put(e, inst.code, 0, 0, 0, 0);
      break;
    case "jmp":
      if (block.copies !== undefined) placeOperands(e, block.copies.args, block.copies.regs, pos);
      if (inst.targets![0] !== next) jump(e, inst.targets![0]!);
      break;
    case "jcc":
      emitBranch(e, inst, next);
      break;
    case "asm":
    case "asmbr": {
      const tied: [number, number][] = [];
      for (const [i, tie] of inst.asm!.ties.entries()) {
        if (tie >= 0) tied.push([e.alloc.regs[inst.asm!.defs[i]!]!, regOf(e, tie)]);
      }
      parallelMove(e, tied, pos);
      assembleText(e, inst);
      if (inst.k === "asmbr" && inst.targets![0] !== next) jump(e, inst.targets![0]!);
      break;
    }
    case "phi":
    case "life":
      break;
  }
}

function emitAlu(e: Emitter, inst: MInst, def: number): void {
  let a = regOf(e, inst.a);
  if (inst.b === NONE) {
    move(e, def, a);
    if (inst.core !== undefined) e.cores.push({ insnIdx: e.insns.length, core: inst.core });
    put(e, inst.code | isa.BPF_K, def, 0, inst.off, inst.imm);
    return;
  }
  let b = regOf(e, inst.b);
  if (def === b && a !== b) {
    if (!commutes(inst.code)) bug(`r${def} is both the result and the second operand in ${e.name}`);
    [a, b] = [b, a];
  }
  move(e, def, a);
  put(e, inst.code | isa.BPF_X, def, b, inst.off, 0);
}

function emitAtomic(e: Emitter, inst: MInst, def: number): void {
  const base = regOf(e, inst.a);
  const off = slotOff(e, inst.slot, inst.off);
  if (inst.imm === isa.BPF_LOAD_ACQ) {
    put(e, inst.code, def, base, off, inst.imm);
    return;
  }
  const value = regOf(e, inst.b);
  if (def < 0) {
    put(e, inst.code, base, value, off, inst.imm);
    return;
  }
  move(e, def, value);
  put(e, inst.code, base, def, off, inst.imm);
}

function emitCall(e: Emitter, inst: MInst, def: number, pos: number): void {
  const args = inst.args!;
  placeOperands(
    e,
    args,
    args.map((_, i) => i + 1),
    pos,
  );
  const callee = inst.callee!;
  if (callee.kind === "helper") put(e, inst.code, 0, 0, 0, callee.id);
  else {
    e.relocs.push({ insnIdx: e.insns.length, kind: "call", symbol: callee.name, addend: 0 });
    put(e, inst.code, 0, isa.BPF_PSEUDO_CALL, 0, -1);
  }
  if (def >= 0) move(e, def, 0);
}

/** Registers first, all at once; then what is made in place. */
function placeOperands(e: Emitter, args: readonly MOperand[], regs: readonly number[], pos: number): void {
  const moves: [number, number][] = [];
  for (const [i, arg] of args.entries()) if (arg.kind === "vreg") moves.push([regs[i]!, regOf(e, arg.v)]);
  parallelMove(e, moves, pos);
  for (const [i, arg] of args.entries()) makeIn(e, regs[i]!, arg);
}

function makeIn(e: Emitter, reg: number, arg: MOperand): void {
  switch (arg.kind) {
    case "vreg":
      break;
    case "imm":
      wide(e, reg, arg.value);
      break;
    case "sym":
      symbol(e, reg, arg.name, arg.addend);
      break;
    case "frame":
      frameAddress(e, reg, arg.slot, arg.off);
      break;
  }
}

function wide(e: Emitter, reg: number, value: bigint): void {
  const low = Number(BigInt.asIntN(32, value));
  if (BigInt(low) === value && e.cores[e.cores.length - 1]?.insnIdx !== e.insns.length) {
    put(e, isa.BPF_ALU64 | isa.BPF_MOV | isa.BPF_K, reg, 0, 0, low);
    return;
  }
  put(e, isa.LD_IMM64, reg, 0, 0, low);
  put(e, 0, 0, 0, 0, Number(BigInt.asIntN(32, value >> 32n)));
}

function symbol(e: Emitter, reg: number, name: string, addend: number): void {
  e.relocs.push({ insnIdx: e.insns.length, kind: "addr", symbol: name, addend });
  put(e, isa.LD_IMM64, reg, 0, 0, 0);
  put(e, 0, 0, 0, 0, 0);
}

function frameAddress(e: Emitter, reg: number, slot: number, off: number): void {
  move(e, reg, isa.BPF_REG_FP);
  put(e, isa.BPF_ALU64 | isa.BPF_ADD | isa.BPF_K, reg, 0, 0, slotOff(e, slot, off));
}

// ---- jumps --------------------------------------------------------------------------------------------------------------

function jump(e: Emitter, target: MBlock): void {
  e.jumps.push({ insnIdx: e.insns.length, target });
  put(e, isa.BPF_JMP | isa.BPF_JA, 0, 0, 0, 0);
}

function emitBranch(e: Emitter, inst: MInst, next: MBlock | undefined): void {
  let [yes, no] = inst.targets as [MBlock, MBlock];
  let { code } = inst;
  if (yes === next) {
    code = inverseJump(code);
    [yes, no] = [no, yes];
  }
  e.jumps.push({ insnIdx: e.insns.length, target: yes });
  const a = regOf(e, inst.a);
  if (inst.b === NONE) put(e, code | isa.BPF_K, a, 0, 0, inst.imm);
  else put(e, code | isa.BPF_X, a, regOf(e, inst.b), 0, 0);
  if (no !== next) jump(e, no);
}

/** [to, from] all at once. A cycle goes through a register that is free here, or through the stack. */
function parallelMove(e: Emitter, moves: readonly (readonly [number, number])[], pos: number): void {
  let pending = moves.filter(([to, from]) => to !== from);
  while (pending.length > 0) {
    const ready = pending.findIndex(([to]) => !pending.some(([, from]) => from === to));
    if (ready >= 0) {
      const [to, from] = pending[ready]!;
      move(e, to, from);
      pending = pending.filter((_, i) => i !== ready);
      continue;
    }
    const [, from] = pending[0]!;
    const used = pending.reduce(
      (mask, one) => mask | (1 << one[0]) | (1 << one[1]),
      e.alloc.busy(pos) | e.alloc.busy(pos + 1) | targetsMask(moves),
    );
    let free = -1;
    for (let reg = 0; reg < 10; reg++) if ((used & (1 << reg)) === 0) free = reg;
    if (free < 0) {
      swapThroughStack(e, pending);
      return;
    }
    move(e, free, from);
    pending = pending.map(([to, source]) => (source === from ? ([to, free] as const) : ([to, source] as const)));
  }
}

function targetsMask(moves: readonly (readonly [number, number])[]): number {
  return moves.reduce((mask, [to]) => mask | (1 << to), 0);
}

/** No register is free: each source of the cycle goes to the frame and comes back. */
function swapThroughStack(e: Emitter, moves: readonly (readonly [number, number])[]): void {
  let lowest = 0;
  for (const slot of e.fn.slots) lowest = Math.min(lowest, slot.offBytes);
  lowest = Math.floor(lowest / 8) * 8;
  for (const [i, [, from]] of moves.entries())
    put(e, isa.BPF_STX | isa.BPF_MEM | isa.BPF_DW, isa.BPF_REG_FP, from, lowest - 8 * (i + 1), 0);
  for (const [i, [to]] of moves.entries())
    put(e, isa.BPF_LDX | isa.BPF_MEM | isa.BPF_DW, to, isa.BPF_REG_FP, lowest - 8 * (i + 1), 0);
}
