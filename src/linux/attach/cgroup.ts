/** Programs of a control group: they run for its processes and those of its children. */
import { existsSync, statSync } from "node:fs";
import { attachTypeWord } from "../../abi/attach-types.ts";
import { hasSince } from "../../abi/since.ts";
import { EINVAL, ENOSYS } from "../../base/errno.ts";
import type { Bpf } from "../bpf/call.ts";
import { attachWithoutLink, createLink, detachWithoutLink } from "../bpf/link.ts";
import { linkInfo } from "../bpf/link-info.ts";
import { fdById, objectIds } from "../bpf/object.ts";
import { withPath } from "../fds.ts";
import { type AttachContext, type Attached, checked, optionError } from "./context.ts";
import { orderOf, requireOrder } from "./order.ts";

const BPF_F_ALLOW_MULTI = 2;

export function onCgroup(context: AttachContext): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const { cgroup } = options;
  if (cgroup === undefined) throw optionError(context, "cgroup", "the cgroup's directory");
  const attachType = spec.expectedAttachType;
  const what = `${attachTypeWord(attachType)} on ${cgroup}`;
  return withPath(bpf, cgroup, "cgroup", (target) => {
    const order = orderOf(context, (progId) => linkOn(bpf, cgroup, progId));
    const flags = (options.flags ?? 0) | order.flags;
    const fd = createLink(bpf, { progFd, target, attachType, flags, ...(order.extra ? { extra: order.extra } : {}) });
    requireOrder(context, order, fd, "6.17", "cgroup");
    if (fd >= 0 || hasSince(release, "5.7") || (fd !== -EINVAL && fd !== -ENOSYS)) {
      return { links: [checked(context, fd, what)], what };
    }
    checked(context, attachWithoutLink(bpf, target, progFd, attachType, flags | BPF_F_ALLOW_MULTI), what);
    return {
      links: [],
      what,
      undo: () => {
        // A cgroup that is gone has taken its programs with it.
        if (!existsSync(cgroup)) return;
        withPath(bpf, cgroup, "cgroup", (again) => detachWithoutLink(bpf, again, progFd, attachType));
      },
    };
  });
}

/** Id of the link that holds a program on a cgroup. Source: kernel/bpf/cgroup.c get_prog_list(), the cgroup's id is its inode. */
function linkOn(bpf: Bpf, cgroup: string, progId: number): number | undefined {
  const cgroupId = statSync(cgroup, { bigint: true }).ino;
  for (const id of objectIds(bpf, "link")) {
    const fd = fdById(bpf, "link", id);
    const info = fd < 0 ? undefined : linkInfo(bpf, fd);
    bpf.close(fd);
    if (info?.cgroupId === cgroupId && info.progId === progId) return id;
  }
  return undefined;
}
