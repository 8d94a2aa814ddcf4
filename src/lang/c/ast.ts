/**
 * The typed tree that the C parser hands on: names resolved, implicit conversions explicit, integer constant
 * expressions folded, layouts known. One tree, made while parsing: there is no untyped one.
 *
 * Expressions are places (lvalues: `var`, `func`, `deref`, `index`, `member`, `str`, `compound`) or values (the rest). A value is
 * made from a place only by `load`, `decay` (array or function to pointer) or `addr`. Values have unqualified types.
 * Integer operands were promoted and brought to a common type, except shifts (each side promoted for itself).
 */
import type { BuiltinId } from "./builtin-ids.ts";
import type { Diagnostic } from "./diag.ts";
import type { SourceMap } from "./source.ts";
import type { Attrs, CType, Enumerator, EnumType, Field, FuncType, Loc, RecordType, TypedefType } from "./types.ts";

export interface Unit {
  /** The main file's name as given. */
  readonly file: string;
  /** Functions in the order of their first declaration, declared or defined; one object a name. */
  readonly funcs: readonly FuncDecl[];
  /** Variables with static storage, in order; also static locals and `extern` ones. */
  readonly vars: readonly VarDecl[];
  /** `asm("...")` at file scope. */
  readonly asms: readonly AsmStmt[];
  readonly typedefs: ReadonlyMap<string, TypedefType>;
  readonly tags: ReadonlyMap<string, RecordType | EnumType>;
  readonly sources: SourceMap;
  readonly diagnostics: readonly Diagnostic[];
  /** Errors among them; with any, the tree may have holes (`error` expressions) and must not be lowered. */
  readonly errors: number;
  /** Files read, in order, for -M. */
  readonly deps: readonly string[];
}

// Declarations

export interface VarDecl {
  readonly kind: "var";
  readonly name: string;
  /** Completed by a later declaration or by the initialiser (`int a[] = {...}`). */
  type: CType;
  /** Where it lives. "param" is a parameter, "auto" a local. */
  storage: "auto" | "param" | "static" | "global" | "extern";
  /** `static` inside a function: that function. */
  readonly owner: FuncDecl | undefined;
  attrs: Attrs;
  /** Undefined: none given (static storage: zero). */
  init: Init | undefined;
  /** A definition was seen (also tentative). False for extern only. */
  defined: boolean;
  /** Read, written or its address taken. */
  used: boolean;
  /** Its address is taken, so it may not be split or kept in a register without looking. */
  addressTaken: boolean;
  readonly register: boolean;
  readonly cleanup: FuncDecl | undefined;
  readonly loc: Loc;
}

export interface FuncDecl {
  readonly kind: "func";
  readonly name: string;
  /** Stripped of sugar; the latest, composite one. */
  type: FuncType;
  static: boolean;
  inline: boolean;
  attrs: Attrs;
  /** Of the definition; before one, of the latest prototype. */
  params: readonly VarDecl[];
  body: CompoundStmt | undefined;
  /** Every `auto` local, in order of declaration. */
  locals: readonly VarDecl[];
  labels: readonly Label[];
  /** Called, or its address taken. */
  used: boolean;
  loc: Loc;
}

export interface Label {
  readonly name: string;
  /** Set when its statement is met. */
  defined: boolean;
  used: boolean;
  loc: Loc;
}

/** Flat: what each piece of the object starts as. Bytes that no item covers are zero. Later items win where they overlap. */
export interface Init {
  readonly items: readonly InitItem[];
  readonly loc: Loc;
}

export interface InitItem {
  /** From the start of the object. */
  readonly offBytes: number;
  /** The bit-field written: bits [bitOff, bitOff + bitWidth) counted from offBytes * 8; undefined for others. */
  readonly bits: { readonly bitOff: number; readonly bitWidth: number } | undefined;
  readonly type: CType;
  /** Scalar, record value, or a `str` place whose bytes fill the array (cut or zero-padded to `type`). */
  readonly value: Expr;
  /** For static storage: the value as data; undefined where `value` is a `str`. */
  readonly data: ConstValue | undefined;
}

/** A link-time constant. `base` undefined: a plain number. */
export interface ConstValue {
  readonly base: VarDecl | FuncDecl | StrExpr | CompoundExpr | undefined;
  /** The number, or bytes added to the base's address. */
  readonly value: bigint;
}

