/** What the translating functions share: a function on its way to WebAssembly, its module, its registers. */
import { FRAME_BYTES, STACK_TOP } from "../../layout/layout.ts";
import { I32_ADD } from "../../wasm/op.ts";
import type { BoundProg } from "../bind.ts";
import type { Flow } from "./flow.ts";
import type { Graph } from "./graph.ts";
import type { Plan } from "./plan.ts";
import type { Regs } from "./regs.ts";
import type { StackValues } from "./stack.ts";

/** A BPF function on its way to WebAssembly. */
export interface FuncPlan {
  readonly start: number;
  readonly main: boolean;
  /** r1..r[args] are its parameters. */
  readonly args: number;
  /** WebAssembly function index. */
  readonly func: number;
  readonly graph: Graph;
  readonly flow: Flow;
}

/** What every function of the module shares. */
export interface ModulePlan {
  readonly bound: BoundProg;
  readonly plan: Plan;
  readonly view: DataView;
  readonly memoryBytes: number;
  /** Type (i32) -> i32 of main programs. */
  readonly mainType: number;
  /** Global with the frame of the function that called out; callbacks get the frame below. */
  readonly frameGlobal: number;
  /** Function (callback id, four i32) -> i32 that calls a callback. */
  readonly dispatch: number;
  readonly usesMayGoto: boolean;
  mapAddress(index: number): number;
  funcAt(start: number): FuncPlan;
  callback(id: number): FuncPlan | undefined;
}

export interface Emit extends ModulePlan {
  readonly regs: Regs;
  readonly stack: StackValues;
  readonly main: boolean;
  pushAddress(reg: number, off: number): number;
}

/** Pushes the lowest address of this function's frame, plus `off`. */
export function frameBase(e: Emit, off: number): void {
  const { regs } = e;
  const { code } = regs;
  if (regs.frameLocal === -1) {
    code.i32(STACK_TOP - FRAME_BYTES + off);
    return;
  }
  code.get(regs.frameLocal);
  if (off !== 0) {
    code.i32(off);
    code.op(I32_ADD);
  }
}
