/** Selection of each operation; select.ts says how values stand in registers. */
import { bug } from "../base/error.ts";
import { widthOf } from "../ir/build.ts";
import { isInstr, isSignedPred, swappedPred } from "../ir/facts.ts";
import type { Atomic, Binary, CondBr, CoreInfo, Icmp, Instr, Load, Pred, Store, Unary, Value } from "../ir/ir.ts";
import * as isa from "../isa/codes.ts";
import { WANT_SX, WANT_ZX } from "./demand.ts";
import { mInst, NONE } from "./mir.ts";
import {
  address,
  define,
  emit,
  type Form,
  fits32,
  foldsAway,
  foldsCore,
  has,
  newVreg,
  ptrPlus,
  reg,
  regOrImm,
  rootOf,
  type Sel,
  slotOf,
  storedConstant,
} from "./sel.ts";
import { selectAsm, selectAsmBr } from "./select-asm.ts";
import { selectCall, selectRet, selectUnreachable } from "./select-call.ts";

export function selectInstr(s: Sel, instr: Instr): void {
  switch (instr.op) {
    case "add":
    case "sub":
    case "mul":
    case "and":
    case "or":
    case "xor":
    case "shl":
    case "lshr":
    case "ashr":
    case "udiv":
    case "umod":
    case "sdiv":
    case "smod":
      selectBinary(s, instr);
      break;
    case "zext":
    case "sext":
    case "trunc":
    case "ptrtoint":
    case "inttoptr":
    case "bswap":
      selectUnary(s, instr);
      break;
    case "icmp":
    case "alloca":
    case "asmout":
    case "fence":
      // Comparisons are made by the branches that take them.
      break;
    case "lifestart":
    case "lifeend": {
      const slot = instr.args[0]!;
      if (slot.op === "alloca")
        emit(s, mInst("life", { slot: slotOf(s, slot), imm: instr.op === "lifestart" ? 1 : 0 }));
      break;
    }
    case "ptradd":
      selectPtrAdd(s, instr);
      break;
    case "load":
      selectLoad(s, instr);
      break;
    case "store":
      selectStore(s, instr);
      break;
    case "atomic":
      selectAtomic(s, instr);
      break;
    case "call":
      selectCall(s, instr);
      break;
    case "coreaddr":
      if (!foldsCore(s, instr)) {
        const core = { kind: "field_byte_offset", typeId: instr.typeId, access: instr.access } as const;
        define(s, instr, ptrPlus(s, reg(s, instr.args[0]!, "any"), instr.offBytes, core));
      }
      break;
    case "coreinfo":
      selectCoreInfo(s, instr);
      break;
    case "addrcast": {
      const def = newVreg(s);
      emit(
        s,
        mInst("cast", {
          code: isa.BPF_ALU64 | isa.BPF_MOV,
          def,
          a: reg(s, instr.args[0]!, "any"),
          off: 1,
          imm: castImm(instr.from, instr.to),
        }),
      );
      define(s, instr, def);
      break;
    }
    case "opaque":
      selectAsm(
        s,
        { ...instr, op: "asm", text: "", operands: [{ constraint: "+r", name: "" }], clobbers: [], volatile: true },
        instr,
      );
      break;
    case "asm":
      selectAsm(s, instr, instr);
      break;
    case "asmbr":
      selectAsmBr(s, instr);
      break;
    case "br":
      emit(s, mInst("jmp", { targets: [s.blocks.get(instr.targets[0]!)!] }));
      break;
    case "condbr":
      selectCondBr(s, instr);
      break;
    case "ret":
      selectRet(s, instr);
      break;
    case "unreachable":
      selectUnreachable(s);
      break;
    case "phi":
    case "select":
    case "switch":
    case "memcpy":
    case "memmove":
    case "memset":
    case "memcmp":
      bug(`${instr.op} is left at selection`);
  }
}

