// Compile times against clang: npm run bench:compile [-- --rounds N] [-I DIR] [FILE...]
// Cold: a process a source, skep and clang by turns, wall clock and CPU time. Warm: the compiler in one process that has compiled
// the source before. Default: programs over vmlinux.h out of test/c/kernel; for clang it is made from the kernel's BTF.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { clangArguments, clangName } from "../dist/cli/build.js";
import { compileFile } from "../dist/cli/compile.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "11" },
    include: { type: "string", short: "I", multiple: true, default: [] },
  },
});
const root = new URL("..", import.meta.url).pathname;
const cli = join(root, "dist/cli/main.js");
const files =
  positionals.length > 0
    ? positionals
    : ["core_reads", "objects", "tail_calls"].map((name) => join(root, `test/c/kernel/${name}.bpf.c`));
const rounds = Number(values.rounds);
const folder = mkdtempSync(join(tmpdir(), "skep-bench-"));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const geomean = (list) => Math.exp(list.reduce((sum, x) => sum + Math.log(x), 0) / list.length);

try {
  const clang = await clangName();
  const include = [...values.include, headers()];
  const rows = [];
  for (const file of files) {
    const row = await benchOne(file, clang, include);
    if (row === null) continue;
    rows.push(row);
    const ms = (x) => x.toFixed(0).padStart(5);
    console.log(
      `${file.padEnd(48)} cold ${ms(row.skep.wall)} ms, clang ${ms(row.clang.wall)} ms: x${(row.skep.wall / row.clang.wall).toFixed(2)} ` +
        `(CPU ${ms(row.skep.cpu)} and ${ms(row.clang.cpu)}: x${(row.skep.cpu / row.clang.cpu).toFixed(2)}); warm ${ms(row.warm)} ms`,
    );
  }
  if (rows.length > 0) {
    const wall = geomean(rows.map((row) => row.skep.wall / row.clang.wall));
    const cpu = geomean(rows.map((row) => row.skep.cpu / row.clang.cpu));
    const warm = Math.max(...rows.map((row) => row.warm));
    console.log(
      `${rows.length} sources: cold x${wall.toFixed(2)} of clang's wall clock, x${cpu.toFixed(2)} of its CPU time; warm at most ${warm.toFixed(0)} ms`,
    );
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function benchOne(file, clang, include) {
  const out = join(folder, "out.o");
  const includes = include.flatMap((one) => ["-I", one]);
  const ours = [process.execPath, [cli, "build", "-q", ...includes, file, "-o", out]];
  const theirs = [clang, [...clangArguments({ include, mcpu: 3 }), "-c", file, "-o", out]];
  const samples = { skep: [], clang: [] };
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of [
      ["skep", ours],
      ["clang", theirs],
    ]) {
      const sample = timed(...command);
      if (sample === null) {
        console.log(`${file}: ${name} does not compile it`);
        return null;
      }
      samples[name].push(sample);
    }
  }
  const warm = [];
  for (let round = 0; round < Math.max(10, rounds); round++) {
    const started = performance.now();
    await compileFile(file, { include, mcpu: 3 });
    warm.push(performance.now() - started);
  }
  const side = (list) => ({
    wall: median(list.map((one) => one.wall)),
    cpu: list.reduce((sum, one) => sum + one.cpu, 0) / list.length,
  });
  return { skep: side(samples.skep), clang: side(samples.clang), warm: median(warm.slice(warm.length >> 1)) };
}

function timed(command, args) {
  const before = childCpuMs();
  const started = performance.now();
  const { status } = spawnSync(command, args, { stdio: "ignore" });
  const wall = performance.now() - started;
  return status === 0 ? { wall, cpu: Math.max(1, childCpuMs() - before) } : null;
}

/** Of children that have ended: cutime and cstime, in ticks of 10 ms. */
function childCpuMs() {
  const fields = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[13]) + Number(fields[14])) * 10;
}

function headers() {
  const { stdout } = spawnSync(
    process.execPath,
    [cli, "btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"],
    {
      maxBuffer: 1 << 28,
    },
  );
  writeFileSync(join(folder, "vmlinux.h"), stdout);
  return folder;
}
