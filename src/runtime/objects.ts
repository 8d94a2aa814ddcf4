/**
 * Objects that programs make (bpf_obj_new, bpf_cpumask_create): blocks on the heap with the special fields of their type.
 * Which blocks are objects is known here, outside of linear memory, so that no program can forge one.
 *
 *     bpf_list_head +0 first u32   +8 last u32          both 0 before its first use, else its own address where it is empty
 *     bpf_list_node +0 next u32    +4 object u32   +8 prev u32    +16 owner (its head, 0 in none) u32
 *     bpf_rb_root, bpf_rb_node     see rbtree.ts; the object's address stands at +4 there, too
 *     bpf_refcount  +0 owners u32
 *
 * Source: kernel/bpf/helpers.c (bpf_obj_new_impl, __bpf_obj_drop_impl, __bpf_list_add, __bpf_list_del).
 */
import { EINVAL } from "../base/errno.ts";
import type { BtfView } from "../btf/types.ts";
import type { Region } from "../engine/engine.ts";
import type { Heap } from "./heap.ts";
import { type ValueRecord, valueRecord } from "./maps/record.ts";
import type { LinearMemory } from "./memory.ts";
import { rbRemove } from "./rbtree.ts";

export interface Objects {
  /** A zeroed object of a type of the program's BTF; 0 where there is no room. `copies`: one a CPU. */
  create(btf: BtfView, typeId: number, copies?: number): number;
  /** The same without BTF: `bytes` zeroes with one owner, counted at `refcountOff`. */
  createRaw(bytes: number, refcountOff: number): number;
  /** Lets one owner go; with the last one the object and what it owns are freed. Anything else than an object is left alone. */
  drop(addr: number): void;
  /** Another owner: the address, or 0 where it is no object. */
  acquire(addr: number): number;
  has(addr: number): boolean;
  /** Address of the copy for a CPU of an object made with `copies`; 0 where there is none. */
  copyOf(addr: number, cpu: number): number;
  /** Frees what the special fields of that kind hold on to, and empties them. */
  dropField(kind: string, addr: number): void;
  listAdd(head: number, node: number, tail: boolean): number;
  /** Address of the node, 0 where the list is empty. */
  listTake(head: number, tail: boolean): number;
  listEnd(head: number, tail: boolean): number;
  /** The object that a list or tree node lies in. */
  ownerOf(node: number): number;
  regions(): readonly Region[];
  readonly count: number;
}

interface Live {
  readonly bytes: number;
  readonly copies: number;
  readonly record: ValueRecord;
  /** -1: no count, one owner. */
  readonly refcountOff: number;
}

const NODE_OBJECT = 4;
const PREV = 8;
const OWNER = 16;
/** Nested drops: an object may hold a list of objects that hold lists. */
const MAX_DEPTH = 64;

