/**
 * The embedded hooks against the running kernel's BPF_PROG_TEST_RUN: same program, same packet, same return value, same
 * bytes of packet and ctx after it. Examples over every packet of the recordings, then random calls of packet helpers.
 * SEED and CASES in the environment choose another or a longer run.
 */
import { readFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import { helperByName } from "../../src/abi/helpers.ts";
import { BPF_MAP_TYPE_DEVMAP } from "../../src/abi/map-types.ts";
import { helpersOf } from "../../src/abi/prog-helpers.ts";
import {
  BPF_PROG_TYPE_CGROUP_SKB,
  BPF_PROG_TYPE_FLOW_DISSECTOR,
  BPF_PROG_TYPE_LWT_OUT,
  BPF_PROG_TYPE_LWT_XMIT,
  BPF_PROG_TYPE_RAW_TRACEPOINT,
  BPF_PROG_TYPE_SCHED_CLS,
  BPF_PROG_TYPE_SK_LOOKUP,
  BPF_PROG_TYPE_SOCKET_FILTER,
  BPF_PROG_TYPE_SYSCALL,
  BPF_PROG_TYPE_XDP,
} from "../../src/abi/prog-types.ts";
import { errnoName } from "../../src/base/errno.ts";
import { SkepError } from "../../src/base/error.ts";
import { interp } from "../../src/engine/interp/interp.ts";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import type { Target, TargetProg, TestRun } from "../../src/loader/target.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ProgSpec } from "../../src/obj/spec.ts";
import { unsafeVerified } from "../../src/obj/verified.ts";
import { openCapture } from "../../src/pcap/open.ts";
import { packets } from "../../src/pcap/packets.ts";
import { seededRandom } from "../../src/runtime/clock.ts";
import { embedded } from "../../src/runtime/embedded.ts";
import { createHooks } from "../../src/runtime/hooks/hooks.ts";
import { embeddedTarget } from "../../src/runtime/target.ts";
import { mapSpec, u32Bytes } from "../fixtures/maps.ts";
import { resolvedProg } from "../fixtures/progs.ts";
import { liveKernel } from "../live.ts";

const SEED = Number(process.env["SEED"] ?? 1);
const CASES = Number(process.env["CASES"] ?? 60);
const EXAMPLES = new URL("../../examples/", import.meta.url);

function example(name: string): Uint8Array {
  return readFileSync(new URL(name, EXAMPLES));
}

/** The hooks alone: programs are let in unverified, every access checked; the kernel verifies them. */
function unverified(): Target {
  return embeddedTarget(
    { memoryBytes: 8 << 20, random: 1 },
    { engine: () => interp, verify: (prog) => ({ prog: unsafeVerified(prog), processed: 0 }), createHooks },
  );
}

function outcome(prog: TargetProg, run: TestRun): string {
  try {
    const { retval, dataOut, ctxOut } = prog.testRun(run);
    return `${retval | 0} data ${hex(dataOut)} ctx ${hex(ctxOut)}`;
  } catch (error) {
    if (error instanceof SkepError && error.errno !== undefined) return errnoName(error.errno);
    throw error;
  }
}

/** Hex with long runs of one byte shortened: "05x4096". */
function hex(bytes: Uint8Array | null): string {
  if (bytes === null) return "none";
  const text = Buffer.from(bytes).toString("hex");
  return `${bytes.length}:${text.replace(/((..)\2{7,})/g, (run, _all, byte: string) => `.${byte}x${run.length / 2}.`)}`;
}

function frames(file: string): Uint8Array[] {
  return [...packets(openCapture(example(file), file))].map((packet) => packet.bytes);
}

const reason = liveKernel();

describe.skipIf(reason !== null)("examples", () => {
  const live = reason === null ? linux() : null;
  afterAll(() => live?.close());
  const captures = ["synscan.pcap", "http.pcapng", "dns.pcap", "ping.pcap", "ping6.pcap"];
  const ctxOf: Record<string, number> = { xdp: 24, tc: 192 };

  it.each(["syn_guard", "firewall", "tc_edit"])("%s", (name) => {
    const spec = parseObject(example(`${name}.bpf.o`), name);
    const targets = [live!, embedded({ engine: "interp", random: 1 }), embedded({ engine: "jit", random: 1 })];
    const collections = targets.map((target) => {
      const collection = loadObject(spec, target, name === "syn_guard" ? { rodata: { limit: 20n } } : {});
      if (name === "firewall") {
        collection.maps["ports"]!.set({ port: 53, proto: 17, pad: 0 }, 0n);
        const addr = { bytes: Uint8Array.from([...new Uint8Array(10), 255, 255, 198, 51, 100, 0]) };
        collection.maps["rules"]!.set({ prefixlen: 120, addr }, { action: 2, pad: 0, packets: 0n, bytes: 0n });
      }
      return collection;
    });
    const [kernel, ...ours] = collections.map((collection) => collection.programs[name]!.raw);
    const verdicts = new Set<string>();
    for (const file of captures) {
      frames(file).forEach((data, i) => {
        const ctx = i % 2 === 0 ? undefined : ctxFor(spec.programs[0]!.section, data.length, ctxOf);
        const run: TestRun = ctx === undefined ? { data } : { data, ctx };
        const want = outcome(kernel!, run);
        for (const prog of ours) expect(outcome(prog, run), `${file} packet ${i}`).toBe(want);
        verdicts.add(want.slice(0, want.indexOf(" ")));
      });
    }
    // A comparison of nothing but passes would prove little.
    if (name !== "tc_edit") expect(verdicts.size).toBeGreaterThan(1);
    for (const collection of collections) collection.close();
    for (const target of targets.slice(1)) target.close();
  });

  it("replay counts the same verdicts in both targets, socket filters from the MAC header on", () => {
    const port53 = "r6 = r1\nr0 = *(u16 *)skb[36]\nif r0 == 53 goto keep\nr0 = 0\nexit\nkeep:\nr0 = 99\nexit";
    const filter = resolvedProg(port53, [], { type: BPF_PROG_TYPE_SOCKET_FILTER, section: "socket" });
    const target = unverified();
    const pair = [live!, target].map((each) => each.loadProg(filter, []));
    const [want, got] = pair.map((prog) => prog.replay(openCapture(example("dns.pcap"))).verdicts);
    expect(got).toEqual(want);
    expect(got).toEqual({ drop: 9, pass: 3 });
    for (const prog of pair) prog.close();
    target.close();
  });

  function ctxFor(section: string, length: number, sizes: Record<string, number>): Uint8Array {
    const ctx = new Uint8Array(sizes[section]!);
    if (section === "xdp") new DataView(ctx.buffer).setUint32(4, length, true);
    else new DataView(ctx.buffer).setUint32(8, 7, true);
    return ctx;
  }
});

type Rng = (below: number) => number;

/** One helper call: sets up arguments (r1 is ctx, kept in r6), and mixes the result into r7. */
type Call = (random: Rng) => string;

const pick = <T>(random: Rng, list: readonly T[]): T => list[random(list.length)]!;
const edge = (random: Rng): number =>
  pick(
    random,
    [0, 1, 2, 4, 13, 14, 15, 18, 20, 34, 40, 54, 60, 100, 1000, 3500, 4000, 65535, 65536, -1, -14, -20, -40],
  );

function call(name: string, args: readonly (number | string)[]): string {
  const lines = args.map((arg, i) =>
    typeof arg === "number" ? `r${i + 2} = ${arg} ll` : arg.replaceAll("@", `r${i + 2}`),
  );
  return [`r1 = r6`, ...lines, `call ${helperByName(name)!.id}`, MIX].join("\n");
}

const MIX = "r7 <<= 7\nr7 ^= r0\nr7 = r7\n";
/** A buffer of 64 bytes on the stack, set before. */
const BUF = "@ = r10\n@ += -64";

function mixBuf(bytes: number): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes; at += 8) lines.push(`r0 = *(u64 *)(r10 - ${64 - at})\n${MIX}`);
  return lines.join("\n");
}

