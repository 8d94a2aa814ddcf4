/**
 * Replays packet sources through a program: no object a packet. Captures in memory are read ahead in batches, so that
 * reading is not part of the time that is told:
 *
 *     read   next() x BATCH -> columns        copy   their stretch of the file -> window in linear memory, at once
 *     run    for each: window -> packet slot, ctx, exec.run, count the verdict
 */
import { type VerdictTable, verdictsOf } from "../../abi/verdicts.ts";
import type { Executable } from "../../engine/engine.ts";
import { PACKET_SLOT_BYTES, PACKET_SLOTS, PACKETS_BASE } from "../../layout/layout.ts";
import type { ReplayOptions, ReplayResult, Verdicts } from "../../loader/target.ts";
import { putFrame } from "../../pcap/link-layer.ts";
import { LINKTYPE_ETHERNET, type PacketSource } from "../../pcap/source.ts";

import { receiveCpu } from "../helpers/net-hash.ts";
import { FRAME_AT, MAX_FRAME_BYTES, type PacketHook, runOnce, setCpu } from "./packet-hook.ts";

const BATCH = 256;
/** Slots 1 to 3 hold the window. */
const WINDOW_AT: number = PACKETS_BASE + PACKET_SLOT_BYTES;
const WINDOW_BYTES: number = PACKET_SLOT_BYTES * (PACKET_SLOTS - 1);
const PROGRESS_EVERY = 65_536;
const XDP_REDIRECT = 4;
/** Verdict values from -1 to this minus 2 have a cell of their own. */
const VALUES = 16;

/**
 * The runtime's clock during replays: time stamps of the capture as monotonic nanoseconds. A new source goes on after the
 * last packet of the one before, so that time never falls; within a source time stamps may.
 */
export interface ReplayClock {
  source: PacketSource | null;
  /** Time stamp of the source's first packet and the monotonic time it was given. */
  firstSec: number;
  firstNsec: number;
  firstNs: number;
  /** The latest time given out. */
  lastNs: number;
}

export function replayClock(): ReplayClock {
  return { source: null, firstSec: 0, firstNsec: 0, firstNs: 0, lastNs: 0 };
}

const BOOT_NS = 1_000_000_000;
const GAP_NS = 1000;

interface Batch {
  count: number;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly origLen: Float64Array;
  readonly sec: Float64Array;
  readonly nsec: Float64Array;
  readonly ifIndex: Uint32Array;
  readonly linkType: Uint16Array;
}

export interface Replay {
  run(exec: Executable, source: PacketSource, options: ReplayOptions): ReplayResult;
}

