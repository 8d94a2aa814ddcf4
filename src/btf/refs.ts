/** The references of a type to others: to walk them, and to renumber them. */
import type { Btf } from "./btf.ts";
import type { BtfType } from "./types.ts";

/** Calls `visit` with each id that the type refers to, in the order of its record. */
export function eachRef(type: BtfType, visit: (id: number) => void): void {
  switch (type.kind) {
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "var":
    case "decl_tag":
      visit(type.typeId);
      break;
    case "array":
      visit(type.typeId);
      visit(type.indexTypeId);
      break;
    case "struct":
    case "union":
      for (const member of type.members) visit(member.typeId);
      break;
    case "func_proto":
      visit(type.retTypeId);
      for (const param of type.params) visit(param.typeId);
      break;
    case "datasec":
      for (const entry of type.vars) visit(entry.typeId);
      break;
    default:
      break;
  }
}

/** The type with every id renumbered. */
export function mapRefs(type: BtfType, renumber: (id: number) => number): BtfType {
  switch (type.kind) {
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
    case "func":
    case "var":
    case "decl_tag":
      return { ...type, typeId: renumber(type.typeId) };
    case "array":
      return { ...type, typeId: renumber(type.typeId), indexTypeId: renumber(type.indexTypeId) };
    case "struct":
    case "union":
      return { ...type, members: type.members.map((member) => ({ ...member, typeId: renumber(member.typeId) })) };
    case "func_proto":
      return {
        ...type,
        retTypeId: renumber(type.retTypeId),
        params: type.params.map((param) => ({ ...param, typeId: renumber(param.typeId) })),
      };
    case "datasec":
      return { ...type, vars: type.vars.map((entry) => ({ ...entry, typeId: renumber(entry.typeId) })) };
    default:
      return type;
  }
}

/** Types of several BTFs one after the other, as one list of types from id 1 on; `offsets[i]` is added to ids of the i-th. */
export function concatTypes(list: readonly Btf[]): { types: BtfType[]; offsets: number[] } {
  const types: BtfType[] = [];
  const offsets: number[] = [];
  for (const btf of list) {
    const offset = types.length;
    offsets.push(offset);
    for (let id = 1; id < btf.length; id++) {
      types.push(mapRefs(btf.type(id), (ref) => (ref === 0 ? 0 : ref + offset)));
    }
  }
  return { types, offsets };
}
