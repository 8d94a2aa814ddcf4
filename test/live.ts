/** May this machine's kernel be used for tests? */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { koffiSys } from "../src/linux/koffi-sys.ts";
import type { Sys } from "../src/linux/sys.ts";

let reason: string | null | undefined;

/** null where bpf(2) works here, else why not, in a few words: `test.skipIf(liveKernel())`. */
export function liveKernel(): string | null {
  if (reason !== undefined) return reason;
  reason = probe();
  if (reason !== null) console.log(`live kernel tests are skipped: ${reason}`);
  return reason;
}

/** The machine's kernel; only where liveKernel() is null. */
export function liveSys(): Sys {
  return koffiSys();
}

/** Programs, maps and links that this process still holds ("prog_id: 7"): a live test ends with none. */
export function heldObjects(): string[] {
  if (process.platform !== "linux") return [];
  return readdirSync("/proc/self/fdinfo").flatMap((fd) => {
    try {
      const info = readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
      return info.match(/^(prog_id|map_id|link_id):.*$/gm) ?? [];
    } catch {
      return []; // the folder's own fd
    }
  });
}

/** Name for a network namespace or cgroup: the check at the end of a run knows its own by it. */
export function ownName(what: string): string {
  return `skep-${what}-${process.env["SKEP_RUN"] ?? "run"}-${process.pid}`;
}

/** Where version 2 cgroups are mounted; undefined where they are not. */
export const CGROUPS: string | undefined = ["/sys/fs/cgroup/unified", "/sys/fs/cgroup"].find((path) =>
  existsSync(`${path}/cgroup.procs`),
);

/** BTF of the running kernel, for tests that compare tables with it. */
export const VMLINUX_BTF = "/sys/kernel/btf/vmlinux";

export function hasKernelBtf(): boolean {
  return existsSync(VMLINUX_BTF);
}

function probe(): string | null {
  if (process.platform !== "linux") return `this is ${process.platform}, not Linux`;
  let sys: Sys;
  try {
    sys = koffiSys();
  } catch (error) {
    return (error as Error).message;
  }
  if (process.getuid?.() !== 0) return "not root";
  // BPF_MAP_CREATE of an array of one u32.
  const attr = sys.alloc(72);
  attr.view.setUint32(0, 2, true);
  attr.view.setUint32(4, 4, true);
  attr.view.setUint32(8, 4, true);
  attr.view.setUint32(12, 1, true);
  const fd = sys.bpf(0, attr.addr, 72);
  if (fd < 0) return `bpf(2) fails with errno ${-fd}`;
  sys.syscall(sys.nr.close, fd);
  return null;
}
