/** Lvalues: where they are, reading and writing them, bit-fields, and member accesses that CO-RE relocates. */
import { constant, sym, widthOf } from "../../../ir/build.ts";
import type { Value } from "../../../ir/ir.ts";
import type { Expr, IndexExpr, MemberExpr } from "../ast.ts";
import { addressSpaceOf, alignOf, bare, type CType, type Loc, qualsOf, sizeOf, VOLATILE } from "../types.ts";
import { alignAt, loadBits, natural, storeBits } from "./bitfield.ts";
import { shownIndex } from "./btf-types.ts";
import { type CoreChain, type Fn, type Place, unsupported } from "./context.ts";
import { irType, isRecord, isSigned, to64 } from "./scalar.ts";

export function lowerPlace(fn: Fn, expr: Expr): Place {
  switch (expr.kind) {
    case "var": {
      const { decl } = expr;
      const volatile = (qualsOf(decl.type) & VOLATILE) !== 0;
      const align = Math.max(alignOf(decl.type), decl.attrs.aligned ?? 1);
      if (decl.storage === "auto" || decl.storage === "param") {
        return at(slotOf(fn, expr), align, expr.type, volatile, !decl.addressTaken);
      }
      return at(sym(fn.cx.symbol(decl)), align, expr.type, volatile);
    }
    case "func":
      return at(sym(fn.cx.symbol(expr.decl)), 1, expr.type, false);
    case "str":
      return at(sym(fn.cx.string(expr)), 1, expr.type, false);
    case "deref": {
      const { ptr } = expr;
      const volatile = (qualsOf(expr.type) & VOLATILE) !== 0;
      if (ptr.kind === "addr") {
        const inner = fn.place(ptr.place);
        return { ...inner, type: expr.type, volatile: volatile || inner.volatile };
      }
      return at(fn.value(ptr), alignOf(expr.type), expr.type, volatile);
    }
    case "index":
      return elementPlace(fn, expr);
    case "member":
      return memberPlace(fn, expr);
    case "compound":
      if (expr.static) return at(sym(fn.cx.compound(expr)), alignOf(expr.type), expr.type, false);
      return at(fn.value(expr), alignOf(expr.type), expr.type, false);
    default:
      // A struct value: it lies somewhere.
      if (isRecord(expr.type)) return at(fn.value(expr), alignOf(expr.type), expr.type, false);
      return unsupported(fn, "C420", expr.loc, `internal: no place for ${expr.kind}`);
  }
}

/** The address, as one value. */
export function addressOf(fn: Fn, place: Place): Value {
  if (place.core !== undefined) return chainAddress(fn, place.core);
  return fn.b.ptrAdd(place.addr, place.offBytes);
}

/** An address that instructions take: one of an arena's space is cast to the kernel's. */
export function usable(fn: Fn, address: Value, type: CType): Value {
  const space = addressSpaceOf(type);
  return space === 0 || address.op === "const" ? address : fn.b.addrCast(address, space, 0);
}

/** The same place, for access. */
function accessed(fn: Fn, place: Place): Place {
  if (addressSpaceOf(place.type) === 0) return place;
  if (place.core === undefined) return { ...place, addr: usable(fn, place.addr, place.type) };
  return { ...place, addr: usable(fn, addressOf(fn, place), place.type), offBytes: 0, core: undefined };
}

export function loadPlace(fn: Fn, from: Place, loc: Loc): Value {
  const { b } = fn;
  const place = accessed(fn, from);
  if (place.bits !== undefined) return loadBits(fn, place, addressOf(fn, { ...place, bits: undefined }));
  const type = irType(fn, place.type, loc);
  if (isRecord(place.type)) return addressOf(fn, place);
  return b.load(type, addressOf(fn, place), natural(place.align, widthOf(type) / 8), { volatile: place.volatile });
}

/** Stores a scalar; gives what a later read of the place yields (a bit-field cuts the value). */
export function storePlace(fn: Fn, to: Place, value: Value): Value {
  const { b } = fn;
  const place = accessed(fn, to);
  if (place.bits !== undefined) return storeBits(fn, place, addressOf(fn, { ...place, bits: undefined }), value);
  const bytes = widthOf(value.type) / 8;
  b.store(addressOf(fn, place), value, natural(place.align, bytes), { volatile: place.volatile });
  return value;
}

/** Copies a struct. */
export function copyRecord(fn: Fn, to: Place, from: Value, fromAlign: number): void {
  const size = sizeOf(to.type);
  if (size === 0) return;
  fn.b.memOp("memcpy", addressOf(fn, accessed(fn, to)), from, size, to.align, fromAlign);
}

export function place(addr: Value, type: CType, align: number = alignOf(type)): Place {
  return at(addr, align, type, false);
}

/** The part of a place that begins `offBytes` further on. */
export function subPlace(base: Place, offBytes: number, type: CType, bits?: Place["bits"]): Place {
  const offset = base.offBytes + offBytes;
  return { ...base, offBytes: offset, align: alignAt(base.align, offBytes), type, bits };
}

/** CO-RE root, access string and local offset of a member access, for questions about fields. */
export function chainOf(fn: Fn, expr: Expr): { place: Place; chain: CoreChain } | undefined {
  fn.preserving++;
  const found = fn.place(expr);
  fn.preserving--;
  return found.core === undefined ? undefined : { place: found, chain: found.core };
}

function at(addr: Value, align: number, type: CType, volatile: boolean, local = false): Place {
  return { addr, offBytes: 0, align, type, volatile, core: undefined, bits: undefined, local };
}

