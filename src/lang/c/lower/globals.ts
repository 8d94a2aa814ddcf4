/** Variables with static storage, string literals and externs: sections, contents, relocations. */
import type { GlobalReloc, IrExtern, IrGlobal } from "../../../ir/ir.ts";
import type { ConstValue, Init, VarDecl } from "../ast.ts";
import { alignOf, bare, CONST, type CType, qualsOf, sizeOf, VOLATILE } from "../types.ts";
import type { Cx } from "./context.ts";

/** Bytes and addresses that an object of static storage begins with. */
export interface StaticData {
  readonly bytes: Uint8Array;
  readonly relocs: readonly GlobalReloc[];
  /** Everything is 0. */
  readonly zero: boolean;
  /** Larger than the type where a flexible array member was initialised. */
  readonly sizeBytes: number;
}

export function staticData(cx: Cx, type: CType, init: Init | undefined): StaticData {
  let size = sizeOf(type);
  for (const item of init?.items ?? []) size = Math.max(size, item.offBytes + sizeOf(item.type));
  const bytes = new Uint8Array(size);
  const relocs: GlobalReloc[] = [];
  for (const item of init?.items ?? []) {
    if (item.value.kind === "str") {
      const room = sizeOf(item.type);
      bytes.fill(0, item.offBytes, item.offBytes + room);
      bytes.set(item.value.bytes.subarray(0, room), item.offBytes);
      continue;
    }
    if (item.data === undefined) {
      cx.error("C320", item.value.loc, "initialiser is not a constant");
      continue;
    }
    if (item.bits !== undefined) {
      writeBits(bytes, item.offBytes * 8 + item.bits.bitOff, item.bits.bitWidth, item.data.value);
      continue;
    }
    const room = sizeOf(item.type);
    if (item.data.base === undefined) {
      writeInt(bytes, item.offBytes, room, item.data.value);
      continue;
    }
    if (room !== 8) cx.error("C320", item.value.loc, "an address needs 64 bits");
    relocs.push({ offBytes: item.offBytes, symbol: baseSymbol(cx, item.data), addend: Number(item.data.value) });
  }
  return { bytes, relocs, zero: relocs.length === 0 && bytes.every((byte) => byte === 0), sizeBytes: size };
}

function baseSymbol(cx: Cx, data: ConstValue): string {
  const base = data.base!;
  switch (base.kind) {
    case "str":
      return cx.string(base);
    case "compound":
      return cx.compound(base);
    default:
      return cx.symbol(base);
  }
}

export function variable(cx: Cx, decl: VarDecl, name: string): IrGlobal {
  const data = staticData(cx, decl.type, decl.init);
  const constant = (qualsOf(decl.type) & CONST) !== 0;
  const volatile = (qualsOf(decl.type) & VOLATILE) !== 0;
  const section = decl.attrs.section ?? (constant ? ".rodata" : data.zero ? ".bss" : ".data");
  return {
    name,
    section,
    linkage: decl.attrs.weak ? "weak" : decl.storage === "static" ? "static" : "global",
    hidden: decl.attrs.hidden === true,
    sizeBytes: data.sizeBytes,
    align: Math.max(alignOf(decl.type), decl.attrs.aligned ?? 1),
    bytes: section === ".bss" || section.startsWith(".bss.") ? new Uint8Array(0) : data.bytes,
    relocs: [...data.relocs],
    constant: constant && !volatile,
    btfId: 0,
  };
}

/** Types that a map definition names through pointers are wanted whole: its key and value. */
export function mapTypes(cx: Cx, type: CType): void {
  const record = bare(type);
  if (record.kind !== "record" || record.fields === undefined) return;
  for (const field of record.fields) {
    let t = bare(field.type);
    while (t.kind === "array") t = bare(t.of);
    if (t.kind !== "ptr") continue;
    cx.btf.id(t.to, true);
    const inner = bare(t.to);
    if (inner.kind === "record" && field.name === "values") mapTypes(cx, inner);
  }
}

export function externVariable(cx: Cx, decl: VarDecl): IrExtern {
  const section = decl.attrs.section;
  return {
    name: decl.attrs.asmName ?? decl.name,
    section: section === ".ksyms" || section === ".kconfig" || section === ".maps" ? section : "",
    isFunction: false,
    weak: decl.attrs.weak === true,
    sizeBytes: sizeOf(decl.type),
    btfId: cx.btf.variable(decl.name, cx.btf.id(decl.type), "extern"),
  };
}

function writeInt(bytes: Uint8Array, at: number, size: number, value: bigint): void {
  let rest = BigInt.asUintN(size * 8, value);
  for (let i = 0; i < size; i++) {
    bytes[at + i] = Number(rest & 255n);
    rest >>= 8n;
  }
}

function writeBits(bytes: Uint8Array, bitOff: number, width: number, value: bigint): void {
  for (let i = 0; i < width; i++) {
    const bit = bitOff + i;
    const byte = bit >> 3;
    const mask = 1 << (bit & 7);
    if ((value >> BigInt(i)) & 1n) bytes[byte] |= mask;
    else bytes[byte] &= ~mask;
  }
}