export function createObjects(memory: LinearMemory, heap: Heap, changed: () => void): Objects {
  const { u8, u32 } = memory;
  const live = new Map<number, Live>();
  const records = new WeakMap<BtfView, Map<number, { record: ValueRecord; bytes: number }>>();
  let depth = 0;

  const word = (addr: number): number => u32[addr >>> 2]!;
  const setWord = (addr: number, value: number): void => {
    u32[addr >>> 2] = value;
  };

  const typeOf = (btf: BtfView, typeId: number): { record: ValueRecord; bytes: number } => {
    let known = records.get(btf);
    if (known === undefined) {
      known = new Map();
      records.set(btf, known);
    }
    let type = known.get(typeId);
    if (type === undefined) {
      type = { record: valueRecord(btf, typeId), bytes: btf.sizeOf(typeId) };
      known.set(typeId, type);
    }
    return type;
  };

  const add = (bytes: number, copies: number, record: ValueRecord, refcountOff: number): number => {
    const addr = heap.tryAlloc(bytes * copies);
    if (addr === 0) return 0;
    live.set(addr, { bytes, copies, record, refcountOff });
    for (const field of record) {
      if (field.kind === "list_node" || field.kind === "rb_node") setWord(addr + field.offBytes + NODE_OBJECT, addr);
    }
    if (refcountOff >= 0) setWord(addr + refcountOff, 1);
    changed();
    return addr;
  };

  const drop = (addr: number): void => {
    const object = live.get(addr);
    if (object === undefined || depth >= MAX_DEPTH) return;
    if (object.refcountOff >= 0) {
      const left = word(addr + object.refcountOff) - 1;
      setWord(addr + object.refcountOff, left);
      if (left > 0) return;
    }
    live.delete(addr);
    depth++;
    for (const field of object.record) dropField(field.kind, addr + field.offBytes);
    depth--;
    heap.free(addr);
    changed();
  };

  const dropField = (kind: string, addr: number): void => {
    switch (kind) {
      case "list_head":
        // The head of a damaged list may lead nowhere: no more nodes than objects.
        for (let left = live.size + 1; left > 0; left--) {
          const node = listTake(addr, false);
          if (node === 0) break;
          drop(word(node + NODE_OBJECT));
        }
        u8.fill(0, addr, addr + 16);
        return;
      case "rb_root":
        for (let left = live.size + 1; left > 0; left--) {
          const node = word(addr);
          if (node === 0) break;
          rbRemove(u32, addr, node);
          drop(word(node + NODE_OBJECT));
        }
        u8.fill(0, addr, addr + 16);
        return;
      case "kptr": {
        const held = word(addr);
        u8.fill(0, addr, addr + 8);
        if (held !== 0) drop(held);
      }
    }
  };

  const unlink = (node: number): void => {
    const next = word(node);
    const prev = word(node + PREV);
    setWord(prev, next);
    setWord(next + PREV, prev);
    setWord(node, 0);
    setWord(node + PREV, 0);
    setWord(node + OWNER, 0);
  };

  const listEnd = (head: number, tail: boolean): number => {
    const node = word(tail ? head + PREV : head);
    return node === head ? 0 : node;
  };

  const listTake = (head: number, tail: boolean): number => {
    const node = listEnd(head, tail);
    if (node === 0 || word(node + OWNER) !== head) return 0;
    unlink(node);
    return node;
  };

  return {
    create(btf, typeId, copies = 1) {
      const { record, bytes } = typeOf(btf, typeId);
      const refcount = record.find((field) => field.kind === "refcount");
      return add(Math.ceil(bytes / 8) * 8, copies, record, refcount?.offBytes ?? -1);
    },
    createRaw: (bytes, refcountOff) => add(bytes, 1, [], refcountOff),
    drop,
    acquire(addr) {
      const object = live.get(addr);
      if (object === undefined || object.refcountOff < 0) return 0;
      setWord(addr + object.refcountOff, word(addr + object.refcountOff) + 1);
      return addr;
    },
    has: (addr) => live.has(addr),
    copyOf(addr, cpu) {
      const object = live.get(addr);
      return object === undefined || cpu >= object.copies ? 0 : addr + cpu * object.bytes;
    },
    dropField,
    listAdd(head, node, tail) {
      if (word(head) === 0) {
        setWord(head, head);
        setWord(head + PREV, head);
      }
      if (word(node + OWNER) !== 0) {
        drop(word(node + NODE_OBJECT));
        return -EINVAL;
      }
      const prev = tail ? word(head + PREV) : head;
      const next = word(prev);
      setWord(node, next);
      setWord(node + PREV, prev);
      setWord(prev, node);
      setWord(next + PREV, node);
      setWord(node + OWNER, head);
      return 0;
    },
    listTake,
    listEnd,
    ownerOf: (node) => word(node + NODE_OBJECT),
    regions: () =>
      [...live].map(([addr, { bytes, copies }]) => ({
        start: addr,
        end: addr + bytes * copies,
        write: true,
        what: "object",
      })),
    get count() {
      return live.size;
    },
  };
}
