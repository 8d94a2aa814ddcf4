/**
 * Objects in the kernel as bpftool names them:
 *
 *     PROG := id N | pinned FILE | tag TAG | name NAME      MAP := id N | pinned FILE | name NAME      LINK := id N | pinned FILE
 */
import { readFileSync } from "node:fs";
import { ENOENT, EPERM, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { linkInfo } from "../../linux/bpf/link-info.ts";
import {
  fdById,
  mapInfo,
  nextObjectId,
  type ObjectKind,
  objectIds,
  pinnedObject,
  progInfo,
} from "../../linux/bpf/object.ts";
import { Refused } from "../../linux/errors.ts";
import { kernel, type Words } from "./session.ts";

export type Named = "prog" | "map" | "link";

/** Runs `fn` with the fd of each object of a kind; those that go in the meantime are left out. */
export function eachObject(kind: ObjectKind, fn: (fd: number, id: number) => void): void {
  const bpf = kernel();
  if (nextObjectId(bpf, kind, 0) === -EPERM) throw new Refused(`listing ${kind}s`, EPERM);
  for (const id of [...objectIds(bpf, kind)]) {
    const fd = fdById(bpf, kind, id);
    if (fd === -EPERM) throw new Refused(`looking at ${kind} ${id}`, EPERM);
    if (fd < 0) continue;
    try {
      fn(fd, id);
    } finally {
      bpf.close(fd);
    }
  }
}

/** All objects where no reference follows, else those that it names. */
export function eachNamed(words: Words, kind: Named, fn: (fd: number) => void): void {
  if (words.empty) {
    eachObject(kind, fn);
    return;
  }
  const fds = openRefs(words, kind);
  words.end();
  try {
    for (const fd of fds) fn(fd);
  } finally {
    for (const fd of fds) kernel().close(fd);
  }
}

/** fds of what a reference names: several for a name or a tag that several have. */
export function openRefs(words: Words, kind: Named): number[] {
  const bpf = kernel();
  const how = words.take("id", "pinned", ...(kind === "link" ? [] : ["name"]), ...(kind === "prog" ? ["tag"] : []));
  switch (how) {
    case "id": {
      const id = words.number("the id");
      return [opened(fdById(bpf, kind, id), `${kind} ${id}`)];
    }
    case "pinned": {
      const path = words.next("the path");
      const fd = opened(pinnedObject(bpf, path), path);
      if (isKind(fd, kind)) return [fd];
      bpf.close(fd);
      throw new SkepError("kernel/kind", `${path} is no ${kind}`, { site: { file: path } });
    }
    case "name":
    case "tag": {
      const wanted = words.next(`the ${how}`);
      const fds: number[] = [];
      for (const id of [...objectIds(bpf, kind)]) {
        const fd = fdById(bpf, kind, id);
        if (fd < 0) continue;
        const info = kind === "prog" ? progInfo(bpf, fd) : mapInfo(bpf, fd);
        const value = how === "tag" && info !== undefined && "tag" in info ? info.tag : info?.name;
        // The kernel keeps 15 letters of a name.
        if (value === (how === "name" ? wanted.slice(0, 15) : wanted)) fds.push(fd);
        else bpf.close(fd);
      }
      if (fds.length > 0) return fds;
      throw new SkepError("kernel/ENOENT", `no ${kind} with ${how} ${wanted}`, { advice: `skep ${kind} list` });
    }
    default:
      throw words.usage(words.empty ? `which ${kind}?` : `"${words.peek}" does not name a ${kind}`);
  }
}

/** Exactly one object; runs `fn` with its fd. */
export function withRef<T>(words: Words, kind: Named, fn: (fd: number) => T): T {
  const bpf = kernel();
  const fds = openRefs(words, kind);
  try {
    if (fds.length > 1) {
      throw new SkepError("usage/ref", `${fds.length} ${kind}s have that name or tag`, { advice: "choose by id" });
    }
    return fn(fds[0]!);
  } finally {
    for (const fd of fds) bpf.close(fd);
  }
}

function opened(fd: number, what: string): number {
  if (fd >= 0) return fd;
  if (fd === -EPERM) throw new Refused(`opening ${what}`, EPERM);
  const gone = -fd === ENOENT;
  throw new SkepError(`kernel/${errnoName(-fd)}`, gone ? `there is no ${what}` : `opening ${what}: ${errnoName(-fd)}`, {
    errno: -fd,
    advice: /^\w+ \d+$/.test(what)
      ? `skep ${what.split(" ")[0]} list shows what there is`
      : "a path is in a mounted bpffs",
  });
}

function isKind(fd: number, kind: Named): boolean {
  const bpf = kernel();
  if (kind === "prog") return fdinfo(fd, "prog_id") !== undefined && fdinfo(fd, "link_id") === undefined;
  return (kind === "map" ? fdinfo(fd, "map_id") : linkInfo(bpf, fd) && fdinfo(fd, "link_id")) !== undefined;
}

/** A field of /proc/self/fdinfo, where the kernel tells what no bpf(2) command does: memlock, frozen, owner. */
export function fdinfo(fd: number, field: string): string | undefined {
  try {
    return new RegExp(`^${field}:\\s*(.*)$`, "m").exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  } catch {
    return undefined; // no procfs
  }
}
