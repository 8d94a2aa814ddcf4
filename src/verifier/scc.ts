/**
 * Loops: an explored state within a strongly connected component is not complete until every path through the component is
 * done, since a later back-edge may still make more of it precise. For each call chain into a component the states that
 * closed a loop are kept until its entry state is done. Source: kernel/bpf/verifier.c, maybe_enter_scc and its neighbours.
 */
import type { Env, SccVisit } from "./env.ts";
import { write } from "./log.ts";
import { markAllPrecise, propagatePrecision } from "./precision.ts";
import { frameInsn, freeState, type VState } from "./state.ts";

const MAX_ROUNDS = 64;

/** Call chain of the last callchainOf: call sites (at most seven) and the component in the last place. */
const key: number[] = [0, 0, 0, 0, 0, 0, 0, 0];

/** The innermost-called component that the state is in; false where it is in none. */
function callchainOf(env: Env, state: VState): boolean {
  key.fill(0);
  for (let i = 0; i <= state.curframe; i++) {
    const insn = frameInsn(state, i);
    const scc = env.aux.scc[insn]!;
    if (scc !== 0) {
      key[7] = scc;
      return true;
    }
    if (i < state.curframe) key[i] = insn;
  }
  return false;
}

function sameKey(a: readonly number[]): boolean {
  for (let i = 0; i < 8; i++) if (a[i] !== key[i]) return false;
  return true;
}

function lookupVisit(env: Env): SccVisit | null {
  const visits = env.sccVisits[key[7]!];
  if (visits === undefined) return null;
  for (const visit of visits) if (sameKey(visit.key)) return visit;
  return null;
}

function keyText(): string {
  let out = "(";
  for (let i = 0; i < 7 && key[i] !== 0; i++) out += `${key[i]},`;
  return `${out}${key[7]})`;
}

export function updatePeak(env: Env): void {
  const now = env.exploredCount + env.freeCount + env.backedgeCount;
  if (now > env.peakStates) env.peakStates = now;
}

/** A new explored state may be the first of its component on this call chain. */
export function enterScc(env: Env, state: VState): void {
  if (!callchainOf(env, state)) return;
  let visit = lookupVisit(env);
  if (visit === null) {
    visit = { key: key.slice(), entry: null, backedges: [] };
    const visits = env.sccVisits[key[7]!];
    if (visits === undefined) env.sccVisits[key[7]!] = [visit];
    else visits.push(visit);
  }
  if (visit.entry === null) {
    visit.entry = state;
    if (env.log.level > 1) write(env.log, `SCC enter ${keyText()}\n`);
  }
}

function propagateBackedges(env: Env, visit: SccVisit): void {
  for (let round = 0; ; round++) {
    if (round >= MAX_ROUNDS + 1) {
      if (env.log.level > 1) write(env.log, "propagate_backedges: too many iterations\n");
      for (const state of visit.backedges) markAllPrecise(env, state);
      break;
    }
    let changed = false;
    // The newest first, as the kernel's list.
    for (let i = visit.backedges.length - 1; i >= 0; i--) {
      const state = visit.backedges[i]!;
      if (propagatePrecision(env, state.equalState!, state)) changed = true;
    }
    if (!changed) break;
  }
  for (const state of visit.backedges) freeState(env.pool, state);
  visit.backedges = [];
}

/** All paths from the state are done: if it entered a component, that is complete now. */
export function exitScc(env: Env, state: VState): void {
  if (!callchainOf(env, state)) return;
  const visit = lookupVisit(env);
  if (visit === null || visit.entry !== state) return;
  if (env.log.level > 1) write(env.log, `SCC exit ${keyText()}\n`);
  visit.entry = null;
  env.backedgeCount -= visit.backedges.length;
  updatePeak(env);
  propagateBackedges(env, visit);
}

/** `backedge` was found equal to `state`, which is still being explored (or its component is). */
export function addBackedge(env: Env, state: VState, backedge: VState): void {
  if (!callchainOf(env, state)) return;
  const visit = lookupVisit(env);
  if (visit === null) return;
  if (env.log.level > 1) write(env.log, `SCC backedge ${keyText()}\n`);
  visit.backedges.push(backedge);
  env.backedgeCount++;
  updatePeak(env);
}

/** Precision of the state may still grow: some back-edge of its component waits. */
export function isIncomplete(env: Env, state: VState): boolean {
  if (!callchainOf(env, state)) return false;
  const visit = lookupVisit(env);
  return visit !== null && visit.backedges.length > 0;
}
