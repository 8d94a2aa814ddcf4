/**
 * Sockets seen from packet programs. No socket listens: lookups find nothing, as on a machine without any. A packet has one
 * (PacketBuf.socket) in a test run, the kernel's dummy, and where cgroup_skb programs are replayed: one a flow.
 */
import { BPF_MAP_TYPE_SK_STORAGE } from "../../abi/map-types.ts";
import { EINVAL, ENOENT } from "../../base/errno.ts";
import { CELL_RET_HI } from "../../layout/layout.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import { SOCK_BASE } from "../hooks/skb.ts";
import type { NetHelper } from "./net-table.ts";

/** BPF_LOCAL_STORAGE_GET_F_CREATE. */
const GET_F_CREATE = 1;
/** fs.overflowuid: the owner of what has none. */
const OVERFLOW_UID = 65534;

const none = (): number => 0;

export function socketHelpers(p: PacketBuf): readonly NetHelper[] {
  const m = p.machine;
  const { u8, u32, event } = m;

  function wide(low: number, high: number): number {
    u32[CELL_RET_HI >>> 2] = high;
    return low;
  }

  const isOwn = (sk: number): boolean => p.socket && sk >>> 0 === SOCK_BASE;

  function storageGet(map: number, sk: number, value: number, flags: number, flagsHi: number): number {
    if (!isOwn(sk) || flagsHi !== 0 || flags >>> 0 > GET_F_CREATE) return 0;
    return m.storageOf(BPF_MAP_TYPE_SK_STORAGE, p.socketId, map >>> 0, value >>> 0, flags === GET_F_CREATE);
  }

  return [
    ["sk_lookup_tcp", "iiidd->u", none],
    ["sk_lookup_udp", "iiidd->u", none],
    ["skc_lookup_tcp", "iiidd->u", none],
    ["sk_release", "i->s", none],
    ["sk_fullsock", "i->u", (sk) => sk],
    ["tcp_sock", "i->u", none],
    ["get_listener_sock", "i->u", none],
    ["tcp_check_syncookie", "iiiii->s", () => -EINVAL],
    ["tcp_gen_syncookie", "iiiii->s", () => -EINVAL],
    ["sk_assign", "iid->s", () => -EINVAL],
    ["get_socket_cookie", "i->d", () => wide(p.socket ? p.socketId : 0, 0)],
    ["get_netns_cookie", "i->d", () => wide(1, 0)],
    ["get_socket_uid", "i->u", () => (p.socket ? 0 : OVERFLOW_UID)],
    ["skb_cgroup_id", "i->d", () => (p.socket ? wide(event.cgroupLo, event.cgroupHi) : wide(0, 0))],
    ["skb_ancestor_cgroup_id", "ii->d", () => wide(0, 0)],
    ["sk_cgroup_id", "i->d", () => wide(event.cgroupLo, event.cgroupHi)],
    ["sk_ancestor_cgroup_id", "ii->d", () => wide(0, 0)],
    // No socket is of another kind than struct bpf_sock,.
    ["skc_to_tcp_sock", "i->u", none],
    ["skc_to_tcp6_sock", "i->u", none],
    ["skc_to_tcp_timewait_sock", "i->u", none],
    ["skc_to_tcp_request_sock", "i->u", none],
    ["skc_to_udp6_sock", "i->u", none],
    ["skc_to_unix_sock", "i->u", none],
    ["skc_to_mptcp_sock", "i->u", none],
    ["sk_storage_get", "iiid->u", storageGet],
    [
      "sk_storage_delete",
      "ii->s",
      (map, sk) => (isOwn(sk!) ? m.storageDrop(BPF_MAP_TYPE_SK_STORAGE, p.socketId, map! >>> 0) : -EINVAL),
    ],
    ["skb_cgroup_classid", "i->u", none],
    ["get_cgroup_classid", "i->u", none],
    ["get_route_realm", "i->u", none],
    ["skb_under_cgroup", "iii->s", () => -ENOENT],
    [
      "skb_get_xfrm_state",
      "iiiid->s",
      (_ctx, _index, to, bytes) => {
        u8.fill(0, to!, to! + bytes!);
        return -EINVAL;
      },
    ],
  ];
}
