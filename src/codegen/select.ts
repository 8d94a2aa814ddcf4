/**
 * Selection: a function of IR (after prepare.ts) to machine instructions over vregs. All arithmetic is 64 bits wide but
 * where a 32-bit operation gives the zero-extension for nothing; demand.ts says which form of a narrow value is wanted.
 *
 * Addresses are base + constant wherever the IR lets them be: the constant goes into the access, so that ctx is always
 * read at a constant offset of the pointer given, and a checked packet pointer is the one that is read through.
 */
import { bug } from "../base/error.ts";
import { constant, terminatorOf, widthOf } from "../ir/build.ts";
import { isInstr } from "../ir/facts.ts";
import { loopDepths, reversePostorder, usersOf } from "../ir/graph.ts";
import type { Block, CoreAddr, Instr, IrDiagnostic, IrFunction, Load, Pos, Store, Value } from "../ir/ir.ts";
import { BPF_ADD, BPF_ALU, BPF_ALU64, BPF_K, BPF_MOV, LD_IMM64 } from "../isa/codes.ts";
import { type Demand, demandOf, WANT_SX, WANT_ZX } from "./demand.ts";
import { FP, type MBlock, type MCore, type MFunction, type MInst, type MOperand, mInst, NONE } from "./mir.ts";
import { selectInstr } from "./select-op.ts";

export interface SelectOptions {
  /** 2: no 32-bit operations; 3; 4: sign-extending loads and moves, signed division, long jumps. */
  readonly cpu: 2 | 3 | 4;
}

/** The forms of one value: vregs, NONE where not made. */
interface Forms {
  any: number;
  zx: number;
  sx: number;
}

export interface Sel {
  readonly fn: IrFunction;
  readonly out: MFunction;
  readonly cpu: number;
  readonly demand: Demand;
  readonly users: ReadonlyMap<Value, Instr[]>;
  readonly forms: Map<Value, Forms>;
  readonly blocks: Map<Block, MBlock>;
  readonly slots: Map<Value, number>;
  /** Vreg -> how many low bits may be set (64: all). */
  readonly bits: number[];
  /** Vreg -> in how many bits its signed value fits (64: all). */
  readonly signedBits: number[];
  readonly diagnostics: IrDiagnostic[];
  /** Addresses of symbols made in this block already. */
  syms: Map<string, number>;
  cur: MBlock;
  pos: Pos | null;
}

export function select(fn: IrFunction, options: SelectOptions, diagnostics: IrDiagnostic[]): MFunction {
  const depths = loopDepths(fn);
  const order = reversePostorder(fn);
  const out: MFunction = { name: fn.name, blocks: [], params: fn.params.map(() => NONE), slots: [], vregs: 0 };
  const s: Sel = {
    fn,
    out,
    cpu: options.cpu,
    demand: demandOf(fn, options.cpu >= 3),
    users: usersOf(fn),
    forms: new Map(),
    blocks: new Map(),
    slots: new Map(),
    bits: [],
    signedBits: [],
    diagnostics,
    syms: new Map(),
    cur: null as unknown as MBlock,
    pos: fn.pos,
  };
  for (const block of order) {
    const made: MBlock = {
      id: block.id,
      name: block.name,
      insts: [],
      preds: [],
      depth: depths.get(block) ?? 0,
      start: 0,
    };
    s.blocks.set(block, made);
    out.blocks.push(made);
  }
  for (const block of order) {
    for (const target of terminatorOf(block)!.targets) s.blocks.get(target)!.preds.push(s.blocks.get(block)!);
  }
  for (const block of order) {
    for (const instr of block.instrs) if (instr.op === "phi") declarePhi(s, instr);
  }
  for (const block of order) {
    s.cur = s.blocks.get(block)!;
    s.syms = new Map();
    if (block === fn.blocks[0]) selectParams(s);
    selectPhis(s, block);
    for (const instr of block.instrs) {
      if (instr.op === "phi") continue;
      s.pos = instr.pos ?? s.pos;
      selectInstr(s, instr);
    }
  }
  for (const block of order) fillPhis(s, block);
  return out;
}

