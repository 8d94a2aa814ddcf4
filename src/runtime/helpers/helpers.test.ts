import { describe, expect, it } from "vitest";
import { mapSpec, testRuntime } from "../../../test/fixtures/maps.ts";
import { HELPERS, helperByName } from "../../abi/helpers.ts";
import {
  BPF_MAP_TYPE_CGROUP_ARRAY,
  BPF_MAP_TYPE_HASH,
  BPF_MAP_TYPE_PERF_EVENT_ARRAY,
  BPF_MAP_TYPE_RINGBUF,
  BPF_MAP_TYPE_STACK_TRACE,
  BPF_MAP_TYPE_TASK_STORAGE,
} from "../../abi/map-types.ts";
import { E2BIG, EAGAIN, EEXIST, EFAULT, EINVAL, ENOENT, ERANGE } from "../../base/errno.ts";
import { BtfBuilder } from "../../btf/write.ts";
import { CELL_CPU, CELL_RET_HI, STACK_BASE } from "../../layout/layout.ts";
import type { Runtime } from "../runtime.ts";
import { progHelpers, sharedHelpers } from "./table.ts";

const A = STACK_BASE;
const B = STACK_BASE + 256;

function bytesOf(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** Calls a helper; every argument counts as one "i", or as its two halves where the form is "d". */
function caller(rt: Runtime): (name: string, ...args: (number | bigint)[]) => bigint {
  const table = sharedHelpers(rt);
  return (name, ...args) => {
    const impl = table.get(helperByName(name)!.id)!;
    const words = impl.args.flatMap((form, i) => {
      const value = BigInt.asUintN(64, BigInt(args[i] ?? 0));
      const lo = Number(value & 0xffff_ffffn) | 0;
      return form === "d" ? [lo, Number(value >> 32n) | 0] : [lo];
    });
    const got = impl.fn(...words) ?? 0;
    if (impl.ret === "s") return BigInt(got | 0);
    if (impl.ret === "d") return (BigInt(rt.u32[CELL_RET_HI >>> 2]!) << 32n) | BigInt(got >>> 0);
    return BigInt(got >>> 0);
  };
}

function put(rt: Runtime, at: number, text: string): number {
  rt.u8.set(new TextEncoder().encode(`${text}\0`), at);
  return at;
}

function get(rt: Runtime, at: number, size: number): string {
  return new TextDecoder().decode(rt.u8.subarray(at, at + size));
}

describe("the helper table", () => {
  it("names only helpers of the kernel, with as many arguments as they have", () => {
    const rt = testRuntime();
    const env = { invoke: null } as never;
    for (const [id, impl] of [...sharedHelpers(rt), ...progHelpers(rt, env, () => null)]) {
      expect(HELPERS[id]!.name).toBe(impl.name);
      expect([impl.name, impl.args.length]).toEqual([
        impl.name,
        impl.name.startsWith("trace_printk") ? 5 : HELPERS[id]!.args.length,
      ]);
    }
  });
});

describe("map helpers", () => {
  it("look up, update and delete by descriptor", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_HASH), null).ops.desc;
    rt.u32[A >>> 2] = 5;
    rt.u32[B >>> 2] = 77;
    expect(call("map_lookup_elem", map, A)).toBe(0n);
    expect(call("map_update_elem", map, A, B, 2)).toBe(BigInt(-ENOENT));
    expect(call("map_update_elem", map, A, B, 0)).toBe(0n);
    expect(call("map_update_elem", map, A, B, 1)).toBe(BigInt(-EEXIST));
    expect(call("map_update_elem", map, A, B, 1n << 32n)).toBe(BigInt(-EINVAL));
    expect(rt.u32[Number(call("map_lookup_elem", map, A)) >>> 2]).toBe(77);
    expect(call("map_delete_elem", map, A)).toBe(0n);
    expect(call("map_delete_elem", map, A)).toBe(BigInt(-ENOENT));
  });
});

