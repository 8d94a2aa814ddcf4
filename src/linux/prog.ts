/** A program in the kernel: test run, replay, attach. */
import { progTypeWord } from "../abi/prog-types.ts";
import { verdictsOf } from "../abi/verdicts.ts";
import { ENOTSUPP, errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  TargetLink,
  TargetProg,
  TestRun,
  TestRunResult,
  Verdicts,
} from "../loader/target.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { LINKTYPE_ETHERNET, type PacketSource } from "../pcap/source.ts";
import type { Bpf } from "./bpf/call.ts";
import { progInfo } from "./bpf/object.ts";
import { type TestResult, testRun } from "./bpf/test-run.ts";
import { NotSupported } from "./errors.ts";
import type { LoadedProg } from "./load-prog.ts";

export class LinuxProg implements TargetProg {
  readonly prog: ResolvedProg;
  readonly id: number;
  readonly stats: TargetProg["stats"];
  /** -1 once closed. */
  fd: number;

  private readonly bpf: Bpf;
  private readonly onClose: (prog: LinuxProg) => void;

  /** Takes the fd over. */
  constructor(
    bpf: Bpf,
    prog: ResolvedProg,
    loaded: LoadedProg,
    loadMs: number,
    onClose: (prog: LinuxProg) => void = () => {},
  ) {
    this.bpf = bpf;
    this.prog = prog;
    this.fd = loaded.fd;
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

  /** One BPF_PROG_TEST_RUN a packet: the time told is the kernel's own, the system calls are not in it. */
  replay(source: PacketSource, options: ReplayOptions = {}): ReplayResult {
    const { onPacket, signal, onProgress, limit = Number.POSITIVE_INFINITY } = options;
    const table = verdictsOf(this.prog.spec.type);
    const counts = new Map<number, number>();
    const names = new Map(table.rows.map((row) => [row.value, row.name]));
    let packets = 0;
    let ns = 0;
    let done = false;
    while (packets < limit && signal?.aborted !== true) {
      if (!source.next()) {
        done = true;
        break;
      }
      const result = this.run({ data: frameOf(source) });
      const retval = result.retval | 0;
      counts.set(retval, (counts.get(retval) ?? 0) + 1);
      ns += result.durationNs;
      packets++;
      if (onPacket !== undefined) onPacket(names.get(retval) ?? table.other, result.dataOut ?? NONE, source);
      if (packets % PROGRESS_EVERY === 0) onProgress?.(packets);
    }
    const verdicts: Verdicts = {};
    for (const row of table.rows) verdicts[row.name] = counts.get(row.value) ?? 0;
    for (const [value, count] of counts) {
      if (!names.has(value)) verdicts[table.other] = (verdicts[table.other] ?? 0) + count;
    }
    return { packets, verdicts, nsPerPacket: packets === 0 ? 0 : ns / packets, done };
  }

  attach(_options: AttachOptions): TargetLink {
    throw new NotSupported(`way yet to attach ${progTypeWord(this.prog.spec.type)} programs through this target`, "", {
      advice: "use testRun and replay, or attach the pinned program with ip, tc or bpftool",
    });
  }

  close(): void {
    if (this.fd < 0) return;
    this.bpf.close(this.fd);
    this.fd = -1;
    this.onClose(this);
  }

  private run(run: TestRun): TestResult {
    const { spec } = this.prog;
    if (this.fd < 0) {
      throw new SkepError("run/closed", `program ${spec.name} is unloaded`, { site: { prog: spec.name } });
    }
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
      advice:
        "packets need at least 14 bytes, and each program type takes only some of data, ctx, repeat, flags and cpu",
    });
  }
}

const NONE = new Uint8Array(0);
const PROGRESS_EVERY = 65_536;

function frameOf(source: PacketSource): Uint8Array {
  if (source.linkType === LINKTYPE_ETHERNET) return source.bytes.subarray(source.start, source.end);
  throw new SkepError("pcap/link-type", `link type ${source.linkType} has no Ethernet header`, {
    advice: "the kernel's test run takes Ethernet frames; replay this capture with the embedded target",
  });
}
