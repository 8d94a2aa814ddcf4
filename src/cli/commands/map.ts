/** `skep map`: maps in the kernel, in bpftool's grammar. */
import type { Command } from "commander";
import { kernelCommand } from "../kernel/session.ts";

const GRAMMAR = `skep map list|show [MAP]
  dump MAP [pid N] | lookup MAP key DATA | getnext MAP [key DATA]
  update MAP [key DATA] value VALUE [any|exist|noexist] | delete MAP key DATA
  push|enqueue MAP value VALUE | pop|dequeue|peek MAP | freeze MAP | pin MAP FILE
  MAP := id N | pinned FILE | name NAME    DATA := [hex] BYTES    VALUE := DATA | MAP | PROG`;

export function register(program: Command): void {
  kernelCommand(
    program,
    "map",
    "maps in the kernel: list, show, dump, lookup, update, delete, pin, ...",
    GRAMMAR,
    `
${GRAMMAR}

Examples:
  skep map dump name syns
  skep map lookup id 7 key hex 0a 00 00 01
  skep map update id 7 key 2 0 0 0 value 1 0 0 0 0 0 0 0 exist
  skep -p map show pinned /sys/fs/bpf/syns
`,
    async (words) => {
      const { mapCommand } = await import("../kernel/map.ts");
      mapCommand(words);
    },
  );
}