export function emit(s: Sel, inst: MInst): MInst {
  inst.pos = s.pos;
  s.cur.insts.push(inst);
  return inst;
}

export function newVreg(s: Sel, bits = 64, signedBits = 64): number {
  const v = s.out.vregs++;
  s.bits[v] = bits;
  s.signedBits[v] = Math.min(signedBits, bits + 1);
  return v;
}

export function fits32(value: bigint): boolean {
  return value >= -0x8000_0000n && value <= 0x7fff_ffffn;
}

/** The 64-bit number that a constant of a narrow type stands for in a form. */
export function constIn(value: Value & { op: "const" }, form: Form): bigint {
  return form === "zx" ? BigInt.asUintN(widthOf(value.type), value.value) : value.value;
}

export type Form = "any" | "zx" | "sx";

export function operand(s: Sel, value: Value, form: Form): MOperand {
  switch (value.op) {
    case "const":
      return { kind: "imm", value: BigInt.asIntN(64, constIn(value, form)) };
    case "undef":
      return { kind: "imm", value: 0n };
    case "sym":
      return { kind: "sym", name: value.name, addend: 0 };
    case "alloca":
      return { kind: "frame", slot: slotOf(s, value), off: 0 };
    case "ptradd": {
      const at = rootOf(value);
      if (at.root.op === "alloca") return { kind: "frame", slot: slotOf(s, at.root), off: at.off };
      if (at.root.op === "sym") return { kind: "sym", name: at.root.name, addend: at.off };
      return { kind: "vreg", v: vregIn(s, value, form) };
    }
    default:
      return { kind: "vreg", v: vregIn(s, value, form) };
  }
}

/** A register that holds the value in that form; constants and addresses are made where they are asked for. */
export function reg(s: Sel, value: Value, form: Form): number {
  const from = operand(s, value, form);
  return from.kind === "vreg" ? from.v : materialize(s, from);
}

export function materialize(s: Sel, from: MOperand): number {
  switch (from.kind) {
    case "vreg":
      return from.v;
    case "imm": {
      const def = newVreg(s, bitLength(from.value), signedLength(from.value));
      if (fits32(from.value))
        emit(s, mInst("mov", { code: BPF_ALU64 | BPF_MOV | BPF_K, def, imm: Number(from.value) }));
      else emit(s, mInst("imm64", { code: LD_IMM64, def, wide: from.value }));
      return def;
    }
    case "sym": {
      const key = `${from.name}+${from.addend}`;
      const known = s.syms.get(key);
      if (known !== undefined) return known;
      const def = newVreg(s);
      emit(s, mInst("imm64", { code: LD_IMM64, def, sym: from.name, addend: from.addend }));
      s.syms.set(key, def);
      return def;
    }
    case "frame": {
      const def = newVreg(s);
      emit(s, mInst("lea", { def, slot: from.slot, off: from.off }));
      return def;
    }
  }
}

/** A register or an immediate that fits an instruction. */
export function regOrImm(s: Sel, value: Value, form: Form): { b: number; imm: number } {
  if (value.op === "undef") return { b: NONE, imm: 0 };
  if (value.op === "const") {
    const number = BigInt.asIntN(64, constIn(value, form));
    if (fits32(number)) return { b: NONE, imm: Number(number) };
  }
  return { b: reg(s, value, form), imm: 0 };
}

function bitLength(value: bigint): number {
  return value < 0n ? 64 : value.toString(2).length;
}
function signedLength(value: bigint): number {
  return (value < 0n ? (-value - 1n).toString(2).length : value.toString(2).length) + 1;
}

function vregIn(s: Sel, value: Value, form: Form): number {
  const forms = s.forms.get(value);
  if (forms === undefined) return bug(`no register for ${value.op} in ${s.fn.name}`);
  const v = widthOf(value.type) === 64 ? forms.any : forms[form];
  return v === NONE ? bug(`${value.op} in ${s.fn.name} is not there in the form ${form}`) : v;
}

/** Whether a register for the value in that form exists without an instruction. */
export function has(s: Sel, value: Value, form: Form): boolean {
  if (value.op === "const" || value.op === "undef") return true;
  return (s.forms.get(value)?.[form] ?? NONE) !== NONE;
}