describe("time, chance and task", () => {
  it("repeat with the same clock and seed", () => {
    const values = (): bigint[] => {
      const call = caller(testRuntime({ random: 42 }));
      return [call("ktime_get_ns"), call("ktime_get_ns"), call("get_prandom_u32"), call("get_prandom_u32")];
    };
    expect(values()).toEqual(values());
    expect(values()[1]! - values()[0]!).toBe(1000n);
  });

  it("come from the event where it has them", () => {
    const rt = testRuntime({ cpus: 4, task: { pid: 7, tid: 8, uid: 9, gid: 10, comm: "a-name-longer-than-15" } });
    const call = caller(rt);
    expect(call("get_current_pid_tgid")).toBe((7n << 32n) | 8n);
    expect(call("get_current_uid_gid")).toBe((10n << 32n) | 9n);
    expect(call("get_current_comm", A, 16)).toBe(0n);
    expect(get(rt, A, 16)).toBe("a-name-longer-t\0");
    rt.event.pid = 70;
    rt.event.nowNs = 5_000_000_000;
    rt.event.wallSec = 1_700_000_000;
    rt.u32[CELL_CPU >>> 2] = 3;
    expect(call("get_current_pid_tgid") >> 32n).toBe(70n);
    expect(call("ktime_get_ns")).toBe(5_000_000_000n);
    expect(call("ktime_get_tai_ns")).toBe(1_700_000_005_000_000_000n);
    expect(call("get_smp_processor_id")).toBe(3n);
  });
});

describe("the current task", () => {
  const builder = new BtfBuilder();
  const int = {
    kind: "int",
    name: "int",
    sizeBytes: 4,
    bits: 32,
    bitOff: 0,
    signed: true,
    char: false,
    bool: false,
  } as const;
  const i32 = builder.add(int);
  const char = builder.add({ ...int, name: "char", sizeBytes: 1, bits: 8, char: true });
  const comm = builder.add({ kind: "array", name: "", typeId: char, indexTypeId: i32, nelems: 16 });
  const ptr = builder.add({ kind: "ptr", name: "", typeId: 0 });
  builder.add({
    kind: "struct",
    name: "task_struct",
    sizeBytes: 64,
    members: [
      { name: "pid", typeId: i32, bitOff: 8 * 8, bitSize: 0 },
      { name: "tgid", typeId: i32, bitOff: 12 * 8, bitSize: 0 },
      { name: "real_parent", typeId: ptr, bitOff: 16 * 8, bitSize: 0 },
      { name: "comm", typeId: comm, bitOff: 24 * 8, bitSize: 0 },
    ],
  });
  const kernelBtf = builder.build();

  it("is laid out by BTF and filled from the event", () => {
    const rt = testRuntime({ kernelBtf, task: { pid: 7, tid: 8, comm: "sh", ppid: 3 } });
    const call = caller(rt);
    const task = Number(call("get_current_task"));
    expect([rt.u32[(task + 8) >>> 2], rt.u32[(task + 12) >>> 2]]).toEqual([8, 7]);
    expect(get(rt, task + 24, 3)).toBe("sh\0");
    rt.event.tid = 80;
    expect(call("get_current_task_btf")).toBe(BigInt(task));
    expect(call("probe_read_kernel", B, 4, task + 8)).toBe(0n);
    expect(rt.u32[B >>> 2]).toBe(80);
    expect(call("probe_read_kernel", B, 8, task + 16)).toBe(0n);
    expect(call("probe_read_kernel", B, 4, rt.u32[B >>> 2]! + 12)).toBe(0n);
    expect(rt.u32[B >>> 2]).toBe(3);
    expect(caller(testRuntime())("get_current_task")).toBe(0n);
  });

  it("is under a cgroup of an array, or not", () => {
    const rt = testRuntime({ task: { cgroupId: 77n } });
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_CGROUP_ARRAY, { valueSize: 4, maxEntries: 3 }), null);
    const put = (index: number, id: number): void => map.update(bytesOf(index), bytesOf(id));
    const under = (index: number): bigint => call("current_task_under_cgroup", map.ops.desc, index);
    put(0, 77);
    put(1, 78);
    expect([under(0), under(1), under(2), under(3)]).toEqual([1n, 0n, BigInt(-EAGAIN), BigInt(-E2BIG)]);
    put(1, 1);
    expect(under(1)).toBe(1n);
    expect(map.delete(bytesOf(0))).toBe(true);
    expect(under(0)).toBe(BigInt(-EAGAIN));
  });

  it("has storage of its own in each map", () => {
    const rt = testRuntime({ kernelBtf });
    const call = caller(rt);
    const before = rt.heap.used;
    const spec = mapSpec(BPF_MAP_TYPE_TASK_STORAGE, {
      maxEntries: 0,
      flags: 1,
      keyTypeId: i32,
      valueTypeId: i32,
      btf: kernelBtf,
    });
    const map = rt.createMap(spec, null);
    const task = call("get_current_task_btf");
    const get1 = (flags: number): number => Number(call("task_storage_get", map.ops.desc, task, 0, flags));
    rt.event.tid = 5;
    call("get_current_task_btf");
    expect(get1(0)).toBe(0);
    const value = get1(1);
    rt.u32[value >>> 2] = 77;
    rt.event.tid = 6;
    call("get_current_task_btf");
    expect(get1(0)).toBe(0);
    expect(rt.u32[get1(1) >>> 2]).toBe(0);
    expect(map.lookup(bytesOf(5))![0]).toBe(77);
    expect(call("task_storage_delete", map.ops.desc, task)).toBe(0n);
    expect(call("task_storage_delete", map.ops.desc, task)).toBe(BigInt(-ENOENT));
    map.close();
    expect(rt.heap.used).toBe(before + 128);
  });
});

