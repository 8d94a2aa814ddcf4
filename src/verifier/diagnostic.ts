/** What a refusal tells: a stable code, one line in the programmer's words, the kernel's own sentence, and where. */
import type { LineInfo } from "../obj/spec.ts";

export interface DiagnosticNote {
  readonly message: string;
  readonly insn: number;
  readonly line: LineInfo | null;
}

export interface Diagnostic {
  /** "V012"; `skep explain V012` teaches the class. */
  readonly code: string;
  readonly message: string;
  /** The kernel's sentence or sentences, verbatim, one a line. */
  readonly kernel: string;
  /** As a positive number: what the kernel's load would give. */
  readonly errno: number;
  /** Insn slot, -1 where the program as a whole is refused. */
  readonly insn: number;
  readonly line: LineInfo | null;
  readonly prog: string;
  readonly related: readonly DiagnosticNote[];
}

interface Rule {
  readonly code: string;
  readonly pattern: RegExp;
  readonly message: string;
}

/** First match wins. $1.. are the pattern's groups. */
const RULES: readonly Rule[] = [
  { code: "V001", pattern: /R(\d+) !read_ok/, message: "register r$1 is read before anything was written to it" },
  {
    code: "V002",
    pattern: /R(\d+) invalid mem access 'scalar'/,
    message: "r$1 is used as a pointer but holds a number here",
  },
  {
    code: "V003",
    pattern: /R(\d+) invalid mem access '(\w*_or_null\w*)'/,
    message: "r$1 may be null here: check it before use",
  },
  {
    code: "V004",
    pattern: /invalid access to map value, value_size=(\d+) off=(-?\d+) size=(\d+)/,
    message: "access of $3 bytes at offset $2 leaves the map value of $1 bytes",
  },
  {
    code: "V005",
    pattern: /invalid access to packet, off=(-?\d+) size=(\d+), R(\d+)\(id=\d+,off=-?\d+,r=(\d+)\)/,
    message: "access of $2 bytes at packet offset $1, but only $4 bytes are proved to be there",
  },
  {
    code: "V005",
    pattern: /offset is outside of the packet/,
    message: "packet bytes that were never compared with data_end",
  },
  {
    code: "V006",
    pattern: /R(\d+) unbounded memory access/,
    message: "the offset in r$1 has no upper bound: compare it or mask it first",
  },
  {
    code: "V007",
    pattern: /R(\d+) min value is negative/,
    message: "the offset in r$1 may be negative: check its lower bound or use an unsigned type",
  },
  {
    code: "V008",
    pattern: /invalid(?: variable-offset)?(?: unbounded variable-offset)?( read from| write to) stack R(\d+)/,
    message: "the access through r$2 leaves the stack of 512 bytes",
  },
  { code: "V009", pattern: /invalid read from stack/, message: "stack bytes are read that were never written" },
  {
    code: "V010",
    pattern: /R(\d+) type=(\S+) expected=(.+)/,
    message: "argument r$1 is a $2, but the helper takes $3",
  },
  {
    code: "V011",
    pattern: /program of this type cannot use helper (\S+?)#\d+/,
    message: "programs of this type may not call $1",
  },
  { code: "V012", pattern: /GPL-restricted/, message: "this helper is for GPL-compatible programs only" },
  {
    code: "V013",
    pattern: /invalid bpf_context access off=(\d+) size=(\d+)/,
    message: "this program may not access $2 bytes at offset $1 of its context",
  },
  {
    code: "V014",
    pattern: /Unreleased reference id=\d+ alloc_insn=(\d+)/,
    message: "what was acquired at instruction $1 is not released on this path",
  },
  {
    code: "V015",
    pattern: /infinite loop detected/,
    message: "the loop never ends: nothing changes between two rounds",
  },
  { code: "V016", pattern: /BPF program is too large/, message: "more than a million instructions had to be walked" },
  {
    code: "V017",
    pattern: /(?:combined stack size|stack size of subprog|call stack of \d+ frames)/,
    message: "the calls need more stack than there is",
  },
  {
    code: "V018",
    pattern: /pointer arithmetic|math between|makes .* pointer be out of bounds|pointer .* pointer prohibited/,
    message: "arithmetic that a pointer does not allow",
  },
  {
    code: "V019",
    pattern: /(?:At program exit|At callback return|At async callback return) the register R(\d+)/,
    message: "the result is outside of what this program type may return",
  },
  { code: "V020", pattern: /leaks addr|leaking pointer/, message: "a kernel address would get out of the program" },
  {
    code: "V021",
    pattern: /dereference of modified (\w+) ptr R(\d+)/,
    message: "r$2 is a $1 pointer that was moved: it must be used as it was given",
  },
  { code: "V022", pattern: /misaligned/, message: "the access is not aligned to its size" },
  { code: "V023", pattern: /write into map forbidden|cannot write into/, message: "this memory is read-only" },
  {
    code: "V024",
    pattern: /unreachable insn|jump out of range|last insn is not|unknown opcode|reserved fields|invalid bpf_ld_imm64/,
    message: "the instructions are not a well-formed program",
  },
  { code: "V025", pattern: /rcu|spin_lock|holding a lock|preempt|IRQ/i, message: "not allowed with this lock state" },
  { code: "V026", pattern: /dynptr/i, message: "the dynptr is not in the state that is needed here" },
  { code: "V027", pattern: /iter_/, message: "the iterator is not in the state that is needed here" },
  {
    code: "V028",
    pattern: /must be referenced|reference has not been acquired/,
    message: "nothing was acquired that could be released",
  },
  { code: "V029", pattern: /cannot pass map_type/, message: "this helper does not work on a map of this type" },
  { code: "V030", pattern: /frame pointer is read only/, message: "r10 may not be written" },
];

/** The diagnostic for what the kernel would say. */
export function diagnose(kernel: string, errno: number, insn: number, line: LineInfo | null, prog: string): Diagnostic {
  for (const rule of RULES) {
    const match = rule.pattern.exec(kernel);
    if (match === null) continue;
    const message = rule.message.replace(/\$(\d)/g, (_, n: string) => match[Number(n)] ?? "");
    return { code: rule.code, message, kernel, errno, insn, line, prog, related: [] };
  }
  const last = kernel.slice(kernel.lastIndexOf("\n") + 1);
  return { code: "V000", message: last, kernel, errno, insn, line, prog, related: [] };
}
