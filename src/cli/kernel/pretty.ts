/**
 * JSON as bpftool -p prints it: a line break before each name, and before what closes something that is not empty.
 * Source: tools/bpf/bpftool/json_writer.c, 6.18.
 *
 *     [{
 *             "id": 7,
 *             "map_ids": [3,4
 *             ]
 *         },{
 *             ...
 */
import { jsonValue } from "../output.ts";

export function pretty(document: unknown): string {
  return write(JSON.parse(JSON.stringify(document, jsonValue) ?? "null"), 0);
}

function write(value: unknown, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const inner = `\n${"    ".repeat(depth + 1)}`;
  const end = `\n${"    ".repeat(depth)}`;
  if (Array.isArray(value)) {
    const items = value.map((each) => write(each, depth + 1));
    return items.length === 0 ? "[]" : `[${items.join(",")}${end}]`;
  }
  const members = Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${write(each, depth + 1)}`);
  return members.length === 0 ? "{}" : `{${inner}${members.join(`,${inner}`)}${end}}`;
}
