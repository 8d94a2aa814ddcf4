/**
 * memcpy, memmove, memset, memcmp of constant length as loads and stores of 8, 4, 2 and 1 bytes, as the alignment lets:
 * the stack is only accessed aligned.
 */
import { constant, newBlock, slotAlign, widthOf } from "../build.ts";
import { phisOf, successors, usersOf } from "../graph.ts";
import type { Block, Instr, IntType, IrDiagnostic, IrFunction, MemOp, Value } from "../ir.ts";

/** More bytes than this are no matter for straight-line code: memcpy and memset become a loop. */
const MAX_BYTES = 4096;
/** The verifier walks through each round. */
const MAX_LOOP_BYTES = 1 << 18;
/** Bytes a round. */
const ROUND_BYTES = 64;

export function lowerMemOps(fn: IrFunction): IrDiagnostic[] {
  const diagnostics: IrDiagnostic[] = [];
  const done: Block[] = [];
  // Before blocks are split: what stands behind a split is in no list of blocks for a while.
  const users = usersOf(fn);
  for (const first of fn.blocks) {
    let block = first;
    done.push(block);
    for (let i = 0; i < block.instrs.length; i++) {
      const instr = block.instrs[i]!;
      if (instr.op !== "memcpy" && instr.op !== "memmove" && instr.op !== "memset" && instr.op !== "memcmp") continue;
      const len = instr.args[2]!;
      if (len.op === "const" && len.value > MAX_BYTES && len.value <= MAX_LOOP_BYTES && loops(instr)) {
        const parts = inRounds(fn, block, i, instr, Number(len.value));
        done.push(...parts);
        block = parts[parts.length - 1]!;
        i = -1;
        continue;
      }
      if (len.op !== "const" || len.value < 0n || len.value > MAX_BYTES) {
        diagnostics.push(refuse(fn, instr, len));
        if (instr.op !== "memcmp") {
          block.instrs.splice(i--, 1);
          continue;
        }
      }
      const bytes = len.op === "const" && len.value <= MAX_BYTES ? Number(len.value) : 0;
      if (instr.op === "memcmp") {
        const parts = compareBytes(fn, block, i, instr, bytes, users.get(instr) ?? []);
        done.push(...parts);
        block = parts[parts.length - 1]!;
        i = -1;
        continue;
      }
      const made = instr.op === "memset" ? setBytes(fn, instr, bytes) : copyBytes(fn, instr, bytes);
      block.instrs.splice(i, 1, ...made);
      i += made.length - 1;
    }
  }
  fn.blocks = done;
  return diagnostics;
}

function refuse(fn: IrFunction, instr: MemOp, len: Value): IrDiagnostic {
  const constantLength = len.op === "const";
  return {
    code: "mem/length",
    severity: "error",
    message: constantLength
      ? `${instr.op} of ${len.value} bytes; up to ${MAX_BYTES} are inlined`
      : `${instr.op} of a length that is not known when compiling`,
    advice: constantLength
      ? "copy in a bounded loop, or with a helper such as bpf_probe_read_kernel"
      : "eBPF has no library to call: use a constant length, a bounded loop, or a helper such as bpf_probe_read_kernel",
    pos: instr.pos,
    func: fn.name,
  };
}

/** What the address is a multiple of, as far as known; slots of 8 bytes and more lie at multiples of 8. */
export function alignmentOf(pointer: Value, given: number): number {
  let off = 0;
  let from = pointer;
  while (from.op === "ptradd" && from.args[1]!.op === "const") {
    off += Number(from.args[1]!.value);
    from = from.args[0]!;
  }
  if (from.op !== "alloca") return given;
  const base = slotAlign(from.sizeBytes, from.align);
  return Math.max(given, off === 0 ? base : Math.min(base, off & -off));
}

function chunks(bytes: number, align: number): { off: number; size: number }[] {
  const list: { off: number; size: number }[] = [];
  for (let off = 0; off < bytes; ) {
    let size = Math.min(8, align);
    while (off + size > bytes) size >>= 1;
    list.push({ off, size });
    off += size;
  }
  return list;
}

const INT: Readonly<Record<number, IntType>> = { 1: "i8", 2: "i16", 4: "i32", 8: "i64" };

