/** What every way of attaching has in common: its inputs, what it makes, and how failures are told. */
import { progTypeWord } from "../../abi/prog-types.ts";
import { EINVAL, EOPNOTSUPP, EPERM, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import type { AttachOptions, TargetMap } from "../../loader/target.ts";
import type { ProgSpec } from "../../obj/spec.ts";
import type { Bpf } from "../bpf/call.ts";
import { createLink, type LinkAttr } from "../bpf/link.ts";
import { Refused } from "../errors.ts";

export interface AttachContext {
  readonly bpf: Bpf;
  readonly spec: ProgSpec;
  readonly progFd: number;
  readonly options: AttachOptions;
  /** Kernel release: "6.18.44". */
  readonly release: string;
  /** The program's live maps. */
  readonly maps: readonly TargetMap[];
}

export interface Attached {
  /** Links of the kernel: one, or several where a hook is many places; none where the kernel has none for it. */
  readonly links: readonly number[];
  /** fds to close after the links: perf events. */
  readonly fds?: readonly number[];
  /** Detaches where closing fds does not. */
  readonly undo?: () => void;
  /** "xdp on veth0". */
  readonly what: string;
}

/** A link fd. Throws what `checked` throws. */
export function link(context: AttachContext, attr: Omit<LinkAttr, "progFd">, what: string): number {
  return checked(context, createLink(context.bpf, { ...attr, progFd: context.progFd }), what);
}

/** The fd, or the failure thrown. */
export function checked(context: AttachContext, fd: number, what: string): number {
  if (fd >= 0) return fd;
  throw failure(context, -fd, what);
}

/** Refused or SkepError "attach/<ERRNO>". */
export function failure(context: AttachContext, errno: number, what: string): SkepError {
  const { name } = context.spec;
  if (errno === EPERM) return new Refused(`attaching ${name} (${what})`, errno, { site: { prog: name } });
  return new SkepError(`attach/${errnoName(errno)}`, `attaching ${name} (${what}): ${errnoName(errno)}`, {
    errno,
    site: { prog: name },
    advice:
      errno === EINVAL || errno === EOPNOTSUPP
        ? "the hook does not take this program: another attach type, or flags it does not know"
        : "EBUSY and EEXIST: another program is there; ENODEV, ENOENT: the place does not exist",
  });
}

/** What to attach to: the option, or what the section names. */
export function targetOf(context: AttachContext, what: string): string {
  const target = context.options.target ?? context.spec.attachTo;
  if (target === "") throw optionError(context, "target", what);
  return target;
}

export function optionError(context: AttachContext, name: string, what: string): SkepError {
  const { spec } = context;
  return new SkepError("attach/option", `attaching a ${progTypeWord(spec.type)} program needs \`${name}\``, {
    site: { prog: spec.name },
    advice: `give ${name}: ${what}`,
  });
}

/** Makes several fds or none: what was made is closed when a later one fails. */
export function allOrNone<T>(bpf: Bpf, items: Iterable<T>, make: (item: T, fds: number[]) => void): number[] {
  const fds: number[] = [];
  try {
    for (const item of items) make(item, fds);
    return fds;
  } catch (error) {
    for (const fd of fds) bpf.close(fd);
    throw error;
  }
}
