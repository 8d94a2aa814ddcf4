/**
 * Makes functions instruction by instruction: `Builder` stands at the end of a block and holds the position that new
 * instructions get.
 *
 * @example
 * ```ts
 * const fn = irFunction({ name: "f", ret: "i32", params: [{ type: "ptr", name: "ctx", prov: "ctx" }] });
 * const b = new Builder(fn);
 * b.ret(b.binary("add", constant("i32", 1n), constant("i32", 2n)));
 * ```
 */
import { bug } from "../base/error.ts";
import type {
  Alloca,
  AsmOperand,
  Atomic,
  BinaryOp,
  Block,
  Call,
  Const,
  CoreInfo,
  Instr,
  IntType,
  IrFunction,
  IrModule,
  IrType,
  Param,
  Phi,
  Pos,
  Pred,
  Prov,
  Sym,
  Terminator,
  Undef,
  Value,
} from "./ir.ts";

export function irModule(): IrModule {
  return { files: [], functions: [], globals: [], externs: [] };
}

export interface FunctionOptions {
  readonly name: string;
  readonly section?: string;
  readonly linkage?: IrFunction["linkage"];
  readonly hidden?: boolean;
  readonly inline?: IrFunction["inline"];
  readonly naked?: boolean;
  readonly ret: IrType;
  readonly params: readonly { readonly type: IrType; readonly name: string; readonly prov?: Prov }[];
  readonly btfId?: number;
  readonly pos?: Pos | null;
}

/** Without blocks; `new Builder(fn)` adds the entry. */
export function irFunction(options: FunctionOptions): IrFunction {
  const params = options.params.map((param, index): Param => ({ op: "param", id: index, index, ...param }));
  return {
    name: options.name,
    section: options.section ?? ".text",
    linkage: options.linkage ?? "global",
    hidden: options.hidden ?? false,
    inline: options.inline ?? "auto",
    naked: options.naked ?? false,
    params,
    ret: options.ret,
    btfId: options.btfId ?? 0,
    blocks: [],
    nextId: params.length,
    pos: options.pos ?? null,
  };
}

export function widthOf(type: IrType): number {
  switch (type) {
    case "i8":
      return 8;
    case "i16":
      return 16;
    case "i32":
      return 32;
    case "i64":
    case "ptr":
      return 64;
    case "void":
      return 0;
  }
}

/** Any integer, wrapped to the type's width. */
export function constant(type: IrType, value: bigint): Const {
  return { op: "const", type, value: BigInt.asIntN(widthOf(type), value) };
}

export function sym(name: string): Sym {
  return { op: "sym", type: "ptr", name };
}

export function undef(type: IrType): Undef {
  return { op: "undef", type };
}

export function newBlock(fn: IrFunction, name: string): Block {
  return { id: fn.nextId++, name, instrs: [] };
}

/** What the code generator aligns a slot to: aligned accesses are worth a few bytes. */
export function slotAlign(sizeBytes: number, align: number): number {
  const natural = sizeBytes >= 8 ? 8 : sizeBytes >= 4 ? 4 : sizeBytes >= 2 ? 2 : 1;
  return Math.max(natural, Math.min(align, 8));
}

export function terminatorOf(block: Block): Terminator | null {
  const last = block.instrs[block.instrs.length - 1];
  return last !== undefined && isTerminator(last) ? last : null;
}

export function isTerminator(instr: Instr): instr is Terminator {
  switch (instr.op) {
    case "br":
    case "condbr":
    case "switch":
    case "ret":
    case "unreachable":
    case "asmbr":
      return true;
    default:
      return false;
  }
}

export class Builder {
  readonly fn: IrFunction;
  block: Block;
  /** What the next instructions get. */
  pos: Pos | null = null;

  constructor(fn: IrFunction) {
    this.fn = fn;
    if (fn.blocks.length === 0) fn.blocks.push(newBlock(fn, "entry"));
    this.block = fn.blocks[fn.blocks.length - 1]!;
  }

  /** A new block, not yet placed: `place` puts it behind those that are, and stands at its end. */
  newBlock(name: string): Block {
    return newBlock(this.fn, name);
  }

  place(block: Block): void {
    this.fn.blocks.push(block);
    this.block = block;
  }

  /** Whether the block still wants a terminator. */
  get open(): boolean {
    return terminatorOf(this.block) === null;
  }

  add<T extends Instr>(instr: T): T {
    if (!this.open) bug(`instruction behind the end of block ${this.block.name}`);
    this.block.instrs.push(instr);
    return instr;
  }

  private base(type: IrType, args: Value[]): { type: IrType; id: number; args: Value[]; pos: Pos | null } {
    return { type, id: this.fn.nextId++, args, pos: this.pos };
  }

