/**
 * Where the translator keeps the eBPF registers of one function. A register has up to two WebAssembly locals, and at any point
 * of the code one or more forms that hold its value:
 *
 *     WIDE    i64 local with all 64 bits
 *     LOW     i32 local; the upper 32 bits are known to be zero
 *     FRAME   no code yet: frame pointer + offset
 *     OFFSET  i32 local + a constant that is not added yet (it goes into the offset of a load or store); does not wrap
 *     CONST   no code yet: a constant
 *
 * Where blocks meet, a register that dataflow calls `low` is in LOW, any other live one in WIDE (flow.ts, `settle`).
 */
import { STACK_TOP } from "../../layout/layout.ts";
import { Code } from "../../wasm/code.ts";
import { I32, I32_ADD, I32_WRAP_I64, I64, I64_EXTEND_I32_U } from "../../wasm/op.ts";

export const WIDE = 1;
export const LOW = 2;
const FRAME = 4;
const CONST = 8;
const OFFSET = 16;

export const MAX32 = 0xffff_ffff;

export class Regs {
  readonly code: Code = new Code(4096);
  readonly form: Uint8Array = new Uint8Array(11);
  /** Offset from r10 for FRAME; what is to be added for OFFSET; the constant's halves for CONST. */
  readonly symLo: Int32Array = new Int32Array(11);
  readonly symHi: Int32Array = new Int32Array(11);
  /** Largest unsigned value of registers whose upper half is zero. */
  readonly max: Float64Array = new Float64Array(11).fill(MAX32);
  /** Bit r: register r is known not to be 0 (a pointer that was tested). */
  nonZero = 0;
  /** Types of the locals behind the parameters. */
  readonly localTypes: number[] = [];
  private readonly params: number;
  private readonly wide: Int32Array = new Int32Array(11).fill(-1);
  private readonly low: Int32Array = new Int32Array(11).fill(-1);
  private readonly temps32: number[] = [];
  private readonly temps64: number[] = [];
  /** Local that holds the lowest address of this function's frame (r10 - 512); -1 in the main program, where r10 is known. */
  readonly frameLocal: number;

  constructor(params: number, frameLocal: number) {
    this.params = params;
    this.frameLocal = frameLocal;
  }

  newLocal(type: number): number {
    return this.params + this.localTypes.push(type) - 1;
  }

  /** The k-th scratch local of its type: valid until the next use of the same k. */
  temp32(k: number): number {
    this.temps32[k] ??= this.newLocal(I32);
    return this.temps32[k]!;
  }

  temp64(k: number): number {
    this.temps64[k] ??= this.newLocal(I64);
    return this.temps64[k]!;
  }

  /** Binds a register to a parameter, in WIDE or LOW. */
  bindParam(reg: number, param: number, form: number): void {
    (form === WIDE ? this.wide : this.low)[reg] = param;
    this.form[reg] = form;
  }

  wideLocal(reg: number): number {
    if (this.wide[reg] === -1) this.wide[reg] = this.newLocal(I64);
    return this.wide[reg]!;
  }

  lowLocal(reg: number): number {
    if (this.low[reg] === -1) this.low[reg] = this.newLocal(I32);
    return this.low[reg]!;
  }

  /** True where the upper half is known to be zero here. */
  isLow(reg: number): boolean {
    const form = this.form[reg]!;
    return (form & (LOW | FRAME | OFFSET)) !== 0 || ((form & CONST) !== 0 && this.symHi[reg] === 0);
  }

  isConst(reg: number): boolean {
    return (this.form[reg]! & CONST) !== 0;
  }

  isOffset(reg: number): boolean {
    return (this.form[reg]! & (OFFSET | LOW)) === OFFSET;
  }

  isFrame(reg: number): boolean {
    return (this.form[reg]! & FRAME) !== 0;
  }

  /** Pushes the low half as i32. */
  getLow(reg: number): void {
    const form = this.form[reg]!;
    const { code } = this;
    if ((form & CONST) !== 0) code.i32(this.symLo[reg]!);
    else if ((form & FRAME) !== 0) this.frameAddress(this.symLo[reg]!);
    else if ((form & LOW) !== 0) code.get(this.lowLocal(reg));
    else if ((form & OFFSET) !== 0) {
      code.get(this.lowLocal(reg));
      code.i32(this.symLo[reg]!);
      code.op(I32_ADD);
    } else {
      code.get(this.wideLocal(reg));
      code.op(I32_WRAP_I64);
    }
  }

