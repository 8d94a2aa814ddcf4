/**
 * Sockets seen from packet programs. A replayed packet belongs to no socket and no socket listens: lookups find nothing, as
 * on a machine without any, unless BPF_PROG_TEST_RUN's dummy socket is there (PacketBuf.socket).
 */
import { EINVAL, ENOENT } from "../../base/errno.ts";
import { CELL_RET_HI } from "../../layout/layout.ts";
import type { PacketBuf } from "../hooks/packet.ts";
import type { NetHelper } from "./net-table.ts";

/** fs.overflowuid: the owner of what has none. */
const OVERFLOW_UID = 65534;

const none = (): number => 0;

export function socketHelpers(p: PacketBuf): readonly NetHelper[] {
  const { u8, u32, event } = p.machine;

  function wide(low: number, high: number): number {
    u32[CELL_RET_HI >>> 2] = high;
    return low;
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
    ["get_socket_cookie", "i->d", () => wide(p.socket ? 1 : 0, 0)],
    ["get_netns_cookie", "i->d", () => wide(1, 0)],
    ["get_socket_uid", "i->u", () => (p.socket ? 0 : OVERFLOW_UID)],
    ["skb_cgroup_id", "i->d", () => (p.socket ? wide(event.cgroupLo, event.cgroupHi) : wide(0, 0))],
    ["skb_ancestor_cgroup_id", "ii->d", () => wide(0, 0)],
    ["sk_cgroup_id", "i->d", () => wide(event.cgroupLo, event.cgroupHi)],
    ["sk_ancestor_cgroup_id", "ii->d", () => wide(0, 0)],
    // No socket is of another kind than struct bpf_sock, and none keeps storage.
    ["skc_to_tcp_sock", "i->u", none],
    ["skc_to_tcp6_sock", "i->u", none],
    ["skc_to_tcp_timewait_sock", "i->u", none],
    ["skc_to_tcp_request_sock", "i->u", none],
    ["skc_to_udp6_sock", "i->u", none],
    ["skc_to_unix_sock", "i->u", none],
    ["skc_to_mptcp_sock", "i->u", none],
    ["sk_storage_get", "iiid->u", none],
    ["sk_storage_delete", "ii->s", () => -ENOENT],
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