describe("memory helpers", () => {
  it("copy what is readable and zero the rest with -EFAULT", () => {
    const rt = testRuntime();
    const call = caller(rt);
    put(rt, A, "file");
    expect(call("probe_read_kernel", B, 4, A)).toBe(0n);
    expect(get(rt, B, 4)).toBe("file");
    for (const bad of [0n, 0x100n, 0xffff_8880_0000_0000n, BigInt(rt.u8.length) - 2n]) {
      rt.u8.fill(0xff, B, B + 4);
      expect(call("probe_read_user", B, 4, bad)).toBe(BigInt(-EFAULT));
      expect(rt.u32[B >>> 2]).toBe(0);
    }
  });

  it("copy strings up to the NUL, cut where they are too long", () => {
    const rt = testRuntime();
    const call = caller(rt);
    put(rt, A, "file");
    expect(call("probe_read_user_str", B, 16, A)).toBe(5n);
    expect(get(rt, B, 5)).toBe("file\0");
    expect(call("probe_read_kernel_str", B, 3, A)).toBe(3n);
    expect(get(rt, B, 3)).toBe("fi\0");
    expect(call("probe_read_kernel_str", B, 3, 0)).toBe(BigInt(-EFAULT));
  });
});

describe("string helpers", () => {
  it.each([
    ["42", 0, 2n, 42n],
    ["  -17x", 10, 5n, -17n],
    ["0x1f", 0, 4n, 31n],
    ["0x1f", 16, 4n, 31n],
    ["017", 0, 3n, 15n],
    ["-9223372036854775808", 10, 20n, -9223372036854775808n],
    ["9223372036854775808", 10, BigInt(-ERANGE), 0n],
    ["", 10, BigInt(-EINVAL), 0n],
    ["-", 10, BigInt(-EINVAL), 0n],
    ["x", 10, BigInt(-EINVAL), 0n],
    ["12", 7, BigInt(-EINVAL), 0n],
  ])("strtol of %j in base %i", (text, base, want, value) => {
    const rt = testRuntime();
    put(rt, A, text);
    expect(caller(rt)("strtol", A, text.length, base, B)).toBe(want);
    expect(rt.view.getBigInt64(B, true)).toBe(value);
  });

  it("strtoul refuses a sign, strncmp tells the order", () => {
    const rt = testRuntime();
    const call = caller(rt);
    put(rt, A, "-1");
    expect(call("strtoul", A, 2, 10, B)).toBe(BigInt(-EINVAL));
    put(rt, A, "abc");
    put(rt, B, "abd");
    expect([call("strncmp", A, 2, B), call("strncmp", A, 3, B), call("strncmp", B, 3, A)]).toEqual([0n, -1n, 1n]);
  });
});

