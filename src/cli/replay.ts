/** What `skep run` and `skep demo` do: load, replay, report. */
import { progTypeWord } from "../abi/prog-types.ts";
import { verdictsOf } from "../abi/verdicts.ts";
import { utf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import type { Collection } from "../loader/collection.ts";
import type { EventReplayResult } from "../loader/events.ts";
import { loadObject } from "../loader/load.ts";
import type { Program } from "../loader/program.ts";
import type { ReplayOptions, ReplayResult, Target } from "../loader/target.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec, ProgSpec } from "../obj/spec.ts";
import { isGzip } from "../pcap/open.ts";
import { openBytes } from "../pcap.ts";
import type { EmbeddedTarget } from "../runtime/target.ts";
import { kernelTypes } from "./btf-file.ts";
import { isSource, readObject } from "./compile.ts";
import { bytesText, count, number } from "./format.ts";
import { readInput } from "./input.ts";
import { putEntries } from "./map-entries.ts";
import { mapDocuments, showMaps } from "./maps-view.ts";
import { writeOut } from "./out-file.ts";
import { colors, output, print, printJson, say } from "./output.ts";
import { progress } from "./progress.ts";
import { globalsFrom } from "./settings.ts";

export interface RunRequest {
  readonly object: string;
  readonly pcap?: string | undefined;
  readonly events?: string | undefined;
  /** Layouts of tracepoints: "group=FILE", or a path as in tracefs. */
  readonly format?: readonly string[] | undefined;
  readonly prog?: string | undefined;
  readonly target: "embedded" | "linux";
  /** Default: what the host allows. */
  readonly engine?: "jit" | "interp" | undefined;
  /** Global variables, values as typed. */
  readonly set: Readonly<Record<string, string>>;
  /** File for the packets that were not dropped. */
  readonly write?: string | undefined;
  readonly limit?: number | undefined;
  /** Most entries of a map to show. */
  readonly rows: number;
  /** File with entries to put into maps first. */
  readonly maps?: string | undefined;
  readonly btf?: string | undefined;
  readonly unsafe?: boolean | undefined;
  /** Of random numbers and hash tables: the same seed gives the same run. */
  readonly seed: number;
}

/** What the C compiler did of a source. */
interface Built {
  readonly ms: number;
  readonly bytes: number;
}

interface Outcome {
  readonly program: Program;
  readonly packets: ReplayResult | null;
  readonly events: EventReplayResult | null;
}

export async function replayObject(request: RunRequest): Promise<void> {
  const started = performance.now();
  const bytes = await readObject(request.object, request.btf === undefined ? {} : { btf: request.btf });
  const built: Built | null = isSource(request.object)
    ? { ms: performance.now() - started, bytes: bytes.length }
    : null;
  const spec = parseObject(bytes, request.object);
  const wanted = programsFor(spec, request);
  const { target, types } = await targetFor(request, wanted);
  const collection = loadObject(
    spec,
    target,
    { ...globalsFrom(spec, request.set), programs: wanted.map((prog) => prog.name) },
    true,
  );
  try {
    if (request.maps !== undefined) await putEntries(collection, request.maps);
    if (!output.json) reportLoad(collection, request, types, built);
    const outcomes: Outcome[] = [];
    if (request.pcap !== undefined) outcomes.push(await replayCapture(collection, request, request.pcap));
    else if (request.events !== undefined)
      outcomes.push(...(await replayRecording(collection, request.events, request.format ?? [])));
    else say("nothing to run on: give a capture with --pcap FILE, or recorded events with --events FILE");
    if (output.json) printJson({ ...documentOf(collection, outcomes, types), ...(built === null ? {} : { built }) });
    else report(collection, outcomes, request);
  } finally {
    collection.close();
  }
}

/** Program types that run on packets, in the words of the tables. */
const PACKET_TYPES = new Set([
  "xdp",
  "sched_cls",
  "sched_act",
  "socket_filter",
  "cgroup_skb",
  "lwt_in",
  "lwt_out",
  "lwt_xmit",
  "flow_dissector",
]);

/**
 * With --prog that program, and those that tail calls of its maps lead to; else every program of the kind the input
 * feeds. A capture feeds one program: several need --prog.
 */
function programsFor(spec: ObjSpec, request: RunRequest): readonly ProgSpec[] {
  const inSlots = progsInSlots(spec);
  if (request.prog !== undefined) {
    const prog = spec.programs.find((each) => each.name === request.prog);
    if (prog === undefined) {
      throw new SkepError("usage/prog", `no program ${request.prog} in ${spec.name}`, {
        advice: `it has: ${spec.programs.map((each) => each.name).join(", ")}`,
      });
    }
    return spec.programs.filter((each) => each === prog || inSlots.has(each.name));
  }
  const programs = spec.programs.filter((prog) => prog.autoload);
  if (request.pcap === undefined) return programs;
  const entries = programs.filter((prog) => isPacketProg(prog) && !inSlots.has(prog.name));
  if (entries.length === 1) return programs.filter((prog) => prog === entries[0] || inSlots.has(prog.name));
  throw new SkepError(
    "usage/prog",
    entries.length === 0
      ? `no program of ${spec.name} runs on packets`
      : `${spec.name} has several programs that run on packets`,
    {
      advice:
        entries.length === 0
          ? "recorded events go in with --events"
          : `choose with --prog: ${entries.map((prog) => prog.name).join(", ")}`,
    },
  );
}

function progsInSlots(spec: ObjSpec): ReadonlySet<string> {
  return new Set(spec.maps.flatMap((map) => map.slots.filter((slot) => slot.kind === "prog").map((slot) => slot.name)));
}

function isPacketProg(prog: ProgSpec): boolean {
  return PACKET_TYPES.has(progTypeWord(prog.type));
}

interface Chosen {
  readonly target: Target;
  /** Whose types the programs were fitted to, for people; empty where they need none, or where the kernel does it. */
  readonly types: string;
}

async function targetFor(request: RunRequest, wanted: readonly ProgSpec[]): Promise<Chosen> {
  if (request.target === "linux") {
    // A source is compiled against it whatever the target.
    if ((request.btf !== undefined && !isSource(request.object)) || request.unsafe === true) {
      throw new SkepError(
        "usage/target",
        `${request.unsafe === true ? "--unsafe" : "--btf"} is for the embedded target`,
        {
          advice: "the kernel relocates against its own types, and its verifier has the last word",
        },
      );
    }
    return { target: (await import("../linux/target.ts")).linux(), types: "" };
  }
  const { embedded } = await import("../runtime/embedded.ts");
  const types = request.btf !== undefined || wanted.some(needsKernelBtf) ? await kernelTypes(request.btf) : null;
  if (types?.btf.partial === true) {
    const { checkAttachKnown } = await import("./profile-fit.ts");
    for (const prog of wanted) checkAttachKnown(prog, types.btf);
  }
  const target = embedded({
    ...(request.engine === undefined ? {} : { engine: request.engine }),
    random: request.seed,
    ...(types === null ? {} : { kernelBtf: types.btf }),
    ...(request.unsafe === true ? { unsafe: true } : {}),
    onTrace: (line) => say(line),
  });
  return { target, types: types?.from ?? "" };
}

/** Packet programs without CO-RE and kernel symbols do without: reading megabytes of BTF would be most of a short run. */
function needsKernelBtf(prog: ProgSpec): boolean {
  return (
    prog.coreRelos.length > 0 ||
    !isPacketProg(prog) ||
    prog.relocs.some((reloc) => reloc.kind === "kfunc" || reloc.kind === "ksym")
  );
}

async function replayCapture(collection: Collection, request: RunRequest, file: string): Promise<Outcome> {
  const program = Object.values(collection.programs).find((each) => isPacketProg(each.spec))!;
  const source = await openBytes(await readInput(file), file);
  const kept = request.write === undefined ? null : await packetSink(request.write);
  const bar = progress("packets");
  const packets = await program.replay(source, {
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    onProgress: (n) => bar.update(n),
    ...(kept === null ? {} : { onPacket: kept.add }),
  });
  bar.end();
  kept?.close();
  return { program, packets, events: null };
}

interface PacketSink {
  readonly add: NonNullable<ReplayOptions["onPacket"]>;
  close(): void;
}

/** Keeps what was not dropped; the file is written when all are in. */
async function packetSink(file: string): Promise<PacketSink> {
  const { pcapWriter } = await import("../pcap/write.ts");
  const writer = pcapWriter();
  return {
    add: (verdict, bytes, source) => {
      if (!DROPS.has(verdict)) writer.add(bytes, { tsSec: source.tsSec, tsNsec: source.tsNsec });
    },
    close: () => writeOut(file, writer.take()),
  };
}

const DROPS: ReadonlySet<string> = new Set(["drop", "aborted", "shot", "deny"]);

async function replayRecording(collection: Collection, file: string, formats: readonly string[]): Promise<Outcome[]> {
  const { parseEvents } = await import("../loader/events.ts");
  for (const format of formats) await addFormat(collection.target, format);
  const programs = eventProgs(collection);
  const bar = progress("events");
  const results = collection.replayEvents(parseEvents(await recording(file), file), {
    programs: programs.map((program) => program.name),
    onProgress: (n) => bar.update(n),
  });
  bar.end();
  return programs.map((program) => ({ program, packets: null, events: results[program.name]! }));
}

async function recording(file: string): Promise<Uint8Array> {
  const bytes = await readInput(file);
  return isGzip(bytes) ? (await import("#host")).host.gunzip(bytes) : bytes;
}

/** "sched=FILE", or a path as in tracefs, ".../sched/sched_switch/format": the format itself does not name its group. */
async function addFormat(target: Target, format: string): Promise<void> {
  if (target.name !== "embedded") return;
  const [, group, file] = /^(\w+)=(.+)$/.exec(format) ?? [null, /(\w+)\/\w+\/format$/.exec(format)?.[1], format];
  if (group === undefined) {
    throw new SkepError("usage/format", `the group of the tracepoint in ${format} is not known`, {
      advice: "write it in front: --format sched=FILE",
    });
  }
  (target as EmbeddedTarget).hooks.addFormat(utf8(await readInput(file!)), group);
}

/** Without those that only tail calls lead to, and those that want packets (if that is not all of them). */
function eventProgs(collection: Collection): readonly Program[] {
  const inSlots = progsInSlots(collection.spec);
  const entries = Object.values(collection.programs).filter((program) => !inSlots.has(program.name));
  const tracing = entries.filter((program) => !isPacketProg(program.spec));
  return tracing.length > 0 ? tracing : entries;
}

function reportLoad(collection: Collection, request: RunRequest, types: string, built: Built | null): void {
  const c = colors();
  const { target } = collection;
  const where =
    target.name === "linux" ? "in the kernel" : `in user space (embedded, ${(target as EmbeddedTarget).engine})`;
  const { load, verify, jit } = collection.times;
  const programs = Object.values(collection.programs);
  const maps = collection.userMaps;
  print(`${c.bold(request.object)} ${where}`);
  if (built !== null) print(`  build    ${ms(built.ms)}  ${bytesText(built.bytes)} object`);
  print(
    `  load     ${ms(load)}  ${count(programs.length, "program")}, ${count(maps.length, "map")}${types === "" ? "" : `, ${types}`}`,
  );
  print(
    `  verify   ${ms(verify)}  ${programs.map((program) => `${program.name} (${program.type}): ${number(program.stats.insns)} insns, ${number(program.stats.processed)} processed${program.stats.safe === false ? c.yellow(", rejected: every access is checked as it runs") : ""}`).join("; ")}`,
  );
  print(`  compile  ${ms(jit)}`);
}

function report(collection: Collection, outcomes: readonly Outcome[], request: RunRequest): void {
  for (const { program, packets, events } of outcomes) {
    print("");
    if (packets !== null) reportVerdicts(program, packets);
    if (events !== null) {
      const { events: n, skipped, nsPerEvent } = events;
      print(
        `${program.name}: ${count(n, "event")}${skipped > 0 ? `, ${number(skipped)} of other kinds` : ""}, ${Math.round(nsPerEvent)} ns an event`,
      );
    }
  }
  showMaps(collection.userMaps, request.rows);
}

function reportVerdicts(program: Program, result: ReplayResult): void {
  const c = colors();
  const names = verdictNames(program, result);
  const width = Math.max(...names.map((name) => name.length), 7);
  print(c.bold(`  ${"verdict".padEnd(width)}  ${"packets".padStart(10)}`));
  for (const name of names) {
    const n = result.verdicts[name] ?? 0;
    const share = result.packets === 0 || n === 0 ? "" : `${((100 * n) / result.packets).toFixed(1)} %`.padStart(9);
    const line = `  ${name.padEnd(width)}  ${number(n).padStart(10)}${share}`;
    print(n === 0 ? c.dim(line) : line);
  }
  print(
    `  ${"total".padEnd(width)}  ${number(result.packets).padStart(10)}   ${result.nsPerPacket.toFixed(0)} ns a packet`,
  );
}

/** The verdicts of the hook in their order; rare ones (tc has ten) only where they occurred. */
function verdictNames(program: Program, result: ReplayResult): string[] {
  const table = verdictsOf(program.spec.type);
  const names = table.rows.map((row) => row.name);
  if (!names.includes(table.other)) names.push(table.other);
  return names.filter((name, i) => i < 5 || (result.verdicts[name] ?? 0) > 0);
}

function documentOf(collection: Collection, outcomes: readonly Outcome[], types: string): object {
  const { load, verify, jit } = collection.times;
  const programs = Object.values(collection.programs);
  const packets = outcomes[0]?.packets ?? null;
  const events = outcomes.filter((outcome) => outcome.events !== null);
  return {
    target: collection.target.name,
    ...(types === "" ? {} : { btf: types }),
    programs: programs.map((program) => ({
      name: program.name,
      type: program.type,
      insns: program.stats.insns,
      processed: program.stats.processed,
      ms: {
        load,
        verify: programs.length === 1 ? verify : program.stats.verifyMs,
        jit: programs.length === 1 ? jit : program.stats.jitMs,
      },
    })),
    ...(packets === null
      ? {}
      : {
          packets: packets.packets,
          verdicts: allVerdicts(outcomes[0]!.program, packets),
          nsPerPacket: packets.nsPerPacket,
        }),
    ...(events.length === 0
      ? {}
      : { events: events.map((outcome) => ({ program: outcome.program.name, ...outcome.events })) }),
    maps: mapDocuments(collection.userMaps),
  };
}

function allVerdicts(program: Program, result: ReplayResult): Record<string, number> {
  return Object.fromEntries(verdictNames(program, result).map((name) => [name, result.verdicts[name] ?? 0]));
}

/** "   1.24 ms" */
function ms(value: number): string {
  return `${value.toFixed(2).padStart(7)} ms`;
}