/** imm of an address space cast: destination in the upper half, source in the lower. */
function castImm(from: number, to: number): number {
  return (to << 16) | from;
}

const ALU_OP: Readonly<Record<string, number>> = {
  add: isa.BPF_ADD,
  sub: isa.BPF_SUB,
  mul: isa.BPF_MUL,
  udiv: isa.BPF_DIV,
  sdiv: isa.BPF_DIV,
  umod: isa.BPF_MOD,
  smod: isa.BPF_MOD,
  and: isa.BPF_AND,
  or: isa.BPF_OR,
  xor: isa.BPF_XOR,
  shl: isa.BPF_LSH,
  lshr: isa.BPF_RSH,
  ashr: isa.BPF_ARSH,
};

function selectBinary(s: Sel, instr: Binary): void {
  const width = widthOf(instr.type);
  const want = width === 64 ? 0 : (s.demand.get(instr) ?? 0);
  let left: Value = instr.args[0]!;
  let right: Value = instr.args[1]!;
  const commutes =
    instr.op === "add" || instr.op === "mul" || instr.op === "and" || instr.op === "or" || instr.op === "xor";
  if (commutes && (left.op === "const" || left.op === "undef") && right.op !== "const") [left, right] = [right, left];
  let form: Form = "any";
  let rightForm: Form = "any";
  switch (instr.op) {
    case "lshr":
    case "udiv":
    case "umod":
      form = rightForm = "zx";
      break;
    case "ashr":
      form = "sx";
      rightForm = "zx";
      break;
    case "sdiv":
    case "smod":
      form = rightForm = "sx";
      break;
    case "shl":
      rightForm = "zx";
      break;
    case "add":
    case "sub":
    case "mul":
      if (want & WANT_SX && instr.nsw && has(s, left, "sx") && has(s, right, "sx")) form = rightForm = "sx";
      break;
    default:
      break;
  }
  if ((instr.op === "sdiv" || instr.op === "smod") && s.cpu < 4) {
    signedDivision(s, instr, left, right, width);
    return;
  }
  if (instr.op === "sub" && left.op === "const" && left.value === 0n && right.op !== "const") {
    const def = newVreg(s, 64, form === "sx" ? width : 64);
    emit(s, mInst("unary", { code: isa.BPF_ALU64 | isa.BPF_NEG, def, a: reg(s, right, form) }));
    define(s, instr, def);
    return;
  }
  const a = reg(s, left, form);
  const { b, imm } = regOrImm(s, right, rightForm);
  const known = knownBits(s, instr.op, a, b, imm, width);
  const code = ALU_OP[instr.op]!;
  // A 32-bit operation extends for nothing what would need an extension.
  const narrow =
    width === 32 && s.cpu >= 3 && form === "any" && (want & WANT_ZX) !== 0 && known.bits > 32 && instr.op !== "shl";
  const narrowShift = width === 32 && s.cpu >= 3 && instr.op === "shl" && (want & WANT_ZX) !== 0 && known.bits > 32;
  const cls = narrow || narrowShift ? isa.BPF_ALU : isa.BPF_ALU64;
  const signed =
    form === "sx" &&
    (instr.op === "ashr" ||
      instr.op === "add" ||
      instr.op === "sub" ||
      instr.op === "mul" ||
      instr.op === "sdiv" ||
      instr.op === "smod");
  const bits = narrow || narrowShift ? Math.min(32, known.bits) : known.bits;
  const def = newVreg(s, bits, signed ? width : 64);
  emit(s, mInst("alu", { code: cls | code, def, a, b, imm, off: instr.op === "sdiv" || instr.op === "smod" ? 1 : 0 }));
  define(s, instr, def);
}

