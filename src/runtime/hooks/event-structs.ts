/**
 * Arguments of raw tracepoints, fentry, fexit and kprobe events as the kernel's BTF types them: JSON objects become structs in
 * event memory, so that programs read through their pointers.
 *
 *     "fields": { "skb": { "len": 60, "dev": { "name": "eth0", "ifindex": 2 } } }
 *
 *     pointer to a struct    an object: the struct, members left out are 0; a list of objects: as many, one after another
 *     struct in a struct     an object          array   a list, or text for characters
 *     number                 a number, or the name of an enumerator           other pointers   as in event-layout.ts
 */
import { BPF_TRACE_RAW_TP } from "../../abi/attach-types.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE,
} from "../../abi/prog-types.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import type { BtfComposite, BtfMember, BtfView } from "../../btf/types.ts";
import type { EventValue } from "../../loader/events.ts";
import type { ProgSpec } from "../../obj/spec.ts";
import { type EventMemory, integer, writeInt } from "./event-layout.ts";
import type { Machine } from "./types.ts";

export interface TypedArg {
  readonly name: string;
  readonly typeId: number;
}

type EventObject = { readonly [name: string]: EventValue };

/** Structs within structs, behind pointers or not. */
const MAX_DEPTH = 16;

/** The arguments of what a program is attached to, its result last as "ret"; null where the BTF does not know it. */
export function typedArgs(btf: BtfView | null, spec: ProgSpec, target: string): readonly TypedArg[] | null {
  if (btf === null || target === "") return null;
  const raw =
    spec.type === BPF_PROG_TYPE_RAW_TRACEPOINT ||
    spec.type === BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE ||
    (spec.type !== BPF_PROG_TYPE_KPROBE && spec.expectedAttachType === BPF_TRACE_RAW_TP);
  if (raw) {
    // typedef void (*btf_trace_NAME)(void *, arguments): what the tracepoint's callbacks get.
    const typedef = btf.type(btf.find(`btf_trace_${target.slice(target.indexOf("/") + 1)}`, "typedef"));
    const pointer = typedef.kind === "typedef" ? btf.type(btf.skipMods(typedef.typeId)) : typedef;
    const proto = pointer.kind === "ptr" ? btf.type(pointer.typeId) : pointer;
    if (proto.kind !== "func_proto") return null;
    const names = argNames(btf, target);
    return proto.params.slice(1).map(({ name, typeId }, i) => ({ name: name || names[i] || `arg${i + 1}`, typeId }));
  }
  const func = btf.type(btf.find(target, "func"));
  const proto = func.kind === "func" ? btf.type(func.typeId) : func;
  if (proto.kind !== "func_proto") return null;
  return [...proto.params, { name: "ret", typeId: proto.retTypeId }];
}

/** The function that the tracepoint's macro makes has names for its arguments where the typedef has none. */
function argNames(btf: BtfView, target: string): readonly string[] {
  const name = target.slice(target.indexOf("/") + 1);
  for (const prefix of ["__traceiter_", "__bpf_trace_", "trace_event_raw_event_"]) {
    const func = btf.type(btf.find(prefix + name, "func"));
    const proto = func.kind === "func" ? btf.type(func.typeId) : func;
    if (proto.kind === "func_proto") return proto.params.slice(1).map((param) => param.name);
  }
  return [];
}

