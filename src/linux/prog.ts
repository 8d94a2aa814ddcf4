/** A program in the kernel: test run, replay, attach. */
import { BPF_PROG_TYPE_SOCKET_FILTER, progTypeWord } from "../abi/prog-types.ts";
import { verdictsOf } from "../abi/verdicts.ts";
import { closeAll } from "../base/close.ts";
import { E2BIG, EFAULT, EINVAL, ENODEV, ENOMEM, ENOSPC, ENOTSUPP, ENXIO, EPERM, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  TargetLink,
  TargetMap,
  TargetProg,
  TestRun,
  TestRunResult,
  Verdicts,
} from "../loader/target.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { putFrame } from "../pcap/link-layer.ts";
import type { PacketSource } from "../pcap/source.ts";
import { attachProg } from "./attach/attach.ts";
import type { Bpf } from "./bpf/call.ts";
import { progInfo } from "./bpf/object.ts";
import { type TestResult, testRun } from "./bpf/test-run.ts";
import { NotSupported } from "./errors.ts";
import { LinuxLink } from "./link.ts";
import type { LoadedProg } from "./load-prog.ts";

export class LinuxProg implements TargetProg {
  readonly prog: ResolvedProg;
  readonly id: number;
  readonly stats: TargetProg["stats"];
  /** -1 once closed. */
  fd: number;

  private readonly bpf: Bpf;
  private readonly links = new Set<LinuxLink>();
  private readonly release: string;
  private readonly maps: readonly TargetMap[];
  private readonly onClose: (prog: LinuxProg) => void;

  /** Takes the fd over. `maps` are those of prog.maps. */
  constructor(
    bpf: Bpf,
    prog: ResolvedProg,
    loaded: LoadedProg,
    loadMs: number,
    release: string,
    maps: readonly TargetMap[],
    onClose: (prog: LinuxProg) => void = () => {},
  ) {
    this.bpf = bpf;
    this.prog = prog;
    this.fd = loaded.fd;
    this.release = release;
    this.maps = maps;
    this.onClose = onClose;
    this.id = progInfo(bpf, loaded.fd)?.id ?? 0;
    const verifyMs = loaded.stats.us / 1000;
    this.stats = {
      insns: prog.insns.length,
      verifyMs,
      jitMs: Math.max(0, loadMs - verifyMs),
      processed: loaded.stats.processed,
    };
  }

  testRun(run: TestRun): TestRunResult {
    const result = this.run(run);
    return {
      retval: result.retval,
      dataOut: result.dataOut?.slice() ?? null,
      ctxOut: result.ctxOut?.slice() ?? null,
      durationNs: result.durationNs,
    };
  }

  /**
   * One BPF_PROG_TEST_RUN a packet: the time told is the kernel's own, the system calls are not in it. A socket filter is
   * to see the frame from its MAC header on, as on a packet socket; a test run takes the link header off before, so it gets
   * one more.
   */
  replay(source: PacketSource, options: ReplayOptions = {}): ReplayResult {
    const { onPacket, signal, onProgress, limit = Number.POSITIVE_INFINITY } = options;
    const table = verdictsOf(this.prog.spec.type);
    const counts = new Map<number, number>();
    const names = new Map(table.rows.map((row) => [row.value, row.name]));
    const frame = new Uint8Array(MAX_FRAME_BYTES);
    const extra = this.prog.spec.type === BPF_PROG_TYPE_SOCKET_FILTER ? ETH_HLEN : 0;
    let packets = 0;
    let ns = 0;
    let done = false;
    while (packets < limit && signal?.aborted !== true) {
      if (!source.next()) {
        done = true;
        break;
      }
      const length = putFrame(
        frame,
        extra,
        frame.length - extra,
        source.bytes,
        source.start,
        source.end,
        source.linkType,
      );
      if (extra > 0) frame.copyWithin(12, extra + 12, extra + 14);
      const result = this.run({ data: frame.subarray(0, extra + length) });
      const retval = result.retval | 0;
      counts.set(retval, (counts.get(retval) ?? 0) + 1);
      ns += result.durationNs;
      packets++;
      if (onPacket !== undefined) {
        onPacket(names.get(retval) ?? table.other, result.dataOut?.subarray(extra) ?? NONE, source);
      }
      if (packets % PROGRESS_EVERY === 0) onProgress?.(packets);
    }
    const verdicts: Verdicts = {};
    for (const row of table.rows) verdicts[row.name] = counts.get(row.value) ?? 0;
    for (const [value, count] of counts) {
      if (!names.has(value)) verdicts[table.other] = (verdicts[table.other] ?? 0) + count;
    }
    return { packets, verdicts, nsPerPacket: packets === 0 ? 0 : ns / packets, done };
  }

  attach(options: AttachOptions): TargetLink {
    if (this.fd < 0) throw this.closedError();
    const { bpf, release, maps } = this;
    const attached = attachProg({ bpf, spec: this.prog.spec, progFd: this.fd, options, release, maps });
    const link = new LinuxLink(bpf, this, attached, (closed) => this.links.delete(closed));
    this.links.add(link);
    return link;
  }

  close(): void {
    if (this.fd < 0) return;
    // A link holds the program by itself: without its links closed it would go on running.
    try {
      closeAll([...this.links]);
    } finally {
      this.bpf.close(this.fd);
      this.fd = -1;
      this.onClose(this);
    }
  }

  private run(run: TestRun): TestResult {
    const { spec } = this.prog;
    if (this.fd < 0) throw this.closedError();
    const result = testRun(this.bpf, this.fd, { progType: spec.type, ...run });
    if (result.result >= 0) return result;
    const errno = -result.result;
    if (errno === ENOTSUPP) {
      throw new NotSupported(`test run of ${progTypeWord(spec.type)} programs`, "", {
        errno,
        site: { prog: spec.name },
      });
    }
    throw new SkepError(`run/${errnoName(errno)}`, `test run of ${spec.name}: ${errnoName(errno)}`, {
      errno,
      site: { prog: spec.name },
      advice: RUN_ADVICE[errno] ?? "skep doctor shows what this kernel allows",
    });
  }

  private closedError(): SkepError {
    const { name } = this.prog.spec;
    return new SkepError("run/closed", `program ${name} is unloaded`, { site: { prog: name } });
  }
}

/** Source: net/bpf/test_run.c, 6.18. */
const RUN_ADVICE: Readonly<Record<number, string>> = {
  [EINVAL]: "packets need at least 14 bytes, and each program type takes only some of data, ctx, repeat, flags and cpu",
  [E2BIG]: "the ctx is longer than this kernel's, and not zero there",
  [ENOMEM]: "the kernel found no memory for the packet: try a smaller one, or raise the cgroup's limit",
  [ENOSPC]: "what the program left of packet or ctx is larger than the buffer for it",
  [EFAULT]: "the packet or ctx cannot be read: a bug of Skep's",
  [EPERM]: "run as root or with CAP_BPF and CAP_NET_ADMIN",
  [ENODEV]: "the ctx names an interface that is not there",
  [ENXIO]: "no such CPU, or it is offline",
};

const NONE = new Uint8Array(0);
const ETH_HLEN = 14;
const PROGRESS_EVERY = 65_536;
/** More than the kernel's test run takes of a linear packet. */
const MAX_FRAME_BYTES = 65_536;
