#!/usr/bin/env node
/**
 * The command line. stdout is data, stderr is talk. `--version` answers before anything else is loaded; every command's
 * heavy parts are imported when it runs.
 */
import { readFileSync } from "node:fs";

const argv = process.argv.slice(2);
if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-V")) {
  process.stdout.write(`${version()}\n`);
} else {
  const { main } = await import("./program.ts");
  await main(argv, version());
}

function version(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
