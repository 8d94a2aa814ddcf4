/**
 * Live cases that run in two places: under vitest on this machine (hooks.live.test.ts) and in a virtual machine with a kernel
 * of the tests' own (guest.ts). They therefore use no test runner and no command that an empty machine lacks.
 */
import { readFileSync } from "node:fs";
import { hasSince } from "../../src/abi/since.ts";
import type { Since } from "../../src/abi/types.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { NotSupported } from "../../src/linux/errors.ts";
import { kernelConfig, kernelRelease } from "../../src/linux/kconfig.ts";
import { koffiSys } from "../../src/linux/koffi-sys.ts";
import type { Sys } from "../../src/linux/sys.ts";
import { type LinuxOptions, linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { AttachOptions, TargetLinkInfo } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec } from "../../src/obj/spec.ts";

export interface LiveCase {
  readonly name: string;
  /** First kernel that has it: on an older one the same steps must end in NotSupported that names it. */
  readonly since?: Since;
  /** True where distributions bring it to older kernels: there it may work, too. */
  readonly backported?: boolean;
  /** CONFIG_* without which it is skipped: "NETKIT". */
  readonly config?: readonly string[];
  /** CONFIG_* without which the steps must end in NotSupported. */
  readonly told?: readonly string[];
  /** What it gives is a reason for skipping. */
  run(): undefined | string | Promise<undefined | string>;
}

export type Outcome =
  | { readonly kind: "ok" }
  | { readonly kind: "skip" | "fail"; readonly why: string; readonly error?: unknown };

export const kernel: string = kernelRelease();
const config = kernelConfig();

export async function outcomeOf(each: LiveCase): Promise<Outcome> {
  const without = (name: string): boolean => config(`CONFIG_${name}`) === undefined;
  const old = each.since !== undefined && !hasSince(kernel, each.since);
  const missing = old ? undefined : each.config?.find(without);
  if (missing !== undefined) return { kind: "skip", why: `CONFIG_${missing} is not set` };
  const untold = old ? undefined : each.told?.find(without);
  try {
    const why = await each.run();
    if (why !== undefined) return { kind: "skip", why };
    if (untold !== undefined) return { kind: "fail", why: `works without CONFIG_${untold}` };
    return old && each.backported !== true
      ? { kind: "fail", why: `works, but the tables say since ${each.since}` }
      : { kind: "ok" };
  } catch (error) {
    if (error instanceof NotSupported && old && error.since === each.since) return { kind: "ok" };
    if (error instanceof NotSupported && untold !== undefined) {
      return {
        kind: "skip",
        why: `CONFIG_${untold} is not set, and the error says "${error.message}: ${error.advice}"`,
      };
    }
    return { kind: "fail", why: failureText(error as Error), error };
  }
}

export function failureText(error: Error & { advice?: string; log?: string }): string {
  const log = error.log === undefined ? "" : ` | ${error.log.slice(-300)}`;
  return `${error.message} ${error.advice ?? ""}${log} ${error.stack?.split("\n").slice(1, 4).join("") ?? ""}`;
}

/** Throws unless both print alike as JSON. */
export function equal(got: unknown, wanted: unknown, what: string): void {
  const text = (value: unknown): string =>
    JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each)) ?? "undefined";
  if (text(got) !== text(wanted)) throw new Error(`${what}: ${text(got)} instead of ${text(wanted)}`);
}

export function holds(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** The error that `fn` throws. */
export function thrown(fn: () => unknown): Error & { code?: string } {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error("nothing was thrown");
}

let opened: { readonly sys: Sys; readonly bpf: Bpf } | undefined;
/** Not before a case runs: where there is no kernel, the cases are only listed. */
export function own(): { readonly sys: Sys; readonly bpf: Bpf } {
  if (opened === undefined) {
    const sys = koffiSys();
    opened = { sys, bpf: new Bpf(sys) };
  }
  return opened;
}

/** "test/fixtures/linux/vm.bpf.o", parsed. */
export function objectOf(path: string): ObjSpec {
  const file = new URL(`../../${path}`, import.meta.url).pathname;
  return parseObject(new Uint8Array(readFileSync(file)), path);
}

/** Programs of test/fixtures/linux/vm.bpf.c, which look at this process only; handed to `fn` and closed. */
export function withHooks<T>(programs: readonly string[], fn: (hooks: Collection) => T, options: LinuxOptions = {}): T {
  const spec = objectOf("test/fixtures/linux/vm.bpf.o");
  const collection = loadObject(spec, linux(options), { programs, rodata: { only_pid: process.pid } }, true);
  try {
    return fn(collection);
  } finally {
    collection.close();
  }
}

export const countOf = (hooks: Collection, slot: number): number => Number(hooks.maps["counts"]!.get(slot));

const GETPGID: Readonly<Record<string, number>> = { x64: 121, arm64: 155 };

/** getpgid(2) of this process: its result, or -errno. */
export function getpgid(): number {
  return own().sys.syscall(GETPGID[process.arch]!, process.pid);
}

/** What the kernel says of a link, with what its kind has. */
type LinkFields = TargetLinkInfo & Readonly<Record<string, unknown>>;

/** Attached, the program counts each of 10 calls so many times; detached, none. Gives what the link says of itself. */
export function counts(name: string, slot: number, attach: AttachOptions = {}, each = 1): LinkFields | undefined {
  return withHooks([name], (hooks) => {
    const link = hooks.programs[name]!.attach(attach);
    const info = link.info() as LinkFields | undefined;
    const before = countOf(hooks, slot);
    const calls = (): void => {
      for (let i = 0; i < 10; i++) getpgid();
    };
    calls();
    equal(countOf(hooks, slot) - before, 10 * each, "calls while attached");
    link.close();
    calls();
    equal(countOf(hooks, slot) - before, 10 * each, "calls after detaching");
    return info;
  });
}
