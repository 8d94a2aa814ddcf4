/**
 * Iterators: programs that the kernel calls for each of its objects of a kind when somebody reads. What they iterate over:
 *
 *     union bpf_iter_link_info   map { u32 fd }   cgroup { u32 order, u32 fd, u64 id }   task { u32 tid, u32 pid, u32 pid_fd }
 */
import { BPF_TRACE_ITER } from "../../abi/attach-types.ts";
import { viewOf } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import { withPath } from "../fds.ts";
import { type AttachContext, type Attached, link, optionError } from "./context.ts";

const INFO_BYTES = 16;
/** enum bpf_cgroup_iter_order. */
const ORDERS: Readonly<Record<string, number>> = { self: 1, descendants_pre: 2, descendants_post: 3, ancestors_up: 4 };

export function onIter(context: AttachContext): Attached {
  const { bpf, spec, options } = context;
  const what = `iterator of ${spec.attachTo}`;
  const info = new Uint8Array(INFO_BYTES);
  const view = viewOf(info);
  const make = (): Attached => {
    const extra = info.some((byte) => byte !== 0) ? { extra: { kind: "iter", info } as const } : {};
    return { links: [link(context, { target: 0, attachType: BPF_TRACE_ITER, ...extra }, what)], what };
  };
  switch (spec.attachTo) {
    case "bpf_map_elem":
    case "bpf_sk_storage_map":
    case "sockmap": {
      const map = options.map as { readonly fd?: unknown } | undefined;
      if (typeof map?.fd !== "number") throw optionError(context, "map", "a live map of this target");
      view.setUint32(0, map.fd, true);
      return make();
    }
    case "cgroup": {
      const order = ORDERS[options.order ?? "descendants_pre"];
      if (order === undefined) {
        throw new SkepError("attach/option", `no order "${options.order}"`, { advice: Object.keys(ORDERS).join(", ") });
      }
      view.setUint32(0, order, true);
      if (options.cgroup === undefined) return make();
      return withPath(bpf, options.cgroup, "cgroup", (fd) => {
        view.setUint32(4, fd, true);
        return make();
      });
    }
    case "task":
    case "task_file":
    case "task_vma":
      view.setUint32(0, options.tid ?? 0, true);
      view.setUint32(4, options.pid ?? 0, true);
      return make();
    default:
      return make();
  }
}
