/**
 * What stood in registers and stack at each insn, on the paths that were walked: for display, never for code. A path that was
 * cut short because an earlier one covers it may reach the insn with other values, and none of those is here; what holds on
 * every path is in Facts.
 *
 *     const recorder = recordStates(prog, 4);
 *     verify(prog, { onInsn: recorder.onInsn });
 *     recorder.seen();
 *       -> [{ insn: 0, visits: 1, more: false, states: [{ frame: 0, regs: { R1: "ctx()", R10: "fp0" }, stack: {}, refs: [] }] }]
 */
import type { InsnBuf } from "../isa/insn.ts";
import type { Env } from "./env.ts";
import { regText, slotText } from "./print.ts";
import { NOT_INIT, REG_WORDS } from "./regs.ts";
import { curFrame, MAX_REGS, REF_WORDS } from "./state.ts";

/** Texts are the kernel's, as its log has them. */
export interface SeenState {
  /** Depth of the call, 0 for the program itself. */
  readonly frame: number;
  /** "R1" to its text; a register without one is uninitialised. */
  readonly regs: Readonly<Record<string, string>>;
  /** "fp-8" to its text: a spilled register, or a letter for each of the eight bytes. */
  readonly stack: Readonly<Record<string, string>>;
  /** Ids of the references held. */
  readonly refs: readonly number[];
}

export interface SeenInsn {
  readonly insn: number;
  /** How often the walk came here. */
  readonly visits: number;
  /** Different ones, in the order of the walk. */
  readonly states: readonly SeenState[];
  /** There may be others that were not kept. */
  readonly more: boolean;
}

export interface StateRecorder {
  readonly onInsn: (env: Env) => void;
  /** Insns that were reached, in the order of the program. */
  seen(): SeenInsn[];
}

/** Of one program, over all insns: beyond, visits are counted only. */
export const MAX_SEEN_STATES = 20_000;
/** Visits of one insn that are looked at, for each state that may be kept. */
const TRIES = 4;

interface Cell {
  visits: number;
  readonly states: Map<string, SeenState>;
}

/** Keeps up to `perInsn` states of each insn, MAX_SEEN_STATES of all. */
export function recordStates(prog: { readonly insns: InsnBuf }, perInsn: number): StateRecorder {
  const cells: (Cell | undefined)[] = new Array(prog.insns.length).fill(undefined);
  let kept = 0;
  return {
    onInsn(env): void {
      const cell = cells[env.insnIdx] ?? { visits: 0, states: new Map() };
      cells[env.insnIdx] = cell;
      cell.visits++;
      if (cell.states.size >= perInsn || cell.visits > perInsn * TRIES || kept >= MAX_SEEN_STATES) return;
      const state = stateOf(env);
      const key = JSON.stringify(state);
      if (cell.states.has(key)) return;
      cell.states.set(key, state);
      kept++;
    },
    seen(): SeenInsn[] {
      return cells.flatMap((cell, insn) => {
        if (cell === undefined) return [];
        const { visits } = cell;
        const states = [...cell.states.values()];
        const all = visits === 1 || (states.length < perInsn && visits <= perInsn * TRIES && kept < MAX_SEEN_STATES);
        return [{ insn, visits, states, more: !all }];
      });
    },
  };
}

function stateOf(env: Env): SeenState {
  const { cur } = env;
  const frame = curFrame(cur);
  const regs: Record<string, string> = {};
  for (let r = 0; r < MAX_REGS; r++) {
    const at = r * REG_WORDS;
    if (frame.w[at] !== NOT_INIT) regs[`R${r}`] = regText(env, frame, frame.w, at);
  }
  const stack: Record<string, string> = {};
  for (let i = 0; i < frame.slots; i++) {
    const { text, skip } = slotText(env, frame, i);
    const equals = text.indexOf("=");
    if (equals > 0) stack[text.slice(1, equals)] = text.slice(equals + 1);
    i += skip;
  }
  const refs: number[] = [];
  for (let i = 0; i < cur.refCount; i++) if (cur.refs[i * REF_WORDS + 1]) refs.push(cur.refs[i * REF_WORDS + 1]!);
  return { frame: frame.frameno, regs, stack, refs };
}
