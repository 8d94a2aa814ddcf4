/** Map values, memory of known size and the stack: which offset may be reached, and what bounds it (V004, V006 to V009). */
import type { DiagnosticNote } from "./diagnostic.ts";
import {
  accessSize,
  bytes,
  type Case,
  calleeName,
  type Finding,
  note,
  pointee,
  rangeText,
  regRange,
} from "./explain-case.ts";
import {
  constantInstead,
  type Fix,
  leaveUnlessBelow,
  leaveUnlessFrom,
  leaveUnlessWithin,
  startWithZeroes,
} from "./explain-fixes.ts";
import { type Index, indexOf, limitAdvice, limitFixes, scalarOf } from "./explain-index.ts";
import { isCall, madeAt, writtenAt } from "./explain-path.ts";
import { argumentText, plainArgument } from "./explain-source.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  FRAMENO,
  OFF,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  RAW0,
  REG_WORDS,
  VAL,
} from "./regs.ts";
import { STACK_DYNPTR, STACK_INVALID, STACK_ITER, STACK_SPILL, slotType } from "./state.ts";

function regIn(c: Case, pattern: RegExp): number {
  return Number(pattern.exec(c.kernel)?.[1] ?? -1);
}

interface Region {
  /** "the value of map table", "the record". */
  readonly what: string;
  readonly size: number;
}

function regionOf(c: Case, r: number): Region | null {
  const at = r * REG_WORDS;
  const type = baseType(c.w[at]!);
  const map = c.path.env.maps[c.w[at + RAW0]! - 1];
  if (type === PTR_TO_MAP_VALUE && map !== undefined) {
    const { global } = map.spec;
    const what = global === null ? `the value of map ${map.name}` : `section .${global}`;
    return { what, size: map.spec.valueSize };
  }
  if (type === PTR_TO_MAP_KEY && map !== undefined)
    return { what: `the key of map ${map.name}`, size: map.spec.keySize };
  if (type === PTR_TO_MEM) {
    const made = madeAt(c.path, c.step, r);
    const from = made !== null && isCall(c.path.insns, made.insn) ? ` from ${calleeName(c.prog, made.insn)}` : "";
    return { what: `the memory${from}`, size: c.w[at + RAW0]! };
  }
  return null;
}

/** V004, V006 and V007 on memory of known size. */
export function explainRegion(c: Case): Finding | null {
  const sized = /value_size=(\d+)|key_size=(\d+)|mem_size=(\d+)/.test(c.kernel);
  let r = regIn(c, /R(\d+) (?:max|min|unbounded)/);
  if (r < 0 && sized) r = baseRegister(c);
  if (r < 0) return null;
  const region = regionOf(c, r);
  if (region === null) return isCall(c.path.insns, c.insn) ? explainSize(c, r) : null;
  const said = / off=(-?\d+) size=(\d+)/.exec(c.kernel);
  const size = accessSize(c) || Number(said?.[2] ?? 1);
  const isInsn = accessSize(c) !== 0;
  const fixed = c.w[r * REG_WORDS + OFF]! + (isInsn ? c.path.insns.off[c.insn]! : 0);
  const moved = regRange(c.w, r);
  const index = indexOf(c, r);
  if (index === null) {
    const from = BigInt(fixed) + moved.min;
    const reach =
      from < 0n
        ? `begins ${bytes(-from)} before`
        : `reaches ${bytes(from + BigInt(size) - BigInt(region.size))} behind`;
    return {
      message: `access of ${bytes(size)} at offset ${from} leaves ${region.what} of ${bytes(region.size)}`,
      label: `${reach} ${region.what}`,
      required: `0 <= ${from} and ${from} + ${size} <= ${region.size}`,
      known: `offset ${from}, ${bytes(size)}; ${region.size} bytes there`,
      help: offsetAdvice(region.size - size, size, isInsn || from < 0n, BigInt(region.size) - from),
      fixes: isInsn ? [] : smallerSize(c, r, size, Number(BigInt(region.size) - from)),
      notes: sourceNote(c, r, region),
    };
  }
  const count = (BigInt(region.size) - BigInt(size) - BigInt(fixed)) / BigInt(index.scale) + 1n;
  const required = `${index.name} <= ${count - 1n}`;
  const known = `${index.name} is ${rangeText(index.range)}`;
  if (index.range.min < 0n) return negative(c, index, count, region.what);
  if (BigInt(fixed) + moved.min < 0n) return belowStart(c, index, fixed, count, region.what);
  const last = BigInt(fixed) + moved.max + BigInt(size) - 1n;
  const bounded = moved.max < 1n << 29n;
  return {
    message: bounded
      ? `${index.name} may leave ${region.what}: it must be ${count - 1n} at most, known is ${rangeText(index.range)}`
      : `nothing limits ${index.name}, which selects from ${region.what}`,
    label: bounded
      ? `reaches byte ${last}; ${region.what} has ${region.size}`
      : `${index.name} must be ${count - 1n} at most; known is ${rangeText(index.range)}`,
    required,
    known,
    help: limitAdvice(index, count),
    fixes: limitFixes(c, index, count),
    notes: index.notes,
  };
}

