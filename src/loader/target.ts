/**
 * What a Target makes: live maps, programs and links out of specs. `runtime/` implements it over linear memory, `linux/`
 * over bpf(2). Bytes in, bytes out; types (BTF) are the loader's business, above this line.
 */
import type { BtfView } from "../btf/types.ts";
import type { KernelModule, MapSpec, ResolvedProg } from "../obj/spec.ts";
import type { PacketSource } from "../pcap/source.ts";
import type { EventReplayOptions, EventReplayResult, RecordedEvent } from "./events.ts";
import type { RecordView } from "./record-view.ts";

export interface Target {
  readonly name: "embedded" | "linux";
  /** BTF that CO-RE relocates against and kfuncs are looked up in; null where there is none. */
  readonly kernelBtf: BtfView | null;
  /** What kfuncs are looked up in where kernelBtf is null: of a target that is no kernel. */
  readonly kfuncModel?: BtfView;
  /** Values of .kconfig externs; undefined for one that is not known (an error unless weak). */
  kconfig(name: string): number | bigint | string | undefined;
  /** Address of a kernel symbol, for externs of type `void`; undefined where the target has none of that name. */
  ksymAddress?(name: string): bigint | undefined;
  /** False for a kfunc of kernelBtf that the target lacks all the same: as if the BTF did not know it. Absent: it has all. */
  hasKfunc?(name: string): boolean;
  /** Modules of the kernel, with their BTF. Absent where there are none. */
  modules?(): readonly KernelModule[];
  /** Called before createMap with all maps that will be made, so that a target can size its memory. */
  prepare(maps: readonly MapSpec[]): void;
  createMap(spec: MapSpec, inner: TargetMap | null): TargetMap;
  /** Verifies and compiles. `maps` are the live maps of prog.maps, in order. Throws VerifierError or SkepError "load/...". */
  loadProg(prog: ResolvedProg, maps: readonly TargetMap[]): TargetProg;
  /**
   * Tracing programs together: each event runs on all that want it, in their order, before the next event. A result a
   * program. Absent where the target cannot replay events.
   */
  replayEvents?(
    progs: readonly TargetProg[],
    events: Iterable<RecordedEvent>,
    options?: EventReplayOptions,
  ): EventReplayResult[];
  /** Puts a struct_ops map in force, with its programs by name. Absent where the target has no kernel to change. */
  attachStructOps?(map: TargetMap, progOf: (name: string) => TargetProg | undefined): MapLink;
  /** Frees everything that is left, links first. */
  close(): void;
}

/**
 * A live map over raw bytes. Failures throw SkepError "map/<ERRNO>" with `errno` set, as the kernel gives it, except that a
 * missing key is null or false. Values of per-CPU maps are the CPUs' values one after another, each rounded up to 8 bytes.
 */