describe("printing", () => {
  it("hands lines to the sink and keeps the last", () => {
    const lines: string[] = [];
    const rt = testRuntime({ onTrace: (line) => lines.push(line) });
    const call = caller(rt);
    put(rt, A, "n=%d");
    expect(call("trace_printk", A, 5, -3n)).toBe(4n);
    expect(call("trace_printk", A, 4, 1n)).toBe(BigInt(-EINVAL));
    expect(lines).toEqual(["n=-3"]);
    expect(rt.traceLines).toEqual(["n=-3"]);
  });

  it("snprintf writes what fits and tells the whole length", () => {
    const rt = testRuntime();
    const call = caller(rt);
    put(rt, A, "%d-%s");
    const args = A + 64;
    rt.view.setBigUint64(args, 12345n, true);
    rt.view.setBigUint64(args + 8, BigInt(put(rt, A + 128, "abc")), true);
    expect(call("snprintf", B, 7, A, args, 16)).toBe(10n);
    expect(get(rt, B, 7)).toBe("12345-\0");
    expect(call("snprintf", B, 7, A, args, 12)).toBe(BigInt(-EINVAL));
  });
});

describe("ring buffer", () => {
  it("gives records in order of reservation, without the discarded, and counts the lost", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }), null);
    const { desc } = map.ops;
    const first = Number(call("ringbuf_reserve", desc, 8, 0));
    put(rt, A, "second!");
    expect(call("ringbuf_output", desc, A, 8, 0)).toBe(0n);
    const third = Number(call("ringbuf_reserve", desc, 8, 0));
    const seen: string[] = [];
    const drain = (): number => map.drain((record) => seen.push(new TextDecoder().decode(record)));
    // The first is not committed yet: those behind it wait.
    expect(drain()).toBe(0);
    expect(call("ringbuf_query", desc, 0)).toBe(48n);
    put(rt, first, "first!!");
    call("ringbuf_submit", first, 0);
    call("ringbuf_discard", third, 0);
    expect(drain()).toBe(2);
    expect(seen).toEqual(["first!!\0", "second!\0"]);
    expect(call("ringbuf_query", desc, 0)).toBe(0n);
    expect(call("ringbuf_reserve", desc, 4096, 0)).toBe(0n);
    expect(call("ringbuf_output", desc, A, 8, 4)).toBe(BigInt(-EINVAL));
    for (let i = 0; i < 255; i++) expect(call("ringbuf_output", desc, A, 8, 0)).toBe(0n);
    expect(call("ringbuf_output", desc, A, 8, 0)).toBe(BigInt(-EAGAIN));
    expect(map.lost).toBe(2);
    expect(drain()).toBe(255);
  });

  it("keeps records whole over the end of the ring", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }), null);
    for (let i = 0; i < 200; i++) {
      const size = 100 + ((i * 37) % 900);
      rt.u8.fill(i, A, A + size);
      expect(call("ringbuf_output", map.ops.desc, A, size, 0)).toBe(0n);
      expect(map.drain((record) => expect([...new Set(record), record.length]).toEqual([i, size]))).toBe(1);
    }
  });

  it("wakes who waits", async () => {
    const rt = testRuntime();
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }), null);
    const woken = map.wait();
    caller(rt)("ringbuf_output", map.ops.desc, A, 8, 0);
    await woken;
    const controller = new AbortController();
    map.drain(() => {});
    const aborted = map.wait(controller.signal);
    controller.abort();
    await aborted;
  });
});