function offsetAdvice(last: number, size: number, byOffset: boolean, room: bigint): string {
  if (!byOffset) return room > 0n ? `pass a size of at most ${room}` : "nothing is left there";
  if (last < 0) return `${bytes(size)} do not fit in at all`;
  return last === 0 ? `only offset 0 can hold ${bytes(size)}` : `only offsets 0 to ${last} can hold ${bytes(size)}`;
}

function baseRegister(c: Case): number {
  const { insns } = c.path;
  const cls = insns.code[c.insn]! & 7;
  if (cls === 1) return insns.src[c.insn]!;
  return cls === 2 || cls === 3 ? insns.dst[c.insn]! : -1;
}

function sourceNote(c: Case, r: number, region: Region): DiagnosticNote[] {
  const made = madeAt(c.path, c.step, r);
  if (made === null || made.insn === c.insn) return [];
  return isCall(c.path.insns, made.insn) ? [note(c.prog, made.insn, `${bytes(region.size)} come from here`)] : [];
}

/** A constant takes more away than the number is known to have. */
function belowStart(c: Case, index: Index, fixed: number, count: bigint, what: string): Finding {
  const { name } = index;
  const least = BigInt(Math.ceil(-fixed / index.scale));
  const upper = index.range.max < count;
  const test = upper ? `${name} < ${least}` : `${name} < ${least} || ${name} >= ${count}`;
  return {
    message: `${name} may be less than ${least}: what is accessed then lies before ${what}`,
    label: `begins up to ${bytes(BigInt(-fixed) - index.range.min * BigInt(index.scale))} before ${what}`,
    required: `${least} <= ${name} <= ${count - 1n}`,
    known: `${name} is ${rangeText(index.range)}`,
    help: index.named
      ? `add  if (${test}) return ...;  before this`
      : `check that ${name} is ${least} or more before this`,
    notes: index.notes,
    fixes: leaveUnlessFrom(c, index.source, index.made, least, count),
  };
}

function negative(c: Case, index: Index, count: bigint, what: string): Finding {
  const { name } = index;
  const upper = index.range.max < count;
  const test = upper ? `${name} < 0` : `${name} < 0 || ${name} >= ${count}`;
  return {
    message: `${name} may be negative: ${upper ? "only its upper bound is checked" : "neither of its bounds is checked"}`,
    label: `${name} must be 0..${count - 1n} to stay in ${what}; known is ${rangeText(index.range)}`,
    required: `0 <= ${name} <= ${count - 1n}`,
    known: `${name} is ${rangeText(index.range)}`,
    help: index.named
      ? `make ${name} unsigned, or add  if (${test}) return ...;`
      : `use an unsigned index, or check that it is not negative`,
    fixes: limitFixes(c, index, count),
    notes: index.notes,
  };
}

