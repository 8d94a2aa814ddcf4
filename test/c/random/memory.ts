/** Random statements on memory: arrays, structs, pointers, maps, atomics, block copies, calls. */
import { callNode, condition, expr, index } from "./expr.ts";
import { initializer, isRecord, members, type RecordType, record } from "./records.ts";
import type { Instance, MapDecl, Row, Scope } from "./scope.ts";
import { fixed, type Node, stmt } from "./tree.ts";
import { S32, U8, U16, U32, U64 } from "./types.ts";

type Block = (s: Scope, statements: number, depth: number) => Node;
type Form = (s: Scope, depth: number, block: Block) => Node | null;

/** Of a function, within the 512 bytes of all frames. */
const MAX_STACK_BYTES = 200;

const FORMS: readonly Form[] = [
  ...[array, struct, pointer, pointer, recordPointer, copyRecord, copyBytes, setBytes],
  ...[atomic, atomic, lookup, lookup, update, remove, called, called, walk],
];

export function memoryStatement(s: Scope, depth: number, block: Block): Node | null {
  return s.r.pick(FORMS)(s, depth, block);
}

export function addInstance(s: Scope, one: Instance): void {
  s.instances.push(one);
  const { scalars, rows } = members(one);
  s.scalars.push(...scalars);
  s.rows.push(...rows);
}

function array(s: Scope): Node | null {
  const elem = s.r.pick([U8, U16, U32, S32, U64]);
  const length = s.r.pick([2, 4, 8]);
  const bytes = (elem.bits / 8) * length;
  if (s.stackBytes + bytes > MAX_STACK_BYTES) return null;
  s.stackBytes += bytes;
  const name = s.name("a");
  const made = stmt`${elem.name} ${name}[${length}] = { ${expr(s, 1).node}, [${s.r.below(length)}] = ${s.r.below(100)} };`;
  s.rows.push({ text: name, elem, length, root: name, write: true, address: true });
  return made;
}

function struct(s: Scope): Node | null {
  const type = s.often(70) ? s.some(s.c.records) : record(s.c);
  if (type === undefined || s.stackBytes + type.bytes > MAX_STACK_BYTES) return null;
  s.stackBytes += type.bytes;
  const name = s.name("r");
  const fn = s.often(25) ? s.some(s.c.funcs.filter((one) => one.result === type && !one.effects)) : undefined;
  const made = fn === undefined ? null : callNode(s, fn, 1);
  const node = stmt`${type.name} ${name} = ${made ?? initializer(s.c, type)};`;
  addInstance(s, { text: name, type, root: name, write: true });
  return node;
}

/** To an element of an array, with what is left of it behind it. */
function pointer(s: Scope): Node | null {
  const row = s.some(s.rows.filter((one) => one.address));
  const name = s.name("q");
  if (row === undefined || s.often(30)) {
    const one = s.some(s.scalars.filter((it) => it.address));
    if (one === undefined) return null;
    s.rows.push({ text: name, elem: one.type, length: 1, root: one.root, write: one.write, address: true });
    return stmt`${one.write ? "" : "const "}${one.type.name} *${name} = ${one.write ? "" : "(void *)"}&${one.text};`;
  }
  const half = row.length >> 1;
  const at = half === 0 ? fixed`0` : index(s, half);
  const mine: Row = { ...row, text: name, length: Math.max(1, half) };
  s.rows.push(mine);
  const constant = row.write ? "" : "const ";
  return s.often(50)
    ? stmt`${constant}${row.elem.name} *${name} = &${row.text}[${at}];`
    : stmt`${constant}${row.elem.name} *${name} = ${row.text} + (${at});`;
}

function recordPointer(s: Scope): Node | null {
  const one = s.some(s.instances);
  if (one === undefined || one.type.name === "") return null;
  const name = s.name("z");
  addInstance(s, { ...one, text: `(*${name})` });
  return stmt`${one.write ? "" : "const "}${one.type.name} *${name} = &${one.text};`;
}