/** The value is in vreg v: makes the extended forms that are wanted. */
export function define(s: Sel, value: Value, v: number): void {
  const width = widthOf(value.type);
  if (width === 64) {
    s.forms.set(value, { any: v, zx: v, sx: v });
    return;
  }
  const want = s.demand.get(value) ?? 0;
  const forms: Forms = { any: v, zx: NONE, sx: NONE };
  if (s.bits[v]! <= width) forms.zx = v;
  else if (want & WANT_ZX) forms.zx = zeroExtend(s, v, width);
  if (s.signedBits[v]! <= width) forms.sx = v;
  else if (want & WANT_SX) forms.sx = signExtend(s, forms.zx === NONE ? v : forms.zx, width);
  if (forms.zx !== NONE) forms.any = forms.zx;
  else if (forms.sx !== NONE) forms.any = forms.sx;
  s.forms.set(value, forms);
}

export function zeroExtend(s: Sel, v: number, width: number): number {
  if (width < 32) {
    const def = newVreg(s, width);
    emit(s, mInst("alu", { code: BPF_ALU64 | 0x50, def, a: v, imm: (1 << width) - 1 }));
    return def;
  }
  const def = newVreg(s, 32);
  if (s.cpu >= 3) {
    emit(s, mInst("mov", { code: BPF_ALU | BPF_MOV, def, a: v }));
    return def;
  }
  const up = newVreg(s);
  emit(s, mInst("alu", { code: BPF_ALU64 | 0x60, def: up, a: v, imm: 32 }));
  emit(s, mInst("alu", { code: BPF_ALU64 | 0x70, def, a: up, imm: 32 }));
  return def;
}

export function signExtend(s: Sel, v: number, width: number): number {
  const def = newVreg(s, 64, width);
  if (s.cpu >= 4) {
    emit(s, mInst("mov", { code: BPF_ALU64 | BPF_MOV, def, a: v, off: width }));
    return def;
  }
  const up = newVreg(s);
  emit(s, mInst("alu", { code: BPF_ALU64 | 0x60, def: up, a: v, imm: 64 - width }));
  emit(s, mInst("alu", { code: BPF_ALU64 | 0xc0, def, a: up, imm: 64 - width }));
  return def;
}

// ---- addresses ----------------------------------------------------------------------------------------------------------

export function slotOf(s: Sel, value: Value & { op: "alloca" }): number {
  let slot = s.slots.get(value);
  if (slot === undefined) {
    slot = s.out.slots.length;
    s.out.slots.push({ sizeBytes: value.sizeBytes, align: value.align, name: value.name ?? "", offBytes: 0 });
    s.slots.set(value, slot);
  }
  return slot;
}

/** Follows constant steps back: pointer = root + off. */
export function rootOf(value: Value): { root: Value; off: number } {
  let off = 0;
  while (value.op === "ptradd") {
    const by = value.args[1]!;
    if (by.op !== "const") break;
    const sum = off + Number(by.value);
    if (!Number.isSafeInteger(sum) || Math.abs(sum) > 0x7fff_ffff) break;
    off = sum;
    value = value.args[0]!;
  }
  return { root: value, off };
}

export interface Address {
  a: number;
  slot: number;
  off: number;
  core?: MCore;
}

/** Base and constant of an access; sizeBytes more must be in reach. */
export function address(s: Sel, pointer: Value): Address {
  if (pointer.op === "coreaddr" && foldsCore(s, pointer)) {
    return {
      a: reg(s, pointer.args[0]!, "any"),
      slot: NONE,
      off: pointer.offBytes,
      core: { kind: "field_byte_offset", typeId: pointer.typeId, access: pointer.access },
    };
  }
  const { root, off } = rootOf(pointer);
  if (off < -0x8000 || off > 0x7ff0) return { a: reg(s, pointer, "any"), slot: NONE, off: 0 };
  if (root.op === "alloca") return { a: FP, slot: slotOf(s, root), off };
  return { a: reg(s, root, "any"), slot: NONE, off };
}