/** V018: the number that is added to a pointer is out of every bound. */
export function explainAddition(c: Case): Finding | null {
  const operator = /R(\d+) (?:bitwise operator|pointer arithmetic with) (\S+)/.exec(c.kernel);
  if (operator !== null) return explainOperator(c, Number(operator[1]), operator[2]!);
  if (!/math between|be out of bounds/.test(c.kernel)) return null;
  const { insns } = c.path;
  if ((insns.code[c.insn]! & 8) === 0) return null;
  const dst = insns.dst[c.insn]!;
  const src = insns.src[c.insn]!;
  if (/math between \S+ pointer and -?\d/.test(c.kernel)) return null;
  const number = c.w[src * REG_WORDS] === 1 ? src : dst;
  const pointer = number === src ? dst : src;
  const index = scalarOf(c, c.step, number);
  const region = regionOf(c, pointer);
  if (region !== null) {
    const count = (BigInt(region.size) - BigInt(c.w[pointer * REG_WORDS + OFF]!) - 1n) / BigInt(index.scale) + 1n;
    const upper = index.range.max < count;
    return {
      ...negative(c, index, count, region.what),
      help: index.named
        ? `make ${index.name} unsigned, or add  if (${upper ? `${index.name} < 0` : `${index.name} < 0 || ${index.name} >= ${count}`}) return ...;  before this`
        : "limit the number on both sides before it is added",
    };
  }
  const name = index.named ? index.name : "the number";
  const kind = / makes (\w+) pointer| between (\w+) pointer/.exec(c.kernel);
  const what = (kind?.[1] ?? kind?.[2]) === "pkt" ? "a packet pointer" : "a pointer";
  return {
    message: `${name} is added to ${what} but ${index.range.min < 0n ? "may be negative" : "has no upper bound"}`,
    label: `only numbers from -536870911 to 536870911 may be added; known is ${rangeText(index.range)}`,
    required: `-536870912 < ${name} < 536870912`,
    known: `${name} is ${rangeText(index.range)}`,
    help: `limit ${name} before the addition: an unsigned type and  if (${index.named ? name : "n"} > MAX) return ...;  or a mask`,
    fixes: leaveUnlessBelow(c, index.source, index.made, 65536n).map((fix) => ({
      ...fix,
      help: `add  if (${index.named ? name : "n"} > 65535) return ...;  before the addition; unsigned, so that it holds for negative ones`,
    })),
    notes: index.notes,
  };
}

/** Shifts, masks and the like on a pointer: mostly a cast to a narrower type. */
function explainOperator(c: Case, r: number, operator: string): Finding {
  const what = pointee(c.path.env, c.w, r * REG_WORDS);
  const made = madeAt(c.path, c.step, r);
  const isCast = operator === "<<=" && c.path.insns.imm[c.insn] === 32 && (c.path.insns.code[c.insn]! & 8) === 0;
  return {
    message: isCast
      ? `the pointer to ${what.replace(/^the /, "the ")} is cut to 32 bits`
      : `a pointer takes + and - of numbers, not ${operator}`,
    label: `r${r} points to ${what}`,
    required: "+ or - of a number",
    known: operator,
    help: isCast
      ? "keep pointers in pointers or 64-bit numbers: (__u32)pointer is what gives this"
      : `do not use ${operator} on pointers; what is computed from an address would tell where it is`,
    notes: made === null || made.insn === c.insn ? [] : [note(c.prog, made.insn, "the pointer comes from here")],
  };
}

/** The size argument of a helper: V006, V007 and V035. */
export function explainSize(c: Case, r: number): Finding | null {
  if (!isCall(c.path.insns, c.insn)) return null;
  const index = scalarOf(c, c.step, r);
  const range = regRange(c.w, r);
  const name = index.named ? index.name : `the size in r${r}`;
  const helper = calleeName(c.prog, c.insn);
  const memory = r > 1 ? memoryBytes(c, r - 1) : null;
  const max = memory ?? null;
  const wrong =
    range.min < 0n
      ? "may be negative"
      : range.min === 0n && /zero-sized/.test(c.kernel)
        ? "may be 0"
        : "has no upper bound";
  const least = /zero-sized/.test(c.kernel) ? 1 : 0;
  if (range.min === range.max) return constantSize(c, r, range.min, least, max, helper);
  const required = max === null ? `${least} <= ${name}` : `${least} <= ${name} <= ${max}`;
  const most = max === null ? "MAX" : `${max}`;
  const variable = index.named ? index.name : "n";
  const lower = least === 1 ? `${variable} == 0 || ` : "";
  return {
    message: `${name} ${wrong}: ${helper} ${max === null ? "needs a bound" : `has room for ${bytes(max)}`}`,
    label:
      max === null
        ? `${name} is ${rangeText(range)}`
        : `${name} must be ${least}..${max}; known is ${rangeText(range)}`,
    required,
    known: `${name} is ${rangeText(range)}`,
    help: `make ${variable} unsigned and add  if (${lower}${variable} > ${most}) return ...;  before the call`,
    fixes: max === null || max < 1 ? [] : [leaveUnlessWithin(c, r, least, max)],
    notes: index.notes,
  };
}