export interface TargetMap {
  readonly spec: MapSpec;
  readonly id: number;
  /** Bytes of a value as user space sees it (per-CPU: all CPUs). */
  readonly userValueSize: number;
  readonly cpus: number;
  lookup(key: Uint8Array, flags?: number): Uint8Array | null;
  /** flags: BPF_ANY 0, BPF_NOEXIST 1, BPF_EXIST 2, BPF_F_LOCK 4. */
  update(key: Uint8Array, value: Uint8Array, flags?: number): void;
  delete(key: Uint8Array): boolean;
  /**
   * Many at once: writes (without values: deletes) elements in order and returns how many, which is less where one fails or
   * the map has no such operation; update() and delete() are for the rest. Absent where one by one costs the same.
   */
  writeBatch?(keys: readonly Uint8Array[], values: readonly Uint8Array[] | null, flags?: number): number;
  /** Queue and stack: key is empty. */
  lookupAndDelete(key: Uint8Array): Uint8Array | null;
  /** The key after `key` in iteration order (the first for null or an unknown key); null at the end. */
  nextKey(key: Uint8Array | null): Uint8Array | null;
  /**
   * Hands every element to `fn`, many a system call; false (and nothing handed over) where the map cannot. The bytes are
   * valid in `fn` only, which must not use this map. Targets whose nextKey costs nothing leave it out.
   */
  scan?(fn: (key: Uint8Array, value: Uint8Array) => void): boolean;
  /** Map-in-map and prog array slots. */
  setSlot(key: Uint8Array, what: TargetMap | TargetProg | null): void;
  freeze(): void;
  /** Ring buffer and perf event array: hands every record that waits to `fn`, returns how many. Bytes are valid in `fn` only. */
  drain(fn: (record: Uint8Array, cpu: number) => void): number;
  /** The same without a copy of each record: `fn` reads it where it lies. */
  drainInPlace(fn: (record: RecordView, cpu: number) => void): number;
  /** Records lost because the ring was full, as far as the target counts them. */
  readonly lost: number;
  /** Resolves once a record may wait, or when the signal aborts. */
  wait(signal?: AbortSignal): Promise<void>;
  /** User ring buffer: one record to the program; false where it is full. Absent where the target cannot. */
  send?(record: Uint8Array): boolean;
  /** Keeps the map under a path in a bpffs. Absent where the target has none. */
  pin?(path: string): void;
  /** A live window on the bytes of a global section, or of an arena; null where the target cannot give one. */
  window(): Uint8Array | null;
  /** Arenas: address of the window's first byte, as the programs' pointers have it. */
  readonly windowAddr?: bigint | undefined;
  close(): void;
}

/** BPF_PROG_TEST_RUN, in and out. Source: include/uapi/linux/bpf.h, union bpf_attr.test. */
export interface TestRun {
  data?: Uint8Array;
  ctx?: Uint8Array;
  /** Times to run; the duration is the mean. Default 1. */
  repeat?: number;
  flags?: number;
  cpu?: number;
}

export interface TestRunResult {
  /** r0's low 32 bits, unsigned. */
  retval: number;
  dataOut: Uint8Array | null;
  ctxOut: Uint8Array | null;
  /** Mean nanoseconds a run. */
  durationNs: number;
}

/** Verdicts by name: for XDP pass, drop, tx, redirect, aborted; for tc ok, shot, redirect, ...; else pass, drop. */
export type Verdicts = Record<string, number>;

export interface ReplayOptions {
  /** Called with each packet after the program, its verdict and bytes (valid during the call only). */
  onPacket?: (verdict: string, bytes: Uint8Array, source: PacketSource) => void;
  signal?: AbortSignal;
  onProgress?: (packets: number) => void;
  /** Stop after so many packets; the source can be replayed further. */
  limit?: number;
}

export interface ReplayResult {
  packets: number;
  verdicts: Verdicts;
  /** Mean nanoseconds a packet, reading the source not counted. */
  nsPerPacket: number;
  /** True where the source has ended, false where `limit` or the signal stopped it. */
  done: boolean;
}

export interface TargetProg {
  readonly prog: ResolvedProg;
  readonly id: number;
  /** Insns, and milliseconds that verifying and compiling took. */
  readonly stats: {
    readonly insns: number;
    readonly verifyMs: number;
    readonly jitMs: number;
    readonly processed: number;
    /** False where the verifier refused it and the caller let it in with `unsafe`. */
    readonly safe?: boolean;
  };
  testRun(run: TestRun): TestRunResult;
  replay(source: PacketSource, options?: ReplayOptions): ReplayResult;
  /** Tracing programs: runs on each event of its kind. Absent where the target cannot replay events. */
  replayEvents?(events: Iterable<RecordedEvent>, options?: EventReplayOptions): EventReplayResult;
  attach(options: AttachOptions): TargetLink;
  close(): void;
}

/** A program's id, a program, or a link. */
export type Neighbour = number | { readonly id: number } | { info(): TargetLinkInfo | undefined };

