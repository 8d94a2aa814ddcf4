/**
 * Random programs in IR: variables of all widths, a struct on the stack, nested ifs, bounded loops, switches, calls of
 * small functions (inlined or not), memory operations. All that they compute ends up in @out.
 */
import { Builder, constant, irFunction, irModule, sym, widthOf } from "../../src/ir/build.ts";
import type { Alloca, BinaryOp, IntType, IrModule, Pred, Value } from "../../src/ir/ir.ts";
import { type Rng, rng } from "../fuzz/rng.ts";
import type { Types } from "./kit.ts";

const TYPES: readonly IntType[] = ["i8", "i16", "i32", "i32", "i32", "i64", "i64"];
const OPS: readonly BinaryOp[] = [
  "add",
  "sub",
  "mul",
  "and",
  "or",
  "xor",
  "udiv",
  "umod",
  "shl",
  "lshr",
  "ashr",
  "sdiv",
  "smod",
];
const PREDS: readonly Pred[] = ["eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"];
export const OUT_BYTES = 128;
export const IN_BYTES = 64;
const STRUCT_BYTES = 24;

interface Scope {
  readonly b: Builder;
  readonly r: Rng;
  readonly vars: { readonly slot: Alloca; readonly type: IntType }[];
  readonly struct: Alloca | null;
  readonly callees: readonly string[];
  depth: number;
  budget: number;
}

export function randomModule(seed: number, types: Types): IrModule {
  const r = rng(seed);
  const module = irModule();
  const global = (name: string, section: string, sizeBytes: number, btfId: number, bytes = new Uint8Array(0)): void => {
    module.globals.push({
      name,
      section,
      linkage: "global",
      hidden: false,
      sizeBytes,
      align: 8,
      bytes,
      relocs: [],
      constant: false,
      btfId,
    });
  };
  const array = (n: number): number =>
    types.builder.add({ kind: "array", name: "", typeId: types.u64, indexTypeId: types.u32, nelems: n / 8 });
  const input = new Uint8Array(IN_BYTES);
  for (let i = 0; i < IN_BYTES; i++) input[i] = r.below(4) === 0 ? r.pick([0, 1, 255, 128, 127]) : r.below(256);
  global("in", ".data", IN_BYTES, types.variable("in", array(IN_BYTES)), input);
  global("out", ".bss", OUT_BYTES, types.variable("out", array(OUT_BYTES)));
  global("_license", "license", 4, 0, new Uint8Array([0x47, 0x50, 0x4c, 0]));
  const callees: string[] = [];
  for (let i = 0; i < r.below(3); i++) {
    const inline = r.pick(["always", "never", "auto"] as const);
    const fn = irFunction({
      name: `f${i}`,
      ret: "i32",
      linkage: inline === "never" ? "static" : r.pick(["static", "static", "global"] as const),
      inline,
      params: [
        { type: "i32", name: "a" },
        { type: "i64", name: "b" },
        { type: "i16", name: "c" },
      ],
    });
    // BTF for a global function, as the kernel wants it.
    fn.linkage = "static";
    fn.btfId = functionType(types, `f${i}`);
    body(new Builder(fn), r, callees.slice(), 10, false);
    module.functions.push(fn);
    callees.push(fn.name);
  }
  const main = irFunction({
    name: "prog",
    section: "socket",
    ret: "i32",
    params: [{ type: "ptr", name: "ctx", prov: "ctx" }],
  });
  main.btfId = types.func("prog");
  body(new Builder(main), r, callees, 40, true);
  module.functions.push(main);
  return module;
}

function functionType(types: Types, name: string): number {
  const params = ["a", "b", "c"].map((param, i) => ({ name: param, typeId: i === 1 ? types.u64 : types.u32 }));
  const proto = types.builder.add({ kind: "func_proto", name: "", retTypeId: types.u32, params });
  return types.builder.add({ kind: "func", name, linkage: "static", typeId: proto });
}

