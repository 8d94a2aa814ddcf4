/**
 * The jump history of a state: which insns were reached by a jump or touched the stack since the parent state, so that
 * back-tracking can walk the path in reverse. An entry is HIST_WORDS words:
 *
 *     idx   prev_idx   flags | linked count << 16   linked registers 0..2   3..5
 *
 * A linked register takes 10 bits: frame (3), register or slot (6), is register (1). Source: kernel/bpf/verifier.c.
 */
import type { Env } from "./env.ts";
import { HIST_WORDS, type VState } from "./state.ts";

// INSN_F_*: frame and slot of a stack access, and which operand is a stack pointer.
export const F_FRAMENO = 7;
export const F_SLOT_SHIFT = 3;
export const F_SLOT = 0x3f;
export const F_STACK_ACCESS: number = 1 << 9;
export const F_DST_STACK: number = 1 << 10;
export const F_SRC_STACK: number = 1 << 11;

export const MAX_LINKED = 6;

/** Registers found linked by the last collection: packed entries. */
export interface Linked {
  count: number;
  readonly entries: Int32Array;
}

export function packLink(frame: number, regOrSlot: number, isReg: boolean): number {
  return frame | (regOrSlot << 3) | (isReg ? 1 << 9 : 0);
}

export function stackAccess(frameno: number, slot: number): number {
  return F_STACK_ACCESS | (slot << F_SLOT_SHIFT) | frameno;
}

/** Notes something about the current insn; one entry an insn. */
export function pushHistory(env: Env, state: VState, flags: number, linked: Linked | null): void {
  let links = 0;
  let l0 = 0;
  let l1 = 0;
  if (linked !== null) {
    links = linked.count;
    for (let i = 0; i < links; i++) {
      if (i < 3) l0 |= linked.entries[i]! << (10 * i);
      else l1 |= linked.entries[i]! << (10 * (i - 3));
    }
  }
  let h = state.history;
  if (env.histEnt >= 0) {
    const at = env.histEnt * HIST_WORDS;
    h[at + 2] = (h[at + 2]! & 0xffff) | flags | (links << 16);
    h[at + 3] = l0;
    h[at + 4] = l1;
    return;
  }
  const at = state.historyCount * HIST_WORDS;
  if (h.length < at + HIST_WORDS) {
    const grown = new Int32Array(Math.max(8 * HIST_WORDS, 2 * h.length));
    grown.set(h);
    state.history = grown;
    h = grown;
  }
  h[at] = env.insnIdx;
  h[at + 1] = env.prevInsnIdx;
  h[at + 2] = flags | (links << 16);
  h[at + 3] = l0;
  h[at + 4] = l1;
  env.histEnt = state.historyCount++;
}
