/**
 * The rows of the op table that load and store, family by family, as drafts that ops.ts completes.
 * Sources: RFC 9669 sections 4, 5 and appendix A; Linux kernel/bpf/verifier.c (check_alu_op, do_check_insn) and
 * kernel/bpf/disasm.c; LLVM lib/Target/BPF/BPFInstrInfo.td.
 */
import {
  BPF_ABS,
  BPF_ADD,
  BPF_AND,
  BPF_ATOMIC,
  BPF_B,
  BPF_CMPXCHG,
  BPF_DW,
  BPF_FETCH,
  BPF_H,
  BPF_IND,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_MEM,
  BPF_MEMSX,
  BPF_OR,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_W,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from "./codes.ts";
import type { Draft } from "./op-types.ts";

export const MEMORY_ROWS: Draft[] = [];

function add(draft: Draft): void {
  MEMORY_ROWS.push(draft);
}

// ---- loads and stores: RFC 9669 5.2, 5.3, 5.4 ----

const SIZES = [
  ["b", BPF_B, 1, 8],
  ["h", BPF_H, 2, 16],
  ["w", BPF_W, 4, 32],
  ["dw", BPF_DW, 8, 64],
] as const;

for (const [suffix, size, sizeBytes, bits] of SIZES) {
  const narrow = bits === 64 ? ["{dst}", "{src}"] : ["{ldst}", "{lsrc}"];
  const group = bits === 64 ? "base64" : "base32";
  const mem = { access: "load", base: "src", sizeBytes, signed: false } as const;
  const store = { access: "store", base: "dst", sizeBytes, signed: false } as const;
  add({
    name: `ldx${suffix}`,
    kind: "ldx",
    code: BPF_LDX | BPF_MEM | size,
    dst: "w",
    src: "r",
    off: "mem",
    bits,
    mem,
    text: `${narrow[0]} = *(u${bits} *)({src+off})`,
    group,
    cpu: 1,
    since: "3.18",
  });
  if (bits !== 64) {
    add({
      name: `ldxs${suffix}`,
      kind: "ldx",
      code: BPF_LDX | BPF_MEMSX | size,
      dst: "w",
      src: "r",
      off: "mem",
      bits,
      mem: { ...mem, signed: true },
      text: `{dst} = *(s${bits} *)({src+off})`,
      group: "base64",
      cpu: 4,
      since: "6.6",
    });
  }
  add({
    name: `st${suffix}`,
    kind: "st",
    code: BPF_ST | BPF_MEM | size,
    dst: "r",
    off: "mem",
    imm: "value",
    bits,
    mem: store,
    text: `*(u${bits} *)({dst+off}) = {imm}`,
    group,
    cpu: 4,
    since: "3.18",
  });
  add({
    name: `stx${suffix}`,
    kind: "stx",
    code: BPF_STX | BPF_MEM | size,
    dst: "r",
    src: "r",
    off: "mem",
    bits,
    mem: store,
    text: `*(u${bits} *)({dst+off}) = ${narrow[1]}`,
    group,
    cpu: 1,
    since: "3.18",
  });
  const ordered = { group: "linux", cpu: 0, since: "6.15", match: ["imm"], off: "mem", bits } as const;
  add({
    ...ordered,
    name: `load_acquire${bits}`,
    kind: "load_acquire",
    code: BPF_STX | BPF_ATOMIC | size,
    dst: "w",
    src: "r",
    imm: BPF_LOAD_ACQ,
    mem: { ...mem },
    operator: "load_acquire",
    text: `${bits === 64 ? "{dst}" : "{wdst}"} = load_acquire((u${bits} *)({src+off}))`,
    kernelText: `{dst} = load_acquire((u${bits} *)({src+off}))`,
  });
  add({
    ...ordered,
    name: `store_release${bits}`,
    kind: "store_release",
    code: BPF_STX | BPF_ATOMIC | size,
    dst: "r",
    src: "r",
    imm: BPF_STORE_REL,
    mem: store,
    operator: "store_release",
    text: `store_release((u${bits} *)({dst+off}), ${bits === 64 ? "{src}" : "{wsrc}"})`,
    kernelText: `store_release((u${bits} *)({dst+off}), {src})`,
  });
  if (bits === 64) continue;
  // Legacy packet loads, RFC 9669 5.5: r6 must be the ctx; a read past the end exits the program with 0.
  const packet = {
    mem: { access: "load", base: "packet", sizeBytes, signed: false },
    bits,
    reads: ["r6"],
    writes: ["r0", "args"],
    imm: "value",
    group: "packet",
    cpu: 1,
    since: "3.18",
  } as const;
  add({
    ...packet,
    name: `ldabs${suffix}`,
    kind: "ldabs",
    code: BPF_LD | BPF_ABS | size,
    text: `r0 = *(u${bits} *)skb[{imm}]`,
  });
  add({
    ...packet,
    name: `ldind${suffix}`,
    kind: "ldind",
    code: BPF_LD | BPF_IND | size,
    src: "r",
    text: `r0 = *(u${bits} *)skb[{src}{plusimm}]`,
    kernelText: `r0 = *(u${bits} *)skb[{src} + {imm}]`,
  });
}

// Atomics, RFC 9669 5.3. The fetching forms write the old value to src; cmpxchg compares with and writes to r0.
const ATOMICS: readonly (readonly [string, number, string])[] = [
  ["add", BPF_ADD, "+="],
  ["or", BPF_OR, "|="],
  ["and", BPF_AND, "&="],
  ["xor", BPF_XOR, "^="],
];

for (const bits of [32, 64] as const) {
  const size = bits === 64 ? BPF_DW : BPF_W;
  const s = bits === 64 ? "{src}" : "{wsrc}";
  const r0 = bits === 64 ? "r0" : "w0";
  const ptr = `(u${bits} *)({dst+off})`;
  const suffix = bits === 64 ? "64" : "";
  const row = {
    kind: "atomic",
    code: BPF_STX | BPF_ATOMIC | size,
    dst: "r",
    off: "mem",
    match: ["imm"],
    bits,
    mem: { access: "atomic", base: "dst", sizeBytes: bits === 64 ? 8 : 4, signed: false },
    group: `atomic${bits}`,
    cpu: bits === 64 ? 1 : 3,
  } as const;
  for (const [name, op, operator] of ATOMICS) {
    add({
      ...row,
      name: `atomic_${name}${bits}`,
      src: "r",
      imm: op,
      operator,
      text: `lock *${ptr} ${operator} ${s}`,
      kernelText: `lock *${ptr} ${operator} {src}`,
      cpu: op === BPF_ADD ? 1 : 3,
      since: op === BPF_ADD ? "3.18" : "5.12",
    });
    add({
      ...row,
      name: `atomic_fetch_${name}${bits}`,
      src: "rw",
      imm: op | BPF_FETCH,
      operator: `atomic_fetch_${name}`,
      text: `${s} = atomic_fetch_${name}(${ptr}, ${s})`,
      kernelText: `{src} = atomic${suffix}_fetch_${name}(${ptr}, {src})`,
      cpu: 3,
      since: "5.12",
    });
  }
  add({
    ...row,
    name: `xchg${bits}`,
    src: "rw",
    imm: BPF_XCHG,
    operator: "xchg",
    text: `${s} = ${bits === 64 ? "xchg_64" : "xchg32_32"}({dst+off}, ${s})`,
    kernelText: `{src} = atomic${suffix}_xchg(${ptr}, {src})`,
    cpu: 3,
    since: "5.12",
  });
  add({
    ...row,
    name: `cmpxchg${bits}`,
    src: "r",
    imm: BPF_CMPXCHG,
    operator: "cmpxchg",
    reads: ["r0"],
    writes: ["r0"],
    text: `${r0} = ${bits === 64 ? "cmpxchg_64" : "cmpxchg32_32"}({dst+off}, ${r0}, ${s})`,
    kernelText: `r0 = atomic${suffix}_cmpxchg(${ptr}, r0, {src})`,
    cpu: 3,
    since: "5.12",
  });
}

// The 16-byte load, RFC 9669 5.4: src says what the 64 bits name.
for (const [name, src, since] of [
  ["lddw", 0, "3.18"],
  ["lddw_map_fd", BPF_PSEUDO_MAP_FD, "3.18"],
  ["lddw_map_value", BPF_PSEUDO_MAP_VALUE, "5.2"],
  ["lddw_btf_id", BPF_PSEUDO_BTF_ID, "5.10"],
  ["lddw_func", BPF_PSEUDO_FUNC, "5.13"],
  ["lddw_map_idx", BPF_PSEUDO_MAP_IDX, "5.14"],
  ["lddw_map_idx_value", BPF_PSEUDO_MAP_IDX_VALUE, "5.14"],
] as const) {
  add({
    name,
    kind: "lddw",
    code: LD_IMM64,
    dst: "w",
    src,
    imm: src === 0 ? "value" : src === BPF_PSEUDO_FUNC ? "jump" : "id",
    match: ["src"],
    slots: 2,
    bits: 64,
    text: "{dst} = {imm64} ll",
    kernelText: "{dst} = {imm64}",
    group: "base64",
    cpu: 1,
    since,
  });
}