function body(b: Builder, r: Rng, callees: string[], budget: number, main: boolean): void {
  const s: Scope = {
    b,
    r,
    vars: [],
    struct: r.below(2) === 0 ? b.alloca(STRUCT_BYTES, 8, "s") : null,
    callees,
    depth: 0,
    budget,
  };
  if (s.struct !== null) b.memOp("memset", s.struct, constant("i8", BigInt(r.below(3))), STRUCT_BYTES, 8);
  for (const param of b.fn.params) if (param.type !== "ptr") declare(s, param, param.type as IntType);
  for (let i = 0; i < 3 + r.below(main ? 8 : 3); i++) {
    const type = r.pick(TYPES);
    const at = r.below(IN_BYTES / 8) * 8;
    declare(s, b.load(type, b.ptrAdd(sym("in"), at), widthOf(type) / 8), type);
  }
  statements(s, 4 + r.below(6));
  if (main) {
    let at = 0;
    for (const one of s.vars) {
      if (at + 8 > OUT_BYTES) break;
      const value = b.load(one.type, one.slot, widthOf(one.type) / 8);
      b.store(b.ptrAdd(sym("out"), at), b.cast(r.pick(["zext", "sext"]), value, "i64"), 8);
      at += 8;
    }
  }
  b.ret(convert(s, expr(s, "i32", 1), "i32"));
}

function declare(s: Scope, value: Value, type: IntType): void {
  const slot = s.b.alloca(widthOf(type) / 8, widthOf(type) / 8, `v${s.vars.length}`);
  s.b.store(slot, value, widthOf(type) / 8);
  s.vars.push({ slot, type });
}

function convert(s: Scope, value: Value, type: IntType): Value {
  const from = widthOf(value.type);
  const to = widthOf(type);
  if (from === to) return value;
  return s.b.cast(from > to ? "trunc" : s.r.pick(["zext", "sext"] as const), value, type);
}

function expr(s: Scope, type: IntType, depth: number): Value {
  const { b, r } = s;
  const choice = r.below(depth > 3 ? 3 : 12);
  if (choice === 0)
    return constant(
      type,
      BigInt(r.pick([0, 1, -1, 2, 7, 255, 65535, 0x7fffffff, -0x80000000, r.below(1000), r.next()])),
    );
  if (choice <= 2) {
    const one = r.pick(s.vars);
    return convert(s, b.load(one.type, one.slot, widthOf(one.type) / 8), type);
  }
  if (choice === 3 && s.struct !== null) {
    const size = widthOf(type) / 8;
    return b.load(type, b.ptrAdd(s.struct, r.below(STRUCT_BYTES / size) * size), size);
  }
  if (choice === 4) {
    const a = expr(s, r.pick(TYPES), depth + 1);
    return convert(s, b.icmp(r.pick(PREDS), a, expr(s, a.type as IntType, depth + 1)), type);
  }
  if (choice === 5 && type !== "i8") return b.bswap(expr(s, type, depth + 1));
  if (choice === 6) return b.select(condition(s), expr(s, type, depth + 1), expr(s, type, depth + 1));
  if (choice === 7) return convert(s, expr(s, r.pick(TYPES), depth + 1), type);
  if (choice === 8) {
    // A masked index into @in.
    const index = b.binary("and", convert(s, expr(s, "i32", depth + 1), "i32"), constant("i32", 31n));
    const at = b.ptrAdd(sym("in"), b.cast("zext", index, "i64"));
    return convert(s, b.load("i8", at, 1), type);
  }
  const op = r.pick(OPS);
  const left = expr(s, type, depth + 1);
  if (op === "shl" || op === "lshr" || op === "ashr") {
    const count =
      r.below(2) === 0
        ? constant(type, BigInt(r.below(widthOf(type))))
        : b.binary("and", expr(s, type, depth + 1), constant(type, BigInt(widthOf(type) - 1)));
    return b.binary(op, left, count);
  }
  if (op === "sdiv" || op === "smod") return b.binary(op, left, constant(type, BigInt(1 + r.below(100))));
  if (op === "add" && r.below(3) === 0 && widthOf(type) >= 32) {
    const small = (value: Value): Value => b.binary("ashr", value, constant(type, 2n));
    return b.binary("add", small(left), small(expr(s, type, depth + 1)), true);
  }
  return b.binary(op, left, expr(s, type, depth + 1));
}

function condition(s: Scope): Value {
  const a = expr(s, s.r.pick(TYPES), 2);
  return s.b.icmp(
    s.r.pick(PREDS),
    a,
    s.r.below(2) === 0 ? constant(a.type, BigInt(s.r.below(300))) : expr(s, a.type as IntType, 3),
  );
}

function statements(s: Scope, count: number): void {
  for (let i = 0; i < count && s.budget > 0; i++) {
    s.budget--;
    statement(s);
  }
}