describe("perf event array", () => {
  it("queues by CPU, padded as perf pads, and loses what does not fit", () => {
    const rt = testRuntime({ cpus: 2 });
    const call = caller(rt);
    const spec = mapSpec(BPF_MAP_TYPE_PERF_EVENT_ARRAY, { valueSize: 4, maxEntries: 0 });
    const map = rt.createMap(spec, null);
    expect(map.spec.maxEntries).toBe(2);
    rt.u32[CELL_CPU >>> 2] = 1;
    put(rt, A, "hello");
    expect(call("perf_event_output", 0, map.ops.desc, 0xffff_ffff, A, 6)).toBe(0n);
    expect(call("perf_event_output", 0, map.ops.desc, 2, A, 6)).toBe(BigInt(-E2BIG));
    const seen: [string, number][] = [];
    expect(map.drain((record, cpu) => seen.push([new TextDecoder().decode(record), cpu]))).toBe(1);
    expect(seen).toEqual([["hello\0\0\0\0\0\0\0", 1]]);
    for (let i = 0; i < 600; i++) call("perf_event_output", 0, map.ops.desc, 0xffff_ffff, A, 996);
    expect(map.lost).toBeGreaterThan(0);
    expect(map.drain(() => {}) + map.lost).toBe(600);
  });
});

describe("stacks", () => {
  it("come from the event, by id or by copy", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_STACK_TRACE, { valueSize: 24, maxEntries: 16 }), null);
    expect(call("get_stackid", 0, map.ops.desc, 0)).toBe(BigInt(-EFAULT));
    rt.event.kernelStack = [1n, 2n, 3n, 4n];
    const id = call("get_stackid", 0, map.ops.desc, 0);
    expect(id).toBeGreaterThanOrEqual(0n);
    expect(call("get_stackid", 0, map.ops.desc, 0)).toBe(id);
    const key = bytesOf(Number(id));
    expect(map.lookup(key)).toEqual(new Uint8Array(BigUint64Array.of(1n, 2n, 3n).buffer));
    expect(call("get_stack", 0, A, 16, 1)).toBe(16n);
    expect(rt.view.getBigUint64(A, true)).toBe(2n);
    expect(call("get_stack", 0, A, 16, 0x100)).toBe(BigInt(-EFAULT));
  });
});

describe("dynptrs", () => {
  it("read and write within their bounds", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const ptr = A + 512;
    put(rt, A, "0123456789");
    expect(call("dynptr_from_mem", A, 10, 0, ptr)).toBe(0n);
    expect(call("dynptr_read", B, 4, ptr, 3, 0)).toBe(0n);
    expect(get(rt, B, 4)).toBe("3456");
    expect(call("dynptr_read", B, 4, ptr, 7, 0)).toBe(BigInt(-E2BIG));
    expect(call("dynptr_write", ptr, 0, B, 4, 0)).toBe(0n);
    expect(get(rt, A, 5)).toBe("34564");
    expect(call("dynptr_data", ptr, 9, 1)).toBe(BigInt(A + 9));
    expect(call("dynptr_data", ptr, 9, 2)).toBe(0n);
  });

  it("reserve and submit records", () => {
    const rt = testRuntime();
    const call = caller(rt);
    const map = rt.createMap(mapSpec(BPF_MAP_TYPE_RINGBUF, { keySize: 0, valueSize: 0, maxEntries: 4096 }), null);
    expect(call("ringbuf_reserve_dynptr", map.ops.desc, 8, 0, A)).toBe(0n);
    put(rt, B, "payload");
    call("dynptr_write", A, 0, B, 8, 0);
    call("ringbuf_submit_dynptr", A, 0);
    expect(call("dynptr_read", B, 1, A, 0, 0)).toBe(BigInt(-EINVAL));
    expect(map.drain((record) => expect(new TextDecoder().decode(record)).toBe("payload\0"))).toBe(1);
  });
});
