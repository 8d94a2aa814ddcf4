/**
 * Puts a recorded event into memory: the record that is a program's ctx, and event memory for what its pointers lead to.
 *
 *     CTX_BASE          ctx: fixed fields, then the bytes of __data_loc fields
 *     EVENT_MEM_BASE    strings and arrays behind pointers, 8-byte aligned, up to the end of the ctx area
 */
import { fromUtf8 } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import { CTX_BASE, CTX_BYTES } from "../../layout/layout.ts";
import type { EventValue, RecordedEvent } from "../../loader/events.ts";
import { type FormatField, MAX_RECORD_BYTES, type TracepointFormat } from "./format.ts";
import { EVENT_MEM_BASE } from "./skb.ts";
import type { Machine } from "./types.ts";

const EVENT_MEM_END: number = CTX_BASE + CTX_BYTES;

/** A bump allocator over event memory, emptied for each event. */
export interface EventMemory {
  reset(): void;
  /** Address of a copy. Throws "events/too-large". */
  put(bytes: Uint8Array): number;
  /** Address of what a pointer leads to: text with a NUL, bytes, or a NULL-ended array of pointers. */
  pointer(value: EventValue, field: string): bigint;
}

export function eventMemory(m: Machine): EventMemory {
  let next = EVENT_MEM_BASE;

  function put(bytes: Uint8Array): number {
    const at = next;
    if (bytes.length > EVENT_MEM_END - at) {
      throw new SkepError(
        "events/too-large",
        `an event's strings take more than ${EVENT_MEM_END - EVENT_MEM_BASE} bytes`,
      );
    }
    m.u8.set(bytes, at);
    next = Math.min(EVENT_MEM_END, (at + bytes.length + 7) & ~7);
    m.event.memEnd = at + bytes.length;
    return at;
  }

  function pointer(value: EventValue, field: string): bigint {
    if (typeof value === "string" && !isHex(value)) return BigInt(put(cText(value)));
    if (Array.isArray(value)) {
      const list = value as readonly EventValue[];
      // Numbers are bytes; text makes an array of pointers, as argv is.
      if (list.length > 0 && list.every((item) => typeof item === "number")) {
        return BigInt(put(Uint8Array.from(list as readonly number[])));
      }
      const words = new BigUint64Array(list.length + 1);
      list.forEach((item, i) => {
        words[i] = BigInt.asUintN(64, pointer(item, field));
      });
      return BigInt(put(new Uint8Array(words.buffer)));
    }
    if (typeof value === "object" && value !== null) {
      throw new SkepError("events/field", `field ${field} is an object, but its type is not known`, {
        advice: "give the kernel's BTF: structs are laid out for tp_btf, fentry, fexit, raw_tp and kprobe programs",
      });
    }
    return integer(value, field);
  }

  return {
    reset() {
      next = EVENT_MEM_BASE;
      m.event.memStart = EVENT_MEM_BASE;
      m.event.memEnd = EVENT_MEM_BASE;
    },
    put,
    pointer,
  };
}

/** Writes the event as `format` says; returns the bytes that ctx takes. */
export function layOutRecord(m: Machine, memory: EventMemory, format: TracepointFormat, event: RecordedEvent): number {
  const { u8, view } = m;
  memory.reset();
  u8.fill(0, CTX_BASE, CTX_BASE + format.sizeBytes);
  view.setUint16(CTX_BASE, format.id & 0xffff, true);
  view.setInt32(CTX_BASE + 4, event.tid ?? event.pid ?? 0, true);
  let end = format.sizeBytes;
  for (const field of format.fields) {
    const value = event.fields?.[field.name];
    if (value === undefined || value === null) continue;
    const at = CTX_BASE + field.offBytes;
    switch (field.kind) {
      case "int":
        writeInt(view, at, field.sizeBytes, integer(value, field.name));
        break;
      case "pointer":
        writeInt(view, at, field.sizeBytes, memory.pointer(value, field.name));
        break;
      case "chars":
        // The kernel's strscpy leaves a NUL at the end.
        u8.set(fromUtf8(String(value)).subarray(0, field.sizeBytes - 1), at);
        break;
      case "array":
        writeElements(view, at, field, value);
        break;
      case "data_loc": {
        const bytes = dynamicBytes(field, value);
        if (end + bytes.length > MAX_RECORD_BYTES) {
          throw new SkepError("events/too-large", `event ${event.event} takes more than ${MAX_RECORD_BYTES} bytes`);
        }
        u8.set(bytes, CTX_BASE + end);
        view.setUint32(at, (end | (bytes.length << 16)) >>> 0, true);
        end += bytes.length;
        break;
      }
    }
  }
  return end;
}

function dynamicBytes(field: FormatField, value: EventValue): Uint8Array {
  if (!Array.isArray(value)) return cText(String(value));
  const list = value as readonly EventValue[];
  const bytes = new Uint8Array(list.length * field.elemBytes);
  const view = new DataView(bytes.buffer);
  list.forEach((item, i) => {
    writeInt(view, i * field.elemBytes, field.elemBytes, integer(item, field.name));
  });
  return bytes;
}

function writeElements(view: DataView, at: number, field: FormatField, value: EventValue): void {
  const list = Array.isArray(value) ? (value as readonly EventValue[]) : [value];
  const count = Math.min(list.length, Math.floor(field.sizeBytes / field.elemBytes));
  for (let i = 0; i < count; i++) {
    writeInt(view, at + i * field.elemBytes, field.elemBytes, integer(list[i]!, field.name));
  }
}

export function writeInt(view: DataView, at: number, bytes: number, value: bigint): void {
  switch (bytes) {
    case 1:
      view.setUint8(at, Number(BigInt.asUintN(8, value)));
      break;
    case 2:
      view.setUint16(at, Number(BigInt.asUintN(16, value)), true);
      break;
    case 4:
      view.setUint32(at, Number(BigInt.asUintN(32, value)), true);
      break;
    default:
      view.setBigUint64(at, BigInt.asUintN(64, value), true);
  }
}

/** A number as JSON has it: a number, or decimal or 0x text where it needs more than 53 bits. */
export function integer(value: EventValue | undefined, field: string): bigint {
  switch (typeof value) {
    case "bigint":
      return value;
    case "boolean":
      return value ? 1n : 0n;
    case "number":
      if (Number.isInteger(value)) return BigInt(value);
      break;
    case "string":
      if (/^-?\d+$/.test(value) || isHex(value)) return BigInt(value);
      break;
    case "undefined":
      return 0n;
    default:
      if (value === null) return 0n;
  }
  throw new SkepError(
    "events/field",
    `field ${field} wants a whole number, not ${JSON.stringify(value)?.slice(0, 40)}`,
    {
      advice: 'write numbers beyond 53 bits as text: "0xffff888012345678"',
    },
  );
}

function isHex(text: string): boolean {
  return /^0x[0-9a-fA-F]{1,16}$/.test(text);
}

function cText(text: string): Uint8Array {
  const bytes = fromUtf8(text);
  const out = new Uint8Array(bytes.length + 1);
  out.set(bytes);
  return out;
}
