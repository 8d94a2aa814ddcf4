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
    const advice = code.includes("/")
      ? "codes with a slash tell what is wrong and what helps where they are printed; pages are there for the verifier's"
      : "skep explain lists the codes";
    throw new SkepError("usage/code", `no explanation for ${code.includes("/") ? code.toLowerCase() : code}`, {
      advice,
    });
  }
  const text = read(code);
  if (output.json) printJson({ code, title: titleOf(text), text });
  else print(pageText(text));
}

/** Markdown as a terminal shows it: the title bold, programs indented, their comments and kinds set off. */
function pageText(page: string): string {
  const c = colors();
  const out: string[] = [];
  let inBlock = false;
  for (const line of page.replace(/<!--[\s\S]*?-->\n?/g, "").split("\n")) {
    if (line.startsWith("```")) inBlock = !inBlock;
    else if (inBlock) out.push(line === "" ? "" : `    ${codeText(line)}`);
    else if (line.startsWith("# ")) out.push(c.bold(line.slice(2)));
    else if (line === "Refused:") out.push(c.red(line));
    else if (line === "Accepted:") out.push(c.green(line));
    else out.push(line.replace(/`([^`]+)`/g, (quoted, code: string) => (c.isColorSupported ? c.cyan(code) : quoted)));
  }
  return out.join("\n").trimEnd();
}

function codeText(line: string): string {
  const at = line.startsWith("; ") ? 0 : line.search(/\/\/ |\/\* /);
  return at < 0 ? line : line.slice(0, at) + colors().dim(line.slice(at));
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
