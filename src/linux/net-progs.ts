/**
 * Programs on the interfaces of this network namespace, as netlink and BPF_PROG_QUERY tell them.
 *
 *     RTM_NEWLINK      IFLA_XDP { ATTACHED, PROG_ID, DRV_PROG_ID, SKB_PROG_ID, HW_PROG_ID }
 *     RTM_NEWTFILTER   TCA_KIND "bpf", TCA_OPTIONS { NAME, ID, ACT { n: { KIND, OPTIONS { NAME, ID } } } }
 *
 * Source: include/uapi/linux/if_link.h, pkt_cls.h, tc_act/tc_bpf.h, tools/bpf/bpftool/net.c of 6.18.
 */
import * as at from "../abi/attach-types.ts";
import { cString, viewOf } from "../base/bytes.ts";
import type { Bpf } from "./bpf/call.ts";
import { type QueriedProg, queryProgs } from "./bpf/query.ts";
import { sysError } from "./errors.ts";
import { withPath } from "./fds.ts";
import { type NetlinkMessage, netlinkDump, nlAttrs } from "./netlink.ts";

const RTM_GETLINK = 18;
const RTM_GETQDISC = 38;
const RTM_GETTCLASS = 42;
const RTM_GETTFILTER = 46;
const AF_PACKET = 17;
const IFINFOMSG_BYTES = 16;
const TCMSG_BYTES = 20;
const IFLA_IFNAME = 3;
const IFLA_XDP = 43;
const IFLA_XDP_ATTACHED = 2;
const IFLA_XDP_PROG_ID = 4;
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_BPF_ACT = 1;
const TCA_BPF_NAME = 7;
const TCA_BPF_ID = 11;
const TCA_ACT_KIND = 1;
const TCA_ACT_OPTIONS = 2;
const TCA_ACT_BPF_NAME = 6;
const TCA_ACT_BPF_ID = 9;
const TC_H_ROOT = 0xffffffff;
const CLSACT_INGRESS = 0xfffffff2;
const CLSACT_EGRESS = 0xfffffff3;
/** IFLA_XDP_ATTACHED: several, told one by one. */
const XDP_ATTACHED_MULTI = 4;
const XDP_MODES = ["none", "driver", "generic", "offload"] as const;
/** IFLA_XDP_*_PROG_ID of each mode, in bpftool's order. */
const XDP_EACH: readonly (readonly [attr: number, mode: string])[] = [
  [6, "generic"],
  [5, "driver"],
  [7, "offload"],
];

export interface Device {
  readonly name: string;
  readonly index: number;
  readonly xdp: readonly { readonly mode: string; readonly id: number }[];
  /** Several at once, one a mode. */
  readonly multi: boolean;
}

/** Throws "linux/<ERRNO>". */
export function devices(bpf: Bpf): Device[] {
  const request = new Uint8Array(IFINFOMSG_BYTES);
  request[0] = AF_PACKET;
  return dump(bpf, RTM_GETLINK, request, "links").map(({ body }) => {
    const attrs = nlAttrs(body, IFINFOMSG_BYTES);
    const xdp = nlAttrs(attrs.get(IFLA_XDP) ?? NONE);
    const mode = xdp.get(IFLA_XDP_ATTACHED)?.[0] ?? 0;
    const multi = mode === XDP_ATTACHED_MULTI;
    const single = XDP_MODES[mode] ?? "none";
    const found: readonly (readonly [number, string])[] = multi
      ? XDP_EACH
      : single === "none"
        ? []
        : [[IFLA_XDP_PROG_ID, single]];
    return {
      name: text(attrs.get(IFLA_IFNAME)),
      index: viewOf(body).getInt32(4, true),
      xdp: found.flatMap(([attr, word]) => (xdp.has(attr) ? [{ mode: word, id: u32(xdp.get(attr)) }] : [])),
      multi,
    };
  });
}

export interface Filter {
  /** "clsact/ingress", or the class or qdisc that it hangs on. */
  readonly kind: string;
  readonly name: string | undefined;
  readonly id: number | undefined;
  readonly actions: readonly { readonly name: string | undefined; readonly id: number | undefined }[] | undefined;
}