function step(fn: IrFunction, base: Value, off: number, pos: Instr["pos"], out: Instr[]): Value {
  if (off === 0) return base;
  const made: Instr = { op: "ptradd", type: "ptr", id: fn.nextId++, args: [base, constant("i64", BigInt(off))], pos };
  out.push(made);
  return made;
}

function load(fn: IrFunction, base: Value, off: number, size: number, pos: Instr["pos"], out: Instr[]): Value {
  const at = step(fn, base, off, pos, out);
  const made: Instr = { op: "load", type: INT[size]!, id: fn.nextId++, args: [at], pos, align: size, volatile: false };
  out.push(made);
  return made;
}

function store(fn: IrFunction, base: Value, off: number, value: Value, pos: Instr["pos"], out: Instr[]): void {
  const at = step(fn, base, off, pos, out);
  const align = widthOf(value.type) / 8;
  out.push({ op: "store", type: "void", id: fn.nextId++, args: [at, value], pos, align, volatile: false });
}

/** Loads go ahead of stores by a few, so that each has time; memmove's all do. */
const BATCH = 4;

function copyBytes(fn: IrFunction, instr: MemOp, bytes: number): Instr[] {
  const [dst, src] = instr.args as [Value, Value];
  const out: Instr[] = [];
  const align = Math.min(alignmentOf(dst, instr.align), alignmentOf(src, instr.srcAlign));
  const parts = chunks(bytes, align);
  const batch = instr.op === "memmove" ? parts.length : BATCH;
  for (let i = 0; i < parts.length; i += batch) {
    const some = parts.slice(i, i + batch);
    const values = some.map(({ off, size }) => load(fn, src, off, size, instr.pos, out));
    for (const [k, { off }] of some.entries()) store(fn, dst, off, values[k]!, instr.pos, out);
  }
  return out;
}

function setBytes(fn: IrFunction, instr: MemOp, bytes: number): Instr[] {
  const [dst, byte] = instr.args as [Value, Value];
  const out: Instr[] = [];
  let wide: Value | null = null;
  for (const { off, size } of chunks(bytes, alignmentOf(dst, instr.align))) {
    const type = INT[size]!;
    let value: Value;
    if (byte.op === "const" || byte.op === "undef") {
      const one = byte.op === "const" ? BigInt.asUintN(8, byte.value) : 0n;
      value = constant(type, one * (0x0101_0101_0101_0101n & ((1n << BigInt(8 * size)) - 1n)));
    } else {
      if (wide === null) {
        const ext: Instr = { op: "zext", type: "i64", id: fn.nextId++, args: [byte], pos: instr.pos };
        const mul: Instr = {
          op: "mul",
          type: "i64",
          id: fn.nextId++,
          args: [ext, constant("i64", 0x0101_0101_0101_0101n)],
          pos: instr.pos,
        };
        out.push(ext, mul);
        wide = mul;
      }
      if (size === 8) value = wide;
      else {
        const cut: Instr = { op: "trunc", type, id: fn.nextId++, args: [wide], pos: instr.pos };
        out.push(cut);
        value = cut;
      }
    }
    store(fn, dst, off, value, instr.pos, out);
  }
  return out;
}

/** Not memmove, whose bytes may overlap. */
function loops(instr: MemOp): boolean {
  return instr.op === "memset" || instr.op === "memcpy";
}

