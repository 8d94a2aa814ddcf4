// The figures that README names, measured in one run: npm run bars [-- --packets N]
// Ratios where something else is measured beside ours, so that they hold on another machine.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Btf } from "../dist/btf/btf.js";
import { loadObject } from "../dist/loader/load.js";
import { parseObject } from "../dist/obj/parse.js";
import { openCapture } from "../dist/pcap/open.js";
import { fromPackets, repeat } from "../dist/pcap/packets.js";
import { pcapWriter } from "../dist/pcap/write.js";
import { embedded } from "../dist/runtime/embedded.js";
import { sizesOf } from "./size.mjs";

const { values } = parseArgs({ options: { packets: { type: "string", default: "10000000" } } });
const read = (file) => new Uint8Array(readFileSync(new URL(`../${file}`, import.meta.url)));
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const row = (name, text) => console.log(`${name.padEnd(48)} ${text}`);

version();
vmlinux();
firstVerdict();
translation();
await compilerSize();
await replay("a program that only passes, 1 KiB XDP", "test/bench/programs/empty.bpf.o");
await replay("syn_guard, 1 KiB XDP", "examples/syn_guard.bpf.o");
await replay("tc_edit, 1 KiB tc", "examples/tc_edit.bpf.o");
await memory(Number(values.packets));

function version() {
  const time = (words) => {
    const samples = [];
    for (let i = 0; i < 15; i++) {
      const started = performance.now();
      spawnSync(process.execPath, words);
      samples.push(performance.now() - started);
    }
    return median(samples);
  };
  const bin = new URL("../dist/cli/main.js", import.meta.url).pathname;
  const [bare, ours] = [time(["-e", "0"]), time([bin, "--version"])];
  row("skep --version", `${ours.toFixed(0)} ms, bare node ${bare.toFixed(0)} ms: + ${(ours - bare).toFixed(0)} ms`);
}

function vmlinux() {
  const file = "/sys/kernel/btf/vmlinux";
  if (!existsSync(file)) return row("open vmlinux BTF", "no kernel BTF here");
  const raw = new Uint8Array(readFileSync(file));
  const started = performance.now();
  const btf = new Btf(raw);
  const id = btf.find("task_struct", "struct");
  row(
    "open vmlinux BTF, first find",
    `${(performance.now() - started).toFixed(1)} ms cold (${btf.length} types, found [${id}])`,
  );
}

function firstVerdict() {
  const bytes = read("examples/syn_guard.bpf.o");
  const samples = [];
  for (let i = 0; i < 30; i++) {
    const started = performance.now();
    const guard = loadObject(parseObject(bytes, "syn_guard.bpf.o"), embedded(), {}, true);
    guard.programs.syn_guard.run(new Uint8Array(64));
    samples.push(performance.now() - started);
    guard.close();
  }
  row(
    "object to first verdict (217 insns)",
    `${samples[0].toFixed(0)} ms cold, ${median(samples.slice(15)).toFixed(1)} ms warm`,
  );
}

function translation() {
  const spec = parseObject(read("examples/syn_guard.bpf.o"), "syn_guard.bpf.o");
  const target = embedded();
  const samples = [];
  for (const until = performance.now() + 3000; performance.now() < until; ) {
    const loaded = loadObject(spec, target);
    const { jitMs, insns } = loaded.programs.syn_guard.stats;
    samples.push((jitMs * 1000) / insns);
    loaded.close();
  }
  target.close();
  row(
    "translate and instantiate (217 insns)",
    `${median(samples.slice(samples.length >> 1)).toFixed(2)} us an insn, warm`,
  );
}

async function compilerSize() {
  const kB = (bytes) => `${(bytes / 1000).toFixed(0)} kB`;
  const all = await sizesOf("c");
  const [entry] = all.filter(({ atOnce }) => atOnce);
  const headers = all.filter(({ atOnce, name }) => !atOnce && name.endsWith(".js"));
  const sum = headers.reduce((total, { gzip }) => total + gzip, 0);
  row(
    "compiler in a browser, bundled",
    `${kB(entry.gzip)} gzip, ${kB(entry.brotli)} brotli; headers on demand ${headers.length} x ${kB(sum / headers.length)} gzip`,
  );
}

/** A capture of 20,000 packets in memory, read alone and then replayed, in turn. */
async function replay(name, file) {
  const writer = pcapWriter();
  for (let i = 0; i < 20_000; i++) writer.add(udp1KiB());
  const capture = openCapture(writer.take(), "bars.pcap");
  const guard = loadObject(parseObject(read(file), file), embedded(), {}, true);
  const [program] = Object.values(guard.programs);
  const reading = [];
  const running = [];
  for (let round = 0; round < 41; round++) {
    capture.rewind();
    let started = performance.now();
    let packets = 0;
    while (capture.next()) packets++;
    reading.push(((performance.now() - started) * 1e6) / packets);
    capture.rewind();
    started = performance.now();
    ({ packets } = await program.replay(capture));
    running.push(((performance.now() - started) * 1e6) / packets);
  }
  guard.close();
  const over = median(running.slice(10)) - median(reading.slice(10));
  row(`replay ${name}`, `${over.toFixed(0)} ns a packet over reading it (${median(reading).toFixed(0)} ns)`);
}

function udp1KiB() {
  const packet = new Uint8Array(1024);
  packet.set([0x08, 0x00, 0x45, 0, 0x03, 0xf2, 0, 1, 0, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1], 12);
  return packet;
}

async function memory(packets) {
  const packet = new Uint8Array(1024);
  const source = repeat(fromPackets([packet], 1), packets);
  const guard = loadObject(parseObject(read("examples/syn_guard.bpf.o"), "syn_guard"), embedded(), {}, true);
  await guard.programs.syn_guard.replay(source, { limit: 200_000 });
  globalThis.gc?.();
  const before = process.memoryUsage();
  await guard.programs.syn_guard.replay(source);
  globalThis.gc?.();
  const after = process.memoryUsage();
  const grown = (key) => `${((after[key] - before[key]) / 1024).toFixed(0)} KiB`;
  guard.close();
  row(`memory over ${packets.toLocaleString("en-US")} packets`, `heap ${grown("heapUsed")}, resident ${grown("rss")}`);
}
