import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolvedProg } from "../../../test/fixtures/progs.ts";
import { BPF_TRACE_FEXIT } from "../../abi/attach-types.ts";
import {
  BPF_PROG_TYPE_KPROBE,
  BPF_PROG_TYPE_PERF_EVENT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_TRACEPOINT,
  BPF_PROG_TYPE_TRACING,
} from "../../abi/prog-types.ts";
import { fromUtf8 } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import { interp } from "../../engine/interp/interp.ts";
import { parseEvents, type RecordedEvent } from "../../loader/events.ts";
import { unsafeVerified } from "../../obj/verified.ts";
import { type EmbeddedProg, type EmbeddedTarget, embeddedTarget } from "../target.ts";
import { type FormatField, parseFormat } from "./format.ts";
import { createHooks } from "./hooks.ts";
import { bundledFormat, bundledNames } from "./tracepoints.ts";

function target(cpus = 1): EmbeddedTarget {
  return embeddedTarget(
    { memoryBytes: 2 << 20, random: 1, cpus },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
}

function load(text: string, attachTo: string, type: number = BPF_PROG_TYPE_TRACEPOINT, t = target()): EmbeddedProg {
  return t.loadProg(resolvedProg(text, [], { type, attachTo }), []);
}

/** What the program returned for each event it ran on. */
function results(prog: EmbeddedProg, events: readonly RecordedEvent[]): number[] {
  const out: number[] = [];
  prog.replayEvents(events, { onEvent: (_event, retval) => out.push(retval) });
  return out;
}

const codeOf = (fn: () => unknown): string => {
  try {
    fn();
    return "ok";
  } catch (error) {
    if (error instanceof SkepError) return error.code;
    throw error;
  }
};

test("tracepoint: fields lie where the format says; other events are skipped", () => {
  const prog = load("r0 = *(u32 *)(r1 + 56)\nexit", "sched/sched_switch");
  const fields = { prev_comm: "a", next_pid: 4711 };
  const result = prog.replayEvents([{ event: "sched/sched_switch", fields }, { event: "sched/sched_wakeup" }]);
  expect(result).toMatchObject({ events: 1, skipped: 1 });
  expect(results(prog, [{ event: "sched/sched_switch", fields }, { event: "tracepoint:sched/sched_switch" }])).toEqual([
    4711, 0,
  ]);
});

test("what stands in front of an event's name tells entry from return, and probes from tracepoints", () => {
  const kinds = "kprobe kretprobe uprobe uretprobe fentry fexit raw tracepoint perf".split(" ");
  const runsOn = (type: number, section: string, expectedAttachType = 0): string[] => {
    const t = target();
    const spec = { type, section, attachTo: "f", expectedAttachType };
    const prog = t.loadProg(resolvedProg("r0 = 0\nexit", [], spec), []);
    const ran: string[] = [];
    const onEvent = (event: RecordedEvent): number => ran.push(event.event);
    prog.replayEvents([...kinds.map((kind) => ({ event: `${kind}:f` })), { event: "f" }], { onEvent });
    t.close();
    return ran;
  };
  expect(runsOn(BPF_PROG_TYPE_KPROBE, "kprobe/f")).toEqual(["kprobe:f", "f"]);
  expect(runsOn(BPF_PROG_TYPE_KPROBE, "kretprobe/f")).toEqual(["kretprobe:f", "f"]);
  expect(runsOn(BPF_PROG_TYPE_KPROBE, "uretprobe.s//bin/x:f")).toEqual(["uretprobe:f", "f"]);
  expect(runsOn(BPF_PROG_TYPE_KPROBE, "kprobe.session/f")).toEqual(["kprobe:f", "kretprobe:f", "f"]);
  expect(runsOn(BPF_PROG_TYPE_TRACING, "fexit/f", BPF_TRACE_FEXIT)).toEqual(["fexit:f", "f"]);
  expect(runsOn(BPF_PROG_TYPE_PERF_EVENT, "perf_event")).toEqual(["perf:f", "f"]);
});

test("probes of several functions run on those that their pattern matches", () => {
  const runsOn = (pattern: string): string[] => {
    const t = target();
    const spec = { type: BPF_PROG_TYPE_KPROBE, section: `kprobe.multi/${pattern}`, attachTo: pattern };
    const prog = t.loadProg(resolvedProg("r0 = 0\nexit", [], spec), []);
    const ran: string[] = [];
    const names = ["tcp_v4_connect", "tcp_v6_connect", "tcp_connect", "udp_sendmsg", "tcp_"];
    const onEvent = (event: RecordedEvent): number => ran.push(event.event);
    prog.replayEvents(
      names.map((event) => ({ event })),
      { onEvent },
    );
    t.close();
    return ran;
  };
  expect(runsOn("tcp_*")).toEqual(["tcp_v4_connect", "tcp_v6_connect", "tcp_connect", "tcp_"]);
  expect(runsOn("tcp_v?_*ct")).toEqual(["tcp_v4_connect", "tcp_v6_connect"]);
  expect(runsOn("*send*")).toEqual(["udp_sendmsg"]);
  expect(runsOn("*_")).toEqual(["tcp_"]);
  expect(runsOn("tcp_*_connect_*_x")).toEqual([]);
});

test("programs together: each event runs on all that want it before the next one", () => {
  const t = target();
  const enter = load("r0 = 1\nexit", "syscalls/sys_enter_openat", BPF_PROG_TYPE_TRACEPOINT, t);
  const leave = load("r0 = 2\nexit", "syscalls/sys_exit_openat", BPF_PROG_TYPE_TRACEPOINT, t);
  const events = ["enter", "exit", "enter", "exit", "exit"].map((side) => ({ event: `syscalls/sys_${side}_openat` }));
  const order: number[] = [];
  const results = t.replayEvents!([enter, leave], events, { onEvent: (_event, retval) => order.push(retval) });
  expect(order).toEqual([1, 2, 1, 2, 2]);
  expect(results).toMatchObject([
    { events: 2, skipped: 3 },
    { events: 3, skipped: 2 },
  ]);
  leave.close();
  expect(codeOf(() => t.replayEvents!([enter, leave], events))).toBe("run/closed");
  t.close();
});

test("tracepoint: text in place is cut with a NUL, arrays and data_loc are filled", () => {
  const comm = load("r0 = *(u64 *)(r1 + 16)\nr0 >>= 56\nexit", "sched/sched_switch");
  expect(results(comm, [{ event: "sched/sched_switch", fields: { prev_comm: "0123456789abcdefgh" } }])).toEqual([0]);
  const args = load("r0 = *(u64 *)(r1 + 24)\nexit", "raw_syscalls/sys_enter");
  expect(results(args, [{ event: "raw_syscalls/sys_enter", fields: { args: [1, -2] } }])).toEqual([-2]);
  // filename is a data_loc: its bytes follow the record.
  const text =
    "r2 = *(u32 *)(r1 + 8)\nr3 = r2\nr3 >>= 16\nr2 &= 65535\nr2 += r1\nr0 = *(u8 *)(r2 + 1)\nr0 <<= 8\nr0 |= r3\nexit";
  const exec = load(text, "sched/sched_process_exec");
  const [got] = results(exec, [{ event: "sched/sched_process_exec", fields: { filename: "/bin/sh", pid: 1 } }]);
  expect(got).toBe(("b".charCodeAt(0) << 8) | 8);
});

/** probe_read_user_str(fp - 16, 16, args[n]); returns the length, or the first byte and length. */
const readString = (off: number): string =>
  `r3 = *(u64 *)(r1 + ${off})\nr1 = r10\nr1 += -16\nr2 = 16\ncall 114\nr1 = *(u8 *)(r10 - 16)\nr1 <<= 8\nif r0 s< 0 goto out\nr0 |= r1\nout:\nexit`;

test("pointers lead to strings, lists of them, or nowhere", () => {
  const open = load(readString(24), "syscalls/sys_enter_openat");
  const event = (filename: string | number | null): RecordedEvent => ({
    event: "syscalls/sys_enter_openat",
    fields: { dfd: -100, filename },
  });
  const h = "h".charCodeAt(0) << 8;
  expect(results(open, [event("hosts"), event("hosts and many more"), event("0x7f0000001000"), event(null)])).toEqual([
    h | 6,
    h | 16,
    -14,
    -14,
  ]);
  // argv[1]: a pointer within event memory.
  const argv = load(
    `r3 = *(u64 *)(r1 + 24)\nr3 += 8\nr1 = r10\nr1 += -8\nr2 = 8\ncall 112\nr1 = r10\nr1 += -8\n${readString(0)}`,
    "syscalls/sys_enter_execve",
  );
  const fields = { filename: "/bin/ls", argv: ["ls", "-l"] };
  expect(results(argv, [{ event: "syscalls/sys_enter_execve", fields }])).toEqual([("-".charCodeAt(0) << 8) | 3]);
});

test("the task, the CPU and time are the event's; afterwards they are the runtime's again", () => {
  const t = target(4);
  const run = (text: string, event: Partial<RecordedEvent>): number =>
    results(load(text, "", BPF_PROG_TYPE_TRACEPOINT, t), [{ event: "sched/sched_wakeup", ...event }])[0]!;
  expect(run("call 14\nr0 >>= 32\nexit", { pid: 7, tid: 8 })).toBe(7);
  expect(run("call 14\nexit", { pid: 7, tid: 8 })).toBe(8);
  expect(run("call 14\nexit", { pid: 7 })).toBe(7);
  expect(run("call 8\nexit", { cpu: 6 })).toBe(2);
  expect(run("call 5\nexit", { ts: 123_456 })).toBe(123_456);
  expect(run("call 80\nexit", { cgroup: 99 })).toBe(99);
  expect(run("r1 = r10\nr1 += -16\nr2 = 16\ncall 16\nr0 = *(u8 *)(r10 - 15)\nexit", { comm: "sh" })).toBe(104);
  const { event } = t.runtime;
  expect([event.pid, event.tid, event.cpu, event.nowNs]).toEqual([1, 1, 0, -1]);
});

test("wall-clock time stamps count from the recording's start", () => {
  const prog = load("call 5\nexit", "");
  const base = 1_700_000_000_000_000_000n;
  const out = results(prog, [
    { event: "sched/sched_wakeup", ts: base },
    { event: "sched/sched_wakeup", ts: base + 5000n },
  ]);
  expect(out).toEqual([1_000_000_000, 1_000_005_000]);
});

test("raw tracepoints, kprobes and perf events", () => {
  const raw = load("r0 = *(u64 *)(r1 + 8)\nexit", "sched_switch", BPF_PROG_TYPE_RAW_TRACEPOINT);
  const fields = { preempt: true, prev: 5 };
  expect(
    results(raw, [
      { event: "raw:sched_switch", fields },
      { event: "sched/sched_switch", fields },
    ]),
  ).toEqual([5, 5]);
  expect(raw.testRun({ ctx: Uint8Array.from({ length: 16 }, (_, i) => (i === 8 ? 9 : 0)) }).retval).toBe(9);
  // PT_REGS_PARM1 is di, PT_REGS_RC is ax.
  const probe = load("r0 = *(u64 *)(r1 + 112)\nr1 = *(u64 *)(r1 + 80)\nr0 += r1\nexit", "f", BPF_PROG_TYPE_KPROBE);
  expect(results(probe, [{ event: "kprobe:f", fields: { arg1: 40, ret: 2 } }, { event: "kprobe:g" }])).toEqual([42]);
  const perf = load("r0 = *(u64 *)(r1 + 168)\nexit", "", BPF_PROG_TYPE_PERF_EVENT);
  expect(results(perf, [{ event: "perf:cpu-clock", fields: { sample_period: 10_000, ip: "0x401000" } }])).toEqual([
    10_000,
  ]);
});

test("emit runs attached programs, in order", () => {
  const t = target();
  const one = load("r0 = 0\nexit", "sched/sched_wakeup", BPF_PROG_TYPE_TRACEPOINT, t).attach({});
  load("r0 = 0\nexit", "sched/sched_switch", BPF_PROG_TYPE_TRACEPOINT, t).attach({});
  expect(one.what).toBe("tracepoint sched/sched_wakeup");
  expect(t.hooks.emit({ event: "sched/sched_wakeup" })).toBe(1);
  one.close();
  expect(t.hooks.emit({ event: "sched/sched_wakeup" })).toBe(0);
  t.close();
});

test("what cannot be laid out is said", () => {
  const prog = load("r0 = 0\nexit", "");
  const run = (event: RecordedEvent): string => codeOf(() => prog.replayEvents([event]));
  expect(run({ event: "no/such" })).toBe("events/unknown");
  expect(run({ event: "sched/sched_wakeup", fields: { pid: 1.5 } })).toBe("events/field");
  expect(run({ event: "sched/sched_wakeup", fields: { pid: "many" } })).toBe("events/field");
  const filename = "x".repeat(60_000);
  expect(run({ event: "syscalls/sys_enter_openat", fields: { filename } })).toBe("events/too-large");
  expect(run({ event: "sched/sched_process_exec", fields: { filename: "y".repeat(9000) } })).toBe("events/too-large");
  expect(codeOf(() => prog.replay({} as never))).toBe("run/packets");
});

const FORMAT = `name: thing
ID: 7
format:
	field:unsigned short common_type;	offset:0;	size:2;	signed:0;
	field:int common_pid;	offset:4;	size:4;	signed:1;

	field:u64 big;	offset:8;	size:8;	signed:0;
	field:const char * where;	offset:16;	size:8;	signed:0;
	field:__data_loc char[] text;	offset:24;	size:4;	signed:0;
	field:__u8 addr[16];	offset:28;	size:16;	signed:0;

print fmt: "%d", REC->big
`;

test("formats of the caller win", () => {
  const t = target();
  expect(t.hooks.addFormat(FORMAT, "own")).toBe("own/thing");
  const prog = load("r0 = *(u8 *)(r1 + 30)\nexit", "own/thing", BPF_PROG_TYPE_TRACEPOINT, t);
  expect(results(prog, [{ event: "own/thing", fields: { addr: [1, 2, 3] } }])).toEqual([3]);
  expect(parseFormat(FORMAT, "own").fields.map((field) => [field.name, field.kind, field.elemBytes])).toEqual([
    ["big", "int", 8],
    ["where", "pointer", 8],
    ["text", "data_loc", 1],
    ["addr", "array", 1],
  ]);
  expect(codeOf(() => parseFormat("ID: 3", "own"))).toBe("events/format");
  expect(codeOf(() => parseFormat("name: x\n\tfield:int;", "own"))).toBe("events/format");
  expect(codeOf(() => parseFormat("name: x\n\tfield:int a;\toffset:99999999;\tsize:4;", "own"))).toBe("events/format");
});

test("every bundled format has its fields within its record, in order", () => {
  for (const name of bundledNames()) {
    const format = bundledFormat(name)!;
    let at = 8;
    for (const field of format.fields) {
      expect(field.offBytes, `${name} ${field.name}`).toBeGreaterThanOrEqual(at);
      at = field.offBytes + field.sizeBytes;
    }
    expect(at).toBeLessThanOrEqual(format.sizeBytes);
  }
});

const EVENTS = "/sys/kernel/tracing/events";
const noTracefs = !existsSync(`${EVENTS}/sched`);
if (noTracefs) console.log(`bundled formats are not compared with this kernel's: no tracefs at ${EVENTS}`);

test.skipIf(noTracefs)("bundled formats are the kernel's", () => {
  for (const name of bundledNames()) {
    if (!existsSync(`${EVENTS}/${name}/format`)) continue;
    const real = parseFormat(readFileSync(`${EVENTS}/${name}/format`, "utf8"), name.slice(0, name.indexOf("/")));
    // System calls: programs get the number in 8 bytes, and what is signed is not said the same way.
    const show = (field: FormatField): string => {
      const size = field.name === "__syscall_nr" ? "" : `${field.sizeBytes}/${field.elemBytes}`;
      return `${field.name}@${field.offBytes} ${field.kind} ${size}`;
    };
    expect(bundledFormat(name)!.fields.map(show), name).toEqual(real.fields.map(show));
  }
});

test("recordings: comments and empty lines are skipped, bad lines are named", () => {
  const parse = (text: string): RecordedEvent[] => [...parseEvents(fromUtf8(text), "r.jsonl")];
  expect(parse('# one\n\n{"event":"a/b"}\r\n{"event":"c/d","pid":3}')).toEqual([
    { event: "a/b" },
    { event: "c/d", pid: 3 },
  ]);
  const bad: Record<string, string> = {
    "{": "events/json",
    "[1]": "events/schema",
    '{"ts":1}': "events/schema",
    '{"event":"a/b","pid":-1}': "events/schema",
    '{"event":"a/b","fields":[]}': "events/schema",
    '{"event":"a/b","stack":{"user":[{}]}}': "events/schema",
  };
  for (const [line, code] of Object.entries(bad)) {
    try {
      parse(`{"event":"a/b"}\n${line}`);
      expect.unreachable(line);
    } catch (error) {
      expect(error, line).toMatchObject({ code, site: { file: "r.jsonl", line: 2 } });
    }
  }
});
