/**
 * The op table: one row for every instruction of RFC 9669 and of Linux up to 6.18. Assembler, disassembler, verifier,
 * engines' coverage tests and docs all read it.
 *
 * A row is found by `code` and, where several rows share a code, by the fixed fields named in `match`:
 *
 *     0xbf  off 0  mov64_reg        0xbf  off 8  movsx64_8        0xbf  off 1  addr_space_cast
 *     0x85  src 0  call             0x85  src 1  call_local       0x85  src 2  call_kfunc
 *     0xdb  imm 0  atomic_add64     0xdb  imm 1  atomic_fetch_add64   ...
 *
 * Every other fixed field (a number instead of a use) is reserved: Linux refuses a program where it differs.
 * Sources: RFC 9669 sections 4, 5 and appendix A; Linux kernel/bpf/verifier.c (check_alu_op, do_check_insn) and
 * kernel/bpf/disasm.c; LLVM lib/Target/BPF/BPFInstrInfo.td.
 */
import {
  BPF_ABS,
  BPF_ADD,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_ATOMIC,
  BPF_B,
  BPF_CALL,
  BPF_CMPXCHG,
  BPF_DIV,
  BPF_DW,
  BPF_END,
  BPF_EXIT,
  BPF_FETCH,
  BPF_H,
  BPF_IND,
  BPF_JA,
  BPF_JCOND,
  BPF_JEQ,
  BPF_JGE,
  BPF_JGT,
  BPF_JLE,
  BPF_JLT,
  BPF_JMP,
  BPF_JMP32,
  BPF_JNE,
  BPF_JSET,
  BPF_JSGE,
  BPF_JSGT,
  BPF_JSLE,
  BPF_JSLT,
  BPF_K,
  BPF_LD,
  BPF_LDX,
  BPF_LOAD_ACQ,
  BPF_LSH,
  BPF_MAY_GOTO,
  BPF_MEM,
  BPF_MEMSX,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_FUNC,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_FD,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
  BPF_PSEUDO_MAP_VALUE,
  BPF_RSH,
  BPF_ST,
  BPF_STORE_REL,
  BPF_STX,
  BPF_SUB,
  BPF_W,
  BPF_X,
  BPF_XCHG,
  BPF_XOR,
  LD_IMM64,
} from "./codes.ts";
import type { InsnBuf } from "./insn.ts";

/** What an instruction does with the register that a field names. */
export type RegUse = "r" | "w" | "rw";

/** RFC 9669 section 2.4, or "linux" for what only Linux has. */
export type OpGroup = "base32" | "base64" | "atomic32" | "atomic64" | "divmul32" | "divmul64" | "packet" | "linux";

/** Family that a row belongs to: the arm that a consumer needs. */
export type OpKind =
  | "alu"
  | "neg"
  | "end"
  | "bswap"
  | "movsx"
  | "addr_space_cast"
  | "ldx"
  | "st"
  | "stx"
  | "atomic"
  | "load_acquire"
  | "store_release"
  | "lddw"
  | "ldabs"
  | "ldind"
  | "ja"
  | "jmp"
  | "may_goto"
  | "call"
  | "exit";

export interface MemEffect {
  readonly access: "load" | "store" | "atomic";
  /** Field that names the base register; "packet" for the legacy loads from an skb. */
  readonly base: "dst" | "src" | "packet";
  readonly sizeBytes: 1 | 2 | 4 | 8;
  /** Sign-extending load. */
  readonly signed: boolean;
}

