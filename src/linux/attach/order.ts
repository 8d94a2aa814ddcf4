/**
 * The place among other programs of a hook (tcx and netkit since 6.6, cgroup since 6.17):
 *
 *     before: program    BPF_F_BEFORE, next to it        before: "all"    first
 *     after: link        BPF_F_AFTER                     after: "all"     last, which is also the default
 *     revision           refuse (ESTALE) if the hook has changed since it was asked for its revision
 */
import { hasSince } from "../../abi/since.ts";
import type { Since } from "../../abi/types.ts";
import { EINVAL } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import type { Neighbour } from "../../loader/target.ts";
import type { LinkExtra } from "../bpf/link.ts";
import { NotSupported } from "../errors.ts";
import type { AttachContext } from "./context.ts";

const BPF_F_BEFORE = 1 << 3;
const BPF_F_AFTER = 1 << 4;
const BPF_F_ID = 1 << 5;
const BPF_F_LINK = 1 << 13;

export interface Order {
  readonly flags: number;
  readonly extra?: LinkExtra;
}

/** `linkOf` gives the link of a program, for hooks where links stand only next to links. */
export function orderOf(context: AttachContext, linkOf?: (progId: number) => number | undefined): Order {
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
  if (neighbour === undefined || neighbour === "all") {
    return { flags: side, extra: { kind: "order", relative: 0, revision } };
  }
  const anchor = anchorOf(neighbour, linkOf);
  if (anchor === undefined) {
    throw new SkepError("attach/option", "what `before` or `after` names is no link here", {
      site: { prog: context.spec.name },
      advice: "a link of this hook, or a program that is attached to it by a link",
    });
  }
  const flags = side | BPF_F_ID | (anchor.link ? BPF_F_LINK : 0);
  return { flags, extra: { kind: "order", relative: anchor.id, revision } };
}

function anchorOf(
  neighbour: Neighbour,
  linkOf: ((progId: number) => number | undefined) | undefined,
): { readonly id: number; readonly link: boolean } | undefined {
  if (typeof neighbour === "object" && "info" in neighbour) {
    const id = neighbour.info()?.id;
    return id === undefined ? undefined : { id, link: true };
  }
  const progId = typeof neighbour === "number" ? neighbour : neighbour.id;
  if (linkOf === undefined) return { id: progId, link: false };
  const id = linkOf(progId);
  return id === undefined ? undefined : { id, link: true };
}

/** After an attempt with an order that failed: NotSupported where the kernel is too old to know any. */
export function requireOrder(context: AttachContext, order: Order, fd: number, since: Since, hook: string): void {
  if (fd !== -EINVAL || order.extra === undefined || hasSince(context.release, since)) return;
  throw new NotSupported(`order of ${hook} programs`, since, { site: { prog: context.spec.name } });
}
