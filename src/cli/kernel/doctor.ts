/**
 * What the Linux target needs of a machine, each with what was found: system calls, capabilities, a map and a program really
 * made, BTF, file systems, limits, lockdown, the kernel's configuration.
 */
import { existsSync, readFileSync } from "node:fs";
import { BPF_MAP_TYPE_ARRAY } from "../../abi/map-types.ts";
import { BPF_PROG_TYPE_SOCKET_FILTER } from "../../abi/prog-types.ts";
import { hasSince } from "../../abi/since.ts";
import { errnoName } from "../../base/errno.ts";
import { insnsOf } from "../../isa/insn.ts";
import type { Bpf } from "../../linux/bpf/call.ts";
import { createMap } from "../../linux/bpf/map.ts";
import { loadProg } from "../../linux/bpf/prog.ts";
import { kernelConfig, kernelRelease } from "../../linux/kconfig.ts";
import { type Check, check } from "../commands/doctor.ts";
import { kernel } from "./session.ts";

export async function linuxChecks(): Promise<Check[]> {
  if (process.platform !== "linux") {
    return [
      check("linux", "Linux", false, process.platform, "the linux target needs Linux; the embedded one runs here"),
    ];
  }
  const koffi = await import("koffi").then(
    (module) => `koffi ${(module.default as { version?: string }).version ?? ""}`.trim(),
    () => null,
  );
  const release = kernelRelease();
  return [
    check("linux", "kernel", hasSince(release, "5.4"), release, "Linux 5.4 or newer"),
    check(
      "linux",
      "system calls",
      koffi !== null,
      koffi ?? "no koffi",
      "npm install koffi (prebuilt, nothing is compiled)",
    ),
    privilege(),
    ...(koffi === null ? [] : tried(kernel())),
    unprivileged(),
    check(
      "linux",
      "kernel BTF",
      existsSync("/sys/kernel/btf/vmlinux"),
      "/sys/kernel/btf/vmlinux",
      "a kernel with CONFIG_DEBUG_INFO_BTF=y, or pass --btf FILE",
    ),
    jit(),
    mount("bpffs", "bpf", "/sys/fs/bpf", "mount -t bpf bpf /sys/fs/bpf (only pinning needs it)"),
    tracefs(),
    memlock(release),
    lockdown(),
    symbols(),
    configuration(),
  ];
}

/** include/uapi/linux/capability.h; CAP_SYS_ADMIN stands for the others, as before 5.8. */
const CAPABILITIES: readonly (readonly [bit: bigint, name: string, what: string])[] = [
  [39n, "CAP_BPF", "maps and programs"],
  [38n, "CAP_PERFMON", "tracing"],
  [12n, "CAP_NET_ADMIN", "networking"],
];
const CAP_SYS_ADMIN = 21n;

function privilege(): Check {
  const effective = /CapEff:\s*([0-9a-f]+)/.exec(read("/proc/self/status") ?? "")?.[1];
  if (effective === undefined) return check("linux", "privilege", null, "unknown", "mount -t proc proc /proc");
  const set = BigInt(`0x${effective}`);
  const has = (bit: bigint): boolean => ((set >> bit) & 1n) === 1n;
  const lacking = has(CAP_SYS_ADMIN) ? [] : CAPABILITIES.filter(([bit]) => !has(bit));
  const who = process.getuid?.() === 0 ? "root" : `user ${process.getuid?.()}`;
  const held = has(CAP_SYS_ADMIN)
    ? "CAP_SYS_ADMIN"
    : CAPABILITIES.filter(([bit]) => has(bit))
        .map(([, name]) => name)
        .join(" ");
  return check(
    "linux",
    "privilege",
    lacking.length === 0,
    lacking.length === 0
      ? `${who}, ${held}`
      : `no ${lacking.map(([, name, what]) => `${name} (${what})`).join(", ")} for ${who}`,
    `run as root, or: setcap ${CAPABILITIES.map(([, name]) => name.toLowerCase()).join(",")}+ep $(readlink -f $(which node))`,
  );
}

/** bpf(2) itself: what policy or a container's seccomp filter forbids shows only here. */
function tried(bpf: Bpf): Check[] {
  const map = createMap(bpf, { type: BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 });
  bpf.close(map);
  const insns = insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
  const { fd: prog } = loadProg(bpf, { type: BPF_PROG_TYPE_SOCKET_FILTER, insns, license: "GPL" });
  bpf.close(prog);
  const failed = map < 0 ? `no map: ${errnoName(-map)}` : prog < 0 ? `no program: ${errnoName(-prog)}` : "";
  return [
    check(
      "linux",
      "bpf(2)",
      failed === "",
      failed === "" ? "a map and a program were made" : failed,
      "EPERM: privilege, a container's seccomp profile, or an LSM; ENOSYS: a kernel with CONFIG_BPF_SYSCALL=y",
    ),
  ];
}

function unprivileged(): Check {
  const value = read("/proc/sys/kernel/unprivileged_bpf_disabled")?.trim();
  const found = value === undefined ? "unknown" : value === "0" ? "allowed" : "off";
  return check("linux", "unprivileged bpf", value === undefined ? null : true, found, "");
}

