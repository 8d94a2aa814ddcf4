/** A loaded program: run it on one packet, replay a capture through it, or attach it to a hook. */
import { progTypeWord } from "../abi/prog-types.ts";
import { verdictName } from "../abi/verdicts.ts";
import { utf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { codecOf } from "../btf/value.ts";
import type { ProgSpec } from "../obj/spec.ts";
import type { PacketSource } from "../pcap/source.ts";
import { type EventReplayOptions, type EventReplayResult, placed, type RecordedEvent } from "./events.ts";
import type { Value } from "./shape.ts";
import type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  TargetLink,
  TargetLinkInfo,
  TargetProg,
  TestRun,
  TestRunResult,
} from "./target.ts";

export interface RunResult extends TestRunResult {
  /** "drop", "pass", ...: what `retval` means to the program's hook. */
  verdict: string;
}

export class Program {
  readonly name: string;
  readonly spec: ProgSpec;
  /** The target's program. */
  readonly raw: TargetProg;
  readonly #onAttach: (link: Link) => void;

  constructor(raw: TargetProg, onAttach: (link: Link) => void) {
    this.raw = raw;
    this.spec = raw.prog.spec;
    this.name = raw.prog.spec.name;
    this.#onAttach = onAttach;
  }

  /** The kernel's word for the type: "xdp". */
  get type(): string {
    return progTypeWord(this.spec.type);
  }

  get stats(): TargetProg["stats"] {
    return this.raw.stats;
  }

  /** One packet (or context), one verdict; BPF_PROG_TEST_RUN's semantics, so a packet of less than 14 bytes is EINVAL. */
  run(data?: Uint8Array, options: Omit<TestRun, "data"> = {}): RunResult {
    for (const option of ["repeat", "cpu", "flags"] as const) {
      const n = options[option] ?? 0;
      if (Number.isInteger(n) && n >= 0 && n <= 0xffffffff) continue;
      throw new SkepError("run/option", `${option} is ${n}`, {
        site: { prog: this.name },
        advice: "a whole number from 0 to 4294967295",
      });
    }
    const result = this.raw.testRun(data === undefined ? options : { ...options, data });
    return { ...result, verdict: verdictName(this.spec.type, result.retval) };
  }

  /**
   * Every packet of a source: the fast way. Runs in slices, so that timers, signals and paint go on in between; an aborted
   * signal ends it after the slice that runs. A source goes on where it stands: `rewind()` a capture to replay it again.
   */
  async replay(source: PacketSource | Promise<PacketSource>, options: ReplayOptions = {}): Promise<ReplayResult> {
    const { onProgress, limit = Number.POSITIVE_INFINITY, ...rest } = options;
    const packets = await source;
    const total: ReplayResult = { packets: 0, verdicts: {}, nsPerPacket: 0, done: false };
    let lastTurn = performance.now();
    while (!total.done && total.packets < limit && options.signal?.aborted !== true) {
      const slice = this.raw.replay(packets, { ...rest, limit: Math.min(SLICE_PACKETS, limit - total.packets) });
      addSlice(total, slice);
      onProgress?.(total.packets);
      if (!total.done && performance.now() - lastTurn > TURN_MS) {
        await nextTurn();
        lastTurn = performance.now();
      }
    }
    return total;
  }

  /**
   * Recorded events, in order, on this program alone; those of other kinds are skipped. Programs that work together (entry
   * and exit, say) want Collection.replayEvents. Throws "load/not-supported" where the target
   * cannot.
   */
  replayEvents(events: Iterable<RecordedEvent>, options: EventReplayOptions = {}): EventReplayResult {
    const { raw } = this;
    if (raw.replayEvents === undefined) throw noReplay(this.name);
    return placed(events, (followed) => raw.replayEvents!(followed, options));
  }

  attach(options: AttachOptions = {}): Link {
    const link = new Link(this.raw.attach(options), this);
    this.#onAttach(link);
    return link;
  }
}

/** One idea for every hook: a program attached somewhere, until closed. */
export class Link {
  readonly program: Program;
  readonly what: string;
  readonly raw: TargetLink;
  #open = true;

  constructor(raw: TargetLink, program: Program) {
    this.raw = raw;
    this.what = raw.what;
    this.program = program;
  }

  get open(): boolean {
    return this.#open;
  }

  /** What the kernel says of it; undefined where no link of a kernel is behind it. */
  info(): TargetLinkInfo | undefined {
    return this.raw.info?.();
  }

  /** Another program in the same place, with no moment without one. */
  update(program: Program): void {
    if (this.raw.update === undefined) throw this.#lacks("update");
    this.raw.update(program.raw);
  }

  /** Stays attached under a path in a bpffs, also when this process ends. */
  pin(path: string): void {
    if (this.raw.pin === undefined) throw this.#lacks("pin");
    this.raw.pin(path);
  }

  /** Out of the hook at once, also where the link is pinned. */
  detach(): void {
    if (this.raw.detach === undefined) throw this.#lacks("detach");
    this.raw.detach();
  }

  /** Iterators: runs the program over all objects and gives what it wrote. */
  read(): Uint8Array {
    if (this.raw.read === undefined) throw this.#lacks("read");
    return this.raw.read();
  }

  /** Iterators that print. */
  text(): string {
    return utf8(this.read());
  }

  /** Iterators that write structs (bpf_seq_write), decoded: `type` names the struct in the object's BTF. */
  values(type: string): Value[] {
    const { btf } = this.raw.prog.prog;
    const typeId = btf?.find(type) ?? 0;
    if (btf === null || typeId === 0) {
      throw new SkepError("load/record", `no type ${type} in the object's BTF`, { site: { prog: this.program.name } });
    }
    const bytes = this.read();
    const size = btf.sizeOf(typeId);
    const codec = codecOf(btf, typeId);
    return Array.from({ length: Math.floor(bytes.length / size) }, (_, i) =>
      codec.decode(bytes.subarray(i * size, (i + 1) * size)),
    );
  }

  #lacks(verb: string): SkepError {
    return new SkepError("load/not-supported", `links of this target cannot ${verb}`, {
      site: { prog: this.program.name },
      advice: "use the linux target",
    });
  }

  /** Detaches. Closing twice is harmless. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.raw.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export function noReplay(prog: string): SkepError {
  return new SkepError("load/not-supported", "this target does not replay recorded events", {
    site: { prog },
    advice: "use the embedded target",
  });
}

/** Packets handed to the target at a time: some 10 ms of work. */
const SLICE_PACKETS = 65_536;
/** A turn of the event loop costs a millisecond: taken this often, timers and signals still come soon enough. */
const TURN_MS = 50;

function addSlice(total: ReplayResult, slice: ReplayResult): void {
  for (const [verdict, n] of Object.entries(slice.verdicts))
    total.verdicts[verdict] = (total.verdicts[verdict] ?? 0) + n;
  const packets = total.packets + slice.packets;
  if (packets > 0) {
    total.nsPerPacket = (total.nsPerPacket * total.packets + slice.nsPerPacket * slice.packets) / packets;
  }
  total.packets = packets;
  total.done = slice.done;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
