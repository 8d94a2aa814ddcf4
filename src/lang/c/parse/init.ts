/**
 * initializer (C11 6.7.9): braces are read into a tree, then laid flat over the type: designators, elided braces, GNU ranges.
 */
import type { Expr, Init, InitItem } from "../ast.ts";
import { assignTo, errorExpr, isScalar, rvalue } from "../sema/convert.ts";
import { constantOf } from "../sema/fold.ts";
import { quoteType } from "../sema/show.ts";
import { similar } from "../sema/similar.ts";
import {
  bare,
  type CType,
  complete,
  type Field,
  findField,
  intOf,
  type Loc,
  type RecordType,
  sizeOf,
} from "../types.ts";
import { constantInt } from "./constant.ts";
import type { Parser } from "./state.ts";

const IDENT = 1;
const ELLIPSIS = 128;
/** A range designator or an array of records may not make more pieces than this. */
const MAX_ITEMS = 1 << 20;

export type InitTree =
  | { readonly kind: "expr"; readonly expr: Expr }
  | { readonly kind: "list"; readonly entries: readonly Entry[]; readonly loc: Loc };

type Designator =
  | { readonly kind: "field"; readonly name: string; readonly loc: Loc }
  | { readonly kind: "member"; readonly field: Field; readonly loc: Loc }
  | { readonly kind: "index"; readonly lo: number; readonly hi: number; readonly loc: Loc };

interface Entry {
  readonly designators: readonly Designator[];
  readonly init: InitTree;
  readonly loc: Loc;
}

export function initializer(p: Parser): InitTree {
  if (!p.is(123)) return { kind: "expr", expr: p.grammar.assign(p) };
  const { loc } = p;
  p.enter();
  p.next();
  const entries: Entry[] = [];
  while (!p.is(125)) {
    const at = p.loc;
    const designators = designation(p);
    entries.push({ designators, init: initializer(p), loc: at });
    if (!p.accept(44)) break;
  }
  p.expect(125, "after the initializers");
  p.leave();
  return { kind: "list", entries, loc };
}

function designation(p: Parser): Designator[] {
  const list: Designator[] = [];
  if (p.is(IDENT) && p.peek() === 58) {
    // GNU `name: value`
    list.push({ kind: "field", name: p.name(p.val), loc: p.loc });
    p.next();
    p.next();
    return list;
  }
  while (p.is(46) || p.is(91)) {
    const { loc } = p;
    if (p.accept(46)) {
      if (!p.is(IDENT) && p.kind < 256) p.fail("C107", "expected a member's name after '.'");
      list.push({ kind: "field", name: p.name(p.val), loc: p.loc });
      p.next();
      continue;
    }
    p.next();
    const lo = constantInt(p, "the array designator") ?? 0n;
    const hi = p.accept(ELLIPSIS) ? (constantInt(p, "the array designator") ?? lo) : lo;
    p.expect(93, "after the array designator");
    if (lo < 0n || hi < lo || hi > 1n << 40n) {
      p.error("C310", hi < lo ? "array designator range is empty" : "array designator is out of range", loc);
      list.push({ kind: "index", lo: 0, hi: 0, loc });
    } else list.push({ kind: "index", lo: Number(lo), hi: Number(hi), loc });
  }
  if (list.length > 0 && !p.accept(61) && list[list.length - 1].kind === "field") p.expect(61, "after the designator");
  return list;
}

/** The tree laid over a type. `isStatic`: every value must be a constant. Also gives the type, an open array's length filled in. */
export function layInit(
  p: Parser,
  tree: InitTree,
  type: CType,
  isStatic: boolean,
  loc: Loc,
): { init: Init; type: CType } {
  const filler: Filler = { p, isStatic, items: [], end: 0, count: 0, full: false };
  const array = bare(type);
  fill(filler, tree, type, 0, loc);
  let final = type;
  if (array.kind === "array" && array.count < 0 && array.vla === undefined)
    final = { kind: "array", of: array.of, count: filler.count };
  return { init: { items: filler.items, loc }, type: final };
}

interface Filler {
  readonly p: Parser;
  readonly isStatic: boolean;
  readonly items: InitItem[];
  /** Bytes up to the end of what was filled last. */
  end: number;
  /** Elements of the outermost array, where its length is open. */
  count: number;
  full: boolean;
}

interface Cursor {
  readonly entries: readonly Entry[];
  at: number;
}