/** Which fields count depends on the program's type: src/linux/attach/attach.ts has the table. */
export interface AttachOptions {
  /** Interface name (linux) or a named packet source of the runtime (embedded). */
  dev?: string;
  /** Directory of the cgroup (linux). */
  cgroup?: string;
  /** Process to look at, for hooks that can choose: perf events, uprobes, USDT, iterators. Default: all. */
  pid?: number;
  /** Thread, for iterators. */
  tid?: number;
  /** Tracepoint "category/name", raw tracepoint, function, "path:function"; default: what the section names. */
  target?: string;
  /** Network namespace to look for `dev` in, or to attach to (linux): a path, or a name under /run/netns. */
  netns?: string;
  /** tc (linux): default ingress, unless the section says egress. */
  direction?: "ingress" | "egress";
  /** XDP (linux): how the interface runs it; default: natively if it can. */
  mode?: "native" | "generic" | "offload";
  /** tc, netkit and cgroup (linux): next to which program (by id or itself) or link, or before or after all. Default: last. */
  before?: Neighbour | "all";
  after?: Neighbour | "all";
  /** Revision of the hook's list that is expected. */
  revision?: bigint;
  /** XDP and tc (linux): by netlink, as kernels without links want it; chosen by itself where there are none. */
  legacy?: boolean;
  /** netfilter (linux): NFPROTO_*, NF_INET_* and the place among other hooks; `priority` also of a clsact filter. */
  pf?: number;
  hook?: number;
  priority?: number;
  /** lwt (linux): destination of the route that is made, "192.0.2.0/24" or IPv6; its gateway; bytes that xmit may prepend. */
  route?: string;
  via?: string;
  headroom?: number;
  /** Probes: executable or library, function, byte in the function (without one: in the file). */
  path?: string;
  symbol?: string;
  offset?: number;
  /** kprobe: on return, where the section does not say. */
  retprobe?: boolean;
  /** Multi probes: functions by name, or bytes in the file; default: what matches the section's pattern. */
  targets?: readonly string[];
  offsets?: readonly number[];
  cookies?: readonly bigint[];
  /** Perf events: perf's name ("cpu-clock"), samples a second or one in `period`, one CPU instead of all. */
  event?: string;
  frequency?: number;
  period?: number;
  cpu?: number;
  /** sk_msg, sk_skb: the sockmap; iterators: the map to walk. */
  map?: TargetMap;
  /** sk_reuseport, socket_filter: the socket's fd. */
  socket?: number;
  /** Iterators of cgroups: self, descendants_pre, descendants_post, ancestors_up. */
  order?: string;
  flags?: number;
  /** What bpf_get_attach_cookie() gives (tracing, probes, perf events), bpf_usdt_cookie() for USDT. */
  cookie?: bigint;
  [option: string]: unknown;
}

export interface TargetLink {
  readonly prog: TargetProg;
  /** "xdp on packets", "tracepoint sched/sched_switch". */
  readonly what: string;
  /** What the kernel says of it; undefined where there is no link behind it. Absent where the target has none at all. */
  info?(): TargetLinkInfo | undefined;
  /** Puts another program in the same place. */
  update?(prog: TargetProg): void;
  /** Keeps it attached under a path in a bpffs. */
  pin?(path: string): void;
  /** Out of the hook while the link lives on. */
  detach?(): void;
  /** What an iterator writes, run once. */
  read?(): Uint8Array;
  close(): void;
}

/** A struct_ops map in force, until closed. */
export interface MapLink {
  /** "struct_ops my_cc". */
  readonly what: string;
  close(): void;
}

export interface TargetLinkInfo {
  readonly id: number;
  readonly progId: number;
  /** "xdp", "tcx", "perf_event". */
  readonly kind: string;
  /** BPF_* attach type, interface, name, cookie: what the kind has. */
  readonly attachType?: number;
  readonly ifindex?: number;
  readonly name?: string;
  readonly cookie?: bigint;
}
