// Compiles test/fuzz (Node 20 cannot strip types by itself) and runs the file named first with the arguments given.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const run = (...args) => spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" }).status ?? 1;

const [name, ...args] = process.argv.slice(2);
const status = run(`${root}node_modules/typescript/bin/tsc`, "-p", "test/fuzz/tsconfig.json");
process.exit(status === 0 ? run(`${root}node_modules/.cache/skep-fuzz/test/fuzz/${name}.js`, ...args) : status);
