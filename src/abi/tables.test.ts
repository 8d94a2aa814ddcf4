import { expect, test } from "vitest";
import * as at from "./attach-types.ts";
import { CTX_LAYOUTS, ctxAccess, ctxLayout, sockAccess } from "./ctx.ts";
import { helperAllowed } from "./helper-allowed.ts";
import { HELPERS, helperById, helperByName } from "./helpers.ts";
import { kfuncSince } from "./kfunc-since.ts";
import { KFUNCS, kfuncFor } from "./kfuncs.ts";
import { isDisabledLsmHook, isSleepableLsmHook, isUntrustedLsmHook, lsmRetvalRange } from "./lsm.ts";
import { helperProto, helpersOf } from "./prog-helpers.ts";
import * as pt from "./prog-types.ts";
import { compareVersions, hasSince, versionCode } from "./since.ts";

const id = (name: string): number => helperByName(name)!.id;

test("a helper's row stands at its id, with a prototype that names it", () => {
  expect(HELPERS).toHaveLength(212);
  for (const row of HELPERS.slice(1)) {
    expect(HELPERS[row.id]).toBe(row);
    expect(row.proto).toContain(`bpf_${row.name}(`);
    expect(row.args.length).toBeLessThanOrEqual(5);
    const params = /\((.*)\)$/.exec(row.proto)![1]!;
    const count = params === "void" ? 0 : params.split(",").length;
    // printf-like helpers pass their arguments in registers that the prototype does not name
    if (!params.includes("...") && row.name !== "get_branch_snapshot") expect(row.args.length, row.name).toBe(count);
  }
  expect(helperById(0)).toBeUndefined();
  expect(helperById(212)).toBeUndefined();
});

test("sizes follow the memory they bound", () => {
  for (const row of HELPERS) {
    row.args.forEach((arg, i) => {
      if (!arg.type.startsWith("const_size")) return;
      expect(["mem", "map_value"], row.name).toContain(row.args[i - 1]?.type);
    });
  }
});

test("signatures are parsed", () => {
  expect(helperByName("bpf_check_mtu")!.args[2]).toEqual({ type: "mem", write: true, aligned: true, fixedSize: 4 });
  expect(helperByName("dynptr_from_mem")!.args[3]).toEqual({
    type: "dynptr",
    uninit: true,
    write: true,
    dynptr: "local",
  });
  expect(helperByName("ringbuf_reserve")!.ret).toEqual({ type: "mem", maybeNull: true, ringbuf: true });
  expect(helperByName("kptr_xchg")!.args[1]).toEqual({ type: "btf_id", maybeNull: true, release: true });
  expect(helperByName("skc_to_tcp6_sock")!.ret).toEqual({ type: "btf_id", maybeNull: true, btfName: "tcp6_sock" });
});

test("helpers by program type, attach type and capability", () => {
  const xdp = pt.BPF_PROG_TYPE_XDP;
  expect(helperProto(xdp, 0, id("redirect_map"))?.name).toBe("redirect_map");
  expect(helperProto(xdp, 0, id("skb_load_bytes"))).toBeUndefined();
  expect(helperProto(xdp, 0, id("get_smp_processor_id"))?.fastcall).toBe(true);
  expect(helperProto(pt.BPF_PROG_TYPE_SOCKET_FILTER, 0, id("get_smp_processor_id"))?.fastcall).toBeUndefined();
  expect(helperProto(xdp, 0, id("loop"), { capability: "none" })).toBeUndefined();
  expect(helperProto(xdp, 0, id("loop"), { capability: "bpf" })).toBeDefined();
  expect(helperProto(xdp, 0, id("trace_printk"), { capability: "bpf" })).toBeUndefined();
  const tracing = pt.BPF_PROG_TYPE_TRACING;
  expect(helperProto(tracing, at.BPF_TRACE_ITER, id("get_attach_cookie"))).toBeUndefined();
  expect(helperProto(tracing, at.BPF_TRACE_FENTRY, id("get_attach_cookie"))).toBeDefined();
  const multi = helperProto(pt.BPF_PROG_TYPE_KPROBE, at.BPF_TRACE_KPROBE_MULTI, id("get_func_ip"));
  expect(multi?.gplOnly).toBeUndefined();
  expect(helperProto(pt.BPF_PROG_TYPE_KPROBE, 0, id("get_func_ip"))?.gplOnly).toBe(true);
  const release = { structOps: "tcp_congestion_ops", member: "release" };
  expect(helperProto(pt.BPF_PROG_TYPE_STRUCT_OPS, 0, id("setsockopt"), release)).toBeUndefined();
  expect(helperProto(pt.BPF_PROG_TYPE_STRUCT_OPS, 0, id("setsockopt"), { ...release, member: "init" })).toBeDefined();
  expect(helperProto(99, 0, 1)).toBeUndefined();
  expect(helpersOf(pt.BPF_PROG_TYPE_NETFILTER, 0)).not.toContain(0);
});

