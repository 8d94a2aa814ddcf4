/**
 * A tree of intents to instructions. Register use, so that every tree gives a valid program:
 *
 *     r6   ctx          r7   packet, 64 bytes checked          r9   value of map "state", 128 bytes
 *     r0..r5, r8        scalars, where `live` says so; calls clobber r0..r5
 *     r10 - 64 .. - 1   eight words of stack, always initialised
 *     r10 - 96 .. - 65  loop counters and buffers of helpers
 *
 * Subprograms take five scalars, return one and use stack and registers of their own.
 */
import type { Insn } from "../../src/isa/insn.ts";
import { type Node, PACKET_BYTES, type Program } from "./nodes.ts";

export const STATE_BYTES = 128;
export const TABLE_VALUE_BYTES = 16;
export const TABLE_KEYS = 8;
/** Indices of the maps in a program's list. */
export const STATE_MAP = 0;
export const TABLE_MAP = 1;
export const ARRAY_MAP = 2;
export const ARRAY_ENTRIES = 4;

const SCALARS: readonly number[] = [0, 1, 2, 3, 4, 5, 8];
const SUB_SCALARS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
const STACK_WORDS = 8;
const BUFFERS_AT = -96;

const ALU_OPS: readonly number[] = [0x00, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x90, 0xa0, 0xb0, 0xc0];
const JMP_OPS: readonly number[] = [0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0xa0, 0xb0, 0xc0, 0xd0];
const SIZES: readonly (readonly [number, number])[] = [
  [0x10, 1],
  [0x08, 2],
  [0x00, 4],
  [0x18, 8],
];
/** The first four fetch nothing. */
const PLAIN_ATOMICS = 4;
const ATOMICS: readonly number[] = [0x00, 0x40, 0x50, 0xa0, 0x01, 0x41, 0x51, 0xa1, 0xe1, 0xf1];

export interface Emitted {
  readonly insns: readonly Insn[];
  /** First insns of the functions; [0] is 0. */
  readonly funcs: readonly number[];
}

interface Scope {
  readonly list: Insn[];
  /** Registers that may hold scalars in this function. */
  readonly scalars: readonly number[];
  live: Set<number>;
  /** Loops open around the place, for their counters' slots. */
  loops: number;
  readonly forLinux: boolean;
  /** Null in subprograms. */
  readonly main: {
    readonly calls: { readonly at: number; readonly sub: number }[];
    readonly callbacks: number[];
    readonly each: number[];
    readonly type: Program["type"];
  } | null;
}

export function emit(program: Program): Emitted {
  const list: Insn[] = [];
  const main: Scope = {
    list,
    scalars: SCALARS,
    live: new Set(),
    loops: 0,
    forLinux: program.forLinux,
    main: { calls: [], callbacks: [], each: [], type: program.type },
  };
  const short = prologue(main, program.type);
  emitNodes(main, program.main);
  epilogue(main);
  for (const at of short) list[at]!.off = list.length - at - 1;
  push(list, 0xb7, 0, 0, 0, 1);
  push(list, 0x95);
  const funcs = [0];
  const { calls, callbacks, each } = main.main!;
  for (const [n, nodes] of program.subs.entries()) {
    const used = calls.filter((call) => call.sub === n);
    if (used.length === 0) continue;
    funcs.push(list.length);
    for (const call of used) list[call.at]!.imm = list.length - call.at - 1;
    emitSub(list, nodes, program.forLinux);
  }
  if (callbacks.length > 0) {
    funcs.push(list.length);
    for (const at of callbacks) list[at]!.imm = list.length - at - 1;
    emitCallback(list);
  }
  if (each.length > 0) {
    funcs.push(list.length);
    for (const at of each) list[at]!.imm = list.length - at - 1;
    emitEachCallback(list);
  }
  return { insns: list, funcs };
}

function push(list: Insn[], code: number, dst = 0, src = 0, off = 0, imm = 0): void {
  list.push({ code, dst, src, off, imm });
}

function loadMap(list: Insn[], dst: number, map: number): void {
  push(list, 0x18, dst, 5, 0, map);
  push(list, 0);
}

