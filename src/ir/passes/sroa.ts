/**
 * Aggregates to scalars: an alloca whose address goes nowhere is cut at the borders of the accesses to it, each piece an
 * alloca of its own, which mem2reg then makes a value. memcpy and memset of constant length are cut the same way.
 *
 *     struct { u32 a; u64 b; }   accesses [0,4) [8,16), memset [0,16)   ->   pieces a [0,4), pad [4,8), b [8,16)
 */
import { constant, widthOf } from "../build.ts";
import { usersOf } from "../graph.ts";
import type { Alloca, Instr, IntType, IrFunction, MemOp, Value } from "../ir.ts";
import { alignmentOf } from "./memops.ts";

/** More pieces than this stay an aggregate. */
const MAX_PIECES = 64;

interface Access {
  readonly instr: Instr;
  readonly from: number;
  readonly to: number;
  /** memcpy and memset: can be cut anywhere. */
  readonly splits: boolean;
  /** memcpy: what the other side's address is a multiple of. */
  readonly otherAlign: number;
}

interface Piece {
  readonly from: number;
  readonly to: number;
  readonly slot: Alloca;
  /** The one type of all accesses, "void" where they differ. */
  type: string;
}

export function sroa(fn: IrFunction): boolean {
  if (!fn.blocks[0]!.instrs.some((instr) => instr.op === "alloca")) return false;
  const users = usersOf(fn);
  let changed = false;
  const entry = fn.blocks[0]!;
  for (const instr of [...entry.instrs]) {
    if (instr.op !== "alloca") continue;
    const steps = new Set<Instr>();
    const accesses = accessesOf(instr, users, steps);
    if (accesses === null) continue;
    if (accesses.length > 0 && accesses.every((one) => wholeScalar(one, instr))) continue;
    const pieces = cut(fn, instr, accesses);
    if (pieces === null) continue;
    rewrite(fn, instr, accesses, steps, pieces, users);
    changed = true;
  }
  return changed;
}

function wholeScalar(access: Access, slot: Alloca): boolean {
  return (
    (access.instr.op === "load" || access.instr.op === "store") &&
    access.instr.args[0] === slot &&
    access.from === 0 &&
    access.to === slot.sizeBytes
  );
}

/** All accesses, or null where the address is used in another way. */
function accessesOf(slot: Alloca, users: ReadonlyMap<Value, Instr[]>, steps: Set<Instr>): Access[] | null {
  const found: Access[] = [];
  const work: [Value, number][] = [[slot, 0]];
  while (work.length > 0) {
    const [pointer, off] = work.pop()!;
    for (const user of new Set(users.get(pointer) ?? [])) {
      const access = accessBy(user, pointer, off);
      if (access === null) return null;
      if (access === "step") {
        const by = user.args[1]!;
        steps.add(user);
        work.push([user, off + Number((by as { value: bigint }).value)]);
      } else if (access !== "none") {
        if (access.from < 0 || access.to > slot.sizeBytes) return null;
        // A copy within the slot.
        if (access.splits && found.some((one) => one.instr === user)) return null;
        found.push(access);
      }
    }
  }
  return found;
}

function accessBy(user: Instr, pointer: Value, off: number): Access | "step" | "none" | null {
  switch (user.op) {
    case "load":
      if (user.volatile || user.acquire) return null;
      return { instr: user, from: off, to: off + widthOf(user.type) / 8, splits: false, otherAlign: 8 };
    case "store":
      if (user.volatile || user.release || user.args[1] === pointer) return null;
      return { instr: user, from: off, to: off + widthOf(user.args[1]!.type) / 8, splits: false, otherAlign: 8 };
    case "ptradd":
      return user.args[1]!.op === "const" ? "step" : null;
    case "lifestart":
    case "lifeend":
      return "none";
    case "memset":
    case "memcpy":
    case "memmove": {
      const len = user.args[2]!;
      if (len.op !== "const" || (user.args[0] === pointer && user.args[1] === pointer)) return null;
      if (user.op === "memset" && user.args[1]!.op !== "const") return null;
      let otherAlign = 8;
      if (user.op !== "memset") {
        otherAlign =
          user.args[0] === pointer ? alignmentOf(user.args[1]!, user.srcAlign) : alignmentOf(user.args[0]!, user.align);
      }
      return { instr: user, from: off, to: off + Number(len.value), splits: true, otherAlign };
    }
    default:
      return null;
  }
}

