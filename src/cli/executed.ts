/**
 * How many instructions the programs of an object run, counted by the interpreter of the embedded runtime: what
 * `skep build --compare` shows beside the kernel's verdict.
 *
 * Programs that take packets run on each of packets(); tracing programs of an object run together, three times over the events that
 * their sections name, whose fields are 0. What the runtime cannot load or run is left out, with the reason.
 */
import { SkepError } from "../base/error.ts";
import type { Btf } from "../btf/btf.ts";
import { countingInterp } from "../engine/interp/counting.ts";
import type { Collection } from "../loader/collection.ts";
import type { RecordedEvent } from "../loader/events.ts";
import { loadObject } from "../loader/load.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec, ProgSpec } from "../obj/spec.ts";
import { unsafeVerified } from "../obj/verified.ts";
import { createHooks } from "../runtime/hooks/hooks.ts";
import { type EmbeddedTarget, embeddedTarget } from "../runtime/target.ts";
import { verify } from "../verifier/verify.ts";
import { packets } from "./sample-packets.ts";
import { sizedMaps } from "./sized-maps.ts";

export interface Executed {
  /** Over all runs. */
  readonly insns: number;
  readonly runs: number;
  /** What the runs gave: two objects that do the same give the same text. */
  readonly results: string;
  /** Why it did not run, "" where it did. */
  readonly reason: string;
}

export function executedInsns(object: Uint8Array, file: string, kernelBtf: Btf | null): Map<string, Executed> {
  const parsed = parseObject(object, file);
  const spec = { ...parsed, maps: sizedMaps(parsed.maps) };
  const found = new Map<string, Executed>();
  const traced: ProgSpec[] = [];
  for (const prog of spec.programs) {
    if (takesEvents(prog)) traced.push(prog);
    else found.set(prog.name, onPackets(spec, prog, kernelBtf));
  }
  for (const [name, executed] of onEvents(spec, traced, kernelBtf)) found.set(name, executed);
  return found;
}

function takesEvents(prog: ProgSpec): boolean {
  return EVENT_SECTION.test(prog.section);
}

const EVENT_SECTION =
  /^\??(tracepoint|tp|raw_tracepoint|raw_tp|tp_btf|kprobe|kretprobe|ksyscall|kretsyscall|fentry|fexit|uprobe|uretprobe|usdt|perf_event)(\b|\/)/;

interface Counter {
  readonly target: EmbeddedTarget;
  readonly counts: ReadonlyMap<string, number>;
}

function counter(kernelBtf: Btf | null): Counter {
  const counts = new Map<string, number>();
  const engine = countingInterp((prog, insns) => counts.set(prog, (counts.get(prog) ?? 0) + insns));
  let nowNs = 1_000_000_000;
  const clock = { monotonicNs: () => (nowNs += 1000) };
  const target = embeddedTarget(
    { engine: "interp", random: 1, clock, ...(kernelBtf === null ? {} : { kernelBtf }) },
    {
      engine: () => engine,
      verify: (prog) => {
        const result = verify(prog);
        return { prog: result.prog ?? unsafeVerified(prog), processed: result.stats.processed };
      },
      createHooks,
    },
  );
  return { target, counts };
}

function onPackets(spec: ObjSpec, prog: ProgSpec, kernelBtf: Btf | null): Executed {
  const { target, counts } = counter(kernelBtf);
  try {
    const { raw } = loadObject(spec, target, { programs: [prog.name] }).programs[prog.name]!;
    const results = packets().map((data) => {
      const { retval, dataOut, ctxOut } = raw.testRun(
        prog.section === "syscall" ? { ctx: data.slice(0, 16) } : { data },
      );
      return `${retval} ${digest(dataOut ?? ctxOut ?? new Uint8Array(0))}`;
    });
    return { insns: counts.get(prog.name) ?? 0, runs: results.length, results: results.join("\n"), reason: "" };
  } catch (error) {
    return notRun(error);
  } finally {
    target.close();
  }
}

const ROUNDS = 3;

function onEvents(spec: ObjSpec, progs: readonly ProgSpec[], kernelBtf: Btf | null): Map<string, Executed> {
  const found = new Map<string, Executed>();
  const loads = progs.filter((prog) => {
    const { target } = counter(kernelBtf);
    try {
      loadObject(spec, target, { programs: [prog.name] });
      return true;
    } catch (error) {
      found.set(prog.name, notRun(error));
      return false;
    } finally {
      target.close();
    }
  });
  if (loads.length === 0) return found;
  const { target, counts } = counter(kernelBtf);
  try {
    const names = loads.map((prog) => prog.name);
    const collection: Collection = loadObject(spec, target, { programs: names });
    const events: RecordedEvent[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const prog of loads)
        events.push({ event: eventOf(prog), ts: 1000 * (events.length + 1), pid: 40 + round, comm: "skep" });
    }
    const results = new Map<string, string[]>(names.map((name) => [name, []]));
    collection.replayEvents(events, { onEvent: (_event, retval, prog) => results.get(prog)!.push(String(retval)) });
    for (const name of names) {
      const values = results.get(name)!;
      const executed = { insns: counts.get(name) ?? 0, runs: values.length, results: values.join("\n") };
      found.set(name, { ...executed, reason: values.length === 0 ? "no event fits it" : "" });
    }
  } catch (error) {
    for (const prog of loads) found.set(prog.name, notRun(error));
  } finally {
    target.close();
  }
  return found;
}

/** "tracepoint/sched/sched_switch" -> "sched/sched_switch"; of a section without a name: an event of its own kind. */
function eventOf(prog: ProgSpec): string {
  const [kind = "", ...rest] = prog.section.replace(/^\?/, "").split("/");
  const name = rest.join("/");
  if (/^(tracepoint|tp)$/.test(kind)) return name;
  if (/^(raw_tracepoint|raw_tp|tp_btf)$/.test(kind)) return `raw:${name}`;
  if (kind === "perf_event") return "perf:sample";
  return `${kind.replace(/^k(ret)?syscall$/, "k$1probe")}:${name}`;
}

function notRun(error: unknown): Executed {
  if (!(error instanceof SkepError)) throw error;
  return { insns: 0, runs: 0, results: "", reason: error.message.split("\n")[0]! };
}

/** FNV-1a, 32 bits. */
function digest(bytes: Uint8Array): string {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16);
}
