/**
 * BTF of kernel modules: kfuncs, variables, structs and functions to attach to that vmlinux does not have. A module's types
 * go on where the kernel's end (split BTF), so an id alone does not say whose it is: the kernel wants the fd of the module's
 * BTF beside it.
 *
 *     kfunc call      off = place of the fd in fd_array, never 0        ksym        second imm = the fd
 *     attach_btf_id   attach_btf_obj_fd                                 struct_ops  value_type_btf_obj_fd
 *
 * Source: kernel/bpf/verifier.c find_kfunc_desc_btf(), check_pseudo_btf_id(); tools/lib/bpf/libbpf.c load_module_btfs(), 6.18.
 */
import { readdirSync, readFileSync } from "node:fs";
import { errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import { essentialName } from "../btf/names.ts";
import type { BtfView } from "../btf/types.ts";
import { copyInsns, type InsnBuf } from "../isa/insn.ts";
import type { KernelModule, MapSpec } from "../obj/spec.ts";
import type { Bpf } from "./bpf/call.ts";
import { btfInfo, fdById, objectIds } from "./bpf/object.ts";

const FOLDER = "/sys/kernel/btf";
const CALL = 0x85;
const LD_IMM64 = 0x18;
const BPF_PSEUDO_KFUNC_CALL = 2;
const BPF_PSEUDO_BTF_ID = 3;

/** By name; [] where there is no BTF of the kernel, and for a module whose BTF is damaged. */
export function readModules(vmlinux: Btf): KernelModule[] {
  let names: string[];
  try {
    names = readdirSync(FOLDER).filter((name) => name !== "vmlinux");
  } catch {
    return []; // a kernel without BTF
  }
  return names.sort().flatMap((name) => {
    try {
      const btf = new Btf(new Uint8Array(readFileSync(`${FOLDER}/${name}`)), vmlinux);
      return [{ name, btf, firstId: vmlinux.length }];
    } catch {
      return []; // unloaded in the meantime, or of another build
    }
  });
}

/** The module that brings the struct of a struct_ops map; null for vmlinux, and where nobody has it. */
export function structOpsModule(
  map: MapSpec,
  vmlinux: BtfView | null,
  modules: () => readonly KernelModule[],
): KernelModule | null {
  if (map.structOps === null) return null;
  const name = `bpf_struct_ops_${essentialName(map.structOps.typeName)}`;
  if ((vmlinux?.find(name, "struct") ?? 0) !== 0) return null;
  return modules().find(({ btf }) => btf.find(name, "struct") !== 0) ?? null;
}

/** fds of modules' BTF, opened when first needed. */
export class ModuleBtfs {
  private readonly bpf: Bpf;
  private readonly fds = new Map<string, number>();

  constructor(bpf: Bpf) {
    this.bpf = bpf;
  }

  /** Throws "linux/module" where the kernel has no such BTF, or does not let it be seen. */
  fd(name: string): number {
    const known = this.fds.get(name);
    if (known !== undefined) return known;
    let refusal = 0;
    for (const id of objectIds(this.bpf, "btf")) {
      const fd = fdById(this.bpf, "btf", id);
      if (fd < 0) {
        refusal = -fd;
        continue;
      }
      const info = btfInfo(this.bpf, fd);
      if (info?.kernel === true && info.name === name) {
        this.fds.set(name, fd);
        return fd;
      }
      this.bpf.close(fd);
    }
    const why = refusal === 0 ? "is not loaded" : `cannot be opened: ${errnoName(refusal)}`;
    throw new SkepError("linux/module", `BTF of module ${name} ${why}`, {
      advice: `modprobe ${name}; opening BTF by id needs CAP_SYS_ADMIN`,
    });
  }

  close(): void {
    for (const fd of this.fds.values()) this.bpf.close(fd);
    this.fds.clear();
  }
}

/**
 * What a resolved program says by module number (1 and up; 0 is vmlinux), said as the kernel wants it. `fds` are those of the
 * maps, to which the modules' are added.
 */
export function withModules(
  insns: InsnBuf,
  fds: readonly number[],
  moduleFds: readonly number[],
): { readonly insns: InsnBuf; readonly fds: readonly number[] } {
  if (moduleFds.length === 0) return { insns, fds };
  // Place 0 is no module's: an offset of 0 says vmlinux.
  const all = fds.length === 0 ? [0] : [...fds];
  const first = all.length;
  all.push(...moduleFds);
  const fitted = copyInsns(insns);
  const { code, src, off, imm } = fitted;
  for (let i = 0; i < fitted.length; i++) {
    if (code[i] === CALL && src[i] === BPF_PSEUDO_KFUNC_CALL && off[i] !== 0) off[i] = first + off[i]! - 1;
    if (code[i] !== LD_IMM64) continue;
    if (src[i] === BPF_PSEUDO_BTF_ID && imm[i + 1] !== 0) imm[i + 1] = moduleFds[imm[i + 1]! - 1] ?? -1;
    i++; // the second half is no insn
  }
  return { insns: fitted, fds: all };
}
