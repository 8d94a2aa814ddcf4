/**
 * A small kernel BTF for kfuncs, for where there is no kernel: in a browser, on another OS, in CI. It knows the kfuncs that work on
 * memory, packets and objects of the program; those that give kernel objects need a kernel's own BTF to say what is in them.
 *
 * Source: kernel/bpf/{helpers,bpf_iter,cpumask}.c, net/core/{filter,xdp}.c, 6.18. Names of parameters count: their suffixes
 * (__uninit, __sz, __szk, __opt, __ign, __k, __str) tell the verifier what they are (Documentation/bpf/kfuncs.rst).
 */
import { bug } from "../base/error.ts";
import type { Btf } from "../btf/btf.ts";
import { BtfBuilder } from "../btf/write.ts";

/** Name, size in bytes, and the struct that it begins with, if any. */
const STRUCTS = `
  xdp_md 24 | __sk_buff 192 | bpf_dynptr 16 | bpf_iter_num 8 | bpf_iter_bits 16 | bpf_wq 16 | bpf_refcount 4
  bpf_list_head 16 | bpf_list_node 24 | bpf_rb_root 16 | bpf_rb_node 32 | cpumask 128 | bpf_cpumask 136 cpumask
  bpf_res_spin_lock 8`;

const PROTOS = `
  int bpf_dynptr_from_xdp(xdp_md *x, u64 flags, bpf_dynptr *ptr__uninit)
  int bpf_dynptr_from_skb(__sk_buff *s, u64 flags, bpf_dynptr *ptr__uninit)
  int bpf_dynptr_from_skb_meta(__sk_buff *skb_, u64 flags, bpf_dynptr *ptr__uninit)
  int bpf_xdp_pull_data(xdp_md *x, u32 len)
  int bpf_xdp_metadata_rx_timestamp(const xdp_md *ctx, u64 *timestamp)
  void *bpf_dynptr_slice(const bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
  void *bpf_dynptr_slice_rdwr(const bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
  int bpf_dynptr_adjust(const bpf_dynptr *p, u32 start, u32 end)
  bool bpf_dynptr_is_null(const bpf_dynptr *p)
  bool bpf_dynptr_is_rdonly(const bpf_dynptr *p)
  u32 bpf_dynptr_size(const bpf_dynptr *p)
  int bpf_dynptr_clone(const bpf_dynptr *p, bpf_dynptr *clone__uninit)
  int bpf_dynptr_copy(bpf_dynptr *dst_ptr, u32 dst_off, bpf_dynptr *src_ptr, u32 src_off, u32 size)
  int bpf_dynptr_memset(bpf_dynptr *p, u32 offset, u32 size, u8 val)
  int bpf_iter_num_new(bpf_iter_num *it, int start, int end)
  int *bpf_iter_num_next(bpf_iter_num *it)
  void bpf_iter_num_destroy(bpf_iter_num *it)
  int bpf_iter_bits_new(bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words)
  int *bpf_iter_bits_next(bpf_iter_bits *it)
  void bpf_iter_bits_destroy(bpf_iter_bits *it)
  int bpf_strcmp(const char *s1__ign, const char *s2__ign)
  int bpf_strcasecmp(const char *s1__ign, const char *s2__ign)
  int bpf_strnchr(const char *s__ign, size_t count, char c)
  int bpf_strchr(const char *s__ign, char c)
  int bpf_strchrnul(const char *s__ign, char c)
  int bpf_strrchr(const char *s__ign, int c)
  int bpf_strnlen(const char *s__ign, size_t count)
  int bpf_strlen(const char *s__ign)
  int bpf_strspn(const char *s__ign, const char *accept__ign)
  int bpf_strcspn(const char *s__ign, const char *reject__ign)
  int bpf_strnstr(const char *s1__ign, const char *s2__ign, size_t len)
  int bpf_strstr(const char *s1__ign, const char *s2__ign)
  void bpf_rcu_read_lock(void)
  void bpf_rcu_read_unlock(void)
  void bpf_preempt_disable(void)
  void bpf_preempt_enable(void)
  void bpf_local_irq_save(ulong *flags__irq_flag)
  void bpf_local_irq_restore(ulong *flags__irq_flag)
  int bpf_res_spin_lock(bpf_res_spin_lock *lock)
  void bpf_res_spin_unlock(bpf_res_spin_lock *lock)
  void *bpf_obj_new_impl(u64 local_type_id__k, void *meta__ign)
  void bpf_obj_drop_impl(void *p__alloc, void *meta__ign)
  void *bpf_percpu_obj_new_impl(u64 local_type_id__k, void *meta__ign)
  void bpf_percpu_obj_drop_impl(void *p__alloc, void *meta__ign)
  void *bpf_refcount_acquire_impl(void *p__refcounted_kptr, void *meta__ign)
  int bpf_list_push_front_impl(bpf_list_head *head, bpf_list_node *node, void *meta__ign, u64 off)
  int bpf_list_push_back_impl(bpf_list_head *head, bpf_list_node *node, void *meta__ign, u64 off)
  bpf_list_node *bpf_list_pop_front(bpf_list_head *head)
  bpf_list_node *bpf_list_pop_back(bpf_list_head *head)
  bpf_list_node *bpf_list_front(bpf_list_head *head)
  bpf_list_node *bpf_list_back(bpf_list_head *head)
  bpf_rb_node *bpf_rbtree_remove(bpf_rb_root *root, bpf_rb_node *node)
  int bpf_rbtree_add_impl(bpf_rb_root *root, bpf_rb_node *node, bool (less)(bpf_rb_node *a, const bpf_rb_node *b), void *meta__ign, u64 off)
  bpf_rb_node *bpf_rbtree_first(bpf_rb_root *root)
  bpf_rb_node *bpf_rbtree_root(bpf_rb_root *root)
  bpf_rb_node *bpf_rbtree_left(bpf_rb_root *root, bpf_rb_node *node)
  bpf_rb_node *bpf_rbtree_right(bpf_rb_root *root, bpf_rb_node *node)
  void bpf_throw(u64 cookie)
  int bpf_wq_init(bpf_wq *wq, void *p__map, uint flags)
  int bpf_wq_start(bpf_wq *wq, uint flags)
  bpf_cpumask *bpf_cpumask_create(void)
  bpf_cpumask *bpf_cpumask_acquire(bpf_cpumask *cpumask)
  void bpf_cpumask_release(bpf_cpumask *cpumask)
  u32 bpf_cpumask_first(const cpumask *cpumask)
  u32 bpf_cpumask_first_zero(const cpumask *cpumask)
  u32 bpf_cpumask_first_and(const cpumask *src1, const cpumask *src2)
  void bpf_cpumask_set_cpu(u32 cpu, bpf_cpumask *cpumask)
  void bpf_cpumask_clear_cpu(u32 cpu, bpf_cpumask *cpumask)
  bool bpf_cpumask_test_cpu(u32 cpu, const cpumask *cpumask)
  bool bpf_cpumask_test_and_set_cpu(u32 cpu, bpf_cpumask *cpumask)
  bool bpf_cpumask_test_and_clear_cpu(u32 cpu, bpf_cpumask *cpumask)
  void bpf_cpumask_setall(bpf_cpumask *cpumask)
  void bpf_cpumask_clear(bpf_cpumask *cpumask)
  bool bpf_cpumask_and(bpf_cpumask *dst, const cpumask *src1, const cpumask *src2)
  void bpf_cpumask_or(bpf_cpumask *dst, const cpumask *src1, const cpumask *src2)
  void bpf_cpumask_xor(bpf_cpumask *dst, const cpumask *src1, const cpumask *src2)
  bool bpf_cpumask_equal(const cpumask *src1, const cpumask *src2)
  bool bpf_cpumask_intersects(const cpumask *src1, const cpumask *src2)
  bool bpf_cpumask_subset(const cpumask *src1, const cpumask *src2)
  bool bpf_cpumask_empty(const cpumask *cpumask)
  bool bpf_cpumask_full(const cpumask *cpumask)
  void bpf_cpumask_copy(bpf_cpumask *dst, const cpumask *src)
  u32 bpf_cpumask_weight(const cpumask *cpumask)`;

