/**
 * vmlinux.h out of the kernel's BTF, without writing it: a struct, enum or typedef is made when its name is first looked up,
 * and a struct's members when it must be whole. Layouts are the kernel's own; nothing is laid out again.
 */
import type { Btf } from "../../btf/btf.ts";
import type { BtfComposite, BtfEnum, BtfType } from "../../btf/types.ts";
import { EnumIndex } from "./enum-index.ts";
import type { LazyDecls, LazyInclude } from "./options.ts";
import * as types from "./types.ts";
import {
  alignOf,
  arrayOf,
  BOOL,
  CHAR,
  CONST,
  type CType,
  type Enumerator,
  type EnumType,
  type Field,
  INT128,
  type IntType,
  pointerTo,
  qualified,
  RESTRICT,
  type RecordType,
  SCHAR,
  type TypedefType,
  UINT128,
  VOID,
  VOLATILE,
} from "./types.ts";

/** Names of integer types as BTF spells them: GCC and clang differ. */
const INTS: Readonly<Record<string, IntType>> = {
  char: CHAR,
  "signed char": SCHAR,
  "unsigned char": types.UCHAR,
  short: types.SHORT,
  "short int": types.SHORT,
  "unsigned short": types.USHORT,
  "short unsigned int": types.USHORT,
  int: types.INT,
  "unsigned int": types.UINT,
  long: types.LONG,
  "long int": types.LONG,
  "unsigned long": types.ULONG,
  "long unsigned int": types.ULONG,
  "long long": types.LLONG,
  "long long int": types.LLONG,
  "unsigned long long": types.ULLONG,
  "long long unsigned int": types.ULLONG,
  _Bool: BOOL,
  __int128: INT128,
  "__int128 unsigned": UINT128,
  "unsigned __int128": UINT128,
};
const BUILT_IN: ReadonlySet<string> = new Set(["__builtin_va_list", "__gnuc_va_list"]);