function constantSize(c: Case, r: number, size: bigint, least: number, max: number | null, helper: string): Finding {
  return {
    message: `argument ${r} of ${helper}, a size, is ${size}`,
    label: max === null ? `argument ${r} is ${size}` : `argument ${r} must be ${least}..${max}; it is ${size}`,
    required: max === null ? `${least} <= size` : `${least} <= size <= ${max}`,
    known: `size is ${size}`,
    help: "pass the size of the memory: sizeof(...)",
    notes: sizeNote(c, r),
  };
}

function sizeNote(c: Case, r: number): DiagnosticNote[] {
  const at = writtenAt(c.path, c.step, r);
  return at === null ? [] : [note(c.prog, at.insn, "the size is set here")];
}

/** Bytes behind pointer R`r` up to the end of its memory; null where that is not one number. */
function memoryBytes(c: Case, r: number): number | null {
  const at = r * REG_WORDS;
  const region = regionOf(c, r);
  if (region !== null) return region.size - c.w[at + OFF]!;
  return c.w[at] === 6 ? -(c.w[at + OFF]! + c.w[at + VAL]!) : null;
}

/** V008. */
export function explainStack(c: Case): Finding | null {
  const r = regIn(c, /stack R(\d+)/);
  if (r < 0) return null;
  const write = c.kernel.includes("write to");
  const said = /off=(-?\d+) size=(\d+)/.exec(c.kernel);
  if (said === null) return unboundedStack(c, r);
  const off = Number(said[1]);
  const size = Number(said[2]);
  const verb = write ? "writes" : "reads";
  const index = c.kernel.includes("variable-offset") ? indexOf(c, r) : null;
  if (index === null) {
    const at = off + c.w[r * REG_WORDS + VAL]!;
    const below = at < -512;
    const room = -at;
    const buffer = isCall(c.path.insns, c.insn) ? plainArgument(argumentText(c.expression, r)) : "";
    return {
      message: below
        ? `${bytes(size)} at r10${at}: the stack of a function has 512 bytes`
        : room <= 0
          ? `access of ${bytes(size)} at r10+${at}: the stack lies below r10`
          : `${bytes(size)} do not fit${buffer === "" ? "" : ` into ${buffer}`}: ${bytes(room)} are left on the stack from there`,
      label: below ? `${-at - 512} bytes below the stack` : `${verb} ${bytes(size)}, ${Math.max(0, room)} are there`,
      required: `-512 <= ${at} and ${at} + ${size} <= 0`,
      known: `address r10${at < 0 ? at : `+${at}`}, ${bytes(size)}`,
      help: below
        ? "keep large buffers in a map (a per-CPU array of one entry) instead of the stack"
        : isCall(c.path.insns, c.insn)
          ? (keyAdvice(c, r, buffer, size) ??
            `pass the size of the buffer: sizeof(${buffer === "" ? "buffer" : buffer}), ${Math.max(0, room)} at most`)
          : "the buffer ends before this offset",
      fixes: below || keyAdvice(c, r, buffer, size) !== null ? [] : smallerSize(c, r, size, room),
    };
  }
  const count = (BigInt(-off) - BigInt(size)) / BigInt(index.scale) + 1n;
  if (count <= 0n) return movedOut(c, r, off, size, index);
  if (index.range.min < 0n) return negative(c, index, count, "the buffer");
  return {
    message: `${index.name} may leave the stack buffer: it must be ${count - 1n} at most, known is ${rangeText(index.range)}`,
    label: `${verb} up to ${bytes(BigInt(off) + regRange(c.w, r).max + BigInt(size))} above the stack`,
    required: `${index.name} <= ${count - 1n}`,
    known: `${index.name} is ${rangeText(index.range)}`,
    help: limitAdvice(index, count),
    fixes: limitFixes(c, index, count),
    notes: index.notes,
  };
}

/** The size that a call is given with its pointer in R`r`, where that is a constant. */
function smallerSize(c: Case, r: number, size: number, room: number): Fix[] {
  if (!isCall(c.path.insns, c.insn) || r >= 5) return [];
  const { min, max } = regRange(c.w, r + 1);
  return min === BigInt(size) && max === min ? constantInstead(c, r + 1, room) : [];
}

/** Keys and values have the size that the map was made with. */
function keyAdvice(c: Case, r: number, name: string, size: number): string | null {
  const map = c.path.env.maps[c.w[REG_WORDS + RAW0]! - 1];
  if (baseType(c.w[REG_WORDS]!) !== CONST_PTR_TO_MAP || map === undefined) return null;
  if (!/map_(?:lookup|update|delete|push|pop|peek)/.test(calleeName(c.prog, c.insn))) return null;
  const what = r === 2 && map.spec.keySize === size ? "key" : "value";
  return `the ${what} of map ${map.name} has ${bytes(size)}: give ${name === "" ? "the variable" : name} a type of that size`;
}

