/**
 * Builtin functions by spelled name: what they mean and how their arguments are checked. `args` has a letter an argument:
 * p void*, P const void*, s const char*, n size_t, i int, u unsigned, U unsigned long, l long, h u16, w u32, d u64, x any value,
 * `+` before the last letter: any number of it. `ret` likewise, v void, b _Bool, = the first argument's type.
 */
import type { BuiltinId } from "./builtin-ids.ts";

/** What sema does besides converting arguments by letter. */
export type BuiltinCheck =
  | "plain"
  | "expect"
  | "constantP"
  | "preserveAccess"
  | "fieldInfo"
  | "typeInfo"
  | "enumValue"
  | "typeId"
  | "bits"
  | "overflow"
  | "sync"
  | "atomic"
  | "objectSize"
  | "strings"
  | "float"
  | "varargs";

export interface BuiltinRow {
  readonly id: BuiltinId;
  readonly args: string;
  readonly ret: string;
  readonly check: BuiltinCheck;
}

const row = (id: BuiltinId, args: string, ret: string, check: BuiltinCheck = "plain"): BuiltinRow => ({
  id,
  args,
  ret,
  check,
});

const rows: [string, BuiltinRow][] = [
  ["__builtin_memcpy", row("memcpy", "pPn", "p")],
  ["__builtin_memcpy_inline", row("memcpy", "pPn", "p")],
  ["__builtin_memmove", row("memmove", "pPn", "p")],
  ["__builtin_memset", row("memset", "pin", "p")],
  ["__builtin_memset_inline", row("memset", "pin", "p")],
  ["__builtin_bzero", row("memset", "pn", "v")],
  ["__builtin_memcmp", row("memcmp", "PPn", "i", "strings")],
  ["__builtin_bcmp", row("bcmp", "PPn", "i", "strings")],
  ["__builtin_strcmp", row("strcmp", "ss", "i", "strings")],
  ["__builtin_strncmp", row("strncmp", "ssn", "i", "strings")],
  ["__builtin_strlen", row("strlen", "s", "U", "strings")],
  ["__builtin_alloca", row("alloca", "n", "p")],
  ["__builtin_preserve_access_index", row("preserveAccessIndex", "x", "=", "preserveAccess")],
  ["__builtin_preserve_field_info", row("preserveFieldInfo", "xx", "u", "fieldInfo")],
  ["__builtin_preserve_type_info", row("preserveTypeInfo", "xx", "u", "typeInfo")],
  ["__builtin_preserve_enum_value", row("preserveEnumValue", "xx", "U", "enumValue")],
  ["__builtin_btf_type_id", row("btfTypeId", "xx", "U", "typeId")],
  ["__builtin_expect", row("expect", "ll", "l", "expect")],
  ["__builtin_expect_with_probability", row("expect", "llx", "l", "expect")],
  ["__builtin_constant_p", row("constantP", "x", "i", "constantP")],
  ["__builtin_unreachable", row("unreachable", "", "v")],
  ["__builtin_trap", row("trap", "", "v")],
  ["__builtin_debugtrap", row("trap", "", "v")],
  ["__builtin_verbose_trap", row("trap", "ss", "v")],
  ["__builtin_abort", row("trap", "", "v")],
  ["__builtin_assume", row("assume", "b", "v")],
  ["__builtin_prefetch", row("prefetch", "P+i", "v")],
  ["__builtin_object_size", row("objectSize", "Pi", "U", "objectSize")],
  ["__builtin_dynamic_object_size", row("objectSize", "Pi", "U", "objectSize")],
  ["__builtin_return_address", row("returnAddress", "u", "p")],
  ["__builtin_frame_address", row("frameAddress", "u", "p")],
  ["__builtin_launder", row("launder", "x", "=")],
  ["__builtin_assume_aligned", row("launder", "pU+U", "p")],
  ["__builtin_bswap16", row("bswap16", "h", "h", "bits")],
  ["__builtin_bswap32", row("bswap32", "w", "w", "bits")],
  ["__builtin_bswap64", row("bswap64", "U", "U", "bits")],
  ["__builtin_abs", row("abs", "i", "i", "bits")],
  ["__builtin_labs", row("abs", "l", "l", "bits")],
  ["__builtin_llabs", row("abs", "l", "l", "bits")],
  ["__builtin_va_start", row("vaStart", "+x", "v", "varargs")],
  ["__builtin_va_end", row("vaEnd", "x", "v", "varargs")],
  ["__builtin_va_copy", row("vaCopy", "xx", "v", "varargs")],
  ["__builtin_huge_val", row("trap", "", "v", "float")],
  ["__builtin_inf", row("trap", "", "v", "float")],
  ["__builtin_nan", row("trap", "s", "v", "float")],
  ["__sync_synchronize", row("fence", "", "v")],
  ["__sync_lock_release", row("syncRelease", "x", "v", "sync")],
  ["__sync_val_compare_and_swap", row("valCmpxchg", "xxx", "v", "sync")],
  ["__sync_bool_compare_and_swap", row("boolCmpxchg", "xxx", "b", "sync")],
  ["__sync_lock_test_and_set", row("exchange", "xx", "v", "sync")],
  ["__sync_swap", row("exchange", "xx", "v", "sync")],
  ["__atomic_load_n", row("atomicLoad", "xi", "v", "atomic")],
  ["__atomic_load", row("atomicLoad", "xxi", "v", "atomic")],
  ["__atomic_store_n", row("atomicStore", "xxi", "v", "atomic")],
  ["__atomic_store", row("atomicStore", "xxi", "v", "atomic")],
  ["__atomic_exchange_n", row("exchange", "xxi", "v", "atomic")],
  ["__atomic_exchange", row("exchange", "xxxi", "v", "atomic")],
  ["__atomic_compare_exchange_n", row("atomicCmpxchg", "xxxxii", "b", "atomic")],
  ["__atomic_compare_exchange", row("atomicCmpxchg", "xxxxii", "b", "atomic")],
  ["__atomic_thread_fence", row("fence", "i", "v")],
  ["__atomic_signal_fence", row("fence", "i", "v")],
  ["__c11_atomic_load", row("atomicLoad", "xi", "v", "atomic")],
  ["__c11_atomic_store", row("atomicStore", "xxi", "v", "atomic")],
  ["__c11_atomic_exchange", row("exchange", "xxi", "v", "atomic")],
];

