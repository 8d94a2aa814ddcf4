/** `skep net`: programs in the network, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep net list|show [dev NAME]
  attach TYPE PROG dev NAME [overwrite] | detach TYPE dev NAME
  TYPE := xdp | xdpgeneric | xdpdrv | xdpoffload | tcx_ingress | tcx_egress
  PROG := id N | pinned FILE | tag TAG | name NAME`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "net",
    "programs on interfaces, in the flow dissector and in netfilter",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep net show
  skep net -j show dev eth0
`,
    async (words) => {
      const { netCommand } = await import("../kernel/net.ts");
      netCommand(words);
    },
  );
}
