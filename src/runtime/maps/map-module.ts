/**
 * The map module: lookup, update and delete in WebAssembly over the same layout as the TypeScript maps, so that a program's
 * lookups never leave WebAssembly. One instance a runtime; its functions go to engines as MapFns and helpers.
 *
 *     lookup(map, key)                      by MAP_TYPE; types that are not here go to slow.lookup
 *     hashLookup(map, key)                  hash types; specialised for keys of 4, 8 and 16 bytes
 *     update(map, key, value, lo, hi)       arrays, hashes, LRU hashes, present keys of per-CPU hashes (MAP_PLAIN)
 *     remove(map, key)                      all hash types (MAP_PLAIN)
 *
 * Results are as in MapOps: addresses, or 0 and -errno. map-module.test.ts runs both implementations side by side and
 * compares every byte.
 */

import {
  BPF_MAP_TYPE_ARRAY,
  BPF_MAP_TYPE_ARRAY_OF_MAPS,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_HASH_OF_MAPS,
  BPF_MAP_TYPE_LPM_TRIE,
  BPF_MAP_TYPE_LRU_HASH,
  BPF_MAP_TYPE_LRU_PERCPU_HASH,
  BPF_MAP_TYPE_PERCPU_ARRAY,
  BPF_MAP_TYPE_PERCPU_HASH,
} from "../../abi/map-types.ts";
import type { WasmMemory } from "../../base/wasm.ts";
import { MAP_TYPE } from "../../layout/layout.ts";
import type { Code } from "../../wasm/code.ts";
import { ModuleBuilder } from "../../wasm/module.ts";
import * as op from "../../wasm/op.ts";
import { arraySlot, callBoth, emit, locals, MAP, word } from "./emit.ts";
import { findBody, hashBody, hashLookupBody, unlinkBody } from "./hash-code.ts";
import { lpmLookupBody } from "./lpm-code.ts";
import { EVICT_LOCALS, evictBody, LINK_LOCALS, linkBody, lruUnlinkBody, UNLINK_LOCALS } from "./lru-code.ts";
import { copyBody, removeBody, updateBody } from "./update-code.ts";

/** What the module calls for maps that it does not know. */
export interface SlowMaps {
  lookup(map: number, key: number): number;
  update(map: number, key: number, value: number, flagsLo: number, flagsHi: number): number;
  remove(map: number, key: number): number;
}

export interface MapModule extends SlowMaps {
  hashLookup(map: number, key: number): number;
}

/** Compiles and instantiates over `memory`. */
export function instantiateMaps(memory: WasmMemory, slow: SlowMaps): MapModule {
  compiled ??= new WebAssembly.Module(buildMapModule());
  const instance = new WebAssembly.Instance(compiled, {
    env: { memory, lookup: slow.lookup, update: slow.update, remove: slow.remove },
  });
  return instance.exports as unknown as MapModule;
}

let compiled: WebAssembly.Module | null = null;

const { I32 } = op;

function buildMapModule(): Uint8Array {
  const m = new ModuleBuilder();
  const two = m.type([I32, I32], [I32]);
  const three = m.type([I32, I32, I32], [I32]);
  const five = m.type([I32, I32, I32, I32, I32], [I32]);
  m.importMemory("env", "memory", 1);
  const slow = {
    lookup: m.importFunc("env", "lookup", two),
    update: m.importFunc("env", "update", five),
    remove: m.importFunc("env", "remove", two),
  };
  const hash = m.func(two, "hash");
  const find = m.func(three, "find");
  const hashLookup = m.func(two, "hashLookup");
  const lpmLookup = m.func(two, "lpmLookup");
  const lookup = m.func(two, "lookup");
  const copy = m.func(m.type([I32, I32, I32], []), "copy");
  const unlink = m.func(m.type([I32, I32, I32], []), "unlink");
  const lruLink = m.func(m.type([I32, I32, I32], []), "lruLink");
  const lruUnlink = m.func(m.type([I32, I32], []), "lruUnlink");
  const evict = m.func(m.type([I32], [I32]), "evict");
  const update = m.func(five, "update");
  const remove = m.func(two, "remove");

  m.body(hash, locals(4), hashBody());
  m.body(find, locals(2), findBody());
  m.body(hashLookup, [I32, I32, I32, op.I64, op.I64], hashLookupBody(hash, find));
  m.body(lpmLookup, locals(9), lpmLookupBody());
  m.body(lookup, locals(1), lookupBody(hashLookup, lpmLookup, slow.lookup));
  m.body(copy, locals(0), copyBody());
  m.body(unlink, locals(1), unlinkBody());
  m.body(lruLink, LINK_LOCALS, linkBody());
  m.body(lruUnlink, UNLINK_LOCALS, lruUnlinkBody());
  m.body(evict, EVICT_LOCALS, evictBody(lruLink, lruUnlink));
  const funcs = { hash, find, copy, unlink, lruLink, lruUnlink, evict };
  m.body(update, locals(4), updateBody({ ...funcs, slow: slow.update }));
  m.body(remove, locals(2), removeBody({ ...funcs, slow: slow.remove }));
  for (const [name, func] of Object.entries({ lookup, hashLookup, update, remove })) m.exportFunc(name, func);
  return m.build().bytes;
}

/** lookup(map, key): by type. */
function lookupBody(hashLookup: number, lpmLookup: number, slow: number): Uint8Array {
  const found = 2;
  const arms: readonly (readonly [types: readonly number[], write: (c: Code) => void])[] = [
    [[BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY], (c) => arraySlot(c, true)],
    [
      [BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_LRU_PERCPU_HASH],
      (c) => callBoth(c, hashLookup),
    ],
    [[BPF_MAP_TYPE_LPM_TRIE], (c) => callBoth(c, lpmLookup)],
    [
      [BPF_MAP_TYPE_ARRAY_OF_MAPS],
      (c) => {
        arraySlot(c, false);
        c.set(found);
        deref(c, found);
      },
    ],
    [
      [BPF_MAP_TYPE_HASH_OF_MAPS],
      (c) => {
        callBoth(c, hashLookup);
        c.set(found);
        deref(c, found);
      },
    ],
  ];
  const last = Math.max(...arms.flatMap(([types]) => types));
  return emit((c) => {
    for (let i = 0; i <= arms.length; i++) c.open(op.BLOCK, op.VOID);
    word(c, MAP, MAP_TYPE);
    c.op(op.BR_TABLE);
    c.u32(last + 1);
    for (let type = 0; type <= last; type++) {
      const arm = arms.findIndex(([types]) => types.includes(type));
      c.u32(arm < 0 ? arms.length : arm);
    }
    c.u32(arms.length);
    for (const [, write] of arms) {
      c.op(op.END);
      write(c);
      c.op(op.RETURN);
    }
    c.op(op.END);
    callBoth(c, slow);
  });
}

/** The u32 at the address in a local, or 0 where that is 0. */
function deref(c: Code, local: number): void {
  c.get(local);
  c.open(op.IF, I32);
  word(c, local, 0);
  c.op(op.ELSE);
  c.i32(0);
  c.op(op.END);
}
