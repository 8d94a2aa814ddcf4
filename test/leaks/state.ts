/**
 * What tests may leave behind in a kernel: programs, maps and links by id, pins, mounts of bpffs, network namespaces and
 * cgroups. `leftovers` is what is there now, was not there before, and is this run's:
 *
 *     objects      no process of others holds them (a program's maps and a link's program are held with it)
 *     pins         in a bpffs of the run's own folder for temporary files, or new in any other
 *     namespaces   and cgroups: their names carry the run's tag (ownName in ../live.ts)
 */
import { readdirSync, readFileSync } from "node:fs";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { linkInfo } from "../../src/linux/bpf/link-info.ts";
import { fdById, mapInfo, type ObjectKind, objectIds, progInfo } from "../../src/linux/bpf/object.ts";
import { progDetail } from "../../src/linux/bpf/prog-detail.ts";
import type { Sys } from "../../src/linux/sys.ts";

const KINDS = ["prog", "map", "link"] as const;

/** What the kernel puts into every bpffs. */
const KERNELS_OWN = /\/(maps|progs)\.debug$/;

export interface KernelState {
  /** "prog 7". */
  readonly objects: ReadonlySet<string>;
  /** Mount points of bpffs, and all files in them. */
  readonly pins: ReadonlySet<string>;
}

export function kernelState(sys: Sys): KernelState {
  const bpf = new Bpf(sys);
  const objects = new Set<string>();
  for (const kind of KINDS) for (const id of objectIds(bpf, kind)) objects.add(`${kind} ${id}`);
  const pins = new Set<string>();
  for (const point of mountPoints("bpf")) {
    pins.add(point);
    for (const file of filesBelow(point)) if (!KERNELS_OWN.test(file)) pins.add(file);
  }
  return { objects, pins };
}

/** One line for each thing that the run with this tag has left. */
export function leftovers(sys: Sys, before: KernelState, tag: string, tempDir: string): string[] {
  const now = kernelState(sys);
  const added = [...now.objects].filter((object) => !before.objects.has(object));
  const foreign = added.length === 0 ? new Set<string>() : heldByOthers(sys);
  const own = (path: string): boolean => path.startsWith(`${tempDir}/`);
  const system = (path: string): boolean => path.startsWith("/sys/fs/bpf/");
  return [
    ...added.filter((object) => !foreign.has(object)).map((object) => describe(sys, object)),
    ...[...now.pins].filter((pin) => !before.pins.has(pin) && (own(pin) || system(pin))).map((pin) => `pin ${pin}`),
    ...entries("/run/netns")
      .filter((name) => name.includes(tag))
      .map((name) => `network namespace ${name}`),
    ...[...mountPoints("cgroup2"), ...mountPoints("cgroup")].flatMap((root) =>
      entries(root)
        .filter((name) => name.includes(tag))
        .map((name) => `cgroup ${root}/${name}`),
    ),
  ];
}

/** Objects that living processes hold which this one did not start. */
function heldByOthers(sys: Sys): Set<string> {
  const bpf = new Bpf(sys);
  const held = new Set<string>();
  const own = descendants(process.pid);
  for (const pid of entries("/proc")) {
    if (!/^\d+$/.test(pid) || own.has(Number(pid))) continue;
    for (const fd of entries(`/proc/${pid}/fdinfo`)) {
      for (const [, kind, id] of text(`/proc/${pid}/fdinfo/${fd}`).matchAll(/^(prog|map|link)_id:\s*(\d+)$/gm)) {
        hold(bpf, held, kind as ObjectKind, Number(id));
      }
    }
  }
  return held;
}

function hold(bpf: Bpf, held: Set<string>, kind: ObjectKind, id: number): void {
  if (held.has(`${kind} ${id}`)) return;
  held.add(`${kind} ${id}`);
  if (kind === "map") return;
  const fd = fdById(bpf, kind, id);
  if (fd < 0) return;
  if (kind === "link") hold(bpf, held, "prog", linkInfo(bpf, fd)?.progId ?? 0);
  else for (const map of progDetail(bpf, fd)?.mapIds ?? []) hold(bpf, held, "map", map);
  bpf.close(fd);
}

/** A process and all that come from it. */
function descendants(root: number): Set<number> {
  const parents = new Map<number, number>();
  for (const pid of entries("/proc")) {
    // pid (comm) state ppid: the name may hold anything, so it is read from the last parenthesis.
    const parent = /^.*\) \S (\d+)/s.exec(text(`/proc/${pid}/stat`))?.[1];
    if (parent !== undefined) parents.set(Number(pid), Number(parent));
  }
  const own = new Set([root]);
  for (let size = 0; size !== own.size; ) {
    size = own.size;
    for (const [pid, parent] of parents) if (own.has(parent)) own.add(pid);
  }
  return own;
}

function describe(sys: Sys, object: string): string {
  const bpf = new Bpf(sys);
  const [kind, id] = object.split(" ") as [ObjectKind, string];
  const fd = fdById(bpf, kind, Number(id));
  if (fd < 0) return object;
  const info = kind === "link" ? undefined : kind === "prog" ? progInfo(bpf, fd) : mapInfo(bpf, fd);
  const detail = info === undefined ? `of prog ${linkInfo(bpf, fd)?.progId}` : `"${info.name}", type ${info.type}`;
  bpf.close(fd);
  return `${object}: ${detail}`;
}

function mountPoints(type: string): string[] {
  return text("/proc/self/mounts")
    .split("\n")
    .map((line) => line.split(" "))
    .filter((fields) => fields[2] === type)
    .map((fields) => fields[1]!.replace(/\\040/g, " "));
}

function filesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`);
  } catch {
    return []; // unmounted in the meantime
  }
}

/** [] for a folder that is gone, or was never there. */
function entries(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