  binary(op: BinaryOp, a: Value, b: Value, nsw = false): Value {
    return this.add({ op, ...this.base(a.type, [a, b]), ...(nsw ? { nsw } : {}) });
  }
  icmp(pred: Pred, a: Value, b: Value): Value {
    return this.add({ op: "icmp", pred, ...this.base("i32", [a, b]) });
  }
  select(cond: Value, a: Value, b: Value): Value {
    return this.add({ op: "select", ...this.base(a.type, [cond, a, b]) });
  }
  /** zext, sext or trunc to `type`; the value itself where it has that type. */
  cast(op: "zext" | "sext" | "trunc", value: Value, type: IntType): Value {
    return value.type === type ? value : this.add({ op, ...this.base(type, [value]) });
  }
  ptrToInt(value: Value): Value {
    return this.add({ op: "ptrtoint", ...this.base("i64", [value]) });
  }
  intToPtr(value: Value, prov?: Prov): Value {
    return this.add({ op: "inttoptr", ...this.base("ptr", [value]), ...(prov === undefined ? {} : { prov }) });
  }
  bswap(value: Value): Value {
    return this.add({ op: "bswap", ...this.base(value.type, [value]) });
  }
  ptrAdd(ptr: Value, offset: Value | number): Value {
    if (offset === 0) return ptr;
    const by = typeof offset === "number" ? constant("i64", BigInt(offset)) : offset;
    return this.add({ op: "ptradd", ...this.base("ptr", [ptr, by]) });
  }
  /** Goes to the start of the entry block, wherever the builder stands. */
  alloca(sizeBytes: number, align: number, name = ""): Alloca {
    const instr: Alloca = { op: "alloca", sizeBytes, align, ...this.base("ptr", []), name, prov: "stack" };
    const entry = this.fn.blocks[0]!.instrs;
    let at = 0;
    while (at < entry.length && entry[at]!.op === "alloca") at++;
    entry.splice(at, 0, instr);
    return instr;
  }
  lifetime(op: "lifestart" | "lifeend", slot: Alloca): void {
    this.add({ op, ...this.base("void", [slot]) });
  }
  load(
    type: IrType,
    ptr: Value,
    align: number,
    options: { volatile?: boolean; acquire?: boolean; prov?: Prov } = {},
  ): Value {
    return this.add({
      op: "load",
      ...this.base(type, [ptr]),
      align,
      volatile: options.volatile ?? false,
      ...(options.acquire ? { acquire: true } : {}),
      ...(options.prov === undefined ? {} : { prov: options.prov }),
    });
  }
  store(ptr: Value, value: Value, align: number, options: { volatile?: boolean; release?: boolean } = {}): void {
    this.add({
      op: "store",
      ...this.base("void", [ptr, value]),
      align,
      volatile: options.volatile ?? false,
      ...(options.release ? { release: true } : {}),
    });
  }
  memOp(
    op: "memcpy" | "memmove" | "memset" | "memcmp",
    a: Value,
    b: Value,
    len: Value | number,
    align = 1,
    srcAlign = 1,
  ): Value {
    const length = typeof len === "number" ? constant("i64", BigInt(len)) : len;
    return this.add({ op, ...this.base(op === "memcmp" ? "i32" : "void", [a, b, length]), align, srcAlign });
  }
  call(callee: Call["callee"], type: IrType, args: readonly Value[], prov?: Prov): Value {
    return this.add({ op: "call", callee, ...this.base(type, [...args]), ...(prov === undefined ? {} : { prov }) });
  }
  atomic(rmw: Atomic["rmw"], type: IrType, args: readonly Value[]): Value {
    return this.add({ op: "atomic", rmw, ...this.base(type, [...args]) });
  }
  coreAddr(base: Value, typeId: number, access: string, offBytes: number): Value {
    return this.add({ op: "coreaddr", ...this.base("ptr", [base]), typeId, access, offBytes });
  }
  coreInfo(kind: CoreInfo["kind"], typeId: number, access: string, value: bigint, type: IntType = "i64"): Value {
    return this.add({ op: "coreinfo", ...this.base(type, []), kind, typeId, access, value });
  }
  asm(
    type: IrType,
    text: string,
    operands: AsmOperand[],
    args: readonly Value[],
    clobbers: string[],
    volatile = true,
  ): Value {
    return this.add({ op: "asm", ...this.base(type, [...args]), text, operands, clobbers, volatile });
  }
  asmOut(asm: Value, index: number, type: IrType): Value {
    return this.add({ op: "asmout", ...this.base(type, [asm]), index });
  }
  opaque(value: Value): Value {
    return this.add({ op: "opaque", ...this.base(value.type, [value]) });
  }
  fence(): void {
    this.add({ op: "fence", ...this.base("void", []) });
  }
  addrCast(value: Value, from: number, to: number): Value {
    return this.add({ op: "addrcast", ...this.base("ptr", [value]), from, to });
  }
  phi(type: IrType, args: Value[], blocks: Block[]): Phi {
    return this.add({ op: "phi", ...this.base(type, args), blocks });
  }
  br(target: Block): void {
    this.add({ op: "br", ...this.base("void", []), targets: [target] });
  }
  condBr(cond: Value, then: Block, otherwise: Block): void {
    this.add({ op: "condbr", ...this.base("void", [cond]), targets: [then, otherwise] });
  }
  switch(value: Value, cases: bigint[], targets: Block[], otherwise: Block): void {
    this.add({ op: "switch", ...this.base("void", [value]), cases, targets: [...targets, otherwise] });
  }
  ret(value: Value | null): void {
    this.add({ op: "ret", ...this.base("void", value === null ? [] : [value]), targets: [] });
  }
  unreachable(): void {
    this.add({ op: "unreachable", ...this.base("void", []), targets: [] });
  }
}
