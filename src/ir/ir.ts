/**
 * The intermediate form of every front end: typed SSA over basic blocks, as plain mutable objects.
 *
 *     module = files, functions, globals (maps and licence too), externs
 *     function = params, blocks; blocks[0] is the entry; block = instructions, the last one a terminator, phis first
 *
 * A front end writes variables as `alloca` with load and store; passes make values of them (mem2reg). What must hold:
 * - Integers are i8, i16, i32, i64; no sign: operations have it (udiv, sdiv; zext, sext). Nothing is extended implicitly:
 *   both operands of a binary operation and of icmp have one type. `ptr` is 64 bits.
 * - A comparison gives an i32, 0 or 1; condbr takes any value, 0 is false.
 * - Aggregates live in memory (alloca, memcpy, memset); a function takes and gives scalars only. A value of struct type
 *   is passed by the address of a copy, a result of struct type through an address in the first parameter.
 * - The target is little-endian: bswap is the only endianness operation.
 * - Undefined values are 0 (a load of an alloca that nobody wrote as well): the verifier wants them initialised.
 * - Symbols are names: functions, globals and externs share one name space. Static locals and string literals are globals.
 *
 * build.ts makes it, print.ts and parse.ts are its text, check.ts checks it. What follows it:
 *
 *     optimize(module, options): IrDiagnostic[]                       ir/passes/optimize.ts
 *     emitObject(module, btfBuilder, options): { bytes, diagnostics } codegen/object.ts
 */

export type IntType = "i8" | "i16" | "i32" | "i64";
export type IrType = IntType | "ptr" | "void";

/**
 * Where a pointer comes from, as far as the front end knows (absent: unknown). Passes derive it for the rest.
 * `map`: a map value or a global; `mapobj`: a map itself; `btf`: a kernel object; `mem`: memory from a helper.
 */
export type Prov = "ctx" | "stack" | "map" | "mapobj" | "packet" | "packetEnd" | "btf" | "arena" | "mem";

/** A place in the source. Shared between instructions; null where there is none. */
export interface Pos {
  /** Index in IrModule.files. */
  readonly file: number;
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly col: number;
}

export interface IrFile {
  /** As line_info names it. */
  readonly name: string;
  /** The whole text: line_info holds each line that it names. */
  readonly text: string;
}

export interface IrModule {
  files: IrFile[];
  functions: IrFunction[];
  globals: IrGlobal[];
  externs: IrExtern[];
}

export type Linkage = "static" | "global" | "weak";

export interface IrFunction {
  name: string;
  /** ELF section: "xdp", "tc"; ".text" for subprograms. */
  section: string;
  linkage: Linkage;
  /** STV_HIDDEN: libbpf then verifies a global subprogram as a static one. */
  hidden: boolean;
  /** `always` and, unless their address is taken, `auto` static functions vanish in their callers. */
  inline: "always" | "never" | "auto";
  /** No prologue, body is asm only. */
  naked: boolean;
  params: Param[];
  ret: IrType;
  /** BTF FUNC, 0 for none. */
  btfId: number;
  blocks: Block[];
  /** The next free id of a value or block. */
  nextId: number;
  pos: Pos | null;
}

export interface Block {
  id: number;
  /** For people; printed with the id. */
  name: string;
  instrs: Instr[];
  /** On a loop's header: 0 unroll wholly (#pragma unroll), 1 never, n by n at a time. Absent: as the compiler sees fit. */
  unroll?: number;
}

/** A variable, a map (section ".maps"), the licence (section "license"), a string literal (".rodata.str1.1", no BTF). */
export interface IrGlobal {
  name: string;
  /** ".data", ".bss", ".rodata", ".data.name", ".maps", "license", "version", ".struct_ops", ".addr_space.1", ... */
  section: string;
  linkage: Linkage;
  hidden: boolean;
  sizeBytes: number;
  align: number;
  /** Content from its start; what is missing up to sizeBytes is 0. Empty for .bss. */
  bytes: Uint8Array;
  /** 8-byte addresses within it. */
  relocs: GlobalReloc[];
  /** Loads may be replaced by its content: const and not volatile. */
  constant: boolean;
  /** BTF VAR, 0 for none. The DATASECs are made when the object is written. */
  btfId: number;
}

export interface GlobalReloc {
  readonly offBytes: number;
  readonly symbol: string;
  readonly addend: number;
}