function copyRecord(s: Scope): Node | null {
  const from = s.some(s.instances);
  if (from === undefined) return null;
  const to = s.some(s.instances.filter((one) => one.write && one.type === from.type && one.root !== from.root));
  if (to !== undefined && s.often(70)) {
    return s.often(70)
      ? stmt`${to.text} = ${from.text};`
      : stmt`__builtin_memcpy(&${to.text}, &${from.text}, sizeof(${to.text}));`;
  }
  if (!from.write) return null;
  return stmt`${from.text} = (${from.type.name})${initializer(s.c, from.type)};`;
}

function copyBytes(s: Scope): Node | null {
  const from = s.some(s.rows);
  if (from === undefined) return null;
  const bytesOf = (row: Row): number => (row.elem.bits / 8) * row.length;
  // A bool must stay 0 or 1
  const fits = (row: Row): boolean => row.write && row.root !== from.root && row.elem.isBool !== true;
  const to = s.some(s.rows.filter(fits));
  if (to === undefined) return null;
  const most = Math.min(bytesOf(from), bytesOf(to));
  return stmt`__builtin_memcpy(${to.text}, ${from.text}, ${s.often(50) ? most : 1 + s.r.below(most)});`;
}

function setBytes(s: Scope): Node | null {
  const to = s.some(s.rows.filter((row) => row.write && row.elem.isBool !== true));
  if (to === undefined) return null;
  return stmt`__builtin_memset(${to.text}, ${s.r.pick([0, 0, 255, 1, 17])}, sizeof(${to.text}[0]) * ${1 + s.r.below(to.length)});`;
}

function atomic(s: Scope): Node | null {
  const one = s.some(s.scalars.filter((it) => it.write && it.address && it.type.bits >= 32 && it.type.isBool !== true));
  if (one === undefined) return null;
  const at = fixed`&${one.text}`;
  const by = fixed`(${one.type.name})${s.locking(one.root, () => expr(s, 1)).node}`;
  if (s.c.cpu === 2) return stmt`__sync_fetch_and_add(${at}, ${by});`;
  const v = s.name("v");
  s.scalars.push({ text: v, type: one.type, root: v, write: true, address: true });
  const declared = `${one.type.name} ${v}`;
  switch (s.r.below(8)) {
    case 0:
      return stmt`${declared} = __sync_fetch_and_${s.r.pick(["add", "sub", "or", "and", "xor"])}(${at}, ${by});`;
    case 1:
      return stmt`${declared} = __atomic_fetch_${s.r.pick(["add", "sub", "or", "and", "xor"])}(${at}, ${by}, __ATOMIC_SEQ_CST);`;
    case 2:
      return stmt`${declared} = __sync_${s.r.pick(["add", "sub"])}_and_fetch(${at}, ${by});`;
    case 3:
      return stmt`${declared} = __sync_val_compare_and_swap(${at}, ${fixed`(${one.type.name})${s.r.below(3)}`}, ${by});`;
    case 4:
      return stmt`${declared} = __sync_lock_test_and_set(${at}, ${by});`;
    case 5:
      return stmt`${declared} = __atomic_exchange_n(${at}, ${by}, __ATOMIC_RELAXED);`;
    case 6:
      return stmt`${declared} = __sync_bool_compare_and_swap(${at}, ${one.text}, ${by});`;
    default:
      return stmt`${declared} = ${s.r.below(99)}; __sync_fetch_and_${s.r.pick(["add", "or", "and", "xor"])}(${at}, ${by});`;
  }
}

/** A value that is in use must not be deleted or replaced: hash maps give its memory to another key. */
function changeable(s: Scope, map: MapDecl): boolean {
  return map.kind === "array" || !s.held.has(map.name);
}

function keyOf(s: Scope, map: MapDecl): [Node, string] {
  const key = s.name("k");
  return [stmt`${map.key.name} ${key} = ${fixed`${expr(s, 2).node} & ${map.entries * 2 - 1}`};`, key];
}

