/**
 * Special fields within a map's value or a program's own struct: locks, timers, kernel pointers, list and tree roots and
 * nodes. Loads and stores may not touch them. Source: kernel/bpf/btf.c, btf_parse_fields and what it calls.
 */
import { hasSince } from "../abi/since.ts";
import type { BtfComposite, BtfDatasec, BtfType, BtfView } from "../btf/types.ts";
import type { MapSpec } from "../obj/spec.ts";
import { BTF_KERNEL, BTF_PROG } from "./regs.ts";

// enum btf_field_type, as bits.
export const BPF_SPIN_LOCK = 1;
export const BPF_TIMER = 2;
export const BPF_KPTR_UNREF = 4;
export const BPF_KPTR_REF = 8;
export const BPF_KPTR_PERCPU = 16;
export const BPF_KPTR: number = 4 | 8 | 16;
export const BPF_LIST_HEAD = 32;
export const BPF_LIST_NODE = 64;
export const BPF_RB_ROOT = 128;
export const BPF_RB_NODE = 256;
export const BPF_GRAPH_NODE: number = 64 | 256;
export const BPF_GRAPH_ROOT: number = 32 | 128;
export const BPF_REFCOUNT = 512;
export const BPF_WORKQUEUE = 1024;
export const BPF_UPTR = 2048;
export const BPF_RES_SPIN_LOCK = 4096;
export const BPF_TASK_WORK = 8192;

export interface Field {
  /** One BPF_* bit. */
  readonly type: number;
  readonly offBytes: number;
  readonly sizeBytes: number;
  /** What a kptr points to, or what a list or tree holds: BTF_KERNEL or BTF_PROG, and the struct's id there. */
  readonly btf: number;
  readonly btfId: number;
  /** List and tree roots: where the node lies in what they hold. */
  readonly nodeOffBytes: number;
}

export interface FieldRecord {
  /** Ascending by offset. */
  readonly fields: readonly Field[];
  /** All types in it. */
  readonly mask: number;
}

interface NamedField {
  readonly type: number;
  readonly size: number;
  readonly align: number;
  readonly unique: boolean;
}

const BY_NAME: ReadonlyMap<string, NamedField> = new Map([
  ["bpf_spin_lock", { type: BPF_SPIN_LOCK, size: 4, align: 4, unique: true }],
  ["bpf_res_spin_lock", { type: BPF_RES_SPIN_LOCK, size: 4, align: 4, unique: true }],
  ["bpf_timer", { type: BPF_TIMER, size: 16, align: 8, unique: true }],
  ["bpf_wq", { type: BPF_WORKQUEUE, size: 16, align: 8, unique: true }],
  ["bpf_task_work", { type: BPF_TASK_WORK, size: 8, align: 8, unique: true }],
  ["bpf_list_head", { type: BPF_LIST_HEAD, size: 16, align: 8, unique: false }],
  ["bpf_list_node", { type: BPF_LIST_NODE, size: 24, align: 8, unique: false }],
  ["bpf_rb_root", { type: BPF_RB_ROOT, size: 16, align: 8, unique: false }],
  ["bpf_rb_node", { type: BPF_RB_NODE, size: 32, align: 8, unique: false }],
  ["bpf_refcount", { type: BPF_REFCOUNT, size: 4, align: 4, unique: false }],
]);

const FIELD_NAMES: ReadonlyMap<number, string> = new Map([
  ...[...BY_NAME].map(([name, field]) => [field.type, name] as const),
  [BPF_KPTR_UNREF, "kptr"],
  [BPF_KPTR_REF, "kptr"],
  [BPF_KPTR_PERCPU, "percpu_kptr"],
  [BPF_UPTR, "uptr"],
]);

const KPTR_TAGS: ReadonlyMap<string, number> = new Map([
  ["kptr_untrusted", BPF_KPTR_UNREF],
  ["kptr", BPF_KPTR_REF],
  ["percpu_kptr", BPF_KPTR_PERCPU],
  ["uptr", BPF_UPTR],
]);

