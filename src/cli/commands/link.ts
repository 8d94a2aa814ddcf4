/** `skep link`: links in the kernel, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep link list|show [LINK] | pin LINK FILE | detach LINK
  LINK := id N | pinned FILE`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "link",
    "links in the kernel: which program is attached where; pin, detach",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep link list
  skep link detach id 12
`,
    async (words) => {
      const { linkCommand } = await import("../kernel/link.ts");
      linkCommand(words);
    },
  );
}
