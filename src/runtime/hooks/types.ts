/**
 * The contract between the embedded target and its hooks.
 *
 *     embedded.ts  makes a Machine (memory, clock, event) and calls createHooks(machine)            hooks/hooks.ts
 *     loadProg     asks hooks.helper(id, progType) for each helper, then hooks.program(prog, exec)
 *     TargetProg   forwards testRun, replay and attach to the HookProg it got
 *
 * A hook lays the event out in linear memory (ctx at CTX_BASE, the packet in a packet slot), fills `machine.event`, resets
 * the cells and calls `exec.run(CTX_BASE)`.
 */
import type { BtfView } from "../../btf/types.ts";
import type { Executable, HelperImpl, MapFns, Region } from "../../engine/engine.ts";
import type { EventReplayOptions, EventReplayResult, RecordedEvent } from "../../loader/events.ts";
import type {
  AttachOptions,
  ReplayOptions,
  ReplayResult,
  TargetLink,
  TargetProg,
  TestRun,
  TestRunResult,
} from "../../loader/target.ts";
import type { PacketSource } from "../../pcap/source.ts";
import type { Blocks } from "../blocks.ts";
import type { KfuncRow } from "../kfuncs/rows.ts";

/**
 * The event that runs, as helpers see it. One object a runtime, written before each run and never replaced. Helpers such as
 * get_current_pid_tgid, ktime_get_ns and get_stackid read it; the CPU also stands at CELL_CPU.
 */
export interface EventState {
  /** Below the runtime's number of CPUs. Whoever sets it also writes CELL_CPU. */
  cpu: number;
  /** Thread id and process id (the kernel's pid and tgid). */
  tid: number;
  pid: number;
  uid: number;
  gid: number;
  /** TASK_COMM_LEN = 16 bytes, NUL-padded: the bytes change, not the array. */
  readonly comm: Uint8Array;
  /** Cgroup id of the current task, low and high word. */
  cgroupLo: number;
  cgroupHi: number;
  /**
   * Monotonic time of the event in whole nanoseconds (< 2^53, counted from the start of a recording plus one second), or -1:
   * read the machine's clock.
   */
  nowNs: number;
  /** Wall clock minus monotonic time, seconds and nanoseconds: for ktime_get_tai_ns and recorded time stamps. */
  wallSec: number;
  wallNsec: number;
  /**
   * The runtime's wish to be called: hooks call machine.settle() between two events once nowNs (or the clock) has reached
   * this. Infinity: never; 0: at once (deferred frees, queued work). Deadlines of bpf_timers go here.
   */
  wakeNs: number;
  /** Instruction pointers, innermost first; empty where the event has none. */
  kernelStack: readonly bigint[];
  userStack: readonly bigint[];
  /** Arguments of the function that a fentry or fexit program is on; the result follows them in ctx. */
  argCount: number;
  /** bpf_get_attach_cookie, bpf_get_func_ip. */
  cookie: bigint;
  funcIp: bigint;
  /**
   * Event memory: [memStart, memEnd) holds what pointers of this event lead to (file names, argv). probe_read_user and
   * probe_read_kernel may read it, besides ctx, stack and maps; every other address is -EFAULT.
   */
  memStart: number;
  memEnd: number;
}

/** A packet as dynptrs see it: offsets from its data, errors as the helpers of its program type give them. */
export interface PacketBytes {
  /** Copies `length` bytes at `offset` to the address `to`. */
  load(offset: number, to: number, length: number): number;
  store(offset: number, from: number, length: number, flags: number, flagsHi: number): number;
  /** Where they lie, 0 where they are not in one piece. */
  pointer(offset: number, length: number): number;
  /** Where the metadata before the packet begins. */
  metaStart(): number;
}

