/**
 * Distances of jumps. `off` has 16 bits; what does not reach goes farther:
 *
 *     v4        if a goto FAR   ->   if !a goto +1;  gotol FAR
 *     v2, v3    goto FAR        ->   goto island;  ...  island: goto FAR
 *
 * Jumps of inline assembly take islands, too. An island stands where nothing falls into it, behind a jump or an exit, or it
 * is jumped over. Inline assembly and the two slots of LD_IMM64 stay together.
 */
import { bug } from "../base/error.ts";
import * as isa from "../isa/codes.ts";
import type { Insn } from "../isa/insn.ts";
import type { Emitter, JumpTarget } from "./emitter.ts";

const MAX_OFF = 0x7fff;
/** An island lies this far away at most: the way to it may still grow by other islands. */
const REACH = 0x7000;
/** And not closer than this, as long as there is a place: each one more costs a jump. */
const NEAR = 0x5000;
const JA = isa.BPF_JMP | isa.BPF_JA;
const GOTOL = isa.BPF_JMP32 | isa.BPF_JA;

const INVERSE: Readonly<Record<number, number>> = {
  [isa.BPF_JEQ]: isa.BPF_JNE,
  [isa.BPF_JNE]: isa.BPF_JEQ,
  [isa.BPF_JLT]: isa.BPF_JGE,
  [isa.BPF_JGE]: isa.BPF_JLT,
  [isa.BPF_JGT]: isa.BPF_JLE,
  [isa.BPF_JLE]: isa.BPF_JGT,
  [isa.BPF_JSLT]: isa.BPF_JSGE,
  [isa.BPF_JSGE]: isa.BPF_JSLT,
  [isa.BPF_JSGT]: isa.BPF_JSLE,
  [isa.BPF_JSLE]: isa.BPF_JSGT,
};

/** The opcode of the jump that is taken where this one is not. */
export function inverseJump(code: number): number {
  return (code & 0x0f) | (INVERSE[code & 0xf0] ?? bug(`jump 0x${code.toString(16)} has no opposite`));
}

export function patchJumps(e: Emitter): void {
  if (e.insns.length > MAX_OFF) {
    if (e.cpu >= 4) reachByLongJumps(e);
    reachByIslands(e);
  }
  for (const { insnIdx, target } of e.jumps) {
    const insn = e.insns[insnIdx]!;
    const distance = target.start - insnIdx - 1;
    if (insn.code === GOTOL) insn.imm = distance;
    else if (fits(distance)) insn.off = distance;
    else bug(`a jump of ${distance} instructions in ${e.name}`);
  }
}

function fits(distance: number): boolean {
  return distance >= -MAX_OFF - 1 && distance <= MAX_OFF;
}

type Jump = Emitter["jumps"][number];

function tooFar(e: Emitter): Jump[] {
  return e.jumps.filter(({ insnIdx, target }) => e.insns[insnIdx]!.code !== GOTOL && !fits(target.start - insnIdx - 1));
}

/** Each round makes at least one jump a long one, and those stay. */
function reachByLongJumps(e: Emitter): void {
  const own = ({ insnIdx }: Jump): boolean => !e.texts.some(({ from, to }) => from <= insnIdx && insnIdx < to);
  for (let far = tooFar(e).filter(own); far.length > 0; far = tooFar(e).filter(own)) {
    // From the end, so that places in front stay.
    for (const jump of far.sort((a, b) => b.insnIdx - a.insnIdx)) {
      const insn = e.insns[jump.insnIdx]!;
      if (insn.code === JA) {
        insn.code = GOTOL;
        continue;
      }
      insn.code = inverseJump(insn.code);
      insn.off = 1;
      insert(e, jump.insnIdx + 1, [{ code: GOTOL, dst: 0, src: 0, off: 0, imm: 0 }]);
      e.texts.push({ from: jump.insnIdx, to: jump.insnIdx + 2 });
      jump.insnIdx++;
    }
  }
}

/** Each island is nearer to its target than the jump that goes there, so there is an end to it. */
function reachByIslands(e: Emitter): void {
  const islands = new Map<JumpTarget, JumpTarget[]>();
  for (let far = tooFar(e); far.length > 0; far = tooFar(e)) {
    const jump = far[0]!;
    const goal = jump.target;
    const forward = goal.start > jump.insnIdx;
    const known = islands.get(goal) ?? [];
    islands.set(goal, known);
    const distance = (to: number): number => (forward ? to - jump.insnIdx : jump.insnIdx - to);
    let island = known.find(({ start }) => distance(start) > 0 && distance(start) <= REACH);
    if (island === undefined) {
      const { at, open } = placeFor(e, jump.insnIdx, forward);
      const jumps = open ? 1 : 2;
      insert(
        e,
        at,
        Array.from({ length: jumps }, () => ({ code: JA, dst: 0, src: 0, off: 0, imm: 0 })),
      );
      island = { start: at + jumps - 1 };
      const behind: JumpTarget = { start: at + jumps };
      e.labels.push(island, behind);
      if (!open) e.jumps.push({ insnIdx: at, target: behind });
      e.jumps.push({ insnIdx: island.start, target: goal });
      known.push(island);
    }
    jump.target = island;
  }
}

/** Where an island can stand; `open` where nothing falls into it. */
function placeFor(e: Emitter, from: number, forward: boolean): { at: number; open: boolean } {
  const step = forward ? 1 : -1;
  let any = -1;
  for (let way = REACH; way >= NEAR; way--) {
    const at = from + step * way;
    if (!divides(e, at)) continue;
    const before = e.insns[at - 1]!.code;
    // Behind the jump over an island stands the island.
    if (
      e.jumps.some(({ insnIdx, target }) => insnIdx === at - 1 && e.labels.includes(target) && target.start === at + 1)
    )
      continue;
    if ((before === JA || before === (isa.BPF_JMP | isa.BPF_EXIT)) && !isSecondHalf(e, at - 1))
      return { at, open: true };
    if (any < 0) any = at;
  }
  return any < 0 ? bug(`no place for a jump in ${e.name}`) : { at: any, open: false };
}

function isSecondHalf(e: Emitter, at: number): boolean {
  return e.insns[at - 1]?.code === isa.LD_IMM64;
}

/** Whether something may be put in front of insn `at`. */
function divides(e: Emitter, at: number): boolean {
  if (at <= 0 || at >= e.insns.length || isSecondHalf(e, at)) return false;
  return !e.texts.some(({ from, to }) => from < at && at < to);
}

function insert(e: Emitter, at: number, insns: readonly Insn[]): void {
  const by = insns.length;
  e.insns.splice(at, 0, ...insns);
  for (const list of [e.jumps, e.relocs, e.lines, e.cores]) {
    for (const one of list) if (one.insnIdx >= at) one.insnIdx += by;
  }
  for (const target of [...e.fn.blocks, ...e.labels]) if (target.start >= at) target.start += by;
  for (const text of e.texts) {
    if (text.from < at) continue;
    text.from += by;
    text.to += by;
  }
}