// Expressions

interface ExprBase {
  readonly type: CType;
  readonly loc: Loc;
}

/** Also the null pointer and other fixed addresses: then `type` is a pointer. Canonical for its type (`wrapInt`). */
export interface IntExpr extends ExprBase {
  readonly kind: "int";
  readonly value: bigint;
  /** The enumerator that was named, for `__builtin_preserve_enum_value` and messages. */
  readonly enumerator?: Enumerator;
}
export interface FloatExpr extends ExprBase {
  readonly kind: "float";
  readonly value: number;
}

// Places
export interface VarExpr extends ExprBase {
  readonly kind: "var";
  readonly decl: VarDecl;
}
/** A function designator; becomes a value by `decay`. */
export interface FuncExpr extends ExprBase {
  readonly kind: "func";
  readonly decl: FuncDecl;
}
export interface DerefExpr extends ExprBase {
  readonly kind: "deref";
  readonly ptr: Expr;
}
/** `base[index]`: base is a pointer value (often `decay` of an array), index an integer as written (promoted). */
export interface IndexExpr extends ExprBase {
  readonly kind: "index";
  readonly base: Expr;
  readonly index: Expr;
}
/** `base.field`; `p->f` is a member of a deref. A member of an anonymous member is a chain of these. Base: a place, or a record value. */
export interface MemberExpr extends ExprBase {
  readonly kind: "member";
  readonly base: Expr;
  readonly record: RecordType;
  readonly field: Field;
}
/** A string literal: array of char (or wider), the terminating zero included. */
export interface StrExpr extends ExprBase {
  readonly kind: "str";
  readonly bytes: Uint8Array;
}
/** `(T){...}`. Static storage at file scope; otherwise made anew where it stands. */
export interface CompoundExpr extends ExprBase {
  readonly kind: "compound";
  readonly init: Init;
  readonly static: boolean;
}

// Place to value
export interface LoadExpr extends ExprBase {
  readonly kind: "load";
  readonly place: Place;
}
export interface DecayExpr extends ExprBase {
  readonly kind: "decay";
  readonly place: Place;
}
export interface AddrExpr extends ExprBase {
  readonly kind: "addr";
  readonly place: Place;
}

/**
 * int: between integer types (extend by the operand's sign, or truncate). bool: scalar != 0. ptr: pointer to pointer. addrspace: between
 * address spaces. ptrToInt, intToPtr: 64 bits and the integer's own width. void: value dropped. float: to, from or among floats.
 */
export type CastOp = "int" | "bool" | "ptr" | "addrspace" | "ptrToInt" | "intToPtr" | "void" | "float";
export interface CastExpr extends ExprBase {
  readonly kind: "cast";
  readonly op: CastOp;
  readonly operand: Expr;
  readonly implicit: boolean;
}

export interface UnaryExpr extends ExprBase {
  readonly kind: "unary";
  /** `!` gives int and takes any scalar. */
  readonly op: "-" | "~" | "!";
  readonly operand: Expr;
}
export type ArithOp = "+" | "-" | "*" | "/" | "%" | "&" | "|" | "^" | "<<" | ">>";
/** Integer (or float) arithmetic; the type is that of both operands (shifts: of the left one). */
export interface BinaryExpr extends ExprBase {
  readonly kind: "binary";
  readonly op: ArithOp;
  readonly left: Expr;
  readonly right: Expr;
}
export type CompareOp = "==" | "!=" | "<" | "<=" | ">" | ">=";
/** Gives int 0 or 1. Operands have one type: the sign of the comparison is theirs (pointers: unsigned). */
export interface CompareExpr extends ExprBase {
  readonly kind: "compare";
  readonly op: CompareOp;
  readonly left: Expr;
  readonly right: Expr;
}
/** Pointer plus or minus an integer, counted in elements of `scale` bytes (1 for void and functions). */
export interface PtrAddExpr extends ExprBase {
  readonly kind: "ptradd";
  readonly op: "+" | "-";
  readonly ptr: Expr;
  readonly index: Expr;
  readonly scale: number;
}
/** (left - right) / scale, a long. */
export interface PtrDiffExpr extends ExprBase {
  readonly kind: "ptrdiff";
  readonly left: Expr;
  readonly right: Expr;
  readonly scale: number;
}
/** `&&`, `||`: int 0 or 1, the right side only if needed. Operands are scalars. */
export interface LogicalExpr extends ExprBase {
  readonly kind: "logical";
  readonly op: "&&" | "||";
  readonly left: Expr;
  readonly right: Expr;
}
/** `then` undefined: GNU `test ?: else`; the test has the result's type already, is evaluated once and is the result if not zero. */
export interface CondExpr extends ExprBase {
  readonly kind: "cond";
  readonly test: Expr;
  readonly then: Expr | undefined;
  readonly else: Expr;
}
/** Simple assignment; the value was converted to the place's type. Gives the stored value. */
export interface AssignExpr extends ExprBase {
  readonly kind: "assign";
  readonly place: Place;
  readonly value: Expr;
}
/**
 * `place op= value`: load, convert to `compute`, operate, convert back, store. `scale` > 0: pointer plus or minus value * scale
 * (then `compute` is the pointer type). Value was converted to `compute` (shifts and pointers: promoted).
 */
