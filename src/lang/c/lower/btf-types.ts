/**
 * BTF of the C types that an object shows: types of its functions, variables and maps, and what CO-RE relocations name.
 * As clang does it, a struct that is only reached through a pointer within another struct stays a forward declaration;
 * whether a struct is needed whole is known at the end, so each has its id early and its content in `finish`.
 * Source: llvm/lib/Target/BPF/BTFDebug.cpp.
 */
import type { BtfEnumerator, BtfMember, BtfType } from "../../../btf/types.ts";
import {
  CONST,
  type CType,
  complete,
  type EnumType,
  type Field,
  type FuncType,
  RESTRICT,
  type RecordType,
  VOLATILE,
} from "../types.ts";

/** Members that BTF and CO-RE access strings count: unnamed bit-fields are none. */
export function shownFields(record: RecordType): readonly Field[] {
  return record.fields!.filter((field) => field.name !== "" || field.bitWidth < 0);
}

/** Index of a member among those. */
export function shownIndex(record: RecordType, field: Field): number {
  let index = 0;
  for (const other of record.fields!) {
    if (other === field) return index;
    if (other.name !== "" || other.bitWidth < 0) index++;
  }
  return index;
}

export class BtfTypes {
  private readonly types: BtfType[] = [];
  private readonly ids = new Map<string, number>();
  private readonly records = new Map<RecordType | EnumType, number>();
  private readonly whole = new Set<RecordType>();

  /**
   * Id of a type, 0 for void. `strong`: structs on the way through pointers are wanted whole; within a struct they are
   * not.
   */
  id(type: CType, strong = true): number {
    switch (type.kind) {
      case "void":
        return 0;
      case "int":
        return this.named(`i ${type.name}`, {
          kind: "int",
          name: type.name,
          sizeBytes: type.size,
          bits: type.rank === 0 ? 8 : type.size * 8,
          bitOff: 0,
          signed: type.signed,
          char: false,
          bool: type.rank === 0,
        });
      case "float":
        return this.named(`f ${type.name}`, { kind: "float", name: type.name, sizeBytes: type.size });
      case "ptr":
        return this.ref("ptr", "", this.id(type.to, strong));
      case "array": {
        const of = this.id(type.of, strong);
        const index = this.named("i __ARRAY_SIZE_TYPE__", {
          kind: "int",
          name: "__ARRAY_SIZE_TYPE__",
          sizeBytes: 4,
          bits: 32,
          bitOff: 0,
          signed: false,
          char: false,
          bool: false,
        });
        const nelems = Math.max(0, type.count);
        return this.named(`a ${of} ${nelems}`, { kind: "array", name: "", typeId: of, indexTypeId: index, nelems });
      }
      case "func":
        return this.proto(type, type.paramNames, strong, false);
      case "record":
        return this.record(type, strong);
      case "enum":
        return this.enumeration(type);
      case "typedef": {
        const to = this.id(type.type, strong);
        const id = this.ref("typedef", type.name, to);
        this.tags(id, -1, type.attrs?.declTags);
        return id;
      }
      case "qual": {
        let id = this.id(type.type, strong);
        if (type.addressSpace !== 0) id = this.ref("type_tag", `address_space(${type.addressSpace})`, id);
        if (type.quals & RESTRICT) id = this.ref("restrict", "", id);
        if (type.quals & VOLATILE) id = this.ref("volatile", "", id);
        if (type.quals & CONST) id = this.ref("const", "", id);
        return id;
      }
      case "tag":
        return this.ref("type_tag", type.name, this.id(type.type, strong));
    }
  }