function slotOf(fn: Fn, expr: Extract<Expr, { kind: "var" }>): Value {
  const { decl } = expr;
  let slot = fn.slots.get(decl);
  if (slot === undefined) {
    slot = fn.b.alloca(
      Math.max(1, sizeOf(decl.type)),
      Math.max(alignOf(decl.type), decl.attrs.aligned ?? 1),
      decl.name,
    );
    fn.slots.set(decl, slot);
  }
  return slot;
}

function memberPlace(fn: Fn, expr: MemberExpr): Place {
  const base = fn.place(expr.base);
  const { record, field } = expr;
  const offBytes = Math.floor(field.bitOff / 8);
  const volatile = base.volatile || (qualsOf(expr.type) & VOLATILE) !== 0;
  const bits = field.bitWidth < 0 ? undefined : { bitOff: field.bitOff, width: field.bitWidth, room: sizeOf(record) };
  const root = namedRoot(expr.base.type);
  const relocated =
    (fn.preserving > 0 && (base.core !== undefined || root !== undefined)) ||
    (!base.local && (record.preserveAccessIndex || (record.name === "" && base.core !== undefined)));
  if (!relocated) {
    const from = base.core === undefined ? base : { ...base, core: undefined, addr: addressOf(fn, base), offBytes: 0 };
    if (bits !== undefined) return { ...from, type: expr.type, volatile, bits };
    return {
      ...from,
      offBytes: from.offBytes + offBytes,
      align: Math.max(alignAt(from.align, offBytes), fieldAlign(record.packed, expr.type, from.align, offBytes)),
      type: expr.type,
      volatile,
    };
  }
  const index = shownIndex(record, field);
  const chain: CoreChain =
    base.core === undefined
      ? { base: addressOf(fn, base), root: root ?? record, access: [0, index], offBytes }
      : { ...base.core, access: [...base.core.access, index], offBytes: base.core.offBytes + offBytes };
  if (bits !== undefined) {
    // The access unit that libbpf finds: the field's own type, wider where the bits cross it.
    const unit = bitUnit(field.bitOff, field.bitWidth, sizeOf(field.type));
    return {
      ...base,
      core: { ...chain, offBytes: chain.offBytes - offBytes + unit.off },
      align: alignAt(base.align, unit.off),
      type: expr.type,
      volatile,
      bits: { bitOff: field.bitOff - unit.off * 8, width: field.bitWidth, room: unit.bytes },
    };
  }
  return { ...base, core: chain, align: alignAt(base.align, offBytes), type: expr.type, volatile, bits: undefined };
}

/** The type that a loader looks for by name: of a struct without a tag its typedef. */
function namedRoot(type: CType): CType | undefined {
  const record = bare(type);
  if (record.kind !== "record" || record.name !== "") return record;
  let t = type;
  while (t.kind === "qual" || t.kind === "tag") t = t.type;
  return t.kind === "typedef" ? t : undefined;
}

function fieldAlign(packed: boolean, type: CType, base: number, offBytes: number): number {
  return packed ? 1 : offBytes % alignOf(type) === 0 && base >= alignOf(type) ? alignOf(type) : 1;
}

/** Where the bits of a field are read: bytes from the record's start, and how many. bpf_core_calc_field_relo's rule. */
function bitUnit(bitOff: number, width: number, typeBytes: number): { off: number; bytes: number } {
  let bytes = Math.max(1, typeBytes);
  let off = Math.floor(bitOff / 8 / bytes) * bytes;
  while (bitOff + width - off * 8 > bytes * 8 && bytes < 8) {
    bytes *= 2;
    off = Math.floor(bitOff / 8 / bytes) * bytes;
  }
  return { off, bytes };
}

function elementPlace(fn: Fn, expr: IndexExpr): Place {
  const { base, index } = expr;
  const size = sizeOf(expr.type);
  const volatile = (qualsOf(expr.type) & VOLATILE) !== 0;
  if (base.kind === "decay" && bare(base.place.type).kind === "array") {
    const array = fn.place(base.place);
    if (index.kind === "int") {
      const i = Number(index.value);
      if (array.core !== undefined && i >= 0) {
        const core = {
          ...array.core,
          access: [...array.core.access, i],
          offBytes: array.core.offBytes + i * size,
        };
        return {
          ...array,
          core,
          type: expr.type,
          align: alignAt(array.align, i * size),
          volatile: volatile || array.volatile,
        };
      }
      return { ...subPlace(array, i * size, expr.type), volatile: volatile || array.volatile };
    }
    const start = addressOf(fn, array);
    const align = Math.min(array.align, alignAt(1 << 30, size));
    return at(fn.b.ptrAdd(start, scaled(fn, index, size)), align, expr.type, volatile || array.volatile);
  }
  const pointer = fn.value(base);
  const align = alignOf(expr.type);
  if (index.kind === "int") {
    const i = Number(index.value);
    if (fn.preserving > 0 && i > 0 && isRecord(expr.type)) {
      const core = { base: pointer, root: namedRoot(expr.type) ?? bare(expr.type), access: [i], offBytes: i * size };
      return { ...at(pointer, align, expr.type, volatile), core };
    }
    return { ...at(pointer, align, expr.type, volatile), offBytes: i * size };
  }
  return at(fn.b.ptrAdd(pointer, scaled(fn, index, size)), align, expr.type, volatile);
}

/** Bytes: an index times the element's size. */
export function scaled(fn: Fn, index: Expr, size: number): Value {
  const value = to64(fn, fn.value(index), index.type);
  if (size === 1) return value;
  if (value.op === "const") return constant("i64", value.value * BigInt(size));
  return fn.b.binary("mul", value, constant("i64", BigInt(size)), isSigned(index.type));
}

function chainAddress(fn: Fn, chain: CoreChain): Value {
  const typeId = fn.cx.btf.id(chain.root);
  return fn.b.coreAddr(chain.base, typeId, chain.access.join(":"), chain.offBytes);
}
