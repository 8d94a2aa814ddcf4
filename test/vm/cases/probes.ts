/** Programs on functions of the kernel and of libraries: what lockdown refuses and small kernels lack. */
import { spawnSync } from "node:child_process";
import { hasSince } from "../../../src/abi/since.ts";
import { profileProg } from "../../../src/linux/profile.ts";
import { countOf, counts, equal, getpgid, holds, kernel, type LiveCase, own, thrown, withHooks } from "../kit.ts";
import { waitFor } from "./wait.ts";

const MAIN = new URL("../../../dist/cli/main.js", import.meta.url).pathname;
const FUNCTION = "__x64_sys_getpgid";
/** The C library of this process, which every process has. */
const LIBC = "/lib/x86_64-linux-gnu/libc.so.6";
const EPERM = -1;

export const PROBES: readonly LiveCase[] = [
  {
    name: "kprobe",
    told: ["KPROBE_EVENTS"],
    run: () => {
      // Before 5.15 the perf event itself holds the program.
      equal(counts("kprobe", 0)?.kind, hasSince(kernel, "5.15") ? "perf_event" : undefined, "kind of link");
      return undefined;
    },
  },
  { name: "kretprobe", told: ["KPROBE_EVENTS"], run: () => void counts("kretprobe", 1) },
  { name: "ksyscall", told: ["KPROBE_EVENTS"], run: () => void counts("ksyscall", 2) },
  {
    name: "kprobe by option, at an offset",
    told: ["KPROBE_EVENTS"],
    run: () => void counts("kprobe", 0, { symbol: FUNCTION, offset: 0 }),
  },
  {
    name: "kprobe of a function that is not there",
    config: ["KPROBE_EVENTS"],
    run: () =>
      withHooks(["kprobe"], (hooks) => {
        const error = thrown(() => hooks.programs["kprobe"]!.attach({ symbol: "no_such_function" }));
        equal(error.code, "attach/symbol", "code");
        return undefined;
      }),
  },
  {
    name: "kprobe with a cookie",
    since: "5.15",
    told: ["KPROBE_EVENTS"],
    run: () => {
      const info = counts("kprobe", 0, { cookie: 7n });
      // Told since 6.7.
      if (hasSince(kernel, "6.7")) equal([info?.cookie, info?.name], [7n, FUNCTION], "cookie and function");
      return undefined;
    },
  },
  {
    name: "kprobe.multi by pattern",
    since: "5.18",
    told: ["FPROBE"],
    run: () => {
      const info = counts("kprobe_multi", 3);
      equal(info?.kind, "kprobe_multi", "kind of link");
      // Told since 6.6.
      if (hasSince(kernel, "6.6")) equal(info?.["count"], 1, "functions");
      return undefined;
    },
  },
  {
    name: "kretprobe.multi by name, with cookies",
    since: "5.18",
    told: ["FPROBE"],
    run: () => {
      const targets = [FUNCTION, "__x64_sys_getpriority"];
      const info = counts("kretprobe_multi", 23, { targets, cookies: [1n, 2n] });
      if (hasSince(kernel, "6.6")) equal([info?.["count"], info?.["flags"]], [2, 1], "functions and flags");
      return undefined;
    },
  },
  {
    name: "kprobe.session: entry and return",
    since: "6.10",
    told: ["FPROBE"],
    run: () => {
      equal(counts("kprobe_session", 11, {}, 2)?.kind, "kprobe_multi", "kind of link");
      return undefined;
    },
  },
  {
    name: "uprobe.multi",
    since: "6.6",
    config: ["UPROBE_EVENTS"],
    run: () => libcCalls("uprobe_multi", 7, 1),
  },
  {
    name: "uprobe.session: entry and return",
    since: "6.13",
    config: ["UPROBE_EVENTS"],
    run: () => libcCalls("uprobe_session", 12, 2),
  },
  {
    name: "fentry",
    run: () => {
      equal(counts("fentry", 4)?.kind, "tracing", "kind of link");
      return undefined;
    },
  },
  { name: "fexit", run: () => void counts("fexit", 5) },
  {
    name: "fmod_ret changes a result",
    run: () =>
      withHooks(["fmod_ret"], (hooks) => {
        const group = getpgid();
        holds(group >= 0, "a process has a group");
        const link = hooks.programs["fmod_ret"]!.attach();
        equal(link.info()?.kind, "tracing", "kind of link");
        equal(getpgid(), group, "let through");
        hooks.bss["refuse"] = 1n;
        equal(getpgid(), EPERM, "refused");
        equal(countOf(hooks, 9), 2, "seen");
        link.close();
        equal(getpgid(), group, "after detaching");
        return undefined;
      }),
  },
  {
    name: "a profile of a program: its runs, and the time that they took",
    run: () =>
      withHooks(["base"], (hooks) => {
        const base = hooks.programs["base"]!;
        const { fd } = base.raw as unknown as { fd: number };
        const profile = profileProg(own().bpf, fd, ["cpu_clock", "task_clock"]);
        try {
          for (let i = 0; i < 10; i++) base.run(new Uint8Array(64));
          const { runs, readings } = profile.read();
          equal([runs, readings.length], [10n, 2], "runs and readings");
          // Without a good clock the kernel's moves by ticks only, which a run seldom sees.
          waitFor(
            () => profile.read().readings.every(({ value }) => value > 0n),
            "time that the runs took",
            () => void base.run(new Uint8Array(64), { repeat: 5000 }),
          );
          const [clock] = profile.read().readings;
          equal(clock!.runningNs, clock!.enabledNs, "the counter was never taken away");
        } finally {
          profile.close();
        }
        try {
          profileProg(own().bpf, fd, ["cycles"]).close();
        } catch (error) {
          equal((error as { code?: string }).code, "linux/not-supported", "a counter that the machine lacks");
        }
        const words = ["-j", "prog", "profile", "id", String(base.raw.id), "duration", "1", "cpu_clock"];
        const ran = spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8" });
        const [row] = JSON.parse(ran.stdout) as [object];
        equal(Object.keys(row), ["metric", "run_cnt", "value", "enabled", "running"], "what skep prog profile tells");
        return undefined;
      }),
  },
  {
    name: "raw_tp",
    run: () =>
      withHooks(["raw_tp"], (hooks) => {
        hooks.programs["raw_tp"]!.attach();
        for (let i = 0; i < 10; i++) getpgid();
        // Every system call of the process, those of looking at the map, too.
        holds(countOf(hooks, 8) >= 10, "at least the calls made");
        return undefined;
      }),
  },
  {
    name: "freplace",
    run: () =>
      withHooks(["base"], (hooks) => {
        const base = hooks.programs["base"]!;
        const verdict = (): string => base.run(new Uint8Array(64)).verdict;
        equal(verdict(), "drop", "verdict of its own");
        withHooks(
          ["replacement"],
          (other) => {
            const link = other.programs["replacement"]!.attach();
            equal(verdict(), "pass", "verdict of the replacement");
            link.close();
            equal(verdict(), "drop", "verdict afterwards");
          },
          { extend: { replacement: base.raw } },
        );
        return undefined;
      }),
  },
];

/** Node asks the library, not the kernel, for its user. */
function libcCalls(name: string, slot: number, each: number): undefined {
  return withHooks([name], (hooks) => {
    const link = hooks.programs[name]!.attach({ path: LIBC, targets: ["getuid"], pid: process.pid });
    const info = link.info();
    equal(info?.kind, "uprobe_multi", "kind of link");
    const before = countOf(hooks, slot);
    for (let i = 0; i < 10; i++) process.getuid!();
    equal(countOf(hooks, slot) - before, 10 * each, "calls while attached");
    link.close();
    process.getuid!();
    equal(countOf(hooks, slot) - before, 10 * each, "calls after detaching");
    return undefined;
  });
}
