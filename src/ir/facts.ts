/** What holds of an instruction whatever its operands. */
import type { Instr, Pred, Value } from "./ir.ts";

export function isInstr(value: Value): value is Instr {
  return value.op !== "const" && value.op !== "undef" && value.op !== "param" && value.op !== "sym";
}

/** Whether it must stay though nobody takes its result. */
export function hasEffect(instr: Instr): boolean {
  switch (instr.op) {
    case "store":
    case "call":
    case "atomic":
    case "memcpy":
    case "memmove":
    case "memset":
    case "opaque":
    case "fence":
    case "br":
    case "condbr":
    case "switch":
    case "ret":
    case "unreachable":
    case "asmbr":
    case "lifestart":
    case "lifeend":
      return true;
    case "asm":
      return instr.volatile || instr.type === "void";
    case "load":
      return instr.volatile || instr.acquire === true;
    default:
      return false;
  }
}

/** Result depends on the operands alone: may be computed again, or once for several. */
export function isPure(instr: Instr): boolean {
  switch (instr.op) {
    case "add":
    case "sub":
    case "mul":
    case "udiv":
    case "sdiv":
    case "umod":
    case "smod":
    case "and":
    case "or":
    case "xor":
    case "shl":
    case "lshr":
    case "ashr":
    case "icmp":
    case "select":
    case "zext":
    case "sext":
    case "trunc":
    case "ptrtoint":
    case "inttoptr":
    case "bswap":
    case "ptradd":
    case "coreaddr":
    case "coreinfo":
    case "addrcast":
      return true;
    default:
      return false;
  }
}

/** Whether memory that others see, or that a pointer leads to, may be written. */
export function mayWrite(instr: Instr): boolean {
  switch (instr.op) {
    case "store":
    case "call":
    case "atomic":
    case "memcpy":
    case "memmove":
    case "memset":
    case "fence":
    case "asm":
    case "asmbr":
      return true;
    case "load":
      return instr.acquire === true;
    default:
      return false;
  }
}

const INVERSE: Readonly<Record<Pred, Pred>> = {
  eq: "ne",
  ne: "eq",
  ult: "uge",
  ule: "ugt",
  ugt: "ule",
  uge: "ult",
  slt: "sge",
  sle: "sgt",
  sgt: "sle",
  sge: "slt",
};
const SWAPPED: Readonly<Record<Pred, Pred>> = {
  eq: "eq",
  ne: "ne",
  ult: "ugt",
  ule: "uge",
  ugt: "ult",
  uge: "ule",
  slt: "sgt",
  sle: "sge",
  sgt: "slt",
  sge: "sle",
};

/** not (a P b) */
export function inversePred(pred: Pred): Pred {
  return INVERSE[pred];
}
/** b P' a for a P b */
export function swappedPred(pred: Pred): Pred {
  return SWAPPED[pred];
}
export function isSignedPred(pred: Pred): boolean {
  return pred === "slt" || pred === "sle" || pred === "sgt" || pred === "sge";
}
