/** `skep build`: C to an object. */
import { setFlagsFromString } from "node:v8";
import { type Command, Option } from "commander";

const list = (value: string, before: string[] = []): string[] => [...before, value];

export function register(program: Command): void {
  program
    .command("build")
    .description("compile restricted C to a BPF object: no clang needed")
    .argument("<files...>", "sources (.bpf.c); with --compare also folders of them")
    .option("-o, --output <file>", "object to write (default: the source's name with .o)")
    .addOption(
      new Option("--emit <what>", "more files besides the object: asm,btf,ir,dts,wat").argParser((v: string) =>
        v.split(","),
      ),
    )
    .option("-I, --include <folder>", "search headers here", list)
    .option("-D, --define <name[=value]>", "define a macro", list)
    .option("-U, --undef <name>", "undefine a macro", list)
    .option("--preinclude <file>", "read this before the source (-include)", list)
    .option("--isystem <folder>", "search headers here last (-isystem); no warnings from them", list)
    .option(
      "--warn <name>",
      "Wall: all (the default); no-NAME: not this one; error: warnings are errors (-Wall, ...)",
      list,
    )
    .option("--no-warnings", "no warnings (-w)")
    .option("--deps", "write a rule for make besides (-MD)")
    .option("--deps-only", "print a rule for make, and compile nothing (-M)")
    .option("--dep-file <file>", "where the rule goes (-MF)")
    .option("--dep-target <name>", "what the rule is for (-MT)", list)
    .option("--dep-phony", "a rule for each header, too (-MP)")
    .addOption(new Option("--mcpu <version>", "instruction set").choices(["v2", "v3", "v4"]).default("v3"))
    .option(
      "--btf <file>",
      "kernel BTF for vmlinux.h, or profile for the bundled one (default: the running kernel's, if there is one)",
    )
    .option("--std <standard>", "C standard: gnu11, gnu17, gnu23, ... (default: gnu17)")
    .option("--wrapv", "signed overflow wraps around (clang's -fwrapv)")
    .option("--no-optimize", "leave the program as it was lowered")
    .addOption(new Option("--cc <compiler>", "have another compiler do it").choices(["skep", "clang"]).default("skep"))
    .addOption(
      new Option(
        "--compare <compiler>",
        "compile with both, ask the kernel about each program, and count what both execute",
      ).choices(["clang"]),
    )
    .addHelpText(
      "after",
      "\nExamples:\n  skep build examples/syn_guard.bpf.c -o syn_guard.bpf.o\n  skep build guard.bpf.c --emit asm,ir -D LIMIT=10\n  skep build -g -O2 -target bpf -Wall -I include -c guard.bpf.c -o guard.bpf.o     as clang is called\n  sudo skep build src/bpf --compare clang --json\n",
    )
    .action(async (files: string[], options) => {
      if (options.compare === undefined) interpretLonger();
      const { buildFiles } = await import("../build.ts");
      await buildFiles({
        ...options,
        files,
        mcpu: Number(options.mcpu.slice(1)),
        noOptimize: options.optimize === false,
        noWarnings: options.warnings === false,
      });
    });
}

/**
 * One compile is over before optimized machine code of the compiler pays for being made: without this, V8 takes up to half of
 * the process's CPU time for it (`npm run bench:compile`). The unit is bytes of bytecode run; V8's own budget is 66 k.
 */
function interpretLonger(): void {
  setFlagsFromString("--interrupt-budget=1500000");
}