/** Macros and pragmas that the real file has besides its types. */
const TEXT = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__
#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif
#ifndef __weak
#define __weak __attribute__((weak))
#endif
#ifndef __bpf_fastcall
#define __bpf_fastcall
#endif
#endif
`;

export function vmlinux(btf: Btf): LazyInclude {
  return { decls: new VmlinuxDecls(btf), text: new TextEncoder().encode(TEXT) };
}

class VmlinuxDecls implements LazyDecls {
  private readonly btf: Btf;
  private readonly made = new Map<number, CType>();
  private enumerators: EnumIndex | undefined;

  constructor(btf: Btf) {
    this.btf = btf;
    btf.expectSearches();
  }

  typedef(name: string): CType | undefined {
    const id = this.btf.find(name, "typedef");
    return id === 0 ? undefined : this.type(id);
  }

  tag(name: string): RecordType | EnumType | undefined {
    // A definition goes before a forward declaration of the same name.
    for (const kind of ["struct", "union", "enum", "enum64", "fwd"] as const) {
      const id = this.btf.find(name, kind);
      if (id === 0) continue;
      const type = this.type(id);
      if (type.kind === "record" || type.kind === "enum") return type;
    }
    return undefined;
  }

  enumeratorsLike(start: string): Iterable<string> {
    this.enumerators ??= new EnumIndex(this.btf);
    return this.enumerators.like(start);
  }

  enumerator(name: string): Enumerator | undefined {
    this.enumerators ??= new EnumIndex(this.btf);
    const id = this.enumerators.find(name);
    if (id === 0) return undefined;
    const type = this.type(id);
    if (type.kind !== "enum") return undefined;
    types.complete(type);
    return type.constants?.find((constant) => constant.name === name);
  }

  private type(id: number): CType {
    if (id === 0) return VOID;
    const known = this.made.get(id);
    if (known !== undefined) return known;
    const type = this.make(id, this.btf.type(id));
    this.made.set(id, type);
    return type;
  }

  private make(id: number, type: BtfType): CType {
    switch (type.kind) {
      case "int":
        return INTS[type.name] ?? bySize(type.sizeBytes, type.signed);
      case "float":
        return type.sizeBytes === 4 ? types.FLOAT : types.DOUBLE;
      case "ptr":
        return pointerTo(this.type(type.typeId));
      case "array":
        return arrayOf(this.type(type.typeId), type.nelems);
      case "struct":
      case "union":
        return this.record(id, type);
      case "enum":
      case "enum64":
        return this.enumeration(type);
      case "fwd": {
        // The whole one may be in the BTF too.
        const whole = type.name === "" ? 0 : this.btf.find(type.name, type.union ? "union" : "struct");
        if (whole !== 0) return this.type(whole);
        return record(type.name, type.union);
      }
      case "typedef": {
        if (BUILT_IN.has(type.name)) return types.VOID_PTR;
        const made: TypedefType = {
          kind: "typedef",
          name: type.name,
          type: this.type(type.typeId),
          attrs: undefined,
          loc: 0,
          align: 0,
        };
        return made;
      }
      case "const":
        return qualified(this.type(type.typeId), CONST);
      case "volatile":
        return qualified(this.type(type.typeId), VOLATILE);
      case "restrict":
        return qualified(this.type(type.typeId), RESTRICT);
      case "type_tag":
        // Tags such as user and rcu say what the kernel's own code may do; the program's types need none of them.
        return this.type(type.typeId);
      case "func_proto":
        return {
          kind: "func",
          ret: this.type(type.retTypeId),
          params: type.params.filter((param) => param.typeId !== 0).map((param) => this.type(param.typeId)),
          paramNames: type.params.map((param) => param.name),
          variadic: type.params.length > 0 && type.params[type.params.length - 1]!.typeId === 0,
          unspecified: false,
        };
      default:
        return VOID;
    }
  }

  private record(id: number, type: BtfComposite): RecordType {
    const made = record(type.name, type.kind === "union");
    made.size = type.sizeBytes;
    made.pending = () => this.fill(made, type);
    this.made.set(id, made);
    return made;
  }

  private fill(made: RecordType, type: BtfComposite): void {
    let align = 1;
    let packed = false;
    made.fields = type.members.map((member, index): Field => {
      const field: Field = {
        name: member.name,
        type: this.type(member.typeId),
        bitWidth: member.bitSize > 0 ? member.bitSize : this.narrowInt(member.typeId),
        bitOff: member.bitOff,
        index,
        attrs: undefined,
        loc: 0,
      };
      const own = alignOf(field.type);
      if (member.bitSize === 0 && member.bitOff % (own * 8) !== 0) packed = true;
      else if (member.bitSize === 0 || member.bitOff % (own * 8) === 0) align = Math.max(align, own);
      return field;
    });
    // What the members ask for is not kept where the size says otherwise: the struct is packed.
    if (type.sizeBytes % align !== 0) packed = true;
    made.packed = packed;
    made.align = packed ? 1 : align;
    made.size = type.sizeBytes;
  }

  /** Bits of an integer type that is narrower than its bytes (BTF of old compilers), -1 for a plain member. */
  private narrowInt(typeId: number): number {
    const type = this.btf.type(this.btf.skipMods(typeId));
    return type.kind === "int" && type.bits < type.sizeBytes * 8 && !type.bool ? type.bits : -1;
  }

  private enumeration(type: BtfEnum): EnumType {
    const made: EnumType = {
      kind: "enum",
      name: type.name,
      constants: undefined,
      underlying: bySize(type.sizeBytes === 0 ? 4 : type.sizeBytes, type.signed),
      attrs: undefined,
      loc: 0,
      pending: undefined,
    };
    made.pending = () => {
      made.constants = type.values.map((value) => ({ name: value.name, value: value.value, owner: made, loc: 0 }));
    };
    return made;
  }
}

function record(name: string, union: boolean): RecordType {
  return {
    kind: "record",
    union,
    name,
    fields: undefined,
    size: 0,
    align: 1,
    packed: false,
    preserveAccessIndex: true,
    attrs: undefined,
    loc: 0,
    pending: undefined,
    byName: undefined,
  };
}

function bySize(bytes: number, signed: boolean): IntType {
  switch (bytes) {
    case 1:
      return signed ? SCHAR : types.UCHAR;
    case 2:
      return signed ? types.SHORT : types.USHORT;
    case 4:
      return signed ? types.INT : types.UINT;
    case 16:
      return signed ? INT128 : UINT128;
    default:
      return signed ? types.LONG : types.ULONG;
  }
}
