/** `skep doctor`: what works on this machine, what does not, and one fix for each. */
import { existsSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { EXIT_MISSING } from "../exit.ts";
import { colors, output, print, printJson } from "../output.ts";

interface Check {
  readonly name: string;
  /** What needs it. */
  readonly for: "embedded" | "linux";
  readonly ok: boolean;
  readonly found: string;
  /** One line; empty where nothing is wrong. */
  readonly fix: string;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("check this machine: what works, what is missing, one fix for each")
    .action(async () => {
      const checks = [...embeddedChecks(), ...(await linuxChecks())];
      if (output.json) printJson({ checks });
      else show(checks);
      if (checks.some((check) => check.for === "embedded" && !check.ok)) process.exitCode = EXIT_MISSING;
    });
}

function embeddedChecks(): Check[] {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const recent = major > 20 || (major === 20 && minor >= 19);
  return [
    check("embedded", "Node.js", recent, process.version, "install Node.js 20.19 or newer"),
    check("embedded", "WebAssembly", typeof WebAssembly === "object", "available", "run Node without --jitless"),
  ];
}

async function linuxChecks(): Promise<Check[]> {
  if (process.platform !== "linux") {
    return [
      check("linux", "Linux", false, process.platform, "the linux target needs Linux; the embedded one runs here"),
    ];
  }
  const koffi = await import("koffi").then(
    (module) => `koffi ${(module.default as { version?: string }).version ?? ""}`.trim(),
    () => null,
  );
  const lockdown = /\[(\w+)\]/.exec(read("/sys/kernel/security/lockdown") ?? "")?.[1] ?? "none";
  const jit = read("/proc/sys/net/core/bpf_jit_enable")?.trim() ?? "unknown";
  const unprivileged = read("/proc/sys/kernel/unprivileged_bpf_disabled")?.trim() ?? "unknown";
  const root = process.getuid?.() === 0;
  const mounts = read("/proc/mounts") ?? "";
  return [
    check("linux", "system calls", koffi !== null, koffi ?? "no koffi", "npm install koffi"),
    check(
      "linux",
      "privilege",
      root || hasBpfCapability(),
      root ? "root" : "not root",
      "run as root, or grant CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON",
    ),
    check("linux", "unprivileged bpf", true, unprivileged === "0" ? "allowed" : "off", ""),
    check(
      "linux",
      "kernel BTF",
      existsSync("/sys/kernel/btf/vmlinux"),
      "/sys/kernel/btf/vmlinux",
      "a kernel with CONFIG_DEBUG_INFO_BTF=y, or pass --btf FILE",
    ),
    check("linux", "kernel JIT", jit !== "0", jit === "0" ? "off" : "on", "sysctl net.core.bpf_jit_enable=1"),
    check(
      "linux",
      "bpffs",
      / bpf /.test(mounts),
      "/sys/fs/bpf",
      "mount -t bpf bpf /sys/fs/bpf (only pinning needs it)",
    ),
    check(
      "linux",
      "tracefs",
      / tracefs /.test(mounts),
      "/sys/kernel/tracing",
      "mount -t tracefs tracefs /sys/kernel/tracing (tracepoints need it)",
    ),
    check(
      "linux",
      "lockdown",
      lockdown !== "confidentiality",
      lockdown,
      "confidentiality mode refuses bpf reads of kernel memory: boot with lockdown=integrity",
    ),
  ];
}

function check(target: Check["for"], name: string, ok: boolean, found: string, fix: string): Check {
  return { name, for: target, ok, found: ok ? found : `missing (${found})`, fix: ok ? "" : fix };
}

function show(checks: readonly Check[]): void {
  const c = colors();
  const width = Math.max(...checks.map((each) => each.name.length));
  for (const target of ["embedded", "linux"] as const) {
    print(c.bold(target === "embedded" ? "embedded runtime" : "Linux target"));
    for (const each of checks.filter((one) => one.for === target)) {
      print(`  ${each.ok ? c.green("ok") : c.yellow("--")}  ${each.name.padEnd(width)}  ${each.found}`);
      if (each.fix !== "") print(`      ${" ".repeat(width)}  ${c.cyan(`fix: ${each.fix}`)}`);
    }
  }
}

/** CAP_BPF (39) or CAP_SYS_ADMIN (21) in the effective set. */
function hasBpfCapability(): boolean {
  const effective = /CapEff:\s*([0-9a-f]+)/.exec(read("/proc/self/status") ?? "")?.[1];
  if (effective === undefined) return false;
  const set = BigInt(`0x${effective}`);
  return ((set >> 39n) & 1n) === 1n || ((set >> 21n) & 1n) === 1n;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null; // absent or not readable: the check says so
  }
}
