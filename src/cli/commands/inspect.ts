/** `skep inspect`: what an object holds, without a kernel: programs, maps, globals, externs, relocations, BTF. */
import type { Command } from "commander";
import type { ObjDocument } from "../object-document.ts";

interface InspectOptions {
  relocs?: boolean;
}

export function register(program: Command): void {
  program
    .command("inspect")
    .description("show programs, maps, globals, externs and relocations of an object")
    .argument("<file>", "object (.bpf.o), - for stdin")
    .option("--relocs", "every relocation, CO-RE ones included")
    .addHelpText(
      "after",
      "\nExamples:\n  skep inspect examples/syn_guard.bpf.o\n  skep inspect --relocs examples/syn_guard.bpf.o\n  skep inspect --json guard.bpf.o | jq '.maps[].name'\n",
    )
    .action(async (file: string, options: InspectOptions) => {
      const [{ readObject }, { parseObject }, { objectDocument }, { output, print, printJson }] = await Promise.all([
        import("../compile.ts"),
        import("../../obj/parse.ts"),
        import("../object-document.ts"),
        import("../output.ts"),
      ]);
      const document: ObjDocument = objectDocument(parseObject(await readObject(file), file === "-" ? "stdin" : file));
      if (output.json) printJson(document);
      else {
        const { objectText } = await import("../object-text.ts");
        print(objectText(document, options.relocs === true));
      }
    });
}