/** Borders from the scalar accesses; what only bulk accesses touch is cut into words. */
function cut(fn: IrFunction, slot: Alloca, accesses: readonly Access[]): Piece[] | null {
  const scalars = accesses.filter((one) => !one.splits).sort((a, b) => a.from - b.from || b.to - a.to);
  const spans: { from: number; to: number; types: Set<string> }[] = [];
  for (const one of scalars) {
    const last = spans[spans.length - 1];
    const type = one.instr.op === "store" ? one.instr.args[1]!.type : one.instr.type;
    if (last !== undefined && one.from < last.to) {
      last.to = Math.max(last.to, one.to);
      last.types.add(`${one.from}:${type}`);
    } else spans.push({ from: one.from, to: one.to, types: new Set([`${one.from}:${type}`]) });
  }
  const covered = new Uint8Array(slot.sizeBytes);
  for (const one of accesses) if (one.splits) covered.fill(1, one.from, one.to);
  for (const span of spans) covered.fill(0, span.from, span.to);
  const pieces: Piece[] = [];
  const add = (from: number, to: number, type: string): void => {
    const align = Math.min(8, lowBit(from) || 8, slot.align);
    const made: Alloca = {
      op: "alloca",
      type: "ptr",
      id: fn.nextId++,
      args: [],
      pos: slot.pos,
      sizeBytes: to - from,
      align,
      prov: "stack",
    };
    if (slot.name) made.name = slot.name;
    pieces.push({ from, to, slot: made, type });
  };
  for (const span of spans)
    add(span.from, span.to, span.types.size === 1 ? [...span.types][0]!.split(":")[1]! : "void");
  for (let at = 0; at < slot.sizeBytes; ) {
    if (covered[at] === 0) {
      at++;
      continue;
    }
    let size = Math.min(8, lowBit(at) || 8);
    for (const one of accesses) {
      if (one.splits && one.from <= at && at < one.to)
        size = Math.min(size, one.otherAlign, lowBit(at - one.from) || 8);
    }
    while (size > 1 && !covered.subarray(at, at + size).every((byte) => byte === 1)) size >>= 1;
    while (at + size > slot.sizeBytes) size >>= 1;
    add(at, at + size, `i${size * 8}`);
    at += size;
  }
  // One piece that is as large as the whole gains nothing unless it is a scalar.
  if (pieces.length > MAX_PIECES) return null;
  const only = pieces[0];
  if (pieces.length === 1 && only!.to - only!.from === slot.sizeBytes && ![1, 2, 4, 8].includes(slot.sizeBytes))
    return null;
  return pieces.sort((a, b) => a.from - b.from);
}

function lowBit(n: number): number {
  return n & -n;
}