  /** Pushes all 64 bits. */
  getWide(reg: number): void {
    const form = this.form[reg]!;
    const { code } = this;
    if ((form & CONST) !== 0) code.i64(this.symLo[reg]!, this.symHi[reg]!);
    else if ((form & WIDE) !== 0) code.get(this.wideLocal(reg));
    else if ((form & FRAME) !== 0 && this.frameLocal === -1) code.i64(STACK_TOP + this.symLo[reg]!, 0);
    else {
      this.getLow(reg);
      code.op(I64_EXTEND_I32_U);
    }
  }

  /** Pops an i32: the register's value, zero-extended, at most `max`. */
  setLow(reg: number, max: number = MAX32): void {
    this.code.set(this.lowLocal(reg));
    this.form[reg] = LOW;
    this.max[reg] = max;
    this.nonZero &= ~(1 << reg);
  }

  /** Pops an i64. */
  setWide(reg: number): void {
    this.code.set(this.wideLocal(reg));
    this.form[reg] = WIDE;
    this.nonZero &= ~(1 << reg);
  }

  /** Largest unsigned value that the low half may have. */
  maxOf(reg: number): number {
    const form = this.form[reg]!;
    if ((form & CONST) !== 0) return this.symLo[reg]! >>> 0;
    return (form & LOW) !== 0 ? this.max[reg]! : MAX32;
  }

  setConst(reg: number, lo: number, hi: number): void {
    this.form[reg] = CONST;
    this.symLo[reg] = lo;
    this.symHi[reg] = hi;
    this.nonZero &= ~(1 << reg);
  }

  /** Pops an i32: the register is that plus `add`, which does not wrap. */
  setOffset(reg: number, add: number): void {
    this.code.set(this.lowLocal(reg));
    this.form[reg] = OFFSET;
    this.symLo[reg] = add;
    this.nonZero &= ~(1 << reg);
  }

  /** The constant that every value of this register starts from: its address where that is known. */
  isKnownAddress(reg: number): boolean {
    const form = this.form[reg]!;
    return ((form & FRAME) !== 0 && this.frameLocal === -1) || ((form & CONST) !== 0 && this.symHi[reg] === 0);
  }

  knownAddress(reg: number): number {
    return (this.form[reg]! & FRAME) !== 0 ? STACK_TOP + this.symLo[reg]! : this.symLo[reg]!;
  }

  setFrame(reg: number, off: number): void {
    this.form[reg] = FRAME;
    this.symLo[reg] = off;
    this.nonZero &= ~(1 << reg);
  }

  /** dst = src, as little code as its form allows. */
  copy(dst: number, src: number): void {
    if (dst === src) return;
    const form = this.form[src]!;
    const nonZero = (this.nonZero >> src) & 1;
    if ((form & (FRAME | CONST)) !== 0) {
      this.form[dst] = form & (FRAME | CONST);
      this.symLo[dst] = this.symLo[src]!;
      this.symHi[dst] = this.symHi[src]!;
    } else if ((form & LOW) !== 0) {
      this.getLow(src);
      this.setLow(dst, this.max[src]!);
    } else if ((form & OFFSET) !== 0) {
      this.code.get(this.lowLocal(src));
      this.setOffset(dst, this.symLo[src]!);
    } else {
      this.getWide(src);
      this.setWide(dst);
    }
    this.nonZero = (this.nonZero & ~(1 << dst)) | (nonZero << dst);
  }

  /** Pushes the i32 address r10 + off. */
  frameAddress(off: number): void {
    if (this.frameLocal === -1) {
      this.code.i32(STACK_TOP + off);
      return;
    }
    this.code.get(this.frameLocal);
    if (off !== -512) {
      this.code.i32(512 + off);
      this.code.op(I32_ADD);
    }
  }

  /** Makes the forms that a successor expects, for the registers in `live`; adds to the forms that are there. */
  settle(live: number, low: number): void {
    for (let reg = 0; reg < 10; reg++) {
      if ((live & (1 << reg)) === 0) continue;
      const form = this.form[reg]!;
      if ((low & (1 << reg)) !== 0) {
        if ((form & LOW) !== 0) continue;
        this.max[reg] = this.maxOf(reg);
        this.getLow(reg);
        this.code.set(this.lowLocal(reg));
        // OFFSET's local has just changed.
        this.form[reg] = (form & ~OFFSET) | LOW;
      } else if ((form & WIDE) === 0) {
        this.getWide(reg);
        this.code.set(this.wideLocal(reg));
        this.form[reg] = form | WIDE;
      }
    }
  }

  /** Forms at a block's start. */
  enterBlock(low: number): void {
    for (let reg = 0; reg < 10; reg++) this.form[reg] = (low & (1 << reg)) !== 0 ? LOW : WIDE;
    this.max.fill(MAX32);
    this.nonZero = 0;
    this.setFrame(10, 0);
  }
}
