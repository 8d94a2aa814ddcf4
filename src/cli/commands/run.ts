/** `skep run`: an object over a capture or recorded events: what was loaded, the verdicts, the maps. */
import { type Command, Option } from "commander";
import type { RunRequest } from "../replay.ts";
import { collectSetting, positive } from "../settings.ts";

interface RunFlags {
  pcap?: string;
  events?: string;
  format?: string[];
  prog?: string;
  target: "embedded" | "linux";
  engine?: "jit" | "interp";
  set: Record<string, string>;
  write?: string;
  limit?: number;
  rows: number;
  maps?: string;
  btf?: string;
  unsafe?: boolean;
  seed: number;
}

export function register(program: Command): void {
  program
    .command("run")
    .description("replay a capture or recorded events through a program; print verdicts and maps")
    .argument("<object>", "object file (.bpf.o)")
    .option("--pcap <file>", "capture: pcap or pcapng")
    .addOption(new Option("--events <file>", "recorded events: JSON lines").conflicts("pcap"))
    .option("--format <file...>", "layout of a tracepoint: its tracefs format file, [GROUP=]FILE")
    .option("--prog <name>", "which program, where the object has several of the kind")
    .addOption(new Option("--target <target>", "where to run").choices(["embedded", "linux"]).default("embedded"))
    .addOption(
      new Option("--engine <engine>", "embedded engine (default: jit where WebAssembly is allowed)").choices([
        "jit",
        "interp",
      ]),
    )
    .option("--set <name=value>", "set a global (const volatile) before load; may be repeated", collectSetting, {})
    .option("--write <file>", "write packets that were not dropped, as the program left them, to a pcap")
    .option("--maps <file>", "put entries into maps first: JSON, as --json prints maps")
    .option("--limit <n>", "stop after so many packets", positive)
    .option("--rows <n>", "most entries to show of a map", positive, 10)
    .option("--btf <file>", "kernel BTF to relocate CO-RE accesses against, or profile for the bundled one")
    .option("--seed <n>", "seed of random numbers and hash tables", positive, 1)
    .option("--unsafe", "run even what the verifier refuses, with every access checked")
    .addHelpText(
      "after",
      `
Examples:
  skep run examples/syn_guard.bpf.o --pcap examples/synscan.pcap
  skep run examples/syn_guard.bpf.o --pcap examples/synscan.pcap --set limit=5 --json
  skep run examples/firewall.bpf.o --pcap examples/http.pcapng --maps examples/firewall.json
  skep run examples/opens.bpf.o --events examples/opens.jsonl
`,
    )
    .action(async (object: string, flags: RunFlags) => {
      const { replayObject } = await import("../replay.ts");
      await replayObject(requestOf(object, flags));
    });
}

function requestOf(object: string, flags: RunFlags): RunRequest {
  return { object, ...flags };
}