function jit(): Check {
  const value = read("/proc/sys/net/core/bpf_jit_enable")?.trim();
  // A kernel that always compiles may not show the setting in a container.
  const always = kernelConfig()("CONFIG_BPF_JIT_ALWAYS_ON") === "y";
  const ok = always ? true : value === undefined ? null : value !== "0";
  return check(
    "linux",
    "kernel JIT",
    ok,
    ok === null ? "unknown" : ok ? "on" : "off",
    "sysctl net.core.bpf_jit_enable=1",
  );
}

function mounted(type: string): string | undefined {
  return new RegExp(`^\\S+ (\\S+) ${type} `, "m").exec(read("/proc/mounts") ?? "")?.[1];
}

function mount(name: string, type: string, usual: string, fix: string): Check {
  const at = mounted(type);
  return check("linux", name, at !== undefined, at ?? `not mounted at ${usual}`, fix);
}

/** Not needed since 5.2: the target makes a mount of its own that nobody else sees. */
function tracefs(): Check {
  const at = mounted("tracefs");
  if (at !== undefined) return check("linux", "tracefs", true, at, "");
  const own = hasSince(kernelRelease(), "5.2");
  const fix = "mount -t tracefs tracefs /sys/kernel/tracing (tracepoints need it)";
  return check(
    "linux",
    "tracefs",
    own,
    own ? "not mounted; a mount of our own is made when needed" : "not mounted",
    fix,
  );
}

function memlock(release: string): Check {
  const limit = /^Max locked memory\s+(\S+)/m.exec(read("/proc/self/limits") ?? "")?.[1];
  if (hasSince(release, "5.11")) return check("linux", "memlock", true, "maps do not count (since 5.11)", "");
  const ok = limit === undefined ? null : limit === "unlimited" || Number(limit) >= 64 << 20;
  return check(
    "linux",
    "memlock",
    ok,
    limit === undefined ? "unknown" : `not enough: ${limit} bytes`,
    "ulimit -l unlimited",
  );
}

function lockdown(): Check {
  const text = read("/sys/kernel/security/lockdown");
  const mode = /\[(\w+)\]/.exec(text ?? "")?.[1];
  if (mode === undefined) {
    return mounted("securityfs") === undefined
      ? check(
          "linux",
          "lockdown",
          null,
          "unknown: securityfs is not mounted",
          "mount -t securityfs securityfs /sys/kernel/security shows it",
        )
      : check("linux", "lockdown", true, "none: the kernel has no lockdown", "");
  }
  return check(
    "linux",
    "lockdown",
    mode !== "confidentiality",
    mode,
    "confidentiality refuses bpf reads of kernel memory: boot with lockdown=integrity",
  );
}

function symbols(): Check {
  const value = read("/proc/sys/kernel/kptr_restrict")?.trim();
  const first = /^([0-9a-f]+) /.exec(read("/proc/kallsyms")?.slice(0, 64) ?? "")?.[1];
  const seen =
    first !== undefined && /[1-9a-f]/.test((read("/proc/kallsyms") ?? "").slice(0, 4096).replace(/ .*$/gm, ""));
  return check(
    "linux",
    "kernel symbols",
    first === undefined ? null : seen,
    first === undefined
      ? "unknown"
      : `${seen ? "addresses shown" : "no addresses"} (kptr_restrict ${value ?? "unknown"})`,
    "sysctl kernel.kptr_restrict=1 (stacks and ksym externs need addresses)",
  );
}

/** What the target uses, and what is lost without. */
const OPTIONS: readonly (readonly [name: string, what: string])[] = [
  ["CONFIG_BPF_SYSCALL", "everything"],
  ["CONFIG_DEBUG_INFO_BTF", "CO-RE, fentry, lsm, iterators"],
  ["CONFIG_CGROUP_BPF", "cgroup programs"],
  ["CONFIG_BPF_EVENTS", "tracing"],
  ["CONFIG_KPROBE_EVENTS", "kprobes"],
  ["CONFIG_UPROBE_EVENTS", "uprobes, USDT"],
  ["CONFIG_FPROBE", "kprobe.multi"],
  ["CONFIG_FTRACE_SYSCALLS", "tracepoints of system calls"],
  ["CONFIG_NET_CLS_BPF", "tc through clsact"],
  ["CONFIG_BPF_LSM", "lsm"],
  ["CONFIG_XDP_SOCKETS", "AF_XDP"],
];

function configuration(): Check {
  const config = kernelConfig();
  const known = config("CONFIG_BPF") !== undefined;
  const lacking = OPTIONS.filter(([name]) => config(name) !== "y");
  return check(
    "linux",
    "kernel config",
    known ? lacking.length === 0 : null,
    !known
      ? "unknown: neither /boot/config-* nor /proc/config.gz"
      : lacking.length === 0
        ? `${OPTIONS.length} options are set`
        : `not set: ${lacking.map(([name, what]) => `${name} (${what})`).join(", ")}`,
    known ? "another kernel; `skep feature probe` tries what works" : "`skep feature probe` tries what works",
  );
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // absent or not readable: the check says so
  }
}
