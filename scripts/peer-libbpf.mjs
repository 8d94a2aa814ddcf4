// npm run peer:libbpf -- FOLDER: every program of every object in a folder loaded alone, by libbpf (test/peer/alone.c, compiled
// on the fly: gcc, libbpf-dev) and by Skep, as root. What libbpf loads, Skep must load, with the same insns: as they go into
// BPF_PROG_LOAD (also where the kernel then refuses), and as the kernel runs them. Maps are told by the order of their use and
// by name, not by fd, id or index; addresses that the verifier puts in are not compared. A line an object; what differs
// follows. Exit code 1 where something does.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { Bpf } from "../dist/linux/bpf/call.js";
import { fdById, mapInfo } from "../dist/linux/bpf/object.js";
import { progCode, progDetail } from "../dist/linux/bpf/prog-detail.js";
import { koffiSys } from "../dist/linux/koffi-sys.js";
import { linux } from "../dist/linux/target.js";
import { loadObject } from "../dist/loader/load.js";
import { parseObject } from "../dist/obj/parse.js";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean" }, verbose: { type: "boolean", short: "v" } },
});
const [folder] = positionals;
if (folder === undefined) {
  console.error("npm run peer:libbpf -- FOLDER [--json] [-v]    a folder of .o files");
  process.exit(2);
}
const skip = (why) => {
  console.log(`comparison with libbpf skipped: ${why}`);
  process.exit(0);
};
if (process.platform !== "linux" || process.getuid() !== 0) skip("it needs Linux and root");
const scratch = mkdtempSync(join(tmpdir(), "skep-peer-"));
process.once("exit", () => rmSync(scratch, { recursive: true, force: true }));
const source = new URL("../test/peer/alone.c", import.meta.url).pathname;
const gcc = spawnSync("gcc", ["-O2", "-o", `${scratch}/alone`, source, "-lbpf"], { encoding: "utf8" });
if (gcc.status !== 0) skip("gcc and libbpf-dev make no program here");

const BPF_PROG_LOAD = 5;
const BPF_MAP_TYPE_PERF_EVENT_ARRAY = 4;
/** As test/peer/alone.c has it. */
const ENTRIES = 64;
const LD_IMM64 = 0x18;
/** Upper half of kernel addresses. */
const KERNEL_UPPER = 0xffff8000;
const [MAP_FD, MAP_VALUE, , , MAP_IDX, MAP_IDX_VALUE] = [1, 2, 3, 4, 5, 6];

const base = koffiSys();
const bpf = new Bpf(base);
/** The insns of the last BPF_PROG_LOAD that went into the kernel. */
let handed = null;
const sys = {
  ...base,
  bpf(cmd, attrAddr, attrBytes) {
    if (cmd === BPF_PROG_LOAD) {
      const attr = base.view(attrAddr, attrBytes);
      const view = new DataView(attr.buffer, attr.byteOffset, attrBytes);
      handed = base.view(Number(view.getBigUint64(8, true)), 8 * view.getUint32(4, true)).slice();
    }
    return base.bpf(cmd, attrAddr, attrBytes);
  },
};

/** One line an insn, maps as "m0", "m1" in the order of their use, or by the name that is known for their number. */
function insnLines(bytes, nameOf, inKernel = false) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const order = [];
  const lines = [];
  for (let at = 0; at < bytes.length; at += 8) {
    const [code, regs] = bytes.subarray(at, at + 2);
    const off = view.getInt16(at + 2, true);
    let imm = view.getInt32(at + 4, true);
    const upper = code === LD_IMM64 ? view.getUint32(at + 12, true) : 0;
    let kind = regs >> 4;
    if (code === LD_IMM64 && [MAP_FD, MAP_VALUE, MAP_IDX, MAP_IDX_VALUE].includes(kind)) {
      kind = kind === MAP_FD || kind === MAP_IDX ? "map" : "value";
      const name = nameOf(imm);
      if (name === undefined && !order.includes(imm)) order.push(imm);
      imm = name ?? `m${order.indexOf(imm)}`;
    }
    if (inKernel && kind === 0 && upper >= KERNEL_UPPER) {
      lines.push(`${code.toString(16)} ${regs & 15} address`, "");
      at += 8;
      continue;
    }
    lines.push(`${code.toString(16)} ${regs & 15} ${kind} ${off} ${imm}`);
  }
  return lines;
}

