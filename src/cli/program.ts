/** The tree of commands, the global options, and the one place where a failure becomes an exit code. */
import { Command, CommanderError, Option } from "commander";
import { SkepError } from "../base/error.ts";
import { EXIT_INTERRUPTED, EXIT_OK, EXIT_USAGE, exitCodeOf } from "./exit.ts";
import { output } from "./output.ts";

/** Command name -> module that registers it. Only the module of the command typed is loaded, and all of them for help. */
const COMMANDS: Readonly<Record<string, () => Promise<{ register(program: Command): void }>>> = {
  init: () => import("./commands/init.ts"),
  build: () => import("./commands/build.ts"),
  run: () => import("./commands/run.ts"),
  attach: () => import("./commands/attach.ts"),
  demo: () => import("./commands/demo.ts"),
  verify: () => import("./commands/verify.ts"),
  explain: () => import("./commands/explain.ts"),
  inspect: () => import("./commands/inspect.ts"),
  disasm: () => import("./commands/disasm.ts"),
  asm: () => import("./commands/asm.ts"),
  btf: () => import("./commands/btf.ts"),
  gen: () => import("./commands/gen.ts"),
  bench: () => import("./commands/bench.ts"),
  prog: () => import("./commands/prog.ts"),
  map: () => import("./commands/map.ts"),
  link: () => import("./commands/link.ts"),
  net: () => import("./commands/net.ts"),
  cgroup: () => import("./commands/cgroup.ts"),
  perf: () => import("./commands/perf.ts"),
  feature: () => import("./commands/feature.ts"),
  doctor: () => import("./commands/doctor.ts"),
  completion: () => import("./commands/completion.ts"),
  "conformance-plugin": () => import("./commands/conformance.ts"),
};

export async function main(argv: readonly string[], version: string): Promise<void> {
  const program = new Command("skep");
  program
    .description("eBPF without a kernel, or with one: load, verify, compile, run and look inside eBPF objects.")
    .version(version, "-V, --version", "print the version")
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .addHelpText("beforeAll", "")
    .addHelpText("before", EXAMPLES)
    .option("--json", "one JSON document on stdout (a line each for streams)")
    .option("-q, --quiet", "no talk on stderr")
    .option("-v, --verbose", "more talk; stack traces of errors")
    .addOption(new Option("--color <when>", "colours").choices(["auto", "always", "never"]).default("auto"))
    .option("--no-progress", "no progress on stderr")
    .showSuggestionAfterError(true)
    .exitOverride()
    .hook("preAction", (_program, action) => {
      const options = action.optsWithGlobals() as Record<string, unknown>;
      output.json = options["json"] === true;
      output.quiet = options["quiet"] === true;
      output.verbose = options["verbose"] === true;
      output.color = (options["color"] as typeof output.color) ?? "auto";
      output.progress = options["progress"] !== false;
    });

  const wanted = argv.find((word) => !word.startsWith("-"));
  // Completion lists them all.
  const known = wanted !== undefined && wanted !== "completion" && Object.hasOwn(COMMANDS, wanted);
  const one = known ? COMMANDS[wanted] : undefined;
  const modules = one === undefined ? Object.values(COMMANDS) : [one];
  for (const load of modules) (await load()).register(program);
  for (const command of program.commands) command.exitOverride();

  process.once("SIGINT", () => process.exit(EXIT_INTERRUPTED));
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(EXIT_OK); // the reader (head, less) has seen enough
    throw error;
  });

  try {
    await program.parseAsync((await spelled(argv, wanted)) as string[], { from: "user" });
  } catch (error) {
    process.exitCode =
      error instanceof CommanderError ? (error.exitCode === 0 ? EXIT_OK : EXIT_USAGE) : await report(error);
  }
}

/** The words as the commands read them: bpftool's and compilers' spellings are understood, too. */
async function spelled(argv: readonly string[], wanted: string | undefined): Promise<readonly string[]> {
  if (wanted === undefined) return argv;
  if (BPFTOOL.has(wanted)) return flagsBehind(argv, wanted);
  if (wanted !== "build") return argv;
  const { fromClang } = await import("./clang-flags.ts");
  const at = argv.indexOf(wanted) + 1;
  return [...argv.slice(0, at), ...fromClang(argv.slice(at))];
}

/** Commands in bpftool's grammar, where -j and -p stand in front: `skep -j prog list`. */
const BPFTOOL: ReadonlySet<string> = new Set(["prog", "map", "link", "net", "cgroup", "perf", "btf", "feature"]);

function flagsBehind(argv: readonly string[], command: string): string[] {
  const at = argv.indexOf(command);
  const flags = argv.slice(0, at).filter((word) => /^-[jp]+$|^--pretty$/.test(word));
  return [...argv.slice(0, at).filter((word) => !flags.includes(word)), command, ...flags, ...argv.slice(at + 1)];
}

/** What the kernel's verifier refuses is told as what ours refuses. The verifier is loaded only now: most runs end well. */
async function report(error: unknown): Promise<number> {
  if (error instanceof SkepError && "explain" in error) await (error as { explain(): Promise<unknown> }).explain();
  const { printError } = await import("./report.ts");
  printError(error);
  return exitCodeOf(error);
}

const EXAMPLES = `Examples:
  skep demo                                     load, verify, compile and run a program over a capture
  skep run guard.bpf.o --pcap scan.pcap         verdicts and maps of an XDP or tc program
  skep attach guard.bpf.o --xdp veth0           in the kernel, until Ctrl-C
  skep verify guard.bpf.o                       would the kernel take it, and if not, why
  skep inspect guard.bpf.o                      programs, maps, globals and relocations of an object
  skep disasm guard.bpf.o                       instructions with their source lines
`;
