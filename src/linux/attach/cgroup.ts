/** Programs of a control group: they run for its processes and those of its children. */
import { existsSync } from "node:fs";
import { attachTypeWord } from "../../abi/attach-types.ts";
import { hasSince } from "../../abi/since.ts";
import { EINVAL, ENOSYS } from "../../base/errno.ts";
import { attachWithoutLink, createLink, detachWithoutLink } from "../bpf/link.ts";
import { withPath } from "../fds.ts";
import { type AttachContext, type Attached, checked, optionError } from "./context.ts";
import { orderOf } from "./order.ts";

const BPF_F_ALLOW_MULTI = 2;

export function onCgroup(context: AttachContext): Attached {
  const { bpf, spec, progFd, options, release } = context;
  const { cgroup } = options;
  if (cgroup === undefined) throw optionError(context, "cgroup", "the cgroup's directory");
  const attachType = spec.expectedAttachType;
  const what = `${attachTypeWord(attachType)} on ${cgroup}`;
  return withPath(bpf, cgroup, "cgroup", (target) => {
    const order = orderOf(context);
    const flags = (options.flags ?? 0) | order.flags;
    const fd = createLink(bpf, { progFd, target, attachType, flags, ...(order.extra ? { extra: order.extra } : {}) });
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