/** The buffer's start is not known: only where the access may end up. */
function movedOut(c: Case, r: number, off: number, size: number, index: Index): Finding {
  const { min, max } = regRange(c.w, r);
  const first = min + BigInt(off);
  const last = max + BigInt(off) + BigInt(size);
  return {
    message: `${bytes(size)} at a varying place from r10${signed(first)} on may leave the stack`,
    label: `between r10${signed(first)} and r10${signed(last)}; the stack is r10-512 to r10-1`,
    required: `-512 <= ${first} and ${last} <= 0`,
    known: `${index.name} is ${rangeText(index.range)}`,
    help: `limit ${index.name} on both sides before it is added`,
    notes: index.notes,
  };
}

function signed(n: bigint): string {
  return n < 0n ? `${n}` : `+${n}`;
}

function unboundedStack(c: Case, r: number): Finding | null {
  const index = indexOf(c, r);
  if (index === null) return null;
  const count = BigInt(-c.w[r * REG_WORDS + OFF]! - c.path.insns.off[c.insn]!) / BigInt(index.scale);
  if (index.range.min < 0n) return negative(c, index, count, "the buffer");
  return {
    message: `nothing limits ${index.name}, which selects from a buffer on the stack`,
    label: `${index.name} must be ${count - 1n} at most; known is ${rangeText(index.range)}`,
    required: `${index.name} <= ${count - 1n}`,
    known: `${index.name} is ${rangeText(index.range)}`,
    help: limitAdvice(index, count),
    fixes: limitFixes(c, index, count),
    notes: index.notes,
  };
}

/** By STACK_*: never written, part of a saved register, written, zero, objects. */
const BYTE_CHARS: readonly string[] = [".", "p", "w", "w", "d", "i", "f"];

/** V009: a map of the bytes. */
export function explainStackBytes(c: Case): Finding | null {
  const said = /invalid read from stack (?:R(\d+) )?off (-?\d+)\+(\d+) size (\d+)/.exec(c.kernel);
  if (said === null) return null;
  const off = Number(said[2]);
  const size = Number(said[4]);
  const bad = off + Number(said[3]);
  const r = said[1] === undefined ? baseRegister(c) : Number(said[1]);
  const frame = c.path.env.cur.frames[r >= 0 ? c.w[r * REG_WORDS + FRAMENO]! : c.path.env.cur.curframe] ?? null;
  if (frame === null) return null;
  let map = "";
  let spilled = false;
  let object = "";
  for (let b = off; b < off + Math.min(size, 32); b++) {
    const slot = -b - 1;
    const type = slot >> 3 < frame.slots ? slotType(frame, slot >> 3, slot & 7) : STACK_INVALID;
    if (b === bad && type === STACK_SPILL) spilled = true;
    if (b === bad) object = type === STACK_DYNPTR ? "a dynptr" : type === STACK_ITER ? "an iterator" : "";
    map += BYTE_CHARS[type] ?? "w";
  }
  const where = `r10${off}`;
  if (object !== "") {
    return {
      message: `${object} on the stack is read as plain bytes`,
      label: `${bytes(size)} from ${where} belong to ${object}`,
      required: "plain bytes",
      known: object,
      help: `${object} can neither be copied nor read: pass its address to the functions made for it`,
    };
  }
  return {
    message: spilled
      ? `${bytes(size)} at ${where} cut through a saved register`
      : `byte r10${bad} was never written on this path`,
    label: `${bytes(size)} from ${where}: ${map}`,
    required: `${size} written bytes from ${where}`,
    known: `${map} (w written, p part of a saved register, . never written)`,
    help: spilled
      ? "read saved registers whole: 8 bytes from where they were written"
      : "give the whole buffer a value first:  = {}  or  __builtin_memset",
    fixes:
      spilled || frame !== c.path.env.cur.frames[c.path.env.cur.curframe]
        ? []
        : startWithZeroes(c.prog, c.insn, off, size),
    notes: writtenNote(c, r),
  };
}

function writtenNote(c: Case, r: number): DiagnosticNote[] {
  if (r < 0 || r === 10) return [];
  const at = writtenAt(c.path, c.step, r);
  return at === null || at.insn === c.insn ? [] : [note(c.prog, at.insn, `r${r} points there from here`)];
}
