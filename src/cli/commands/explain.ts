/** `skep explain CODE`: what a class of errors means. The texts are docs/explain/*.md, shipped with the package. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Command } from "commander";
import { SkepError } from "../../base/error.ts";
import { colors, output, print, printJson } from "../output.ts";

const FOLDER = fileURLToPath(new URL("../../../docs/explain/", import.meta.url));

export function register(program: Command): void {
  program
    .command("explain")
    .description("what an error code means, with a program that fails and one that passes")
    .argument("[code]", "as printed between the brackets: V005; without one, the list")
    .addHelpText("after", "\nExample:\n  skep explain V005\n")
    .action((code: string | undefined) => {
      if (code === undefined) list();
      else explain(code.toUpperCase());
    });
}

function list(): void {
  const titles = codes().map((code) => ({ code, title: titleOf(read(code)) }));
  if (output.json) printJson({ codes: titles });
  else for (const { code, title } of titles) print(`${colors().bold(code)}  ${title}`);
}

function explain(code: string): void {
  if (!codes().includes(code)) {
    throw new SkepError("usage/code", `no explanation for ${code}`, { advice: "skep explain lists the codes" });
  }
  const text = read(code);
  if (output.json) printJson({ code, title: titleOf(text), text });
  else print(text.trimEnd());
}

function codes(): string[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".md"))
    .map((file) => file.slice(0, -3))
    .sort();
}

function read(code: string): string {
  return readFileSync(`${FOLDER}${code}.md`, "utf8");
}

/** "# V005: packet read past the checked range" */
function titleOf(text: string): string {
  return /^# \w+: (.+)$/m.exec(text)?.[1] ?? "";
}