/** `extern` in .ksyms (variables and kfuncs) and .kconfig, and functions or variables of another object (section ""). */
export interface IrExtern {
  name: string;
  section: ".ksyms" | ".kconfig" | ".maps" | "";
  isFunction: boolean;
  weak: boolean;
  sizeBytes: number;
  /** BTF VAR or FUNC with linkage extern. */
  btfId: number;
}

// ---- values -------------------------------------------------------------------------------------------------------------

export type Value = Const | Undef | Param | Sym | Instr;

/** An integer or, with type ptr, a constant address (null). `value` is sign-extended from the type's width. */
export interface Const {
  op: "const";
  type: IrType;
  value: bigint;
}

export interface Undef {
  op: "undef";
  type: IrType;
}

export interface Param {
  op: "param";
  type: IrType;
  id: number;
  index: number;
  name: string;
  prov?: Prov;
}

/** The address of a function, global or extern. */
export interface Sym {
  op: "sym";
  type: "ptr";
  name: string;
}

export type BinaryOp =
  | "add"
  | "sub"
  | "mul"
  | "udiv"
  | "sdiv"
  | "umod"
  | "smod"
  | "and"
  | "or"
  | "xor"
  | "shl"
  | "lshr"
  | "ashr";
/** Predicates of icmp; u is unsigned, s signed. */
export type Pred = "eq" | "ne" | "ult" | "ule" | "ugt" | "uge" | "slt" | "sle" | "sgt" | "sge";

interface Base {
  /** Of the result; "void" where there is none. */
  type: IrType;
  id: number;
  args: Value[];
  pos: Pos | null;
  /** For people; printed where set. */
  name?: string;
  /** Only on results of type ptr. */
  prov?: Prov;
}

/** [a, b]. Division by 0 gives 0, modulo by 0 the dividend, as on the machine. A shift by the width or more, signed overflow of nsw,
 * and the least number divided by -1 give any value. */
export interface Binary extends Base {
  op: BinaryOp;
  /** Signed overflow cannot happen (add, sub, mul, shl of C's signed types). */
  nsw?: boolean;
}
/** [a, b] -> i32. Pointers may be compared with pointers. */
export interface Icmp extends Base {
  op: "icmp";
  pred: Pred;
}
/** [cond, a, b]. Front ends prefer branches. */
export interface Select extends Base {
  op: "select";
}
/** [v]. zext, sext, trunc change width; ptrtoint gives i64, inttoptr takes i64; bswap swaps i16, i32 or i64. */
export interface Unary extends Base {
  op: "zext" | "sext" | "trunc" | "ptrtoint" | "inttoptr" | "bswap";
}
/** [ptr, i64]: byte distance, signed. The pointer keeps where it comes from. */
export interface PtrAdd extends Base {
  op: "ptradd";
}
/** [] -> ptr. A slot of the frame, one per activation wherever it stands; put it into the entry block. */
export interface Alloca extends Base {
  op: "alloca";
  sizeBytes: number;
  align: number;
}
/** [alloca]. Between start and end the slot is in use; without any, it is for the whole function. */
export interface Lifetime extends Base {
  op: "lifestart" | "lifeend";
}
/** [ptr] -> type. */
export interface Load extends Base {
  op: "load";
  /** What is known of the address: 1, 2, 4, 8. */
  align: number;
  volatile: boolean;
  /** __ATOMIC_ACQUIRE: BPF_LOAD_ACQ. */
  acquire?: boolean;
}
/** [ptr, value]. */
export interface Store extends Base {
  op: "store";
  align: number;
  volatile: boolean;
  /** __ATOMIC_RELEASE: BPF_STORE_REL. */
  release?: boolean;
}
/** memcpy, memmove [dst, src, len]; memset [dst, i8 byte, len]; memcmp [a, b, len] -> i32. len is an i64 that must become constant. */
export interface MemOp extends Base {
  op: "memcpy" | "memmove" | "memset" | "memcmp";
  /** Of dst (a). */
  align: number;
  /** Of src (b). */
  srcAlign: number;
}
/**
 * [arguments...]; with `indirect` [callee, arguments...], where callee must become a constant (helper number) or a symbol.
 * `sym` names a function here (a subprogram) or an extern (a kfunc, or a function of another object).
 */
