/** File descriptors that attaching needs: directories, network namespaces, interface indexes. All synchronous. */
import { existsSync } from "node:fs";
import { concatBytes, fromUtf8 } from "../base/bytes.ts";
import { EAGAIN, EINTR, ENODEV, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type { Bpf } from "./bpf/call.ts";
import { sysError } from "./errors.ts";

const AT_FDCWD = -100;
const O_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const SIOCGIFINDEX = 0x8933;
const IFREQ_BYTES = 40;
const IFNAMSIZ = 16;

/** Opens a path for reading (a directory, a namespace). Throws "linux/<ERRNO>" with `what`. */
export function openPath(bpf: Bpf, path: string, what: string): number {
  const bytes = fromUtf8(path);
  const buffer = bpf.scratch("open path", bytes.length + 1);
  buffer.bytes.set(bytes);
  buffer.bytes[bytes.length] = 0;
  const fd = bpf.sys.syscall(bpf.sys.nr.openat, AT_FDCWD, buffer.addr, O_CLOEXEC, 0);
  if (fd < 0) throw sysError(`${what} ${path}`, -fd, { site: { file: path } });
  return fd;
}

/** Runs `fn` with the fd of a path, and closes it. */
export function withPath<T>(bpf: Bpf, path: string, what: string, fn: (fd: number) => T): T {
  const fd = openPath(bpf, path, what);
  try {
    return fn(fd);
  } finally {
    bpf.close(fd);
  }
}

/**
 * Runs `fn` in another network namespace: "/run/netns/x", or just "x". Namespaces belong to the thread, so `fn` must be
 * synchronous; the old one is back when this returns.
 */
export function inNetns<T>(bpf: Bpf, netns: string | undefined, fn: () => T): T {
  if (netns === undefined) return fn();
  const path = netnsPath(netns);
  const { sys } = bpf;
  return withPath(bpf, "/proc/thread-self/ns/net", "own network namespace", (own) =>
    withPath(bpf, path, "network namespace", (other) => {
      const entered = sys.syscall(sys.nr.setns, other, CLONE_NEWNET);
      if (entered < 0) throw sysError(`network namespace ${netns}`, -entered);
      try {
        return fn();
      } finally {
        goBack(bpf, own);
      }
    }),
  );
}

/** For undoing: where the namespace is gone, so is what was made in it. */
export function inNetnsIfThere(bpf: Bpf, netns: string | undefined, fn: () => void): void {
  if (netns === undefined || existsSync(netnsPath(netns))) inNetns(bpf, netns, fn);
}

function netnsPath(netns: string): string {
  return netns.includes("/") ? netns : `/run/netns/${netns}`;
}

function goBack(bpf: Bpf, own: number): void {
  const left = bpf.sys.syscall(bpf.sys.nr.setns, own, CLONE_NEWNET);
  if (left < 0) throw sysError("going back to the own network namespace", -left);
}

/** Index of an interface in the thread's network namespace. Throws "linux/ENODEV". */
export function ifIndex(bpf: Bpf, dev: string): number {
  const { sys } = bpf;
  const socket = sys.syscall(sys.nr.socket, AF_INET, SOCK_DGRAM, 0);
  if (socket < 0) throw sysError("socket", -socket);
  const request = bpf.scratch("ifreq", IFREQ_BYTES);
  request.bytes.fill(0, 0, IFREQ_BYTES);
  request.bytes.set(fromUtf8(dev).subarray(0, IFNAMSIZ - 1));
  const result = sys.syscall(sys.nr.ioctl, socket, SIOCGIFINDEX, request.addr);
  bpf.close(socket);
  if (result >= 0) return request.view.getInt32(IFNAMSIZ, true);
  const errno = -result;
  throw new SkepError(`linux/${errnoName(errno)}`, `interface ${dev}: ${errnoName(errno)}`, {
    errno,
    advice: errno === ENODEV ? "ip link shows which there are; `netns` says in which namespace" : "see ip link",
  });
}

const READ_BYTES = 64 * 1024;

/** Everything that a fd gives, until it gives no more. Throws "linux/<ERRNO>". */
export function readAll(bpf: Bpf, fd: number): Uint8Array {
  const { sys } = bpf;
  const chunks: Uint8Array[] = [];
  const buffer = bpf.scratch("read", READ_BYTES);
  for (;;) {
    const n = sys.syscall(sys.nr.read, fd, buffer.addr, READ_BYTES);
    if (n === -EINTR || n === -EAGAIN) continue;
    if (n < 0) throw sysError("read", -n);
    if (n === 0) return concatBytes(chunks);
    chunks.push(buffer.bytes.slice(0, n));
  }
}
