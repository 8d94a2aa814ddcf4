/** `skep init`: a project to begin with. */
import type { Command } from "commander";

export function register(program: Command): void {
  program
    .command("init")
    .description("start a project: a program in C, an agent in TypeScript that counts TCP connects by process, a test")
    .argument("[folder]", "where; made if it is not there", ".")
    .addHelpText(
      "after",
      "\nExample:\n  skep init connects && cd connects && npm install && npm test && sudo npm start\n",
    )
    .action(async (folder: string) => {
      const { initProject } = await import("../init.ts");
      await initProject(folder);
    });
}
