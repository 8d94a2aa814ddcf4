/** `skep cgroup`: programs of cgroups, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep cgroup show DIR [effective] | tree [DIR] [effective]
  attach DIR TYPE PROG [multi|override] | detach DIR TYPE PROG
  TYPE := cgroup_inet4_connect or connect4, cgroup_inet_ingress or ingress, ...
  PROG := id N | pinned FILE | tag TAG | name NAME`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "cgroup",
    "programs of cgroups: attached to them, or in force",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep cgroup tree
  skep cgroup show /sys/fs/cgroup/system.slice effective
`,
    async (words) => {
      const { cgroupCommand } = await import("../kernel/cgroup.ts");
      cgroupCommand(words);
    },
  );
}
