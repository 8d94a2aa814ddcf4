/** `skep doctor`: what works on this machine, what does not, and one fix for each. */
import type { Command } from "commander";
import { kernelTypes } from "../btf-file.ts";
import { EXIT_MISSING } from "../exit.ts";
import { number } from "../format.ts";
import { colors, output, print, printJson } from "../output.ts";

export interface Check {
  readonly name: string;
  /** What needs it. */
  readonly for: "embedded" | "linux";
  /** null where it cannot be found out. */
  readonly ok: boolean | null;
  readonly found: string;
  /** One line; empty where nothing is wrong. */
  readonly fix: string;
}

export function register(program: Command): void {
  program
    .command("doctor")
    .description("check this machine: what works, what is missing, one fix for each")
    .action(async () => {
      const { linuxChecks } = await import("../kernel/doctor.ts");
      const checks = [...(await embeddedChecks()), ...(await linuxChecks())];
      if (output.json) printJson({ checks });
      else show(checks);
      if (checks.some((check) => check.for === "embedded" && check.ok === false)) process.exitCode = EXIT_MISSING;
    });
}

async function embeddedChecks(): Promise<Check[]> {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const recent = major > 20 || (major === 20 && minor >= 19);
  return [
    check("embedded", "Node.js", recent, process.version, "install Node.js 20.19 or newer"),
    await types(),
    check("embedded", "WebAssembly", typeof WebAssembly === "object", "available", "run Node without --jitless"),
  ];
}

/** What stands for the kernel's types where there is no kernel to read them from. */
async function types(): Promise<Check> {
  const found = await kernelTypes("profile").then(
    ({ btf, from }) => `${from}, ${number(btf.length)} types`,
    () => null,
  );
  return check("embedded", "types", found !== null, found ?? "no data/ beside dist/", "install the package again");
}

export function check(target: Check["for"], name: string, ok: boolean | null, found: string, fix: string): Check {
  const said = ok === false && !/^(no|not|off|missing)\b/.test(found) ? `missing (${found})` : found;
  return { name, for: target, ok, found: said, fix: ok === true ? "" : fix };
}

function show(checks: readonly Check[]): void {
  const c = colors();
  const width = Math.max(...checks.map((each) => each.name.length));
  for (const target of ["embedded", "linux"] as const) {
    print(c.bold(target === "embedded" ? "embedded runtime" : "Linux target"));
    for (const each of checks.filter((one) => one.for === target)) {
      const mark = each.ok === null ? c.dim("??") : each.ok ? c.green("ok") : c.yellow("--");
      print(`  ${mark}  ${each.name.padEnd(width)}  ${each.found}`);
      if (each.fix !== "") print(`      ${" ".repeat(width)}  ${c.cyan(`fix: ${each.fix}`)}`);
    }
  }
}
