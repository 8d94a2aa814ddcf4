// Builds dist/ from src/. npm runs it after `npm ci` in a clone and before `npm pack`; running it again is harmless.
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = `${root}node_modules/typescript/bin/tsc`;

if (!existsSync(tsc)) {
  // `npm ci --omit=dev`: there is no compiler, and a dist that was built before stays in use.
  console.error("skep: TypeScript is not installed, so dist/ was not built");
} else {
  rmSync(`${root}dist`, { recursive: true, force: true });
  const { status } = spawnSync(process.execPath, [tsc, "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
  chmodSync(`${root}dist/cli/main.js`, 0o755);
}
