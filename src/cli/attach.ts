/**
 * What `skep attach` does: load into the kernel, attach each program by its section, stream the rings' records, and on every
 * way out detach and unload.
 *
 *     text    a line a record; the maps at the end
 *     --json  {"map": name, "record": {...}} a line; at the end {"maps": {...}} and {"lost": {...}}
 */
import { BPF_TRACE_ITER } from "../abi/attach-types.ts";
import { BPF_PROG_TYPE_STRUCT_OPS, progTypeWord } from "../abi/prog-types.ts";
import { SkepError } from "../base/error.ts";
import { jsonOf } from "../btf/show.ts";
import { linux } from "../linux/target.ts";
import type { Collection } from "../loader/collection.ts";
import { globalVars } from "../loader/globals.ts";
import { loadObject } from "../loader/load.ts";
import type { BpfMap } from "../loader/map.ts";
import type { Link, Program } from "../loader/program.ts";
import type { AttachOptions } from "../loader/target.ts";
import { parseObject } from "../obj/parse.ts";
import type { ObjSpec, ProgSpec } from "../obj/spec.ts";
import { readObject } from "./compile.ts";
import { EXIT_INTERRUPTED } from "./exit.ts";
import { count } from "./format.ts";
import { isRing, mapDocuments, showMaps } from "./maps-view.ts";
import { colors, jsonValue, output, print, say } from "./output.ts";
import { globalsFrom } from "./settings.ts";
import { stackNames } from "./stacks.ts";

export interface AttachRequest {
  readonly object: string;
  readonly prog?: readonly string[];
  readonly xdp?: string;
  readonly tcIngress?: string;
  readonly tcEgress?: string;
  readonly netns?: string;
  readonly cgroup?: string;
  readonly pid?: readonly number[];
  /** Where programs go whose sections do not say: "path:function", "category/name". */
  readonly target?: string;
  readonly set: Readonly<Record<string, string>>;
  readonly maps: boolean;
  readonly rows: number;
  readonly limit?: number;
  readonly duration?: number;
}

export async function attachObject(request: AttachRequest): Promise<void> {
  const spec = parseObject(await readObject(request.object), request.object);
  const wanted = programsFor(spec, request.prog);
  const settings = { ...pidSettings(spec, wanted.attached, request), ...request.set };
  const plans = wanted.attached.map((prog) => ({ prog, attach: optionsFor(prog, request) }));
  const stop = new AbortController();
  const undo = stopOnSignals(stop);
  try {
    const names = wanted.loaded.map((prog) => prog.name);
    const collection = loadObject(spec, linux(), { ...globalsFrom(spec, settings), programs: names }, true);
    try {
      const links = plans.flatMap(({ prog, attach }) => attachAll(collection.programs[prog.name]!, attach));
      const ops = spec.maps.filter((map) => map.structOps?.autocreate === true && request.prog === undefined);
      for (const map of ops) say(collection.attachStructOps(map.name).what);
      const iters = links.filter((link) => hookOf(link.program.spec) === "iter");
      for (const link of iters) process.stdout.write(link.read());
      if (iters.length < links.length || ops.length > 0) {
        talk(links, request);
        await stream(collection, request, stop);
      }
      for (const link of links) link.close();
      finish(collection, request);
    } finally {
      collection.close();
    }
  } finally {
    undo();
  }
}

interface Wanted {
  readonly loaded: readonly ProgSpec[];
  /** Without those that only tail calls lead to, and those of struct_ops maps. */
  readonly attached: readonly ProgSpec[];
}

function programsFor(spec: ObjSpec, names: readonly string[] | undefined): Wanted {
  for (const name of names ?? []) {
    if (spec.programs.some((prog) => prog.name === name)) continue;
    throw new SkepError("usage/prog", `no program ${name} in ${spec.name}`, {
      advice: `it has: ${spec.programs.map((prog) => prog.name).join(", ")}`,
    });
  }
  const inSlots = new Set(spec.maps.flatMap((map) => map.slots.map((slot) => slot.name)));
  const attached = spec.programs.filter((prog) =>
    names === undefined ? prog.autoload && !inSlots.has(prog.name) : names.includes(prog.name),
  );
  const ops = attached.filter((prog) => prog.type === BPF_PROG_TYPE_STRUCT_OPS);
  if (attached.length === 0) throw new SkepError("usage/prog", `${spec.name} has no program to attach`);
  return {
    attached: attached.filter((prog) => !ops.includes(prog)),
    loaded: spec.programs.filter((prog) => attached.includes(prog) || inSlots.has(prog.name)),
  };
}

/** Types whose hook itself takes a process: the others need a filter of the object's own. */
const PID_HOOKS: ReadonlySet<string> = new Set(["perf_event", "uprobe", "iter"]);

/** What tools call the variable that holds the process to look at; 0 means all. */
const PID_FILTER = /^(only|targ|target|filter|my|trace|want)_?(pid|tgid)s?$|^(pid|tgid)(_filter|_target)?$/;

/** --pid as a setting of the object's filter variable, for programs whose hook sees every process. */
function pidSettings(
  spec: ObjSpec,
  programs: readonly ProgSpec[],
  request: AttachRequest,
): Readonly<Record<string, string>> {
  if (request.pid === undefined) return {};
  const names = spec.maps.flatMap((map) => (map.global === null ? [] : globalVars(map).map(({ name }) => name)));
  const filter = names.find((name) => PID_FILTER.test(name));
  if (filter !== undefined) {
    if (request.pid.length > 1) {
      throw new SkepError(
        "usage/pid",
        `${spec.name} filters by one process (${filter}), ${request.pid.length} are given`,
        {
          advice: "run skep attach once for each",
        },
      );
    }
    return { [filter]: String(request.pid[0]) };
  }
  const blind = programs.find((prog) => !PID_HOOKS.has(hookOf(prog)));
  if (blind === undefined) return {};
  throw new SkepError(
    "usage/pid",
    `--pid: ${blind.name} sees every process, and ${spec.name} has no variable to filter by`,
    {
      advice: "declare `const volatile __u32 only_pid = 0;` and compare it with bpf_get_current_pid_tgid() >> 32",
    },
  );
}