/** Upper bound on the bits of a 64-bit result, from those of the operands. */
function knownBits(s: Sel, op: Binary["op"], a: number, b: number, imm: number, width: number): { bits: number } {
  const left = s.bits[a]!;
  const right = b === NONE ? (imm < 0 ? 64 : imm.toString(2).length) : s.bits[b]!;
  switch (op) {
    case "and":
      return { bits: Math.min(left, right) };
    case "or":
    case "xor":
      return { bits: Math.max(left, right) };
    case "add":
      return { bits: Math.min(64, Math.max(left, right) + 1) };
    case "mul":
      return { bits: Math.min(64, left + right) };
    case "shl":
      return { bits: b === NONE ? Math.min(64, left + imm) : 64 };
    case "lshr":
      return { bits: b === NONE ? Math.max(0, left - imm) : left };
    case "udiv":
      return { bits: left };
    case "umod":
      // Modulo by 0 leaves the dividend.
      return { bits: b === NONE && imm > 0 ? Math.min(left, right) : Math.min(left, 64) };
    case "ashr":
      return { bits: left < width ? left : 64 };
    default:
      return { bits: 64 };
  }
}

/** Before -mcpu=v4 there is none: by the magnitudes, as C defines it. Non-negative values need no more than the unsigned one. */
function signedDivision(s: Sel, instr: Binary, left: Value, right: Value, width: number): void {
  const op = instr.op === "sdiv" ? isa.BPF_DIV : isa.BPF_MOD;
  const magnitude = (value: Value): { abs: number; sign: number } => {
    const v = reg(s, value, "sx");
    if (s.bits[v]! < 64) return { abs: v, sign: NONE };
    const sign = newVreg(s);
    emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_ARSH, def: sign, a: v, imm: 63 }));
    const flipped = newVreg(s);
    emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_XOR, def: flipped, a: v, b: sign }));
    const abs = newVreg(s);
    emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_SUB, def: abs, a: flipped, b: sign }));
    return { abs, sign };
  };
  const a = magnitude(left);
  const b = magnitude(right);
  const quotient = newVreg(s);
  emit(s, mInst("alu", { code: isa.BPF_ALU64 | op, def: quotient, a: a.abs, b: b.abs }));
  let sign = a.sign;
  if (instr.op === "sdiv" && b.sign !== NONE) {
    if (sign === NONE) sign = b.sign;
    else {
      const both = newVreg(s);
      emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_XOR, def: both, a: sign, b: b.sign }));
      sign = both;
    }
  }
  let result = quotient;
  if (sign !== NONE) {
    const flipped = newVreg(s);
    emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_XOR, def: flipped, a: quotient, b: sign }));
    result = newVreg(s, 64, width);
    emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_SUB, def: result, a: flipped, b: sign }));
  }
  s.signedBits[result] = Math.min(s.signedBits[result]!, width);
  define(s, instr, result);
}

function selectUnary(s: Sel, instr: Unary): void {
  const value = instr.args[0]!;
  const width = widthOf(instr.type);
  switch (instr.op) {
    case "zext":
    case "sext":
      define(s, instr, reg(s, value, instr.op === "zext" ? "zx" : "sx"));
      break;
    case "trunc":
      define(s, instr, reg(s, value, "any"));
      break;
    case "ptrtoint":
    case "inttoptr":
      define(s, instr, reg(s, value, "any"));
      break;
    case "bswap": {
      const def = newVreg(s, width);
      // To big-endian: BPF_END with the X source; it zero-extends.
      emit(
        s,
        mInst("unary", { code: isa.BPF_ALU | isa.BPF_END | isa.BPF_X, def, a: reg(s, value, "any"), imm: width }),
      );
      define(s, instr, def);
      break;
    }
  }
}

function selectPtrAdd(s: Sel, instr: Instr): void {
  if (foldsAway(s, instr)) return;
  const { root, off } = rootOf(instr);
  if (root !== instr) {
    define(s, instr, off === 0 ? reg(s, root, "any") : ptrPlus(s, reg(s, root, "any"), off));
    return;
  }
  const base = reg(s, instr.args[0]!, "any");
  const { b, imm } = regOrImm(s, instr.args[1]!, "any");
  const def = newVreg(s);
  emit(s, mInst("alu", { code: isa.BPF_ALU64 | isa.BPF_ADD, def, a: base, b, imm }));
  define(s, instr, def);
}

