/** The shape of a row of the op table. The table itself is ops.ts. */

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

/** A row as the tables write it: what is left out is 0, empty, or as most rows have it (see OPS). */
export type Draft = Partial<OpRow> & Pick<OpRow, "name" | "kind" | "code" | "text" | "group" | "since">;
