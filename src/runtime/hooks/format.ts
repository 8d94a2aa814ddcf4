/**
 * Tracepoint formats: the text of a tracefs `format` file, and the same in short form for the table in tracepoints.ts.
 *
 *     name: sched_process_exec
 *     ID: 365
 *     format:
 *         field:unsigned short common_type;	offset:0;	size:2;	signed:0;
 *         ...
 *         field:__data_loc char[] filename;	offset:8;	size:4;	signed:0;
 *
 * A program's ctx is this record. Its first 8 bytes (the common fields) are not a program's to read. Source:
 * Documentation/trace/events.rst, include/trace/stages/.
 */
import { SkepError } from "../../base/error.ts";

/**
 * "int": a number of `size` bytes. "array": `count` numbers of `size` bytes. "chars": text in place. "pointer": an address in
 * user or kernel memory. "data_loc": a u32 whose low half is where in the record the bytes lie, high half their number.
 */
export type FieldKind = "int" | "array" | "chars" | "pointer" | "data_loc";

export interface FormatField {
  readonly name: string;
  readonly kind: FieldKind;
  readonly offBytes: number;
  /** Of the whole field. */
  readonly sizeBytes: number;
  /** Of an element, for "array" and for data_loc; else sizeBytes. */
  readonly elemBytes: number;
  readonly signed: boolean;
}

export interface TracepointFormat {
  /** "sched/sched_switch". */
  readonly name: string;
  readonly id: number;
  /** Without the common fields. */
  readonly fields: readonly FormatField[];
  readonly sizeBytes: number;
}

/** PERF_MAX_TRACE_SIZE: no record is longer. */
export const MAX_RECORD_BYTES = 8192;

const FIELD = /^\s*field:(.+?);\s*offset:(\d+);\s*size:(\d+);(?:\s*signed:(\d);)?\s*$/;

/** Reads a tracefs `format` file. `group` is the folder's name: "sched". Throws "events/format" with the line. */
export function parseFormat(text: string, group: string): TracepointFormat {
  const name = /^name:\s*(\S+)/m.exec(text)?.[1];
  if (name === undefined) throw badFormat("no line with name:", 1);
  const fields: FormatField[] = [];
  let size = 8;
  text.split("\n").forEach((line, i) => {
    if (!line.trimStart().startsWith("field:")) return;
    const match = FIELD.exec(line);
    if (match === null) throw badFormat(`not a field: ${line.trim().slice(0, 60)}`, i + 1);
    const [, declaration, offset, bytes, signed] = match as unknown as [string, string, string, string, string?];
    const end = Number(offset) + Number(bytes);
    if (end > MAX_RECORD_BYTES) throw badFormat(`field beyond ${MAX_RECORD_BYTES} bytes`, i + 1);
    size = Math.max(size, end);
    const field = fieldOf(declaration, Number(offset), Number(bytes), signed === "1", i + 1);
    if (!field.name.startsWith("common_")) fields.push(field);
  });
  const id = Number(/^ID:\s*(\d+)/m.exec(text)?.[1] ?? 0);
  return { name: `${group}/${name}`, id, fields, sizeBytes: size };
}

function fieldOf(declaration: string, off: number, size: number, signed: boolean, line: number): FormatField {
  const match = /^(.*?)([A-Za-z_]\w*)((?:\[[^\]]*\])*)$/.exec(declaration.trim());
  if (match === null) throw badFormat(`no field name in: ${declaration.slice(0, 60)}`, line);
  const type = match[1]!.trim();
  const name = match[2]!;
  const dims = match[3]!;
  const base = type.replace(/^__data_loc\s+/, "").replace(/\[\]$/, "");
  const make = (kind: FieldKind, elemBytes: number): FormatField => {
    return { name, kind, offBytes: off, sizeBytes: size, elemBytes, signed };
  };
  if (type.startsWith("__data_loc")) return make("data_loc", elemBytesOf(base));
  if (dims !== "") {
    const count = Number(/\[(\d+)\]/.exec(dims)?.[1] ?? 0);
    if (/^(?:unsigned |const )*char$/.test(base)) return make("chars", 1);
    return make("array", count > 0 && size % count === 0 ? size / count : elemBytesOf(base));
  }
  if (/\*$/.test(type)) return make("pointer", size);
  if (size !== 1 && size !== 2 && size !== 4 && size !== 8) return make("array", 1);
  return make("int", size);
}

function elemBytesOf(type: string): number {
  if (/\*$|\blong\b|64\b/.test(type)) return 8;
  if (/\bchar\b|\bbool\b|8\b/.test(type)) return 1;
  if (/\bshort\b|16\b/.test(type)) return 2;
  return 4;
}

/**
 * A format from C declarations, laid out as the compiler does from byte 8 on: "char comm[16]; pid_t pid; int prio".
 */
export function formatOf(name: string, declarations: string): TracepointFormat {
  const fields: FormatField[] = [];
  let at = 8;
  for (const declaration of declarations.split(";")) {
    const text = declaration.trim();
    if (text === "") continue;
    const { bytes, align, signed } = sizeOf(text);
    at = (at + align - 1) & -align;
    fields.push(fieldOf(text, at, bytes, signed, 0));
    at += bytes;
  }
  return { name, id: 0, fields, sizeBytes: (at + 7) & -8 };
}

function sizeOf(text: string): { bytes: number; align: number; signed: boolean } {
  if (text.startsWith("__data_loc")) return { bytes: 4, align: 4, signed: false };
  const match = /^(.*?)\s*[A-Za-z_]\w*(?:\[(\d+)\])?$/.exec(text)!;
  const type = match[1]!;
  const count = Number(match[2] ?? 1);
  const elem = elemBytesOf(type);
  const signed = /^(?:int|long|short|pid_t|s\d+|__s\d+)$/.test(type);
  return { bytes: elem * count, align: elem, signed };
}

function badFormat(message: string, line: number): SkepError {
  return new SkepError("events/format", `bad tracepoint format: ${message}`, {
    site: { line },
    advice: "give the text of /sys/kernel/tracing/events/GROUP/NAME/format",
  });
}