export interface AssignOpExpr extends ExprBase {
  readonly kind: "assignop";
  readonly op: ArithOp;
  readonly place: Place;
  readonly value: Expr;
  readonly compute: CType;
  readonly scale: number;
}
/** `++` and `--`. `scale`: bytes added for a pointer, 0 for an integer. */
export interface IncDecExpr extends ExprBase {
  readonly kind: "incdec";
  readonly op: "+" | "-";
  readonly post: boolean;
  readonly place: Place;
  readonly scale: number;
}
export interface CommaExpr extends ExprBase {
  readonly kind: "comma";
  readonly left: Expr;
  readonly right: Expr;
}
/** `callee` is a pointer-to-function value: `decay` of a `func` for a direct call. Arguments were converted (variadic ones promoted). */
export interface CallExpr extends ExprBase {
  readonly kind: "call";
  readonly callee: Expr;
  readonly func: FuncType;
  readonly args: readonly Expr[];
}
/**
 * A call of a builtin that sema could not fold. Arguments were converted as builtins.ts says. CO-RE builtins:
 * - preserveAccessIndex: args[0] the value or pointer, as written.
 * - preserveFieldInfo: args[0] the member as a place (may be a bit-field), args[1] the kind (int).
 * - preserveTypeInfo, btfTypeId: `typeArg`, args[0] the kind (int).
 * - preserveEnumValue: `typeArg` the enum (or its typedef), `enumerator`, args[0] the kind (int).
 * `__sync_*` and `__atomic_*`: args[0] the pointer, then values converted to what it points to, then memory orders (int).
 */
export interface BuiltinExpr extends ExprBase {
  readonly kind: "builtin";
  readonly id: BuiltinId;
  /** As written. */
  readonly name: string;
  readonly args: readonly Expr[];
  readonly typeArg?: CType;
  readonly enumerator?: Enumerator;
}
/** `({ ... })`: `result` (a value, evaluated last, within the scope) undefined where it is void. It is not in `body`. */
export interface StmtExpr extends ExprBase {
  readonly kind: "stmtexpr";
  readonly body: CompoundStmt;
  readonly result: Expr | undefined;
}
/** `&&label`. */
export interface LabelAddrExpr extends ExprBase {
  readonly kind: "labeladdr";
  readonly label: Label;
}
/** Reported already. Type int. */
export interface ErrorExpr extends ExprBase {
  readonly kind: "error";
}

export type Place = VarExpr | FuncExpr | DerefExpr | IndexExpr | MemberExpr | StrExpr | CompoundExpr;
export type Expr =
  | Place
  | IntExpr
  | FloatExpr
  | LoadExpr
  | DecayExpr
  | AddrExpr
  | CastExpr
  | UnaryExpr
  | BinaryExpr
  | CompareExpr
  | PtrAddExpr
  | PtrDiffExpr
  | LogicalExpr
  | CondExpr
  | AssignExpr
  | AssignOpExpr
  | IncDecExpr
  | CommaExpr
  | CallExpr
  | BuiltinExpr
  | StmtExpr
  | LabelAddrExpr
  | ErrorExpr;

// Statements

