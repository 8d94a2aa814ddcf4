/** The map module's hash, find and lookup over the layout of hash-layout.ts. */
import { CELL_CPU, MAP_CPU_STRIDE, MAP_DATA, MAP_KEY_SIZE } from "../../layout/layout.ts";
import type { Code } from "../../wasm/code.ts";
import * as op from "../../wasm/op.ts";
import { emit, KEY, loose, MAP, word } from "./emit.ts";
import {
  ELEM_HASH,
  ELEM_KEY,
  HASH_LRU,
  HASH_MASK,
  HASH_MUL,
  HASH_MUL_END,
  HASH_SEED,
  HASH_VALUE_OFF,
  LRU_REF,
} from "./hash-layout.ts";

const { I32 } = op;

/** One round of the hash, the word already on the stack: h = (h ^ w) * MUL; h ^= h >>> 15. */
function round(c: Code, h: number): void {
  c.get(h);
  c.op(op.I32_XOR);
  c.i32(HASH_MUL | 0);
  c.op(op.I32_MUL);
  c.tee(h);
  c.get(h);
  c.i32(15);
  c.op(op.I32_SHR_U);
  c.op(op.I32_XOR);
  c.set(h);
}

/** Leaves the finished hash on the stack. */
function finish(c: Code, h: number): void {
  c.get(h);
  c.i32(HASH_MUL_END | 0);
  c.op(op.I32_MUL);
  c.tee(h);
  c.get(h);
  c.i32(16);
  c.op(op.I32_SHR_U);
  c.op(op.I32_XOR);
}

/** Address of the bucket of the hash on the stack. */
export function bucket(c: Code): void {
  word(c, MAP, HASH_MASK);
  c.op(op.I32_AND);
  c.i32(2);
  c.op(op.I32_SHL);
  word(c, MAP, MAP_DATA);
  c.op(op.I32_ADD);
}

/** hash(map, key): any key size. */
export function hashBody(): Uint8Array {
  const [h, at, end, rest] = [2, 3, 4, 5];
  return emit((c) => {
    word(c, MAP, HASH_SEED);
    c.set(h);
    c.get(KEY);
    c.set(at);
    c.get(KEY);
    word(c, MAP, MAP_KEY_SIZE);
    c.tee(rest);
    c.i32(-4);
    c.op(op.I32_AND);
    c.op(op.I32_ADD);
    c.set(end);
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    c.get(at);
    c.get(end);
    c.op(op.I32_GE_U);
    c.brIf(1);
    loose(c, op.I32_LOAD, at, 0);
    round(c, h);
    c.get(at);
    c.i32(4);
    c.op(op.I32_ADD);
    c.set(at);
    c.br(0);
    c.op(op.END);
    c.op(op.END);
    // The last 1 to 3 bytes as one word: 16 bits where there are two, 8 above them.
    c.get(rest);
    c.i32(3);
    c.op(op.I32_AND);
    c.tee(rest);
    c.open(op.IF, op.VOID);
    c.get(rest);
    c.i32(1);
    c.op(op.I32_EQ);
    c.open(op.IF, I32);
    loose(c, op.I32_LOAD8_U, at, 0);
    c.op(op.ELSE);
    loose(c, op.I32_LOAD16_U, at, 0);
    c.get(rest);
    c.i32(3);
    c.op(op.I32_EQ);
    c.open(op.IF, I32);
    loose(c, op.I32_LOAD8_U, at, 2);
    c.i32(16);
    c.op(op.I32_SHL);
    c.op(op.ELSE);
    c.i32(0);
    c.op(op.END);
    c.op(op.I32_OR);
    c.op(op.END);
    round(c, h);
    c.op(op.END);
    finish(c, h);
  });
}

/** find(map, key, hash): the element or 0, any key size. */
export function findBody(): Uint8Array {
  const [hash, elem, i] = [2, 3, 4];
  return emit((c) => {
    c.get(hash);
    bucket(c);
    c.set(elem);
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    word(c, elem, 0);
    c.tee(elem);
    c.op(op.I32_EQZ);
    c.brIf(1);
    word(c, elem, ELEM_HASH);
    c.get(hash);
    c.op(op.I32_NE);
    c.brIf(0);
    c.i32(0);
    c.set(i);
    c.open(op.LOOP, op.VOID);
    // Fewer than 4 bytes left: compare them one by one.
    c.get(i);
    c.i32(4);
    c.op(op.I32_ADD);
    word(c, MAP, MAP_KEY_SIZE);
    c.op(op.I32_LE_U);
    c.open(op.IF, op.VOID);
    for (const base of [elem, KEY]) {
      c.get(base);
      c.get(i);
      c.op(op.I32_ADD);
      c.mem(op.I32_LOAD, 0, base === elem ? ELEM_KEY : 0);
    }
    c.op(op.I32_NE);
    c.brIf(2);
    c.get(i);
    c.i32(4);
    c.op(op.I32_ADD);
    c.set(i);
    c.br(1);
    c.op(op.END);
    c.get(i);
    word(c, MAP, MAP_KEY_SIZE);
    c.op(op.I32_LT_U);
    c.open(op.IF, op.VOID);
    for (const base of [elem, KEY]) {
      c.get(base);
      c.get(i);
      c.op(op.I32_ADD);
      c.mem(op.I32_LOAD8_U, 0, base === elem ? ELEM_KEY : 0);
    }
    c.op(op.I32_NE);
    c.brIf(2);
    c.get(i);
    c.i32(1);
    c.op(op.I32_ADD);
    c.set(i);
    c.br(1);
    c.op(op.END);
    c.op(op.END);
    c.op(op.END);
    c.op(op.END);
    c.get(elem);
  });
}

