/** struct-or-union-specifier and enum-specifier (C11 6.7.2.1, 6.7.2.2). */

import { enumType, fits } from "../sema/enums.ts";
import { layOut } from "../sema/layout.ts";
import { quoteType } from "../sema/show.ts";
import { isComplete } from "../sema/unary.ts";
import type { Enumerator } from "../types.ts";
import {
  bare,
  type CType,
  complete,
  type EnumType,
  type Field,
  INT,
  type IntType,
  intOf,
  LONG,
  type Loc,
  type RecordType,
  UINT,
  ULONG,
} from "../types.ts";
import { type AttrSink, attributes, attrSink, taggedType } from "./attribute.ts";
import { constantInt } from "./constant.ts";
import { declarator } from "./declarator.ts";
import { BUILTIN_ATTRIBUTES } from "./pushed.ts";
import { skipMember, staticAssert } from "./recover.ts";
import { specifiers, startsDeclaration } from "./specifiers.ts";
import { type EnumSym, type Parser, Recover } from "./state.ts";

const IDENT = 1;
const EOF = 0;

export function recordSpecifier(p: Parser): CType {
  const union = p.kind === 285;
  p.next();
  const sink = attrSink();
  attributes(p, sink);
  const { loc } = p;
  let name = -1;
  if (p.is(IDENT)) {
    name = p.val;
    p.next();
  }
  if (!p.is(123)) {
    if (name < 0) p.fail("C108", `expected a tag or '{' after '${union ? "union" : "struct"}'`);
    // `struct s;` in a block declares a new one
    const here = p.is(59) && p.depth > 0 ? p.tagHere(name) : p.lookupTag(name);
    if (here !== undefined) {
      if (here.kind === "record" && here.union === union) return here;
      p.error("C202", `use of '${p.name(name)}' with tag type that does not match previous declaration`, loc, {
        notes: [{ loc: here.loc, message: "previous use is here" }],
      });
    }
    const record = newRecord(union, p.name(name), loc);
    p.declareTag(name, record);
    return record;
  }
  let record: RecordType | undefined;
  if (name >= 0) {
    const here = p.tagHere(name);
    if (here !== undefined) {
      if (here.kind !== "record" || here.union !== union) {
        p.error("C202", `use of '${p.name(name)}' with tag type that does not match previous declaration`, loc, {
          notes: [{ loc: here.loc, message: "previous use is here" }],
        });
      } else if (complete(here) || p.defining.has(here)) {
        p.error(
          "C203",
          `redefinition of '${p.name(name)}'`,
          loc,
          here.loc === 0 ? {} : { notes: [{ loc: here.loc, message: "previous definition is here" }] },
        );
      } else record = here;
    }
  }
  record ??= newRecord(union, name < 0 ? "" : p.name(name), loc);
  record.loc = loc;
  if (name >= 0) p.declareTag(name, record);
  p.defining.add(record);
  // In force where the record begins
  const pack = p.pack;
  for (const list of p.pushed) for (const text of list) BUILTIN_ATTRIBUTES.get(text)?.(sink);
  const fields = memberList(p, record);
  attributes(p, sink);
  finish(record, fields, sink, pack);
  p.defining.delete(record);
  return taggedType(record, sink);
}

function newRecord(union: boolean, name: string, loc: Loc): RecordType {
  return {
    kind: "record",
    union,
    name,
    fields: undefined,
    size: 0,
    align: 1,
    packed: false,
    preserveAccessIndex: false,
    attrs: undefined,
    loc,
    pending: undefined,
    byName: undefined,
  };
}

function finish(record: RecordType, fields: readonly Field[], sink: AttrSink, pack: number): void {
  record.packed = sink.attrs.packed === true;
  record.preserveAccessIndex = sink.attrs.preserveAccessIndex === true;
  record.attrs = Object.keys(sink.attrs).length === 0 ? undefined : sink.attrs;
  record.fields = fields;
  layOut(record, pack);
  // Unnamed bit-fields only pad; BTF and CO-RE do not count them
  if (!fields.every(listed)) record.fields = fields.filter(listed);
  // clang: preserve_access_index reaches anonymous records inside
  if (record.preserveAccessIndex) for (const field of fields) spreadPreserve(field.type);
}

const listed = (field: Field): boolean => field.bitWidth < 0 || field.name !== "";

function spreadPreserve(type: CType): void {
  const t = bare(type);
  if (t.kind !== "record" || t.name !== "" || t.preserveAccessIndex || t.fields === undefined) return;
  t.preserveAccessIndex = true;
  for (const field of t.fields) spreadPreserve(field.type);
}

