/** `skep completion SHELL`: the shell's script, to be sourced. main() registers every command before it runs. */
import { Argument, type Command } from "commander";
import { output, print, printJson } from "../output.ts";
import { completionScript, SHELLS, type Shell } from "../shell-completion.ts";

export function register(program: Command): void {
  program
    .command("completion")
    .description("print a script that completes skep's commands and options")
    .addArgument(new Argument("<shell>", "whose script").choices(SHELLS))
    .addHelpText(
      "after",
      `
Examples:
  source <(skep completion bash)
  skep completion fish > ~/.config/fish/completions/skep.fish
`,
    )
    .action((shell: Shell) => {
      const script = completionScript(shell, program);
      if (output.json) printJson({ shell, script });
      else print(script.trimEnd());
    });
}