  /** A prototype; each is a type of its own only where it differs. `names`: those of a definition. */
  proto(type: FuncType, names: readonly string[], strong = true, named = true): number {
    const params = type.params.map((param, i) => ({
      name: named ? (names[i] ?? "") : "",
      typeId: this.id(param, strong),
    }));
    if (type.variadic) params.push({ name: "", typeId: 0 });
    const retTypeId = this.id(type.ret, strong);
    const key = `p ${retTypeId} ${params.map((param) => `${param.name}:${param.typeId}`).join(" ")}`;
    return this.named(key, { kind: "func_proto", name: "", retTypeId, params });
  }

  func(name: string, protoId: number, linkage: "static" | "global" | "extern"): number {
    return this.named(`fn ${name}`, { kind: "func", name, typeId: protoId, linkage });
  }

  variable(name: string, typeId: number, linkage: "static" | "global" | "extern"): number {
    return this.named(`v ${name}`, { kind: "var", name, typeId, linkage });
  }

  tags(typeId: number, componentIdx: number, names: readonly string[] | undefined): void {
    for (const name of names ?? []) {
      this.named(`d ${typeId} ${componentIdx} ${name}`, { kind: "decl_tag", name, typeId, componentIdx });
    }
  }

  /** The types, from id 1 on. */
  finish(): BtfType[] {
    for (const [type, id] of this.records) {
      if (type.kind === "enum") {
        if (!complete(type)) this.types[id - 1] = emptyEnum(type);
      } else if (!this.whole.has(type)) {
        this.types[id - 1] = { kind: "fwd", name: type.name, union: type.union };
      }
    }
    return this.types;
  }

  private record(type: RecordType, strong: boolean): number {
    let id = this.records.get(type);
    if (id === undefined) {
      id = this.push({ kind: "fwd", name: type.name, union: type.union });
      this.records.set(type, id);
    }
    if ((strong || type.name === "") && !this.whole.has(type) && complete(type)) {
      this.whole.add(type);
      const members = shownFields(type).map(
        (field): BtfMember => ({
          name: field.name,
          typeId: this.id(field.type, isEmbedded(field.type)),
          bitOff: field.bitOff,
          bitSize: Math.max(0, field.bitWidth),
        }),
      );
      this.types[id - 1] = {
        kind: type.union ? "union" : "struct",
        name: type.name,
        sizeBytes: type.size,
        members,
      };
      this.tags(id, -1, type.attrs?.declTags);
      for (const [i, field] of shownFields(type).entries()) this.tags(id, i, field.attrs?.declTags);
    }
    return id;
  }

  private enumeration(type: EnumType): number {
    const known = this.records.get(type);
    if (known !== undefined) return known;
    const id = this.push(emptyEnum(type));
    this.records.set(type, id);
    if (complete(type)) {
      const values = type.constants!.map((constant): BtfEnumerator => ({ name: constant.name, value: constant.value }));
      this.types[id - 1] = {
        kind: type.underlying.size === 8 ? "enum64" : "enum",
        name: type.name,
        sizeBytes: type.underlying.size,
        signed: type.underlying.signed,
        values,
      };
    }
    return id;
  }

  private ref(kind: "ptr" | "typedef" | "volatile" | "const" | "restrict" | "type_tag", name: string, typeId: number) {
    return this.named(`${kind} ${name} ${typeId}`, { kind, name, typeId });
  }

  private named(key: string, type: BtfType): number {
    const known = this.ids.get(key);
    if (known !== undefined) return known;
    const id = this.push(type);
    this.ids.set(key, id);
    return id;
  }

  private push(type: BtfType): number {
    this.types.push(type);
    return this.types.length;
  }
}

/** No pointer on the way: the member's type is part of the struct and must be whole. */
function isEmbedded(type: CType): boolean {
  let t = type;
  for (;;) {
    switch (t.kind) {
      case "typedef":
      case "qual":
      case "tag":
        t = t.type;
        break;
      case "array":
        t = t.of;
        break;
      case "ptr":
      case "func":
        return false;
      default:
        return true;
    }
  }
}

function emptyEnum(type: EnumType): BtfType {
  return { kind: "fwd", name: type.name, union: false };
}
