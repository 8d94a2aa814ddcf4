/** LD_IMM64 of a kernel variable or function by BTF id. Source: kernel/bpf/verifier.c, __check_pseudo_btf_id. */
import { hasSince } from "../abi/since.ts";
import { EINVAL, ENOENT } from "../base/errno.ts";
import type { BtfVar, BtfView } from "../btf/types.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { BTF_KERNEL, MEM_PERCPU, MEM_RDONLY, PTR_TO_BTF_ID, PTR_TO_MEM, RAW0, RAW1, REG_WORDS } from "./regs.ts";

function kernelBtf(env: Env): BtfView {
  const btf = env.prog.kernelBtf;
  if (btf !== null) return btf;
  fail(env.log, EINVAL, "kernel is missing BTF, make sure CONFIG_DEBUG_INFO_BTF=y is specified in Kconfig.");
}

/** Before any path is walked: the insn at `i` names something that is there. */
export function checkPseudoBtf(env: Env, i: number): void {
  const { log } = env;
  if (env.insns.imm[i + 1] !== 0) fail(log, EINVAL, "invalid module BTF object FD specified.");
  const btf = kernelBtf(env);
  const id = env.insns.imm[i]!;
  if (id <= 0 || id >= btf.length) fail(log, ENOENT, `ldimm64 insn specifies invalid btf_id ${id}.`);
  const t = btf.type(id);
  if (t.kind !== "var" && t.kind !== "func") {
    fail(log, EINVAL, `pseudo btf_id ${id} in ldimm64 isn't KIND_VAR or KIND_FUNC`);
  }
  if (t.kind === "func" && !hasSince(env.kernel, "6.4")) {
    fail(log, EINVAL, `pseudo btf_id ${id} in ldimm64 isn't KIND_VAR.`);
  }
  if (!env.hasSymbol(t.name)) {
    fail(log, ENOENT, `ldimm64 failed to find the address for kernel symbol '${t.name}'.`);
  }
  if (t.kind === "func" || isPerCpu(btf, id) || isStruct(btf, t)) return;
  const typeId = btf.skipMods(t.typeId);
  try {
    btf.sizeOf(typeId);
  } catch {
    fail(log, EINVAL, `ldimm64 unable to resolve the size of type '${btf.type(typeId).name}': -22`);
  }
}

function isPerCpu(btf: BtfView, id: number): boolean {
  const percpu = btf.type(btf.find(".data..percpu", "datasec"));
  return percpu.kind === "datasec" && percpu.vars.some((each) => each.typeId === id);
}

function isStruct(btf: BtfView, t: BtfVar): boolean {
  const { kind } = btf.type(btf.skipMods(t.typeId));
  return kind === "struct" || kind === "union";
}

export function pseudoBtf(env: Env, dst: number): void {
  const btf = kernelBtf(env);
  const id = env.insns.imm[env.insnIdx]!;
  const t = btf.type(id);
  const w = regsOf(env);
  const at = dst * REG_WORDS;
  const percpu = t.kind === "var" && isPerCpu(btf, id);
  if (t.kind !== "var" || !(percpu || isStruct(btf, t))) {
    w[at] = PTR_TO_MEM | MEM_RDONLY;
    w[at + RAW0] = t.kind === "var" ? btf.sizeOf(btf.skipMods(t.typeId)) : 0;
    return;
  }
  w[at] = percpu ? PTR_TO_BTF_ID | MEM_PERCPU : PTR_TO_BTF_ID;
  w[at + RAW0] = BTF_KERNEL;
  w[at + RAW1] = t.typeId;
}
