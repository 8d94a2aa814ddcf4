/**
 * The special fields of a map's value: what only helpers may touch, so that plain copies leave them alone.
 * Source: kernel/bpf/btf.c btf_parse_fields, include/linux/bpf.h bpf_obj_memcpy.
 */
import type { BtfView } from "../../btf/types.ts";
import { copyBytes, type LinearMemory } from "../memory.ts";

export type FieldKind =
  | "spin_lock"
  | "res_spin_lock"
  | "timer"
  | "wq"
  | "task_work"
  | "kptr"
  | "list_head"
  | "list_node"
  | "rb_root"
  | "rb_node"
  | "refcount"
  | "uptr";

interface SpecialField {
  readonly kind: FieldKind;
  readonly offBytes: number;
  readonly sizeBytes: number;
}

/** Ascending by offset; empty for plain values. */
export type ValueRecord = readonly SpecialField[];

const FIELD_STRUCTS: Readonly<Record<string, FieldKind>> = {
  bpf_spin_lock: "spin_lock",
  bpf_res_spin_lock: "res_spin_lock",
  bpf_timer: "timer",
  bpf_wq: "wq",
  bpf_task_work: "task_work",
  bpf_list_head: "list_head",
  bpf_list_node: "list_node",
  bpf_rb_root: "rb_root",
  bpf_rb_node: "rb_node",
  bpf_refcount: "refcount",
};

const POINTER_TAGS: Readonly<Record<string, FieldKind>> = {
  kptr_untrusted: "kptr",
  kptr: "kptr",
  percpu_kptr: "kptr",
  uptr: "uptr",
};

/** Deeper nesting and larger arrays than these hold no special fields in the kernel either (BTF_FIELDS_MAX 11). */
const MAX_DEPTH = 8;
const MAX_NELEMS = 64;

export function valueRecord(btf: BtfView | null, typeId: number): ValueRecord {
  if (btf === null || typeId === 0) return [];
  const fields: SpecialField[] = [];
  collect(btf, typeId, 0, 0, fields);
  return fields.sort((a, b) => a.offBytes - b.offBytes);
}

export function hasField(record: ValueRecord, kind: FieldKind): boolean {
  return record.some((field) => field.kind === kind);
}

/** Copies a value but for its special fields. */
export function copyValue(memory: LinearMemory, record: ValueRecord, to: number, from: number, bytes: number): void {
  if (record.length === 0) {
    copyBytes(memory, to, from, bytes);
    return;
  }
  let at = 0;
  for (const field of record) {
    if (field.offBytes > at) memory.u8.copyWithin(to + at, from + at, from + field.offBytes);
    at = field.offBytes + field.sizeBytes;
  }
  if (bytes > at) memory.u8.copyWithin(to + at, from + at, from + bytes);
}

/** Zeroes a value but for its special fields. */
export function zeroValue(memory: LinearMemory, record: ValueRecord, at: number, bytes: number): void {
  let done = 0;
  for (const field of record) {
    memory.u8.fill(0, at + done, at + field.offBytes);
    done = field.offBytes + field.sizeBytes;
  }
  memory.u8.fill(0, at + done, at + bytes);
}

function collect(btf: BtfView, typeId: number, offBytes: number, depth: number, into: SpecialField[]): void {
  if (depth > MAX_DEPTH) return;
  const id = btf.skipMods(typeId);
  const type = btf.type(id);
  if (type.kind === "struct" || type.kind === "union") {
    const kind = type.kind === "struct" ? FIELD_STRUCTS[type.name] : undefined;
    if (kind !== undefined) {
      into.push({ kind, offBytes, sizeBytes: type.sizeBytes });
      return;
    }
    for (const member of type.members) {
      if (member.bitSize === 0) collect(btf, member.typeId, offBytes + member.bitOff / 8, depth + 1, into);
    }
  } else if (type.kind === "datasec") {
    for (const section of type.vars) {
      const variable = btf.type(section.typeId);
      if (variable.kind === "var") collect(btf, variable.typeId, offBytes + section.offBytes, depth + 1, into);
    }
  } else if (type.kind === "array") {
    if (type.nelems > MAX_NELEMS) return;
    const sizeBytes = btf.sizeOf(type.typeId);
    for (let i = 0; i < type.nelems; i++) collect(btf, type.typeId, offBytes + i * sizeBytes, depth + 1, into);
  } else if (type.kind === "ptr") {
    const target = btf.type(type.typeId);
    const kind = target.kind === "type_tag" ? POINTER_TAGS[target.name] : undefined;
    if (kind !== undefined) into.push({ kind, offBytes, sizeBytes: 8 });
  }
}
