/**
 * XDP and tc without links: the program stays on the interface until it is taken away, so that is done on close and when the
 * process exits (but not when it is killed).
 *
 *     RTM_SETLINK      ifinfomsg + IFLA_XDP { FD, FLAGS, EXPECTED_FD }
 *     RTM_NEWQDISC     tcmsg ffff:, parent ffff:fff1 + TCA_KIND "clsact"
 *     RTM_NEWTFILTER   tcmsg parent ffff:fff2 (in) or ffff:fff3 (out) + TCA_KIND "bpf" + TCA_OPTIONS { FD, NAME, direct action }
 *
 * Source: include/uapi/linux/if_link.h, pkt_sched.h, pkt_cls.h, net/core/rtnetlink.c, net/sched/cls_bpf.c.
 */
import { concatBytes, fromUtf8, viewOf } from "../../base/bytes.ts";
import { EEXIST } from "../../base/errno.ts";
import type { Bpf } from "../bpf/call.ts";
import { inNetnsIfThere } from "../fds.ts";
import { NLM_F_CREATE, NLM_F_EXCL, netlinkDump, netlinkRequest, nlAttr, nlNested, nlU32 } from "../netlink.ts";
import { type AttachContext, type Attached, checked } from "./context.ts";

const RTM_SETLINK = 19;
const RTM_NEWQDISC = 36;
const RTM_DELQDISC = 37;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;

const IFLA_XDP = 43;
const IFLA_XDP_FD = 1;
const IFLA_XDP_FLAGS = 3;
const IFLA_XDP_EXPECTED_FD = 8;
const XDP_FLAGS_UPDATE_IF_NOEXIST = 1;
const XDP_FLAGS_REPLACE = 16;
const XDP_MODE_FLAGS = 14;

const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_FD = 6;
const TCA_BPF_NAME = 7;
const TCA_BPF_FLAGS = 8;
const TCA_BPF_FLAG_ACT_DIRECT = 1;
const CLSACT_HANDLE = 0xffff0000;
const CLSACT_PARENT = 0xfffffff1;
const CLSACT_INGRESS = 0xfffffff2;
const CLSACT_EGRESS = 0xfffffff3;
/** ETH_P_ALL in network order. */
const ALL_PROTOCOLS = 0x0300;
const DEFAULT_PRIORITY = 1;

export function attachXdpByNetlink(
  context: AttachContext,
  index: number,
  flags: number,
  what: string,
): Omit<Attached, "what"> {
  const { bpf, progFd, options } = context;
  const set = (fd: number, xdpFlags: number, expected?: number): number => setXdp(bpf, index, fd, xdpFlags, expected);
  checked(context, set(progFd, flags | XDP_FLAGS_UPDATE_IF_NOEXIST), what);
  return {
    links: [],
    undo: () => {
      // Only if it is still ours; kernels before 5.7 do not know the comparison.
      const mode = flags & XDP_MODE_FLAGS;
      inNetnsIfThere(bpf, options.netns, () => {
        if (set(-1, mode | XDP_FLAGS_REPLACE, progFd) < 0) set(-1, mode);
      });
    },
  };
}

/** The program of an interface, -1 for none; only in the place of `expected`, where that is given. 0 or -errno. */
export function setXdp(bpf: Bpf, index: number, fd: number, flags: number, expected?: number): number {
  const attrs = [nlU32(IFLA_XDP_FD, fd), nlU32(IFLA_XDP_FLAGS, flags)];
  if (expected !== undefined) attrs.push(nlU32(IFLA_XDP_EXPECTED_FD, expected));
  return netlinkRequest(bpf, RTM_SETLINK, 0, concatBytes([ifinfomsg(index), nlNested(IFLA_XDP, attrs)])).result;
}

export function attachClsact(
  context: AttachContext,
  index: number,
  egress: boolean,
  what: string,
): Omit<Attached, "what"> {
  const { bpf, spec, progFd, options } = context;
  const qdisc = concatBytes([tcmsg(index, CLSACT_HANDLE, CLSACT_PARENT, 0), kind("clsact")]);
  const made = netlinkRequest(bpf, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, qdisc).result;
  if (made !== -EEXIST) checked(context, made, `${what}, clsact`);
  const parent = egress ? CLSACT_EGRESS : CLSACT_INGRESS;
  const priority = options.priority ?? DEFAULT_PRIORITY;
  const info = (priority << 16) | ALL_PROTOCOLS;
  const dropQdisc = (): void => {
    if (made === -EEXIST) return;
    const left = [CLSACT_INGRESS, CLSACT_EGRESS].some((side) =>
      netlinkDump(bpf, RTM_GETTFILTER, tcmsg(index, 0, side, 0)).messages.some(
        (message) => message.type === RTM_NEWTFILTER,
      ),
    );
    if (!left) netlinkRequest(bpf, RTM_DELQDISC, 0, qdisc);
  };
  const handle = freeHandle();
  const filter = concatBytes([
    tcmsg(index, handle, parent, info),
    kind("bpf"),
    nlNested(TCA_OPTIONS, [
      nlU32(TCA_BPF_FD, progFd),
      nlAttr(TCA_BPF_NAME, fromUtf8(`${spec.name}\0`)),
      nlU32(TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT),
    ]),
  ]);
  try {
    checked(context, netlinkRequest(bpf, RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL, filter).result, what);
  } catch (error) {
    dropQdisc();
    throw error;
  }
  return {
    links: [],
    undo: () => {
      inNetnsIfThere(bpf, options.netns, () => {
        netlinkRequest(bpf, RTM_DELTFILTER, 0, concatBytes([tcmsg(index, handle, parent, info), kind("bpf")]));
        dropQdisc();
      });
    },
  };
}

let handles = 0;

/** Handles of one priority must differ: the process's id keeps two of ours apart. */
function freeHandle(): number {
  handles = (handles + 1) & 0xff;
  return ((process.pid & 0x7fffff) << 8) | handles;
}

function kind(name: string): Uint8Array {
  return nlAttr(TCA_KIND, fromUtf8(`${name}\0`));
}

/** u8 family, u16 type, s32 index, u32 flags, u32 change. */
function ifinfomsg(index: number): Uint8Array {
  const bytes = new Uint8Array(16);
  viewOf(bytes).setInt32(4, index, true);
  return bytes;
}

/** u8 family, pad, s32 index, u32 handle, u32 parent, u32 info (priority << 16 | protocol). */
function tcmsg(index: number, handle: number, parent: number, info: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = viewOf(bytes);
  view.setInt32(4, index, true);
  view.setUint32(8, handle >>> 0, true);
  view.setUint32(12, parent >>> 0, true);
  view.setUint32(16, info >>> 0, true);
  return bytes;
}
