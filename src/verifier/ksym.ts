/** LD_IMM64 of a kernel variable or function by BTF id. Source: kernel/bpf/verifier.c, __check_pseudo_btf_id. */
import { EINVAL, ENOENT } from "../base/errno.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { BTF_KERNEL, MEM_PERCPU, MEM_RDONLY, PTR_TO_BTF_ID, PTR_TO_MEM, RAW0, RAW1, REG_WORDS } from "./regs.ts";

export function pseudoBtf(env: Env, dst: number): void {
  const { log } = env;
  const btf = env.prog.kernelBtf;
  const id = env.insns.imm[env.insnIdx]!;
  if (btf === null)
    fail(log, EINVAL, "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.");
  if (id <= 0 || id >= btf.length) fail(log, ENOENT, `ldimm64 insn specifies invalid btf_id ${id}.`);
  const t = btf.type(id);
  const w = regsOf(env);
  const at = dst * REG_WORDS;
  if (t.kind === "func") {
    w[at] = PTR_TO_MEM | MEM_RDONLY;
    w[at + RAW0] = 0;
    return;
  }
  if (t.kind !== "var") fail(log, EINVAL, `pseudo btf_id ${id} in ldimm64 isn't KIND_VAR or KIND_FUNC`);
  const percpu = btf.type(btf.find(".data..percpu", "datasec"));
  const isPercpu = percpu.kind === "datasec" && percpu.vars.some((each) => each.typeId === id);
  const typeId = btf.skipMods(t.typeId);
  const target = btf.type(typeId);
  if (isPercpu || target.kind === "struct" || target.kind === "union") {
    w[at] = isPercpu ? PTR_TO_BTF_ID | MEM_PERCPU : PTR_TO_BTF_ID;
    w[at + RAW0] = BTF_KERNEL;
    w[at + RAW1] = t.typeId;
    return;
  }
  w[at] = PTR_TO_MEM | MEM_RDONLY;
  try {
    w[at + RAW0] = btf.sizeOf(typeId);
  } catch {
    fail(log, EINVAL, `ldimm64 unable to resolve the size of type '${target.name}': -22`);
  }
}
