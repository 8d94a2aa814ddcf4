/** Tail calls that leave generated code, and those of the interpreter. */
import { MAX_TAIL_CALL_CNT } from "../isa/codes.ts";
import { CELL_RET_HI, CELL_TAIL_CALLS, STACK_TOP } from "../layout/layout.ts";
import type { EngineEnv } from "./engine.ts";

/**
 * bpf_tail_call from a function whose frame pointer is `top`. True where another program ran: its r0 is then at CELL_RET_HI
 * (low half) and CELL_R0_HI, and is the result of the calling function. The other program's frames begin at STACK_TOP again, so
 * those of this function's callers are put aside meanwhile. Source of the order of tests: arch/x86/net/bpf_jit_comp.c,
 * emit_bpf_tail_call_indirect (an empty slot does not count).
 */
export function tailCallOut(
  env: EngineEnv,
  view: DataView,
  map: number,
  index: number,
  ctx: number,
  top: number,
): boolean {
  const count = view.getUint32(CELL_TAIL_CALLS, true);
  if (count >= MAX_TAIL_CALL_CNT) return false;
  const next = env.tailCall(map >>> 0, index >>> 0);
  if (next === null) return false;
  view.setUint32(CELL_TAIL_CALLS, count + 1, true);
  if (top >= STACK_TOP) {
    view.setInt32(CELL_RET_HI, next.run(ctx), true);
    return true;
  }
  const stack = new Uint8Array(env.memory.buffer, top, STACK_TOP - top);
  const saved = stack.slice();
  const result = next.run(ctx);
  stack.set(saved);
  view.setInt32(CELL_RET_HI, result, true);
  return true;
}