/** An access to a CO-RE field carries the relocation itself where the address is for accesses alone. */
export function foldsCore(s: Sel, instr: CoreAddr): boolean {
  if (instr.offBytes > 0x7ff0) return false;
  const base = instr.args[0]!;
  if (base.op === "alloca" || rootOf(base).root.op === "alloca") return false;
  return (s.users.get(instr) ?? []).every(
    (user) => (user.op === "load" || user.op === "store") && user.args[0] === instr && !isAtomicAccess(user),
  );
}

function isAtomicAccess(access: Load | Store): boolean {
  return access.op === "load" ? access.acquire === true : access.release === true;
}

/** Whether every user takes the pointer as base + constant, so that it needs no register of its own. */
export function foldsAway(s: Sel, instr: Instr): boolean {
  const { root, off } = rootOf(instr);
  if (root === instr) return false;
  if (root.op === "alloca" || root.op === "sym") return true;
  if (off < -0x8000 || off > 0x7ff0) return false;
  return (s.users.get(instr) ?? []).every((user) => {
    switch (user.op) {
      case "load":
      case "atomic":
        return user.args[0] === instr && user.args.lastIndexOf(instr) === 0;
      case "store":
        return user.args[0] === instr && user.args[1] !== instr;
      case "ptradd":
        // Looks through: rootOf() of the user goes past this one if its own step is a constant.
        return user.args[0] === instr && user.args[1]!.op === "const" && rootOf(user).root !== instr;
      default:
        return false;
    }
  });
}

// ---- parameters and phis ------------------------------------------------------------------------------------------------

function selectParams(s: Sel): void {
  for (const param of s.fn.params) {
    if ((s.users.get(param) ?? []).length === 0) continue;
    const v = newVreg(s);
    s.out.params[param.index] = v;
  }
  for (const param of s.fn.params) {
    const v = s.out.params[param.index]!;
    if (v !== NONE) define(s, param, v);
  }
}

/** Which form a phi carries. */
function phiForm(s: Sel, value: Value): Form {
  if (widthOf(value.type) === 64) return "any";
  const want = s.demand.get(value) ?? 0;
  return want & WANT_ZX ? "zx" : want & WANT_SX ? "sx" : "any";
}

function declarePhi(s: Sel, phi: Value): void {
  const width = widthOf(phi.type);
  const form = phiForm(s, phi);
  const v = newVreg(s, form === "zx" ? width : 64, form === "sx" ? width : 64);
  s.forms.set(phi, {
    any: v,
    zx: form === "zx" || width === 64 ? v : NONE,
    sx: form === "sx" || width === 64 ? v : NONE,
  });
}

function selectPhis(s: Sel, block: Block): void {
  const phis = block.instrs.filter((instr) => instr.op === "phi");
  for (const phi of phis)
    s.cur.insts.push(mInst("phi", { def: s.forms.get(phi)!.any, pos: phi.pos, args: [], from: [] }));
  for (const phi of phis) if (widthOf(phi.type) < 64) define(s, phi, s.forms.get(phi)!.any);
}

function fillPhis(s: Sel, block: Block): void {
  let at = 0;
  for (const phi of block.instrs) {
    if (phi.op !== "phi") break;
    const inst = s.blocks.get(block)!.insts[at++]!;
    const form = phiForm(s, phi);
    for (const [i, arg] of phi.args.entries()) {
      const from = s.blocks.get(phi.blocks[i]!);
      if (from === undefined) continue;
      inst.args!.push(phiOperand(s, arg, form));
      inst.from!.push(from);
    }
  }
}

function phiOperand(s: Sel, arg: Value, form: Form): MOperand {
  if (form === "any" && arg.op !== "const" && isInstr(arg) && widthOf(arg.type) < 64) {
    return { kind: "vreg", v: s.forms.get(arg)?.any ?? bug("phi of nothing") };
  }
  return operand(s, arg, form);
}

export function ptrPlus(s: Sel, base: number, off: number, core?: MCore): number {
  const def = newVreg(s);
  const inst = mInst("alu", { code: BPF_ALU64 | BPF_ADD, def, a: base, imm: off });
  if (core !== undefined) inst.core = core;
  emit(s, inst);
  return def;
}

export function zero(type: Value["type"]): Value {
  return constant(type, 0n);
}