/** A loop over ROUND_BYTES each, and the rest, which lowerMemOps() comes to next, behind it. */
function inRounds(fn: IrFunction, block: Block, at: number, instr: MemOp, bytes: number): Block[] {
  const [dst, src] = instr.args as [Value, Value];
  const whole = bytes - (bytes % ROUND_BYTES);
  const loop = newBlock(fn, `${instr.op}.round`);
  const rest = newBlock(fn, `${instr.op}.end`);
  loop.unroll = 1;
  rest.instrs = block.instrs.splice(at + 1);
  block.instrs.pop();
  for (const target of successors(rest)) {
    for (const phi of phisOf(target)) phi.blocks = phi.blocks.map((from) => (from === block ? rest : from));
  }
  const base = { type: "void" as const, pos: instr.pos };
  block.instrs.push({ ...base, op: "br", id: fn.nextId++, args: [], targets: [loop] });
  const phi: Instr = { ...base, op: "phi", type: "i64", id: fn.nextId++, args: [], blocks: [block, loop] };
  const moved = (pointer: Value): Instr => {
    const made: Instr = { ...base, op: "ptradd", type: "ptr", id: fn.nextId++, args: [pointer, phi] };
    loop.instrs.push(made);
    return made;
  };
  loop.instrs.push(phi);
  const to = moved(dst);
  const round: MemOp = {
    ...instr,
    args: [to, instr.op === "memset" ? src : moved(src), constant("i64", BigInt(ROUND_BYTES))],
  };
  loop.instrs.push(...(instr.op === "memset" ? setBytes : copyBytes)(fn, round, ROUND_BYTES));
  const next: Instr = {
    ...base,
    op: "add",
    type: "i64",
    id: fn.nextId++,
    args: [phi, constant("i64", BigInt(ROUND_BYTES))],
  };
  const more: Instr = {
    ...base,
    op: "icmp",
    pred: "ne",
    type: "i32",
    id: fn.nextId++,
    args: [next, constant("i64", BigInt(whole))],
  };
  loop.instrs.push(next, more, { ...base, op: "condbr", id: fn.nextId++, args: [more], targets: [loop, rest] });
  phi.args = [constant("i64", 0n), next];
  if (bytes > whole) {
    const out: Instr[] = [];
    const tailTo = step(fn, dst, whole, instr.pos, out);
    const tailFrom = instr.op === "memset" ? src : step(fn, src, whole, instr.pos, out);
    const tail: MemOp = { ...instr, id: fn.nextId++, args: [tailTo, tailFrom, constant("i64", BigInt(bytes - whole))] };
    rest.instrs.unshift(...out, tail);
  }
  return [loop, rest];
}

/** A block for each part; the first that differs decides. Where only "equal or not" is asked, any other number does. */
function compareBytes(
  fn: IrFunction,
  block: Block,
  at: number,
  instr: MemOp,
  bytes: number,
  users: readonly Instr[],
): Block[] {
  const [a, b] = instr.args as [Value, Value];
  const equalOnly = users.every(
    (user) =>
      user.op === "icmp" &&
      (user.pred === "eq" || user.pred === "ne") &&
      user.args[1]!.op === "const" &&
      user.args[1]!.value === 0n,
  );
  const rest = newBlock(fn, "memcmp.end");
  rest.instrs = block.instrs.splice(at + 1);
  block.instrs.pop();
  for (const target of successors(rest)) {
    for (const phi of phisOf(target)) phi.blocks = phi.blocks.map((from) => (from === block ? rest : from));
  }
  const phi = Object.assign(instr as unknown as Instr & { op: "phi" }, {
    op: "phi" as const,
    args: [] as Value[],
    blocks: [] as Block[],
  });
  rest.instrs.unshift(phi);
  const made: Block[] = [];
  let from = block;
  const { pos } = instr;
  const base = (args: Value[]): { id: number; args: Value[]; pos: Instr["pos"]; type: "void" } => ({
    id: fn.nextId++,
    args,
    pos,
    type: "void",
  });
  for (const { off, size } of chunks(bytes, Math.min(alignmentOf(a, instr.align), alignmentOf(b, instr.srcAlign)))) {
    let left = load(fn, a, off, size, pos, from.instrs);
    let right = load(fn, b, off, size, pos, from.instrs);
    const differ: Instr = { ...base([left, right]), op: "icmp", type: "i32", pred: "ne" };
    const next = newBlock(fn, "memcmp");
    let exit = rest;
    if (!equalOnly) {
      exit = newBlock(fn, "memcmp.differ");
      const type = INT[size]!;
      if (size > 1) {
        const swapped: Instr[] = [left, right].map((value) => ({ ...base([value]), op: "bswap", type }));
        exit.instrs.push(...swapped);
        [left, right] = swapped as [Value, Value];
      }
      const less: Instr = { ...base([left, right]), op: "icmp", type: "i32", pred: "ult" };
      const sign: Instr = { ...base([less, constant("i32", -1n), constant("i32", 1n)]), op: "select", type: "i32" };
      exit.instrs.push(less, sign, { ...base([]), op: "br", targets: [rest] });
      made.push(exit);
      phi.args.push(sign);
      phi.blocks.push(exit);
    } else {
      phi.args.push(constant("i32", 1n));
      phi.blocks.push(from);
    }
    from.instrs.push(differ, { ...base([differ]), op: "condbr", targets: [exit, next] });
    made.push(next);
    from = next;
  }
  from.instrs.push({ ...base([]), op: "br", targets: [rest] });
  phi.args.push(constant("i32", 0n));
  phi.blocks.push(from);
  return [...made, rest];
}