const XDP_CALLS: readonly Call[] = [
  (r) => call("xdp_adjust_head", [edge(r)]),
  (r) => call("xdp_adjust_tail", [edge(r)]),
  (r) => call("xdp_adjust_meta", [pick(r, [-4, -8, -64, -252, -256, -3, 4, 8, 0])]),
  () => call("xdp_get_buff_len", []),
  (r) => call("xdp_load_bytes", [edge(r), BUF, pick(r, [1, 14, 64])]) + mixBuf(64),
  (r) => call("xdp_store_bytes", [edge(r), BUF, pick(r, [1, 14, 64])]),
  (r) =>
    call("redirect", [pick(r, [0, 1, 5]), pick(r, [0, 1])])
      .replace("r1 = r6\n", "")
      .replace(/r2/g, "r1")
      .replace(/r3/g, "r2"),
];

const SKB_CALLS: readonly Call[] = [
  (r) => call("skb_load_bytes", [edge(r), BUF, pick(r, [1, 14, 64])]) + mixBuf(64),
  (r) => call("skb_load_bytes_relative", [edge(r), BUF, pick(r, [1, 20, 64]), pick(r, [0, 1, 2])]) + mixBuf(64),
];

const hdr = (r: Rng): number => pick(r, [0, 2, 4, 3]);
const flags = (r: Rng): number => pick(r, [0, 0, 0, 1, 2, 3, 4, 8]);
const sum = (r: Rng): number => pick(r, [0, 1, 0xffff, 0x1234, 0xffffffff, r(2 ** 32)]);