for (const op of ["add", "sub", "and", "or", "xor", "nand"] as const) {
  const cap = (op[0].toUpperCase() + op.slice(1)) as "Add" | "Sub" | "And" | "Or" | "Xor" | "Nand";
  rows.push([`__sync_fetch_and_${op}`, row(`fetch${cap}`, "xx", "v", "sync")]);
  rows.push([`__sync_${op}_and_fetch`, row(`${op}Fetch`, "xx", "v", "sync")]);
  rows.push([`__atomic_fetch_${op}`, row(`fetch${cap}`, "xxi", "v", "atomic")]);
  rows.push([`__atomic_${op}_fetch`, row(`${op}Fetch`, "xxi", "v", "atomic")]);
  rows.push([`__c11_atomic_fetch_${op}`, row(`fetch${cap}`, "xxi", "v", "atomic")]);
}
for (const [suffix, letter] of [
  ["", "w"],
  ["l", "d"],
  ["ll", "d"],
  ["g", "x"],
] as const) {
  for (const id of ["clz", "ctz", "popcount"] as const) {
    rows.push([`__builtin_${id}${suffix}`, row(id, suffix === "g" ? "x+x" : letter, "i", "bits")]);
  }
  if (suffix === "g") continue;
  rows.push([`__builtin_ffs${suffix}`, row("ffs", letter === "w" ? "i" : "l", "i", "bits")]);
  rows.push([`__builtin_parity${suffix}`, row("parity", letter, "i", "bits")]);
}
for (const op of ["add", "sub", "mul"] as const) {
  rows.push([`__builtin_${op}_overflow`, row(`${op}Overflow`, "xxx", "b", "overflow")]);
  for (const prefix of ["s", "u"]) {
    for (const size of ["", "l", "ll"]) {
      rows.push([`__builtin_${prefix}${op}${size}_overflow`, row(`${op}Overflow`, "xxx", "b", "overflow")]);
    }
  }
}
// The same operations of one width: __sync_fetch_and_add_4
for (const [name, base] of [...rows]) {
  if (base.check !== "sync") continue;
  for (const size of [1, 2, 4, 8]) rows.push([`${name}_${size}`, base]);
}

export const BUILTINS: ReadonlyMap<string, BuiltinRow> = new Map(rows);

/** C library functions that clang knows by name: a call of one that is only declared means the builtin. */
export const LIBRARY: ReadonlyMap<string, string> = new Map([
  ["memcpy", "__builtin_memcpy"],
  ["memmove", "__builtin_memmove"],
  ["memset", "__builtin_memset"],
  ["memcmp", "__builtin_memcmp"],
  ["bcmp", "__builtin_bcmp"],
  ["bzero", "__builtin_bzero"],
  ["strcmp", "__builtin_strcmp"],
  ["strncmp", "__builtin_strncmp"],
  ["strlen", "__builtin_strlen"],
  ["abs", "__builtin_abs"],
]);
