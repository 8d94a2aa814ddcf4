/**
 * bpf_throw: leaves the program from wherever it is. Its result is then the cookie, or what the exception callback makes of it,
 * which a declaration tag of the main function names ("exception_callback:NAME").
 * Source: kernel/bpf/helpers.c (bpf_throw), kernel/bpf/btf.c (btf_find_decl_tag_value).
 */
import type { Executable } from "../../engine/engine.ts";
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_KFUNC_CALL, LD_IMM64 } from "../../isa/codes.ts";
import { CELL_R0_HI } from "../../layout/layout.ts";
import type { ResolvedProg } from "../../obj/spec.ts";
import type { KfuncRow } from "./rows.ts";

const CALLBACK_TAG = "exception_callback:";

/** What bpf_throw throws through the program's frames. */
class Thrown {
  readonly lo: number;
  readonly hi: number;

  constructor(lo: number, hi: number) {
    this.lo = lo;
    this.hi = hi;
  }
}

export const throwKfuncs: readonly KfuncRow[] = [
  [
    "bpf_throw",
    "d->v",
    (lo, hi) => {
      throw new Thrown(lo!, hi!);
    },
  ],
];

/** Functions of the program that its throws end in: none, or the exception callback. */
export function throwCallbacks(prog: ResolvedProg): readonly number[] {
  const callback = callsThrow(prog) ? callbackOf(prog) : -1;
  return callback < 0 ? [] : [callback];
}

/** The program with its throws caught; the very same where it has none. */
export function catching(exec: Executable, prog: ResolvedProg, u32: Uint32Array): Executable {
  if (!callsThrow(prog)) return exec;
  const callback = callbackOf(prog);
  const guard = <A extends number[]>(run: (...args: A) => number) => {
    return (...args: A): number => {
      try {
        return run(...args);
      } catch (thrown) {
        const cause = thrown instanceof Thrown ? thrown : exec.fault(thrown);
        if (!(cause instanceof Thrown)) throw thrown;
        if (callback >= 0) return exec.invoke(callback, cause.lo, 0, 0, 0);
        u32[CELL_R0_HI >>> 2] = cause.hi;
        return cause.lo | 0;
      }
    };
  };
  // No code of its own for prog arrays: a tail call comes through here, too.
  return { ...exec, codeBytes: 0, run: guard(exec.run), entry: guard(exec.entry), invoke: guard(exec.invoke) };
}

function callsThrow({ insns, kernelBtf }: ResolvedProg): boolean {
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] === LD_IMM64) i++;
    else if (insns.code[i] === (BPF_JMP | BPF_CALL) && insns.src[i] === BPF_PSEUDO_KFUNC_CALL) {
      if (kernelBtf?.type(insns.imm[i]!).name === "bpf_throw") return true;
    }
  }
  return false;
}

/** Index of the callback among the program's functions, -1 where it has none. */
function callbackOf({ btf, spec }: ResolvedProg): number {
  const main = spec.funcs[0]?.typeId ?? 0;
  if (btf === null || main === 0) return -1;
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.kind !== "decl_tag" || type.typeId !== main || !type.name.startsWith(CALLBACK_TAG)) continue;
    const name = type.name.slice(CALLBACK_TAG.length);
    return spec.funcs.findIndex((func) => func.name === name);
  }
  return -1;
}
