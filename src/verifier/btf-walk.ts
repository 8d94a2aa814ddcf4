/** What lies at an offset of a struct, as the kernel reads its BTF. Source: kernel/bpf/btf.c, btf_struct_walk. */
import type { BtfType, BtfView } from "../btf/types.ts";
import { MEM_PERCPU, MEM_RCU, MEM_USER, PTR_UNTRUSTED } from "./regs.ts";

export const WALK_SCALAR = 0;
/** A pointer to a struct: `id` names it. */
export const WALK_PTR = 1;
/** A pointer to anything else. */
export const WALK_OTHER_PTR = 2;
/** A struct that begins right there: `id` names it. */
export const WALK_STRUCT = 3;

export interface Walk {
  /** Struct to look in, then what was found. */
  id: number;
  /** PTR_UNTRUSTED within a union; MEM_USER, MEM_PERCPU, MEM_RCU of a pointer. */
  flags: number;
  /** Of a pointer's member. */
  field: string;
  /** Why there is nothing, "" where there is. */
  error: string;
}

interface Resolved {
  readonly size: number;
  /** Innermost element of an array, else the type itself. */
  readonly id: number;
  readonly nelems: number;
  readonly isArray: boolean;
}

function isMod(t: BtfType): boolean {
  return t.kind === "const" || t.kind === "volatile" || t.kind === "restrict" || t.kind === "type_tag";
}

/** null for a type without a size. */
function resolve(btf: BtfView, from: number): Resolved | null {
  let id = from;
  let nelems = 1;
  let isArray = false;
  for (let depth = 0; depth < 64; depth++) {
    const t = btf.type(id);
    if (isMod(t) || t.kind === "typedef") id = (t as { typeId: number }).typeId;
    else if (t.kind === "array") {
      nelems *= t.nelems;
      isArray = true;
      id = t.typeId;
    } else {
      const size = t.kind === "ptr" ? 8 : "sizeBytes" in t ? t.sizeBytes : -1;
      return size < 0 ? null : { size: size * nelems, id, nelems, isArray };
    }
  }
  return null;
}

/** WALK_*, or -EACCES, -EINVAL, -EFAULT with walk.error set. */
export function walkStruct(btf: BtfView, walk: Walk, from: number, size: number): number {
  let off = from;
  let t = btf.type(btf.skipMods(walk.id));
  for (;;) {
    if (t.kind !== "struct" && t.kind !== "union") {
      walk.error = `Type '${t.name}' is not a struct`;
      return -22;
    }
    if (t.kind === "union" && t.members.length !== 1) walk.flags |= PTR_UNTRUSTED;
    if (off + size > t.sizeBytes) {
      // Only a flexible array at the end holds more.
      const last = t.members.at(-1);
      const array = last === undefined ? null : btf.type(btf.skipMods(last.typeId));
      const beyond = `access beyond struct ${t.name} at off ${off >>> 0} size ${size}`;
      const start = last === undefined ? 0 : Math.floor(last.bitOff / 8);
      if (array === null || array.kind !== "array" || array.nelems !== 0 || off < start) {
        walk.error = beyond;
        return -13;
      }
      const elem = btf.type(btf.skipMods(array.typeId));
      if (elem.kind === "int") return WALK_SCALAR;
      if (elem.kind !== "struct" && elem.kind !== "union") {
        walk.error = beyond;
        return -13;
      }
      off = (off - start) % elem.sizeBytes;
      t = elem;
      continue;
    }
    let next: BtfType | null = null;
    for (const member of t.members) {
      let start = member.bitOff >> 3;
      if (off + size <= start) break;
      if (member.bitSize !== 0) {
        if (off <= start && (member.bitOff + member.bitSize + 7) >> 3 <= off + size) return WALK_SCALAR;
        continue;
      }
      if (off < start) break;
      const r = resolve(btf, member.typeId);
      if (r === null) {
        walk.error = `field ${member.name} doesn't have size`;
        return -14;
      }
      const end = start + r.size;
      if (off >= end) continue;
      let elemSize = r.size;
      if (r.isArray) {
        if (start === end) continue;
        elemSize = r.size / r.nelems;
        start += Math.floor((off - start) / elemSize) * elemSize;
      }
      const elem = btf.type(r.id);
      if (elem.kind === "struct" || elem.kind === "union") {
        if (off === start) {
          walk.id = r.id;
          return WALK_STRUCT;
        }
        off -= start;
        next = elem;
        break;
      }
      if (elem.kind === "ptr") {
        if (elemSize !== size || off !== start) {
          walk.error = `cannot access ptr member ${member.name} with moff ${start} in struct ${t.name} with off ${off >>> 0} size ${size}`;
          return -13;
        }
        return pointerAt(btf, walk, elem.typeId, member.name);
      }
      if (off + size > end && !(walk.flags & PTR_UNTRUSTED)) {
        walk.error = `access beyond the end of member ${member.name} (mend:${end}) in struct ${t.name} with off ${off >>> 0} size ${size}`;
        return -13;
      }
      return WALK_SCALAR;
    }
    if (next === null) {
      walk.error = `struct ${t.name} doesn't have field at offset ${off}`;
      return -22;
    }
    t = next;
  }
}

/** MEM_* of a pointer's target by its btf_type_tag. */
export function tagFlags(btf: BtfView, typeId: number): number {
  const tag = btf.type(typeId);
  if (tag.kind !== "type_tag" || tag.attr) return 0;
  return tag.name === "user" ? MEM_USER : tag.name === "percpu" ? MEM_PERCPU : tag.name === "rcu" ? MEM_RCU : 0;
}

function pointerAt(btf: BtfView, walk: Walk, target: number, name: string): number {
  const id = btf.skipMods(target);
  const { kind } = btf.type(id);
  if (kind !== "struct" && kind !== "union") return WALK_OTHER_PTR;
  walk.flags |= tagFlags(btf, target);
  walk.id = id;
  walk.field = name;
  return WALK_PTR;
}
