/** `skep attach`: an object in the kernel, in its hooks, its records printed until Ctrl-C. */
import { type Command, InvalidArgumentError } from "commander";
import type { AttachRequest } from "../attach.ts";
import { collectSetting, positive } from "../settings.ts";

interface AttachFlags extends Omit<AttachRequest, "object" | "maps"> {
  maps?: boolean;
}

export function register(program: Command): void {
  program
    .command("attach")
    .description("load into the kernel, attach by section name, print records until Ctrl-C, leave nothing behind")
    .argument("<object>", "object file (.bpf.o)")
    .option("--prog <name...>", "only these programs; default: all that the object marks for loading")
    .option("--xdp <dev>", "interface for XDP programs")
    .option("--tc-ingress <dev>", "interface for tc programs, what comes in")
    .option("--tc-egress <dev>", "interface for tc programs, what goes out")
    .option("--netns <name>", "network namespace of the interface: a name under /run/netns, or a path")
    .option("--cgroup <dir>", "directory of the cgroup for cgroup programs")
    .option("--pid <pid...>", "only these processes: sets the object's pid filter, or the perf event's", pids)
    .option("--target <place>", "where programs go whose section does not say: path:function, category/name")
    .option("--set <name=value>", "set a global (const volatile) before load; may be repeated", collectSetting, {})
    .option("--maps", "print the maps at the end")
    .option("--rows <n>", "most entries to show of a map", positive, 10)
    .option("--limit <n>", "end after so many records", positive)
    .option("--duration <seconds>", "end after so long", seconds)
    .addHelpText(
      "after",
      `
Iterators (iter/*) are run once and print what they write. Ends on Ctrl-C, on SIGTERM, after --limit or --duration, or when the last process of --pid is gone. Needs root, or CAP_BPF with
CAP_PERFMON (tracing) or CAP_NET_ADMIN (networking).

Examples:
  skep attach examples/opens.bpf.o --pid $$
  skep attach examples/opens.bpf.o --pid 4242 --json | jq -r .record.filename
  skep attach examples/syn_guard.bpf.o --xdp veth0 --netns lab --set limit=50 --maps
`,
    )
    .action(async (object: string, flags: AttachFlags) => {
      const { attachObject } = await import("../attach.ts");
      await attachObject({ object, ...flags, maps: flags.maps === true });
    });
}

function pids(text: string, before: readonly number[] = []): number[] {
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid <= 0) throw new InvalidArgumentError("a process id is needed");
  return [...before, pid];
}

function seconds(text: string): number {
  const n = Number(text);
  if (!(n > 0)) throw new InvalidArgumentError("a number of seconds above 0 is needed");
  return n;
}