function rewrite(
  fn: IrFunction,
  slot: Alloca,
  accesses: readonly Access[],
  steps: ReadonlySet<Instr>,
  pieces: readonly Piece[],
  users: Map<Value, Instr[]>,
): void {
  const byInstr = new Map<Instr, Access[]>();
  for (const access of accesses) {
    const list = byInstr.get(access.instr);
    if (list === undefined) byInstr.set(access.instr, [access]);
    else list.push(access);
  }
  const replaced = new Map<Value, Value>();
  const touched = (instr: Instr): boolean =>
    instr === slot ||
    byInstr.has(instr) ||
    steps.has(instr) ||
    ((instr.op === "lifestart" || instr.op === "lifeend") && instr.args[0] === slot);
  for (const block of fn.blocks) {
    if (!block.instrs.some(touched)) continue;
    const out: Instr[] = [];
    const put = <T extends Instr>(made: T): T => {
      out.push(made);
      for (const arg of made.args) track(users, arg, made);
      return made;
    };
    for (const instr of block.instrs) {
      if (!touched(instr)) {
        out.push(instr);
        continue;
      }
      if (steps.has(instr)) continue;
      const list = byInstr.get(instr);
      if (instr === slot) for (const piece of pieces) out.push(piece.slot);
      else if (list === undefined) for (const piece of pieces) put({ ...instr, id: fn.nextId++, args: [piece.slot] });
      else if (list[0]!.splits) bulk(fn, instr as MemOp, slot, pieces, put);
      else scalar(fn, instr, list[0]!, pieces, put, replaced);
    }
    block.instrs = out;
  }
  for (const [from, to] of replaced) {
    for (const user of users.get(from) ?? []) {
      user.args = user.args.map((arg) => (arg === from ? to : arg));
      track(users, to, user);
    }
  }
}

type Put = <T extends Instr>(made: T) => T;

function track(users: Map<Value, Instr[]>, value: Value, user: Instr): void {
  const list = users.get(value);
  if (list === undefined) users.set(value, [user]);
  else if (!list.includes(user)) list.push(user);
}

function at(fn: IrFunction, base: Value, off: number, pos: Instr["pos"], put: Put): Value {
  if (off === 0) return base;
  return put({ op: "ptradd", type: "ptr", id: fn.nextId++, args: [base, constant("i64", BigInt(off))], pos });
}

function intOf(bytes: number): IntType | null {
  return bytes === 1 ? "i8" : bytes === 2 ? "i16" : bytes === 4 ? "i32" : bytes === 8 ? "i64" : null;
}

/** A load or store of part of a piece goes by shifts and masks where the piece is a scalar of another type. */
function scalar(
  fn: IrFunction,
  instr: Instr,
  access: Access,
  pieces: readonly Piece[],
  put: Put,
  replaced: Map<Value, Value>,
): void {
  const piece = pieces.find((one) => one.from <= access.from && access.to <= one.to)!;
  const size = piece.to - piece.from;
  const word = intOf(size);
  const pos = instr.pos;
  const type = instr.op === "store" ? instr.args[1]!.type : instr.type;
  if (piece.type !== "void" || word === null) {
    instr.args[0] = at(fn, piece.slot, access.from - piece.from, pos, put);
    put(instr);
    return;
  }
  const make = (op: "trunc" | "zext" | "ptrtoint" | "inttoptr", value: Value, to: Value["type"]): Value => {
    if (value.type === to) return value;
    const made = { op, type: to, id: fn.nextId++, args: [value], pos } as Instr;
    return put(made);
  };
  const binary = (op: "lshr" | "shl" | "and" | "or", a: Value, b: Value): Value => {
    const made: Instr = { op, type: word, id: fn.nextId++, args: [a, b], pos };
    return put(made);
  };
  const bits = BigInt(access.to - access.from) * 8n;
  const shift = BigInt(access.from - piece.from) * 8n;
  const part = intOf(access.to - access.from)!;
  const read = (): Value => {
    const load: Instr = {
      op: "load",
      type: word,
      id: fn.nextId++,
      args: [piece.slot],
      pos,
      align: piece.slot.align,
      volatile: false,
    };
    return put(load);
  };
  if (instr.op === "load") {
    let value = read();
    if (shift > 0n) value = binary("lshr", value, constant(word, shift));
    value = make("trunc", value, part);
    if (type === "ptr") value = make("inttoptr", value, "ptr");
    replaced.set(instr, value);
    return;
  }
  let value = instr.args[1]!;
  if (type === "ptr") value = make("ptrtoint", value, "i64");
  if (part !== word) {
    value = make("zext", value, word);
    if (shift > 0n) value = binary("shl", value, constant(word, shift));
    const mask = ((1n << bits) - 1n) << shift;
    const rest = binary("and", read(), constant(word, ~mask));
    value = binary("or", rest, value);
  }
  put({
    op: "store",
    type: "void",
    id: fn.nextId++,
    args: [piece.slot, value],
    pos,
    align: piece.slot.align,
    volatile: false,
  });
}

