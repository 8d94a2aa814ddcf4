/** The map module's update and delete of plain arrays and hashes. */
import { BPF_EXIST, BPF_NOEXIST } from "../../abi/flags.ts";
import { BPF_MAP_TYPE_ARRAY } from "../../abi/map-types.ts";
import { E2BIG, EEXIST, ENOENT, ENOMEM } from "../../base/errno.ts";
import {
  CELL_CPU,
  MAP_COUNT,
  MAP_CPU_STRIDE,
  MAP_KEY_SIZE,
  MAP_PLAIN,
  MAP_STRIDE,
  MAP_TYPE,
  MAP_VALUE_SIZE,
} from "../../layout/layout.ts";
import type { Code } from "../../wasm/code.ts";
import * as op from "../../wasm/op.ts";
import { arraySlot, callBoth, emit, failIf, KEY, loose, MAP, setWord, word } from "./emit.ts";
import { bucket } from "./hash-code.ts";
import {
  ELEM_HASH,
  ELEM_KEY,
  HASH_LIMIT,
  HASH_LRU,
  HASH_POOL,
  HASH_SPARE,
  HASH_VALUE_OFF,
  LRU_PREFIX,
  LRU_REF,
} from "./hash-layout.ts";
import { POOL_END, POOL_FREE, POOL_NEXT } from "./pool.ts";

/** copy(to, from, bytes): 8 at a time, then one by one; values are short and a call of memory.copy is not. */
export function copyBody(): Uint8Array {
  const [to, from, left] = [0, 1, 2];
  const step = (c: Code, bytes: number, load: number, store: number): void => {
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    c.get(left);
    c.i32(bytes);
    c.op(op.I32_LT_U);
    c.brIf(1);
    c.get(to);
    loose(c, load, from, 0);
    c.mem(store, 0, 0);
    for (const pointer of [to, from]) {
      c.get(pointer);
      c.i32(bytes);
      c.op(op.I32_ADD);
      c.set(pointer);
    }
    c.get(left);
    c.i32(bytes);
    c.op(op.I32_SUB);
    c.set(left);
    c.br(0);
    c.op(op.END);
    c.op(op.END);
  };
  return emit((c) => {
    step(c, 8, op.I64_LOAD, op.I64_STORE);
    step(c, 1, op.I32_LOAD8_U, op.I32_STORE8);
  });
}

export interface UpdateFuncs {
  readonly hash: number;
  readonly find: number;
  readonly copy: number;
  readonly unlink: number;
  readonly lruLink: number;
  readonly lruUnlink: number;
  readonly evict: number;
  readonly slow: number;
}

