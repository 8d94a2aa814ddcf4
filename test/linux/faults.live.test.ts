/** What goes wrong: no more fds, killed processes, threads, rings that are full; and that nothing grows or stays. */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { describe, expect, onTestFinished, test } from "vitest";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { fdById, objectIds, progInfo } from "../../src/linux/bpf/object.ts";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import { BpfMap } from "../../src/loader/map.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { heldObjects, liveKernel, liveSys } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const spec = parseObject(new Uint8Array(readFileSync(`${ROOT}/test/fixtures/linux/links.bpf.o`)), "links.bpf.o");
const opens = parseObject(new Uint8Array(readFileSync(`${ROOT}/examples/opens.bpf.o`)), "opens.bpf.o");
/** SKEP_CYCLES=1000 (npm run test:cycles) for the long run. */
const CYCLES = Number(process.env["SKEP_CYCLES"] ?? 60);
/** One cycle's 256 KiB of ring, or the 200 KiB of a parsed object, would be more than that in all but the shortest run. */
const GROWTH_BYTES = 4 << 20;
setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
/** Bytes in JavaScript's heap and outside that something still refers to; views of mapped memory go with a turn of the loop. */
async function inUse(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
const openFds = (): number => readdirSync("/proc/self/fd").length;
/** Memory of maps in this process: ring buffers. */
const mappings = (): number => readFileSync("/proc/self/maps", "utf8").split("bpf-map").length;
const built = existsSync(`${ROOT}/dist/linux/target.js`);
if (!built) console.log("process and thread tests skipped: dist/ is not built");

function programsNamed(name: string): number[] {
  const bpf = new Bpf(liveSys());
  return [...objectIds(bpf, "prog")].filter((id) => {
    const fd = fdById(bpf, "prog", id);
    const same = fd >= 0 && progInfo(bpf, fd)?.name === name;
    bpf.close(fd);
    return same;
  });
}

describe.skipIf(liveKernel() !== null)("faults", () => {
  test(
    "load, attach, close, again and again: fds, mappings and memory stay as they are",
    async () => {
      const cycle = (): void => {
        const collection = loadObject(opens, linux(), { rodata: { only_pid: 0x7fffffff } }, true);
        collection.programs["opens"]!.attach();
        collection.maps["events"]!.drain();
        collection.close();
      };
      for (let i = 0; i < 5; i++) cycle();
      const fds = openFds();
      const mapped = mappings();
      const memory = await inUse();
      for (let i = 0; i < CYCLES; i++) cycle();
      expect(openFds()).toBe(fds);
      expect((await inUse()) - memory).toBeLessThan(GROWTH_BYTES);
      expect(mappings()).toBe(mapped);
    },
    60_000 + 500 * CYCLES,
  );

  test("out of fds: an error with its errno, and nothing half made stays", () => {
    const sys = liveSys();
    const limit = sys.alloc(16);
    const RLIMIT_NOFILE = 7;
    sys.syscall(sys.nr.prlimit64, 0, RLIMIT_NOFILE, 0, limit.addr);
    const saved = limit.bytes.slice();
    const fds = openFds();
    const set = (soft: bigint): void => {
      limit.view.setBigUint64(0, soft, true);
      sys.syscall(sys.nr.prlimit64, 0, RLIMIT_NOFILE, limit.addr, 0);
    };
    const target = linux();
    const fillers: number[] = [];
    const codes: string[] = [];
    void target.kernelBtf;
    try {
      const top = highestFd();
      set(BigInt(top + 1));
      // The numbers that are free below the limit.
      for (let fd = sys.syscall(sys.nr.dup, 2); fd >= 0; fd = sys.syscall(sys.nr.dup, 2)) fillers.push(fd);
      // From no room at all to nearly enough: each step of loading fails in its turn.
      for (let room = 0; room < 12; room++) {
        set(BigInt(top + 1 + room));
        try {
          loadObject(spec, target, { programs: ["on_xdp"] }).close();
        } catch (error) {
          codes.push((error as { code: string }).code);
        }
      }
      for (const fd of fillers.splice(0)) sys.syscall(sys.nr.close, fd);
      expect(codes.length).toBeGreaterThan(3);
      for (const code of codes) expect(code).toMatch(/EMFILE$/);
    } finally {
      for (const fd of fillers) sys.syscall(sys.nr.close, fd);
      limit.bytes.set(saved);
      sys.syscall(sys.nr.prlimit64, 0, RLIMIT_NOFILE, limit.addr, 0);
      target.close();
    }
    expect(openFds()).toBe(fds);
  });

  test("a full ring: what was taken is what the program counted", () => {
    const collection = loadObject(opens, linux(), { rodata: { only_pid: process.pid } }, true);
    try {
      collection.programs["opens"]!.attach();
      const before = Number(
        [...collection.maps["calls"]!.values()].reduce((sum, n) => (sum as bigint) + (n as bigint), 0n),
      );
      // 192 bytes a record, 256 KiB of ring: 1,300 fit.
      for (let i = 0; i < 3000; i++) openSomething();
      const got = collection.maps["events"]!.drain().length;
      const calls =
        Number([...collection.maps["calls"]!.values()].reduce((sum, n) => (sum as bigint) + (n as bigint), 0n)) -
        before;
      // The program counts only what it could reserve: a full ring loses at the producer.
      expect(got).toBeGreaterThan(1000);
      expect(got).toBeLessThan(1500);
      expect(calls).toBe(got);
      expect(heldObjects().join()).toMatch(/prog_id.*link_id|link_id.*prog_id/s);
    } finally {
      collection.close();
    }
  });

  test.skipIf(!built)("a killed process leaves nothing but what it pinned", async () => {
    const dir = mkdtempSync(join(tmpdir(), "skep-bpffs-"));
    execFileSync("mount", ["-t", "bpf", "none", dir]);
    onTestFinished(() => {
      execFileSync("umount", [dir]);
      rmdirSync(dir);
    });
    const script = `
      import { linux } from "${ROOT}/dist/linux/target.js";
      import { loadObject } from "${ROOT}/dist/loader/load.js";
      import { parseObject } from "${ROOT}/dist/obj/parse.js";
      import { readFileSync } from "node:fs";
      const spec = parseObject(new Uint8Array(readFileSync("${ROOT}/test/fixtures/linux/links.bpf.o")), "x");
      const collection = loadObject(spec, linux(), { programs: ["on_sample"], rodata: { only_pid: 1 } });
      collection.programs.on_sample.attach({ pid: process.pid });
      collection.maps.seen.pin("${dir}/seen");
      collection.maps.seen.set(0, 41n);
      console.log(collection.programs.on_sample.raw.id);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const id = await new Promise<number>((resolve) => child.stdout.once("data", (chunk) => resolve(Number(chunk))));
    expect(programsNamed("on_sample")).toContain(id);
    child.kill("SIGKILL");
    for (let tries = 0; tries < 200 && programsNamed("on_sample").includes(id); tries++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(programsNamed("on_sample")).not.toContain(id);
    const target = linux();
    onTestFinished(() => target.close());
    const pinned = new BpfMap(target.openMap(`${dir}/seen`));
    expect(pinned.get(0)).toBe(41n);
    expect(() => target.openMap(pinned.raw.id + 1_000_000)).toThrow(/ENOENT/);
  });

  test.skipIf(!built)("a worker thread loads and runs", async () => {
    const script = `
      const { parentPort } = require("node:worker_threads");
      const { readFileSync } = require("node:fs");
      (async () => {
        const { linux } = await import("${ROOT}/dist/linux/target.js");
        const { loadObject } = await import("${ROOT}/dist/loader/load.js");
        const { parseObject } = await import("${ROOT}/dist/obj/parse.js");
        const spec = parseObject(new Uint8Array(readFileSync("${ROOT}/test/fixtures/linux/links.bpf.o")), "x");
        const collection = loadObject(spec, linux(), { programs: ["on_xdp"] }, true);
        const { verdict } = collection.programs.on_xdp.run(new Uint8Array(64));
        collection.close();
        parentPort.postMessage(verdict);
      })();`;
    const worker = new Worker(script, { eval: true });
    expect(await new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject))).toBe("pass");
    await worker.terminate();
  });
});

function highestFd(): number {
  return Math.max(...readdirSync("/proc/self/fd").map(Number));
}

function openSomething(): void {
  readFileSync("/etc/hostname");
}
