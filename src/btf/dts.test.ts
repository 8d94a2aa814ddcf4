import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type DtsObject, declarations, interfaceName } from "./dts.ts";
import type { BtfInt } from "./types.ts";
import { BtfBuilder } from "./write.ts";

const int = (name: string, sizeBytes: number, signed = false, more: Partial<BtfInt> = {}): BtfInt => ({
  kind: "int",
  name,
  sizeBytes,
  bits: sizeBytes * 8,
  bitOff: 0,
  signed,
  char: false,
  bool: false,
  ...more,
});
const words = {
  prog: (type: number) => ["unspec", "xdp", "sched_cls"][type]!,
  map: (type: number) => ["hash", "percpu_array", "ringbuf"][type]!,
};

function object(): DtsObject {
  const b = new BtfBuilder();
  const [u8, u16, u32, u64] = [
    b.add(int("unsigned char", 1)),
    b.add(int("u16", 2)),
    b.add(int("u32", 4)),
    b.add(int("u64", 8)),
  ];
  const char = b.add(int("char", 1, true));
  const bool = b.add(int("_Bool", 1, false, { bool: true }));
  const be32 = b.add({ kind: "typedef", name: "__be32", typeId: u32 });
  const ptr = b.add({ kind: "ptr", name: "", typeId: 0 });
  const array = (typeId: number, nelems: number) =>
    b.add({ kind: "array", name: "", typeId, indexTypeId: u32, nelems });
  const member = (name: string, typeId: number, off: number, bitSize = 0) => ({
    name,
    typeId,
    bitOff: off * 8,
    bitSize,
  });
  const state = b.add({
    kind: "enum",
    name: "conn_state",
    sizeBytes: 4,
    signed: false,
    values: [
      { name: "NEW", value: 0n },
      { name: "OPEN", value: 1n },
    ],
  });
  const pair = b.add({
    kind: "struct",
    name: "",
    sizeBytes: 4,
    members: [member("low", u16, 0), member("high", u16, 2)],
  });
  const anonymous = b.add({
    kind: "union",
    name: "",
    sizeBytes: 4,
    members: [member("word", u32, 0), member("", pair, 0)],
  });
  const flow = b.add({
    kind: "struct",
    name: "flow",
    sizeBytes: 64,
    members: [
      member("saddr", be32, 0),
      member("", anonymous, 4),
      member("bytes", u64, 8),
      member("comm", array(char, 8), 16),
      member("mac", array(u8, 6), 24),
      member("ports", array(u16, 2), 30),
      member("state", state, 34),
      member("states", array(state, 2), 38),
      member("task", ptr, 48),
      member("flag", u32, 56, 1),
      member("new", bool, 60),
      member("pair", pair, 61),
    ].filter((m) => m.name !== "pair"),
  });
  const typedef = b.add({ kind: "typedef", name: "key_t", typeId: pair });
  const clash = b.add({ kind: "struct", name: "uint8_array", sizeBytes: 4, members: [member("a-b", u32, 0)] });
  const own = b.add({ kind: "struct", name: "syn_guard", sizeBytes: 4, members: [member("x", u32, 0)] });
  const fwd = b.add({ kind: "fwd", name: "hidden", union: false });
  const variable = (name: string, typeId: number) => b.add({ kind: "var", name, typeId, linkage: "global" });
  const rodata = b.add({
    kind: "datasec",
    name: ".rodata",
    sizeBytes: 8,
    vars: [
      { typeId: variable("limit", b.add({ kind: "const", name: "", typeId: u32 })), offBytes: 0, sizeBytes: 4 },
      { typeId: variable("on", bool), offBytes: 4, sizeBytes: 1 },
    ],
  });
  const btf = b.build();
  const map = (name: string, type: number, keyTypeId: number, valueTypeId: number, more = {}) => ({
    name,
    type,
    keySize: keyTypeId === 0 ? 0 : 4,
    valueSize: 4,
    keyTypeId,
    valueTypeId,
    btf,
    global: null,
    ...more,
  });
  return {
    name: "examples/syn_guard.bpf.o",
    programs: [
      { name: "syn_guard", type: 1 },
      { name: "mark", type: 2 },
    ],
    maps: [
      map("flows", 0, typedef, flow),
      map("counts", 1, u32, u64),
      map("states", 1, u32, state),
      map("events", 2, 0, 0),
      map("odd", 0, clash, own),
      map("declared", 0, u32, fwd),
      map("raw", 0, 0, 0, { btf: null, keySize: 4 }),
      map("syn_gua.rodata", 0, u32, rodata, { global: "rodata" }),
      map("syn_gua.kconfig", 0, u32, 0, { global: "kconfig" }),
    ],
  };
}