export interface Call extends Base {
  op: "call";
  callee: { kind: "helper"; id: number } | { kind: "sym"; name: string } | { kind: "indirect" };
}
/** [ptr, value]; cmpxchg [ptr, expected, new]. i32 or i64. Result, if any: the old value. add, or, and, xor may have type void. */
export interface Atomic extends Base {
  op: "atomic";
  rmw: "add" | "or" | "and" | "xor" | "xchg" | "cmpxchg";
}
/** CO-RE field access: [base] -> base + the field's offset in the running kernel. */
export interface CoreAddr extends Base {
  op: "coreaddr";
  /** BTF type at the access string's root: the struct, not a pointer to it. */
  typeId: number;
  /** "0:1:2". */
  access: string;
  /** The offset by the types compiled with. */
  offBytes: number;
}
export type CoreQuestion =
  | "field_byte_offset"
  | "field_byte_size"
  | "field_exists"
  | "field_signed"
  | "field_lshift_u64"
  | "field_rshift_u64"
  | "type_id_local"
  | "type_id_target"
  | "type_exists"
  | "type_size"
  | "enumval_exists"
  | "enumval_value"
  | "type_matches";
/** CO-RE question: [] -> i64 (or i32). `value` is the answer by the types compiled with. */
export interface CoreInfo extends Base {
  op: "coreinfo";
  /** enum bpf_core_relo_kind, spelt as in BTF.ext's table (btf/ext.ts). */
  kind: CoreQuestion;
  typeId: number;
  access: string;
  value: bigint;
}
/** One operand of asm, in the order of the source; `%0` counts them. */
export interface AsmOperand {
  /** "=r" "+r" "=&r" "r" "i" "ri" "w" "m" "=m" "+m", or a number: the same register as that output. */
  readonly constraint: string;
  /** [name], "" for none. */
  readonly name: string;
}
/**
 * [value for each operand that is read: "+r", "r", "i", and the address for "m" ones, in their order]. The result is the
 * first register output ("=r", "+r"); the others come from asmout [asm] with `index` 1, 2, ...
 */
export interface Asm extends Base {
  op: "asm";
  text: string;
  operands: AsmOperand[];
  clobbers: string[];
  volatile: boolean;
}
export interface AsmOut extends Base {
  op: "asmout";
  index: number;
}
/** opaque [v] -> the same v, but nothing is known of it any more: asm volatile("" : "+r"(v)). fence []: asm volatile("" ::: "memory"). */
export interface Barrier extends Base {
  op: "opaque" | "fence";
}
/** [ptr]: arena pointers between address spaces; 0 is the kernel's view, 1 the user's. */
export interface AddrCast extends Base {
  op: "addrcast";
  from: number;
  to: number;
}
/** args[i] comes from blocks[i]: one entry per predecessor edge. */
export interface Phi extends Base {
  op: "phi";
  blocks: Block[];
}

export interface Br extends Base {
  op: "br";
  targets: Block[];
}
/** [cond]; targets: [if not 0, if 0]. */
export interface CondBr extends Base {
  op: "condbr";
  targets: Block[];
}
/** [v]; targets[i] where v is cases[i], the last target otherwise. Cases are sign-extended from v's type. */
export interface Switch extends Base {
  op: "switch";
  cases: bigint[];
  targets: Block[];
}
/** [] or [v]. */
export interface Ret extends Base {
  op: "ret";
  targets: Block[];
}
export interface Unreachable extends Base {
  op: "unreachable";
  targets: Block[];
}
/** asm goto: an asm whose labels are targets[1...]; it falls through to targets[0]. No outputs. */
export interface AsmBr extends Base {
  op: "asmbr";
  text: string;
  operands: AsmOperand[];
  clobbers: string[];
  /** Names of the labels, for targets[1...]. */
  labels: string[];
  targets: Block[];
}

export type Terminator = Br | CondBr | Switch | Ret | Unreachable | AsmBr;
export type Instr =
  | Binary
  | Icmp
  | Select
  | Unary
  | PtrAdd
  | Alloca
  | Lifetime
  | Load
  | Store
  | MemOp
  | Call
  | Atomic
  | CoreAddr
  | CoreInfo
  | Asm
  | AsmOut
  | Barrier
  | AddrCast
  | Phi
  | Terminator;
export type Op = Instr["op"];

/** What a pass or the code generator says of a program: as data, not thrown. */
export interface IrDiagnostic {
  /** "stack/size", "call/args", "call/indirect", "mem/length", "asm/...": stable. */
  readonly code: string;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly advice: string;
  readonly pos: Pos | null;
  readonly func: string;
}
