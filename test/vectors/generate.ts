/**
 * Vectors for every op over the corners of its operands: sign, wrap, shifts by 0, 31, 32, 63 and beyond, division by 0 and of
 * the minimum by -1, and so on. Each is one XDP program that reads operands from the packet (so that nothing is a constant to
 * a compiler), computes, and writes results behind them; model.ts says what must stand there.
 *
 *     packet: | operands, 8 bytes each | results, 8 bytes each |
 */
import { llvmText } from "../../src/asm/llvm.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import { OPS, type OpRow } from "../../src/isa/ops.ts";
import { aluResult, atomicResult, jumpTaken, u64, unaryResult } from "./model.ts";
import type { Vector } from "./vector.ts";

/** 64-bit corners: zero, one, signs and carries at 8, 16, 32 and 64 bits, and a value with every byte different. */
const CORNERS: readonly bigint[] = [
  0n,
  1n,
  2n,
  0x7fn,
  0x80n,
  0x8000n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x7fff_ffff_ffff_ffffn,
  0x8000_0000_0000_0000n,
  0xffff_ffff_8000_0000n,
  0xffff_ffff_ffff_fffen,
  0xffff_ffff_ffff_ffffn,
  0xfedc_ba98_7654_3210n,
];
const SHIFTS: readonly bigint[] = [
  0n,
  1n,
  31n,
  32n,
  33n,
  63n,
  64n,
  65n,
  0xffff_ffffn,
  0xffff_ffff_ffff_ffffn,
  0x1_0000_0001n,
];
/** Second operands where not every corner is tried with every other: signs and carries of both widths. */
const SECOND: readonly bigint[] = CORNERS.filter(
  (value) => ![2n, 0x7fn, 0x80n, 0x8000n, 0xffff_ffff_ffff_fffen].includes(value),
);
const IMMS: readonly number[] = [0, 1, 2, -1, -2, 127, 128, 0x7fff, 0x8000, 0x7fffffff, -0x80000000, 0x12345678];

/** r3 and r4 hold operands, r0 and r5 are free, r6 points to the packet. */
class Program {
  readonly inputs: bigint[] = [];
  readonly outputs: bigint[] = [];
  readonly #body: ((resultsAt: number) => string)[] = [];

  /** Loads an operand into a register. */
  load(reg: string, value: bigint): void {
    let index = this.inputs.indexOf(value);
    if (index < 0) index = this.inputs.push(value) - 1;
    this.line(`${reg} = *(u64 *)(r6 + ${8 * index})`);
  }

  line(text: string): void {
    this.#body.push(() => text);
  }

  /** A result that is written in parts: `text` gets where it lies from r6; the whole must be `expected` in the end. */
  place(expected: bigint): (text: (at: number) => string) => void {
    const index = this.outputs.push(u64(expected)) - 1;
    return (text) => this.#body.push((resultsAt) => text(resultsAt + 8 * index));
  }

  /** Stores a register as the next result. */
  store(reg: string, expected: bigint): void {
    const index = this.outputs.push(u64(expected)) - 1;
    this.#body.push((resultsAt) => `*(u64 *)(r6 + ${resultsAt + 8 * index}) = ${reg}`);
  }

  vector(name: string): Vector {
    const resultsAt = 8 * Math.max(this.inputs.length, 2);
    const size = resultsAt + 8 * this.outputs.length;
    const data = new Uint8Array(size);
    const packet = new Uint8Array(size);
    const view = new DataView(packet.buffer);
    this.inputs.forEach((value, i) => {
      view.setBigUint64(8 * i, value, true);
    });
    data.set(packet);
    this.outputs.forEach((value, i) => {
      view.setBigUint64(resultsAt + 8 * i, value, true);
    });
    const text = [
      "r0 = 0",
      "r2 = *(u32 *)(r1 + 4)",
      "r6 = *(u32 *)(r1 + 0)",
      "r3 = r6",
      `r3 += ${size}`,
      "if r3 > r2 goto out",
      ...this.#body.map((line) => line(resultsAt)),
      "r0 = 2",
      "out:",
      "exit",
    ].join("\n");
    return {
      name,
      type: "xdp",
      text,
      maps: [],
      reject: null,
      skip: new Map(),
      runs: [{ data, set: [], expected: { retval: 2, packet }, line: 0 }],
    };
  }
}

/** Text of a row with r3 as dst and r4 as src. */
function textOf(row: OpRow, fields: { dst?: number; src?: number; off?: number; imm?: number } = {}): string {
  const first = {
    code: row.code,
    dst: row.dst === 0 ? 0 : (fields.dst ?? 3),
    src: typeof row.src === "number" ? row.src : (fields.src ?? 4),
    off: typeof row.off === "number" ? row.off : (fields.off ?? 0),
    imm: typeof row.imm === "number" ? row.imm : (fields.imm ?? 0),
  };
  return llvmText(insnsOf([first]), 0);
}

