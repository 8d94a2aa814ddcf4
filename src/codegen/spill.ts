/**
 * Puts vregs on the stack: written once, behind the definition (a phi: at the end of each block that leads to it), read
 * again before each use. Slots are 8 bytes and aligned, so pointers stay pointers. Reads that stand close together with no
 * call between share one.
 */
import * as isa from "../isa/codes.ts";
import { intersect, type Liveness } from "./liveness.ts";
import { eachDef, eachUse, FP, type MBlock, type MFunction, type MInst, type MOperand, mInst, NONE } from "./mir.ts";

/** A read is used again up to so many instructions later. */
const REUSE_DISTANCE = 12;

/** What may be spilled how, from round to round. */
export interface Pieces {
  /** Vregs made for one instruction: never spilled again. */
  readonly fixed: Set<number>;
  /** Reads shared by several instructions: spilled again, each gets its own, so that each round leaves less to spill. */
  readonly shared: Set<number>;
}

interface Spilling extends Pieces {
  readonly fn: MFunction;
  readonly gone: ReadonlySet<number>;
  readonly slots: ReadonlyMap<number, number>;
  readonly remat: ReadonlyMap<number, MInst>;
  readonly phis: ReadonlyMap<MBlock, readonly MInst[]>;
}

export function spill(
  fn: MFunction,
  live: Liveness,
  spilled: readonly number[],
  remat: ReadonlyMap<number, MInst>,
  pieces: Pieces,
): void {
  const gone = new Set(spilled);
  const slots = giveSlots(fn, live, gone, remat);
  const phis = new Map(fn.blocks.map((block) => [block, block.insts.filter((inst) => inst.k === "phi")]));
  for (const block of fn.blocks) rewriteBlock({ ...pieces, fn, gone, slots, remat, phis }, block);
  const entry = fn.blocks[0]!;
  const params = fn.params.filter((v) => v !== NONE && gone.has(v));
  for (const v of params) pieces.fixed.add(v);
  entry.insts.unshift(...params.map((v) => storeTo(slots.get(v)!, v)));
}

/** A slot for each; a phi shares its slot with what flows into it where they are not alive at once. */
function giveSlots(
  fn: MFunction,
  live: Liveness,
  gone: ReadonlySet<number>,
  remat: ReadonlyMap<number, MInst>,
): Map<number, number> {
  const slots = new Map<number, number>();
  const members: number[][] = [];
  const fresh = (v: number): number => {
    const slot = fn.slots.length;
    fn.slots.push({ sizeBytes: 8, align: 8, name: "spill", offBytes: 0 });
    slots.set(v, slot);
    members[slot] = [v];
    return slot;
  };
  for (const block of fn.blocks) {
    for (const inst of block.insts) {
      if (inst.k !== "phi") break;
      if (!gone.has(inst.def)) continue;
      const slot = slots.get(inst.def) ?? fresh(inst.def);
      for (const arg of inst.args!) {
        if (arg.kind !== "vreg" || !gone.has(arg.v) || slots.has(arg.v) || remat.has(arg.v)) continue;
        if (members[slot]!.some((other) => intersect(live.ranges[other]!, live.ranges[arg.v]!))) continue;
        slots.set(arg.v, slot);
        members[slot]!.push(arg.v);
      }
    }
  }
  for (const v of gone) if (!slots.has(v) && !remat.has(v)) fresh(v);
  return slots;
}

function rewriteBlock(spilling: Spilling, block: MBlock): void {
  const { fn, gone, slots, remat, fixed, shared } = spilling;
  const out: MInst[] = [];
  /** Spilled vreg -> a vreg that holds it here, and where it was read. */
  const near = new Map<number, { v: number; at: number }>();
  /** Where the reads for the present instruction begin. */
  let first = 0;
  const begin = (): void => {
    first = out.length;
  };
  const fetch = (v: number, pos: MInst["pos"]): number => {
    const known = near.get(v);
    if (known !== undefined && known.at > first) return known.v;
    if (known !== undefined && !shared.has(v) && out.length - known.at <= REUSE_DISTANCE) {
      fixed.delete(known.v);
      shared.add(known.v);
      return known.v;
    }
    const def = fn.vregs++;
    const again = remat.get(v);
    out.push(again === undefined ? { ...loadFrom(slots.get(v)!, def), pos } : { ...again, def, pos });
    near.set(v, { v: def, at: out.length });
    fixed.add(def);
    return def;
  };
  const operand = (arg: MOperand, pos: MInst["pos"]): MOperand => {
    if (arg.kind !== "vreg" || !gone.has(arg.v)) return arg;
    const again = remat.get(arg.v);
    return again === undefined || again.k === "load" ? { kind: "vreg", v: fetch(arg.v, pos) } : operandOf(again);
  };
  for (const inst of block.insts) {
    if (inst.k === "phi") {
      if (!gone.has(inst.def)) out.push(inst);
      continue;
    }
    if (inst.def >= 0 && gone.has(inst.def) && remat.get(inst.def) === inst) continue;
    const { pos } = inst;
    const isEnd = inst.targets !== undefined;
    begin();
    if (isEnd) {
      edgeStores(spilling, block, inst, out, operand, begin);
      begin();
    }
    let touches = false;
    eachUse(inst, (v) => {
      if (gone.has(v)) touches = true;
    });
    if (touches) {
      if (inst.a >= 0 && gone.has(inst.a)) inst.a = fetch(inst.a, pos);
      if (inst.b >= 0 && gone.has(inst.b)) inst.b = fetch(inst.b, pos);
      if (inst.c !== undefined && inst.c >= 0 && gone.has(inst.c)) inst.c = fetch(inst.c, pos);
      if (inst.args !== undefined) inst.args = inst.args.map((arg) => operand(arg, pos));
      if (inst.asm !== undefined) renameAsm(inst, gone, (v) => fetch(v, pos));
    }
    out.push(inst);
    if (inst.k === "call" || inst.asm !== undefined) near.clear();
    eachDef(inst, (v) => {
      if (!gone.has(v)) return;
      out.push({ ...storeTo(slots.get(v)!, v), pos });
      fixed.add(v);
    });
  }
  block.insts = out;
}