/** The verifier takes no unaligned access to the stack: such a load or store goes in parts. */
export function alignStackAccess(fn: IrFunction): boolean {
  let changed = false;
  for (const block of fn.blocks) {
    for (let i = 0; i < block.instrs.length; i++) {
      const instr = block.instrs[i]!;
      if (instr.op !== "load" && instr.op !== "store") continue;
      const pointer = instr.args[0]!;
      const type = instr.op === "load" ? instr.type : instr.args[1]!.type;
      const size = widthOf(type) / 8;
      if (size === 1) continue;
      const fixed = rootOf(pointer).op === "alloca";
      if (!fixed && (instr.align >= size || !mayBeStack(pointer))) continue;
      const align = fixed ? alignmentOf(pointer, 1) : instr.align;
      if (align >= size) continue;
      changed = true;
      const out: Instr[] = [];
      const word = INT[size]!;
      const make = (op: "zext" | "trunc" | "ptrtoint", value: Value, to: Value["type"]): Value => {
        if (value.type === to) return value;
        const made: Instr = { op, type: to, id: fn.nextId++, args: [value], pos: instr.pos };
        out.push(made);
        return made;
      };
      const binary = (op: "shl" | "lshr" | "or", a: Value, b: Value): Value => {
        const made: Instr = { op, type: word, id: fn.nextId++, args: [a, b], pos: instr.pos };
        out.push(made);
        return made;
      };
      if (instr.op === "store") {
        const value = type === "ptr" ? make("ptrtoint", instr.args[1]!, "i64") : instr.args[1]!;
        for (let off = 0; off < size; off += align) {
          const part = off === 0 ? value : binary("lshr", value, constant(word, BigInt(8 * off)));
          store(fn, pointer, off, make("trunc", part, INT[align]!), instr.pos, out);
        }
        block.instrs.splice(i, 1, ...out);
        i += out.length - 1;
        continue;
      }
      let whole: Value | null = null;
      for (let off = 0; off < size; off += align) {
        let part = make("zext", load(fn, pointer, off, align, instr.pos, out), word);
        if (off > 0) part = binary("shl", part, constant(word, BigInt(8 * off)));
        whole = whole === null ? part : binary("or", whole, part);
      }
      // The load itself turns into what gives its value.
      const last = Object.assign(instr as unknown as Instr & { op: "or" | "inttoptr" }, out.pop()!);
      if (type === "ptr") {
        const { id } = last;
        out.push({ ...last, id: fn.nextId++ } as Instr);
        Object.assign(last, { op: "inttoptr", type: "ptr", id, args: [out[out.length - 1]!] });
      }
      block.instrs.splice(i, 1, ...out, last);
      i += out.length;
    }
  }
  return changed;
}

/** At an offset that is not known, or one of several addresses. */
function mayBeStack(pointer: Value, seen: Set<Value> = new Set()): boolean {
  if (pointer.op === "alloca") return true;
  if (seen.has(pointer)) return false;
  seen.add(pointer);
  if (pointer.op === "ptradd") return mayBeStack(pointer.args[0]!, seen);
  if (pointer.op === "phi") return pointer.args.some((arg) => mayBeStack(arg, seen));
  return pointer.op === "select" && pointer.args.slice(1).some((arg) => mayBeStack(arg, seen));
}

function rootOf(pointer: Value): Value {
  while (pointer.op === "ptradd" && pointer.args[1]!.op === "const") pointer = pointer.args[0]!;
  return pointer;
}
