/**
 * Values for .kconfig externs: the kernel's configuration, its version, and what libbpf makes up.
 *
 *     CONFIG_HZ=1000          from /boot/config-RELEASE or /proc/config.gz
 *     LINUX_KERNEL_VERSION    KERNEL_VERSION(a, b, c); Debian and Ubuntu tell the upstream version elsewhere
 *     LINUX_HAS_BPF_COOKIE    bpf_get_attach_cookie() works: since 5.15
 *     LINUX_HAS_SYSCALL_WRAPPER   syscalls are __x64_sys_*: since 4.17
 *
 * Source: tools/lib/bpf/libbpf.c bpf_object__read_kconfig_file(), get_kernel_version(), 6.18.
 */
import { readFileSync } from "node:fs";
import { release, version } from "node:os";
import { gunzipSync } from "node:zlib";
import { hasSince, versionCode } from "../abi/since.ts";

/** Upstream version of the running kernel: "6.18.44". */
export function kernelRelease(): string {
  const ubuntu = read("/proc/version_signature");
  const signed = ubuntu === null ? undefined : /^\S+ \S+ (\d+\.\d+\.\d+)/.exec(ubuntu.toString())?.[1];
  if (signed !== undefined) return signed;
  return /Debian (\d+\.\d+\.\d+)/.exec(version())?.[1] ?? release();
}

export type KconfigLookup = (name: string) => number | bigint | string | undefined;

/** Reads the configuration when the first CONFIG_ name is asked for. */
export function kernelConfig(): KconfigLookup {
  let config: ReadonlyMap<string, string> | undefined;
  return (name) => {
    const kernel = kernelRelease();
    switch (name) {
      case "LINUX_KERNEL_VERSION":
        return versionCode(kernel);
      case "LINUX_HAS_BPF_COOKIE":
        return hasSince(kernel, "5.15") ? 1 : 0;
      case "LINUX_HAS_SYSCALL_WRAPPER":
        return hasSince(kernel, "4.17") ? 1 : 0;
      default:
        config ??= parseConfig(configText());
        return config.get(name);
    }
  };
}

/** Lines "CONFIG_X=value"; what is not set is absent. Values stay as text: y, m, "text", 1000, 0x10. */
export function parseConfig(text: string): ReadonlyMap<string, string> {
  const config = new Map<string, string>();
  for (const line of text.split("\n")) {
    const equals = line.indexOf("=");
    if (equals > 0 && line.startsWith("CONFIG_")) config.set(line.slice(0, equals), line.slice(equals + 1));
  }
  return config;
}

function configText(): string {
  const boot = read(`/boot/config-${release()}`);
  if (boot !== null) return boot.toString();
  const packed = read("/proc/config.gz");
  return packed === null ? "" : gunzipSync(packed).toString();
}

function read(path: string): Buffer | null {
  try {
    return readFileSync(path);
  } catch {
    return null; // the file is optional: other places are asked, or the value is unknown
  }
}
