/**
 * The two lists of an LRU hash in WebAssembly: lru.ts says what they do; the map module's test holds both to the same bytes.
 *
 *     link(map, elem, active)   to the head of a list      unlink(map, elem)      evict(map) -> elem or 0
 *
 * Addresses are taken LRU_PREFIX below elements and sentinels, so that every offset is positive.
 */
import type { Code } from "../../wasm/code.ts";
import * as op from "../../wasm/op.ts";
import { emit, locals, MAP, setWord, word } from "./emit.ts";
import {
  HASH_ACTIVE,
  HASH_ACTIVE_COUNT,
  HASH_INACTIVE,
  HASH_INACTIVE_COUNT,
  LRU_LIST,
  LRU_NEXT,
  LRU_PREFIX,
  LRU_PREV,
  LRU_REF,
} from "./hash-layout.ts";

// Offsets from LRU_PREFIX below.
const PREV: number = LRU_PREV + LRU_PREFIX;
const NEXT: number = LRU_NEXT + LRU_PREFIX;
const LIST: number = LRU_LIST + LRU_PREFIX;
const REF: number = LRU_REF + LRU_PREFIX;
const LIST_ACTIVE = 1;
const LIST_INACTIVE = 2;
/** SCAN_MAX of lru.ts. */
const SCAN_MAX = 128;

const ELEM = 1;

/** local - LRU_PREFIX */
function below(c: Code, local: number): void {
  c.get(local);
  c.i32(LRU_PREFIX);
  c.op(op.I32_SUB);
}

/** count of the list += by; `active` is a local that holds 1 or 0. */
function addCount(c: Code, active: number, by: number): void {
  const at = (): void => {
    c.get(MAP);
    c.get(active);
    c.i32(HASH_INACTIVE_COUNT - HASH_ACTIVE_COUNT);
    c.op(op.I32_MUL);
    c.op(op.I32_SUB);
  };
  at();
  at();
  c.mem(op.I32_LOAD, 2, HASH_INACTIVE_COUNT);
  c.i32(by);
  c.op(op.I32_ADD);
  c.mem(op.I32_STORE, 2, HASH_INACTIVE_COUNT);
}

export const LINK_LOCALS: number[] = locals(3);

export function linkBody(): Uint8Array {
  const [active, list, first, e] = [2, 3, 4, 5];
  return emit((c) => {
    c.get(MAP);
    c.i32(HASH_INACTIVE);
    c.op(op.I32_ADD);
    c.get(active);
    c.i32(HASH_INACTIVE - HASH_ACTIVE);
    c.op(op.I32_MUL);
    c.op(op.I32_SUB);
    c.set(list);
    word(c, list, NEXT);
    c.set(first);
    below(c, ELEM);
    c.set(e);
    setWord(c, e, NEXT, () => c.get(first));
    setWord(c, e, PREV, () => {
      c.get(list);
      c.i32(LRU_PREFIX);
      c.op(op.I32_ADD);
    });
    below(c, first);
    c.get(ELEM);
    c.mem(op.I32_STORE, 2, PREV);
    setWord(c, list, NEXT, () => c.get(ELEM));
    c.get(e);
    c.i32(LIST_INACTIVE);
    c.get(active);
    c.i32(LIST_INACTIVE - LIST_ACTIVE);
    c.op(op.I32_MUL);
    c.op(op.I32_SUB);
    c.mem(op.I32_STORE8, 0, LIST);
    addCount(c, active, 1);
  });
}

export const UNLINK_LOCALS: number[] = locals(4);

export function lruUnlinkBody(): Uint8Array {
  const [e, prev, next, active] = [2, 3, 4, 5];
  return emit((c) => {
    below(c, ELEM);
    c.set(e);
    word(c, e, PREV);
    c.set(prev);
    word(c, e, NEXT);
    c.set(next);
    below(c, prev);
    c.get(next);
    c.mem(op.I32_STORE, 2, NEXT);
    below(c, next);
    c.get(prev);
    c.mem(op.I32_STORE, 2, PREV);
    c.get(e);
    c.mem(op.I32_LOAD8_U, 0, LIST);
    c.i32(LIST_ACTIVE);
    c.op(op.I32_EQ);
    c.set(active);
    addCount(c, active, -1);
    c.get(e);
    c.i32(0);
    c.mem(op.I32_STORE8, 0, LIST);
  });
}

export const EVICT_LOCALS: number[] = locals(2);

/** evict(map): `link` and `unlink` are the functions above. */
export function evictBody(link: number, unlink: number): Uint8Array {
  const [elem, left] = [1, 2];
  const head = (c: Code, list: number): void => {
    c.get(MAP);
    c.i32(list + LRU_PREFIX);
    c.op(op.I32_ADD);
  };
  /** elem = the tail of a list; leaves whether it has one. */
  const tail = (c: Code, list: number): void => {
    word(c, MAP, list + PREV);
    c.tee(elem);
    head(c, list);
    c.op(op.I32_NE);
  };
  const takeOut = (c: Code): void => {
    c.get(MAP);
    c.get(elem);
    c.call(unlink);
  };
  const moveTo = (c: Code, active: 0 | 1): void => {
    takeOut(c);
    c.get(MAP);
    c.get(elem);
    c.i32(active);
    c.call(link);
  };
  const isMarked = (c: Code): void => {
    below(c, elem);
    c.mem(op.I32_LOAD8_U, 0, REF);
  };
  const unmark = (c: Code): void => {
    below(c, elem);
    c.i32(0);
    c.mem(op.I32_STORE8, 0, REF);
  };
  /** At most SCAN_MAX turns of `body`, while the list has a tail. */
  const scan = (c: Code, list: number, body: () => void): void => {
    c.i32(SCAN_MAX);
    c.set(left);
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    tail(c, list);
    c.op(op.I32_EQZ);
    c.brIf(1);
    body();
    c.get(left);
    c.i32(1);
    c.op(op.I32_SUB);
    c.tee(left);
    c.brIf(0);
    c.op(op.END);
    c.op(op.END);
  };
  return emit((c) => {
    word(c, MAP, HASH_INACTIVE_COUNT);
    word(c, MAP, HASH_ACTIVE_COUNT);
    c.op(op.I32_LT_U);
    c.open(op.IF, op.VOID);
    scan(c, HASH_ACTIVE, () => {
      isMarked(c);
      c.open(op.IF, op.VOID);
      unmark(c);
      moveTo(c, 1);
      c.op(op.ELSE);
      moveTo(c, 0);
      c.op(op.END);
    });
    c.op(op.END);
    scan(c, HASH_INACTIVE, () => {
      isMarked(c);
      c.op(op.I32_EQZ);
      c.open(op.IF, op.VOID);
      takeOut(c);
      c.get(elem);
      c.op(op.RETURN);
      c.op(op.END);
      unmark(c);
      moveTo(c, 1);
    });
    // Everything that was looked at is in use: the oldest whatever its mark.
    tail(c, HASH_INACTIVE);
    c.op(op.I32_EQZ);
    c.open(op.IF, op.VOID);
    tail(c, HASH_ACTIVE);
    c.op(op.I32_EQZ);
    c.open(op.IF, op.VOID);
    c.i32(0);
    c.op(op.RETURN);
    c.op(op.END);
    c.op(op.END);
    takeOut(c);
    c.get(elem);
  });
}
