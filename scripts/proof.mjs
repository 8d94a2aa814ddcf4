// Compiles test/proof (Node 20 cannot strip types by itself) and runs one of its programs: node scripts/proof.mjs NAME ARGS...
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { cwd: process.cwd(), stdio: "inherit" }).status ?? 1;
const [name, ...rest] = process.argv.slice(2);

const status = run(`${root}node_modules/typescript/bin/tsc`, "-p", `${root}test/proof/tsconfig.json`);
process.exit(
  status === 0 ? run("--expose-gc", `${root}node_modules/.cache/skep-proof/test/proof/${name}.js`, ...rest) : status,
);
