/**
 * Objects, lists and trees that programs make. Source: kernel/bpf/helpers.c. `meta` and `off`, which the kernel's verifier
 * fills in, are not needed: objects know their type (objects.ts).
 */
import { EINVAL } from "../../base/errno.ts";
import type { BtfView } from "../../btf/types.ts";
import type { EngineEnv } from "../../engine/engine.ts";
import { rbAdd, rbChild, rbFirst, rbHas, rbRemove, rbRoot } from "../rbtree.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

/** `env` runs the program's callbacks, `btf` knows its types. */
export function objectKfuncs(rt: Runtime, env: Pick<EngineEnv, "invoke">, btf: BtfView | null): readonly KfuncRow[] {
  const { u32, objects } = rt;
  const make = (typeId: number, copies: number): number =>
    btf === null || typeId >>> 0 >= btf.length ? 0 : objects.create(btf, typeId >>> 0, copies);

  function treeAdd(root: number, node: number, less: number): number {
    const err = rbAdd(u32, root >>> 0, node >>> 0, (a, b) => ((env.invoke?.(less, a, b, 0, 0) ?? 0) & 255) !== 0);
    if (err === -EINVAL) objects.drop(objects.ownerOf(node >>> 0));
    return err;
  }

  function treeRemove(root: number, node: number): number {
    if (!rbHas(u32, root >>> 0, node >>> 0)) return 0;
    rbRemove(u32, root >>> 0, node >>> 0);
    return node;
  }

  return [
    ["bpf_obj_new_impl", "ii->u", (typeId) => make(typeId!, 1)],
    ["bpf_percpu_obj_new_impl", "ii->u", (typeId) => make(typeId!, rt.cpus)],
    ["bpf_obj_drop_impl", "oi->v", (addr) => objects.drop(addr! >>> 0) as undefined],
    ["bpf_percpu_obj_drop_impl", "oi->v", (addr) => objects.drop(addr! >>> 0) as undefined],
    ["bpf_refcount_acquire_impl", "oi->u", (addr) => objects.acquire(addr! >>> 0)],
    ["bpf_list_push_front_impl", "64ii->s", (head, node) => objects.listAdd(head! >>> 0, node! >>> 0, false)],
    ["bpf_list_push_back_impl", "64ii->s", (head, node) => objects.listAdd(head! >>> 0, node! >>> 0, true)],
    ["bpf_list_pop_front", "6->u", (head) => objects.listTake(head! >>> 0, false)],
    ["bpf_list_pop_back", "6->u", (head) => objects.listTake(head! >>> 0, true)],
    ["bpf_list_front", "6->u", (head) => objects.listEnd(head! >>> 0, false)],
    ["bpf_list_back", "6->u", (head) => objects.listEnd(head! >>> 0, true)],
    ["bpf_rbtree_add_impl", "63iii->s", treeAdd],
    ["bpf_rbtree_remove", "63->u", treeRemove],
    ["bpf_rbtree_first", "6->u", (root) => rbFirst(u32, root! >>> 0)],
    ["bpf_rbtree_root", "6->u", (root) => rbRoot(u32, root! >>> 0)],
    ["bpf_rbtree_left", "63->u", (root, node) => rbChild(u32, root! >>> 0, node! >>> 0, "left")],
    ["bpf_rbtree_right", "63->u", (root, node) => rbChild(u32, root! >>> 0, node! >>> 0, "right")],
  ];
}
