/**
 * struct_ops maps in force: the kernel's struct is filled with the programs' fds and written to the map's one slot.
 *
 *     .struct_ops        the update registers it, a delete takes it out
 *     .struct_ops.link   (BPF_F_LINK, since 6.4) a link registers it, closing the link takes it out
 *
 * Source: kernel/bpf/bpf_struct_ops.c, tools/lib/bpf/libbpf.c bpf_map__attach_struct_ops().
 */
import { BPF_STRUCT_OPS } from "../abi/attach-types.ts";
import { BPF_F_LINK } from "../abi/flags.ts";
import { EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "../btf/types.ts";
import type { MapLink, TargetProg } from "../loader/target.ts";
import { structOpsValue } from "../obj/struct-ops-kernel.ts";
import type { Bpf } from "./bpf/call.ts";
import { createLink } from "./bpf/link.ts";
import { Refused } from "./errors.ts";
import type { LinuxMap } from "./map.ts";

const KEY = new Uint8Array(4);

/** Throws SkepError "load/program" for a program that is not loaded, "attach/<ERRNO>". */
export function attachStructOps(
  bpf: Bpf,
  map: LinuxMap,
  kernelBtf: BtfView,
  progOf: (name: string) => TargetProg | undefined,
): MapLink {
  const value = structOpsValue(map.spec, kernelBtf);
  const bytes = value.bytes.slice();
  const view = new DataView(bytes.buffer);
  for (const { name, offBytes } of value.progs) {
    const fd = (progOf(name) as { readonly fd?: unknown } | undefined)?.fd;
    if (typeof fd !== "number" || fd < 0) {
      throw new SkepError("load/program", `${map.spec.name} needs program ${name}, which is not loaded`, {
        advice: "load all programs of the object",
      });
    }
    view.setBigUint64(offBytes, BigInt(fd), true);
  }
  const what = `struct_ops ${map.spec.name}`;
  map.update(KEY, bytes);
  if ((map.spec.flags & BPF_F_LINK) === 0) return { what, close: () => void map.delete(KEY) };
  const link = createLink(bpf, { progFd: map.fd, target: 0, attachType: BPF_STRUCT_OPS });
  if (link === -EPERM) throw new Refused(`attaching ${what}`, EPERM);
  if (link < 0) {
    throw new SkepError(`attach/${errnoName(-link)}`, `attaching ${what}: ${errnoName(-link)}`, {
      errno: -link,
      advice: "EEXIST: the name is taken; EINVAL: the subsystem wants more of its functions",
    });
  }
  return { what, close: () => bpf.close(link) };
}
