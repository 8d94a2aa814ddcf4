/** Kernel versions as the tables write them: "5.15", "6.18". Uname's "6.18.44-fc" compares by its leading numbers. */

/** Negative, zero or positive, as for sort. Missing parts count as 0, so "6.1" equals "6.1.0". */
export function compareVersions(a: string, b: string): number {
  const x = numbers(a);
  const y = numbers(b);
  for (let i = 0; i < 3; i++) {
    const d = x[i]! - y[i]!;
    if (d !== 0) return d;
  }
  return 0;
}

/** True where a kernel of `version` has what came with `since`. */
export function hasSince(version: string, since: string): boolean {
  return compareVersions(version, since) >= 0;
}

/** KERNEL_VERSION(a, b, c): what LINUX_KERNEL_VERSION externs hold. The patch level is cut at 255. */
export function versionCode(version: string): number {
  const [major, minor, patch] = numbers(version);
  return (major << 16) + (minor << 8) + Math.min(patch, 255);
}

function numbers(version: string): [number, number, number] {
  const match = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(version);
  if (match === null) return [0, 0, 0];
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)];
}
