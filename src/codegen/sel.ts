/** State of the selection of one function, and how values become operands: forms, addresses, stack slots. */
import { bug } from "../base/error.ts";
import { widthOf } from "../ir/build.ts";
import type { Block, CoreAddr, Instr, IrDiagnostic, IrFunction, Load, Pos, Store, Value } from "../ir/ir.ts";
import { BPF_ADD, BPF_ALU, BPF_ALU64, BPF_K, BPF_MOV, LD_IMM64 } from "../isa/codes.ts";
import { type Demand, WANT_SX, WANT_ZX } from "./demand.ts";
import { FP, type MBlock, type MCore, type MFunction, type MInst, type MOperand, mInst, NONE } from "./mir.ts";

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
  /** Addresses of symbols that are made already on the way here. */
  syms: Map<string, number>;
  /** Constants that stand in a register for stores, in this block since the last call. */
  readonly imms: Map<bigint, number>;
  cur: MBlock;
  pos: Pos | null;
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

/** A constant for a store that takes none itself: several in a row share the register. */
export function storedConstant(s: Sel, value: bigint): number {
  let v = s.imms.get(value);
  if (v === undefined) {
    v = materialize(s, { kind: "imm", value });
    s.imms.set(value, v);
  }
  return v;
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

export function ptrPlus(s: Sel, base: number, off: number, core?: MCore): number {
  const def = newVreg(s);
  const inst = mInst("alu", { code: BPF_ALU64 | BPF_ADD, def, a: base, imm: off });
  if (core !== undefined) inst.core = core;
  emit(s, inst);
  return def;
}

export function problem(s: Sel, code: string, message: string, advice: string): void {
  s.diagnostics.push({ code, severity: "error", message, advice, pos: s.pos, func: s.fn.name });
}
