/** A program in its place until closed: the kernel's link or links, or what stands for them on older kernels. */

import { linkType } from "../abi/link-types.ts";
import { ENOENT, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { TargetLink, TargetLinkInfo, TargetProg } from "../loader/target.ts";
import type { Attached } from "./attach/context.ts";
import type { Bpf } from "./bpf/call.ts";
import { createIter, detachLink, updateLink } from "./bpf/link.ts";
import { linkInfo } from "./bpf/link-info.ts";
import { pinObject } from "./bpf/object.ts";
import { NotSupported, Refused } from "./errors.ts";
import { readAll } from "./fds.ts";

export class LinuxLink implements TargetLink {
  readonly prog: TargetProg;
  readonly what: string;
  private readonly bpf: Bpf;
  private readonly attached: Attached;
  private readonly onClose: (link: LinuxLink) => void;
  private readonly atExit: (() => void) | undefined;
  private open = true;

  /** Takes the fds over. */
  constructor(bpf: Bpf, prog: TargetProg, attached: Attached, onClose: (link: LinuxLink) => void) {
    this.bpf = bpf;
    this.prog = prog;
    this.what = attached.what;
    this.attached = attached;
    this.onClose = onClose;
    // The kernel closes fds, and with them links, of a process that ends; this it does not undo.
    if (attached.undo === undefined) return;
    this.atExit = () => this.close();
    process.once("exit", this.atExit);
  }

  /** fds of the kernel's links. */
  get fds(): readonly number[] {
    return this.open ? this.attached.links : [];
  }

  /** Undefined where the hook has no link in this kernel. */
  info(): TargetLinkInfo | undefined {
    const fd = this.fds[0];
    const info = fd === undefined ? undefined : linkInfo(this.bpf, fd);
    return info === undefined ? undefined : { ...info, kind: linkType(info.type)?.word ?? `type ${info.type}` };
  }

  /** Another program of the same type in the same place, with no moment without one. */
  update(prog: TargetProg): void {
    const { fd } = prog as { readonly fd?: unknown };
    if (typeof fd !== "number" || fd < 0) {
      throw new SkepError("link/target", "a link takes live programs of its own target only");
    }
    for (const each of this.each("update")) this.check("update", updateLink(this.bpf, each, fd));
  }

  /** Under a path in a bpffs: the program stays attached when this process ends, until the file is removed. */
  pin(path: string): void {
    const fds = this.each("pin");
    if (fds.length > 1) {
      throw new NotSupported(`one link for ${this.what}: it is ${fds.length}`, "", {
        advice: "pin the program instead",
      });
    }
    const result = pinObject(this.bpf, fds[0]!, path);
    if (result === -ENOENT) {
      throw new SkepError("link/ENOENT", `pin ${path}: no such directory`, { errno: ENOENT, advice: PIN_ADVICE });
    }
    this.check(`pin ${path}`, result);
  }

  /** Out of the hook, while the link itself lives on (and its pins): force, as `bpftool link detach`. */
  detach(): void {
    for (const fd of this.each("detach")) this.check("detach", detachLink(this.bpf, fd));
  }

  /** Runs an iterator once, and gives what the program wrote. */
  read(): Uint8Array {
    const fd = createIter(this.bpf, this.each("read")[0]!);
    this.check("read", fd);
    try {
      return readAll(this.bpf, fd);
    } finally {
      this.bpf.close(fd);
    }
  }

  close(): void {
    if (!this.open) return;
    const { links, fds = [], undo } = this.attached;
    this.open = false;
    if (this.atExit !== undefined) process.off("exit", this.atExit);
    try {
      undo?.();
    } finally {
      for (const fd of [...links, ...fds]) this.bpf.close(fd);
      this.onClose(this);
    }
  }

  private each(verb: string): readonly number[] {
    if (!this.open) throw new SkepError("link/closed", `${this.what} is detached`);
    if (this.attached.links.length > 0) return this.attached.links;
    throw new NotSupported(`link for ${this.what}, so that it cannot ${verb}`, "");
  }

  private check(verb: string, result: number): void {
    if (result >= 0) return;
    const errno = -result;
    if (errno === EPERM) throw new Refused(`${verb} of ${this.what}`, errno);
    throw new SkepError(`link/${errnoName(errno)}`, `${this.what}: ${verb}: ${errnoName(errno)}`, {
      errno,
      advice: verb.startsWith("pin") ? PIN_ADVICE : "not every kind of link can do that",
    });
  }
}

const PIN_ADVICE = "a path that is free in a mounted bpffs: mount -t bpf bpf /sys/fs/bpf";
