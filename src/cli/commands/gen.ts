/** `skep gen`: the TypeScript types of an object, for `load<Shape>()`; with `object`, several objects linked into one. */
import type { Command } from "commander";
import { writeOut } from "../out-file.ts";
import { output, print, printJson, say } from "../output.ts";
import { registerObject } from "./gen-object.ts";

export function register(program: Command): void {
  const gen = program
    .command("gen")
    .description("write TypeScript types for an object's programs, maps and globals")
    .argument("<object>", "object file (.bpf.o)")
    .option("-o, --out <file>", "write to a file instead of stdout")
    .option("--name <Name>", "name of the interface (default: from the file's name)")
    .addHelpText("after", "\nExample:\n  skep gen examples/syn_guard.bpf.o -o syn_guard.ts\n")
    .action(async (file: string, options: { out?: string; name?: string }) => {
      const [{ readObject }, { parseObject }, { typesOf }] = await Promise.all([
        import("../compile.ts"),
        import("../../obj/parse.ts"),
        import("../types-of.ts"),
      ]);
      const text = typesOf(parseObject(await readObject(file), file), options.name);
      if (options.out !== undefined) writeOut(options.out, text);
      if (output.json) printJson(options.out === undefined ? { file, text } : { file, out: options.out });
      else if (options.out === undefined) print(text.trimEnd());
      else say(`wrote ${options.out}`);
    });
  registerObject(gen);
}