const EXPECTED = `// Written by \`skep gen syn_guard.bpf.o\`: the types of its programs, maps and globals.

export interface SynGuard {
  programs: {
    syn_guard: "xdp";
    mark: "sched_cls";
  };
  maps: {
    flows: { type: "hash"; key: KeyT; value: Flow };
    counts: { type: "percpu_array"; key: number; value: bigint[] };
    states: { type: "percpu_array"; key: number; value: ConnState[] };
    events: { type: "ringbuf"; key: never; value: Uint8Array };
    odd: { type: "hash"; key: Uint8Array2; value: SynGuard2 };
    declared: { type: "hash"; key: number; value: unknown };
    raw: { type: "hash"; key: Uint8Array; value: Uint8Array };
  };
  rodata: {
    limit: number;
    on: boolean;
  };
  data: {};
  bss: {};
}

/** key_t, 4 bytes */
export interface KeyT {
  low: number;
  high: number;
}

/** struct flow, 64 bytes */
export interface Flow {
  /** big-endian in memory, host order here */
  saddr: number;
  word: number;
  low: number;
  high: number;
  bytes: bigint;
  comm: string;
  mac: Uint8Array;
  ports: number[];
  state: ConnState;
  states: ConnState[];
  task: bigint;
  /** 1 bit */
  flag: number;
  new: boolean;
}

/** enum conn_state */
export type ConnState = "NEW" | "OPEN" | number;

/** struct uint8_array, 4 bytes */
export interface Uint8Array2 {
  "a-b": number;
}

/** struct syn_guard, 4 bytes */
export interface SynGuard2 {
  x: number;
}
`;

test("declares programs, maps, globals and the types they use", () => {
  expect(declarations(object(), words)).toBe(EXPECTED);
  expect(declarations(object(), words, "Other")).toContain("export interface Other {");
});

test("interfaces are called after the file", () => {
  expect(["a/syn_guard.bpf.o", "x.o", "10-percent.bpf.o", "C:\\bpf\\my.prog.bpf.o", ".o"].map(interfaceName)).toEqual([
    "SynGuard",
    "X",
    "_10Percent",
    "MyProg",
    "BpfObject",
  ]);
});

test("the text compiles under strict rules, fits load(), and a wrong name does not", () => {
  const folder = mkdtempSync(join(tmpdir(), "skep-dts-"));
  try {
    const shape = new URL("../loader/shape.ts", import.meta.url).pathname;
    writeFileSync(join(folder, "syn_guard.ts"), declarations(object(), words));
    writeFileSync(
      join(folder, "use.ts"),
      `import type { ObjectShape } from ${JSON.stringify(shape)};
import type { Flow, SynGuard } from "./syn_guard.ts";
function check<T extends ObjectShape>(shape: T["maps"]): keyof T["maps"] | undefined { return Object.keys(shape)[0]; }
export const used = check<SynGuard>;
export const type: SynGuard["programs"]["syn_guard"] = "xdp";
export const saddr: number = ({} as Flow).saddr;
// @ts-expect-error no such map
export type NoMap = SynGuard["maps"]["none"];
// @ts-expect-error no such member
export const none = ({} as Flow).none;
// @ts-expect-error no such enumerator
export const state: Flow["state"] = "CLOSED";
`,
    );
    const tsc = new URL("../../node_modules/.bin/tsc", import.meta.url).pathname;
    const flags = [
      "--noEmit",
      "--strict",
      "--target",
      "es2022",
      "--module",
      "nodenext",
      "--allowImportingTsExtensions",
    ];
    const result = spawnSync(tsc, [...flags, join(folder, "use.ts")], { encoding: "utf8", cwd: folder });
    expect(result.stdout).toBe("");
    expect(result.status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
