/** `skep perf`: programs on perf events, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = "skep perf list|show";

export function register(program: Command): void {
  kernelCommand(
    program,
    "perf",
    "programs on perf events and raw tracepoints, by process",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep perf show
`,
    async (words) => {
      const { perfCommand } = await import("../kernel/perf.ts");
      perfCommand(words);
    },
  );
}
