/**
 * Externs: kernel configuration (.kconfig) and kernel symbols (.ksyms), as bpf_object__collect_externs() of libbpf takes
 * them from the symbol table and BTF. Kconfig values lie in a map of their own, largest alignment first.
 */
import type { Btf } from "../btf/btf.ts";
import type { BtfView } from "../btf/types.ts";
import { STB_WEAK } from "../elf/types.ts";
import { isExtern, type ObjImage, objError } from "./image.ts";

export interface KsymExtern {
  readonly kind: "ksym";
  readonly name: string;
  readonly weak: boolean;
  /** BTF var or func. */
  readonly btfId: number;
  readonly func: boolean;
  /** The var's type without modifiers; 0 for `void`. The func's proto. */
  readonly typeId: number;
}

export interface KconfigVar {
  readonly kind: "kconfig";
  readonly name: string;
  readonly weak: boolean;
  readonly btfId: number;
  readonly typeId: number;
  readonly sizeBytes: number;
  readonly align: number;
  readonly offBytes: number;
}

export type Extern = KsymExtern | KconfigVar;

export interface Externs {
  /** By symbol index. */
  readonly bySymbol: ReadonlyMap<number, Extern>;
  /** Ascending by offset in the .kconfig map. */
  readonly kconfig: readonly KconfigVar[];
  /** Bytes of the .kconfig map. */
  readonly kconfigSize: number;
}

export function collectExterns(image: ObjImage, btf: Btf | null): Externs {
  const bySymbol = new Map<number, Extern>();
  const pending: { symIndex: number; extern: Omit<KconfigVar, "offBytes"> }[] = [];
  let sectionOf: Map<number, string> | null = null;
  for (const symbol of image.symbols) {
    if (!isExtern(symbol)) continue;
    const { name } = symbol;
    const site = { section: ".symtab" };
    if (btf === null) {
      const advice = "compile with -g, or define what is declared: without BTF nothing tells what the symbol is";
      throw objError(image.file, "obj/extern", `extern '${name}' needs BTF`, site, advice);
    }
    const btfId = declarationOf(btf, name);
    if (btfId === 0) {
      const advice = "declare it with __ksym or __kconfig, or link the object that defines it";
      throw objError(
        image.file,
        "obj/extern",
        `undefined symbol '${name}': BTF has no extern of that name`,
        site,
        advice,
      );
    }
    sectionOf ??= datasecNames(btf);
    const section = sectionOf.get(btfId) ?? "";
    const type = btf.type(btfId);
    if (type.kind !== "var" && type.kind !== "func") continue;
    const weak = symbol.bind === STB_WEAK;
    if (section === ".ksyms") {
      const func = type.kind === "func";
      const typeId = func ? type.typeId : btf.skipMods(type.typeId);
      bySymbol.set(symbol.index, { kind: "ksym", name, weak, btfId, func, typeId });
    } else if (section === ".kconfig" && type.kind === "var") {
      if (kconfigKind(btf, type.typeId) === null) {
        const advice = "use bool, char, an integer, char[N] or enum libbpf_tristate";
        throw objError(image.file, "obj/kconfig", `kconfig extern '${name}' has an unsupported type`, site, advice);
      }
      const sizeBytes = btf.sizeOf(type.typeId);
      const align = alignOf(btf, type.typeId);
      const extern = { kind: "kconfig", name, weak, btfId, typeId: type.typeId, sizeBytes, align } as const;
      pending.push({ symIndex: symbol.index, extern });
    } else {
      const what = section === "" ? "no section" : `section '${section}'`;
      throw objError(
        image.file,
        "obj/extern",
        `extern '${name}' is declared in ${what}`,
        site,
        "add __ksym or __kconfig",
      );
    }
  }
  pending.sort((a, b) => {
    const x = a.extern;
    const y = b.extern;
    return y.align - x.align || x.sizeBytes - y.sizeBytes || (x.name < y.name ? -1 : x.name > y.name ? 1 : 0);
  });
  const kconfig: KconfigVar[] = [];
  let size = 0;
  for (const { symIndex, extern } of pending) {
    const offBytes = Math.ceil(size / extern.align) * extern.align;
    size = offBytes + extern.sizeBytes;
    const placed = { ...extern, offBytes };
    kconfig.push(placed);
    bySymbol.set(symIndex, placed);
  }
  return { bySymbol, kconfig, kconfigSize: size };
}

/** First var or func of that name, if it is an extern; else 0. */
function declarationOf(btf: Btf, name: string): number {
  for (const id of btf.findAll(name)) {
    const type = btf.type(id);
    if (type.kind === "var" || type.kind === "func") return type.linkage === "extern" ? id : 0;
  }
  return 0;
}

/** Var or func id -> name of the datasec that lists it. */
function datasecNames(btf: Btf): Map<number, string> {
  const names = new Map<number, string>();
  for (const section of [".kconfig", ".ksyms"]) {
    const id = btf.find(section, "datasec");
    const type = btf.type(id);
    if (type.kind === "datasec") for (const entry of type.vars) names.set(entry.typeId, section);
  }
  return names;
}

export type KconfigKind = "bool" | "char" | "int" | "tristate" | "string";

/** What a kconfig extern of that type holds; null where libbpf does not support the type. */
export function kconfigKind(btf: BtfView, typeId: number): KconfigKind | null {
  const type = btf.type(btf.skipMods(typeId));
  switch (type.kind) {
    case "int":
      if (type.bool) return type.sizeBytes === 1 ? "bool" : null;
      if (type.sizeBytes === 1) return "char";
      return type.sizeBytes === 2 || type.sizeBytes === 4 || type.sizeBytes === 8 ? "int" : null;
    case "enum":
      return type.sizeBytes === 4 && type.name === "libbpf_tristate" ? "tristate" : null;
    case "enum64":
      return type.name === "libbpf_tristate" ? "tristate" : null;
    case "array": {
      if (type.nelems === 0) return null;
      const element = btf.type(btf.skipMods(type.typeId));
      return element.kind === "int" && element.sizeBytes === 1 && !element.bool ? "string" : null;
    }
    default:
      return null;
  }
}

/** Alignment of the types that kconfigKind() accepts. */
function alignOf(btf: BtfView, typeId: number): number {
  const type = btf.type(btf.skipMods(typeId));
  if (type.kind === "array") return 1;
  return type.kind === "int" || type.kind === "enum" || type.kind === "enum64" ? Math.min(type.sizeBytes, 8) : 1;
}