function isShift(row: OpRow): boolean {
  return row.operator.includes("<<") || row.operator.includes(">>");
}

function aluVector(row: OpRow): Vector {
  const p = new Program();
  for (const a of CORNERS) {
    if (row.imm === "value") {
      for (const imm of isShift(row) ? [0, 1, 7, row.bits - 1] : IMMS) {
        if (imm === 0 && /[/%]/.test(row.operator)) continue; // the verifier refuses a division by the constant 0
        p.load("r3", a);
        p.line(textOf(row, { imm }));
        p.store("r3", aluResult(row, a, BigInt(imm)));
      }
    } else {
      for (const b of isShift(row) ? SHIFTS : /[/%]/.test(row.operator) ? CORNERS : SECOND) {
        p.load("r3", a);
        p.load("r4", b);
        p.line(textOf(row));
        p.store("r3", aluResult(row, a, b));
      }
      p.load("r3", a);
      p.line(textOf(row, { src: 3 }));
      p.store("r3", aluResult(row, a, a));
    }
  }
  return p.vector(row.name);
}

function unaryVector(row: OpRow): Vector {
  const p = new Program();
  for (const a of [...CORNERS, 0xffn, 0x1234n, 0x8180_8384_8586_8788n, 0x7fff_8000_7f80_00ffn]) {
    const fromSource = row.src === "r";
    if (fromSource) p.load("r3", 0xa5a5_a5a5_a5a5_a5a5n);
    p.load(fromSource ? "r4" : "r3", a);
    p.line(textOf(row));
    p.store("r3", unaryResult(row, a));
  }
  return p.vector(row.name);
}

function jumpVector(row: OpRow): Vector {
  const p = new Program();
  const operands: readonly (bigint | number)[] = row.imm === "value" ? IMMS : SECOND;
  for (const a of SECOND) {
    for (const b of operands) {
      p.load("r3", a);
      if (typeof b === "bigint") p.load("r4", b);
      p.line("r5 = 1");
      p.line(textOf(row, { off: 1, imm: Number(typeof b === "number" ? b : 0) }));
      p.line("r5 = 0");
      p.store("r5", jumpTaken(row, a, BigInt(b)) ? 1n : 0n);
    }
  }
  return p.vector(row.name);
}

/** Two words with every byte different, and signs set and clear. */
const LOW = 0x8786_8584_8382_8180n;
const HIGH = 0x7f6f_5f4f_3f2f_1f0fn;
const BOTH = (HIGH << 64n) | LOW;

/** Loads and stores at every aligned place of two stack words, and (plain ones) at every byte of two words of the packet. */
function memoryVector(row: OpRow): Vector {
  const p = new Program();
  const { access, sizeBytes } = row.mem!;
  const plain = row.kind === "ldx" || row.kind === "st" || row.kind === "stx";
  for (let at = 0; at + sizeBytes <= 16; at += sizeBytes)
    access === "load" ? stackLoad(p, row, at) : stackStore(p, row, at);
  for (let at = 0; plain && at + sizeBytes <= 16; at++)
    access === "load" ? packetLoad(p, row, at) : packetStore(p, row, at);
  return p.vector(row.name);
}

function loaded(row: OpRow, at: number): bigint {
  const { sizeBytes, signed } = row.mem!;
  const value = BigInt.asUintN(8 * sizeBytes, BOTH >> BigInt(8 * at));
  return signed ? BigInt.asIntN(8 * sizeBytes, value) : value;
}

/** Both words after a store of `value` at a byte. */
function stored(row: OpRow, at: number, value: bigint): bigint {
  const mask = ((1n << BigInt(8 * row.mem!.sizeBytes)) - 1n) << BigInt(8 * at);
  return (BOTH & ~mask) | ((value << BigInt(8 * at)) & mask);
}

function fillStack(p: Program): void {
  p.load("r3", LOW);
  p.line("*(u64 *)(r10 - 16) = r3");
  p.load("r3", HIGH);
  p.line("*(u64 *)(r10 - 8) = r3");
}

function stackLoad(p: Program, row: OpRow, at: number): void {
  fillStack(p);
  p.line("r4 = r10");
  p.line("r4 += -24");
  p.line(textOf(row, { off: at + 8 }));
  p.store("r3", loaded(row, at));
  if (at > 0) return;
  // The register that holds the address may be the one that is loaded
  fillStack(p);
  p.line("r3 = r10");
  p.line(textOf(row, { src: 3, off: -16 }));
  p.store("r3", loaded(row, 0));
}

