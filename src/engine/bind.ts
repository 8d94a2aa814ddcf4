/**
 * Binds a program to an environment, for both engines: every LD_IMM64 becomes a plain constant, every call finds its
 * function, and the starts of all functions are known.
 */
import { SkepError } from "../base/error.ts";
import {
  BPF_CALL,
  BPF_JMP,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  LD_IMM64,
} from "../isa/codes.ts";
import { copyInsns, type InsnBuf } from "../isa/insn.ts";
import { MAP_DATA } from "../layout/layout.ts";
import type { VerifiedProg } from "../obj/verified.ts";
import type { EngineEnv, HelperImpl } from "./engine.ts";

const CALL = BPF_JMP | BPF_CALL;

export interface BoundProg {
  readonly verified: VerifiedProg;
  readonly name: string;
  /** A copy in which LD_IMM64 holds values: addresses of maps and their data, ids of callbacks, addresses of ksyms. */
  readonly insns: InsnBuf;
  /** Helper or kfunc at each call of one, by insn. */
  readonly callee: ReadonlyMap<number, HelperImpl>;
  /** First insn of each function, ascending; [0] is 0. A callback's id is its index here. */
  readonly funcs: readonly number[];
  /** Ids of the functions that some LD_IMM64 yields, and of EngineEnv.callbacks. */
  readonly callbacks: readonly number[];
}

/** Helpers that the engines themselves carry out. */
export const HELPER_TAIL_CALL = 12;
export const HELPER_LOOP = 181;

/** Throws "load/helper", "load/kfunc" or "load/insn" with the insn where the environment lacks what the program names. */
export function bindProg(verified: VerifiedProg, env: EngineEnv): BoundProg {
  const { prog, facts } = verified;
  const insns = copyInsns(prog.insns);
  const name = prog.spec.name;
  const funcs = funcStarts(verified);
  const callee = new Map<number, HelperImpl>();
  const callbacks = new Set<number>();
  const view = new DataView(env.memory.buffer);
  const fail = (code: string, insn: number, message: string): never => {
    throw new SkepError(code, message, { site: { prog: name, insn } });
  };
  for (const func of env.callbacks ?? []) {
    const at = funcs.indexOf(prog.spec.funcs[func]?.insnIdx ?? -1);
    if (at >= 0) callbacks.add(at);
  }
  for (let i = 0; i < insns.length; i++) {
    const src = insns.src[i]!;
    const imm = insns.imm[i]!;
    if (insns.code[i] === CALL && facts.reached[i] === 1) {
      if (src === 0 && imm !== HELPER_TAIL_CALL) {
        const impl = env.helper(imm);
        if (impl !== undefined) callee.set(i, impl);
        else if (imm !== HELPER_LOOP) fail("load/helper", i, `this runtime has no helper ${imm}`);
      } else if (src === BPF_PSEUDO_KFUNC_CALL) {
        const impl = env.kfunc(imm);
        if (impl !== undefined) callee.set(i, impl);
        else fail("load/kfunc", i, `this runtime has no kfunc with BTF id ${imm}`);
      }
    }
    if (insns.code[i] !== LD_IMM64) continue;
    if (i + 1 >= insns.length) fail("load/insn", i, "the program ends within a 16-byte load");
    let value = imm;
    let hi = 0;
    switch (src) {
      case 0:
        hi = insns.imm[i + 1]!;
        break;
      case BPF_PSEUDO_MAP_IDX:
        value = env.maps[imm] ?? fail("load/map", i, `no map ${imm}`);
        break;
      case BPF_PSEUDO_MAP_IDX_VALUE:
        value =
          view.getUint32((env.maps[imm] ?? fail("load/map", i, `no map ${imm}`)) + MAP_DATA, true) + insns.imm[i + 1]!;
        break;
      case BPF_PSEUDO_FUNC:
        value = funcs.indexOf(i + imm + 1);
        if (value < 0) fail("load/insn", i, "a callback that is no function of this program");
        callbacks.add(value);
        break;
      case BPF_PSEUDO_BTF_ID:
        value = env.ksym(imm);
        break;
      default:
        fail("load/insn", i, `a 16-byte load with pseudo source ${src}, which only a resolved program may not have`);
    }
    insns.src[i] = 0;
    insns.imm[i] = value;
    insns.imm[i + 1] = hi;
    i++;
  }
  return { verified, name, insns, callee, funcs, callbacks: [...callbacks] };
}

/** Starts that the spec names, and whatever calls and LD_IMM64 refer to. */
function funcStarts({ prog }: VerifiedProg): number[] {
  const { insns } = prog;
  const starts = new Set<number>([0]);
  for (const func of prog.spec.funcs) starts.add(func.insnIdx);
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] === CALL && insns.src[i] === BPF_PSEUDO_CALL) starts.add(i + insns.imm[i]! + 1);
    else if (insns.code[i] === LD_IMM64) {
      if (insns.src[i] === BPF_PSEUDO_FUNC) starts.add(i + insns.imm[i]! + 1);
      i++;
    }
  }
  for (const start of starts) {
    if (start < 0 || start >= insns.length) {
      throw new SkepError("load/insn", `a function at insn ${start}, outside of the program`, {
        site: { prog: prog.spec.name },
      });
    }
  }
  return [...starts].sort((a, b) => a - b);
}