function fill(f: Filler, tree: InitTree, type: CType, off: number, loc: Loc): void {
  const t = bare(type);
  const { p } = f;
  if (tree.kind === "expr") {
    if (t.kind === "array") {
      if (stringFits(tree.expr, type)) putString(f, tree.expr, type, off);
      else if (tree.expr.kind === "compound" && bare(tree.expr.type).kind === "array")
        splice(f, tree.expr.init, off, tree.expr.type);
      else if (tree.expr.kind !== "error") {
        p.error(
          "C311",
          `an array must be initialized with a brace-enclosed list${intOf(t.of)?.size === 1 ? " or a string literal" : ""}`,
          tree.expr.loc,
        );
      }
      return;
    }
    put(f, tree.expr, type, off, undefined);
    return;
  }
  if (t.kind === "array" || t.kind === "record") {
    const only = tree.entries.length === 1 ? tree.entries[0] : undefined;
    if (
      t.kind === "array" &&
      only !== undefined &&
      only.designators.length === 0 &&
      only.init.kind === "expr" &&
      stringFits(only.init.expr, type)
    ) {
      putString(f, only.init.expr, type, off);
      return;
    }
    if (t.kind === "record" && !complete(t)) {
      p.error("C226", `variable has incomplete type ${quoteType(type)}`, loc);
      return;
    }
    if (off < f.end) overridden(f, off, sizeOf(type), tree.loc);
    const cursor: Cursor = { entries: tree.entries, at: 0 };
    const count = aggregate(f, cursor, type, off, true);
    if (off === 0 && t.kind === "array" && t.count < 0) f.count = Math.max(f.count, count);
    if (cursor.at < cursor.entries.length) {
      p.warn(
        "C543",
        `excess elements in ${t.kind === "array" ? "array" : t.union ? "union" : "struct"} initializer`,
        cursor.entries[cursor.at].loc,
      );
    }
    return;
  }
  const first = tree.entries[0];
  if (first === undefined) return;
  if (first.designators.length > 0)
    p.error("C312", `designator in initializer for scalar type ${quoteType(type)}`, first.loc);
  else fill(f, first.init, type, off, loc);
  if (tree.entries.length > 1) p.warn("C543", "excess elements in scalar initializer", tree.entries[1].loc);
}

/**
 * Fills an array or record from the cursor, from element or member `from` on; `braced`: the list is this object's own. Returns the
 * number of elements reached.
 */
function aggregate(f: Filler, cursor: Cursor, type: CType, off: number, braced: boolean, from = 0): number {
  const { p } = f;
  p.enter();
  const t = bare(type);
  let next = from;
  let reached = from;
  const limit =
    t.kind === "array"
      ? t.count < 0
        ? Number.MAX_SAFE_INTEGER
        : t.count
      : t.kind === "record"
        ? t.union
          ? 1
          : t.fields!.length
        : 0;
  while (cursor.at < cursor.entries.length && !f.full) {
    const entry = cursor.entries[cursor.at];
    if (entry.designators.length > 0) {
      if (!braced) break;
      cursor.at++;
      const after = designated(f, entry, entry.designators, type, off, cursor);
      if (after >= 0) {
        next = after;
        reached = Math.max(reached, next);
      }
      continue;
    }
    if (next >= limit) break;
    const sub = subobject(t, next, off);
    if (sub === undefined) break;
    if (entry.init.kind === "expr" && !takesWhole(entry.init.expr, sub.type)) {
      const before = cursor.at;
      aggregate(f, cursor, sub.type, sub.off, false);
      if (cursor.at === before) {
        // An empty struct takes nothing
        const inner = bare(sub.type);
        if (!(inner.kind === "record" && inner.fields?.length === 0) && !(inner.kind === "array" && inner.count === 0))
          cursor.at++;
      }
    } else {
      cursor.at++;
      if (sub.field !== undefined && sub.field.bitWidth >= 0) putBits(f, entry.init, sub.field, off);
      else fill(f, entry.init, sub.type, sub.off, entry.loc);
    }
    next++;
    reached = Math.max(reached, next);
  }
  p.leave();
  return reached;
}

function subobject(
  t: CType,
  at: number,
  off: number,
): { type: CType; off: number; field: Field | undefined } | undefined {
  if (t.kind === "array") return { type: t.of, off: off + at * sizeOf(t.of), field: undefined };
  if (t.kind !== "record") return undefined;
  const field = t.fields![at];
  return field === undefined ? undefined : { type: field.type, off: off + (field.bitOff >> 3), field };
}

