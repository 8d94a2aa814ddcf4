/** A user's way from nothing to a running agent: `skep init`, the project's own test, then its agent in a cgroup of this test. */
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, symlinkSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { liveKernel, ownName } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const built = existsSync(`${ROOT}/dist/cli/init.js`);
if (!built) console.log("the journey is skipped: dist/ is not built");
const mount = existsSync("/proc/mounts")
  ? /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/mounts", "utf8"))?.[1]
  : undefined;
if (mount === undefined) console.log("the agent's test is skipped: no cgroup2 is mounted");
const MOST_LINES = 30;

describe.skipIf(!built)("from init to a running agent", () => {
  let base: string;
  let project: string;
  const skep = (...words: string[]): string =>
    execFileSync(process.execPath, [`${ROOT}/dist/cli/main.js`, ...words], { encoding: "utf8", stdio: "pipe" });

  beforeAll(() => {
    base = mkdtempSync(join(tmpdir(), "skep-journey-"));
    project = join(base, "My Agent");
    skep("init", project);
    // What `npm install` would put there.
    mkdirSync(`${project}/node_modules/.bin`, { recursive: true });
    mkdirSync(`${project}/node_modules/@types`);
    symlinkSync(ROOT, `${project}/node_modules/skep`);
    for (const name of ["typescript", "@types/node"]) {
      symlinkSync(`${ROOT}/node_modules/${name}`, `${project}/node_modules/${name}`);
    }
    symlinkSync(`${ROOT}/dist/cli/main.js`, `${project}/node_modules/.bin/skep`);
    symlinkSync(`${ROOT}/node_modules/typescript/bin/tsc`, `${project}/node_modules/.bin/tsc`);
    execFileSync("npm", ["run", "build"], { cwd: project, stdio: "pipe" });
  });
  afterAll(() => rmSync(base, { recursive: true, force: true }));

  test("of an installed Skep the project asks for its version", () => {
    const installed = join(base, "node_modules/skep");
    for (const part of ["dist", "package.json"]) cpSync(`${ROOT}/${part}`, join(installed, part), { recursive: true });
    for (const name of ["commander", "picocolors"]) {
      symlinkSync(`${ROOT}/node_modules/${name}`, join(base, "node_modules", name));
    }
    const words = [join(installed, "dist/cli/main.js"), "init", join(base, "other")];
    execFileSync(process.execPath, words, { stdio: "pipe" });
    const read = (file: string) => JSON.parse(readFileSync(file, "utf8"));
    expect(read(join(base, "other/package.json")).dependencies.skep).toBe(`^${read(`${ROOT}/package.json`).version}`);
  });

  test("the project is small, and init does not write over it", () => {
    const lines = readFileSync(`${project}/agent.ts`, "utf8").trimEnd().split("\n").length;
    expect(lines).toBeLessThanOrEqual(MOST_LINES);
    const { name, dependencies } = JSON.parse(readFileSync(`${project}/package.json`, "utf8"));
    expect(name).toBe("my-agent");
    expect(dependencies.skep).toBe(`file:${ROOT.replace(/\/$/, "")}`);
    expect(() => skep("init", project)).toThrow(/is there already/);
  });

  test("its test passes", () => {
    const words = ["--test", "--test-reporter=tap", "dist/connects.test.js"];
    const tap = execFileSync(process.execPath, words, { cwd: project, encoding: "utf8", env: withoutTestRunner() });
    expect(tap).toMatch(/^# pass 1$/m);
    expect(tap).toMatch(/^# fail 0$/m);
  });

  test.skipIf(mount === undefined || liveKernel() !== null)("its agent counts what its cgroup connects", async () => {
    const cgroup = `${mount}/${ownName("journey")}`;
    mkdirSync(cgroup);
    onTestFinished(() => gone(cgroup));
    const server = await listening();
    onTestFinished(() => {
      server.close();
    });
    const { port } = server.address() as { port: number };

    const agent = inCgroup(cgroup, process.execPath, ["dist/agent.js"], project);
    onTestFinished(() => {
      agent.child.kill("SIGKILL");
    });
    await agent.says(/^TCP connects in .*\/skep-journey-\S+$/m);
    // The same from outside of the cgroup: does not count.
    const connects = `for (let i = 0; i < 5; i++) require("node:net").connect(${port}, "127.0.0.1", function () { this.end(); });`;
    await new Promise((resolve) => spawn(process.execPath, ["-e", connects]).once("close", resolve));
    const client = inCgroup(cgroup, process.execPath, ["-e", connects], project);
    await client.ended;
    // The main thread is called node, or MainThread by newer releases.
    await agent.says(new RegExp(`^[\\d:]{8} \\S+ \\(${client.child.pid}\\): 5$`, "m"));
    agent.child.kill("SIGINT");
    expect(await agent.ended).toBe(0);
    const counted = agent
      .text()
      .split("\n")
      .filter((line) => /^[\d:]{8} /.test(line));
    expect(counted).toHaveLength(1);
  });
});

interface Started {
  readonly child: ReturnType<typeof spawn>;
  readonly ended: Promise<number | null>;
  text(): string;
  says(what: RegExp): Promise<void>;
}

/** A process that is in the cgroup from its first instruction on. */
function inCgroup(cgroup: string, command: string, words: readonly string[], cwd: string): Started {
  const child = spawn("sh", ["-c", `echo $$ > ${cgroup}/cgroup.procs && exec "$@"`, "sh", command, ...words], { cwd });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      text += chunk;
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  const says = async (what: RegExp): Promise<void> => {
    for (let tries = 0; tries < 400 && !what.test(text); tries++) await new Promise((r) => setTimeout(r, 50));
    expect(text).toMatch(what);
  };
  return { child, ended, says, text: () => text };
}

function listening(): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.on("error", () => {}).end());
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}

/** Processes leave a cgroup a moment after they ended. */
async function gone(cgroup: string): Promise<void> {
  for (let tries = 0; existsSync(cgroup) && tries < 100; tries++) {
    try {
      rmdirSync(cgroup);
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  expect(existsSync(cgroup)).toBe(false);
}

/** node --test inside another test runner reports to that one unless told not to. */
function withoutTestRunner(): NodeJS.ProcessEnv {
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  return env;
}
