/**
 * State of one interpreted program: registers as pairs of i32 (low, high), a stack of frames, the next insn.
 *
 *     regs    r0lo r0hi r1lo r1hi ... r10lo r10hi
 *     frames  depth * FRAME_WORDS words: what the caller gets back when the function returns
 */
import { SkepError } from "../../base/error.ts";
import type { InsnBuf } from "../../isa/insn.ts";
import { CELL_R0_HI, FRAME_BYTES, NULL_PAGE_BYTES, STACK_BASE, STACK_TOP } from "../../layout/layout.ts";
import { PTR_ARENA, PTR_PROBE } from "../../obj/verified.ts";
import type { BoundProg } from "../bind.ts";
import { DEFAULT_BUDGET, type EngineEnv, type HelperImpl } from "../engine.ts";

/** Words of a saved frame. */
export const FRAME_WORDS = 16;
/** Insn to go on at, or RETURN_TO_HOST. */
export const FRAME_PC = 0;
/** r6..r9 as pairs, then r10. */
const FRAME_REGS = 1;
/** bpf_loop: 1 where the frame is one of its callback; index, count, low half of the context. */
export const FRAME_LOOP = 11;
export const FRAME_LOOP_I = 12;
export const FRAME_LOOP_N = 13;
export const FRAME_LOOP_CTX = 14;

export const RETURN_TO_HOST = -1;

export class Machine {
  readonly bound: BoundProg;
  readonly env: EngineEnv;
  readonly insns: InsnBuf;
  readonly regs: Int32Array = new Int32Array(22);
  /** Saved frames; `depth` of them are in use. */
  readonly frames: Int32Array = new Int32Array(FRAME_WORDS * ((STACK_TOP - STACK_BASE) / FRAME_BYTES + 1));
  /** First insn of the callback that each frame's bpf_loop calls. */
  readonly loopStart: Int32Array = new Int32Array((STACK_TOP - STACK_BASE) / FRAME_BYTES + 1);
  /** Upper half of that bpf_loop's context. */
  readonly loopCtxHi: Int32Array = new Int32Array((STACK_TOP - STACK_BASE) / FRAME_BYTES + 1);
  readonly view: DataView;
  /** Helper or kfunc by insn. */
  readonly callee: readonly (HelperImpl | undefined)[];
  readonly ptr: Uint8Array;
  readonly checked: boolean;
  readonly memoryBytes: number;
  /** Next insn. */
  pc = 0;
  depth = 0;
  /** Insns run since `start`. */
  executed = 0;
  /** Insns left before "run/budget"; Infinity for verified programs. */
  budget: number = Number.POSITIVE_INFINITY;

  constructor(bound: BoundProg, env: EngineEnv) {
    this.bound = bound;
    this.env = env;
    this.insns = bound.insns;
    this.view = new DataView(env.memory.buffer);
    this.memoryBytes = env.memory.buffer.byteLength;
    const callee: (HelperImpl | undefined)[] = new Array(bound.insns.length).fill(undefined);
    for (const [insn, impl] of bound.callee) callee[insn] = impl;
    this.callee = callee;
    this.ptr = bound.verified.facts.ptr;
    this.checked = env.checked === true || !bound.verified.safe;
  }

  /** Ready to run the main program. */
  start(ctx: number): void {
    this.regs.fill(0);
    this.regs[2] = ctx;
    this.regs[20] = STACK_TOP;
    this.depth = 0;
    this.executed = 0;
    this.budget = this.bound.verified.safe ? Number.POSITIVE_INFINITY : (this.env.budget ?? DEFAULT_BUDGET);
    this.pc = 0;
    this.save(RETURN_TO_HOST);
  }

  /** Saves what the callee must keep and gives it a stack frame below the caller's. */
  enter(returnTo: number, start: number): void {
    this.save(returnTo);
    const top = this.regs[20]! - FRAME_BYTES;
    if (top - FRAME_BYTES < STACK_BASE) this.fail("run/stack", "calls nest too deeply: the stack is full");
    this.regs[20] = top;
    this.pc = start;
  }

  private save(returnTo: number): void {
    const { frames, regs } = this;
    const at = this.depth++ * FRAME_WORDS;
    frames[at + FRAME_PC] = returnTo;
    for (let i = 0; i < 9; i++) frames[at + FRAME_REGS + i] = regs[12 + i]!;
    frames[at + FRAME_LOOP] = 0;
  }

  /** Undoes `enter`. Returns the insn to go on at, or RETURN_TO_HOST. */
  leave(): number {
    const { frames, regs } = this;
    const at = --this.depth * FRAME_WORDS;
    for (let i = 0; i < 9; i++) regs[12 + i] = frames[at + FRAME_REGS + i]!;
    return frames[at + FRAME_PC]!;
  }

  /** Leaves r0's upper half where the host looks for it. */
  result(): number {
    this.view.setInt32(CELL_R0_HI, this.regs[1]!, true);
    return this.regs[0]!;
  }

  /**
   * Address of an access that the quick test in exec.ts did not let pass. -1 for a guarded load that must read as zero;
   * throws "run/fault" for everything else.
   */
  slowAddress(reg: number, off: number, sizeBytes: number, write: boolean): number {
    const lo = this.regs[2 * reg]! >>> 0;
    // Arena pointers are told apart by their low half alone.
    const hi = this.ptr[this.pc] === PTR_ARENA ? 0 : this.regs[2 * reg + 1]!;
    const address = lo + off;
    const probe = !write && this.ptr[this.pc] === PTR_PROBE;
    if (hi !== 0 || address < NULL_PAGE_BYTES || address + sizeBytes > this.memoryBytes) {
      if (probe) return -1;
      const where =
        hi === 0 ? hex(address) : `0x${(hi >>> 0).toString(16)}${lo.toString(16).padStart(8, "0")} ${signed(off)}`;
      const why = hi === 0 && address < NULL_PAGE_BYTES && address >= 0 ? "a null pointer" : "no address";
      return this.fail("run/fault", `${access(write, sizeBytes)} at ${where}: ${why}`);
    }
    if (!this.checked) return address;
    let best = "no live region";
    let distance = Number.POSITIVE_INFINITY;
    for (const { start, end, write: writable, what } of this.env.regions()) {
      if (address >= start && address + sizeBytes <= end && (writable || !write)) return address;
      const gap = address < start ? start - address : Math.max(0, address + sizeBytes - end);
      if (gap < distance) {
        distance = gap;
        if (gap === 0) best = `in ${what}, which is read-only`;
        else if (address < start) best = `${gap} bytes before ${what} [${hex(start)}, ${hex(end)})`;
        else best = `${gap} bytes past the end of ${what} [${hex(start)}, ${hex(end)})`;
      }
    }
    if (probe) return -1;
    return this.fail("run/fault", `${access(write, sizeBytes)} at ${hex(address)}: ${best}`);
  }

  fail(code: string, message: string): never {
    throw new SkepError(code, message, { site: { prog: this.bound.name, insn: this.pc } });
  }
}

function access(write: boolean, sizeBytes: number): string {
  return `${write ? "write" : "read"} of ${sizeBytes} byte${sizeBytes === 1 ? "" : "s"}`;
}

function hex(address: number): string {
  return address < 0 ? `-0x${(-address).toString(16)}` : `0x${address.toString(16)}`;
}

function signed(off: number): string {
  return off < 0 ? `- ${-off}` : `+ ${off}`;
}
