/** `skep prog`: programs in the kernel, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep prog list|show [PROG]
  dump xlated|jited PROG [file FILE] [opcodes] [linum]
  run PROG data_in FILE [data_out FILE [data_size_out L]] [ctx_in FILE [ctx_out FILE]] [repeat N]
  pin PROG FILE | tracelog | profile PROG [duration SECONDS] METRIC...
  PROG := id N | pinned FILE | tag TAG | name NAME`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "prog",
    "programs in the kernel: list, show, dump xlated, run, pin, tracelog, profile",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep prog list
  skep prog dump xlated name opens linum
  skep -j prog show id 42
  skep prog run id 42 data_in packet.bin data_out - repeat 1000
`,
    async (words) => {
      const { progCommand } = await import("../kernel/prog.ts");
      await progCommand(words);
    },
  );
}