/** Returns the jumps to patch that leave where the packet is short or the map is missing. */
function prologue({ list, live }: Scope, type: Program["type"]): number[] {
  const leave: number[] = [];
  const [data, end] = type === "xdp" ? [0, 4] : [76, 80];
  push(list, 0xbf, 6, 1);
  push(list, 0x61, 7, 6, data);
  push(list, 0x61, 3, 6, end);
  push(list, 0xbf, 2, 7);
  push(list, 0x07, 2, 0, 0, PACKET_BYTES);
  leave.push(list.length);
  push(list, 0x2d, 2, 3);
  push(list, 0x62, 10, 0, -4, 0);
  loadMap(list, 1, STATE_MAP);
  push(list, 0xbf, 2, 10);
  push(list, 0x07, 2, 0, 0, -4);
  push(list, 0x85, 0, 0, 0, 1);
  leave.push(list.length);
  push(list, 0x15, 0, 0, 0, 0);
  push(list, 0xbf, 9, 0);
  for (let word = 0; word < STACK_WORDS; word++) push(list, 0x7a, 10, 0, -8 * (word + 1), word * 0x01010101);
  for (const [i, reg] of SCALARS.entries()) {
    push(list, 0x79, reg, 7, 8 * i);
    live.add(reg);
  }
  return leave;
}

/** Every live scalar into the map, and r0 folded. */
function epilogue({ list, live }: Scope): void {
  for (const reg of SCALARS) if (live.has(reg)) push(list, 0x7b, 9, reg, 64 + 8 * SCALARS.indexOf(reg));
  if (!live.has(0)) push(list, 0xb7, 0, 0, 0, 0);
  for (let word = 0; word < STACK_WORDS; word++) {
    push(list, 0x79, 1, 10, -8 * (word + 1));
    push(list, 0xaf, 0, 1);
  }
  push(list, 0x95);
}

function emitSub(list: Insn[], nodes: readonly Node[], forLinux: boolean): void {
  const scope: Scope = { list, scalars: SUB_SCALARS, live: new Set([1, 2, 3, 4, 5]), loops: 0, forLinux, main: null };
  for (let word = 0; word < STACK_WORDS; word++) push(list, 0x7b, 10, 1 + (word % 5), -8 * (word + 1));
  emitNodes(scope, nodes);
  const live = [...scope.live];
  if (!scope.live.has(0)) push(list, 0xb7, 0, 0, 0, 3);
  for (const reg of live) if (reg !== 0) push(list, 0x0f, 0, reg);
  push(list, 0x95);
}

/** bpf_loop's callback: word at ctx = word * 5 + index. */
function emitCallback(list: Insn[]): void {
  push(list, 0x79, 3, 2, 0);
  push(list, 0x27, 3, 0, 0, 5);
  push(list, 0x0f, 3, 1);
  push(list, 0x7b, 2, 3, 0);
  push(list, 0xb7, 0, 0, 0, 0);
  push(list, 0x95);
}

/** bpf_for_each_map_elem's callback: word at ctx = word * 3 + first word of the value; the second word takes it; key 2 ends. */
function emitEachCallback(list: Insn[]): void {
  push(list, 0x61, 2, 2, 0);
  push(list, 0x79, 1, 4, 0);
  push(list, 0x27, 1, 0, 0, 3);
  push(list, 0x79, 5, 3, 0);
  push(list, 0x0f, 1, 5);
  push(list, 0x7b, 4, 1, 0);
  push(list, 0x7b, 3, 1, 8);
  push(list, 0xb7, 0, 0, 0, 0);
  push(list, 0x55, 2, 0, 1, 2);
  push(list, 0xb7, 0, 0, 0, 1);
  push(list, 0x95);
}

function emitNodes(scope: Scope, nodes: readonly Node[]): void {
  for (const node of nodes) EMITTERS[node.kind](scope, node);
}

/** A live scalar, made where there is none. */
function scalar(scope: Scope, choice: number): number {
  const live = scope.scalars.filter((reg) => scope.live.has(reg));
  if (live.length > 0) return live[choice % live.length]!;
  const reg = scope.scalars[choice % scope.scalars.length]!;
  push(scope.list, 0xb7, reg, 0, 0, choice);
  scope.live.add(reg);
  return reg;
}

/** Any scalar register, to be written. */
function target(scope: Scope, choice: number): number {
  const reg = scope.scalars[choice % scope.scalars.length]!;
  scope.live.add(reg);
  return reg;
}

function clobber(scope: Scope): void {
  for (let reg = 0; reg <= 5; reg++) scope.live.delete(reg);
}

