/**
 * tracefs, wherever it is. Where nobody has mounted it, a mount of our own that has no place in the file tree: it is seen
 * through its fd only, and gone with it.
 *
 *     fsopen("tracefs") -> fsconfig(CREATE) -> fsmount -> /proc/self/fd/N/events/sched/sched_switch/id
 *
 * Source: Documentation/trace/events.rst, include/uapi/linux/mount.h (fsopen since 5.2).
 */
import { existsSync, readFileSync } from "node:fs";
import { fromUtf8 } from "../base/bytes.ts";
import { ENOENT } from "../base/errno.ts";
import type { Bpf } from "./bpf/call.ts";
import { NotSupported } from "./errors.ts";

const FSOPEN_CLOEXEC = 1;
const FSCONFIG_CMD_CREATE = 6;
const FSMOUNT_CLOEXEC = 1;

/** Runs `fn` with the path of a tracefs; it must be done with it when it returns. Throws NotSupported where there is none. */
export function withTracefs<T>(bpf: Bpf, fn: (root: string) => T): T {
  const mounted = mountedTracefs();
  if (mounted !== undefined) return fn(mounted);
  const mount = detachedMount(bpf, "tracefs");
  if (mount < 0) {
    throw new NotSupported("tracefs", "", { errno: -mount, advice: "mount -t tracefs tracefs /sys/kernel/tracing" });
  }
  try {
    return fn(`/proc/self/fd/${mount}`);
  } finally {
    bpf.close(mount);
  }
}

/** Number of a tracepoint "category/name". Throws NotSupported where the kernel has none of that name. */
export function tracepointId(bpf: Bpf, name: string): number {
  const id = withTracefs(bpf, (root) => {
    try {
      return Number(readFileSync(`${root}/events/${name}/id`, "utf8"));
    } catch {
      return 0; // no such event: said below
    }
  });
  if (id > 0) return id;
  throw new NotSupported(`tracepoint ${name}`, "", {
    errno: ENOENT,
    advice: "see /sys/kernel/tracing/events (mount -t tracefs tracefs /sys/kernel/tracing)",
  });
}

function mountedTracefs(): string | undefined {
  const mounts = readFileSync("/proc/mounts", "utf8");
  const roots = [...mounts.matchAll(/^\S+ (\S+) (tracefs|debugfs) /gm)].map((match) =>
    match[2] === "tracefs" ? match[1]! : `${match[1]}/tracing`,
  );
  return roots.find((root) => existsSync(`${root}/events`));
}

/** fd of a file system's mount that is in no directory, or -errno. */
function detachedMount(bpf: Bpf, type: string): number {
  const { sys } = bpf;
  const name = fromUtf8(`${type}\0`);
  const buffer = bpf.scratch("fs name", name.length);
  buffer.bytes.set(name);
  const fs = sys.syscall(sys.nr.fsopen, buffer.addr, FSOPEN_CLOEXEC);
  if (fs < 0) return fs;
  const made = sys.syscall(sys.nr.fsconfig, fs, FSCONFIG_CMD_CREATE, 0, 0, 0);
  const mount = made < 0 ? made : sys.syscall(sys.nr.fsmount, fs, FSMOUNT_CLOEXEC, 0);
  bpf.close(fs);
  return mount;
}
