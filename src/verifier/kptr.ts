/** Loads and stores of kernel pointers kept in map values. Source: kernel/bpf/verifier.c, check_map_kptr_access. */
import { EACCES, EINVAL } from "../base/errno.ts";
import { structsMatch } from "./btf-match.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject } from "./log.ts";
import { inRcu } from "./null-check.ts";
import { btfName, typeText } from "./print.ts";
import {
  BPF_GRAPH_NODE,
  BPF_KPTR_PERCPU,
  BPF_KPTR_REF,
  BPF_KPTR_UNREF,
  BPF_UPTR,
  type Field,
  hasField,
} from "./record.ts";
import { recordOfStruct } from "./reg-record.ts";
import { checkPtrOff } from "./region.ts";
import * as R from "./regs.ts";

const { PTR_TO_BTF_ID, REG_WORDS } = R;

/** Kernel objects that live on for an RCU grace period after their last reference. */
const RCU_TYPES = new Set(["prog_test_ref_kfunc", "cgroup", "bpf_cpumask", "task_struct", "bpf_crypto_ctx"]);

/** Flags of a pointer that was loaded from the field. */
function loadedFlags(env: Env, field: Field): number {
  const isKernel = field.btf === R.BTF_KERNEL;
  const safe =
    field.type === BPF_KPTR_PERCPU ||
    (field.type === BPF_KPTR_REF && (!isKernel || RCU_TYPES.has(btfName(env, field.btf, field.btfId))));
  if (!safe || !inRcu(env)) return R.PTR_MAYBE_NULL | R.PTR_UNTRUSTED;
  let flags = R.PTR_MAYBE_NULL | R.MEM_RCU;
  if (field.type === BPF_KPTR_PERCPU) flags |= R.MEM_PERCPU;
  else if (!isKernel) flags |= R.MEM_ALLOC;
  if (!isKernel && hasField(recordOfStruct(env, field.btfId), BPF_GRAPH_NODE)) flags |= R.NON_OWN_REF;
  return flags;
}

function load(env: Env, value: number, field: Field): void {
  const w = regsOf(env);
  const at = value * REG_WORDS;
  R.markKnown(w, at, 0, 0);
  w[at + R.ID] = ++env.idGen;
  if (field.type === BPF_UPTR) {
    w[at] = R.PTR_TO_MEM | R.PTR_MAYBE_NULL;
    w[at + R.RAW0] = env.prog.btf?.sizeOf(field.btfId) ?? 0;
    return;
  }
  w[at] = PTR_TO_BTF_ID | loadedFlags(env, field);
  w[at + R.RAW0] = field.btf;
  w[at + R.RAW1] = field.btfId;
}

export function checkKptrAccess(env: Env, value: number, field: Field): void {
  const { insns, insnIdx: i, log } = env;
  const code = insns.code[i]!;
  const cls = code & 7;
  const isLoad = cls === 1;
  if ((code & 0xe0) !== 0x60) {
    fail(log, EACCES, "kptr in map can only be accessed using BPF_MEM instruction mode");
  }
  if (!isLoad && (field.type === BPF_KPTR_REF || field.type === BPF_KPTR_PERCPU)) {
    fail(log, EACCES, "store to referenced kptr disallowed");
  }
  if (!isLoad && field.type === BPF_UPTR) fail(log, EACCES, "store to uptr disallowed");
  if (isLoad) {
    load(env, value, field);
  } else if (cls === 3) {
    if (R.isNull(regsOf(env), value * REG_WORDS)) return;
    try {
      kptrMatches(env, value, field);
    } catch (error) {
      throw error instanceof Reject ? new Reject(EACCES) : error;
    }
  } else if (insns.imm[i] !== 0) {
    fail(log, EACCES, `BPF_ST imm must be 0 when storing to kptr at off=${field.offBytes}`);
  }
}

/** R`r` may be stored in the kptr; refuses otherwise. */
export function kptrMatches(env: Env, r: number, field: Field): void {
  const w = regsOf(env);
  const at = r * REG_WORDS;
  const type = w[at]!;
  const unref = field.type === BPF_KPTR_UNREF;
  const isBtf = R.baseType(type) === PTR_TO_BTF_ID;
  const btf = w[at + R.RAW0]!;
  let allowed = R.PTR_MAYBE_NULL;
  if (btf === R.BTF_PROG) {
    allowed |= R.MEM_ALLOC;
    if (field.type === BPF_KPTR_PERCPU) allowed |= R.MEM_PERCPU;
  } else {
    allowed |= R.PTR_TRUSTED | R.MEM_RCU;
    if (unref) allowed |= R.PTR_UNTRUSTED;
  }
  const flagsFit = isBtf && (type & ~R.BASE_TYPE_MASK & ~allowed) === 0;
  if (flagsFit) {
    checkPtrOff(env, r, true);
    if (structsMatch(env, btf, w[at + R.RAW1]!, w[at + R.OFF]!, field.btf, field.btfId, !unref)) return;
  }
  const have = flagsFit ? btfName(env, btf, w[at + R.RAW1]!) : "";
  const want = btfName(env, field.btf, field.btfId);
  const also = unref ? ` or ${typeText(PTR_TO_BTF_ID | R.PTR_UNTRUSTED)}${want}` : "";
  fail(
    env.log,
    EINVAL,
    `invalid kptr access, R${r} type=${typeText(type)}${have} expected=${typeText(PTR_TO_BTF_ID)}${want}${also}`,
  );
}