export interface CompoundStmt {
  readonly kind: "block";
  readonly body: readonly Stmt[];
  readonly loc: Loc;
  /** Of the closing brace. */
  readonly end: Loc;
}
export interface ExprStmt {
  readonly kind: "expr";
  readonly expr: Expr;
  readonly loc: Loc;
}
/** Locals declared here, in order ("auto" only: statics are in Unit.vars). Cleanups run at the end of the enclosing block. */
export interface DeclStmt {
  readonly kind: "decl";
  readonly vars: readonly VarDecl[];
  readonly loc: Loc;
}
export interface IfStmt {
  readonly kind: "if";
  readonly test: Expr;
  readonly then: Stmt;
  readonly else: Stmt | undefined;
  readonly loc: Loc;
}
/** `#pragma unroll` and `#pragma clang loop unroll(...)`: "full", "enable", "disable" or a count; undefined where none. */
export type Unroll = "full" | "enable" | "disable" | number | undefined;
export interface WhileStmt {
  readonly kind: "while";
  readonly test: Expr;
  readonly body: Stmt;
  readonly unroll: Unroll;
  readonly loc: Loc;
}
export interface DoStmt {
  readonly kind: "do";
  readonly body: Stmt;
  readonly test: Expr;
  readonly unroll: Unroll;
  readonly loc: Loc;
}
export interface ForStmt {
  readonly kind: "for";
  readonly init: Stmt | undefined;
  readonly test: Expr | undefined;
  readonly step: Expr | undefined;
  readonly body: Stmt;
  readonly unroll: Unroll;
  readonly loc: Loc;
}
/** `cond` is a promoted integer; its cases stand in `body` and are listed in `cases`, `default` in `fallback`. */
export interface SwitchStmt {
  readonly kind: "switch";
  readonly cond: Expr;
  readonly body: Stmt;
  readonly cases: readonly CaseStmt[];
  readonly fallback: DefaultStmt | undefined;
  readonly loc: Loc;
}
/** `case lo:` or GNU `case lo ... hi:` (inclusive; lo = hi for one value), converted to the condition's type. */
export interface CaseStmt {
  readonly kind: "case";
  readonly lo: bigint;
  readonly hi: bigint;
  readonly body: Stmt;
  readonly loc: Loc;
}
export interface DefaultStmt {
  readonly kind: "default";
  readonly body: Stmt;
  readonly loc: Loc;
}
export interface LabelStmt {
  readonly kind: "label";
  readonly label: Label;
  readonly body: Stmt;
  readonly loc: Loc;
}
export interface GotoStmt {
  readonly kind: "goto";
  readonly label: Label;
  readonly loc: Loc;
}
/** GNU `goto *expr`. */
export interface GotoExprStmt {
  readonly kind: "gotoexpr";
  readonly target: Expr;
  readonly loc: Loc;
}
export interface BreakStmt {
  readonly kind: "break";
  readonly loc: Loc;
}
export interface ContinueStmt {
  readonly kind: "continue";
  readonly loc: Loc;
}
/** The value was converted to the function's return type. */
export interface ReturnStmt {
  readonly kind: "return";
  readonly value: Expr | undefined;
  readonly loc: Loc;
}
export interface NullStmt {
  readonly kind: "null";
  readonly loc: Loc;
}
export interface AsmOperand {
  /** `[name]`, or "". */
  readonly name: string;
  /** "=r", "+r", "r", "i", "m", "0", ... */
  readonly constraint: string;
  /** Outputs: a place. Inputs: a value ("m": a place). */
  readonly expr: Expr;
}
export interface AsmStmt {
  readonly kind: "asm";
  /** As written, escapes resolved: `%0`, `%[name]`, `%%`, `%w0`, `%l[label]`. */
  readonly text: string;
  readonly volatile: boolean;
  readonly outputs: readonly AsmOperand[];
  readonly inputs: readonly AsmOperand[];
  readonly clobbers: readonly string[];
  /** `asm goto`. */
  readonly labels: readonly Label[];
  /** `asm("nop")` with no colon: `%` is plain text. */
  readonly basic: boolean;
  readonly loc: Loc;
}

export type Stmt =
  | CompoundStmt
  | ExprStmt
  | DeclStmt
  | IfStmt
  | WhileStmt
  | DoStmt
  | ForStmt
  | SwitchStmt
  | CaseStmt
  | DefaultStmt
  | LabelStmt
  | GotoStmt
  | GotoExprStmt
  | BreakStmt
  | ContinueStmt
  | ReturnStmt
  | NullStmt
  | AsmStmt;
