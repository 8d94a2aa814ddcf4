/** Names of functions of the running kernel that probes can be set on. */
import { readFileSync } from "node:fs";
import { hasSince } from "../../abi/since.ts";
import type { Bpf } from "../bpf/call.ts";
import { withTracefs } from "../tracefs.ts";

/** What ftrace knows, where it may be read; else the functions of /proc/kallsyms. Each name once, modules included. */
export function kernelFunctions(bpf: Bpf, pattern: RegExp): string[] {
  const names = new Set<string>();
  for (const name of traceable(bpf) ?? symbols()) if (pattern.test(name)) names.add(name);
  return [...names];
}

function traceable(bpf: Bpf): string[] | undefined {
  try {
    return withTracefs(bpf, (root) =>
      readFileSync(`${root}/available_filter_functions`, "utf8")
        .split("\n")
        .map((line) => line.split(" ", 1)[0]!),
    );
  } catch {
    return undefined; // lockdown forbids it, or there is no ftrace
  }
}

function symbols(): string[] {
  const text = readFileSync("/proc/kallsyms", "latin1");
  return [...text.matchAll(/^[0-9a-f]+ [tTwW] (\S+)/gm)].map((match) => match[1]!);
}

const WRAPPERS: Readonly<Record<string, string>> = { x64: "__x64_sys_", arm64: "__arm64_sys_" };

/** Since 4.17 system calls have a wrapper that takes a pt_regs. */
export function syscallFunction(name: string, release: string): string {
  return `${hasSince(release, "4.17") ? (WRAPPERS[process.arch] ?? "__se_sys_") : "sys_"}${name}`;
}