// ---- memory -------------------------------------------------------------------------------------------------------------

const SIZE_CODE: Readonly<Record<number, number>> = { 8: isa.BPF_B, 16: isa.BPF_H, 32: isa.BPF_W, 64: isa.BPF_DW };

function selectLoad(s: Sel, instr: Load): void {
  const width = widthOf(instr.type);
  const at = address(s, instr.args[0]!);
  if (instr.acquire) {
    const def = newVreg(s, width);
    emit(
      s,
      mInst("atomic", { code: isa.BPF_STX | isa.BPF_ATOMIC | SIZE_CODE[width]!, def, ...at, imm: isa.BPF_LOAD_ACQ }),
    );
    define(s, instr, def);
    return;
  }
  const want = s.demand.get(instr) ?? 0;
  const signed = s.cpu >= 4 && width < 64 && want === WANT_SX && at.core === undefined;
  const def = newVreg(s, signed ? 64 : width, signed ? width : 64);
  const mode = signed ? isa.BPF_MEMSX : isa.BPF_MEM;
  emit(s, mInst("load", { code: isa.BPF_LDX | mode | SIZE_CODE[width]!, def, ...at }));
  define(s, instr, def);
}

function selectStore(s: Sel, instr: Store): void {
  const value = instr.args[1]!;
  const width = widthOf(value.type);
  const at = address(s, instr.args[0]!);
  if (instr.release) {
    emit(
      s,
      mInst("atomic", {
        code: isa.BPF_STX | isa.BPF_ATOMIC | SIZE_CODE[width]!,
        ...at,
        b: reg(s, value, "any"),
        imm: isa.BPF_STORE_REL,
      }),
    );
    return;
  }
  // Constants go by ST where every kernel takes it: the stack and map values.
  const root = rootOf(instr.args[0]!).root;
  if ((root.op === "alloca" || s.cpu >= 4) && at.core === undefined) {
    const { b, imm } = regOrImm(s, value, "any");
    const cls = b === NONE ? isa.BPF_ST : isa.BPF_STX;
    emit(s, mInst("store", { code: cls | isa.BPF_MEM | SIZE_CODE[width]!, ...at, b, imm }));
    return;
  }
  const b =
    value.op === "const" || value.op === "undef"
      ? storedConstant(s, value.op === "const" ? BigInt.asIntN(64, value.value) : 0n)
      : reg(s, value, "any");
  emit(s, mInst("store", { code: isa.BPF_STX | isa.BPF_MEM | SIZE_CODE[width]!, ...at, b }));
}

const RMW_OP: Readonly<Record<string, number>> = {
  add: isa.BPF_ADD,
  or: isa.BPF_OR,
  and: isa.BPF_AND,
  xor: isa.BPF_XOR,
  xchg: isa.BPF_XCHG,
  cmpxchg: isa.BPF_CMPXCHG,
};

function selectAtomic(s: Sel, instr: Atomic): void {
  const value = instr.args[1]!;
  const width = widthOf(value.type);
  const at = address(s, instr.args[0]!);
  const code = isa.BPF_STX | isa.BPF_ATOMIC | SIZE_CODE[width]!;
  if (instr.rmw === "cmpxchg") {
    const def = newVreg(s, width);
    const c = reg(s, value, "zx" in (s.forms.get(value) ?? {}) && has(s, value, "zx") ? "zx" : "any");
    emit(s, mInst("cmpxchg", { code, def, ...at, b: reg(s, instr.args[2]!, "any"), c, imm: isa.BPF_CMPXCHG }));
    if (instr.type !== "void") define(s, instr, def);
    return;
  }
  const fetched = instr.rmw === "xchg" || (s.users.get(instr) ?? []).length > 0;
  const def = fetched ? newVreg(s, width) : NONE;
  const imm = RMW_OP[instr.rmw]! | (fetched ? isa.BPF_FETCH : 0);
  emit(s, mInst("atomic", { code, def, ...at, b: reg(s, value, "any"), imm }));
  if (fetched && instr.type !== "void") define(s, instr, def);
}