test("variants replace the whole form", () => {
  const row = helperProto(pt.BPF_PROG_TYPE_TRACING, at.BPF_TRACE_FENTRY, id("get_socket_cookie"))!;
  expect(row.args).toEqual([{ type: "btf_id_sock_common", maybeNull: true }]);
  expect(row.id).toBe(46);
});

test("helpers that ask where the program is attached", () => {
  const tracing = pt.BPF_PROG_TYPE_TRACING;
  expect(helperAllowed(tracing, at.BPF_TRACE_FENTRY, id("d_path"), "filp_close")).toBe(true);
  expect(helperAllowed(tracing, at.BPF_TRACE_FENTRY, id("d_path"), "vfs_read")).toBe(false);
  expect(helperAllowed(pt.BPF_PROG_TYPE_LSM, at.BPF_LSM_MAC, id("ima_file_hash"), "bpf_lsm_file_open")).toBe(true);
  expect(helperAllowed(pt.BPF_PROG_TYPE_XDP, 0, id("map_lookup_elem"), "")).toBe(true);
});

test("fields of a ctx do not overlap, unless one begins where the other does", () => {
  for (const [name, layout] of Object.entries(CTX_LAYOUTS)) {
    const fields = [...layout.fields].filter((field) => field.name !== "").sort((a, b) => a.offBytes - b.offBytes);
    fields.forEach((field, i) => {
      expect(field.offBytes + field.sizeBytes, `${name}.${field.name}`).toBeLessThanOrEqual(layout.sizeBytes);
      const next = fields[i + 1];
      if (next === undefined || next.name === "args0" || next.offBytes === field.offBytes) return;
      expect(next.offBytes, `${name}.${next.name}`).toBeGreaterThanOrEqual(field.offBytes + field.sizeBytes);
    });
  }
});

test("every program type has a layout or is described by BTF", () => {
  const btf = new Set([
    pt.BPF_PROG_TYPE_TRACING,
    pt.BPF_PROG_TYPE_STRUCT_OPS,
    pt.BPF_PROG_TYPE_EXT,
    pt.BPF_PROG_TYPE_LSM,
  ]);
  for (const row of pt.PROG_TYPES.slice(1)) {
    expect(ctxLayout(row.id) === null, row.word).toBe(btf.has(row.id));
    if (row.ctx !== "") expect(CTX_LAYOUTS[row.ctx], row.ctx).toBeDefined();
  }
});