function statement(s: Scope): void {
  const { b, r } = s;
  const choice = r.below(12);
  const assign = (): void => {
    const one = r.pick(s.vars);
    b.store(one.slot, expr(s, one.type, 0), widthOf(one.type) / 8);
  };
  if (choice <= 3 || s.depth > 2) assign();
  else if (choice <= 5) {
    const [then, other, end] = [b.newBlock("then"), b.newBlock("else"), b.newBlock("end")];
    b.condBr(condition(s), then, other);
    s.depth++;
    b.place(then);
    statements(s, 1 + r.below(3));
    b.br(end);
    b.place(other);
    if (r.below(2) === 0) statements(s, 1 + r.below(2));
    b.br(end);
    s.depth--;
    b.place(end);
  } else if (choice === 6) {
    // for (i = 0; i < n; i++)
    const type = r.pick(["i32", "i64", "i8"] as const);
    const counter = b.alloca(widthOf(type) / 8, widthOf(type) / 8, "i");
    b.store(counter, constant(type, 0n), widthOf(type) / 8);
    const [head, inner, end] = [b.newBlock("head"), b.newBlock("body"), b.newBlock("end")];
    b.br(head);
    b.place(head);
    const i = b.load(type, counter, 1);
    b.condBr(b.icmp(r.pick(["slt", "ult", "ne"] as const), i, constant(type, BigInt(1 + r.below(5)))), inner, end);
    b.place(inner);
    s.depth++;
    s.vars.push({ slot: counter, type });
    const seen = s.vars.length;
    statements({ ...s, vars: s.vars.slice(0, -1), depth: s.depth + 1 }, 1 + r.below(2));
    s.vars.length = seen - 1;
    s.depth--;
    b.store(
      counter,
      b.binary("add", b.load(type, counter, 1), constant(type, 1n), r.below(2) === 0),
      widthOf(type) / 8,
    );
    b.br(head);
    b.place(end);
  } else if (choice === 7) {
    const value = expr(s, r.pick(TYPES), 1);
    const n = 1 + r.below(7);
    const cases = new Set<bigint>();
    while (cases.size < n)
      cases.add(BigInt.asIntN(widthOf(value.type), BigInt(r.pick([r.below(12), -1, r.below(300)]))));
    const end = b.newBlock("end");
    const arms = [...cases].map((_, i) => b.newBlock(`case${i}`));
    const otherwise = r.below(2) === 0 ? end : b.newBlock("default");
    b.switch(value, [...cases], arms, otherwise);
    s.depth++;
    for (const arm of otherwise === end ? arms : [...arms, otherwise]) {
      b.place(arm);
      assign();
      b.br(end);
    }
    s.depth--;
    b.place(end);
  } else if (choice === 8 && s.callees.length > 0) {
    const one = r.pick(s.vars);
    const result = b.call({ kind: "sym", name: r.pick(s.callees) }, "i32", [
      expr(s, "i32", 1),
      expr(s, "i64", 1),
      expr(s, "i16", 1),
    ]);
    b.store(one.slot, convert(s, result, one.type), widthOf(one.type) / 8);
  } else if (choice === 9 && s.struct !== null) {
    const type = r.pick(TYPES);
    const size = widthOf(type) / 8;
    b.store(b.ptrAdd(s.struct, r.below(STRUCT_BYTES / size) * size), expr(s, type, 1), size);
  } else if (choice === 10 && s.struct !== null) {
    const off = r.below(2) * 8;
    const what = r.below(3);
    if (what === 0)
      b.memOp(
        "memcpy",
        b.ptrAdd(s.struct, off),
        b.ptrAdd(sym("in"), r.below(4) * 8),
        1 + r.below(STRUCT_BYTES - off),
        8,
        8,
      );
    else if (what === 1)
      b.memOp(
        "memset",
        b.ptrAdd(s.struct, off),
        convert(s, expr(s, "i8", 2), "i8"),
        1 + r.below(STRUCT_BYTES - off),
        8,
      );
    else {
      const one = r.pick(s.vars);
      const result = b.memOp("memcmp", s.struct, b.ptrAdd(sym("in"), 8), 1 + r.below(12), 8, 8);
      b.store(one.slot, convert(s, result, one.type), widthOf(one.type) / 8);
    }
  } else if (choice === 11) {
    const type = r.pick(["i32", "i64"] as const);
    const rmw = r.pick(["add", "or", "and", "xor", "xchg", "cmpxchg"] as const);
    const at = b.ptrAdd(sym("out"), OUT_BYTES - 8 * (1 + r.below(2)));
    const args = rmw === "cmpxchg" ? [at, expr(s, type, 2), expr(s, type, 2)] : [at, expr(s, type, 2)];
    const old = b.atomic(rmw, type, args);
    if (r.below(2) === 0) {
      const one = r.pick(s.vars);
      b.store(one.slot, convert(s, old, one.type), widthOf(one.type) / 8);
    }
  } else assign();
}
