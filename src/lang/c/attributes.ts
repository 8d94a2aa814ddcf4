/**
 * GNU attributes by name (without the underscores around it): the shape of the argument and what it sets in `Attrs`. Those with
 * `effect` "none" are known and mean nothing here; unknown names give a warning, as in clang.
 */
import type { Attrs } from "./types.ts";

/** Attributes that are plain flags of `Attrs`. */
type FlagKey = {
  [K in keyof Attrs]-?: true extends Attrs[K] ? K : never;
}[keyof Attrs];
type StringKey = {
  [K in keyof Attrs]-?: string extends Attrs[K] ? K : never;
}[keyof Attrs];

export type AttributeEffect =
  | { readonly kind: "flag"; readonly key: FlagKey }
  | { readonly kind: "string"; readonly key: StringKey }
  | { readonly kind: "aligned" | "declTag" | "typeTag" | "addressSpace" | "visibility" | "cleanup" | "mode" | "vector" }
  | { readonly kind: "none" };

const flag = (key: FlagKey): AttributeEffect => ({ kind: "flag", key });
const string = (key: StringKey): AttributeEffect => ({ kind: "string", key });
const NONE: AttributeEffect = { kind: "none" };

export const ATTRIBUTES: ReadonlyMap<string, AttributeEffect> = new Map<string, AttributeEffect>([
  ["section", string("section")],
  ["always_inline", flag("alwaysInline")],
  ["noinline", flag("noinline")],
  ["weak", flag("weak")],
  ["packed", flag("packed")],
  ["aligned", { kind: "aligned" }],
  ["preserve_access_index", flag("preserveAccessIndex")],
  ["btf_decl_tag", { kind: "declTag" }],
  ["btf_type_tag", { kind: "typeTag" }],
  ["address_space", { kind: "addressSpace" }],
  ["visibility", { kind: "visibility" }],
  ["unused", flag("unused")],
  ["maybe_unused", flag("unused")],
  ["used", flag("used")],
  ["retain", flag("used")],
  ["noreturn", flag("noreturn")],
  ["fallthrough", flag("fallthrough")],
  ["naked", flag("naked")],
  ["transparent_union", flag("transparentUnion")],
  ["cleanup", { kind: "cleanup" }],
  ["bpf_fastcall", flag("bpfFastcall")],
  ["alias", string("alias")],
  ["error", string("error")],
  ["warning", string("warning")],
  ["deprecated", string("deprecated")],
  ["mode", { kind: "mode" }],
  ["vector_size", { kind: "vector" }],
  ...[
    "access",
    "alloc_align",
    "alloc_size",
    "annotate",
    "artificial",
    "assume",
    "assume_aligned",
    "btf_type_attr",
    "cold",
    "const",
    "constructor",
    "convergent",
    "counted_by",
    "designated_init",
    "diagnose_if",
    "disable_sanitizer_instrumentation",
    "enable_if",
    "enum_extensibility",
    "externally_visible",
    "flag_enum",
    "flatten",
    "format",
    "format_arg",
    "gnu_inline",
    "hot",
    "ifunc",
    "internal_linkage",
    "leaf",
    "likely",
    "malloc",
    "may_alias",
    "minsize",
    "musttail",
    "no_caller_saved_registers",
    "no_instrument_function",
    "no_profile_instrument_function",
    "no_sanitize",
    "no_sanitize_address",
    "no_sanitize_thread",
    "no_sanitize_undefined",
    "no_stack_protector",
    "noclone",
    "noderef",
    "nodiscard",
    "noescape",
    "nomerge",
    "nonnull",
    "nonstring",
    "nothrow",
    "null_terminated_string_arg",
    "objc_gc",
    "objc_ownership",
    "opencl_unroll_hint",
    "optimize",
    "optnone",
    "overloadable",
    "pass_object_size",
    "preserve_static_offset",
    "pure",
    "randomize_layout",
    "regparm",
    "returns_nonnull",
    "returns_twice",
    "sentinel",
    "suppress",
    "target",
    "tls_model",
    "type_visibility",
    "unavailable",
    "uninitialized",
    "unlikely",
    "unused_result",
    "warn_if_not_aligned",
    "warn_unused_result",
    "weakref",
    "zero_call_used_regs",
  ].map((name): [string, AttributeEffect] => [name, NONE]),
]);
