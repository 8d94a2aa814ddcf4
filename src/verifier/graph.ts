/**
 * The control flow graph within functions: successors, postorder, strongly connected components (loops) and live
 * registers. Source: kernel/bpf/verifier.c, compute_postorder, compute_scc, compute_live_registers.
 */
import type { InsnBuf } from "../isa/insn.ts";
import type { Env } from "./env.ts";
import { insnText } from "./insn-text.ts";
import { kfuncAt } from "./kfunc-table.ts";
import { write } from "./log.ts";
import { protoOf } from "./protos.ts";

const LD_IMM64 = 0x18;
const CALL = 0x85;
const JA32 = 0x06;
const CALLER_SAVED = 0x3f;
const FETCH = 1;
const CMPXCHG = 0xf1;
const LOAD_ACQ = 0x100;
const STORE_REL = 0x110;

/** Successors found by the last call of `successors`. */
export const succ: Int32Array = new Int32Array(2);

/** Offset of a jump; JA of class JMP32 has it in imm. */
export function jumpOff(insns: InsnBuf, i: number): number {
  return insns.code[i] === JA32 ? insns.imm[i]! : insns.off[i]!;
}

/** Insns that may follow within the same function go to `succ`; returns how many (a call goes on behind it). */
export function successors(insns: InsnBuf, i: number): number {
  const code = insns.code[i]!;
  const cls = code & 7;
  if (cls !== 5 && cls !== 6) {
    succ[0] = i + (code === LD_IMM64 ? 2 : 1);
    return 1;
  }
  switch (code & 0xf0) {
    case 0x90: // EXIT
      return 0;
    case 0x80: // CALL
      succ[0] = i + 1;
      return 1;
    case 0x00: // JA
      succ[0] = i + jumpOff(insns, i) + 1;
      return 1;
    default:
      succ[0] = i + 1;
      succ[1] = i + jumpOff(insns, i) + 1;
      return 2;
  }
}

/** Fills env.postorder and each function's postorderStart. */
export function computePostorder(env: Env): void {
  const n = env.insns.length;
  const order = new Int32Array(n);
  const state = new Uint8Array(n);
  const stack = new Int32Array(n);
  let count = 0;
  for (const subprog of env.subprogs) {
    subprog.postorderStart = count;
    stack[0] = subprog.start;
    let size = 1;
    while (size > 0) {
      const top = stack[size - 1]!;
      state[top] = state[top]! | 1;
      if ((state[top]! & 2) !== 0) {
        order[count++] = top;
        size--;
        continue;
      }
      const succs = successors(env.insns, top);
      for (let s = 0; s < succs; s++) {
        const to = succ[s]!;
        if (state[to] === 0) {
          stack[size++] = to;
          state[to] = 1;
        }
      }
      state[top] = state[top]! | 2;
    }
  }
  env.postorder = order.subarray(0, count);
}

/** Numbers the strongly connected components from 1 (Tarjan); insns outside loops get 0. Returns how many, plus one. */
export function computeScc(env: Env): number {
  const n = env.insns.length;
  const scc = env.aux.scc;
  const stack = new Int32Array(n);
  const dfs = new Int32Array(n);
  const pre = new Uint32Array(n);
  const low = new Uint32Array(n);
  const succs = new Int32Array(2);
  let preorder = 1;
  let next = 1;
  for (let root = 0; root < n; root++) {
    if (pre[root] !== 0) continue;
    let stackSize = 0;
    let dfsSize = 1;
    dfs[0] = root;
    walk: while (dfsSize > 0) {
      const w = dfs[dfsSize - 1]!;
      if (pre[w] === 0) {
        low[w] = preorder;
        pre[w] = preorder;
        preorder++;
        stack[stackSize++] = w;
      }
      const count = successors(env.insns, w);
      succs.set(succ);
      for (let s = 0; s < count; s++) {
        const to = succs[s]!;
        if (to >= n) continue;
        if (pre[to] !== 0) {
          if (low[to]! < low[w]!) low[w] = low[to]!;
        } else {
          dfs[dfsSize++] = to;
          continue walk;
        }
      }
      if (low[w]! < pre[w]!) {
        dfsSize--;
        continue;
      }
      let assign = stack[stackSize - 1] !== w;
      for (let s = 0; s < count; s++) if (succs[s] === w) assign = true;
      let t: number;
      do {
        t = stack[--stackSize]!;
        low[t] = 0xffffffff;
        if (assign) scc[t] = next;
      } while (t !== w);
      if (assign) next++;
      dfsSize--;
    }
  }
  return next;
}