/** tc filters that are programs. */
export function filters(bpf: Bpf, index: number): Filter[] {
  const parents: (readonly [handle: number, kind: string])[] = [];
  for (const [type, what] of [
    [RTM_GETTCLASS, "classes"],
    [RTM_GETQDISC, "qdiscs"],
  ] as const) {
    for (const { body } of dump(bpf, type, tcmsg(index, 0), what)) {
      const kind = text(nlAttrs(body, TCMSG_BYTES).get(TCA_KIND));
      const handle = viewOf(body).getUint32(8, true);
      if (viewOf(body).getInt32(4, true) !== index) continue;
      if (type === RTM_GETQDISC && (kind === "clsact" || handle === 0)) continue;
      parents.push([handle, kind]);
    }
  }
  parents.push([TC_H_ROOT, "root"], [CLSACT_INGRESS, "clsact/ingress"], [CLSACT_EGRESS, "clsact/egress"]);
  return parents.flatMap(([handle, kind]) =>
    dump(bpf, RTM_GETTFILTER, tcmsg(index, handle), "filters").flatMap(({ body }) => filterOf(body, kind)),
  );
}

function filterOf(body: Uint8Array, kind: string): Filter[] {
  const attrs = nlAttrs(body, TCMSG_BYTES);
  const options = attrs.get(TCA_OPTIONS);
  if (options === undefined || text(attrs.get(TCA_KIND)) !== "bpf") return [];
  const filter = nlAttrs(options);
  const actions = filter.get(TCA_BPF_ACT);
  return [
    {
      kind,
      name: optional(filter.get(TCA_BPF_NAME), text),
      id: optional(filter.get(TCA_BPF_ID), u32),
      actions: actions === undefined ? undefined : actionsOf(actions),
    },
  ];
}

function actionsOf(bytes: Uint8Array): { name: string | undefined; id: number | undefined }[] {
  return [...nlAttrs(bytes).values()].flatMap((each) => {
    const action = nlAttrs(each);
    if (text(action.get(TCA_ACT_KIND)) !== "bpf") return [];
    const options = nlAttrs(action.get(TCA_ACT_OPTIONS) ?? NONE);
    return [{ name: optional(options.get(TCA_ACT_BPF_NAME), text), id: optional(options.get(TCA_ACT_BPF_ID), u32) }];
  });
}

const HOOKS: readonly (readonly [attachType: number, kind: string])[] = [
  [at.BPF_TCX_INGRESS, "tcx/ingress"],
  [at.BPF_TCX_EGRESS, "tcx/egress"],
  [at.BPF_NETKIT_PRIMARY, "netkit/primary"],
  [at.BPF_NETKIT_PEER, "netkit/peer"],
];

/** tcx and netkit programs, in the order in which they run. */
export function hookProgs(bpf: Bpf, index: number): (QueriedProg & { readonly kind: string })[] {
  return HOOKS.flatMap(([attachType, kind]) => {
    const found = queryProgs(bpf, index, attachType, 0, true);
    return typeof found === "number" ? [] : found.map((each) => ({ ...each, kind }));
  });
}

/** The flow dissector of this network namespace; undefined where there is none, or the kernel does not tell. */
export function flowDissector(bpf: Bpf): number | undefined {
  const found = withPath(bpf, "/proc/thread-self/ns/net", "network namespace", (fd) =>
    queryProgs(bpf, fd, at.BPF_FLOW_DISSECTOR),
  );
  return typeof found === "number" ? undefined : found[0]?.id;
}

const NONE = new Uint8Array(0);

function dump(bpf: Bpf, type: number, request: Uint8Array, what: string): readonly NetlinkMessage[] {
  const { result, messages } = netlinkDump(bpf, type, request);
  if (result < 0) throw sysError(`asking netlink for ${what}`, -result);
  return messages;
}

function tcmsg(index: number, parent: number): Uint8Array {
  const bytes = new Uint8Array(TCMSG_BYTES);
  const view = viewOf(bytes);
  view.setInt32(4, index, true);
  view.setUint32(12, parent >>> 0, true);
  return bytes;
}

function text(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? "" : cString(bytes);
}

function u32(bytes: Uint8Array | undefined): number {
  return bytes === undefined ? 0 : viewOf(bytes).getUint32(0, true);
}

function optional<T>(bytes: Uint8Array | undefined, read: (bytes: Uint8Array) => T): T | undefined {
  return bytes === undefined ? undefined : read(bytes);
}