function memberList(p: Parser, record: RecordType): Field[] {
  p.enter();
  p.next();
  const fields: Field[] = [];
  const names = ++p.records;
  const level = p.nesting;
  while (!p.is(125)) {
    if (p.is(EOF))
      p.fail("C109", "expected '}' at the end of the members", {
        notes: [{ loc: record.loc, message: "to match this definition" }],
      });
    if (p.accept(59)) continue;
    try {
      if (p.is(297)) staticAssert(p);
      else members(p, record, fields, names);
    } catch (error) {
      if (!(error instanceof Recover)) throw error;
      p.restoreNesting(level);
      skipMember(p);
    }
  }
  p.next();
  p.leave();
  return fields;
}

/** One struct-declaration. */
function members(p: Parser, record: RecordType, fields: Field[], names: number): void {
  // An unknown name is reported by specifiers() and taken for a type
  if (!startsDeclaration(p) && !p.is(IDENT)) {
    p.fail("C106", `expected a member's type, not '${p.text()}'`);
  }
  const spec = specifiers(p);
  if (spec.storage !== "none") p.error("C104", "a member has no storage class", spec.loc);
  if (p.is(59)) {
    const inner = bare(spec.type);
    if (inner.kind === "record" && (inner.name === "" || spec.type.kind !== "record" || !spec.tagged)) {
      p.next();
      addField(fields, "", spec.type, -1, spec.sink, spec.loc);
      checkInner(p, inner, names);
      return;
    }
    if (!spec.tagged) p.warn("C542", "declaration does not declare anything", spec.loc);
    p.next();
    return;
  }
  // Each declarator adds its own attributes to those of the specifiers
  const shared = spec.sink.any ? copySink(spec.sink) : undefined;
  for (let sink = spec.sink; ; sink = shared === undefined ? attrSink() : copySink(shared)) {
    let name = -1;
    let type = spec.type;
    let loc = p.loc;
    if (!p.is(58)) {
      const read = declarator(p, spec.type, sink, "named");
      ({ name, type, loc } = read);
    }
    let width = -1;
    if (p.accept(58)) width = bitWidth(p, type, name, loc);
    attributes(p, sink);
    const text = name < 0 ? "" : p.name(name);
    if (name >= 0) checkDuplicate(p, names, name, loc);
    const checked = memberType(p, record, type, text, loc);
    addField(fields, text, checked, width, sink, loc);
    if (!p.accept(44)) break;
    if (shared !== undefined) attributes(p, shared);
  }
  p.semicolon("after the member");
}

function checkInner(p: Parser, record: RecordType, names: number): void {
  for (const field of record.fields ?? []) {
    const inner = bare(field.type);
    if (field.name !== "") checkDuplicate(p, names, p.pp.names.of(field.name), field.loc);
    else if (inner.kind === "record") checkInner(p, inner, names);
  }
}

/** `names` is the record's number; a member's name carries the number of the record that had it last. */
function checkDuplicate(p: Parser, names: number, name: number, loc: Loc): void {
  if (p.memberOf[name] === names) {
    p.error("C204", `duplicate member '${p.name(name)}'`, loc, {
      notes: [{ loc: p.memberLoc[name], message: "previous declaration is here" }],
    });
    return;
  }
  p.memberOf[name] = names;
  p.memberLoc[name] = loc;
}

function copySink(sink: AttrSink): AttrSink {
  return { ...sink, attrs: { ...sink.attrs } };
}

function addField(fields: Field[], name: string, type: CType, bitWidth: number, sink: AttrSink, loc: Loc): void {
  const attrs = sink.any ? { ...sink.attrs } : undefined;
  const last = fields[fields.length - 1];
  const index = last === undefined ? 0 : last.index + (listed(last) ? 1 : 0);
  fields.push({ name, type, bitWidth, bitOff: 0, index, attrs, loc });
}

function bitWidth(p: Parser, type: CType, name: number, loc: Loc): number {
  const width = constantInt(p, "the width of the bit-field");
  if (width === undefined) return 1;
  const int = intOf(type);
  const text = name < 0 ? "anonymous bit-field" : `bit-field '${p.name(name)}'`;
  if (int === undefined) {
    p.error("C244", `${text} has non-integral type ${quoteType(type)}`, loc);
    return -1;
  }
  const most = int.rank === 0 ? 1n : BigInt(int.size * 8);
  if (width < 0n || width > most) {
    p.error(
      "C244",
      width < 0n
        ? `${text} has negative width`
        : `width of ${text} (${width} bits) exceeds the width of its type (${most} bits)`,
      loc,
    );
    return Number(most);
  }
  if (width === 0n && name >= 0) {
    p.error("C244", `named ${text} has zero width`, loc);
    return 1;
  }
  return Number(width);
}