/** hashLookup(map, key): the address of the value for the current CPU, LRU elements marked. */
export function hashLookupBody(hash: number, find: number): Uint8Array {
  const [size, h, elem, k0, k1] = [2, 3, 4, 5, 6];

  /** Compares in the loop by what `differs` leaves: not 0 where the element holds another key. */
  const walk = (c: Code, differs: () => void): void => {
    finish(c, h);
    bucket(c);
    c.set(elem);
    c.open(op.LOOP, op.VOID);
    word(c, elem, 0);
    c.tee(elem);
    c.open(op.IF, op.VOID);
    differs();
    c.brIf(1);
    c.op(op.END);
    c.op(op.END);
  };
  const differs64 = (c: Code, offset: number, k: number): void => {
    c.get(elem);
    c.mem(op.I64_LOAD, 3, ELEM_KEY + offset);
    c.get(k);
    c.op(op.I64_NE);
  };
  /** Two rounds over a 64-bit word in a local. */
  const rounds64 = (c: Code, k: number): void => {
    c.get(k);
    c.op(op.I32_WRAP_I64);
    round(c, h);
    c.get(k);
    c.i64(32, 0);
    c.op(op.I64_SHR_U);
    c.op(op.I32_WRAP_I64);
    round(c, h);
  };

  return emit((c) => {
    word(c, MAP, MAP_KEY_SIZE);
    c.set(size);
    word(c, MAP, HASH_SEED);
    c.set(h);
    c.open(op.BLOCK, op.VOID);
    c.get(size);
    c.i32(4);
    c.op(op.I32_EQ);
    c.open(op.IF, op.VOID);
    loose(c, op.I32_LOAD, KEY, 0);
    c.tee(size);
    round(c, h);
    walk(c, () => {
      c.get(elem);
      c.mem(op.I32_LOAD, 2, ELEM_KEY);
      c.get(size);
      c.op(op.I32_NE);
    });
    c.br(1);
    c.op(op.END);
    c.get(size);
    c.i32(8);
    c.op(op.I32_EQ);
    c.open(op.IF, op.VOID);
    loose(c, op.I64_LOAD, KEY, 0);
    c.set(k0);
    rounds64(c, k0);
    walk(c, () => differs64(c, 0, k0));
    c.br(1);
    c.op(op.END);
    c.get(size);
    c.i32(16);
    c.op(op.I32_EQ);
    c.open(op.IF, op.VOID);
    loose(c, op.I64_LOAD, KEY, 0);
    c.set(k0);
    loose(c, op.I64_LOAD, KEY, 8);
    c.set(k1);
    rounds64(c, k0);
    rounds64(c, k1);
    walk(c, () => {
      differs64(c, 0, k0);
      differs64(c, 8, k1);
      c.op(op.I32_OR);
    });
    c.br(1);
    c.op(op.END);
    c.get(MAP);
    c.get(KEY);
    c.get(MAP);
    c.get(KEY);
    c.call(hash);
    c.call(find);
    c.set(elem);
    c.op(op.END);

    c.get(elem);
    c.op(op.I32_EQZ);
    c.open(op.IF, op.VOID);
    c.i32(0);
    c.op(op.RETURN);
    c.op(op.END);
    word(c, MAP, HASH_LRU);
    c.open(op.IF, op.VOID);
    c.get(elem);
    c.i32(-LRU_REF);
    c.op(op.I32_SUB);
    c.i32(1);
    c.mem(op.I32_STORE8, 0, 0);
    c.op(op.END);
    c.get(elem);
    word(c, MAP, HASH_VALUE_OFF);
    c.op(op.I32_ADD);
    c.i32(CELL_CPU);
    c.mem(op.I32_LOAD, 2, 0);
    word(c, MAP, MAP_CPU_STRIDE);
    c.op(op.I32_MUL);
    c.op(op.I32_ADD);
  });
}

/** unlink(map, elem, hash): takes the element out of its bucket; it must be there. */
export function unlinkBody(): Uint8Array {
  const [elem, hash, link] = [1, 2, 3];
  return emit((c) => {
    c.get(hash);
    bucket(c);
    c.set(link);
    c.open(op.LOOP, op.VOID);
    word(c, link, 0);
    c.get(elem);
    c.op(op.I32_NE);
    c.open(op.IF, op.VOID);
    word(c, link, 0);
    c.set(link);
    c.br(1);
    c.op(op.END);
    c.op(op.END);
    c.get(link);
    word(c, elem, 0);
    c.mem(op.I32_STORE, 2, 0);
  });
}
