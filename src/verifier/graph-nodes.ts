/**
 * Linked lists and red-black trees of the program's own objects. Source: kernel/bpf/verifier.c,
 * __process_kf_arg_ptr_to_graph_root, ref_convert_owning_non_owning, mark_reg_graph_node.
 */
import { EFAULT, EINVAL } from "../base/errno.ts";
import { uninitReg } from "./args.ts";
import { structsMatch } from "./btf-match.ts";
import type { EntrySetter } from "./calls.ts";
import { type Env, regsOf } from "./env.ts";
import type { KfuncMeta } from "./kfunc-args.ts";
import { fail, Reject, say } from "./log.ts";
import { btfName } from "./print.ts";
import {
  BPF_LIST_HEAD,
  BPF_LIST_NODE,
  BPF_RB_NODE,
  BPF_RB_ROOT,
  BPF_REFCOUNT,
  BPF_SPIN_LOCK,
  type Field,
  fieldName,
  fieldOffset,
  findField,
  hasField,
} from "./record.ts";
import { forEachReg, hasLock, hasRef } from "./refs.ts";
import { recordOfReg } from "./reg-record.ts";
import * as R from "./regs.ts";
import { REF_TYPE_LOCK_MASK } from "./state.ts";

const { REG_WORDS } = R;

/** What a root holds, at its node. */
export function markGraphNode(w: R.Words, at: number, field: Field): void {
  R.markKnown(w, at, 0, 0);
  w[at] = R.PTR_TO_BTF_ID | R.MEM_ALLOC;
  w[at + R.RAW0] = field.btf;
  w[at + R.RAW1] = field.btfId;
  w[at + R.OFF] = field.nodeOffBytes;
}

export function setNonOwning(env: Env, w: R.Words, at: number): void {
  if (env.cur.activeLocks === 0 || w[at]! & R.NON_OWN_REF) throw new Reject(EFAULT);
  const record = recordOfReg(env, w, at);
  w[at] = w[at]! | R.NON_OWN_REF;
  if (hasField(record, BPF_REFCOUNT)) w[at] = w[at]! | R.MEM_RCU;
}

/** The object belongs to a list or tree now: what owned it only points to it, while the lock is held. */
export function disown(env: Env, ref: number): void {
  if (ref === 0 || !hasRef(env.cur, ref)) throw new Reject(EFAULT);
  forEachReg(env.cur, (w, at) => {
    if (w[at + R.REF] !== ref) return;
    w[at + R.REF] = 0;
    setNonOwning(env, w, at);
  });
}

/** "held lock and object are not in the same allocation". */
function isLocked(env: Env, w: R.Words, at: number): boolean {
  if (env.cur.activeLocks === 0) return false;
  const ptr = w[at] === R.PTR_TO_MAP_VALUE ? w[at + R.RAW0]! : -1;
  if (hasLock(env.cur, REF_TYPE_LOCK_MASK, w[at + R.ID]!, ptr)) return true;
  say(env.log, "held lock and object are not in the same allocation");
  return false;
}

/** R`r` is the head of a list or the root of a tree. */
export function checkRoot(env: Env, r: number, meta: KfuncMeta, type: number): void {
  const { log } = env;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  if (w[at] !== R.PTR_TO_MAP_VALUE && w[at] !== (R.PTR_TO_BTF_ID | R.MEM_ALLOC)) {
    fail(log, EINVAL, `arg#${r - 1} expected pointer to map value or allocated object`);
  }
  if (w[at] !== R.PTR_TO_MAP_VALUE && w[at + R.REF] === 0) fail(log, EINVAL, "allocated object must be referenced");
  const name = fieldName(type);
  if (!R.isConst(w, at)) {
    fail(log, EINVAL, `R${r} doesn't have constant offset. ${name} has to be at the constant offset`);
  }
  const record = recordOfReg(env, w, at);
  const off = w[at + R.OFF]! + w[at + R.VAL]!;
  const field = findField(record, off, type);
  if (field === null) fail(log, EINVAL, `${name} not found at offset=${off}`);
  if (!isLocked(env, w, at)) {
    fail(log, EINVAL, `bpf_spin_lock at off=${fieldOffset(record, BPF_SPIN_LOCK)} must be held for ${name}`);
  }
  if (meta.root !== null) throw new Reject(EFAULT);
  meta.root = field;
}

/** R`r` is a node of what the root holds. */
export function checkNode(env: Env, r: number, meta: KfuncMeta, type: number): void {
  const { log } = env;
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const name = fieldName(type);
  if (!R.isConst(w, at)) {
    fail(log, EINVAL, `R${r} doesn't have constant offset. ${name} has to be at the constant offset`);
  }
  const off = w[at + R.OFF]! + w[at + R.VAL]!;
  if (findField(recordOfReg(env, w, at), off, type) === null) fail(log, EINVAL, `${name} not found at offset=${off}`);
  const { root } = meta;
  if (root === null) throw new Reject(EFAULT);
  const owner = btfName(env, root.btf, root.btfId);
  const btf = w[at + R.RAW0]!;
  const id = w[at + R.RAW1]!;
  if (!structsMatch(env, btf, id, 0, root.btf, root.btfId, true)) {
    const rootName = fieldName(type === BPF_LIST_NODE ? BPF_LIST_HEAD : BPF_RB_ROOT);
    fail(
      log,
      EINVAL,
      `operation on ${rootName} expects arg#1 ${name} at offset=${root.nodeOffBytes} in struct ${owner}, ` +
        `but arg is at offset=${off} in struct ${btfName(env, btf, id)}`,
    );
  }
  meta.argBtf = btf;
  meta.argBtfId = id;
  if (off !== root.nodeOffBytes) {
    fail(log, EINVAL, `arg#1 offset=${off}, but expected ${name} at offset=${root.nodeOffBytes} in struct ${owner}`);
  }
}

export function isNodeType(name: string): boolean {
  return name === fieldName(BPF_LIST_NODE) || name === fieldName(BPF_RB_NODE);
}

/** The comparison callback of bpf_rbtree_add: two nodes of the tree. */
export const rbtreeAddEntry: EntrySetter = (env, caller, callee) => {
  const at = REG_WORDS;
  const field = findField(recordOfReg(env, caller.w, at), caller.w[at + R.OFF]!, BPF_RB_ROOT);
  if (field === null || field.btfId === 0) throw new Reject(EFAULT);
  for (const r of [1, 2]) {
    markGraphNode(callee.w, r * REG_WORDS, field);
    setNonOwning(env, callee.w, r * REG_WORDS);
  }
  for (let r = 3; r <= 5; r++) uninitReg(env, callee.w, r * REG_WORDS);
  callee.inCallback = true;
  callee.retMin = 0;
  callee.retMax = 1;
};
