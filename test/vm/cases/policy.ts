/** Programs that decide: LSM, cgroups (with their order), and a scheduler. */
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { hasSince } from "../../../src/abi/since.ts";
import { linux } from "../../../src/linux/target.ts";
import { loadObject } from "../../../src/loader/load.ts";
import { countOf, equal, holds, kernel, type LiveCase, objectOf, own, thrown, withHooks } from "../kit.ts";

const BPF_ENABLE_STATS = 32;
const EPERM = -1;
const AF_INET = 2;
const SOCK_DGRAM = 2;

export const POLICIES: readonly LiveCase[] = [
  {
    name: "lsm refuses a system call",
    config: ["BPF_LSM"],
    run: () =>
      withHooks(["lsm"], (hooks) => {
        const without = noBpfLsm();
        if (without !== undefined) return without;
        const link = hooks.programs["lsm"]!.attach();
        equal(link.info()?.kind, "tracing", "kind of link");
        equal(enableStats(), 0, "allowed");
        hooks.bss["refuse"] = 1n;
        equal(enableStats(), EPERM, "refused");
        holds(countOf(hooks, 6) > 0, "seen");
        link.close();
        equal(enableStats(), 0, "allowed again");
        return undefined;
      }),
  },
  {
    name: "lsm_cgroup refuses to the processes of a cgroup",
    since: "6.0",
    config: ["BPF_LSM"],
    run: () =>
      withHooks(["lsm_cgroup"], (hooks) =>
        withCgroup((cgroup, enter) => {
          const without = noBpfLsm();
          if (without !== undefined) return without;
          const link = hooks.programs["lsm_cgroup"]!.attach({ cgroup });
          equal(link.info()?.kind, "cgroup", "kind of link");
          equal(bind(), 0, "of a process that is not in the cgroup");
          equal(countOf(hooks, 10), 0, "seen from outside");
          hooks.bss["refuse"] = 1n;
          enter(() => {
            equal(bind(), EPERM, "refused");
            hooks.bss["refuse"] = 0n;
            equal(bind(), 0, "allowed");
          });
          equal(countOf(hooks, 10), 2, "seen");
          link.close();
          return undefined;
        }),
      ),
  },
  {
    name: "cgroup: two programs, one before the other",
    since: "6.17",
    backported: true,
    config: ["CGROUP_BPF"],
    run: () =>
      withHooks(["cgroup_first", "cgroup_second"], (hooks) =>
        withCgroup((cgroup, enter) => {
          const { cgroup_first, cgroup_second } = hooks.programs;
          const stamps = (): number[] => {
            hooks.bss["sequence"] = 0n;
            enter(() => own().bpf.close(socket()));
            return [countOf(hooks, 21), countOf(hooks, 22)];
          };
          const first = cgroup_first!.attach({ cgroup });
          const later = cgroup_second!.attach({ cgroup, after: cgroup_first!.raw });
          equal(stamps(), [1, 2], "after");
          later.close();
          const before = cgroup_second!.attach({ cgroup, before: first });
          equal(stamps(), [2, 1], "before");
          before.close();
          cgroup_second!.attach({ cgroup, before: "all" });
          equal(stamps(), [2, 1], "before all");
          const stale = thrown(() => cgroup_second!.attach({ cgroup, before: "all", revision: 1n }));
          equal(stale.code, "attach/ESTALE", "a revision that is over");
          return undefined;
        }),
      ),
  },
  {
    name: "cgroup: a program of the process's own cgroup, with and without a link",
    config: ["CGROUP_BPF"],
    run: () =>
      withHooks(["cgroup_first"], (hooks) =>
        withCgroup((cgroup, enter) => {
          const link = hooks.programs["cgroup_first"]!.attach({ cgroup });
          equal(link.info()?.kind, hasSince(kernel, "5.7") ? "cgroup" : undefined, "kind of link");
          enter(() => own().bpf.close(socket()));
          equal(countOf(hooks, 21), 1, "sockets seen");
          link.close();
          enter(() => own().bpf.close(socket()));
          equal(countOf(hooks, 21), 1, "sockets seen after detaching");
          return undefined;
        }),
      ),
  },
  {
    name: "sched_ext: a scheduler for the tasks that ask for it",
    config: ["SCHED_CLASS_EXT"],
    run: schedulerRuns,
  },
];

function noBpfLsm(): string | undefined {
  if (!existsSync("/sys/kernel/security/lsm")) return "securityfs is not mounted";
  const active = readFileSync("/sys/kernel/security/lsm", "utf8");
  return active.includes("bpf") ? undefined : "bpf is not among the active LSMs";
}

function enableStats(): number {
  const { sys, bpf } = own();
  const attr = sys.alloc(16);
  const fd = sys.bpf(BPF_ENABLE_STATS, attr.addr, 4);
  bpf.close(fd);
  return Math.min(fd, 0);
}

export function socket(): number {
  const { sys } = own();
  return sys.syscall(sys.nr.socket, AF_INET, SOCK_DGRAM, 0);
}

/** A socket of this process on a port of the loopback that the kernel chooses: 0 or -errno. */
function bind(): number {
  const { sys, bpf } = own();
  const fd = socket();
  const address = bpf.scratch("test bind", 16);
  address.bytes.fill(0, 0, 16);
  address.bytes.set([AF_INET, 0, 0, 0, 127, 0, 0, 1]);
  const result = sys.syscall(sys.nr.bind, fd, address.addr, 16);
  bpf.close(fd);
  return result;
}

/** A cgroup of version 2 of the test's own; `enter` runs something with this process in it. */
export function withCgroup<T>(fn: (cgroup: string, enter: (inside: () => void) => void) => T): T {
  const mounts = readFileSync("/proc/self/mounts", "utf8");
  const root = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1];
  if (root === undefined) throw new Error("no cgroup2 is mounted");
  const own = /^0::(.*)$/m.exec(readFileSync("/proc/self/cgroup", "utf8"))?.[1] ?? "/";
  const cgroup = `${root}/skep-vm-${process.pid}`;
  mkdirSync(cgroup);
  const enter = (inside: () => void): void => {
    writeFileSync(`${cgroup}/cgroup.procs`, String(process.pid));
    try {
      inside();
    } finally {
      writeFileSync(`${root}${own}/cgroup.procs`, String(process.pid));
    }
  };
  try {
    return fn(cgroup, enter);
  } finally {
    rmdirSync(cgroup);
  }
}

async function schedulerRuns(): Promise<undefined> {
  const { sys } = own();
  const state = (): string => readFileSync("/sys/kernel/sched_ext/state", "utf8").trim();
  const param = sys.alloc(4);
  const schedule = (policy: number): number => sys.syscall(144, 0, policy, param.addr);
  const collection = loadObject(objectOf("test/fixtures/linux/scx.bpf.o"), linux(), {}, true);
  try {
    const link = collection.attachStructOps("scheduler");
    equal(readFileSync("/sys/kernel/sched_ext/root/ops", "utf8").trim(), "skep_fifo", "scheduler");
    equal(state(), "enabled", "state");
    equal(schedule(7), 0, "SCHED_EXT");
    for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 2));
    equal(schedule(0), 0, "SCHED_NORMAL");
    holds(Number(collection.bss["enqueued"]) > 0, "this thread has been in the scheduler's queue");
    link.close();
    for (let tries = 0; tries < 100 && state() !== "disabled"; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    equal(state(), "disabled", "state afterwards");
  } finally {
    schedule(0);
    collection.close();
  }
  return undefined;
}