function selectCoreInfo(s: Sel, instr: CoreInfo): void {
  const core = { kind: instr.kind, typeId: instr.typeId, access: instr.access };
  const wide =
    instr.kind === "type_id_local" ||
    instr.kind === "type_id_target" ||
    instr.kind === "enumval_value" ||
    !fits32(instr.value);
  const def = newVreg(s);
  if (wide) emit(s, mInst("imm64", { code: isa.LD_IMM64, def, wide: instr.value, core }));
  else emit(s, mInst("mov", { code: isa.BPF_ALU64 | isa.BPF_MOV, def, imm: Number(instr.value), core }));
  define(s, instr, def);
}

// ---- calls and ends -----------------------------------------------------------------------------------------------------

const JUMP: Readonly<Record<Pred, number>> = {
  eq: isa.BPF_JEQ,
  ne: isa.BPF_JNE,
  ult: isa.BPF_JLT,
  ule: isa.BPF_JLE,
  ugt: isa.BPF_JGT,
  uge: isa.BPF_JGE,
  slt: isa.BPF_JSLT,
  sle: isa.BPF_JSLE,
  sgt: isa.BPF_JSGT,
  sge: isa.BPF_JSGE,
};

function selectCondBr(s: Sel, instr: CondBr): void {
  const cond = instr.args[0]!;
  const targets = instr.targets.map((target) => s.blocks.get(target)!);
  if (cond.op === "const" || cond.op === "undef") {
    emit(s, mInst("jmp", { targets: [targets[cond.op === "const" && cond.value !== 0n ? 0 : 1]!] }));
    return;
  }
  if (isInstr(cond) && cond.op === "icmp") {
    compareAndBranch(s, cond, targets);
    return;
  }
  const a = reg(s, cond, widthOf(cond.type) === 64 ? "any" : "zx");
  emit(s, mInst("jcc", { code: isa.BPF_JMP | isa.BPF_JNE, a, imm: 0, targets }));
}

function compareAndBranch(s: Sel, cond: Icmp, targets: NonNullable<ReturnType<typeof mInst>["targets"]>): void {
  let [left, right] = cond.args as [Value, Value];
  let pred = cond.pred;
  const isConst = (value: Value): boolean => value.op === "const" || value.op === "undef";
  if (isConst(left) && !isConst(right)) {
    [left, right] = [right, left];
    pred = swappedPred(pred);
  }
  const width = widthOf(left.type);
  let form: Form = "any";
  let cls = isa.BPF_JMP;
  if (width < 64) {
    const both = (one: Form): boolean => has(s, left, one) && has(s, right, one);
    const signed = isSignedPred(pred);
    if (signed && both("sx")) form = "sx";
    else if (!signed && both("zx")) form = "zx";
    else if ((pred === "eq" || pred === "ne") && both("sx")) form = "sx";
    else if (width === 32 && s.cpu >= 3) cls = isa.BPF_JMP32;
    else bug(`comparison of i${width} without the form that ${pred} wants`);
    // The number as it stands in zero-extended registers may need more than imm; a 32-bit comparison has it.
    if (form === "zx" && width === 32 && s.cpu >= 3 && right.op === "const" && right.value < 0n) {
      cls = isa.BPF_JMP32;
      form = "any";
    }
  }
  const a = reg(s, left, form === "any" && has(s, left, "zx") ? "zx" : form);
  const { b, imm } = regOrImm(s, right, form);
  emit(s, mInst("jcc", { code: cls | JUMP[pred], a, b, imm, targets }));
}
