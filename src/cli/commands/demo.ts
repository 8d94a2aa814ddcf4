/** `skep demo`: the whole life cycle in one command, over the example that the package ships. */
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { output, say } from "../output.ts";

export function register(program: Command): void {
  program
    .command("demo")
    .description("compile, load, verify and run the SYN guard over a recorded port scan")
    .action(async () => {
      const { replayObject } = await import("../replay.ts");
      const example = (name: string): string => fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
      if (!output.json) {
        say("SYN guard: an XDP program that counts TCP SYNs per source and drops a source above its limit.");
        say("Same as: skep run examples/syn_guard.bpf.c --pcap examples/synscan.pcap\n");
      }
      await replayObject({
        object: example("syn_guard.bpf.c"),
        pcap: example("synscan.pcap"),
        target: "embedded",
        set: {},
        rows: 10,
        seed: 1,
      });
    });
}