/** Whether an expression initialises the whole object rather than its first scalar (elided braces). */
function takesWhole(e: Expr, type: CType): boolean {
  const t = bare(type);
  if (t.kind === "array") return stringFits(e, type);
  if (t.kind !== "record") return true;
  return bare(e.type) === t || e.kind === "error";
}

/**
 * Returns the position after the element that the first designator named; -1 after an error. What follows without designators goes on
 * behind the innermost object that was named, outwards (6.7.9p17): from `cursor`.
 */
function designated(
  f: Filler,
  entry: Entry,
  designators: readonly Designator[],
  type: CType,
  off: number,
  cursor: Cursor | undefined,
): number {
  const { p } = f;
  const [first, ...rest] = designators;
  const t = bare(type);
  const into = (sub: CType, at: number, field: Field | undefined, go: Cursor | undefined): void => {
    if (rest.length > 0) {
      const after = designated(f, entry, rest, sub, at, go);
      if (after >= 0 && go !== undefined) aggregate(f, go, sub, at, false, after);
    } else if (field !== undefined && field.bitWidth >= 0) putBits(f, entry.init, field, off);
    else fill(f, entry.init, sub, at, entry.loc);
  };
  if (first.kind === "index") {
    if (t.kind !== "array") {
      p.error("C312", `array designator in the initializer of ${quoteType(type)}, which is no array`, first.loc);
      return -1;
    }
    if (t.count >= 0 && first.hi >= t.count) {
      p.error("C310", `array designator index (${first.hi}) exceeds array bounds (${t.count})`, first.loc);
      return -1;
    }
    if (first.hi - first.lo >= MAX_ITEMS) {
      p.error("C314", `array designator range covers more than ${MAX_ITEMS} elements`, first.loc);
      return -1;
    }
    const size = sizeOf(t.of);
    for (let i = first.lo; i <= first.hi && !f.full; i++)
      into(t.of, off + i * size, undefined, i === first.hi ? cursor : undefined);
    return first.hi + 1;
  }
  if (t.kind !== "record" || !complete(t)) {
    p.error(
      "C312",
      `field designator in the initializer of ${quoteType(type)}, which is no struct or union`,
      first.loc,
    );
    return -1;
  }
  let field: Field;
  if (first.kind === "member") field = first.field;
  else {
    const path = findField(t, first.name);
    if (path === undefined) {
      unknownField(p, t, first.name, first.loc);
      return -1;
    }
    field = path[0];
    if (path.length > 1) {
      // Through anonymous members
      const steps = path.slice(1).map((member): Designator => ({ kind: "member", field: member, loc: first.loc }));
      const at = off + (field.bitOff >> 3);
      const after = designated(f, entry, [...steps, ...rest], field.type, at, cursor);
      if (after >= 0 && cursor !== undefined) aggregate(f, cursor, field.type, at, false, after);
      return t.union ? 1 : field.index + 1;
    }
  }
  into(field.type, off + (field.bitOff >> 3), field, cursor);
  return t.union ? 1 : field.index + 1;
}

function unknownField(p: Parser, record: RecordType, name: string, loc: Loc): void {
  const near = similar(name, record.byName?.keys() ?? []);
  p.error(
    "C227",
    `field designator '${name}' does not refer to any field in ${quoteType(record)}${near === undefined ? "" : `; did you mean '${near}'?`}`,
    loc,
    near === undefined ? {} : { fix: { message: `use '${near}'`, text: near } },
  );
}

function stringFits(e: Expr, type: CType): boolean {
  const t = bare(type);
  if (e.kind !== "str" || t.kind !== "array") return false;
  const element = intOf(t.of);
  const from = bare(e.type);
  return element !== undefined && from.kind === "array" && element.size === sizeOf(from.of);
}

function putString(f: Filler, e: Expr, type: CType, off: number): void {
  const t = bare(type);
  if (t.kind !== "array" || e.kind !== "str") return;
  const width = sizeOf(t.of);
  const length = e.bytes.length / width;
  if (t.count < 0) {
    if (off === 0) f.count = Math.max(f.count, length);
    push(f, {
      offBytes: off,
      bits: undefined,
      type: { kind: "array", of: t.of, count: length },
      value: e,
      data: undefined,
    });
    return;
  }
  if (length - 1 > t.count)
    f.p.warn(
      "C544",
      `initializer-string for char array is too long, array size is ${t.count} but initializer has size ${length}`,
      e.loc,
    );
  push(f, { offBytes: off, bits: undefined, type, value: e, data: undefined });
}

