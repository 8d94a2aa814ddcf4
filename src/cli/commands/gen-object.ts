/** `skep gen object OUT IN...`: several objects linked into one, in bpftool's words. */
import type { Command } from "commander";
import { writeOut } from "../out-file.ts";

export function registerObject(gen: Command): void {
  gen
    .command("object")
    .description("link objects into one: what one defines and another declares extern becomes one")
    .argument("<out>", "object file to write")
    .argument("<in...>", "object files, in the order in which their sections are put together")
    .addHelpText("after", "\nExample:\n  skep gen object app.bpf.o main.bpf.o lib.bpf.o\n")
    .action(async (out: string, files: string[]) => {
      const [{ readInput }, { linkObjects }, { count, bytesText }, { output, printJson, say }] = await Promise.all([
        import("../input.ts"),
        import("../../obj/merge/objects.ts"),
        import("../format.ts"),
        import("../output.ts"),
      ]);
      const inputs = [];
      for (const name of files) inputs.push({ name, bytes: await readInput(name) });
      const bytes = linkObjects(inputs);
      writeOut(out, bytes);
      if (output.json) printJson({ file: out, bytes: bytes.length, inputs: files });
      else say(`wrote ${out}: ${count(files.length, "object")}, ${bytesText(bytes.length)}`);
    });
}