/** What a spilled phi gets at the end of a block; `reads` is the slot that it comes from, or NONE. */
interface Move {
  readonly to: number;
  arg: MOperand;
  reads: number;
}

/**
 * Phi operands of the blocks behind: spilled ones are read here, and those for spilled phis written, each as soon as no
 * other still reads what it overwrites: however many there are, two registers will do.
 */
function edgeStores(
  spilling: Spilling,
  block: MBlock,
  end: MInst,
  out: MInst[],
  operand: (arg: MOperand, pos: MInst["pos"]) => MOperand,
  begin: () => void,
): void {
  const { fn, gone, slots, remat, phis, fixed, shared } = spilling;
  const { pos } = end;
  const slotOf = (arg: MOperand): number => {
    if (arg.kind !== "vreg" || !gone.has(arg.v)) return NONE;
    return remat.get(arg.v)?.slot ?? slots.get(arg.v)!;
  };
  let moves: Move[] = [];
  for (const target of new Set(end.targets)) {
    for (const phi of phis.get(target)!) {
      for (const [i, arg] of phi.args!.entries()) {
        if (phi.from![i] !== block) continue;
        if (!gone.has(phi.def)) {
          phi.args![i] = operand(arg, pos);
          continue;
        }
        const to = slots.get(phi.def)!;
        const reads = slotOf(arg);
        if (reads === to) continue;
        // Read for the phi's register, it need not stay in one.
        if (arg.kind === "vreg" && fixed.delete(arg.v)) shared.add(arg.v);
        moves.push({ to, arg, reads });
      }
    }
  }
  while (moves.length > 0) {
    begin();
    const move = moves.find((one) => moves.every((other) => other === one || other.reads !== one.to)) ?? moves[0]!;
    moves = moves.filter((one) => one !== move);
    for (const other of moves) {
      if (other.reads !== move.to) continue;
      other.arg = operand(other.arg, pos);
      other.reads = NONE;
    }
    out.push({ ...storeOperand(fn, move.to, operand(move.arg, pos), out, fixed), pos });
  }
}

function storeOperand(fn: MFunction, slot: number, from: MOperand, out: MInst[], fixed: Set<number>): MInst {
  if (from.kind === "vreg") return storeTo(slot, from.v);
  if (from.kind === "imm" && from.value >= -0x8000_0000n && from.value <= 0x7fff_ffffn) {
    const code = isa.BPF_ST | isa.BPF_MEM | isa.BPF_DW;
    return { ...storeTo(slot, NONE), code, imm: Number(from.value) };
  }
  const v = fn.vregs++;
  fixed.add(v);
  out.push(makeOperand(from, v));
  return storeTo(slot, v);
}

function renameAsm(inst: MInst, gone: ReadonlySet<number>, fetch: (v: number) => number): void {
  const asm = inst.asm!;
  const names = new Map<number, number>();
  for (const v of asm.uses) if (gone.has(v) && !names.has(v)) names.set(v, fetch(v));
  const name = (v: number): number => names.get(v) ?? v;
  inst.asm = {
    ...asm,
    uses: asm.uses.map(name),
    ties: asm.ties.map(name),
    operands: asm.operands.map((one) =>
      one.kind === "reg" || one.kind === "mem" ? { ...one, use: name(one.use) } : one,
    ),
  };
}

function storeTo(slot: number, v: number): MInst {
  return mInst("store", { code: isa.BPF_STX | isa.BPF_MEM | isa.BPF_DW, a: FP, slot, b: v });
}

function loadFrom(slot: number, def: number): MInst {
  return mInst("load", { code: isa.BPF_LDX | isa.BPF_MEM | isa.BPF_DW, def, a: FP, slot });
}

function operandOf(inst: MInst): MOperand {
  if (inst.k === "lea") return { kind: "frame", slot: inst.slot, off: inst.off };
  if (inst.sym !== undefined) return { kind: "sym", name: inst.sym, addend: inst.addend ?? 0 };
  return { kind: "imm", value: inst.wide ?? BigInt(inst.imm) };
}

export function makeOperand(from: Exclude<MOperand, { kind: "vreg" }>, def: number): MInst {
  switch (from.kind) {
    case "imm":
      return from.value >= -0x8000_0000n && from.value <= 0x7fff_ffffn
        ? mInst("mov", { code: isa.BPF_ALU64 | isa.BPF_MOV, def, imm: Number(from.value) })
        : mInst("imm64", { code: isa.LD_IMM64, def, wide: from.value });
    case "sym":
      return mInst("imm64", { code: isa.LD_IMM64, def, sym: from.name, addend: from.addend });
    case "frame":
      return mInst("lea", { def, slot: from.slot, off: from.off });
  }
}