/** What a map's value may hold. */
const MAP_MASK =
  BPF_SPIN_LOCK |
  BPF_RES_SPIN_LOCK |
  BPF_TIMER |
  BPF_KPTR |
  BPF_LIST_HEAD |
  BPF_RB_ROOT |
  BPF_REFCOUNT |
  BPF_WORKQUEUE |
  BPF_UPTR |
  BPF_TASK_WORK;

/** What a struct of the program's own heap may hold. */
const STRUCT_MASK =
  BPF_SPIN_LOCK |
  BPF_RES_SPIN_LOCK |
  BPF_LIST_HEAD |
  BPF_LIST_NODE |
  BPF_RB_ROOT |
  BPF_RB_NODE |
  BPF_REFCOUNT |
  BPF_KPTR;

/** To kernels before, such a field is plain data. */
const FIELD_SINCE: ReadonlyMap<number, string> = new Map([
  [BPF_SPIN_LOCK, "5.1"],
  [BPF_TIMER, "5.15"],
  [BPF_KPTR_UNREF, "5.19"],
  [BPF_KPTR_REF, "5.19"],
  [BPF_LIST_HEAD, "6.2"],
  [BPF_RB_ROOT, "6.3"],
  [BPF_REFCOUNT, "6.4"],
  [BPF_KPTR_PERCPU, "6.8"],
  [BPF_WORKQUEUE, "6.10"],
  [BPF_UPTR, "6.13"],
  [BPF_RES_SPIN_LOCK, "6.15"],
  [BPF_TASK_WORK, "6.18"],
]);

/** The BPF_* of fields in map values that a kernel knows. */
export function fieldsOf(kernel: string): number {
  let mask = MAP_MASK;
  for (const [type, since] of FIELD_SINCE) if (!hasSince(kernel, since)) mask &= ~type;
  return mask;
}

const MAX_FIELDS = 11;
const MAX_DEPTH = 32;

export function fieldName(type: number): string {
  return FIELD_NAMES.get(type) ?? "unknown";
}

/** A BTF that the kernel would refuse as a map's value. */
class BadFields extends Error {}

/** null where the value holds nothing special, or where the kernel would take the map only without BTF. */
export function mapRecord(spec: MapSpec, kernelBtf: BtfView | null, mask: number): FieldRecord | null {
  if (spec.btf === null || spec.valueTypeId === 0) return null;
  return tryParse(spec.btf, spec.valueTypeId, mask, spec.valueSize, kernelBtf);
}

/** Record of a struct of the program's BTF. */
export function structRecord(btf: BtfView, typeId: number, kernelBtf: BtfView | null): FieldRecord | null {
  const t = btf.type(typeId);
  if (t.kind !== "struct") return null;
  return tryParse(btf, typeId, STRUCT_MASK, t.sizeBytes, kernelBtf);
}

export function hasField(record: FieldRecord | null, mask: number): boolean {
  return record !== null && (record.mask & mask) !== 0;
}

/** The field of one of these types that begins at exactly that offset. */
export function findField(record: FieldRecord | null, offBytes: number, mask: number): Field | null {
  if (record === null || (record.mask & mask) === 0) return null;
  for (const field of record.fields) if (field.offBytes === offBytes) return (field.type & mask) !== 0 ? field : null;
  return null;
}

/** Offset of the only field of that type, -1 without. */
export function fieldOffset(record: FieldRecord | null, type: number): number {
  if (record !== null) for (const field of record.fields) if (field.type === type) return field.offBytes;
  return -1;
}

function tryParse(
  btf: BtfView,
  typeId: number,
  mask: number,
  size: number,
  kernelBtf: BtfView | null,
): FieldRecord | null {
  try {
    return parse(btf, typeId, mask, size, kernelBtf);
  } catch (error) {
    if (error instanceof BadFields) return null;
    throw error;
  }
}

