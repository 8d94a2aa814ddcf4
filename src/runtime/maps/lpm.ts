/**
 * BPF_MAP_TYPE_LPM_TRIE: longest prefix match over keys { u32 prefixlen; u8 data[] } in network bit order.
 *
 *     node   +0 child[0], +4 child[1]   u32, 0 for none (child[0] links the free list of unused nodes)
 *            +8 flags                   1: intermediate, holds no value
 *            +12 prefixlen, +16 data    the key as user space gives it
 *            +LPM_VALUE_OFF             value
 *
 * Keys come in postorder: more specific before less specific. Source: kernel/bpf/lpm_trie.c.
 */
import { BPF_EXIST, BPF_F_NO_PREALLOC, BPF_F_NUMA_NODE, BPF_NOEXIST } from "../../abi/flags.ts";
import { EEXIST, EINVAL, ENOENT, ENOMEM, ENOSPC } from "../../base/errno.ts";
import { MAP_COUNT, MAP_DATA, MAP_EXT, MAP_STRIDE } from "../../layout/layout.ts";
import type { MapSpec } from "../../obj/spec.ts";
import { roundUp } from "../heap.ts";
import { ACCESS_MASK, accessOk, KMALLOC_MAX_SIZE, onlyFlags } from "./flags.ts";
import type { MapHost, MapKind, MapOps } from "./ops.ts";
import { createPool } from "./pool.ts";

/** Descriptor words: MAP_DATA holds the root. */
export const LPM_DATA_BYTES: number = MAP_EXT;
export const LPM_VALUE_OFF: number = MAP_EXT + 4;
const LPM_POOL: number = MAP_EXT + 8;

export const NODE_CHILD = 0;
export const NODE_FLAGS = 8;
/** The key begins here: prefixlen, then data. */
export const NODE_KEY = 12;
export const NODE_DATA = 16;
export const NODE_INTERMEDIATE = 1;

const DATA_SIZE_MAX = 256;
/** sizeof(struct lpm_trie_node). */
const KERNEL_NODE_BYTES = 40;

export const lpmKind: MapKind = { check: checkLpm, bytes: lpmBytes, create: createLpm };

function checkLpm(spec: MapSpec): number {
  const { flags, keySize, valueSize } = spec;
  if (spec.maxEntries === 0 || (flags & BPF_F_NO_PREALLOC) === 0) return EINVAL;
  if (!onlyFlags(flags, BPF_F_NO_PREALLOC | BPF_F_NUMA_NODE | ACCESS_MASK) || !accessOk(flags)) return EINVAL;
  if (keySize < 5 || keySize > 4 + DATA_SIZE_MAX) return EINVAL;
  return valueSize < 1 || valueSize > KMALLOC_MAX_SIZE - DATA_SIZE_MAX - KERNEL_NODE_BYTES ? EINVAL : 0;
}

function nodeBytes(spec: MapSpec): number {
  return roundUp(NODE_KEY + spec.keySize, 8) + roundUp(spec.valueSize, 8);
}

function lpmBytes(spec: MapSpec): number {
  // Nodes are made as entries come: count on at most 16 MiB of them.
  return Math.min(2 * spec.maxEntries * nodeBytes(spec), 16 << 20) + 4096;
}