export interface OpRow {
  /** Index in OPS. */
  readonly id: number;
  /** Stable name: "add64_imm", "jslt32_reg", "atomic_fetch_add64". */
  readonly name: string;
  readonly kind: OpKind;
  readonly code: number;
  /** Fields as uses, or as the number that must stand there. */
  readonly dst: RegUse | 0;
  readonly src: RegUse | number;
  /** "mem": displacement in bytes; "jump": slots relative to the next insn; "fd": index in fd_array. */
  readonly off: "mem" | "jump" | "fd" | number;
  /** "value": sign-extended operand; "jump": slots relative to the next insn; "id": helper, BTF id, map or fd; "spaces": hi<<16|lo. */
  readonly imm: "value" | "jump" | "id" | "spaces" | number;
  /** Fixed fields that tell this row from others with the same code. */
  readonly match: readonly ("src" | "off" | "imm")[];
  /** 2 for LD_IMM64, whose second slot holds imm's upper half (or the offset into a map value), else 1. */
  readonly slots: 1 | 2;
  /** Width of the operation: 64, 32 (upper half of dst is zeroed), or the width that end, bswap and movsx take from. */
  readonly bits: 8 | 16 | 32 | 64;
  /** Operator as LLVM writes it: "+=", "s>", "be", "atomic_fetch_add"; "" where none. */
  readonly operator: string;
  /** Text in llvm-objdump's notation, and in the kernel's own where that differs by more than its slots. */
  readonly text: string;
  readonly kernelText: string;
  readonly mem: MemEffect | null;
  readonly flow: "next" | "jump" | "branch" | "call" | "exit";
  /** Registers used besides those that fields name: "args" are r1..r5. */
  readonly reads: readonly ("r0" | "r6" | "args")[];
  readonly writes: readonly ("r0" | "args")[];
  readonly group: OpGroup;
  /** Lowest clang -mcpu=vN that emits it by itself; 0 where clang never does. */
  readonly cpu: 0 | 1 | 2 | 3 | 4;
  /** First kernel that takes it, "" for none. */
  readonly since: string;
}

type Draft = Partial<OpRow> & Pick<OpRow, "name" | "kind" | "code" | "text" | "group" | "since">;

const drafts: Draft[] = [];

function add(draft: Draft): void {
  drafts.push(draft);
}

// ---- arithmetic: RFC 9669 4.1 ----

// name, operation, operator, group, signed twin of div and mod (off = 1)
const ALU_OPS: readonly (readonly [string, number, string, "base" | "divmul"])[] = [
  ["add", BPF_ADD, "+=", "base"],
  ["sub", BPF_SUB, "-=", "base"],
  ["mul", BPF_MUL, "*=", "divmul"],
  ["div", BPF_DIV, "/=", "divmul"],
  ["or", BPF_OR, "|=", "base"],
  ["and", BPF_AND, "&=", "base"],
  ["lsh", BPF_LSH, "<<=", "base"],
  ["rsh", BPF_RSH, ">>=", "base"],
  ["mod", BPF_MOD, "%=", "divmul"],
  ["xor", BPF_XOR, "^=", "base"],
  ["mov", BPF_MOV, "=", "base"],
  ["arsh", BPF_ARSH, "s>>=", "base"],
];

for (const bits of [32, 64] as const) {
  const cls = bits === 64 ? BPF_ALU64 : BPF_ALU;
  const [d, s] = bits === 64 ? ["{dst}", "{src}"] : ["{wdst}", "{wsrc}"];
  const cpu = bits === 64 ? 1 : 3;
  for (const [name, op, operator, family] of ALU_OPS) {
    const group = `${family}${bits}` as const;
    const dst = op === BPF_MOV ? "w" : "rw";
    const signable = op === BPF_DIV || op === BPF_MOD;
    for (const signed of signable ? [false, true] : [false]) {
      const row = {
        kind: "alu",
        dst,
        off: signed ? 1 : 0,
        bits,
        operator: signed ? `s${operator}` : operator,
        group,
        cpu: signed ? 4 : cpu,
        since: signed ? "6.6" : "3.18",
      } as const;
      const match = signable ? (["off"] as const) : [];
      const stem = `${signed ? "s" : ""}${name}${bits}`;
      const text = `${d} ${row.operator}`;
      add({ ...row, name: `${stem}_imm`, code: cls | op | BPF_K, imm: "value", match, text: `${text} {imm}` });
      add({
        ...row,
        name: `${stem}_reg`,
        code: cls | op | BPF_X,
        src: "r",
        match: op === BPF_MOV ? ["off"] : match,
        text: `${text} ${s}`,
      });
    }
  }
  for (const from of [8, 16, 32] as const) {
    if (from >= bits) continue;
    add({
      name: `movsx${bits}_${from}`,
      kind: "movsx",
      code: cls | BPF_MOV | BPF_X,
      dst: "w",
      src: "r",
      off: from,
      match: ["off"],
      bits: from,
      operator: `(s${from})`,
      text: `${d} = (s${from})${s}`,
      group: `base${bits}`,
      cpu: 4,
      since: "6.6",
    });
  }
  add({
    name: `neg${bits}`,
    kind: "neg",
    code: cls | BPF_NEG,
    dst: "rw",
    bits,
    operator: "-",
    text: `${d} = -${d}`,
    group: `base${bits}`,
    cpu,
    since: "3.18",
  });
}