export interface CallSummary {
  readonly params: number;
  readonly isVoid: boolean;
  readonly fastcall: boolean;
}

/** What a call of a helper or kfunc takes and gives; null for other calls and unknown ones. */
export function callSummary(env: Env, i: number): CallSummary | null {
  const { insns } = env;
  if (insns.code[i] !== CALL) return null;
  if (insns.src[i] === 0) {
    const proto = protoOf(env, insns.imm[i]!);
    if (proto === null) return null;
    return {
      params: proto.argCount,
      isVoid: proto.ret === "void",
      // The x86-64 kernel inlines this one helper.
      fastcall: proto.row.fastcall === true && proto.row.name === "get_smp_processor_id",
    };
  }
  if (insns.src[i] === 2) {
    const kfunc = kfuncAt(env, i);
    if (kfunc === null) return null;
    return { params: kfunc.params.length, isVoid: kfunc.isVoid, fastcall: kfunc.fastcall };
  }
  return null;
}

/** Registers that an insn reads (low half) and writes (high half). */
function useDef(env: Env, i: number): number {
  const { insns } = env;
  const code = insns.code[i]!;
  const src = 1 << insns.src[i]!;
  const dst = 1 << insns.dst[i]!;
  const mode = code & 0xe0;
  const op = code & 0xf0;
  let def = 0;
  let use = 0xffff;
  switch (code & 7) {
    case 0: // LD
      if (mode === 0 && (code & 0x18) === 0x18) {
        def = dst;
        use = 0;
      }
      break;
    case 1: // LDX
      if (mode === 0x60 || mode === 0x80) {
        def = dst;
        use = src;
      }
      break;
    case 2: // ST
      if (mode === 0x60) use = dst;
      break;
    case 3: // STX
      if (mode === 0x60) {
        use = dst | src;
      } else if (mode === 0xc0) {
        const imm = insns.imm[i]!;
        use = dst | src;
        if (imm === CMPXCHG) {
          use |= 1;
          def = 1;
        } else if (imm === LOAD_ACQ) {
          def = dst;
          use = src;
        } else if (imm !== STORE_REL && (imm & FETCH) !== 0) {
          def = src;
        }
      }
      break;
    case 4:
    case 7: // ALU, ALU64
      def = dst;
      if (op === 0xd0) use = dst;
      else if (op === 0xb0) use = (code & 8) === 0 ? 0 : src;
      else use = (code & 8) === 0 ? dst : dst | src;
      break;
    default: // JMP, JMP32
      if (op === 0x00 || op === 0xe0) {
        use = 0;
      } else if (op === 0x90) {
        use = 1;
      } else if (op === 0x80) {
        def = CALLER_SAVED;
        use = def & ~1;
        const summary = callSummary(env, i);
        if (summary !== null) use = ((1 << (summary.params + 1)) - 1) & ~1;
      } else {
        use = (code & 8) === 0 ? dst : dst | src;
      }
  }
  return (use & 0xffff) | (def << 16);
}

export function computeLiveRegs(env: Env): void {
  const n = env.insns.length;
  const sets = new Int32Array(n);
  for (let i = 0; i < n; i++) sets[i] = useDef(env, i);
  const live = env.aux.liveRegs;
  let changed = true;
  while (changed) {
    changed = false;
    for (const i of env.postorder) {
      const count = successors(env.insns, i);
      let out = 0;
      for (let s = 0; s < count; s++) out |= live[succ[s]!]!;
      const into = (out & ~(sets[i]! >>> 16)) | (sets[i]! & 0xffff);
      if (into !== live[i]) {
        live[i] = into;
        changed = true;
      }
    }
  }
  if (env.log.level > 1) logLiveRegs(env);
}

function logLiveRegs(env: Env): void {
  let text = "Live regs before insn:\n";
  for (let i = 0; i < env.insns.length; i++) {
    const scc = env.aux.scc[i]!;
    text += scc === 0 ? "    " : `${`${scc}`.padStart(3)} `;
    text += `${`${i}`.padStart(3)}: `;
    for (let r = 0; r < 10; r++) text += (env.aux.liveRegs[i]! >> r) & 1 ? `${r}` : ".";
    text += ` ${insnText(env.prog, i)}\n`;
    if (env.insns.code[i] === LD_IMM64) i++;
  }
  write(env.log, text);
}