function memberType(p: Parser, record: RecordType, type: CType, name: string, loc: Loc): CType {
  const t = bare(type);
  if (t.kind === "func") {
    p.error("C245", `member '${name}' declared as a function`, loc, { help: "write a pointer: (*name)(...)" });
    return { kind: "ptr", to: t };
  }
  if (t.kind === "array" && t.vla !== undefined) {
    p.error("C404", `member '${name}' has no constant length`, loc, { help: "give the array a constant length" });
    return { kind: "array", of: t.of, count: 1 };
  }
  if (t.kind === "array" && t.count < 0) return type;
  if (t === record || !isComplete(type)) {
    p.error("C246", `member '${name}' has incomplete type ${quoteType(type)}`, loc);
    return INT;
  }
  return type;
}

export function enumSpecifier(p: Parser): CType {
  p.next();
  const sink = attrSink();
  attributes(p, sink);
  const { loc } = p;
  let name = -1;
  if (p.is(IDENT)) {
    name = p.val;
    p.next();
  }
  // C23 and clang: `enum e : unsigned long`
  let fixed: IntType | undefined;
  if (p.is(58) && p.peek() !== 58) {
    p.next();
    fixed = intOf(specifiers(p).type);
  }
  if (!p.is(123)) {
    if (name < 0) p.fail("C108", "expected a tag or '{' after 'enum'");
    const here = p.lookupTag(name);
    if (here !== undefined) {
      if (here.kind === "enum") return here;
      p.error("C202", `use of '${p.name(name)}' with tag type that does not match previous declaration`, loc, {
        notes: [{ loc: here.loc, message: "previous use is here" }],
      });
    }
    const forward = newEnum(p.name(name), loc, fixed);
    p.declareTag(name, forward);
    return forward;
  }
  let type: EnumType | undefined;
  if (name >= 0) {
    const here = p.tagHere(name);
    if (here?.kind === "enum") {
      if (complete(here))
        p.error(
          "C203",
          `redefinition of '${p.name(name)}'`,
          loc,
          here.loc === 0 ? {} : { notes: [{ loc: here.loc, message: "previous definition is here" }] },
        );
      else type = here;
    }
  }
  type ??= newEnum(name < 0 ? "" : p.name(name), loc, fixed);
  type.loc = loc;
  if (name >= 0) p.declareTag(name, type);
  enumerators(p, type, fixed);
  attributes(p, sink);
  if (sink.attrs.packed === true && fixed === undefined)
    type.underlying = enumType(
      type.constants!.map((row) => row.value),
      true,
    );
  type.attrs = Object.keys(sink.attrs).length === 0 ? undefined : sink.attrs;
  return type;
}

function newEnum(name: string, loc: Loc, fixed: IntType | undefined): EnumType {
  return {
    kind: "enum",
    name,
    constants: undefined,
    underlying: fixed ?? UINT,
    attrs: undefined,
    loc,
    pending: undefined,
  };
}

function enumerators(p: Parser, owner: EnumType, fixed: IntType | undefined): void {
  p.next();
  const rows: Enumerator[] = [];
  const syms: { name: number; row: Enumerator }[] = [];
  let value = -1n;
  while (!p.is(125)) {
    if (!p.is(IDENT))
      p.fail(
        "C107",
        p.is(EOF) ? "expected '}' at the end of the enumerators" : `expected an enumerator's name, not '${p.text()}'`,
      );
    const name = p.val;
    const { loc } = p;
    p.next();
    attributes(p, attrSink());
    value = p.accept(61) ? (constantInt(p, "the enumerator's value") ?? value + 1n) : value + 1n;
    const before = p.here(name);
    if (before !== undefined) {
      p.error(
        "C201",
        `redefinition of '${p.name(name)}'${before.kind === "enumerator" ? "" : " as an enumerator"}`,
        loc,
        before.loc === 0 ? {} : { notes: [{ loc: before.loc, message: "previous definition is here" }] },
      );
    }
    const row: Enumerator = { name: p.name(name), value, owner, loc };
    rows.push(row);
    syms.push({ name, row });
    const sym: EnumSym = {
      kind: "enumerator",
      expr: { kind: "int", type: fixed ?? widthOf(value), loc, value, enumerator: row },
      loc,
    };
    p.declare(name, sym);
    if (!p.accept(44)) break;
  }
  p.expect(125, "after the enumerators");
  owner.constants = rows;
  if (fixed === undefined)
    owner.underlying = enumType(
      rows.map((row) => row.value),
      false,
    );
  // Values that int does not hold have the enum's type
  for (const { name, row } of syms) {
    if (!fits(row.value, INT))
      p.declare(name, {
        kind: "enumerator",
        expr: { kind: "int", type: owner.underlying, loc: row.loc, value: row.value, enumerator: row },
        loc: row.loc,
      });
  }
}

function widthOf(value: bigint): IntType {
  return fits(value, INT) ? INT : fits(value, UINT) ? UINT : fits(value, LONG) ? LONG : ULONG;
}