function putBits(f: Filler, tree: InitTree, field: Field, off: number): void {
  let at = tree;
  while (at.kind === "list") {
    const first: Entry | undefined = at.entries[0];
    if (first === undefined) return;
    at = first.init;
  }
  put(f, at.expr, field.type, off + (field.bitOff >> 3), { bitOff: field.bitOff & 7, bitWidth: field.bitWidth });
}

function put(f: Filler, e: Expr, type: CType, off: number, bits: InitItem["bits"]): void {
  const { p } = f;
  const t = bare(type);
  if (f.isStatic && t.kind === "record" && e.kind === "compound" && bare(e.type) === t) {
    splice(f, e.init, off, e.type);
    return;
  }
  if (t.kind === "record" && !isScalar(e.type) && bare(e.type) !== t && e.kind !== "error") {
    p.error(
      "C313",
      `initializing ${quoteType(type)} with an expression of incompatible type ${quoteType(e.type)}`,
      e.loc,
    );
    return;
  }
  const value = assignTo(p, e, type, "initializing");
  if (value.kind === "error") {
    push(f, { offBytes: off, bits, type, value: errorExpr(e.loc), data: undefined });
    return;
  }
  let data: InitItem["data"];
  if (f.isStatic) {
    data = constantOf(value);
    if (data === undefined && value.kind !== "float") {
      p.error("C303", "initializer element is not a compile-time constant", rvalue(e).loc, {
        help: "nothing runs before a program does: have user space set it before loading (const volatile), or a program at its first run",
      });
    }
  }
  push(f, { offBytes: off, bits, type, value, data });
}

/** A compound literal's own pieces, moved to `off`. */
function splice(f: Filler, init: Init, off: number, type: CType): void {
  const t = bare(type);
  if (t.kind === "array" && off === 0) f.count = Math.max(f.count, t.count);
  for (const item of init.items) {
    const data = item.data ?? (item.value.kind === "str" ? undefined : constantOf(item.value));
    push(f, { ...item, offBytes: item.offBytes + off, data });
  }
}

/** Tables in any order are no overrides; past this many values nobody looks. */
const MAX_LOOKED_AT = 2048;

/** What a new value covers whole is not evaluated at all, as clang has it. */
function override(f: Filler, item: InitItem): void {
  if (f.items.length > MAX_LOOKED_AT) return;
  const [start, end] = extent(item);
  const before = f.items.find((other) => {
    const [from, to] = extent(other);
    return from < end && start < to;
  });
  if (before === undefined) return;
  tellOverride(f, item.value.loc, before);
  const kept = f.items.filter((other) => {
    const [from, to] = extent(other);
    return from < start || to > end;
  });
  f.items.splice(0, f.items.length, ...kept);
}

function tellOverride(f: Filler, loc: Loc, before: InitItem): void {
  f.p.warn("C565", "initializer overrides prior initialization of this subobject", loc, {
    notes: [{ loc: before.value.loc, message: "previous initialization is here" }],
  });
}

/** In bits. */
function extent({ offBytes, bits, type }: InitItem): [number, number] {
  const start = offBytes * 8 + (bits?.bitOff ?? 0);
  return [start, start + (bits?.bitWidth ?? sizeOf(type) * 8)];
}

/** A list for an object that had values already: none of them stays. */
function overridden(f: Filler, off: number, size: number, loc: Loc): void {
  const kept = f.items.filter((item) => item.offBytes < off || item.offBytes >= off + size);
  const dropped = f.items.find((item) => item.offBytes >= off && item.offBytes < off + size);
  if (dropped !== undefined) tellOverride(f, loc, dropped);
  if (kept.length < f.items.length) f.items.splice(0, f.items.length, ...kept);
}

function push(f: Filler, item: InitItem): void {
  if (f.items.length >= MAX_ITEMS) {
    if (!f.full) f.p.error("C314", `the initializer has more than ${MAX_ITEMS} values`, item.value.loc);
    f.full = true;
    return;
  }
  if (item.offBytes < f.end) override(f, item);
  f.items.push(item);
  f.end = Math.max(f.end, item.offBytes + Math.max(1, sizeOf(item.type)));
}