add({
  name: "addr_space_cast",
  kind: "addr_space_cast",
  code: BPF_ALU64 | BPF_MOV | BPF_X,
  dst: "w",
  src: "r",
  off: BPF_ADDR_SPACE_CAST,
  imm: "spaces",
  match: ["off"],
  bits: 64,
  operator: "addr_space_cast",
  text: "{dst} = addr_space_cast({src}, {hi}, {lo})",
  group: "linux",
  cpu: 1,
  since: "6.9",
});

// Byte swaps, RFC 9669 4.2: imm is the width; all work on the whole register and zero what lies above the width.
for (const [name, kind, code, cpu, since] of [
  ["le", "end", BPF_ALU | BPF_END | BPF_K, 1, "3.18"],
  ["be", "end", BPF_ALU | BPF_END | BPF_X, 1, "3.18"],
  ["bswap", "bswap", BPF_ALU64 | BPF_END | BPF_K, 4, "6.6"],
] as const) {
  for (const bits of [16, 32, 64] as const) {
    add({
      name: `${name}${bits}`,
      kind,
      code,
      dst: "rw",
      imm: bits,
      match: ["imm"],
      bits,
      operator: name,
      text: `{dst} = ${name}${bits} {dst}`,
      group: bits === 64 || kind === "bswap" ? "base64" : "base32",
      cpu,
      since,
    });
  }
}

// ---- jumps: RFC 9669 4.3 ----

const JMP_OPS: readonly (readonly [string, number, string, 1 | 2, string])[] = [
  ["jeq", BPF_JEQ, "==", 1, "3.18"],
  ["jgt", BPF_JGT, ">", 1, "3.18"],
  ["jge", BPF_JGE, ">=", 1, "3.18"],
  ["jset", BPF_JSET, "&", 1, "3.18"],
  ["jne", BPF_JNE, "!=", 1, "3.18"],
  ["jsgt", BPF_JSGT, "s>", 1, "3.18"],
  ["jsge", BPF_JSGE, "s>=", 1, "3.18"],
  ["jlt", BPF_JLT, "<", 2, "4.14"],
  ["jle", BPF_JLE, "<=", 2, "4.14"],
  ["jslt", BPF_JSLT, "s<", 2, "4.14"],
  ["jsle", BPF_JSLE, "s<=", 2, "4.14"],
];

for (const bits of [64, 32] as const) {
  const cls = bits === 64 ? BPF_JMP : BPF_JMP32;
  const [d, s] = bits === 64 ? ["{dst}", "{src}"] : ["{wdst}", "{wsrc}"];
  for (const [name, op, operator, cpu, since] of JMP_OPS) {
    const row = {
      kind: "jmp",
      dst: "r",
      off: "jump",
      bits,
      operator,
      flow: "branch",
      group: `base${bits}`,
      cpu: bits === 64 ? cpu : 3,
      since: bits === 64 ? since : "5.1",
    } as const;
    const stem = `${name}${bits === 32 ? "32" : ""}`;
    const text = `if ${d} ${operator}`;
    add({ ...row, name: `${stem}_imm`, code: cls | op | BPF_K, imm: "value", text: `${text} {cmp} goto {jump}` });
    add({ ...row, name: `${stem}_reg`, code: cls | op | BPF_X, src: "r", text: `${text} ${s} goto {jump}` });
  }
}

add({
  name: "ja",
  kind: "ja",
  code: BPF_JMP | BPF_JA,
  off: "jump",
  flow: "jump",
  operator: "goto",
  text: "goto {jump}",
  group: "base32",
  cpu: 1,
  since: "3.18",
});
add({
  name: "gotol",
  kind: "ja",
  code: BPF_JMP32 | BPF_JA,
  imm: "jump",
  flow: "jump",
  operator: "gotol",
  text: "gotol {jumpl}",
  group: "base32",
  cpu: 4,
  since: "6.6",
});
add({
  name: "may_goto",
  kind: "may_goto",
  code: BPF_JMP | BPF_JCOND,
  src: BPF_MAY_GOTO,
  off: "jump",
  match: ["src"],
  flow: "branch",
  operator: "may_goto",
  text: "may_goto {jump}",
  group: "linux",
  cpu: 0,
  since: "6.9",
});

