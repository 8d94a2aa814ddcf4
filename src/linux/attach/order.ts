/**
 * The place among other programs of a hook (tcx and netkit since 6.6, cgroup since 6.17):
 *
 *     before: program    BPF_F_BEFORE, next to it        before: "all"    first
 *     after: program     BPF_F_AFTER                     after: "all"     last, which is also the default
 *     revision           refuse (ESTALE) if the hook has changed since it was asked for its revision
 */
import { SkepError } from "../../base/error.ts";
import type { LinkExtra } from "../bpf/link.ts";
import type { AttachContext } from "./context.ts";

const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_ID = 1 << 5;

export interface Order {
  readonly flags: number;
  readonly extra?: LinkExtra;
}

export function orderOf(context: AttachContext): Order {
  const { before, after, revision = 0n } = context.options;
  if (before === undefined && after === undefined) {
    return revision === 0n ? { flags: 0 } : { flags: 0, extra: { kind: "order", relative: 0, revision } };
  }
  if (before !== undefined && after !== undefined) {
    throw new SkepError("attach/option", "`before` and `after` exclude each other", {
      site: { prog: context.spec.name },
      advice: "name one neighbour",
    });
  }
  const neighbour = before ?? after;
  const side = before !== undefined ? BPF_F_BEFORE : BPF_F_AFTER;
  if (neighbour === "all") return { flags: side, extra: { kind: "order", relative: 0, revision } };
  const relative = typeof neighbour === "number" ? neighbour : (neighbour?.id ?? 0);
  return { flags: side | BPF_F_ID, extra: { kind: "order", relative, revision } };
}