const TC_CALLS: readonly Call[] = [
  ...SKB_CALLS,
  (r) => call("skb_store_bytes", [edge(r), BUF, pick(r, [1, 14, 64]), flags(r)]),
  (r) => call("skb_pull_data", [edge(r)]),
  (r) => call("skb_change_head", [pick(r, [0, 1, 14, 20, 200, 300, 4000, -1]), flags(r)]),
  (r) => call("skb_change_tail", [pick(r, [0, 10, 14, 20, 60, 100, 1000, 16064, 16065]), flags(r)]),
  (r) => call("skb_change_type", [pick(r, [0, 1, 3, 4])]),
  (r) => call("skb_change_proto", [pick(r, [0x0008, 0xdd86, 0x0608]), flags(r)]),
  (r) => call("skb_vlan_push", [pick(r, [0x0081, 0xa888, 0]), pick(r, [0, 42, 0xffff])]),
  () => call("skb_vlan_pop", []),
  (r) => call("skb_vlan_push", [0x0081, pick(r, [7, 0x2005])]),
  (r) =>
    call("skb_adjust_room", [
      pick(r, [4, 8, 20, 40, 50, 0, -4, -8, -20, -40, 5000]),
      pick(r, [0, 1, 2]),
      pick(r, [0, 0, 1, 2, 4, 6, 0x0a, 0x12, 0x14, 0x1a, 0x20, 0x42, 0x80, 0x100, 0x180, 0x200]),
    ]),
  (r) => call("l3_csum_replace", [pick(r, [24, 10, 25, 50, 60000, 65536]), sum(r), sum(r), hdr(r)]),
  (r) => call("l3_csum_replace", [24, 0, sum(r), 0]),
  (r) =>
    call("l4_csum_replace", [
      pick(r, [50, 40, 36, 41, 58, 65536]),
      sum(r),
      sum(r),
      hdr(r) | pick(r, [0, 0x10, 0x20, 0x60, 0x80, 0x100]),
    ]),
  (r) => call("l4_csum_replace", [50, 0, sum(r), pick(r, [0, 0x10, 0x20])]),
  (r) => call("csum_update", [sum(r)]),
  (r) => call("csum_level", [r(6)]),
  (r) => call("set_hash", [sum(r)]),
  () => call("set_hash_invalid", []),
  (r) => call("skb_set_tstamp", [pick(r, [0, 5]), pick(r, [0, 1, 2, 3])]),
  (r) => call("skb_set_tunnel_key", [BUF, pick(r, [44, 28, 24, 22, 8, 10]), pick(r, [0, 1, 2, 0x20])]),
  (r) => call("skb_get_tunnel_key", [BUF, pick(r, [44, 28, 24, 22, 8]), pick(r, [0, 1, 0x10, 0x20])]) + mixBuf(48),
  () => call("skb_get_tunnel_opt", [BUF, 16]) + mixBuf(16),
  () => call("get_route_realm", []),
  () => call("skb_ecn_set_ce", []),
  (r) =>
    call("check_mtu", [pick(r, [0, 1, 9]), "@ = r10\n@ += -64", pick(r, [0, 65000, -5]), pick(r, [0, 1, 2])]) +
    mixBuf(8),
];

