/**
 * A random program as a tree of intents. A node names no registers, only numbers to choose with; emit.ts turns a tree into
 * instructions that both verifiers accept, whatever nodes are missing. So a failing program shrinks by leaving nodes out.
 */
import { type Rng, rng } from "./rng.ts";

export type NodeKind =
  | "alu"
  | "unary"
  | "const"
  | "stack"
  | "packet"
  | "value"
  | "pick"
  | "atomic"
  | "lookup"
  | "update"
  | "delete"
  | "call"
  | "loopHelper"
  | "eachHelper"
  | "checksum"
  | "loadBytes"
  | "packetLoad"
  | "if"
  | "loop";

export interface Node {
  readonly kind: NodeKind;
  /** Choices: registers, operations, offsets. */
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly imm: number;
  readonly body: readonly Node[];
  readonly other: readonly Node[];
}

export interface Program {
  readonly seed: number;
  /** Leaves out what the kernel gets wrong (see emit.ts), so that it can be compared with. */
  readonly forLinux: boolean;
  readonly type: "xdp" | "sched_cls";
  readonly main: readonly Node[];
  readonly subs: readonly (readonly Node[])[];
  readonly packets: readonly Uint8Array[];
}

export const PACKET_BYTES = 64;
export const SUBS = 2;

const CORNERS: readonly number[] = [
  0, 1, -1, 2, 7, 8, 31, 32, 63, 64, 127, 128, 255, 256, 0x7fff, 0x8000, 0xffff, 0x7fffffff, -0x80000000, -0x7fffffff,
];

// Weights of kinds in a list of nodes; the last ones only where there is depth left, in main only for calls and maps.
const LEAVES: readonly NodeKind[] = [
  "alu",
  "alu",
  "alu",
  "alu",
  "alu",
  "unary",
  "unary",
  "const",
  "stack",
  "stack",
  "atomic",
  "pick",
];
const MAIN_LEAVES: readonly NodeKind[] = [
  ...LEAVES,
  "packet",
  "packet",
  "value",
  "value",
  "lookup",
  "update",
  "delete",
  "call",
  "loopHelper",
  "eachHelper",
  "checksum",
  "loadBytes",
  "packetLoad",
];

export function generate(seed: number, forLinux = true): Program {
  const random = rng(seed);
  const subs = Array.from({ length: SUBS }, () => nodes(random, 1 + random.below(6), 1, LEAVES));
  const main = nodes(random, 3 + random.below(18), 2, MAIN_LEAVES);
  const packets = [0, 1].map((n) => packet(random, n === 1));
  return { seed, forLinux, type: random.below(4) === 0 ? "sched_cls" : "xdp", main, subs, packets };
}

function nodes(random: Rng, count: number, depth: number, leaves: readonly NodeKind[]): Node[] {
  return Array.from({ length: count }, () => node(random, depth, leaves));
}

function node(random: Rng, depth: number, leaves: readonly NodeKind[]): Node {
  const roll = random.below(12);
  const kind = depth > 0 && roll === 0 ? "loop" : depth > 0 && roll < 3 ? "if" : random.pick(leaves);
  const nested = kind === "if" || kind === "loop";
  return {
    kind,
    a: random.below(0x10000),
    b: random.below(0x10000),
    c: random.below(0x10000),
    imm: immediate(random),
    body: nested ? nodes(random, 1 + random.below(4), depth - 1, leaves) : [],
    other: kind === "if" && random.below(2) === 0 ? nodes(random, 1 + random.below(3), depth - 1, leaves) : [],
  };
}

function immediate(random: Rng): number {
  switch (random.below(4)) {
    case 0:
      return random.next() | 0;
    case 1:
      return random.below(200) - 100;
    default:
      return random.pick(CORNERS);
  }
}

function packet(random: Rng, corners: boolean): Uint8Array {
  const bytes = new Uint8Array(PACKET_BYTES);
  for (let i = 0; i < bytes.length; i++) bytes[i] = random.next();
  if (corners) {
    const view = new DataView(bytes.buffer);
    for (let at = 0; at < bytes.length; at += 8) view.setBigInt64(at, BigInt(random.pick(CORNERS)), true);
  }
  // An EtherType of our own, so that a kernel's test run takes the packet as it is
  bytes[12] = 0x88;
  bytes[13] = 0xb5;
  return bytes;
}
