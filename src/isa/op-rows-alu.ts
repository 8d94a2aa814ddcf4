/**
 * The rows of the op table that compute, jump, call and exit, family by family, as drafts that ops.ts completes.
 * Sources: RFC 9669 sections 4, 5 and appendix A; Linux kernel/bpf/verifier.c (check_alu_op, do_check_insn) and
 * kernel/bpf/disasm.c; LLVM lib/Target/BPF/BPFInstrInfo.td.
 */
import {
  BPF_ADD,
  BPF_ADDR_SPACE_CAST,
  BPF_ALU,
  BPF_ALU64,
  BPF_AND,
  BPF_ARSH,
  BPF_CALL,
  BPF_DIV,
  BPF_END,
  BPF_EXIT,
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
  BPF_LSH,
  BPF_MAY_GOTO,
  BPF_MOD,
  BPF_MOV,
  BPF_MUL,
  BPF_NEG,
  BPF_OR,
  BPF_PSEUDO_CALL,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_RSH,
  BPF_SUB,
  BPF_X,
  BPF_XOR,
} from "./codes.ts";
import type { Draft } from "./op-types.ts";

export const ALU_ROWS: Draft[] = [];

function add(draft: Draft): void {
  ALU_ROWS.push(draft);
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