/** Those of tc's calls that a program type may make. */
function allowed(type: number): readonly Call[] {
  const ids = new Set(helpersOf(type, 0));
  return TC_CALLS.filter((make) => ids.has(Number(/call (\d+)/.exec(make(() => 0))![1])));
}

const CSUM_DIFF: Call = (r) => {
  const size = (): number => pick(r, [0, 4, 8, 20, 40, 63]);
  const lines = [
    "r1 = r10",
    "r1 += -64",
    `r2 = ${size()}`,
    "r3 = r10",
    "r3 += -48",
    `r4 = ${pick(r, [0, 4, 8, 20, 40])}`,
  ];
  return `${lines.join("\n")}\nr5 = ${sum(r)} ll\ncall ${helperByName("csum_diff")!.id}\n${MIX}`;
};

function program(random: Rng, calls: readonly Call[], after: string): string {
  const body: string[] = [];
  const words = [0, 0x0123456789abcdefn, 0xffffffffffffffffn, BigInt(random(2 ** 32))];
  for (let i = 0; i < 1 + random(5); i++) {
    // Fresh buffer before each call: a helper may have written it.
    for (let at = -64; at < 0; at += 8) body.push(`r0 = ${pick(random, words)} ll`, `*(u64 *)(r10 - ${-at}) = r0`);
    body.push(pick(random, calls)(random));
  }
  return ["r6 = r1", "r7 = 0", ...body, after, "r0 = r7", "r7 >>= 32", "r0 ^= r7", "w0 = w0", "exit"].join("\n");
}

const fieldMix = (offsets: readonly number[]): string =>
  offsets.map((off) => `r0 = *(u32 *)(r6 + ${off})\n${MIX}`).join("\n");
/** len, pkt_type, mark, queue_mapping, protocol, vlan_present, vlan_tci, vlan_proto, priority. */
const SKB_FIELDS = fieldMix([0, 4, 8, 12, 16, 20, 24, 28, 32]);
/** lwt programs may not read the VLAN and queue fields: len, pkt_type, mark, protocol, priority. */
const LWT_FIELDS = fieldMix([0, 4, 8, 16, 32]);
/** data_end - data, data - data_meta. */
const XDP_FIELDS = `r0 = *(u32 *)(r6 + 4)\nr1 = *(u32 *)(r6 + 0)\nr2 = *(u32 *)(r6 + 8)\nr0 -= r1\n${MIX}r1 -= r2\nr0 = r1\n${MIX}`;