/** memset and memcpy, piece by piece. */
function bulk(fn: IrFunction, instr: MemOp, slot: Alloca, pieces: readonly Piece[], put: Put): void {
  const len = Number((instr.args[2] as { value: bigint }).value);
  const offsetIn = (value: Value): number | null => {
    let off = 0;
    let from = value;
    while (from.op === "ptradd" && from.args[1]!.op === "const") {
      off += Number(from.args[1]!.value);
      from = from.args[0]!;
    }
    return from === slot ? off : null;
  };
  const to = offsetIn(instr.args[0]!);
  const from = instr.op === "memset" ? null : offsetIn(instr.args[1]!);
  const base = { pos: instr.pos };
  const pieceAt = (off: number): Piece | undefined => pieces.find((one) => one.from <= off && off < one.to);
  const start = (to ?? from)!;
  // All loads before all stores: a copy within one struct may overlap.
  const stores: (() => void)[] = [];
  for (let off = start; off < start + len; ) {
    const piece = pieceAt(off);
    if (piece === undefined) {
      off++;
      continue;
    }
    const end = Math.min(piece.to, start + len);
    const size = end - off;
    const word = intOf(size);
    const inner = off - piece.from;
    const whole = inner === 0 && end === piece.to;
    const pieceAddress = at(fn, piece.slot, inner, instr.pos, put);
    const distance = off - start;
    if (instr.op === "memset") {
      const byte = BigInt.asUintN(8, (instr.args[1] as { value: bigint }).value);
      if (word !== null && (whole || size <= 8)) {
        let value = 0n;
        for (let i = 0; i < size; i++) value = (value << 8n) | byte;
        const type = whole && piece.type === "ptr" ? "ptr" : word;
        put({
          op: "store",
          type: "void",
          id: fn.nextId++,
          ...base,
          args: [pieceAddress, constant(type, value)],
          align: 1,
          volatile: false,
        });
      } else {
        put({
          ...instr,
          id: fn.nextId++,
          args: [pieceAddress, instr.args[1]!, constant("i64", BigInt(size))],
          align: 1,
        });
      }
    } else if (to !== null && from !== null) {
      // Within the slot itself: not cut (accessesOf() lets no such copy through).
      put({ ...instr, id: fn.nextId++ });
      return;
    } else {
      const other = at(fn, (to !== null ? instr.args[1] : instr.args[0])!, distance, instr.pos, put);
      const align = Math.min(to !== null ? instr.srcAlign : instr.align, lowBit(distance) || 8);
      const type = whole && piece.type === "ptr" ? ("ptr" as const) : word;
      if (type !== null) {
        const [source, target] = to !== null ? [other, pieceAddress] : [pieceAddress, other];
        const [sourceAlign, targetAlign] = to !== null ? [align, piece.slot.align] : [piece.slot.align, align];
        const load = put({
          op: "load",
          type,
          id: fn.nextId++,
          ...base,
          args: [source],
          align: sourceAlign,
          volatile: false,
        });
        stores.push(() => {
          put({
            op: "store",
            type: "void",
            id: fn.nextId++,
            ...base,
            args: [target, load],
            align: targetAlign,
            volatile: false,
          });
        });
      } else {
        const args = to !== null ? [pieceAddress, other] : [other, pieceAddress];
        put({
          ...instr,
          id: fn.nextId++,
          args: [...args, constant("i64", BigInt(size))],
          align: to !== null ? piece.slot.align : align,
          srcAlign: to !== null ? align : piece.slot.align,
        });
      }
    }
    off = end;
  }
  for (const store of stores) store();
}