function parse(
  btf: BtfView,
  typeId: number,
  mask: number,
  size: number,
  kernelBtf: BtfView | null,
): FieldRecord | null {
  const t = btf.type(btf.skipMods(typeId));
  let fields: Field[];
  if (t.kind === "struct" || t.kind === "union") fields = structFields(btf, t, mask, 0, kernelBtf);
  else if (t.kind === "datasec") fields = datasecFields(btf, t, mask, kernelBtf);
  else return null;
  if (fields.length === 0) return null;
  let next = 0;
  let all = 0;
  for (const field of fields) {
    if (field.offBytes < next || field.offBytes + field.sizeBytes > size) throw new BadFields();
    next = field.offBytes + field.sizeBytes;
    all |= field.type;
  }
  if ((all & BPF_SPIN_LOCK) !== 0 && (all & BPF_RES_SPIN_LOCK) !== 0) throw new BadFields();
  if ((all & BPF_GRAPH_ROOT) !== 0 && (all & (BPF_SPIN_LOCK | BPF_RES_SPIN_LOCK)) === 0) throw new BadFields();
  if ((all & BPF_GRAPH_NODE) === BPF_GRAPH_NODE && (all & BPF_REFCOUNT) === 0) throw new BadFields();
  return { fields, mask: all };
}

function structFields(btf: BtfView, t: BtfComposite, mask: number, depth: number, kernelBtf: BtfView | null): Field[] {
  const out: Field[] = [];
  const seen = { mask: 0 };
  t.members.forEach((member, i) => {
    if (member.bitOff % 8 !== 0) {
      if (member.bitSize === 0) throw new BadFields();
      return;
    }
    out.push(...oneField(btf, t, member.typeId, i, member.bitOff / 8, 0, mask, seen, depth, kernelBtf));
  });
  return out;
}

function datasecFields(btf: BtfView, t: BtfDatasec, mask: number, kernelBtf: BtfView | null): Field[] {
  const out: Field[] = [];
  const seen = { mask: 0 };
  for (const item of t.vars) {
    const v = btf.type(item.typeId);
    if (v.kind !== "var") continue;
    out.push(...oneField(btf, v, v.typeId, -1, item.offBytes, item.sizeBytes, mask, seen, 0, kernelBtf));
  }
  return out;
}

/** Fields at one member or variable of type `typeId`, arrays walked, structs entered. */
function oneField(
  btf: BtfView,
  container: BtfType,
  typeId: number,
  index: number,
  offBytes: number,
  expectedSize: number,
  mask: number,
  seen: { mask: number },
  depth: number,
  kernelBtf: BtfView | null,
): Field[] {
  let t = btf.type(typeId);
  let nelems = 1;
  for (let i = 0; t.kind === "array"; i++) {
    if (i >= MAX_DEPTH) throw new BadFields();
    nelems *= t.nelems;
    t = btf.type(t.typeId);
  }
  if (nelems === 0) return [];
  const named = t.name === "" ? undefined : BY_NAME.get(t.name);
  if (named !== undefined && (mask & named.type) !== 0) {
    if (named.unique) {
      if ((seen.mask & named.type) !== 0) throw new BadFields();
      seen.mask |= named.type;
    }
    if (expectedSize !== 0 && expectedSize !== named.size * nelems) return [];
    if (offBytes % named.align !== 0) return [];
    if (t.kind !== "struct" || t.sizeBytes !== named.size) return [];
    const graph = (named.type & BPF_GRAPH_ROOT) !== 0 ? graphRoot(btf, container, index, named.type) : null;
    if ((named.type & BPF_GRAPH_ROOT) !== 0 && graph === null) return [];
    const field: Field = {
      type: named.type,
      offBytes,
      sizeBytes: named.size,
      btf: BTF_PROG,
      btfId: graph?.typeId ?? 0,
      nodeOffBytes: graph?.nodeOffBytes ?? 0,
    };
    return repeat([field], nelems, named.size);
  }
  if (t.kind === "struct" || t.kind === "union") {
    if (expectedSize !== 0 && expectedSize !== t.sizeBytes * nelems) return [];
    if (depth + 1 >= MAX_DEPTH) throw new BadFields();
    const inner = structFields(btf, t, mask, depth + 1, kernelBtf);
    return repeat(
      inner.map((field) => ({ ...field, offBytes: field.offBytes + offBytes })),
      nelems,
      t.sizeBytes,
    );
  }
  if ((mask & (BPF_KPTR | BPF_UPTR)) === 0) return [];
  if (expectedSize !== 0 && expectedSize !== 8 * nelems) return [];
  if (offBytes % 8 !== 0) return [];
  const field = kptrField(btf, t, offBytes, mask, kernelBtf);
  return field === null ? [] : repeat([field], nelems, 8);
}

