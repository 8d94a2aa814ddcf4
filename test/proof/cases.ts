/**
 * The cases of the kernel's test_verifier (tools/testing/selftests/bpf/verifier), as cases.c writes them, against our verdict and the
 * running kernel's:
 *
 *     npm run verify:cases -- cases.jsonl [--json] [--verbose]
 *
 * What the kernel itself does not judge here as the case says (configuration, policy, CPU) is set apart.
 */
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import * as mt from "../../src/abi/map-types.ts";
import { Btf } from "../../src/btf/btf.ts";
import { decodeInsns } from "../../src/isa/insn.ts";
import { possibleCpus } from "../../src/linux/cpus.ts";
import { kernelJudge } from "../../src/linux/judge.ts";
import type { FuncInfo, MapSpec, ResolvedProg } from "../../src/obj/spec.ts";
import { verify } from "../../src/verifier/verify.ts";
import { liveKernel, VMLINUX_BTF } from "../live.ts";
import { mapSpec } from "../vectors/program.ts";

interface TestCase {
  readonly descr: string;
  readonly errstr: string;
  readonly insns: string;
  readonly btf?: string;
  readonly fixups: readonly (readonly [map: string, insn: number])[];
  readonly kfuncs: readonly (readonly [name: string, insn: number])[];
  readonly funcs: readonly (readonly [insn: number, typeId: number])[];
  readonly attachTo: string;
  readonly type: number;
  readonly attach: number;
  readonly flags: number;
  readonly accepted: boolean;
}

const SYSCALL = 31;
const SOCKET_FILTER = 1;
const SLEEPABLE = 16;
const STRICT_ALIGNMENT = 1;
const ANY_ALIGNMENT = 2;
/** Of the cases: needs efficient unaligned access, wants strict alignment, needs the JIT; others are the load's own. */
const OWN_FLAGS = 3;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: "boolean", default: false }, verbose: { type: "boolean", default: false } },
});
const missing = liveKernel();
if (positionals.length !== 1 || missing !== null) {
  console.error("usage: npm run verify:cases -- cases.jsonl [--json] [--verbose]");
  if (missing !== null) console.error(`needs the kernel to compare with: ${missing}`);
  process.exit(2);
}

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const [types, ...cases] = readFileSync(positionals[0]!, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as TestCase);
const kernelBtf = new Btf(new Uint8Array(readFileSync(VMLINUX_BTF)));
const mapBtf = new Btf(bytesOf(types!.btf!));
const maps = mapsOf();
const judge = kernelJudge();
const cpus = possibleCpus();
const findings: { descr: string; ours: string; kernel: string; annotated: string }[] = [];
const leftOut = new Map<string, number>();
let [judged, agree, same] = [0, 0, 0];
for (const each of cases) compare(each);
judge.close();
report();

function mapsOf(): ReadonlyMap<string, MapSpec> {
  const of = (type: number, keySize: number, valueSize: number, more: Partial<MapSpec> = {}): MapSpec => ({
    ...mapSpec({ name: "test_map", type, keySize, valueSize, maxEntries: 1, flags: 0 }),
    ...more,
  });
  const typed = (valueTypeId: number): Partial<MapSpec> => ({ btf: mapBtf, keyTypeId: 1, valueTypeId });
  const TEST_VAL = 48;
  const inner = of(mt.BPF_MAP_TYPE_ARRAY, 4, 4);
  return new Map([
    ["map_hash_8b", of(mt.BPF_MAP_TYPE_HASH, 8, 8)],
    ["map_hash_48b", of(mt.BPF_MAP_TYPE_HASH, 8, TEST_VAL)],
    ["map_hash_16b", of(mt.BPF_MAP_TYPE_HASH, 8, 16)],
    ["map_array_48b", of(mt.BPF_MAP_TYPE_ARRAY, 4, TEST_VAL)],
    ["prog1", of(mt.BPF_MAP_TYPE_PROG_ARRAY, 4, 4, { maxEntries: 4 })],
    ["prog2", of(mt.BPF_MAP_TYPE_PROG_ARRAY, 4, 4, { maxEntries: 8 })],
    ["map_in_map", of(mt.BPF_MAP_TYPE_ARRAY_OF_MAPS, 4, 4, { inner })],
    ["cgroup_storage", of(mt.BPF_MAP_TYPE_CGROUP_STORAGE, 16, 64, { maxEntries: 0 })],
    ["percpu_cgroup_storage", of(mt.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE, 16, 64, { maxEntries: 0 })],
    ["map_sockmap", of(mt.BPF_MAP_TYPE_SOCKMAP, 4, 4)],
    ["map_sockhash", of(mt.BPF_MAP_TYPE_SOCKHASH, 4, 4)],
    ["map_xskmap", of(mt.BPF_MAP_TYPE_XSKMAP, 4, 4)],
    ["map_stacktrace", of(mt.BPF_MAP_TYPE_STACK_TRACE, 4, 8)],
    ["map_spin_lock", of(mt.BPF_MAP_TYPE_ARRAY, 4, 8, typed(3))],
    ["map_array_ro", of(mt.BPF_MAP_TYPE_ARRAY, 4, TEST_VAL, { flags: 0x80 })],
    ["map_array_wo", of(mt.BPF_MAP_TYPE_ARRAY, 4, TEST_VAL, { flags: 0x100 })],
    ["map_array_small", of(mt.BPF_MAP_TYPE_ARRAY, 4, 1)],
    ["sk_storage_map", of(mt.BPF_MAP_TYPE_SK_STORAGE, 4, 8, { ...typed(3), maxEntries: 0, flags: 1 })],
    ["map_event_output", of(mt.BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4)],
    ["map_reuseport_array", of(mt.BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, 4, 8)],
    ["map_ringbuf", of(mt.BPF_MAP_TYPE_RINGBUF, 0, 0, { maxEntries: 4096 })],
    ["map_timer", of(mt.BPF_MAP_TYPE_ARRAY, 4, 16, typed(5))],
    ["map_kptr", of(mt.BPF_MAP_TYPE_ARRAY, 4, 24, typed(14))],
  ]);
}