/** The 64 bits of an argument of that type; what it points to goes into event memory. Throws "events/field". */
export function argumentOf(
  m: Machine,
  memory: EventMemory,
  btf: BtfView,
  typeId: number,
  value: EventValue,
  field: string,
  depth = 0,
): bigint {
  const type = btf.type(btf.skipMods(typeId));
  if (type.kind === "ptr" && value !== null && typeof value === "object") {
    const target = btf.skipMods(type.typeId);
    const struct = btf.type(target);
    const isStruct = struct.kind === "struct" || struct.kind === "union";
    const list = Array.isArray(value) ? (value as readonly EventValue[]) : [value];
    if (isStruct && list.length > 0 && list.every(isObject)) {
      if (depth >= MAX_DEPTH) throw wrong(field, `is nested more than ${MAX_DEPTH} deep`);
      const bytes = btf.sizeOf(target);
      const at = memory.put(new Uint8Array(bytes * list.length));
      list.forEach((item, i) => {
        putStruct(at + i * bytes, struct, item as EventObject, field);
      });
      return BigInt(at);
    }
    if (!Array.isArray(value))
      throw wrong(field, "is an object, but its type is no pointer to a struct that the BTF knows");
  }
  if ((type.kind === "enum" || type.kind === "enum64") && typeof value === "string") {
    const named = type.values.find((each) => each.name === value);
    if (named !== undefined) return named.value;
  }
  return memory.pointer(value, field);

  function putStruct(at: number, type: BtfComposite, object: EventObject, path: string): void {
    for (const [name, item] of Object.entries(object)) {
      const found = memberOf(btf, type, name);
      if (found === null) throw wrong(`${path}.${name}`, `is no member of ${type.kind} ${type.name}`);
      if (item !== null) putMember(at + found.offBytes, found.member, item, `${path}.${name}`);
    }
  }

  function putMember(at: number, member: BtfMember, item: EventValue, path: string): void {
    const { view } = m;
    const memberType = btf.type(btf.skipMods(member.typeId));
    if (member.bitSize > 0) {
      const bit = BigInt(member.bitOff % 8);
      const mask = ((1n << BigInt(member.bitSize)) - 1n) << bit;
      const bits = BigInt.asUintN(64, integer(item, path) << bit) & mask;
      for (let i = 0; i * 8 < member.bitSize + Number(bit); i++) {
        const keep = ~Number((mask >> BigInt(8 * i)) & 0xffn);
        view.setUint8(at + i, (view.getUint8(at + i) & keep) | Number((bits >> BigInt(8 * i)) & 0xffn));
      }
      return;
    }
    switch (memberType.kind) {
      case "struct":
      case "union":
        if (!isObject(item)) throw wrong(path, `is a ${memberType.kind}: it wants an object`);
        putStruct(at, memberType, item as EventObject, path);
        return;
      case "array": {
        const elemBytes = btf.sizeOf(memberType.typeId);
        if (typeof item === "string" && elemBytes === 1) {
          m.u8.set(fromUtf8(item).subarray(0, Math.max(0, memberType.nelems - 1)), at);
          return;
        }
        const list = Array.isArray(item) ? (item as readonly EventValue[]) : [item];
        if (list.length > memberType.nelems) throw wrong(path, `has ${memberType.nelems} elements`);
        const elem: BtfMember = { name: "", typeId: memberType.typeId, bitOff: 0, bitSize: 0 };
        list.forEach((each, i) => {
          putMember(at + i * elemBytes, elem, each, `${path}[${i}]`);
        });
        return;
      }
      default:
        writeInt(view, at, btf.sizeOf(member.typeId), argumentOf(m, memory, btf, member.typeId, item, path, depth + 1));
    }
  }
}

/** A member by name, through anonymous structs and unions. */
function memberOf(
  btf: BtfView,
  type: BtfComposite,
  name: string,
): { readonly member: BtfMember; readonly offBytes: number } | null {
  for (const member of type.members) {
    const offBytes = Math.floor(member.bitOff / 8);
    if (member.name === name) return { member, offBytes };
    if (member.name !== "") continue;
    const inner = btf.type(btf.skipMods(member.typeId));
    if (inner.kind !== "struct" && inner.kind !== "union") continue;
    const found = memberOf(btf, inner, name);
    if (found !== null) return { member: found.member, offBytes: offBytes + found.offBytes };
  }
  return null;
}

function isObject(value: EventValue): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wrong(field: string, why: string): SkepError {
  return new SkepError("events/field", `field ${field} ${why}`, { advice: "see docs/events.md" });
}
