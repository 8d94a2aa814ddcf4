// Compiles test/c/random (Node 20 cannot strip types by itself) and runs it with the arguments given.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { cwd: process.cwd(), stdio: "inherit" }).status ?? 1;

const status = run(`${root}node_modules/typescript/bin/tsc`, "-p", `${root}test/c/random/tsconfig.json`);
process.exit(
  status === 0 ? run(`${root}node_modules/.cache/skep-fuzz-c/test/c/random/main.js`, ...process.argv.slice(2)) : status,
);