function hookOf(prog: ProgSpec): string {
  const word = progTypeWord(prog.type);
  if (prog.expectedAttachType === BPF_TRACE_ITER) return "iter";
  return word === "kprobe" && /^\??(u(ret)?probe|usdt)/.test(prog.section) ? "uprobe" : word;
}

/** One set of options for each link to make. Options that do not fit the program are left to others of the object. */
function optionsFor(prog: ProgSpec, request: AttachRequest): AttachOptions[] {
  const netns = request.netns === undefined ? {} : { netns: request.netns };
  const place = prog.attachTo !== "" || request.target === undefined ? {} : { target: request.target };
  switch (hookOf(prog)) {
    case "xdp":
      return [{ ...netns, dev: needed(prog, request.xdp, "--xdp DEV") }];
    case "sched_cls":
    case "sched_act": {
      const out: AttachOptions[] = [];
      if (request.tcIngress !== undefined) out.push({ ...netns, dev: request.tcIngress, direction: "ingress" });
      if (request.tcEgress !== undefined) out.push({ ...netns, dev: request.tcEgress, direction: "egress" });
      if (out.length === 0) needed(prog, undefined, "--tc-ingress DEV or --tc-egress DEV");
      return out;
    }
    case "perf_event":
    case "uprobe":
      return request.pid === undefined ? [place] : request.pid.map((pid) => ({ ...place, pid }));
    case "iter":
      return [request.pid === undefined ? {} : { pid: request.pid[0]! }];
    case "sk_lookup":
    case "flow_dissector":
    case "netfilter":
      return [netns];
    default:
      if (prog.section.replace("?", "").startsWith("cgroup") || hookOf(prog).startsWith("cgroup_"))
        return [{ cgroup: needed(prog, request.cgroup, "--cgroup DIR") }];
      return request.cgroup === undefined ? [place] : [{ cgroup: request.cgroup }];
  }
}

function needed(prog: ProgSpec, value: string | undefined, flag: string): string {
  if (value !== undefined) return value;
  throw new SkepError("usage/attach", `${prog.name} (${progTypeWord(prog.type)}) needs ${flag}`, {
    site: { prog: prog.name },
    advice: "or choose other programs of the object with --prog",
  });
}

function attachAll(program: Program, options: readonly AttachOptions[]): Link[] {
  return options.map((each) => program.attach(each));
}

function talk(links: readonly Link[], request: AttachRequest): void {
  const c = colors("stderr");
  for (const link of links) say(`${c.bold(link.program.name)} on ${link.what}`);
  const end = request.duration === undefined && request.limit === undefined ? "; Ctrl-C ends it" : "";
  say(c.dim(`${count(links.length, "link")}${end}`));
}

/** Prints records until the signal, --limit, --duration or the end of the processes. */
async function stream(collection: Collection, request: AttachRequest, stop: AbortController): Promise<void> {
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => stop.abort();
  if (request.duration !== undefined) timers.push(setTimeout(end, 1000 * request.duration));
  // Also what keeps the process alive where nothing has records.
  timers.push(setInterval(() => request.pid !== undefined && !request.pid.some(alive) && end(), 1000));
  const left = { records: request.limit ?? Number.POSITIVE_INFINITY };
  const rings = collection.userMaps.filter(isRing);
  try {
    await Promise.all([aborted(stop.signal), ...rings.map((map) => printRecords(map, left, stop))]);
  } finally {
    for (const timer of timers) clearTimeout(timer);
  }
}

async function printRecords(map: BpfMap, left: { records: number }, stop: AbortController): Promise<void> {
  const { signal } = stop;
  for (;;) {
    const last = signal.aborted;
    map.raw.drain((bytes) => {
      if (left.records-- <= 0) return;
      if (output.json) print(JSON.stringify({ map: map.name, record: jsonOf(map.decodeRecord(bytes)) }, jsonValue));
      else print(map.recordText(bytes));
    });
    if (left.records <= 0) stop.abort();
    if (last || left.records <= 0) return;
    await map.raw.wait(signal);
  }
}

function finish(collection: Collection, request: AttachRequest): void {
  const lost = Object.fromEntries(
    collection.userMaps.filter((map) => isRing(map) && map.lost > 0).map((map) => [map.name, map.lost]),
  );
  // Records have been printed as they came; an object without rings has nothing else to show.
  const others = collection.userMaps.filter((map) => !isRing(map) && !map.name.startsWith("__bpf_"));
  const quiet = Object.values(collection.programs).every((program) => hookOf(program.spec) === "iter");
  const maps = request.maps || !(quiet || collection.userMaps.some(isRing));
  if (output.json) {
    if (maps) print(JSON.stringify({ maps: mapDocuments(others) }, jsonValue));
    if (Object.keys(lost).length > 0) print(JSON.stringify({ lost }));
    return;
  }
  if (maps) showMaps(others, request.rows, stackNames(request.pid?.[0]));
  for (const [name, n] of Object.entries(lost)) say(`${name}: ${count(n, "record")} lost, the ring was full`);
}

/** The first signal ends the run in order, a second one at once: fds are all that holds programs, so nothing stays. */
function stopOnSignals(stop: AbortController): () => void {
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
  };
  process.removeAllListeners("SIGINT");
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
