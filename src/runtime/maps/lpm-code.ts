/** The map module's longest prefix match over the layout of lpm.ts. */
import { MAP_DATA } from "../../layout/layout.ts";
import * as op from "../../wasm/op.ts";
import { emit, KEY, loose, MAP, swap32, word } from "./emit.ts";
import {
  LPM_DATA_BYTES,
  LPM_VALUE_OFF,
  NODE_CHILD,
  NODE_DATA,
  NODE_FLAGS,
  NODE_INTERMEDIATE,
  NODE_KEY,
} from "./lpm.ts";

const { I32 } = op;

/** lpmLookup(map, key): see maps/lpm.ts; whole words are compared, bits past the prefix are cut off by the limit. */
export function lpmLookupBody(): Uint8Array {
  const [prefix, node, found, limit, matched, i, diff, nodePrefix, max] = [2, 3, 4, 5, 6, 7, 8, 9, 10];
  return emit((c) => {
    word(c, MAP, LPM_DATA_BYTES);
    c.i32(3);
    c.op(op.I32_SHL);
    c.set(max);
    loose(c, op.I32_LOAD, KEY, 0);
    c.tee(prefix);
    c.get(max);
    c.op(op.I32_GT_U);
    c.open(op.IF, op.VOID);
    c.i32(0);
    c.op(op.RETURN);
    c.op(op.END);
    word(c, MAP, MAP_DATA);
    c.set(node);
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    c.get(node);
    c.op(op.I32_EQZ);
    c.brIf(1);
    // limit = min(node's prefix, key's prefix)
    word(c, node, NODE_KEY);
    c.tee(nodePrefix);
    c.get(prefix);
    c.get(nodePrefix);
    c.get(prefix);
    c.op(op.I32_LT_U);
    c.op(op.SELECT);
    c.tee(limit);
    c.set(matched);
    c.i32(0);
    c.set(i);
    c.open(op.BLOCK, op.VOID);
    c.open(op.LOOP, op.VOID);
    c.get(i);
    c.i32(3);
    c.op(op.I32_SHL);
    c.get(limit);
    c.op(op.I32_GE_U);
    c.brIf(1);
    for (const [base, offset] of [
      [node, NODE_DATA],
      [KEY, 4],
    ] as const) {
      c.get(base);
      c.get(i);
      c.op(op.I32_ADD);
      c.mem(op.I32_LOAD, 0, offset);
    }
    c.op(op.I32_XOR);
    c.tee(diff);
    c.open(op.IF, op.VOID);
    // 8 * i + clz(diff in network order), at most limit
    c.get(i);
    c.i32(3);
    c.op(op.I32_SHL);
    swap32(c, diff);
    c.op(op.I32_CLZ);
    c.op(op.I32_ADD);
    c.tee(matched);
    c.get(limit);
    c.get(matched);
    c.get(limit);
    c.op(op.I32_LT_U);
    c.op(op.SELECT);
    c.set(matched);
    c.br(2);
    c.op(op.END);
    c.get(i);
    c.i32(4);
    c.op(op.I32_ADD);
    c.set(i);
    c.br(0);
    c.op(op.END);
    c.op(op.END);
    c.get(matched);
    c.get(max);
    c.op(op.I32_EQ);
    c.open(op.IF, op.VOID);
    c.get(node);
    c.set(found);
    c.br(2);
    c.op(op.END);
    c.get(matched);
    c.get(nodePrefix);
    c.op(op.I32_LT_U);
    c.brIf(1);
    c.get(node);
    c.get(found);
    word(c, node, NODE_FLAGS);
    c.i32(NODE_INTERMEDIATE);
    c.op(op.I32_NE);
    c.op(op.SELECT);
    c.set(found);
    // The child by the key's bit behind the node's prefix.
    c.get(node);
    c.get(KEY);
    c.get(nodePrefix);
    c.i32(3);
    c.op(op.I32_SHR_U);
    c.op(op.I32_ADD);
    c.mem(op.I32_LOAD8_U, 0, 4);
    c.i32(7);
    c.get(nodePrefix);
    c.i32(7);
    c.op(op.I32_AND);
    c.op(op.I32_SUB);
    c.op(op.I32_SHR_U);
    c.i32(1);
    c.op(op.I32_AND);
    c.i32(2);
    c.op(op.I32_SHL);
    c.op(op.I32_ADD);
    c.mem(op.I32_LOAD, 2, NODE_CHILD);
    c.set(node);
    c.br(0);
    c.op(op.END);
    c.op(op.END);
    c.get(found);
    c.open(op.IF, I32);
    c.get(found);
    word(c, MAP, LPM_VALUE_OFF);
    c.op(op.I32_ADD);
    c.op(op.ELSE);
    c.i32(0);
    c.op(op.END);
  });
}
