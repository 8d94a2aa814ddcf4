/**
 * `skep conformance-plugin`: the plugin that the runner of bpf_conformance calls for each test: instructions as hex on stdin
 * (or after --program), memory as hex in the first argument, r0 in hex on stdout. With --suite it runs a folder of the
 * suite's test files by itself.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { SkepError } from "../../base/error.ts";
import type { EngineName } from "../conformance/execute.ts";
import { readInput } from "../input.ts";
import { print, printJson } from "../output.ts";

interface PluginOptions {
  engine: EngineName;
  elf?: boolean;
  program?: string;
  suite?: string;
}

export function register(program: Command): void {
  program
    .command("conformance-plugin")
    .description("run bare instructions for the bpf_conformance suite")
    .argument("[memory]", "memory that r1 points to, as hex bytes; r2 is its length")
    .addOption(new Option("--engine <name>", "what runs them").choices(["jit", "interp"]).default("jit"))
    .option("--elf", "the instructions come as an ELF object")
    .option("--program <hex>", "instructions as hex bytes (default: read from stdin)")
    .option("--suite <folder>", "run all *.data files of a folder on the engine instead")
    .addHelpText("after", HELP)
    .action(async (memory: string | undefined, options: PluginOptions, command: Command) => {
      if (options.suite !== undefined) {
        const failed = await runSuite(options.suite, options.engine, command.optsWithGlobals()["json"] === true);
        if (failed > 0) process.exitCode = 1;
        return;
      }
      const [{ execute }, { hexBytes, instructionsOf }] = await Promise.all([
        import("../conformance/execute.ts"),
        import("../conformance/input.ts"),
      ]);
      const text = options.program ?? new TextDecoder().decode(await readInput("-"));
      const insns = instructionsOf(hexBytes(text), options.elf === true);
      print((await execute(insns, hexBytes(memory ?? ""), options.engine)).toString(16));
    });
}

interface SuiteRow {
  readonly file: string;
  readonly pass: boolean;
  readonly message: string;
}

async function runSuite(folder: string, engine: EngineName, json: boolean): Promise<number> {
  const [{ execute }, { parseSuiteTest }] = await Promise.all([
    import("../conformance/execute.ts"),
    import("../conformance/suite.ts"),
  ]);
  const rows: SuiteRow[] = [];
  for (const file of suiteFiles(folder)) {
    let message = "";
    try {
      const test = parseSuiteTest(readFileSync(join(folder, file), "utf8"), file);
      const result = await execute(test.insns, test.memory, engine).catch((error: unknown) => {
        if (test.result === null && error instanceof SkepError) return null;
        throw error;
      });
      if (result !== test.result) message = `r0 = ${shown(result)}, expected ${shown(test.result)}`;
    } catch (error) {
      message = error instanceof Error ? error.message : String(error);
    }
    rows.push({ file, pass: message === "", message });
  }
  const failed = rows.filter((row) => !row.pass);
  if (json) {
    printJson({ engine, tests: rows.length, passed: rows.length - failed.length, failed });
  } else {
    for (const { file, message } of failed) print(`FAIL ${file}: ${message}`);
    print(`${engine}: ${rows.length - failed.length} of ${rows.length} passed`);
  }
  return failed.length;
}

function suiteFiles(folder: string): string[] {
  const site = { file: folder };
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw new SkepError("input/unreadable", `${folder} is no folder`, {
      site,
      advice: "give the suite's tests/ folder",
    });
  }
  const files = readdirSync(folder).filter((file) => file.endsWith(".data"));
  if (files.length === 0) {
    throw new SkepError("input/empty", "the folder has no *.data file", {
      site,
      advice: "give the suite's tests/ folder",
    });
  }
  return files.sort();
}

function shown(result: bigint | null): string {
  return result === null ? "an error" : `0x${result.toString(16)}`;
}

const HELP = `
Examples:
  bpf_conformance_runner --test_file_directory tests --plugin_path skep-plugin
      where skep-plugin is a script: exec skep conformance-plugin "$@"
  skep conformance-plugin --program "b7 00 00 00 05 00 00 00 95 00 00 00 00 00 00 00"
  skep conformance-plugin --suite bpf_conformance/tests --engine interp
`;