test("ctx accesses", () => {
  const read = (type: number, off: number, size: number, attach = 0) => ctxAccess(type, attach, off, size, false);
  expect(read(pt.BPF_PROG_TYPE_XDP, 0, 4)).toMatchObject({ ok: true, yields: "packet" });
  expect(read(pt.BPF_PROG_TYPE_XDP, 0, 8)).toEqual({ ok: false });
  expect(read(pt.BPF_PROG_TYPE_XDP, -4, 4)).toEqual({ ok: false });
  expect(read(pt.BPF_PROG_TYPE_XDP, 20, 4)).toEqual({ ok: false });
  expect(read(pt.BPF_PROG_TYPE_XDP, 20, 4, at.BPF_XDP_DEVMAP)).toMatchObject({ ok: true });
  expect(ctxAccess(pt.BPF_PROG_TYPE_SCHED_CLS, 0, 76, 4, false, true)).toEqual({ ok: false });
  expect(read(pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 0, 8)).toMatchObject({ yields: "tp_buffer" });
  expect(read(pt.BPF_PROG_TYPE_RAW_TRACEPOINT_WRITABLE, 4, 4)).toMatchObject({ yields: "scalar" });
  expect(read(pt.BPF_PROG_TYPE_TRACEPOINT, 4, 4)).toEqual({ ok: false });
  expect(read(pt.BPF_PROG_TYPE_TRACEPOINT, 8184, 8)).toMatchObject({ ok: true });
  expect(read(pt.BPF_PROG_TYPE_SYSCALL, 65534, 2)).toMatchObject({ ok: true });
  expect(read(pt.BPF_PROG_TYPE_SYSCALL, 65535, 1)).toEqual({ ok: false });
  expect(sockAccess("sock_common", 16, 4)).toEqual({ ok: false });
  expect(sockAccess("socket", 16, 4)).toMatchObject({ ok: true });
  expect(sockAccess("socket", 48, 4)).toMatchObject({ ok: true });
  expect(sockAccess("socket", 50, 2)).toEqual({ ok: false });
  expect(sockAccess("tcp_sock", 84, 4)).toMatchObject({ ok: true });
  expect(sockAccess("tcp_sock", 80, 4)).toEqual({ ok: false });
});

test("lsm hooks", () => {
  expect(isSleepableLsmHook("bpf_lsm_file_open")).toBe(true);
  expect(isSleepableLsmHook("file_open")).toBe(false);
  expect(isSleepableLsmHook("bpf_lsm_task_free")).toBe(false);
  expect(isDisabledLsmHook("bpf_lsm_getprocattr")).toBe(true);
  expect(isUntrustedLsmHook("bpf_lsm_task_free")).toBe(true);
  expect(lsmRetvalRange("bpf_lsm_inode_xattr_skipcap")).toEqual([0, 1]);
  expect(lsmRetvalRange("bpf_lsm_file_open")).toEqual([-4095, 0]);
});

test("kfuncs", () => {
  expect(kfuncFor(pt.BPF_PROG_TYPE_XDP, 0, "bpf_dynptr_from_xdp")?.name).toBe("bpf_dynptr_from_xdp");
  expect(kfuncFor(pt.BPF_PROG_TYPE_SCHED_CLS, 0, "bpf_dynptr_from_xdp")).toBeUndefined();
  expect(kfuncFor(pt.BPF_PROG_TYPE_NETFILTER, 0, "bpf_dynptr_size")).toBeDefined();
  expect(kfuncFor(pt.BPF_PROG_TYPE_LSM, at.BPF_LSM_MAC, "bpf_put_file")?.flags).toEqual(new Set(["release"]));
  expect(kfuncFor(pt.BPF_PROG_TYPE_TRACING, at.BPF_TRACE_ITER, "bpf_put_file")).toBeUndefined();
  expect(kfuncFor(pt.BPF_PROG_TYPE_RAW_TRACEPOINT, 0, "bpf_cpumask_create")).toBeUndefined();
  for (const row of KFUNCS.values()) {
    expect(row.name).toMatch(/^\w+$/);
    if (row.flags.has("iter_next")) expect(row.flags.has("ret_null"), row.name).toBe(true);
  }
});

test("versions", () => {
  expect(compareVersions("5.15", "6.1")).toBeLessThan(0);
  expect(compareVersions("5.9", "5.10")).toBeLessThan(0);
  expect(compareVersions("6.1", "6.1.0")).toBe(0);
  expect(hasSince("6.18.44-fc-v669", "6.18")).toBe(true);
  expect(versionCode("6.1.300")).toBe(0x0601ff);
});

test("every kfunc that programs may call has a release", () => {
  const missing = [...KFUNCS.keys()].filter((name) => kfuncSince(name) === undefined);
  expect(missing).toEqual([]);
  for (const name of KFUNCS.keys()) expect(hasSince("6.18", kfuncSince(name)!), name).toBe(true);
});
