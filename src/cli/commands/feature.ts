/** `skep feature`: what this kernel can do, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep feature probe [kernel] [full] | list_builtins prog_types|map_types|attach_types|link_types|helpers`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "feature",
    "what this kernel can do: program, attach and map types, helpers; what each missing thing needs",
    GRAMMAR,
    `
${GRAMMAR}

full also tries helpers that leave a line in the kernel's log.

Examples:
  skep feature probe
  skep -j feature probe | jq .map_types
  skep feature list_builtins helpers
`,
    async (words) => {
      const { featureCommand } = await import("../kernel/feature.ts");
      featureCommand(words);
    },
  );
}
