/**
 * What a kernel older than 6.18 lacks: program types, map types, insns, kfuncs. Helpers are left out of the prototypes instead.
 * An older kernel refuses them with less said than here. kfuncs: the release of each family, by git history of kernel/bpf and
 * net; there were none for programs but TCP congestion control before 5.18.
 */
import { mapType } from "../abi/map-types.ts";
import { progType } from "../abi/prog-types.ts";
import { compareVersions, hasSince } from "../abi/since.ts";
import { EINVAL } from "../base/errno.ts";
import { opAt } from "../isa/ops.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";

/** The tables as a whole are of this one. */
const NEWEST = "6.18";
const CALL = 0x85;
const LD_IMM64 = 0x18;
const PSEUDO_KFUNC = 2;
const PSEUDO_BTF_ID = 3;
const PSEUDO_FUNC = 4;
const STRUCT_OPS = 27;

/** The first row that fits; a name in none came between 6.2 and 6.17 and counts as the newest. */
const KFUNCS: readonly (readonly [since: string, names: RegExp])[] = [
  ["5.18", /^bpf_(?:xdp|skb)_ct_lookup$|^bpf_ct_release$|^bpf_kfunc_call_/],
  ["6.0", /^bpf_(?:xdp|skb)_ct_alloc$|^bpf_ct_(?:insert_entry|set_|change_)/],
  ["6.1", /^bpf_lookup_(?:user|system)_key$|^bpf_key_put$|^bpf_verify_pkcs7_signature$|^cgroup_rstat_|^crash_kexec$/],
  ["6.2", /^bpf_(?:obj_(?:new|drop)_impl|list_(?:push|pop)_|rcu_read_(?:un)?lock$|rdonly_cast$|cast_to_kern_ctx$)/],
  [
    "6.2",
    /^bpf_(?:task_(?:acquire|release|from_pid)|cgroup_(?:acquire|release|ancestor))$|^bpf_skb_(?:set|get)_xfrm_info$/,
  ],
  ["6.3", /^bpf_(?:rbtree_(?:add_impl|first|remove)$|cpumask_|xdp_metadata_rx_(?:timestamp|hash)$)/],
  [
    "6.4",
    /^bpf_(?:iter_num_|dynptr_(?:from_(?:skb|xdp)|slice)|refcount_acquire_impl$|task_under_cgroup$|cgroup_from_id$)/,
  ],
  ["6.5", /^bpf_dynptr_(?:adjust|is_null|is_rdonly|size|clone)$|^bpf_sock_destroy$/],
  ["6.7", /^bpf_(?:throw$|percpu_obj_|iter_(?:css|task)_|task_get_cgroup1$)/],
  [
    "6.8",
    /^bpf_(?:get_file_xattr|get_fsverity_digest|xdp_metadata_rx_vlan_tag|xdp_get_xfrm_state|xdp_xfrm_state_release)$/,
  ],
  ["6.9", /^bpf_(?:arena_(?:alloc|free)_pages|sk_assign_tcp_reqsk)$/],
  ["6.10", /^bpf_(?:preempt_(?:dis|en)able$|wq_|crypto_|session_)/],
  ["6.11", /^bpf_iter_bits_/],
  ["6.12", /^bpf_(?:copy_from_user_str|get_kmem_cache|path_d_path|get_task_exe_file|put_file|get_dentry_xattr)$/],
  ["6.14", /^bpf_local_irq_/],
  ["6.15", /^bpf_(?:res_spin_|iter_)/],
  ["6.17", /^bpf_(?:str(?!casecmp|ncasecmp)|dynptr_memset|stream_)/],
];

/** Before any path is walked. */
export function checkSince(env: Env): void {
  const { insns, kernel, log, maps } = env;
  if (compareVersions(kernel, NEWEST) >= 0) return;
  const type = progType(env.progType);
  if (type !== undefined && !hasSince(kernel, type.since)) {
    fail(log, EINVAL, `unrecognized program type ${type.word}: since Linux ${type.since}, this is ${kernel}`);
  }
  for (const { spec } of maps) {
    const row = mapType(spec.type);
    if (row === undefined || hasSince(kernel, row.since)) continue;
    fail(log, EINVAL, `unrecognized map type ${row.word}: since Linux ${row.since}, this is ${kernel}`);
  }
  for (let i = 0; i < insns.length; i++) {
    const op = opAt(insns, i);
    env.insnIdx = i;
    // Maps by index are how objects name them here: loaders write descriptors.
    const isMap = op?.kind === "lddw" && insns.src[i] !== PSEUDO_BTF_ID && insns.src[i] !== PSEUDO_FUNC;
    if (op !== undefined && op.since !== "" && !isMap && !hasSince(kernel, op.since)) {
      const code = insns.code[i]!.toString(16).padStart(2, "0");
      fail(log, EINVAL, `unknown opcode ${code}: ${op.name} is there since Linux ${op.since}, this is ${kernel}`);
    }
    if (insns.code[i] === CALL && insns.src[i] === PSEUDO_KFUNC) checkKfunc(env, insns.imm[i]!);
    if (insns.code[i] === LD_IMM64) i++;
  }
  env.insnIdx = -1;
}

function checkKfunc(env: Env, id: number): void {
  const btf = env.prog.kernelBtf;
  if (btf === null || id <= 0 || id >= btf.length) return;
  const { name } = btf.type(id);
  if (env.progType === STRUCT_OPS && !name.startsWith("bpf_")) return;
  const since = KFUNCS.find(([, names]) => names.test(name))?.[0] ?? NEWEST;
  if (hasSince(env.kernel, since)) return;
  fail(env.log, EINVAL, `calling kernel function ${name} is not allowed: since Linux ${since}, this is ${env.kernel}`);
}