function createLpm(host: MapHost, spec: MapSpec, desc: number): MapOps {
  const { u8, u32, view } = host.memory;
  const { maxEntries, valueSize } = spec;
  const dataBytes = spec.keySize - 4;
  const maxPrefix = dataBytes * 8;
  const valueOff = roundUp(NODE_KEY + spec.keySize, 8);
  // One intermediate node for each entry at most, and one that an update fills before it replaces another.
  const pool = createPool(host, {
    elemBytes: nodeBytes(spec),
    prefix: 0,
    count: 2 * maxEntries + 1,
    prealloc: false,
    words: desc + LPM_POOL,
  });
  const root = desc + MAP_DATA;
  const entries = (desc + MAP_COUNT) >>> 2;
  u32[(desc + MAP_STRIDE) >>> 2] = roundUp(valueSize, 8);
  u32[(desc + LPM_DATA_BYTES) >>> 2] = dataBytes;
  u32[(desc + LPM_VALUE_OFF) >>> 2] = valueOff;

  const prefixOf = (node: number): number => u32[(node + NODE_KEY) >>> 2]!;
  const isIntermediate = (node: number): boolean => u32[(node + NODE_FLAGS) >>> 2] === NODE_INTERMEDIATE;
  const child = (node: number, bit: number): number => u32[(node + NODE_CHILD + 4 * bit) >>> 2]!;
  /** Bit `index` of the data of a key at `key`. */
  const bitOf = (key: number, index: number): number => (u8[key + 4 + (index >>> 3)]! >> (7 - (index & 7))) & 1;
  const match = (node: number, key: number, keyPrefix: number): number => {
    const limit = Math.min(prefixOf(node), keyPrefix);
    for (let i = 0; 8 * i < limit; i++) {
      const diff = u8[node + NODE_DATA + i]! ^ u8[key + 4 + i]!;
      if (diff !== 0) return Math.min(limit, 8 * i + Math.clz32(diff) - 24);
    }
    return limit;
  };
  /** Walks down as far as nodes are prefixes of the key; `slot` is the address of the word that led to `node`. */
  const walk = { slot: 0, node: 0, matched: 0, parent: 0, parentSlot: 0 };
  const descend = (key: number, prefix: number): void => {
    walk.slot = root;
    walk.parentSlot = root;
    walk.parent = 0;
    walk.matched = 0;
    for (;;) {
      const node = u32[walk.slot >>> 2]!;
      walk.node = node;
      if (node === 0) return;
      walk.matched = match(node, key, prefix);
      if (prefixOf(node) !== walk.matched || prefixOf(node) === prefix) return;
      walk.parent = node;
      walk.parentSlot = walk.slot;
      walk.slot = node + NODE_CHILD + 4 * bitOf(key, prefixOf(node));
    }
  };
  /** 0 where one more entry is allowed, which is then counted. */
  const addEntry = (flags: number): number => {
    if (flags === BPF_EXIST) return -ENOENT;
    if (u32[entries] === maxEntries) return -ENOSPC;
    u32[entries] = u32[entries]! + 1;
    return 0;
  };
  const makeNode = (key: number, prefix: number, flags: number): number => {
    const node = pool.take();
    if (node === 0) return 0;
    u32[node >>> 2] = 0;
    u32[(node + 4) >>> 2] = 0;
    u32[(node + NODE_FLAGS) >>> 2] = flags;
    u32[(node + NODE_KEY) >>> 2] = prefix;
    u8.copyWithin(node + NODE_DATA, key + 4, key + 4 + dataBytes);
    return node;
  };

  const place = (key: number, prefix: number, fresh: number, flags: number): number => {
    descend(key, prefix);
    const { node, slot, matched } = walk;
    if (node === 0) {
      const err = addEntry(flags);
      if (err === 0) u32[slot >>> 2] = fresh;
      return err;
    }
    if (prefixOf(node) === matched) {
      if (!isIntermediate(node)) {
        if (flags === BPF_NOEXIST) return -EEXIST;
      } else {
        const err = addEntry(flags);
        if (err !== 0) return err;
      }
      u32[fresh >>> 2] = child(node, 0);
      u32[(fresh + 4) >>> 2] = child(node, 1);
      u32[slot >>> 2] = fresh;
      pool.give(node);
      return 0;
    }
    const err = addEntry(flags);
    if (err !== 0) return err;
    if (matched === prefix) {
      u32[(fresh + 4 * bitOf(node + NODE_KEY, matched)) >>> 2] = node;
      u32[slot >>> 2] = fresh;
      return 0;
    }
    const between = makeNode(node + NODE_KEY, matched, NODE_INTERMEDIATE);
    if (between === 0) {
      u32[entries] = u32[entries]! - 1;
      return -ENOMEM;
    }
    const bit = bitOf(key, matched);
    u32[(between + 4 * bit) >>> 2] = fresh;
    u32[(between + 4 * (1 - bit)) >>> 2] = node;
    u32[slot >>> 2] = between;
    return 0;
  };

  const leftmost = (start: number): number => {
    let found = 0;
    for (let node = start; node !== 0; ) {
      if (isIntermediate(node)) node = child(node, 0);
      else {
        found = node;
        node = child(node, 0) !== 0 ? child(node, 0) : child(node, 1);
      }
    }
    return found;
  };

  const nextNode = (key: number): number => {
    const top = u32[root >>> 2]!;
    if (top === 0) return 0;
    const prefix = key === 0 ? maxPrefix + 1 : view.getUint32(key, true);
    if (prefix > maxPrefix) return leftmost(top);
    const path: number[] = [];
    let node = top;
    let matched = 0;
    while (node !== 0) {
      path.push(node);
      matched = match(node, key, prefix);
      if (prefixOf(node) !== matched || prefixOf(node) === prefix) break;
      node = child(node, bitOf(key, prefixOf(node)));
    }
    if (node === 0 || prefixOf(node) !== matched || isIntermediate(node)) return leftmost(top);
    for (let i = path.length - 1; i > 0; i--) {
      const parent = path[i - 1]!;
      if (child(parent, 0) === path[i] && child(parent, 1) !== 0) return leftmost(child(parent, 1));
      if (!isIntermediate(parent)) return parent;
    }
    return 0;
  };

  return {
    spec,
    desc,
    record: [],
    lookup(key) {
      const prefix = view.getUint32(key, true);
      if (prefix > maxPrefix) return 0;
      let found = 0;
      for (let node = u32[root >>> 2]!; node !== 0; ) {
        const matched = match(node, key, prefix);
        if (matched === maxPrefix) {
          found = node;
          break;
        }
        if (matched < prefixOf(node)) break;
        if (!isIntermediate(node)) found = node;
        node = child(node, bitOf(key, prefixOf(node)));
      }
      return found === 0 ? 0 : found + valueOff;
    },
    update(key, value, flags) {
      if (flags > BPF_EXIST) return -EINVAL;
      const prefix = view.getUint32(key, true);
      if (prefix > maxPrefix) return -EINVAL;
      const fresh = makeNode(key, prefix, 0);
      if (fresh === 0) return -ENOMEM;
      u8.copyWithin(fresh + valueOff, value, value + valueSize);
      const err = place(key, prefix, fresh, flags);
      if (err !== 0) pool.give(fresh);
      return err;
    },
    delete(key) {
      const prefix = view.getUint32(key, true);
      if (prefix > maxPrefix) return -EINVAL;
      descend(key, prefix);
      const { node, slot, parent, parentSlot, matched } = walk;
      if (node === 0 || prefixOf(node) !== prefix || prefixOf(node) !== matched || isIntermediate(node)) return -ENOENT;
      u32[entries] = u32[entries]! - 1;
      const left = child(node, 0);
      const right = child(node, 1);
      if (left !== 0 && right !== 0) {
        u32[(node + NODE_FLAGS) >>> 2] = NODE_INTERMEDIATE;
        return 0;
      }
      if (parent !== 0 && isIntermediate(parent) && left === 0 && right === 0) {
        // An intermediate node always has two children: the other one takes its place.
        u32[parentSlot >>> 2] = child(parent, 0) === node ? child(parent, 1) : child(parent, 0);
        pool.give(parent);
      } else u32[slot >>> 2] = left !== 0 ? left : right;
      pool.give(node);
      return 0;
    },
    nextKey(key) {
      const node = nextNode(key);
      return node === 0 ? 0 : node + NODE_KEY;
    },
    regions: () => pool.spans().map(([start, end]) => ({ start, end, write: true, what: `map ${spec.name} value` })),
    free: () => pool.free(),
  };
}