export function updateBody(f: UpdateFuncs): Uint8Array {
  const [value, lo, hi, old, elem, h, slot] = [2, 3, 4, 5, 6, 7, 8];
  const goSlow = (c: Code): void => {
    for (const param of [MAP, KEY, value, lo, hi]) c.get(param);
    c.call(f.slow);
    c.op(op.RETURN);
  };
  const array = (c: Code): void => {
    arraySlot(c, false);
    c.tee(slot);
    c.op(op.I32_EQZ);
    failIf(c, E2BIG);
    c.get(lo);
    c.i32(BPF_NOEXIST);
    c.op(op.I32_EQ);
    failIf(c, EEXIST);
    c.get(slot);
    c.get(value);
    word(c, MAP, MAP_VALUE_SIZE);
    c.call(f.copy);
    c.i32(0);
    c.op(op.RETURN);
  };
  /** Per-CPU types: writes over the current CPU's value and returns 0. */
  const inPlace = (c: Code): void => {
    word(c, MAP, HASH_LRU);
    c.open(op.IF, op.VOID);
    c.get(old);
    c.i32(-LRU_REF);
    c.op(op.I32_SUB);
    c.i32(1);
    c.mem(op.I32_STORE8, 0, 0);
    c.op(op.END);
    c.get(old);
    word(c, MAP, HASH_VALUE_OFF);
    c.op(op.I32_ADD);
    c.i32(CELL_CPU);
    c.mem(op.I32_LOAD, 2, 0);
    word(c, MAP, MAP_CPU_STRIDE);
    c.op(op.I32_MUL);
    c.op(op.I32_ADD);
    c.get(value);
    word(c, MAP, MAP_VALUE_SIZE);
    c.call(f.copy);
    c.i32(0);
    c.op(op.RETURN);
  };
  /** elem = an element from the free list or the chunk, or 0. */
  const take = (c: Code): void => {
    word(c, MAP, HASH_POOL + POOL_FREE);
    c.tee(elem);
    c.open(op.IF, op.VOID);
    setWord(c, MAP, HASH_POOL + POOL_FREE, () => word(c, elem, 0));
    c.op(op.ELSE);
    word(c, MAP, HASH_POOL + POOL_NEXT);
    word(c, MAP, HASH_POOL + POOL_END);
    c.op(op.I32_NE);
    c.open(op.IF, op.VOID);
    word(c, MAP, HASH_POOL + POOL_NEXT);
    // The prefix of LRU elements lies before their address.
    word(c, MAP, HASH_LRU);
    c.i32(LRU_PREFIX);
    c.op(op.I32_MUL);
    c.op(op.I32_ADD);
    c.set(elem);
    setWord(c, MAP, HASH_POOL + POOL_NEXT, () => {
      c.get(elem);
      word(c, MAP, HASH_VALUE_OFF);
      c.op(op.I32_ADD);
      word(c, MAP, MAP_STRIDE);
      c.op(op.I32_ADD);
    });
    c.op(op.END);
    c.op(op.END);
  };
  return emit((c) => {
    c.open(op.BLOCK, op.VOID);
    // Flags with BPF_F_LOCK or unknown bits, and maps with more to them, are for the slow path.
    c.get(hi);
    c.get(lo);
    c.i32(BPF_EXIST);
    c.op(op.I32_GT_U);
    c.op(op.I32_OR);
    word(c, MAP, MAP_PLAIN);
    c.op(op.I32_EQZ);
    c.op(op.I32_OR);
    c.brIf(0);
    word(c, MAP, MAP_TYPE);
    c.i32(BPF_MAP_TYPE_ARRAY);
    c.op(op.I32_EQ);
    c.open(op.IF, op.VOID);
    array(c);
    c.op(op.END);

    callBoth(c, f.hash);
    c.set(h);
    c.get(MAP);
    c.get(KEY);
    c.get(h);
    c.call(f.find);
    c.tee(old);
    c.open(op.IF, op.VOID);
    c.get(lo);
    c.i32(BPF_NOEXIST);
    c.op(op.I32_EQ);
    failIf(c, EEXIST);
    word(c, MAP, MAP_CPU_STRIDE);
    c.open(op.IF, op.VOID);
    inPlace(c);
    c.op(op.END);
    word(c, MAP, HASH_SPARE);
    c.tee(elem);
    c.op(op.I32_EQZ);
    c.brIf(1);
    c.op(op.ELSE);
    c.get(lo);
    c.i32(BPF_EXIST);
    c.op(op.I32_EQ);
    failIf(c, ENOENT);
    // The other CPUs' values are zeroed there.
    word(c, MAP, MAP_CPU_STRIDE);
    c.brIf(1);
    word(c, MAP, MAP_COUNT);
    word(c, MAP, HASH_LIMIT);
    c.op(op.I32_GE_U);
    c.open(op.IF, op.VOID);
    word(c, MAP, HASH_LRU);
    c.op(op.I32_EQZ);
    failIf(c, E2BIG);
    c.get(MAP);
    c.call(f.evict);
    c.tee(elem);
    c.op(op.I32_EQZ);
    failIf(c, ENOMEM);
    c.get(MAP);
    c.get(elem);
    word(c, elem, ELEM_HASH);
    c.call(f.unlink);
    c.op(op.ELSE);
    take(c);
    c.get(elem);
    c.op(op.I32_EQZ);
    c.brIf(2);
    setWord(c, MAP, MAP_COUNT, () => {
      word(c, MAP, MAP_COUNT);
      c.i32(1);
      c.op(op.I32_ADD);
    });
    c.op(op.END);
    c.op(op.END);

    c.get(elem);
    c.i32(ELEM_KEY);
    c.op(op.I32_ADD);
    c.get(KEY);
    word(c, MAP, MAP_KEY_SIZE);
    c.call(f.copy);
    c.get(elem);
    word(c, MAP, HASH_VALUE_OFF);
    c.op(op.I32_ADD);
    c.get(value);
    word(c, MAP, MAP_VALUE_SIZE);
    c.call(f.copy);
    setWord(c, elem, ELEM_HASH, () => c.get(h));
    c.get(h);
    bucket(c);
    c.set(slot);
    setWord(c, elem, 0, () => word(c, slot, 0));
    setWord(c, slot, 0, () => c.get(elem));
    word(c, MAP, HASH_LRU);
    c.open(op.IF, op.VOID);
    // The one that replaces another is in use.
    c.get(elem);
    c.i32(-LRU_REF);
    c.op(op.I32_SUB);
    c.get(old);
    c.i32(0);
    c.op(op.I32_NE);
    c.mem(op.I32_STORE8, 0, 0);
    c.get(MAP);
    c.get(elem);
    c.i32(0);
    c.call(f.lruLink);
    c.op(op.END);
    c.get(old);
    c.open(op.IF, op.VOID);
    c.get(MAP);
    c.get(old);
    c.get(h);
    c.call(f.unlink);
    word(c, MAP, HASH_LRU);
    c.open(op.IF, op.VOID);
    c.get(MAP);
    c.get(old);
    c.call(f.lruUnlink);
    c.op(op.END);
    setWord(c, MAP, HASH_SPARE, () => c.get(old));
    c.op(op.END);
    c.i32(0);
    c.op(op.RETURN);
    c.op(op.END);
    goSlow(c);
    c.op(op.UNREACHABLE);
  });
}

export function removeBody(f: UpdateFuncs): Uint8Array {
  const [h, elem] = [2, 3];
  return emit((c) => {
    word(c, MAP, MAP_PLAIN);
    c.op(op.I32_EQZ);
    word(c, MAP, MAP_TYPE);
    c.i32(BPF_MAP_TYPE_ARRAY);
    c.op(op.I32_EQ);
    c.op(op.I32_OR);
    c.open(op.IF, op.VOID);
    callBoth(c, f.slow);
    c.op(op.RETURN);
    c.op(op.END);
    c.get(MAP);
    c.get(KEY);
    callBoth(c, f.hash);
    c.tee(h);
    c.call(f.find);
    c.tee(elem);
    c.op(op.I32_EQZ);
    failIf(c, ENOENT);
    c.get(MAP);
    c.get(elem);
    c.get(h);
    c.call(f.unlink);
    word(c, MAP, HASH_LRU);
    c.open(op.IF, op.VOID);
    c.get(MAP);
    c.get(elem);
    c.call(f.lruUnlink);
    c.op(op.END);
    setWord(c, elem, 0, () => word(c, MAP, HASH_POOL + POOL_FREE));
    setWord(c, MAP, HASH_POOL + POOL_FREE, () => c.get(elem));
    setWord(c, MAP, MAP_COUNT, () => {
      word(c, MAP, MAP_COUNT);
      c.i32(1);
      c.op(op.I32_SUB);
    });
    c.i32(0);
  });
}
