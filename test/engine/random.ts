/**
 * Seeded random programs that always end: any graph of blocks (irreducible ones too) over r0..r8, the stack and 64 bytes of
 * ctx; r9 counts backward jumps down. At the end r0 mixes all registers and the ctx holds what memory held.
 */
import type { Insn } from "../../src/isa/insn.ts";
import { EXIT, imm64, ins } from "./kit.ts";
import { aluForms, EDGES, JUMP_OPS } from "./reference.ts";

export function rng(seed: number): (below: number) => number {
  let state = seed >>> 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const FORMS = aluForms();
const CTX_BYTES_USED = 64;

export interface RandomOptions {
  blocks: number;
  insnsPerBlock: number;
  /** Backward jumps that a run may take. */
  fuel: number;
}

export function randomProgram(seed: number, options: RandomOptions): Insn[] {
  const pick = rng(seed * 2654435761 + 97);
  const edge = (): bigint => EDGES[pick(EDGES.length)]!;
  const reg = (): number => pick(9);
  const head: Insn[] = [];
  // r1 stays in a stack slot as ctx: every register may be overwritten.
  head.push(ins(0x7b, 10, 1, -8));
  for (let r = 0; r < 9; r++) head.push(...imm64(r, edge()));
  for (let at = -64; at < -8; at += 8) head.push(ins(0x7b, 10, pick(9), at));
  head.push(ins(0xb7, 9, 0, 0, options.fuel));

  const bodies: Insn[][] = [];
  for (let b = 0; b < options.blocks; b++) {
    const body: Insn[] = [];
    const count = 1 + pick(options.insnsPerBlock);
    for (let i = 0; i < count; i++) body.push(...randomInsn(pick, reg, edge));
    bodies.push(body);
  }
  // Each block: its body, then up to two jumps, each `if cond goto target`, then the fall-through.
  const jumps = bodies.map(() =>
    Array.from({ length: pick(3) }, () => ({ to: pick(options.blocks), cond: pick(4) > 0 })),
  );
  const BACK = 4;
  const size = (b: number): number =>
    bodies[b]!.length + jumps[b]!.reduce((sum, j) => sum + (j.to <= b ? BACK : j.cond ? 1 : 2), 0);
  const starts: number[] = [];
  let at = head.length;
  for (let b = 0; b < options.blocks; b++) {
    starts.push(at);
    at += size(b);
  }
  const out = at;
  const list = [...head];
  for (let b = 0; b < options.blocks; b++) {
    list.push(...bodies[b]!);
    for (const { to, cond } of jumps[b]!) {
      const condition = randomCondition(pick, reg);
      if (to <= b) {
        // Unless the condition holds and fuel is left, go on.
        list.push({ ...condition, off: 3 });
        list.push(ins(0x07, 9, 0, 0, -1));
        list.push(ins(0xd5, 9, 0, out - (list.length + 1), 0));
        list.push(ins(0x05, 0, 0, starts[to]! - (list.length + 1)));
      } else if (cond) {
        list.push({ ...condition, off: starts[to]! - (list.length + 1) });
      } else {
        list.push({ ...condition, off: 1 });
        list.push(ins(0x05, 0, 0, starts[to]! - (list.length + 1)));
      }
    }
  }
  // out: keep r1..r8 in ctx, then mix.
  list.push(ins(0x7b, 10, 0, -72));
  list.push(ins(0x79, 9, 10, -8));
  for (let r = 1; r < 9; r++) list.push(ins(0x7b, 9, r, 8 * (r - 1)));
  list.push(ins(0x79, 0, 10, -72));
  for (let r = 1; r < 9; r++) {
    list.push(ins(0x67, 0, 0, 0, 5));
    list.push(ins(0xaf, 0, r));
  }
  for (let slot = -64; slot < -8; slot += 8) {
    list.push(ins(0x79, 1, 10, slot));
    list.push(ins(0x27, 0, 0, 0, 31));
    list.push(ins(0x0f, 0, 1));
  }
  list.push(EXIT);
  return list;
}

function randomInsn(pick: (n: number) => number, reg: () => number, edge: () => bigint): Insn[] {
  const kind = pick(22);
  const sizes = [0x10, 0x08, 0x00, 0x18];
  if (kind < 11) {
    const [code, off, imm] = FORMS[pick(FORMS.length)]!;
    const byReg = (code & 8) !== 0 && imm === null;
    return [ins(code, reg(), byReg ? reg() : 0, off, imm ?? (byReg ? 0 : Number(BigInt.asIntN(32, edge()))))];
  }
  if (kind === 11) return imm64(reg(), edge());
  if (kind === 12) {
    // Small values, whose bounds the JIT follows.
    const small = [0xb7, 0x54, 0x57, 0x74, 0x77, 0x64, 0x04, 0x24, 0x44, 0x94];
    return Array.from({ length: 1 + pick(3) }, () => ins(small[pick(small.length)]!, reg(), 0, 0, pick(31)));
  }
  const size = pick(4);
  const bytes = 1 << size;
  const slot = -64 + pick(56 - bytes + 1);
  if (kind < 15) return [ins((0x63 & 7) | 0x60 | sizes[size]!, 10, reg(), slot)];
  if (kind === 15) return [ins((0x62 & 7) | 0x60 | sizes[size]!, 10, 0, slot, Number(BigInt.asIntN(32, edge())))];
  if (kind < 18) return [ins(0x61 | sizes[size]!, reg(), 10, slot)];
  if (kind === 18) {
    if (size === 3) return [ins(0x79, reg(), 10, slot)];
    return [ins(0x81 | sizes[size]!, reg(), 10, slot)];
  }
  if (kind > 19) return randomWalk(pick, reg);
  // Through a computed stack pointer, and atomics.
  const target = reg();
  const at = -64 + 8 * pick(7);
  const address = [ins(0xbf, target, 10), ins(0x07, target, 0, 0, at)];
  switch (pick(4)) {
    case 0:
      return [...address, ins(0x79, reg(), target, 0)];
    case 1:
      return [...address, ins(0x7b, target, reg(), 0)];
    case 2: {
      const ops = [0x00, 0x01, 0x40, 0x41, 0x50, 0x51, 0xa0, 0xa1, 0xe1, 0xf1];
      return [ins(pick(2) === 0 ? 0xdb : 0xc3, 10, reg(), at, ops[pick(ops.length)]!)];
    }
    default: {
      const wide = pick(4);
      return pick(2) === 0
        ? [ins((0xc3 & 7) | 0xc0 | sizes[wide]!, reg(), 10, at, 0x100)]
        : [ins((0xc3 & 7) | 0xc0 | sizes[wide]!, 10, reg(), at, 0x110)];
    }
  }
}

/** Pointers that move: into ctx (from the stack, as 64 bits) or into the stack, by constants and by bounded indices. */
function randomWalk(pick: (n: number) => number, reg: () => number): Insn[] {
  const p = reg();
  const other = (p + 1 + pick(8)) % 9;
  const out: Insn[] = [];
  const toCtx = pick(2) === 0;
  let low = toCtx ? 0 : -64;
  let room = toCtx ? 64 : 56;
  if (toCtx) out.push(ins(0x79, p, 10, -8));
  else out.push(ins(0xbf, p, 10));
  const steps = 1 + pick(4);
  for (let i = 0; i < steps; i++) {
    const by = pick(8);
    const first = low;
    switch (pick(5)) {
      case 0:
        out.push(ins(0x07, p, 0, 0, by));
        low -= by;
        break;
      case 1:
        out.push(ins(0x17, p, 0, 0, by));
        low += by;
        break;
      case 2:
        out.push(ins(pick(2) === 0 ? 0x57 : 0x54, other, 0, 0, 7), ins(0x0f, p, other));
        low = first;
        room -= 7;
        break;
      case 3:
        out.push(ins(0x57, other, 0, 0, 3), ins(0x67, other, 0, 0, 1), ins(0x0f, other, p), ins(0xbf, p, other));
        room -= 6;
        break;
      default: {
        const load = 0x61 | [0x10, 0x08, 0x00, 0x18][pick(4)]!;
        if (room > 8) out.push(ins(load, other, p, low + pick(room - 8)));
      }
    }
    // An index only adds: the lowest reachable byte stays `low`, `room` shrinks by what it may add.
    if (room <= 8) break;
  }
  if (room > 8) {
    const at = low + pick(room - 8);
    out.push(
      pick(2) === 0
        ? ins(0x79, other, p, at)
        : ins((0x73 & 7) | 0x60 | [0x10, 0x08, 0x00, 0x18][pick(4)]!, p, other, at),
    );
  }
  return out;
}

function randomCondition(pick: (n: number) => number, reg: () => number): Insn {
  const op = JUMP_OPS[pick(JUMP_OPS.length)]! | (pick(2) === 0 ? 5 : 6);
  return pick(2) === 0 ? ins(op | 8, reg(), reg()) : ins(op, reg(), 0, 0, pick(8) === 0 ? -1 : pick(24));
}

export { CTX_BYTES_USED };