for (const [name, src, text, kernelText, group, since] of [
  ["call", 0, "call {func}", "call {func}#{callid}", "base32", "3.18"],
  ["call_local", BPF_PSEUDO_CALL, "call {func}", "call pc{func}", "base32", "4.16"],
  ["call_kfunc", BPF_PSEUDO_KFUNC_CALL, "call {func}", "call {func}#{callid}", "base32", "5.13"],
] as const) {
  add({
    name,
    kind: "call",
    code: BPF_JMP | BPF_CALL,
    src,
    off: name === "call_kfunc" ? "fd" : 0,
    imm: name === "call_local" ? "jump" : "id",
    match: ["src"],
    flow: "call",
    operator: "call",
    reads: ["args"],
    writes: ["r0", "args"],
    text,
    kernelText,
    group,
    cpu: 1,
    since,
  });
}
// Clang's encoding of an indirect call (LLVM 19 and later: the register is in dst). Linux has no such instruction.
add({
  name: "callx",
  kind: "call",
  code: BPF_JMP | BPF_CALL | BPF_X,
  dst: "r",
  flow: "call",
  operator: "callx",
  reads: ["args"],
  writes: ["r0", "args"],
  text: "callx {dst}",
  group: "linux",
  cpu: 1,
  since: "",
});
add({
  name: "exit",
  kind: "exit",
  code: BPF_JMP | BPF_EXIT,
  flow: "exit",
  operator: "exit",
  reads: ["r0"],
  text: "exit",
  group: "base32",
  cpu: 1,
  since: "3.18",
});

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

/** Every row; `id` is the index. */
export const OPS: readonly OpRow[] = drafts.map((draft, id) => ({
  dst: 0,
  src: 0,
  off: 0,
  imm: 0,
  match: [],
  slots: 1,
  bits: 64,
  operator: "=",
  mem: null,
  flow: "next",
  reads: [],
  writes: [],
  cpu: 1,
  ...draft,
  kernelText: draft.kernelText ?? draft.text,
  id,
}));

const byCode: OpRow[][] = Array.from({ length: 256 }, () => []);
const byName = new Map<string, OpRow>();
for (const row of OPS) {
  byCode[row.code]!.push(row);
  byName.set(row.name, row);
}

/** Rows that share an opcode byte, none for an unknown one. */
export function opsOfCode(code: number): readonly OpRow[] {
  return byCode[code & 255]!;
}

export function opByName(name: string): OpRow | undefined {
  return byName.get(name);
}

/**
 * The row that an instruction's code and matching fields select, or undefined: an unknown code, or a known one with a
 * qualifier that no row has (`r0 = be24 r0`, an unknown atomic).
 */
export function findOp(code: number, src: number, off: number, imm: number): OpRow | undefined {
  const rows = byCode[code]!;
  for (const row of rows) {
    let hit = true;
    for (const field of row.match) {
      const have = field === "src" ? src : field === "off" ? off : imm;
      if (have !== row[field]) {
        hit = false;
        break;
      }
    }
    if (hit) return row;
  }
  return undefined;
}

export function opAt(insns: InsnBuf, i: number): OpRow | undefined {
  return findOp(insns.code[i]!, insns.src[i]!, insns.off[i]!, insns.imm[i]!);
}

export type InsnField = "code" | "dst" | "src" | "off" | "imm" | "next";

/**
 * The first field of slot i that Linux refuses whatever the program does: "code" where no row fits, a reserved field that is
 * not zero, a register above 10, "next" where LD_IMM64's second slot is missing or malformed. Null for a well-formed one.
 */
export function badField(insns: InsnBuf, i: number): InsnField | null {
  const row = opAt(insns, i);
  if (row === undefined) return "code";
  const dst = insns.dst[i]!;
  const src = insns.src[i]!;
  if (row.dst === 0 ? dst !== 0 : dst > 10) return "dst";
  if (typeof row.src === "number" ? src !== row.src : src > 10) return "src";
  if (typeof row.off === "number" && row.kind !== "exit" && insns.off[i] !== row.off) return "off";
  if (typeof row.imm === "number" && insns.imm[i] !== row.imm) return "imm";
  if (row.imm === "spaces" && insns.imm[i] !== 1 && insns.imm[i] !== 1 << 16) return "imm";
  if (row.slots === 2) {
    const next = i + 1;
    if (next >= insns.length) return "next";
    if (insns.code[next] !== 0 || insns.dst[next] !== 0 || insns.src[next] !== 0 || insns.off[next] !== 0) {
      return "next";
    }
  }
  return null;
}