function repeat(fields: Field[], nelems: number, elemSize: number): Field[] {
  if (nelems === 1 || fields.length === 0) return fields;
  for (const field of fields) {
    if ((field.type & (BPF_KPTR | BPF_UPTR | BPF_GRAPH_ROOT)) === 0) throw new BadFields();
  }
  if (fields.length * nelems > MAX_FIELDS) throw new BadFields();
  const out: Field[] = [];
  for (let i = 0; i < nelems; i++) {
    for (const field of fields) out.push({ ...field, offBytes: field.offBytes + i * elemSize });
  }
  return out;
}

function kptrField(
  btf: BtfView,
  from: BtfType,
  offBytes: number,
  mask: number,
  kernelBtf: BtfView | null,
): Field | null {
  let t = from;
  if (t.kind === "volatile") t = btf.type(t.typeId);
  if (t.kind !== "ptr") return null;
  t = btf.type(t.typeId);
  if (t.kind !== "type_tag") return null;
  if (btf.type(t.typeId).kind === "type_tag") throw new BadFields();
  const type = KPTR_TAGS.get(t.name);
  if (type === undefined) throw new BadFields();
  if ((type & mask) === 0) return null;
  const id = btf.skipMods(t.typeId);
  const target = btf.type(id);
  if (target.kind !== "struct" && target.kind !== "union") throw new BadFields();
  const kernelId = type === BPF_UPTR ? 0 : (kernelBtf?.find(target.name, target.kind) ?? 0);
  return {
    type,
    offBytes,
    sizeBytes: 8,
    btf: kernelId !== 0 ? BTF_KERNEL : BTF_PROG,
    btfId: kernelId !== 0 ? kernelId : id,
    nodeOffBytes: 0,
  };
}

/** What a root holds: the decl_tag "contains:struct_name:node_member" on its member or variable says so. */
function graphRoot(
  btf: BtfView,
  container: BtfType,
  index: number,
  type: number,
): { typeId: number; nodeOffBytes: number } | null {
  let tag = "";
  for (let id = 1; id < btf.length; id++) {
    const t = btf.type(id);
    if (t.kind !== "decl_tag" || t.componentIdx !== index || !t.name.startsWith("contains:")) continue;
    if (btf.type(t.typeId) !== container) continue;
    if (tag !== "") throw new BadFields();
    tag = t.name.slice("contains:".length);
  }
  if (tag === "") throw new BadFields();
  const colon = tag.indexOf(":");
  if (colon < 0) throw new BadFields();
  const typeId = btf.find(tag.slice(0, colon), "struct");
  const t = typeId === 0 ? null : btf.type(typeId);
  const node = tag.slice(colon + 1);
  if (t === null || t.kind !== "struct" || node === "") throw new BadFields();
  const members = t.members.filter((member) => member.name === node);
  if (members.length !== 1) throw new BadFields();
  const n = btf.type(members[0]!.typeId);
  if (n.kind !== "struct" || n.name !== (type === BPF_LIST_HEAD ? "bpf_list_node" : "bpf_rb_node"))
    throw new BadFields();
  return { typeId, nodeOffBytes: members[0]!.bitOff / 8 };
}