/** One a hook: its buffers are made once. */
export function replayer(hook: PacketHook, progType: number, clock: ReplayClock): Replay {
  const m = hook.p.machine;
  const { u8, event, blocks } = m;
  const table = verdictsOf(progType);
  const rowOf = verdictRows(table);
  const names = table.rows.map((r) => r.name).concat(table.other);
  const counts = new Float64Array(table.rows.length + 1);
  const manyCpus = m.cpus > 1;
  const { follow } = hook;
  let packets = 0;
  let elapsedMs = 0;
  const batch: Batch = {
    count: 0,
    start: new Float64Array(BATCH),
    end: new Float64Array(BATCH),
    origLen: new Float64Array(BATCH),
    sec: new Float64Array(BATCH),
    nsec: new Float64Array(BATCH),
    ifIndex: new Uint32Array(BATCH),
    linkType: new Uint16Array(BATCH),
  };

  function row(retval: number): number {
    const at = retval + 1;
    return at >= 0 && at < VALUES ? rowOf[at]! : rowOf[VALUES]!;
  }

  function setTime(sec: number, nsec: number): void {
    let now = (sec - clock.firstSec) * 1_000_000_000 + (nsec - clock.firstNsec) + clock.firstNs;
    if (!(now >= 0 && now < 2 ** 53)) now = clock.lastNs;
    if (now > clock.lastNs) clock.lastNs = now;
    event.nowNs = now;
    event.wallSec = sec;
    event.wallNsec = nsec;
  }

  function begin(source: PacketSource, sec: number, nsec: number): void {
    clock.source = source;
    clock.firstSec = sec;
    clock.firstNsec = nsec;
    clock.firstNs = Math.max(BOOT_NS, clock.lastNs + GAP_NS);
  }

  /** One packet: bytes[start .. end) of `linkType` into the slot, run, count. Returns the row. */
  function one(
    exec: Executable,
    bytes: Uint8Array,
    start: number,
    end: number,
    origLen: number,
    sec: number,
    nsec: number,
    ifIndex: number,
    linkType: number,
  ): number {
    let length: number;
    if (linkType === LINKTYPE_ETHERNET && bytes === u8) {
      length = end - start;
      if (length > MAX_FRAME_BYTES) length = MAX_FRAME_BYTES;
      blocks.copy(FRAME_AT, start, length);
    } else length = putFrame(u8, FRAME_AT, MAX_FRAME_BYTES, bytes, start, end, linkType);
    setTime(sec, nsec);
    if (manyCpus) setCpu(m, receiveCpu(m, FRAME_AT, FRAME_AT + length));
    hook.stage(length, origLen, sec, nsec, ifIndex + 1);
    const retval = runOnce(m, exec);
    const at = row(retval === XDP_REDIRECT && follow !== undefined ? follow(retval) : retval);
    counts[at]!++;
    if (event.wakeNs <= event.nowNs) m.settle();
    return at;
  }

  /** Reads ahead. False at the source's end; on a damaged record the packets before it are in the batch. */
  function read(source: PacketSource, most: number): boolean {
    const limit = Math.min(most, BATCH);
    for (let n = 0; n < limit; n++) {
      if (!source.next()) return false;
      batch.start[n] = source.start;
      batch.end[n] = source.end;
      batch.origLen[n] = source.origLen;
      batch.sec[n] = source.tsSec;
      batch.nsec[n] = source.tsNsec;
      batch.ifIndex[n] = source.ifIndex;
      batch.linkType[n] = source.linkType;
      batch.count = n + 1;
    }
    return true;
  }

  function runBatch(exec: Executable, bytes: Uint8Array): void {
    for (let i = 0; i < batch.count; ) {
      const low = batch.start[i]!;
      const upTo = stretch(i);
      const high = batch.end[upTo - 1]!;
      // A packet that fits no window is longer than any slot, too: it is cut when it is put there.
      const fits = high - low <= WINDOW_BYTES;
      if (fits) u8.set(bytes.subarray(low, high), WINDOW_AT);
      const shift = fits ? WINDOW_AT - low : 0;
      const from = fits ? u8 : bytes;
      for (; i < upTo; i++) {
        const start = batch.start[i]! + shift;
        const end = batch.end[i]! + shift;
        const { origLen, sec, nsec, ifIndex, linkType } = batch;
        one(exec, from, start, end, origLen[i]!, sec[i]!, nsec[i]!, ifIndex[i]!, linkType[i]!);
      }
    }
  }

  /** The end of the run of packets from `i` on that lie one after another within one window. */
  function stretch(i: number): number {
    const low = batch.start[i]!;
    let upTo = i + 1;
    while (upTo < batch.count && batch.start[upTo]! >= batch.end[upTo - 1]! && batch.end[upTo]! - low <= WINDOW_BYTES) {
      upTo++;
    }
    return upTo;
  }

  /** Reads a batch and runs it. True once the source has ended. */
  function runAhead(exec: Executable, source: PacketSource, most: number): boolean {
    let done = false;
    let failure: { readonly error: unknown } | null = null;
    batch.count = 0;
    try {
      done = !read(source, most);
    } catch (error) {
      failure = { error };
    }
    if (batch.count > 0) {
      if (clock.source !== source) begin(source, batch.sec[0]!, batch.nsec[0]!);
      const start = performance.now();
      runBatch(exec, source.bytes);
      elapsedMs += performance.now() - start;
      packets += batch.count;
    }
    if (failure !== null) throw failure.error;
    return done;
  }

  /** Reads one packet, runs it and shows it. True once the source has ended. */
  function runNext(exec: Executable, source: PacketSource, onPacket: ReplayOptions["onPacket"]): boolean {
    if (!source.next()) return true;
    if (clock.source !== source) begin(source, source.tsSec, source.tsNsec);
    const { bytes, start, end, origLen, tsSec, tsNsec, ifIndex, linkType } = source;
    const began = performance.now();
    const at = one(exec, bytes, start, end, origLen, tsSec, tsNsec, ifIndex, linkType);
    elapsedMs += performance.now() - began;
    packets++;
    if (onPacket !== undefined) {
      const frame = hook.frame();
      onPacket(names[at]!, u8.subarray(frame.start, frame.end), source);
    }
    return false;
  }

  function run(exec: Executable, source: PacketSource, options: ReplayOptions): ReplayResult {
    const { onPacket, onProgress, signal, limit = Number.POSITIVE_INFINITY } = options;
    const nowBefore = event.nowNs;
    const ahead = source.inPlace === true && onPacket === undefined;
    counts.fill(0);
    setCpu(m, 0);
    packets = 0;
    elapsedMs = 0;
    let done = false;
    let told = PROGRESS_EVERY;
    try {
      while (!done && packets < limit && signal?.aborted !== true) {
        done = ahead ? runAhead(exec, source, limit - packets) : runNext(exec, source, onPacket);
        if (onProgress !== undefined && packets >= told) {
          onProgress(packets);
          told = packets + PROGRESS_EVERY;
        }
      }
    } finally {
      event.nowNs = nowBefore;
      setCpu(m, 0);
    }
    if (done) clock.source = null;
    const nsPerPacket = packets === 0 ? 0 : (elapsedMs * 1e6) / packets;
    return { packets, verdicts: named(table, counts), nsPerPacket, done };
  }

  return { run };
}

/** Row of each verdict value from -1 on; the last cell is for all others. */
function verdictRows(table: VerdictTable): Int32Array {
  const named = table.rows.findIndex((row) => row.name === table.other);
  const other = named < 0 ? table.rows.length : named;
  const rows = new Int32Array(VALUES + 1).fill(other);
  table.rows.forEach((row, i) => {
    rows[row.value + 1] = i;
  });
  return rows;
}

/** Every verdict of the table, in its order, and the other values where some came. */
function named(table: VerdictTable, counts: Float64Array): Verdicts {
  const verdicts: Verdicts = {};
  table.rows.forEach((row, i) => {
    verdicts[row.name] = counts[i]!;
  });
  const other = counts[table.rows.length]!;
  if (other > 0) verdicts[table.other] = other;
  return verdicts;
}