const EMITTERS: Readonly<Record<Node["kind"], (scope: Scope, node: Node) => void>> = {
  alu(scope, { a, b, c, imm }) {
    const op = ALU_OPS[a % ALU_OPS.length]!;
    const cls = (a >> 4) % 2 === 0 ? 7 : 4;
    const bits = cls === 7 ? 64 : 32;
    const signed = (op === 0x30 || op === 0x90) && (a >> 5) % 2 === 0 ? 1 : 0;
    if ((a >> 6) % 2 === 0) {
      const src = scalar(scope, b);
      const dst = op === 0xb0 ? target(scope, c) : scalar(scope, c);
      push(scope.list, cls | op | 8, dst, src, signed);
      return;
    }
    const shift = op === 0x60 || op === 0x70 || op === 0xc0;
    const value = shift ? imm & (bits - 1) : (op === 0x30 || op === 0x90) && imm === 0 ? 3 : imm;
    const dst = op === 0xb0 ? target(scope, c) : scalar(scope, c);
    push(scope.list, cls | op, dst, 0, signed, value);
  },

  unary(scope, { a, b, c }) {
    const choice = a % 12;
    if (choice < 5) {
      const src = scalar(scope, b);
      const [code, off] = [
        [0xbf, 8],
        [0xbf, 16],
        [0xbf, 32],
        [0xbc, 8],
        [0xbc, 16],
      ][choice]!;
      push(scope.list, code!, target(scope, c), src, off);
    } else if (choice < 7) {
      push(scope.list, choice === 5 ? 0x87 : 0x84, scalar(scope, b));
    } else {
      push(scope.list, [0xd4, 0xdc, 0xd7][a % 3]!, scalar(scope, b), 0, 0, [16, 32, 64][c % 3]!);
    }
  },

  const(scope, { a, b, imm }) {
    const dst = target(scope, a);
    push(scope.list, 0x18, dst, 0, 0, imm);
    push(scope.list, 0, 0, 0, 0, b % 3 === 0 ? 0 : b % 3 === 1 ? -1 : Math.imul(b, 0x9e3779b1) | 0);
  },

  stack(scope, node) {
    const at = -8 * STACK_WORDS;
    access(scope, node, 10, at, 8 * STACK_WORDS, true);
  },

  packet(scope, node) {
    access(scope, node, 7, 0, PACKET_BYTES, true);
  },

  value(scope, node) {
    access(scope, node, 9, 0, 64, true);
  },

  /** A byte at an offset that a scalar chooses: of the packet, the map's value, or the stack. */
  pick(scope, { a, b, c }) {
    const { list } = scope;
    const index = scalar(scope, a);
    const dst = target(scope, b);
    const base = scope.main === null ? 10 : [9, 10][c % 2]!;
    // dst = base + (index & 31), then a byte in both directions
    const other = scope.scalars.find((reg) => reg !== dst && reg !== index)!;
    push(list, 0xbf, other, index);
    push(list, 0x57, other, 0, 0, 31);
    push(list, 0xbf, dst, base);
    push(list, 0x0f, dst, other);
    const off = base === 10 ? -64 : 0;
    push(list, 0x71, other, dst, off + (c % 32));
    if (c % 4 === 0) push(list, 0x73, dst, other, off + ((c >> 4) % 32));
    push(list, 0xbf, dst, other);
    scope.live.add(other);
  },

  /**
   * On the map's value all of them; for Linux on the stack only those that fetch nothing: it does not follow what a fetch reads
   * from a spilled scalar when it marks values precise (seen on 6.18), and so takes a branch that another path must not take.
   */
  atomic(scope, { a, b, c }) {
    const { list } = scope;
    const onStack = scope.main === null || (a >> 6) % 2 === 1;
    const op = ATOMICS[a % (onStack && scope.forLinux ? PLAIN_ATOMICS : ATOMICS.length)]!;
    const wide = (a >> 5) % 2 === 0;
    const src = scalar(scope, b);
    const word = c % 8;
    const off = (onStack ? -8 * (word + 1) : 8 * word) + (wide ? 0 : 4 * ((c >> 3) % 2));
    if (op === 0xf1 && !scope.live.has(0)) {
      push(list, 0xb7, 0, 0, 0, 0);
      scope.live.add(0);
    }
    push(list, wide ? 0xdb : 0xc3, onStack ? 10 : 9, src, off, op);
  },

  lookup(scope, { a, b, c, imm }) {
    const { list } = scope;
    const key = scalar(scope, a);
    const hash = b % 2 === 0;
    push(list, 0x63, 10, key, BUFFERS_AT);
    maskKey(list, hash ? TABLE_KEYS : ARRAY_ENTRIES * 2);
    loadMap(list, 1, hash ? TABLE_MAP : ARRAY_MAP);
    push(list, 0xbf, 2, 10);
    push(list, 0x07, 2, 0, 0, BUFFERS_AT);
    push(list, 0x85, 0, 0, 0, 1);
    clobber(scope);
    push(list, 0xb7, 1, 0, 0, imm);
    push(list, 0x15, 0, 0, 3, 0);
    push(list, 0x79, 1, 0, 8 * (c % 2));
    push(list, 0x07, 1, 0, 0, c);
    push(list, 0x7b, 0, 1, 8 * ((c >> 1) % 2));
    // r1 tells what was found; the pointer must not be seen
    push(list, 0xb7, 0, 0, 0, c);
    scope.live.add(1);
    scope.live.add(0);
  },

  update(scope, { a, b, c }) {
    const { list } = scope;
    const key = scalar(scope, a);
    push(list, 0x63, 10, key, BUFFERS_AT);
    const hash = b % 3 !== 0;
    maskKey(list, hash ? TABLE_KEYS : ARRAY_ENTRIES * 2);
    loadMap(list, 1, hash ? TABLE_MAP : ARRAY_MAP);
    push(list, 0xbf, 2, 10);
    push(list, 0x07, 2, 0, 0, BUFFERS_AT);
    push(list, 0xbf, 3, 10);
    push(list, 0x07, 3, 0, 0, -8 * (2 + (c % 6)));
    push(list, 0xb7, 4, 0, 0, (c >> 4) % 3);
    push(list, 0x85, 0, 0, 0, 2);
    clobber(scope);
    scope.live.add(0);
  },

  delete(scope, { a }) {
    const { list } = scope;
    const key = scalar(scope, a);
    push(list, 0x63, 10, key, BUFFERS_AT);
    maskKey(list, TABLE_KEYS);
    loadMap(list, 1, TABLE_MAP);
    push(list, 0xbf, 2, 10);
    push(list, 0x07, 2, 0, 0, BUFFERS_AT);
    push(list, 0x85, 0, 0, 0, 3);
    clobber(scope);
    scope.live.add(0);
  },

  call(scope, { a, imm }) {
    const { list, main } = scope;
    if (main === null) return;
    for (let reg = 1; reg <= 5; reg++) if (!scope.live.has(reg)) push(list, 0xb7, reg, 0, 0, imm);
    main.calls.push({ at: list.length, sub: a % 2 });
    push(list, 0x85, 0, 1);
    clobber(scope);
    scope.live.add(0);
  },

  loopHelper(scope, { a, c }) {
    const { list, main } = scope;
    if (main === null) return;
    // Not 0 for Linux: it then drops the callback as dead code and fails with a "verifier bug" of its own (6.18)
    push(list, 0xb7, 1, 0, 0, scope.forLinux ? 1 + (a % 5) : a % 6);
    main.callbacks.push(list.length);
    push(list, 0x18, 2, 4);
    push(list, 0);
    push(list, 0xbf, 3, 10);
    push(list, 0x07, 3, 0, 0, -8 * (1 + (c % STACK_WORDS)));
    push(list, 0xb7, 4, 0, 0, 0);
    push(list, 0x85, 0, 0, 0, 181);
    clobber(scope);
    scope.live.add(0);
  },

  eachHelper(scope, { c }) {
    const { list, main } = scope;
    if (main === null) return;
    loadMap(list, 1, ARRAY_MAP);
    main.each.push(list.length);
    push(list, 0x18, 2, 4);
    push(list, 0);
    push(list, 0xbf, 3, 10);
    push(list, 0x07, 3, 0, 0, -8 * (1 + (c % STACK_WORDS)));
    push(list, 0xb7, 4, 0, 0, 0);
    push(list, 0x85, 0, 0, 0, 164);
    clobber(scope);
    scope.live.add(0);
  },

  /** bpf_csum_diff over words of the stack, with any seed. */
  checksum(scope, { a, b, c, imm }) {
    const { list } = scope;
    const seed = scalar(scope, a);
    push(list, 0xbf, 5, seed);
    push(list, 0xbf, 1, 10);
    push(list, 0x07, 1, 0, 0, -8 * STACK_WORDS + 4 * (b % 8));
    push(list, 0xb7, 2, 0, 0, 4 * (c % 8));
    push(list, 0xbf, 3, 10);
    push(list, 0x07, 3, 0, 0, -8 * STACK_WORDS + 4 * ((b >> 4) % 8));
    push(list, 0xb7, 4, 0, 0, 4 * (imm & 7));
    push(list, 0x85, 0, 0, 0, 28);
    clobber(scope);
    scope.live.add(0);
  },

  /** bpf_skb_load_bytes or bpf_xdp_load_bytes, sometimes past the end. */
  loadBytes(scope, { a, b, c }) {
    const { list, main } = scope;
    if (main === null) return;
    const off = scalar(scope, a);
    push(list, 0xbf, 2, off);
    push(list, 0x57, 2, 0, 0, 63);
    push(list, 0xbf, 1, 6);
    push(list, 0xbf, 3, 10);
    push(list, 0x07, 3, 0, 0, -8 * (1 + (b % STACK_WORDS)));
    push(list, 0xb7, 4, 0, 0, 1 + (c % 8));
    push(list, 0x85, 0, 0, 0, main.type === "xdp" ? 189 : 26);
    clobber(scope);
    scope.live.add(0);
  },

  /** Legacy packet loads; those past the end (a few) end the program. */
  packetLoad(scope, { a, b, c }) {
    const { list, main } = scope;
    if (main === null || main.type === "xdp") return;
    const [size] = SIZES[a % 3]!;
    if (b % 2 === 0) {
      push(list, 0x20 | size, 0, 0, 0, c % 62);
    } else {
      const index = scalar(scope, b);
      push(list, 0xbf, 1, index);
      push(list, 0x57, 1, 0, 0, 31);
      push(list, 0x40 | size, 0, 1, 0, c % 32);
    }
    clobber(scope);
    scope.live.add(0);
  },

  if(scope, { a, b, c, imm, body, other }) {
    const { list } = scope;
    const op = JMP_OPS[a % JMP_OPS.length]!;
    const cls = (a >> 4) % 2 === 0 ? 5 : 6;
    const dst = scalar(scope, b);
    if ((a >> 5) % 2 === 0) push(list, cls | op | 8, dst, scalar(scope, c));
    else push(list, cls | op, dst, 0, 0, imm);
    const at = list.length - 1;
    const before = new Set(scope.live);
    emitNodes(scope, body);
    const after = scope.live;
    let end = list.length;
    if (other.length > 0) {
      push(list, (a >> 7) % 4 === 0 ? 0x06 : 0x05);
      end = list.length;
      scope.live = before;
      emitNodes(scope, other);
      const skip = list.length - end;
      if (list[end - 1]!.code === 0x06) list[end - 1]!.imm = skip;
      else list[end - 1]!.off = skip;
    }
    list[at]!.off = end - at - 1;
    const otherwise = other.length > 0 ? scope.live : before;
    scope.live = new Set([...after].filter((reg) => otherwise.has(reg)));
  },

  loop(scope, { a, b, body }) {
    const { list } = scope;
    if (scope.loops === 2) return;
    const slot = -72 - 8 * scope.loops;
    push(list, 0x7a, 10, 0, slot, 1 + (a % 5));
    const head = list.length;
    const before = new Set(scope.live);
    scope.loops++;
    emitNodes(scope, body);
    scope.loops--;
    // What was live at the head must be so again
    for (const reg of before) if (!scope.live.has(reg)) push(list, 0xb7, reg, 0, 0, b);
    const counter = 0;
    push(list, 0x79, counter, 10, slot);
    push(list, 0x07, counter, 0, 0, -1);
    push(list, 0x7b, 10, counter, slot);
    const distance = head - list.length - 1;
    push(list, 0x55, counter, 0, distance, 0);
    scope.live = new Set(before);
    scope.live.add(counter);
  },
};

/** The u32 key buffer becomes key % n, n a power of two. */
function maskKey(list: Insn[], n: number): void {
  push(list, 0x61, 2, 10, BUFFERS_AT);
  push(list, 0x57, 2, 0, 0, n - 1);
  push(list, 0x63, 10, 2, BUFFERS_AT);
}

/** A load or store of any size within [at, at + room) of a base register. */
function access(
  scope: Scope,
  { a, b, c, imm }: Node,
  base: number,
  at: number,
  room: number,
  unaligned: boolean,
): void {
  const { list } = scope;
  const [size, bytes] = SIZES[a % 4]!;
  const place = c % (room - bytes + 1);
  const off = at + (unaligned && (a >> 8) % 4 === 0 && base !== 10 ? place : place - (place % bytes));
  switch ((a >> 4) % 4) {
    case 0:
      push(list, 0x61 ^ size, target(scope, b), base, off);
      break;
    case 1:
      if (bytes === 8) push(list, 0x79, target(scope, b), base, off);
      else push(list, 0x81 ^ size, target(scope, b), base, off);
      break;
    case 2:
      push(list, 0x63 ^ size, base, scalar(scope, b), off);
      break;
    default:
      push(list, 0x62 ^ size, base, 0, off, imm);
  }
}
