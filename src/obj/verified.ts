/**
 * The value that engines and hooks accept. Only the verifier makes one (`sealVerified` is imported by `verifier/` alone;
 * test/tidy holds that), or a caller who writes the word `unsafe`.
 */
import { SkepError } from "../base/error.ts";
import type { ResolvedProg } from "./spec.ts";

/** What the base register of a load, store or atomic points to, on every path that reaches the insn. */
export const PTR_UNKNOWN = 0;
export const PTR_CTX = 1;
export const PTR_STACK = 2;
export const PTR_MAP_VALUE = 3;
export const PTR_PACKET = 4;
/** Memory from a helper or a ring buffer record. */
export const PTR_MEM = 5;
/** A kernel object reached through BTF: a null or stale pointer reads as zero (PROBE_MEM). */
export const PTR_PROBE = 6;
export const PTR_SOCK = 7;
export const PTR_ARENA = 8;

/**
 * Facts that survive pruning, indexed by insn slot: true on every path, explored or pruned. Ranges are not among them
 * (a pruned path may arrive with other scalars than the explored one).
 */
export interface Facts {
  /** 1 where some path reaches the insn; the others are dead code. */
  readonly reached: Uint8Array;
  /** PTR_*: base register of memory accesses, 0 elsewhere and where paths differ. */
  readonly ptr: Uint8Array;
  /** At calls: index in `maps` of the map argument where it is the same on all paths, else -1. */
  readonly map: Int32Array;
}

declare const verified: unique symbol;

export interface VerifiedProg {
  readonly [verified]: true;
  readonly prog: ResolvedProg;
  readonly facts: Facts;
  /** Stack bytes in use below r10, for each entry of prog.spec.funcs. */
  readonly stackDepth: readonly number[];
  /** False for programs that a caller let in with `unsafe`: engines then check every access. */
  readonly safe: boolean;
}

const sealed = new WeakSet<object>();

/** For the verifier alone. */
export function sealVerified(value: Omit<VerifiedProg, typeof verified>): VerifiedProg {
  const prog = Object.freeze({ ...value }) as VerifiedProg;
  sealed.add(prog);
  return prog;
}

/** Lets a program in that no verifier has accepted. Engines run it in checked mode only. */
export function unsafeVerified(prog: ResolvedProg): VerifiedProg {
  const n = prog.insns.length;
  return sealVerified({
    prog,
    facts: { reached: new Uint8Array(n).fill(1), ptr: new Uint8Array(n), map: new Int32Array(n).fill(-1) },
    stackDepth: prog.spec.funcs.map(() => 512),
    safe: false,
  });
}

/**
 * Lets a program in that engines then compile as if it were verified: only WebAssembly's own bounds hold it. For conformance
 * suites and fuzzing, in a memory that holds nothing else.
 */
export function unsafeTrusted(prog: ResolvedProg): VerifiedProg {
  return sealVerified({ ...unsafeVerified(prog), safe: true });
}

/** Throws "verify/required" for anything the verifier has not made. */
export function requireVerified(prog: VerifiedProg): void {
  if (!sealed.has(prog)) {
    throw new SkepError("verify/required", "only a verified program runs", {
      advice: "pass what verify() returned, or unsafeVerified(prog) to run it with every access checked",
    });
  }
}