function progOf(each: TestCase): ResolvedProg {
  const insns = decodeInsns(bytesOf(each.insns));
  const names = [...new Set(each.fixups.map(([name]) => name))];
  for (const [name, at] of each.fixups) {
    insns.imm[at] = names.indexOf(name);
    // A map's descriptor or the address of its value: here the map is named by index.
    insns.src[at] = insns.src[at] === 2 ? 6 : 5;
  }
  for (const [name, at] of each.kfuncs) insns.imm[at] = kernelBtf.find(name, "func");
  const type = each.type === 0 ? SOCKET_FILTER : each.type;
  const funcs: FuncInfo[] = each.funcs.map(([insnIdx, typeId]) => ({ insnIdx, name: "", typeId, linkage: "static" }));
  const entry: FuncInfo = { insnIdx: 0, name: "t", typeId: 0, linkage: "global" };
  return {
    spec: {
      name: "t",
      section: "",
      type,
      expectedAttachType: each.attach,
      attachTo: each.attachTo,
      sleepable: type === SYSCALL || (each.flags & SLEEPABLE) !== 0,
      flags: 0,
      autoload: true,
      insns,
      funcs: funcs.length > 0 ? funcs : [entry],
      lines: [],
      relocs: [],
      coreRelos: [],
    },
    insns,
    maps: names.map((name) => maps.get(name)!),
    license: "GPL",
    btf: each.btf === undefined ? null : new Btf(bytesOf(each.btf)),
    kernelBtf,
  };
}

function compare(each: TestCase): void {
  const prog = progOf(each);
  let flags = each.flags & ~OWN_FLAGS & ~SLEEPABLE;
  if (each.flags & 1) flags |= ANY_ALIGNMENT;
  if (each.flags & 2) flags |= STRICT_ALIGNMENT;
  const linux = judge.judge(prog, { flags });
  const ours = verify(prog, { cpus, flags });
  const why =
    linux.unusable !== "" ? linux.unusable : linux.ok === each.accepted ? "" : "the kernel does otherwise here";
  if (why !== "") leftOut.set(why, (leftOut.get(why) ?? 0) + 1);
  if (linux.unusable !== "") return;
  judged++;
  if (ours.ok === linux.ok) agree++;
  if (ours.ok === linux.ok && ours.stats.processed === linux.processed) same++;
  const text = ours.ok ? "accepted" : ours.error!.kernel.split("\n").at(-1)!;
  const kernel = linux.ok ? "accepted" : linux.message;
  if (ours.ok !== linux.ok || values.verbose) {
    findings.push({ descr: each.descr, ours: text, kernel, annotated: each.accepted ? "accepted" : "rejected" });
  }
}

function report(): void {
  const falseAccepts = findings.filter(({ ours, kernel }) => ours === "accepted" && kernel !== "accepted").length;
  if (values.json) {
    console.log(JSON.stringify({ cases: cases.length, judged, agree, same, falseAccepts, findings }, null, 1));
  } else {
    for (const { descr, ours, kernel, annotated } of findings) {
      console.log(`${descr} (${annotated}): ${ours}; the kernel: ${kernel}`);
    }
    for (const [why, n] of [...leftOut].sort((a, b) => b[1] - a[1])) console.log(`left out or otherwise: ${n} ${why}`);
    console.log(
      `${cases.length} cases, ${judged} judged: ${agree} verdicts as the kernel's, ${falseAccepts} false accepts, ` +
        `processed equal in ${same}`,
    );
  }
  process.exitCode = agree === judged ? 0 : 1;
}
