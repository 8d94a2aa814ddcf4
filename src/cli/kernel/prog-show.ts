/** `skep prog show`, as bpftool shows programs: text of one program is a block, JSON an object with bpftool's names. */
import { readFileSync } from "node:fs";
import { progTypeWord } from "../../abi/prog-types.ts";
import { type ProgDetail, progDetail } from "../../linux/bpf/prog-detail.ts";
import { fdinfo } from "./refs.ts";
import { kernel } from "./session.ts";

export interface ShownProg {
  readonly document: Record<string, unknown>;
  readonly text: string;
}

export function shownProg(fd: number): ShownProg | undefined {
  const detail = progDetail(kernel(), fd);
  if (detail === undefined) return undefined;
  const memlock = Number(fdinfo(fd, "memlock") ?? 0);
  return { document: documentOf(detail, memlock), text: textOf(detail, memlock) };
}

function documentOf(prog: ProgDetail, memlock: number): Record<string, unknown> {
  return {
    id: prog.id,
    type: progTypeWord(prog.type),
    ...(prog.name === "" ? {} : { name: prog.name }),
    tag: prog.tag,
    gpl_compatible: prog.gpl,
    ...(prog.runTimeNs > 0 ? { run_time_ns: prog.runTimeNs, run_cnt: prog.runCount } : {}),
    ...(prog.recursionMisses > 0 ? { recursion_misses: prog.recursionMisses } : {}),
    ...(prog.loadedAtNs === 0n ? {} : { loaded_at: Math.floor(loadedAt(prog) / 1000), uid: prog.uid }),
    bytes_xlated: prog.xlatedBytes,
    jited: prog.jitedBytes > 0,
    ...(prog.jitedBytes > 0 ? { bytes_jited: prog.jitedBytes } : {}),
    ...(memlock > 0 ? { bytes_memlock: memlock } : {}),
    ...(prog.mapIds.length > 0 ? { map_ids: prog.mapIds } : {}),
    ...(prog.btfId > 0 ? { btf_id: prog.btfId } : {}),
  };
}

function textOf(prog: ProgDetail, memlock: number): string {
  const name = prog.name === "" ? "" : `  name ${prog.name}`;
  const stats = prog.runTimeNs > 0 ? ` run_time_ns ${prog.runTimeNs} run_cnt ${prog.runCount}` : "";
  const misses = prog.recursionMisses > 0 ? ` recursion_misses ${prog.recursionMisses}` : "";
  const lines = [
    `${prog.id}: ${progTypeWord(prog.type)}${name}  tag ${prog.tag}${prog.gpl ? "  gpl" : ""}${stats}${misses}`,
  ];
  if (prog.loadedAtNs !== 0n) lines.push(`\tloaded_at ${localTime(loadedAt(prog))}  uid ${prog.uid}`);
  const jited = prog.jitedBytes > 0 ? `jited ${prog.jitedBytes}B` : "not jited";
  const memory = memlock > 0 ? `  memlock ${memlock}B` : "";
  const maps = prog.mapIds.length > 0 ? `  map_ids ${prog.mapIds.join(",")}` : "";
  lines.push(`\txlated ${prog.xlatedBytes}B  ${jited}${memory}${maps}`);
  if (prog.btfId > 0) lines.push(`\tbtf_id ${prog.btfId}`);
  return lines.join("\n");
}

/** Milliseconds since 1970: the kernel tells nanoseconds since boot. */
function loadedAt(prog: ProgDetail): number {
  const uptimeMs = 1000 * Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  return Date.now() - uptimeMs + Number(prog.loadedAtNs) / 1e6;
}

/** "2026-11-27T07:12:54+0000", as strftime("%FT%T%z"). */
function localTime(ms: number): string {
  const date = new Date(ms);
  const minutes = -date.getTimezoneOffset();
  const local = new Date(ms + 60_000 * minutes).toISOString().slice(0, 19);
  const abs = Math.abs(minutes);
  const zone = `${String(Math.floor(abs / 60)).padStart(2, "0")}${String(abs % 60).padStart(2, "0")}`;
  return `${local}${minutes < 0 ? "-" : "+"}${zone}`;
}
