/**
 * BPF tokens: a bpffs that a privileged process has mounted with delegate_cmds, delegate_maps, delegate_progs and
 * delegate_attachs lets processes of its user namespace make what these name, without capabilities outside of it.
 * Source: kernel/bpf/token.c, 6.18.
 */
import { BPF_TOKEN_CREATE } from "../abi/cmds.ts";
import { EINVAL, ENOENT, EOPNOTSUPP, EPERM } from "../base/errno.ts";
import type { Bpf } from "./bpf/call.ts";
import { NotSupported, Refused, sysError } from "./errors.ts";
import { withPath } from "./fds.ts";

/** fd of a new token from the bpffs at a path. Throws NotSupported, Refused, "linux/<ERRNO>". */
export function createToken(bpf: Bpf, path: string): number {
  const fd = withPath(bpf, path, "bpffs", (dir) => {
    bpf.clear().setUint32(4, dir, true);
    return bpf.call(BPF_TOKEN_CREATE, 8);
  });
  if (fd >= 0) return fd;
  const errno = -fd;
  const what = `a BPF token from ${path}`;
  switch (errno) {
    case EINVAL:
      // The command is not known, or the path is no bpffs's root.
      throw new NotSupported(what, "6.9", { errno, advice: "Linux 6.9 or newer, and the root of a mounted bpffs" });
    case ENOENT:
      throw sysError(what, errno, { advice: "the bpffs delegates nothing: mount it with delegate_cmds=, ..." });
    case EOPNOTSUPP:
      throw sysError(what, errno, { advice: "tokens are for user namespaces, and this is the initial one" });
    case EPERM:
      throw new Refused(what, errno, {
        advice: "the bpffs must be of this user namespace, and CAP_BPF is needed in it",
      });
    default:
      throw sysError(what, errno);
  }
}
