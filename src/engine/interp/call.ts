/** Calls out of the interpreter: helpers and kfuncs, tail calls, callbacks. */
import { SkepError } from "../../base/error.ts";
import { CELL_R0_HI, CELL_RET_HI } from "../../layout/layout.ts";
import type { HelperImpl } from "../engine.ts";
import { tailCallOut } from "../tail.ts";
import type { Machine } from "./machine.ts";

/** Calls `impl` with r1..r5 as its forms say and puts its result in r0. */
export function callHelper(m: Machine, impl: HelperImpl): void {
  const r = m.regs;
  const forms = impl.args;
  let result: number | undefined;
  if (forms.includes("d")) {
    const args: number[] = [];
    for (let i = 0; i < forms.length; i++) {
      args.push(r[2 * i + 2]!);
      if (forms[i] === "d") args.push(r[2 * i + 3]!);
    }
    result = impl.fn(...args);
  } else {
    switch (forms.length) {
      case 0:
        result = impl.fn();
        break;
      case 1:
        result = impl.fn(r[2]!);
        break;
      case 2:
        result = impl.fn(r[2]!, r[4]!);
        break;
      case 3:
        result = impl.fn(r[2]!, r[4]!, r[6]!);
        break;
      case 4:
        result = impl.fn(r[2]!, r[4]!, r[6]!, r[8]!);
        break;
      default:
        result = impl.fn(r[2]!, r[4]!, r[6]!, r[8]!, r[10]!);
    }
  }
  const lo = result === undefined ? 0 : result | 0;
  switch (impl.ret) {
    case "s":
      r[0] = lo;
      r[1] = lo >> 31;
      return;
    case "u":
      r[0] = lo;
      r[1] = 0;
      return;
    case "d":
      r[0] = lo;
      r[1] = m.view.getInt32(CELL_RET_HI, true);
      return;
    case "v":
      r[0] = 0;
      r[1] = 0;
  }
}

/** bpf_tail_call(ctx r1, map r2, index r3). True where another program ran: the current function then returns its r0. */
export function tailCall(m: Machine): boolean {
  const { regs, view } = m;
  if (!tailCallOut(m.env, view, regs[4]!, regs[6]!, regs[2]!, regs[20]!)) return false;
  regs[0] = view.getInt32(CELL_RET_HI, true);
  regs[1] = view.getInt32(CELL_R0_HI, true);
  return true;
}

/** First insn of the callback that a function id names. */
export function callbackStart(m: Machine, fn: number): number {
  const start = m.bound.funcs[fn];
  if (start === undefined) {
    throw new SkepError("run/callback", `no callback ${fn}`, { site: { prog: m.bound.name, insn: m.pc } });
  }
  return start;
}