/** What hooks and packet helpers need of the runtime. */
export interface Machine {
  /** Views of the whole linear memory, made once: the buffer is never detached. */
  readonly u8: Uint8Array;
  readonly u32: Uint32Array;
  readonly i32: Int32Array;
  readonly view: DataView;
  readonly cpus: number;
  readonly event: EventState;
  /** Monotonic nanoseconds, whole, < 2^53. */
  clock(): number;
  /** 64 bytes that helpers may use within one call: keys of lookups they make. */
  readonly scratch: number;
  /** A zeroed block that stays, or 0 where there is no room. */
  alloc(bytes: number): number;
  /** Copies and zeroes within the memory. */
  readonly blocks: Blocks;
  /** 256 more: pieces of packets on their way. */
  readonly chunk: number;
  /** The packet of the event that runs, for dynptrs: createHooks sets it. */
  packet: PacketBytes | null;
  /**
   * `lookup` also answers for DEVMAP, DEVMAP_HASH, CPUMAP and XSKMAP: address of the value (first word: ifindex, queue
   * size, socket), 0 for an empty slot.
   */
  readonly mapFns: MapFns;
  /**
   * Appends to a PERF_EVENT_ARRAY: `size` bytes at `data`, then `extraSize` bytes at `extra` (packet bytes; 0 for none).
   * `flags` is the low word: CPU or BPF_F_CURRENT_CPU. Returns 0 or -errno.
   */
  perfOutput(map: number, flags: number, data: number, size: number, extra: number, extraSize: number): number;
  /** The program behind a slot of a devmap or cpumap, null where there is none. */
  redirectProg(map: number, key: number): Executable | null;
  /**
   * Storage of kernel objects (BPF_MAP_TYPE_SK_STORAGE, ...): address of the owner's value in that map, 0 where there is none;
   * `owner` is an id, never 0.
   */
  storageOf(mapType: number, owner: number, map: number, init: number, create: boolean): number;
  storageDrop(mapType: number, owner: number, map: number): number;
  /** The owner is no more: its values go from every map of that type. */
  ownerGone(mapType: number, owner: number): void;
  /** Runs what is due: see EventState.wakeNs. Never called while a program runs. */
  settle(): void;
}

/** What createHooks(machine) gives to the target. */
export interface Hooks {
  /**
   * Helpers that depend on the hook: skb_*, xdp_*, redirect*, csum*, fib_lookup, sk_lookup*, perf_event_output of packet
   * programs, ... Asked before the runtime's own table, so that the packet form of a shared id wins.
   */
  helper(id: number, progType: number): HelperImpl | undefined;
  /** kfuncs that depend on the hook. */
  kfuncs(progType: number, kernelBtf: BtfView | null): readonly KfuncRow[];
  /** EngineEnv.loadPacket of whatever program runs. */
  readonly loadPacket: (offset: number, sizeBytes: number) => number;
  /** Ctx, packet and event memory that are live now: the target adds stack and maps. */
  regions(): readonly Region[];
  /** Throws "load/hook" for a type that no hook here runs. */
  program(prog: TargetProg, exec: Executable): HookProg;
  /** Each event on every one of the tracing programs that wants it, before the next event. Others throw "run/events". */
  replayEvents(
    progs: readonly { readonly prog: TargetProg; readonly exec: Executable }[],
    events: Iterable<RecordedEvent>,
    options: EventReplayOptions,
  ): EventReplayResult[];
  /** Live links in the order of attaching. */
  links(): readonly TargetLink[];
  /**
   * Runs the programs attached to the named source on one packet (Ethernet), XDP first, then tc ingress, as a device would;
   * a drop ends it. Returns the last verdict's name, "pass" where nothing is attached.
   */
  inject(dev: string, packet: Uint8Array): string;
  /** Runs the programs attached to an event, e.g. "syscalls/sys_enter_openat"; returns how many ran. */
  emit(event: RecordedEvent): number;
  /**
   * Makes a tracepoint's layout known: the text of its tracefs `format` file, and its group ("sched"). Wins over a bundled
   * one. Returns its name ("sched/sched_switch"). Throws "events/format".
   */
  addFormat(text: string, group: string): string;
  /** Routes for fib_lookup; null (the default): BPF_FIB_LKUP_RET_NOT_FWDED for every query. */
  fib: FibTable | null;
  /** Makes an interface index known to redirects and lookups, besides the one a packet came in on. */
  addDevice(ifindex: number): void;
  /** Detaches everything. */
  close(): void;
}

/** One program bound to its hook. */
export interface HookProg {
  testRun(run: TestRun): TestRunResult;
  replay(source: PacketSource, options?: ReplayOptions): ReplayResult;
  /** Runs a tracing program over recorded events; packet programs throw "run/events". */
  replayEvents(events: Iterable<RecordedEvent>, options?: EventReplayOptions): EventReplayResult;
  attach(options: AttachOptions): TargetLink;
  /** Removes its links. */
  close(): void;
}

export interface FibQuery {
  readonly family: 4 | 6;
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly ifindex: number;
  /** BPF_FIB_LOOKUP_*. */
  readonly flags: number;
}

export interface FibRoute {
  readonly ifindex: number;
  readonly mtu: number;
  readonly metric?: number;
  /** Next hop, 4 or 16 bytes; the destination itself if omitted. */
  readonly gateway?: Uint8Array;
  /** Both MACs of the next hop; without them the answer is BPF_FIB_LKUP_RET_NO_NEIGH. */
  readonly smac?: Uint8Array;
  readonly dmac?: Uint8Array;
}

/** A route, or BPF_FIB_LKUP_RET_* where there is none. */
export type FibTable = (query: FibQuery) => FibRoute | number;

export type { EventReplayOptions, EventReplayResult, RecordedEvent } from "../../loader/events.ts";