/** Name, bytes, signed, bool. */
const INTS: readonly (readonly [name: string, type: string, bytes: number, signed: boolean])[] = [
  ["int", "int", 4, true],
  ["uint", "unsigned int", 4, false],
  ["bool", "_Bool", 1, false],
  ["char", "char", 1, true],
  ["u8", "unsigned char", 1, false],
  ["u64", "unsigned long long", 8, false],
  ["ulong", "unsigned long", 8, false],
];
const SAME: Readonly<Record<string, string>> = { u32: "uint", size_t: "ulong" };

let model: Btf | null = null;

/** Made once, at the first call. */
export function kfuncModel(): Btf {
  model ??= build();
  return model;
}

function build(): Btf {
  const builder = new BtfBuilder();
  const ids = new Map<string, number>([["void", 0]]);
  for (const [name, type, sizeBytes, signed] of INTS) {
    const flags = { bitOff: 0, signed, char: false, bool: name === "bool" };
    ids.set(
      name,
      builder.add({ kind: "int", name: type, sizeBytes, bits: name === "bool" ? 8 : sizeBytes * 8, ...flags }),
    );
  }
  for (const [name, same] of Object.entries(SAME)) ids.set(name, ids.get(same)!);
  const u8 = ids.get("u8")!;
  for (const text of STRUCTS.split(/[|\n]/)) {
    const [name, size, first] = text.trim().split(" ");
    if (name === undefined || name === "") continue;
    const sizeBytes = Number(size);
    const bytes = builder.add({ kind: "array", name: "", typeId: u8, indexTypeId: ids.get("int")!, nelems: sizeBytes });
    const typeId = first === undefined ? bytes : ids.get(first)!;
    const member = { name: first ?? "__opaque", typeId, bitOff: 0, bitSize: 0 };
    ids.set(name, builder.add({ kind: "struct", name, sizeBytes, members: [member] }));
  }

  /** "const cpumask *src1" -> its type and name. */
  const declared = (text: string): { name: string; typeId: number } => {
    const callback = /^(.*) \((\w+)\)\((.*)\)$/.exec(text);
    if (callback !== null) {
      const proto = prototype(callback[1]!, callback[3]!);
      return { name: callback[2]!, typeId: pointer(`(${callback[3]})`, proto) };
    }
    const [, isConst, base, star, name] = /^(const )?(\w+) (\*?)(\w+)$/.exec(text) ?? bug(`kfunc model: ${text}`);
    const plain = ids.get(base!) ?? bug(`kfunc model: no type ${base}`);
    const type =
      isConst === undefined
        ? plain
        : once(`const ${base}`, () => builder.add({ kind: "const", name: "", typeId: plain }));
    return { name: name!, typeId: star === "" ? type : pointer(`${isConst ?? ""}${base}`, type) };
  };
  const once = (key: string, make: () => number): number => {
    const known = ids.get(key);
    if (known !== undefined) return known;
    const id = make();
    ids.set(key, id);
    return id;
  };
  const pointer = (to: string, typeId: number): number =>
    once(`${to} *`, () => builder.add({ kind: "ptr", name: "", typeId }));
  const prototype = (ret: string, params: string): number => {
    const retTypeId = declared(`${ret}${ret.endsWith("*") ? "" : " "}r`).typeId;
    // Commas within a callback's parameters do not separate.
    const list = params === "void" ? [] : params.split(/, (?![^(]*\))/).map(declared);
    return builder.add({ kind: "func_proto", name: "", retTypeId, params: list });
  };

  for (const line of PROTOS.trim().split("\n")) {
    const [, ret, name, params] = /^\s*(.*?)(\w+)\((.*)\)$/.exec(line) ?? bug(`kfunc model: ${line}`);
    const typeId = prototype(ret!.trim(), params!);
    builder.add({ kind: "func", name: name!, typeId, linkage: "static" });
  }
  return builder.build();
}