/** The value is there in a block of its own. */
function lookup(s: Scope, depth: number, block: Block): Node | null {
  const map = s.some(s.maps);
  if (map === undefined) return null;
  const [declared, key] = keyOf(s, map);
  const name = s.name("p");
  const { held } = s;
  s.held = new Set([...held, map.name]);
  const found = s.inner(() => {
    if (isRecord(map.value)) addInstance(s, { text: `(*${name})`, type: map.value, root: map.name, write: true });
    else {
      s.rows.push({ text: name, elem: map.value, length: 1, root: map.name, write: true, address: true });
      s.scalars.push({ text: `(*${name})`, type: map.value, root: map.name, write: true, address: false });
    }
    return block(s, 2, Math.max(0, depth - 1));
  });
  s.held = held;
  const other = s.often(30) ? fixed` else {${block(s, 1, 0)}\n}` : "";
  return stmt`{\n${declared}\n${map.value.name} *${name} = bpf_map_lookup_elem(&${map.name}, &${key});\nif (${name}) {${found}\n}${other}\n}`;
}

function update(s: Scope): Node | null {
  const map = s.some(s.maps.filter((one) => changeable(s, one)));
  if (map === undefined) return null;
  const [declared, key] = keyOf(s, map);
  const value = s.name("w");
  // Padding goes into the map with the rest: make it 0
  const initial = isRecord(map.value) ? recordValue(s, map.value, value) : fixed` = ${expr(s, 2).node}`;
  const flags = map.kind === "hash" ? s.r.pick(["BPF_ANY", "BPF_NOEXIST", "BPF_EXIST"]) : "BPF_ANY";
  const result = fixed`bpf_map_update_elem(&${map.name}, &${key}, &${value}, ${flags})`;
  const to = s.some(s.scalars.filter((one) => one.write && one.type.isBool !== true));
  const used = to === undefined ? fixed`${result}` : fixed`${to.text} ^= ${result}`;
  return stmt`{\n${declared}\n${map.value.name} ${value}${initial};\n${used};\n}`;
}

function recordValue(s: Scope, type: RecordType, name: string): Node {
  const [first] = members({ text: name, type, root: name, write: true }).scalars;
  const clear = `;\n__builtin_memset(&${name}, 0, sizeof(${name}))`;
  return first === undefined ? fixed`${clear}` : fixed`${clear};\n${first.text} = ${expr(s, 2).node}`;
}

function remove(s: Scope): Node | null {
  const map = s.some(s.maps.filter((one) => one.kind === "hash" && changeable(s, one)));
  if (map === undefined) return null;
  const [declared, key] = keyOf(s, map);
  const to = s.some(s.scalars.filter((one) => one.write && one.type.isBool !== true));
  return stmt`{\n${declared}\n${to === undefined ? "" : `${to.text} ^= `}bpf_map_delete_elem(&${map.name}, &${key});\n}`;
}

/** A function of the program for what it does, or for the struct that it returns. */
function called(s: Scope): Node | null {
  if (s.trips > 64) return null;
  const fn = s.some(s.c.funcs.filter((one) => s.effects || !one.effects || one.params.some((p) => p.kind !== "int")));
  if (fn === undefined) return null;
  const { result } = fn;
  if (isRecord(result)) {
    const to = s.some(s.instances.filter((one) => one.write && one.type === result));
    const made = callNode(s, fn, 2);
    return to === undefined || made === null ? null : stmt`${to.text} = ${made};`;
  }
  const v = s.name("v");
  const made = callNode(s, fn, 2);
  if (made === null) return null;
  s.scalars.push({ text: v, type: result, root: v, write: true, address: true });
  return stmt`${result.name} ${v} = ${made};`;
}

/** A pointer along an array. */
function walk(s: Scope): Node | null {
  const row = s.some(s.rows.filter((one) => one.length > 1 && one.address));
  const to = s.some(s.scalars.filter((one) => one.write && one.root !== row?.root && one.type.isBool !== true));
  if (row === undefined || to === undefined || s.trips > 8) return null;
  const q = s.name("q");
  const constant = row.write ? "" : "const ";
  const skip = s.often(30) ? fixed`\nif (${condition(s, 1)})\ncontinue;` : "";
  return stmt`for (${constant}${row.elem.name} *${q} = ${row.text}; ${q} < ${row.text} + ${row.length}; ${q}++) {${skip}\n${to.text} = (u64)${to.text} * 3 + (u64)*${q} + (u64)(${q} - ${row.text});\n}`;
}