/** name -> { error, insns, xlated }, or the errno of opening. */
function libbpf(file) {
  const { stdout, status, signal } = spawnSync(`${scratch}/alone`, [file], { encoding: "utf8", maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`libbpf ends with ${status ?? signal} on ${file}`);
  const programs = new Map();
  let current;
  for (const line of stdout.split("\n")) {
    const [what, a, b, c] = line.split(" ");
    if (what === "open") return Number(a);
    if (what === "prog") {
      current = { error: Number(b), reached: c === "1", insns: null, xlated: null, ids: new Map() };
      programs.set(a, current);
    }
    if (what === "id") current.ids.set(Number(a), b);
    if (what === "insns") current.insns = insnLines(Buffer.from(a, "hex"), () => undefined);
    if (what === "xlated") current.xlated = insnLines(Buffer.from(a, "hex"), (id) => current.ids.get(id), true);
  }
  return programs;
}

function skep(spec, name) {
  handed = null;
  const target = linux({ sys });
  const maps = {};
  for (const map of spec.maps) {
    if (map.maxEntries === 0 && map.type !== BPF_MAP_TYPE_PERF_EVENT_ARRAY && map.global === null) {
      maps[map.name] = { maxEntries: ENTRIES };
    }
  }
  let collection;
  try {
    collection = loadObject(spec, target, { programs: [name], maps }, true);
  } catch (error) {
    return { error, insns: handed && insnLines(handed, () => undefined), xlated: null };
  }
  const fd = collection.programs[name].raw.fd;
  const ids = new Map();
  for (const id of progDetail(bpf, fd).mapIds) {
    const map = fdById(bpf, "map", id);
    ids.set(id, mapInfo(bpf, map)?.name);
    bpf.close(map);
  }
  const code = progCode(bpf, fd)?.bytes;
  collection.close();
  return {
    error: null,
    insns: insnLines(handed, () => undefined),
    xlated: code && insnLines(code, (id) => ids.get(id), true),
  };
}

const totals = { objects: 0, programs: 0, libbpf: 0, skep: 0, insns: 0, xlated: 0, different: 0 };
const documents = [];
const differences = [];
const firstDifference = (a, b) => {
  const at = a.findIndex((line, i) => line !== b[i]);
  return a.length !== b.length ? `${a.length} insns, libbpf ${b.length}` : `insn ${at}: ${a[at]}, libbpf ${b[at]}`;
};
const row = (name, ...cells) =>
  console.log(`${name.padEnd(32)}${cells.map((cell) => `${cell}`.padStart(10)).join("")}`);
if (!options.json) row("object", "programs", "libbpf", "skep", "insns", "xlated", "different");
for (const file of readdirSync(folder)
  .filter((name) => name.endsWith(".o"))
  .sort()) {
  const theirs = libbpf(join(folder, file));
  const counts = { programs: 0, libbpf: 0, skep: 0, insns: 0, xlated: 0, different: 0 };
  const different = (prog, what) => {
    counts.different++;
    differences.push(`${file} ${prog}: ${what}`);
  };
  let spec;
  try {
    spec = parseObject(new Uint8Array(readFileSync(join(folder, file))), basename(file));
  } catch (error) {
    if (typeof theirs !== "number") different("", `only libbpf reads it: ${error.message}`);
  }
  for (const [name, their] of spec === undefined || typeof theirs === "number" ? [] : theirs) {
    const own = skep(spec, name);
    counts.programs++;
    if (their.error === 0) counts.libbpf++;
    if (own.error === null) counts.skep++;
    if (their.error === 0 && own.error !== null) different(name, `only libbpf loads it: ${own.error.message}`);
    if (options.verbose && own.error !== null) {
      console.log(`  ${name}: libbpf ${their.error}, skep ${own.error.code} ${own.error.message}`);
    }
    // What libbpf gives up before it asks the kernel is not relocated.
    if (own.insns !== null && their.reached) {
      if (own.insns.join() === their.insns.join()) counts.insns++;
      else different(name, `as handed to the kernel: ${firstDifference(own.insns, their.insns)}`);
    }
    if (own.xlated && their.xlated) {
      if (own.xlated.join() === their.xlated.join()) counts.xlated++;
      else different(name, `as the kernel runs it: ${firstDifference(own.xlated, their.xlated)}`);
    }
  }
  totals.objects++;
  for (const key of Object.keys(counts)) totals[key] += counts[key];
  documents.push({ file, ...counts });
  if (!options.json) row(file, ...Object.values(counts));
}
if (options.json) console.log(JSON.stringify({ objects: documents, totals, differences }, null, 2));
else {
  row(`${totals.objects} objects`, ...Object.values(totals).slice(1));
  for (const line of differences) console.log(line);
}
process.exitCode = totals.different > 0 || totals.objects === 0 ? 1 : 0;
