/** `skep verify`: would the kernel take these programs, and if not, why. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { hasSince } from "../../abi/since.ts";

/** What the tables describe. */
const NEWEST = "6.18";
/** Sums of BPF_LOG_LEVEL1, BPF_LOG_LEVEL2, BPF_LOG_STATS. */
const LOG_LEVELS = ["1", "2", "4", "5", "6"];

export function register(program: Command): void {
  program
    .command("verify")
    .description("the kernel's verdict on every program of an object, without a kernel")
    .argument("<files...>", "objects (.bpf.o), or folders of them")
    .option("--prog <name>", "only this program")
    .option("--kernel <version>", "model this kernel's helpers, types and instructions", kernelVersion, NEWEST)
    .addOption(
      new Option("--log <level>", "the verifier's log: 1 failing path, 2 everything; plus 4: time, stack").choices(
        LOG_LEVELS,
      ),
    )
    .option(
      "--btf <file>",
      "kernel BTF, or profile for the bundled one (default: the running kernel's, if there is one)",
    )
    .option("--unprivileged", "as loaded without capabilities: socket filters and cgroup_skb, no pointers given away")
    .option("--extends <file>", "object with the program that EXT (freplace) programs extend (default: the same)")
    .option(
      "--states <number>",
      "with --json: states kept of each instruction (default: 4 for one object, else 0)",
      count,
    )
    .addOption(
      new Option("--compare <judge>", "ask the running kernel, too, and compare")
        .choices(["linux"])
        .conflicts("unprivileged"),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  skep verify examples/syn_guard.bpf.o\n  skep verify --kernel 5.15 --log 1 guard.bpf.o\n  sudo skep verify build/ --compare linux\n",
    )
    .action(async (files: string[], options) => {
      const { verifyFiles } = await import("../verify.ts");
      await verifyFiles({ files, ...options, log: Number(options.log ?? 0) });
    });
}

function count(text: string): number {
  if (!/^\d{1,3}$/.test(text)) throw new InvalidArgumentError("a number from 0 to 999 is needed");
  return Number(text);
}

function kernelVersion(text: string): string {
  if (!/^\d+\.\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError("a version is needed, as in 5.15");
  const [series] = /^\d+\.\d+/.exec(text)!;
  if (hasSince(NEWEST, series)) return text;
  throw new InvalidArgumentError(`the newest kernel that is known is ${NEWEST}`);
}
