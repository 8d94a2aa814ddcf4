/**
 * Spills and fills that compilers put around calls which clobber only their arguments (bpf_fastcall): where the kernel
 * inlines the call it drops them, and their stack. Source: kernel/bpf/verifier.c, mark_fastcall_pattern_for_call,
 * remove_fastcall_spills_fills. Since 6.12.
 */
import { hasSince } from "../abi/since.ts";
import { subprogEnd } from "./cfg.ts";
import type { Env } from "./env.ts";
import { callSummary } from "./graph.ts";

const STX_DW = 0x7b;
const LDX_DW = 0x79;
const CALL = 0x85;
const FP = 10;
const CALLER_SAVED = 0x3f;

function markPattern(env: Env, s: number, call: number, lowest: number): void {
  const { insns, aux } = env;
  const summary = callSummary(env, call);
  if (summary === null) return;
  let clobbered = 0;
  for (let r = summary.isVoid ? 1 : 0; r <= summary.params; r++) clobbered |= 1 << r;
  let expected = ~clobbered & CALLER_SAVED;
  let off = lowest;
  let i = 1;
  for (; i <= 6; i++, off += 8) {
    const st = call - i;
    const ld = call + i;
    if (st < 0 || ld >= insns.length) break;
    if (insns.code[st] !== STX_DW || insns.code[ld] !== LDX_DW) break;
    if (insns.dst[st] !== FP || insns.src[ld] !== FP) break;
    if (insns.src[st] !== insns.dst[ld]) break;
    if (((1 << insns.src[st]!) & expected) === 0) break;
    if (insns.off[st] !== off || insns.off[ld] !== off) break;
    expected &= ~(1 << insns.src[st]!);
    aux.fastcallPattern[st] = 1;
    aux.fastcallPattern[ld] = 1;
  }
  if (i === 1) return;
  const subprog = env.subprogs[s]!;
  if (summary.fastcall) aux.fastcallSpills[call] = i - 1;
  else subprog.keepFastcallStack = true;
  subprog.fastcallStackOff = Math.min(subprog.fastcallStackOff, off);
}

export function markFastcalls(env: Env): void {
  if (!hasSince(env.kernel, "6.12")) return;
  const { insns } = env;
  env.subprogs.forEach((subprog, s) => {
    const end = subprogEnd(env, s);
    let lowest = 0;
    for (let i = subprog.start; i < end; i++) {
      if (insns.code[i] === STX_DW && insns.dst[i] === FP && insns.off[i]! < lowest) lowest = insns.off[i]!;
    }
    for (let i = subprog.start; i < end; i++) if (insns.code[i] === CALL) markPattern(env, s, i, lowest);
  });
}

/** After the walk: functions whose spills all went need less stack. */
export function dropFastcallStack(env: Env): void {
  env.subprogs.forEach((subprog, s) => {
    const end = subprogEnd(env, s);
    let any = false;
    for (let i = subprog.start; i < end; i++) if (env.aux.fastcallSpills[i]! > 0) any = true;
    if (any && !subprog.keepFastcallStack) subprog.stackDepth = -subprog.fastcallStackOff;
  });
}
