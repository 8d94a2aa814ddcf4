/**
 * What lowering carries: the module being made, and the function being made. The parts of lowering call one another
 * through `Fn`, so that their files do not import in circles.
 */

import type { Builder } from "../../../ir/build.ts";
import type { Alloca, Block, IrModule, Pos, Value } from "../../../ir/ir.ts";
import type { CompoundExpr, Expr, FuncDecl, Label, Place as PlaceExpr, Stmt, StrExpr, VarDecl } from "../ast.ts";
import type { CType, Loc } from "../types.ts";
import type { BtfTypes } from "./btf-types.ts";

/** The module. */
export interface Cx {
  readonly module: IrModule;
  readonly btf: BtfTypes;
  /** Signed overflow wraps around; else it is undefined. */
  readonly wrapv: boolean;
  /** Reports an error at a place: what this C means cannot be made into a BPF program. */
  error(code: string, loc: Loc, message: string, help?: string): void;
  pos(loc: Loc): Pos | null;
  /** Name of the symbol of a variable or function with static storage; makes the global, extern or function on first use. */
  symbol(decl: VarDecl | FuncDecl): string;
  /** Symbol of a string literal's bytes. */
  string(expr: StrExpr): string;
  /** Symbol of a compound literal with static storage. */
  compound(expr: CompoundExpr): string;
}

/** A CO-RE access under way: `base` plus a path of members and indexes from a root struct. */
export interface CoreChain {
  readonly base: Value;
  readonly root: CType;
  readonly access: readonly number[];
  /** By the types compiled with. */
  readonly offBytes: number;
}

/** Where an lvalue is: address + offBytes, or the end of a CO-RE chain. */
export interface Place {
  readonly addr: Value;
  readonly offBytes: number;
  /** What is known of the place's address. */
  readonly align: number;
  readonly type: CType;
  readonly volatile: boolean;
  readonly core: CoreChain | undefined;
  /** A bit-field: bits [bitOff, bitOff + width) counted from the place; the record has `room` bytes from there. */
  readonly bits: { readonly bitOff: number; readonly width: number; readonly room: number } | undefined;
  /** Lies in a local whose address is not taken: no relocation is needed. */
  readonly local: boolean;
}

/** What leaving a block runs, in reverse order. */
export interface Scope {
  readonly cleanups: { readonly slot: Alloca; readonly func: FuncDecl | undefined; readonly decl: VarDecl }[];
}

/** The function. */
export interface Fn {
  readonly cx: Cx;
  readonly decl: FuncDecl;
  readonly b: Builder;
  readonly slots: Map<VarDecl, Alloca>;
  readonly labels: Map<Label, Block>;
  /** How many scopes are around each label; only filled where the function has cleanups. */
  readonly labelScopes: Map<Label, number>;
  /** Address that a struct result is written to. */
  sret: Value | undefined;
  /** Within __builtin_preserve_access_index. */
  preserving: number;
  scopes: Scope[];
  breaks: { readonly block: Block; readonly scopes: number }[];
  continues: { readonly block: Block; readonly scopes: number }[];
  cases: Map<Stmt, Block>[];

  /** A scalar's value; of a struct, the address where it lies; of void, an undef. */
  value(expr: Expr): Value;
  /** Evaluates for its effects. */
  discard(expr: Expr): void;
  /** Jumps to `then` where expr is not 0, to `otherwise` else. */
  branch(expr: Expr, then: Block, otherwise: Block): void;
  place(expr: PlaceExpr | Expr): Place;
  stmt(stmt: Stmt): void;
}

/** Thrown where a construct has been reported and no value can be made; ends the lowering of the function. */
export class LoweringError extends Error {}

/** Reports and gives up the function. */
export function unsupported(fn: Fn, code: string, loc: Loc, message: string, help?: string): never {
  fn.cx.error(code, loc, message, help);
  throw new LoweringError(message);
}
