/** Builtins and macros whose result both compilers must agree on. */
import type { Scope } from "./scope.ts";
import { fixed, type Node, typed } from "./tree.ts";
import { INT, type IntType, promoted, S8, S16, S32, S64, U8, U16, U32, U64 } from "./types.ts";

interface Value {
  readonly type: IntType;
  readonly node: Node;
}

/** Of any two values, and one to test. */
type Form = (s: Scope, a: Node, b: Node, test: Node) => Value;

const of = (type: IntType, node: Node): Value => ({ type, node });

const wrap =
  (type: IntType, name: string): Form =>
  (_s, a) =>
    of(type, typed(type.name)`${name}(${a})`);

const overflow =
  (op: string): Form =>
  (s, a, b) => {
    // Two of 64 bits would need 128, and mixed signs 65
    const wide = op === "mul" || s.r.below(3) > 0 ? undefined : s.r.pick([U64, S64]);
    const type = (): string => (wide ?? s.r.pick([U32, S32, U16, S16, U8, S8])).name;
    const t = s.name("o");
    const call = fixed`__builtin_${op}_overflow(${fixed`(${type()})${a}`}, ${fixed`(${type()})${b}`}, &${t})`;
    return of(U64, typed("u64")`({ ${type()} ${t}; u64 ${t}b = ${call}; ${t}b * 3 + (u64)${t}; })`);
  };

const FORMS: readonly Form[] = [
  wrap(U16, "__builtin_bswap16"),
  wrap(U32, "__builtin_bswap32"),
  wrap(U64, "__builtin_bswap64"),
  wrap(U16, "bpf_htons"),
  wrap(U32, "bpf_ntohl"),
  wrap(U64, "bpf_cpu_to_be64"),
  (_s, a) => of(INT, typed("int")`__builtin_popcount(${a})`),
  (_s, a) => of(INT, typed("int")`__builtin_popcountll(${a})`),
  (_s, a) => of(INT, typed("int")`__builtin_ffsll(${a})`),
  (_s, a) => of(INT, typed("int")`__builtin_clz(${fixed`(u32)${a} | 1`})`),
  (_s, a) => of(INT, typed("int")`__builtin_ctzll(${fixed`(u64)${a} | 256`})`),
  (_s, a) => of(INT, typed("int")`__builtin_parity(${a})`),
  overflow("add"),
  overflow("sub"),
  overflow("mul"),
  (s, a, b) => {
    const type = s.r.pick([U32, S32, U64, S64]);
    return of(promoted(type), typed(type.name)`${s.r.pick(["MIN", "MAX"])}((${type.name})${a}, (${type.name})${b})`);
  },
  (s, a, b) => of(INT, typed("int")`(__builtin_expect(!!(${a}), ${s.r.below(2)}) ? (int)${b} : ${s.r.below(90)})`),
  (s, a, b) => {
    const type = s.r.pick([U32, S64]);
    return of(type, typed(type.name)`__builtin_choose_expr(${s.r.below(2)}, (${type.name})${a}, (${type.name})${b})`);
  },
  (_s, a) => of(INT, typed("int")`__builtin_types_compatible_p(typeof(+${a}), int)`),
  (s, a) => of(S64, typed("s64")`BETWEEN((s64)${a}, ${s.r.below(9)}, ${10 + s.r.below(1000)})`),
  (s, a, _b, test) => of(INT, typed("int")`(likely(${test}) ? ${s.r.below(500)} : (int)${a})`),
];

export function builtin(s: Scope, a: Node, b: Node, test: Node): Value {
  return s.r.pick(FORMS)(s, a, b, test);
}
