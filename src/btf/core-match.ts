/**
 * When does a type of the target stand for a type of the object? Three relations, from loose to strict:
 *
 *     fieldsCompatible   for a member that is read: kinds agree; sizes, signs and array dimensions do not matter
 *     typesCompatible    for type_exists and friends: kinds agree all the way down, names only at the root
 *     typesMatch         for type_matches: names, sizes, signs, members and enumerators agree
 *
 * and `matchSpec`, which finds an access of the object again in a candidate type.
 * Source: tools/lib/bpf/relo_core.c (bpf_core_fields_are_compat, __bpf_core_types_are_compat, __bpf_core_types_match,
 * bpf_core_spec_match). Where libbpf would recurse without end or for too long on damaged BTF, these throw.
 */
import { SkepError } from "../base/error.ts";
import {
  CORE_SPEC_MAX_LEN,
  type CoreAccessor,
  type CoreSpec,
  isAnyEnum,
  isComposite,
  isEnumvalBased,
  isFlexArray,
  isTypeBased,
  kindsCompatible,
} from "./core-spec.ts";
import { essentialName } from "./names.ts";
import type { BtfComposite, BtfEnum, BtfType, BtfView } from "./types.ts";

const MAX_DEPTH = 32;
/** Members looked at while one access is searched; a real struct has some thousands. */
const MAX_STEPS = 1_000_000;

function fieldsCompatible(local: BtfView, localId: number, target: BtfView, targetId: number): boolean {
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const a = local.type(local.skipMods(localId));
    const b = target.type(target.skipMods(targetId));
    if (isComposite(a) && isComposite(b)) return true;
    if (!kindsCompatible(a.kind, b.kind)) return false;
    switch (a.kind) {
      case "ptr":
      case "float":
        return true;
      case "fwd":
      case "enum":
      case "enum64": {
        const nameA = essentialName(a.name);
        const nameB = essentialName(b.name);
        return nameA === "" || nameB === "" || nameA === nameB;
      }
      case "int":
        return a.bitOff === 0 && b.kind === "int" && b.bitOff === 0;
      case "array":
        if (b.kind !== "array") return false;
        localId = a.typeId;
        targetId = b.typeId;
        break;
      default:
        return false;
    }
  }
  throw tooDeep();
}

export function typesCompatible(
  local: BtfView,
  localId: number,
  target: BtfView,
  targetId: number,
  level: number = MAX_DEPTH,
): boolean {
  if (!kindsCompatible(local.type(localId).kind, target.type(targetId).kind)) return false;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const a = local.type(local.skipMods(localId));
    const b = target.type(target.skipMods(targetId));
    if (!kindsCompatible(a.kind, b.kind)) return false;
    switch (a.kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "fwd":
        return true;
      case "int":
        return a.bitOff === 0 && b.kind === "int" && b.bitOff === 0;
      case "ptr":
        if (b.kind !== "ptr") return false;
        localId = a.typeId;
        targetId = b.typeId;
        break;
      case "array":
        if (b.kind !== "array") return false;
        localId = a.typeId;
        targetId = b.typeId;
        break;
      case "func_proto": {
        if (b.kind !== "func_proto" || a.params.length !== b.params.length) return false;
        if (a.params.length > 0 && level <= 0) throw tooDeep();
        for (let i = 0; i < a.params.length; i++) {
          const idA = local.skipMods(a.params[i]!.typeId);
          const idB = target.skipMods(b.params[i]!.typeId);
          if (!typesCompatible(local, idA, target, idB, level - 1)) return false;
        }
        localId = a.retTypeId;
        targetId = b.retTypeId;
        break;
      }
      default:
        return false;
    }
  }
  throw tooDeep();
}

function typesMatch(local: BtfView, localId: number, target: BtfView, targetId: number): boolean {
  return new Matcher(local, target).types(localId, targetId, false, MAX_DEPTH);
}

/** Holds what is known already, so that a graph of shared types is walked once. */
class Matcher {
  private readonly local: BtfView;
  private readonly target: BtfView;
  private readonly known = new Map<string, boolean>();

  constructor(local: BtfView, target: BtfView) {
    this.local = local;
    this.target = target;
  }

  types(localId: number, targetId: number, behindPtr: boolean, level: number): boolean {
    const key = `${localId}:${targetId}:${behindPtr}`;
    let result = this.known.get(key);
    if (result === undefined) {
      result = this.walk(localId, targetId, behindPtr, level);
      this.known.set(key, result);
    }
    return result;
  }

  private walk(localId: number, targetId: number, behindPtr: boolean, level: number): boolean {
    if (level <= 0) throw tooDeep();
    for (let depth = 0; depth < MAX_DEPTH; depth++) {
      const a = this.local.type(this.local.skipMods(localId));
      const b = this.target.type(this.target.skipMods(targetId));
      if (!namesMatch(a.name, b.name)) return false;
      switch (a.kind) {
        case "void":
          return b.kind === "void";
        case "fwd":
          if (b.kind === "fwd") return a.union === b.union;
          return behindPtr && b.kind === (a.union ? "union" : "struct");
        case "enum":
        case "enum64":
          return isAnyEnum(b) && enumsMatch(a, b);
        case "struct":
        case "union":
          if (!behindPtr) return b.kind === a.kind && this.composites(a, b as BtfComposite, level);
          if (a.kind === b.kind) return true;
          return b.kind === "fwd" && b.union === (a.kind === "union");
        case "int":
          return b.kind === "int" && a.sizeBytes === b.sizeBytes && a.signed === b.signed;
        case "ptr":
          if (b.kind !== "ptr") return false;
          behindPtr = true;
          localId = a.typeId;
          targetId = b.typeId;
          break;
        case "array":
          if (b.kind !== "array" || a.nelems !== b.nelems) return false;
          localId = a.typeId;
          targetId = b.typeId;
          break;
        case "func_proto": {
          if (b.kind !== "func_proto" || a.params.length !== b.params.length) return false;
          for (let i = 0; i < a.params.length; i++) {
            if (!this.types(a.params[i]!.typeId, b.params[i]!.typeId, behindPtr, level - 1)) return false;
          }
          localId = a.retTypeId;
          targetId = b.retTypeId;
          break;
        }
        default:
          return false;
      }
    }
    throw tooDeep();
  }