function stackStore(p: Program, row: OpRow, at: number): void {
  for (const value of storedValues(row)) {
    fillStack(p);
    p.line("r3 = r10");
    p.line("r3 += -32");
    if (row.kind !== "st") p.load("r4", u64(value));
    p.line(textOf(row, { off: at + 16, imm: Number(BigInt.asIntN(32, value)) }));
    const after = stored(row, at, value);
    p.line("r5 = *(u64 *)(r10 - 16)");
    p.store("r5", after);
    p.line("r5 = *(u64 *)(r10 - 8)");
    p.store("r5", after >> 64n);
  }
}

function packetLoad(p: Program, row: OpRow, at: number): void {
  const low = p.place(LOW);
  const high = p.place(HIGH);
  p.load("r5", LOW);
  low((place) => `*(u64 *)(r6 + ${place}) = r5`);
  p.load("r5", HIGH);
  high((place) => `*(u64 *)(r6 + ${place}) = r5`);
  low((place) => textOf(row, { src: 6, off: place + at }));
  p.store("r3", loaded(row, at));
}

function packetStore(p: Program, row: OpRow, at: number): void {
  for (const value of storedValues(row).slice(-1)) {
    const after = stored(row, at, value);
    const low = p.place(after);
    const high = p.place(after >> 64n);
    p.load("r5", LOW);
    low((place) => `*(u64 *)(r6 + ${place}) = r5`);
    p.load("r5", HIGH);
    high((place) => `*(u64 *)(r6 + ${place}) = r5`);
    if (row.kind !== "st") p.load("r4", u64(value));
    low((place) => textOf(row, { dst: 6, off: place + at, imm: Number(BigInt.asIntN(32, value)) }));
  }
}

function storedValues(row: OpRow): readonly bigint[] {
  return row.kind === "st" ? [0n, -1n, -0x80000000n, 0x12345678n] : [0n, 0xfedc_ba98_7654_3210n];
}

function atomicVector(row: OpRow): Vector {
  const p = new Program();
  const words = CORNERS.filter((_, i) => i % 2 === 0 || i > 9);
  const compares = row.name.startsWith("cmpxchg");
  // Fewer where each is tried with three values of r0: XDP test packets hold 3.5 KB
  const others = compares ? [] : [1n, 0x8000_0000n, 0x8000_0000_0000_0000n, 0n];
  const operands = [0xfedc_ba98_7654_3210n, u64(-1n), ...others];
  for (const memory of words) {
    for (const [k, src] of operands.entries()) {
      // The upper half for every other 32-bit case: the neighbour must stay as it is
      const upper = row.bits === 32 && k % 2 === 1;
      const word = row.bits === 64 ? memory : upper ? memory >> 32n : memory & 0xffff_ffffn;
      // r0 hits with the right word (for 32 bits: whatever its upper half), or misses
      for (const r0 of compares ? [word, word ^ 1n, word | (0x5555_5555n << 32n)] : [7n]) {
        p.load("r3", memory);
        p.line("*(u64 *)(r10 - 8) = r3");
        p.load("r4", src);
        p.load("r0", u64(r0));
        p.line("r3 = r10");
        p.line(textOf(row, { off: upper ? -4 : -8 }));
        const after = atomicResult(row, word, src, u64(r0));
        p.line("r5 = *(u64 *)(r10 - 8)");
        const whole =
          row.bits === 64
            ? after.word
            : upper
              ? (after.word << 32n) | (memory & 0xffff_ffffn)
              : (memory & ~0xffff_ffffn) | after.word;
        p.store("r5", whole);
        if (compares) p.store("r0", after.r0);
        else p.store("r4", after.src);
      }
    }
  }
  return p.vector(row.name);
}

function wideVector(row: OpRow): Vector {
  const p = new Program();
  for (const value of [...CORNERS, 0x8000_0000_7fff_ffffn, 0x1234_5678_ffff_ffffn]) {
    p.line(`r3 = ${value} ll`);
    p.store("r3", value);
  }
  return p.vector(row.name);
}

/** Kinds that the generator covers; the others have vector files. */
const MAKERS: Readonly<Partial<Record<OpRow["kind"], (row: OpRow) => Vector>>> = {
  alu: aluVector,
  neg: unaryVector,
  end: unaryVector,
  bswap: unaryVector,
  movsx: unaryVector,
  jmp: jumpVector,
  ldx: memoryVector,
  st: memoryVector,
  stx: memoryVector,
  load_acquire: memoryVector,
  store_release: memoryVector,
  atomic: atomicVector,
};

export function generatedVectors(): Vector[] {
  const vectors: Vector[] = [];
  for (const row of OPS) {
    const make = MAKERS[row.kind];
    if (make !== undefined) vectors.push(make(row));
    else if (row.name === "lddw") vectors.push(wideVector(row));
  }
  return vectors;
}
