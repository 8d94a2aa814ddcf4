/** Programs on sockets: of a sockmap (sk_msg, sk_skb), or of one socket (sk_reuseport, socket filter). */
import * as at from "../../abi/attach-types.ts";
import { BPF_PROG_TYPE_SK_REUSEPORT } from "../../abi/prog-types.ts";
import { EINVAL, EOPNOTSUPP } from "../../base/errno.ts";
import { attachWithoutLink, createLink, detachWithoutLink } from "../bpf/link.ts";
import { type AttachContext, type Attached, checked, optionError } from "./context.ts";

export function onSockmap(context: AttachContext): Attached {
  const { bpf, spec, progFd, options } = context;
  const map = options.map as { readonly fd?: unknown } | undefined;
  if (typeof map?.fd !== "number") throw optionError(context, "map", "a live sockmap or sockhash of this target");
  const target = map.fd;
  const attachType = spec.expectedAttachType;
  const what = `${at.attachTypeWord(attachType)} of a sockmap`;
  // Links since 6.10; before, the kernel says EINVAL.
  const fd = createLink(bpf, { progFd, target, attachType });
  if (fd !== -EINVAL && fd !== -EOPNOTSUPP) return { links: [checked(context, fd, what)], what };
  checked(context, attachWithoutLink(bpf, target, progFd, attachType), what);
  return { links: [], what, undo: () => detachWithoutLink(bpf, target, progFd, attachType) };
}

/** asm-generic/socket.h. */
const SOL_SOCKET = 1;
const SO_DETACH_FILTER = 27;
const SO_ATTACH_BPF = 50;
const SO_ATTACH_REUSEPORT_EBPF = 52;
const SO_DETACH_REUSEPORT_BPF = 68;

/** The socket's group for sk_reuseport. The socket belongs to the caller, who may close it first. */
export function onSocket(context: AttachContext): Attached {
  const { bpf, spec, progFd, options } = context;
  const { socket } = options;
  if (socket === undefined) throw optionError(context, "socket", "the socket's fd");
  const reuseport = spec.type === BPF_PROG_TYPE_SK_REUSEPORT;
  const what = reuseport ? `sk_reuseport group of socket ${socket}` : `filter of socket ${socket}`;
  const { sys } = bpf;
  const set = (option: number, value: number): number => {
    const buffer = bpf.scratch("sockopt", 4);
    buffer.view.setInt32(0, value, true);
    return sys.syscall(sys.nr.setsockopt, socket, SOL_SOCKET, option, buffer.addr, 4);
  };
  checked(context, set(reuseport ? SO_ATTACH_REUSEPORT_EBPF : SO_ATTACH_BPF, progFd), what);
  return { links: [], what, undo: () => set(reuseport ? SO_DETACH_REUSEPORT_BPF : SO_DETACH_FILTER, 0) };
}