  private composites(a: BtfComposite, b: BtfComposite, level: number): boolean {
    if (a.members.length > b.members.length) return false;
    const byName = new Map<string, number[]>();
    for (const member of b.members) {
      const name = essentialName(member.name);
      const ids = byName.get(name);
      if (ids === undefined) byName.set(name, [member.typeId]);
      else ids.push(member.typeId);
    }
    return a.members.every((member) =>
      (byName.get(essentialName(member.name)) ?? []).some((id) => this.types(member.typeId, id, false, level - 1)),
    );
  }
}

function namesMatch(local: string, target: string): boolean {
  return essentialName(local) === essentialName(target);
}

function enumsMatch(a: BtfEnum, b: BtfEnum): boolean {
  if (a.sizeBytes !== b.sizeBytes || a.values.length > b.values.length) return false;
  const names = new Set(b.values.map((value) => essentialName(value.name)));
  return a.values.every((value) => names.has(essentialName(value.name)));
}

/** The same access in a candidate type, or null where the candidate has no such thing. */
export function matchSpec(local: CoreSpec, target: BtfView, targetId: number): CoreSpec | null {
  const spec: CoreSpec = {
    btf: target,
    kind: local.kind,
    rootTypeId: targetId,
    accessors: [],
    raw: [],
    bitOff: 0,
  };
  if (isTypeBased(local.kind)) {
    const relation = local.kind === "type_matches" ? typesMatch : typesCompatible;
    return relation(local.btf, local.rootTypeId, target, targetId) ? spec : null;
  }
  if (isEnumvalBased(local.kind)) return matchEnumerator(local, spec);

  const search: MemberSearch = { local: local.btf, spec, nextId: targetId, steps: 0 };
  for (let i = 0; i < local.accessors.length; i++) {
    const at = local.accessors[i]!;
    const id = target.skipMods(search.nextId);
    if (at.name !== "") {
      if (matchMember(search, at, id) !== "found") return null;
      continue;
    }
    let elementId = id;
    // The first accessor indexes an imagined array of the root type; later ones a real array.
    if (i > 0) {
      const type = target.type(id);
      if (type.kind !== "array") return null;
      const before = spec.accessors[spec.accessors.length - 1]!;
      if (at.idx >= type.nelems && !isFlexArray(target, before, type)) return null;
      elementId = target.skipMods(type.typeId);
    }
    if (spec.raw.length === CORE_SPEC_MAX_LEN) throw tooDeep();
    spec.accessors.push({ typeId: elementId, idx: at.idx, name: "" });
    spec.raw.push(at.idx);
    spec.bitOff += at.idx * target.sizeOf(elementId) * 8;
    search.nextId = elementId;
  }
  return spec;
}

function matchEnumerator(local: CoreSpec, spec: CoreSpec): CoreSpec | null {
  const id = spec.btf.skipMods(spec.rootTypeId);
  const type = spec.btf.type(id);
  if (!isAnyEnum(type)) return null;
  const name = essentialName(local.accessors[0]!.name);
  const idx = type.values.findIndex((value) => essentialName(value.name) === name);
  if (idx < 0) return null;
  spec.accessors.push({ typeId: id, idx, name: type.values[idx]!.name });
  spec.raw.push(idx);
  return spec;
}

interface MemberSearch {
  readonly local: BtfView;
  readonly spec: CoreSpec;
  /** Type of the member found. */
  nextId: number;
  steps: number;
}

/** "incompatible": the name is there with another type, which ends the search. */
function matchMember(search: MemberSearch, at: CoreAccessor, id: number): "found" | "absent" | "incompatible" {
  const spec = search.spec;
  const type: BtfType = spec.btf.type(spec.btf.skipMods(id));
  if (!isComposite(type)) return "absent";
  const localType = search.local.type(at.typeId) as BtfComposite;
  const localMember = localType.members[at.idx]!;
  for (let i = 0; i < type.members.length; i++) {
    if (spec.raw.length === CORE_SPEC_MAX_LEN || ++search.steps > MAX_STEPS) throw tooDeep();
    const member = type.members[i]!;
    if (member.name !== "" && member.name !== at.name) continue;
    spec.bitOff += member.bitOff;
    spec.raw.push(i);
    if (member.name === "") {
      const found = matchMember(search, at, member.typeId);
      if (found !== "absent") return found;
    } else {
      search.nextId = member.typeId;
      if (!fieldsCompatible(search.local, localMember.typeId, spec.btf, member.typeId)) return "incompatible";
      spec.accessors.push({ typeId: spec.btf.skipMods(id), idx: i, name: member.name });
      return "found";
    }
    spec.bitOff -= member.bitOff;
    spec.raw.pop();
  }
  return "absent";
}

function tooDeep(): SkepError {
  return new SkepError("core/depth", "types are nested too deeply to compare", {
    advice: "the BTF of the object or of the target is damaged",
  });
}