describe.skipIf(reason !== null)("random helper calls", () => {
  const live = reason === null ? linux() : null;
  afterAll(() => live?.close());

  const samples = [
    ...frames("http.pcapng").slice(0, 12),
    ...frames("dns.pcap").slice(0, 4),
    ...frames("ping6.pcap").slice(0, 2),
  ];
  const short = [
    [18, 0x08],
    [33, 0x08],
    [34, 0x08],
    [40, 0x86],
    [53, 0x86],
    [54, 0x86],
  ].map(([length, high]) => {
    const frame = new Uint8Array(length!);
    frame[12] = high!;
    frame[13] = high === 0x86 ? 0xdd : 0;
    return frame;
  });
  const odd = [
    ...short,
    new Uint8Array(13),
    new Uint8Array(14),
    Uint8Array.from({ length: 60 }, (_, i) => i),
    new Uint8Array(3520).fill(9),
    new Uint8Array(3521).fill(8),
    new Uint8Array(3712).fill(7),
    new Uint8Array(3713).fill(6),
    new Uint8Array(9000).fill(5),
  ];

  function tagged(frame: Uint8Array, tci: number): Uint8Array {
    const out = new Uint8Array(frame.length + 4);
    out.set(frame.subarray(0, 12));
    out.set([0x81, 0, tci >> 8, tci & 255], 12);
    out.set(frame.subarray(12), 16);
    return out;
  }

  it.each([
    { name: "xdp", type: BPF_PROG_TYPE_XDP, calls: [...XDP_CALLS, CSUM_DIFF], fields: XDP_FIELDS, ctxBytes: 24 },
    { name: "tc", type: BPF_PROG_TYPE_SCHED_CLS, calls: [...TC_CALLS, CSUM_DIFF], fields: SKB_FIELDS, ctxBytes: 192 },
    { name: "socket filter", type: BPF_PROG_TYPE_SOCKET_FILTER, calls: SKB_CALLS, fields: SKB_FIELDS, ctxBytes: 192 },
    {
      name: "lwt_out",
      type: BPF_PROG_TYPE_LWT_OUT,
      calls: [...allowed(BPF_PROG_TYPE_LWT_OUT), CSUM_DIFF],
      fields: LWT_FIELDS,
      ctxBytes: 192,
    },
    {
      name: "lwt_xmit",
      type: BPF_PROG_TYPE_LWT_XMIT,
      calls: allowed(BPF_PROG_TYPE_LWT_XMIT),
      fields: LWT_FIELDS,
      ctxBytes: 192,
    },
    {
      name: "cgroup_skb",
      type: BPF_PROG_TYPE_CGROUP_SKB,
      calls: [...SKB_CALLS, () => call("skb_ecn_set_ce", [])],
      fields: SKB_FIELDS,
      ctxBytes: 192,
    },
  ])("$name", ({ type, calls, fields, ctxBytes, name }) => {
    const next = seededRandom(SEED);
    const random: Rng = (below) => next() % below;
    let compared = 0;
    for (let n = 0; n < CASES; n++) {
      let text = program(random, calls, fields);
      if (name === "cgroup_skb") text = text.replace(/exit$/, "r0 &= 1\nexit");
      const prog = resolvedProg(text, [], { type, section: name });
      // Every fourth case goes the whole way: verified here, too, and compiled.
      const target = n % 4 === 0 ? embedded({ engine: "jit", memoryBytes: 8 << 20, random: 1 }) : unverified();
      const pair = [live!.loadProg(prog, []), target.loadProg(prog, [])];
      for (let k = 0; k < 4; k++) {
        const run = randomRun(random, type, ctxBytes);
        const [want, got] = pair.map((each) => outcome(each, run));
        if (want !== got) {
          const input = `data ${hex(run.data!)}\nctx ${hex(run.ctx ?? null)} flags ${run.flags ?? 0}`;
          expect(got, `SEED=${SEED} case ${n}\n${text}\n${input}`).toBe(want);
        }
        compared++;
      }
      pair[0]!.close();
      target.close();
    }
    expect(compared).toBe(4 * CASES);
  });

  it("flow dissector", () => {
    const next = seededRandom(SEED);
    const random: Rng = (below) => next() % below;
    for (let n = 0; n < CASES / 5; n++) {
      const keys = [0, 2, 4, 10, 12, 14].map(
        (off) => `r0 = ${pick(random, [0, 13, 14, 34, 80, 0xffff])}\n*(u16 *)(r8 + ${off}) = r0`,
      );
      const text = `
        r6 = r1
        r7 = 0
        r8 = *(u64 *)(r6 + 144)
        ${keys.filter(() => random(2) === 0).join("\n")}
        r1 = r6
        r2 = ${edge(random)} ll
        r3 = r10
        r3 += -64
        r4 = 4
        call ${helperByName("skb_load_bytes")!.id}
        r7 = r0
        r1 = *(u32 *)(r10 - 64)
        r7 ^= r1
        r1 = *(u32 *)(r6 + 76)
        r2 = *(u32 *)(r6 + 80)
        r2 -= r1
        r7 += r2
        r0 = r7
        exit`;
      const prog = resolvedProg(text, [], {
        type: BPF_PROG_TYPE_FLOW_DISSECTOR,
        section: "flow_dissector",
        expectedAttachType: 17,
      });
      const target = unverified();
      const pair = [live!.loadProg(prog, []), target.loadProg(prog, [])];
      for (let k = 0; k < 4; k++) {
        const run: TestRun = { data: pick(random, random(3) === 0 ? odd : samples) };
        if (random(3) === 0) {
          run.ctx = new Uint8Array(56);
          run.ctx[pick(random, [48, 48, 49, 0, 55])] = 1;
        }
        const [want, got] = pair.map((each) => outcome(each, run));
        expect(got, `SEED=${SEED} case ${n}\n${text}\ndata ${hex(run.data!)}`).toBe(want);
      }
      pair[0]!.close();
      target.close();
    }
  });

  it("redirect_map: slots, flags and the action instead", () => {
    // Loopback is in slot 1; a test run sends nothing.
    const dev = mapSpec(BPF_MAP_TYPE_DEVMAP, { name: "dev", valueSize: 4, maxEntries: 2 });
    const target = unverified();
    const maps = [live!, target].map((each) => each.createMap(dev, null));
    for (const map of maps) map.update(u32Bytes(1), u32Bytes(1), 0);
    for (const key of [0, 1, 2, 77]) {
      for (const flags of [0, 1, 2, 3, 4, 8, 16, 24, 32, "0x100000000"]) {
        const prog = resolvedProg(`r1 = map[dev] ll\nr2 = ${key}\nr3 = ${flags} ll\ncall 51\nexit`, [dev]);
        const pair = [live!, target].map((each, i) => each.loadProg(prog, [maps[i]!]));
        const [want, got] = pair.map((each) => outcome(each, { data: samples[0]! }));
        expect(got, `key ${key} flags ${flags}`).toBe(want);
        for (const each of pair) each.close();
      }
    }
    for (const map of maps) map.close();
    target.close();
  });

  it("syscall and sk_lookup", () => {
    const target = unverified();
    const compare = (text: string, fields: Partial<ProgSpec>, runs: readonly TestRun[]): void => {
      const pair = [live!, target].map((each) => each.loadProg(resolvedProg(text, [], fields), []));
      for (const run of runs) {
        const [want, got] = pair.map((each) => outcome(each, run));
        expect(got, hex(run.ctx ?? null)).toBe(want);
      }
      for (const each of pair) each.close();
    };
    const twice = "r0 = *(u32 *)(r1 + 0)\nr0 += r0\n*(u32 *)(r1 + 4) = r0\nexit";
    const syscall = { type: BPF_PROG_TYPE_SYSCALL, section: "syscall", sleepable: true };
    compare(twice, syscall, [
      { ctx: new Uint8Array(8).fill(3) },
      { ctx: new Uint8Array(64).fill(9) },
      { ctx: new Uint8Array(8), repeat: 2 },
      { ctx: new Uint8Array(8), flags: 1 },
    ]);
    // SK_PASS where all of it, mixed, is even.
    const words = [8, 12, 16, 20, 32, 36, 40, 44, 56, 60].map(
      (off) => `r3 = *(u32 *)(r1 + ${off})\nr2 ^= r3\nr3 >>= 5\nr2 ^= r3`,
    );
    const mixed = `r2 = 0\n${words.join("\n")}\nr0 = r2\nr0 &= 1\nexit`;
    const lookup = (values: Record<number, number>): TestRun => {
      const ctx = new Uint8Array(72);
      for (const [off, value] of Object.entries(values)) new DataView(ctx.buffer).setUint32(Number(off), value, true);
      return { ctx };
    };
    const random = seededRandom(SEED);
    const runs = [
      lookup({}),
      lookup({ 8: 2, 60: 65536 }),
      lookup({ 8: 2, 64: 1 }),
      lookup({ 8: 2, 0: 1 }),
      lookup({ 8: 0x10002, 12: 0x10006 }),
    ];
    for (let i = 0; i < 20; i++) {
      runs.push(
        lookup({
          8: i % 2 === 0 ? 2 : 10,
          12: random() % 20,
          16: random(),
          20: random(),
          32: random(),
          36: random(),
          40: random(),
          44: random(),
          60: random() % 65536,
        }),
      );
    }
    compare(mixed, { type: BPF_PROG_TYPE_SK_LOOKUP, section: "sk_lookup", expectedAttachType: 36 }, runs);
    target.close();
  });

  it("raw tracepoint", () => {
    const prog = resolvedProg("r0 = *(u64 *)(r1 + 8)\nexit", [], {
      type: BPF_PROG_TYPE_RAW_TRACEPOINT,
      section: "raw_tp",
    });
    const target = unverified();
    const pair = [live!.loadProg(prog, []), target.loadProg(prog, [])];
    const runs: TestRun[] = [
      { ctx: new Uint8Array(16).fill(7) },
      { ctx: new Uint8Array(104) },
      { ctx: new Uint8Array(16), data: new Uint8Array(14) },
    ];
    for (const run of runs) {
      const [want, got] = pair.map((each) => outcome(each, run));
      expect(got).toBe(want);
    }
    pair[0]!.close();
    target.close();
  });

  function randomRun(random: Rng, type: number, ctxBytes: number): TestRun {
    let data = pick(random, random(4) === 0 ? odd : samples);
    if (random(5) === 0 && data.length > 14) data = tagged(data, 0x2005);
    if (random(12) === 0) data = tagged(data.length > 14 ? data : pick(random, samples), 0x3006);
    const run: TestRun = { data };
    if (random(3) === 0) run.ctx = randomCtx(random, type, data.length, ctxBytes);
    if (random(6) === 0 && type !== BPF_PROG_TYPE_XDP) run.flags = 4;
    return run;
  }

  function randomCtx(random: Rng, type: number, length: number, bytes: number): Uint8Array {
    const ctx = new Uint8Array(bytes);
    const view = new DataView(ctx.buffer);
    if (type === BPF_PROG_TYPE_XDP) {
      view.setUint32(0, pick(random, [0, 0, 4, 8, 32, 216, 220, 3]), true);
      view.setUint32(4, pick(random, [length, length, length - 1, 20, length + 1]), true);
      view.setUint32(12, pick(random, [0, 0, 0, 1, 999]), true);
      view.setUint32(16, pick(random, [0, 0, 0, 1]), true);
      view.setUint32(20, pick(random, [0, 0, 0, 0, 0, 1]), true);
      return ctx;
    }
    view.setUint32(8, random(2 ** 32), true);
    view.setUint32(32, random(100), true);
    view.setUint32(36, random(3), true);
    view.setUint32(40, pick(random, [0, 1, 1, 1, 999]), true);
    view.setUint32(48 + 4 * random(5), random(2 ** 32), true);
    view.setUint32(152, random(2), true);
    view.setUint32(160, pick(random, [0, 0, length, length + 10, 1, 65537]), true);
    view.setUint32(164, pick(random, [0, 0, 0, 1, 65536]), true);
    view.setUint32(176, pick(random, [0, 0, 0, 1]), true);
    if (random(10) === 0) view.setUint32(4 * random(48), 1, true);
    return ctx;
  }
});
