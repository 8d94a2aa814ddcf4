/**
 * Formats of bpf_trace_printk and its like: as many arguments as conversions, and only conversions that the kernel knows.
 * Source: kernel/trace/bpf_trace.c, bpf_bprintf_prepare().
 */
import type { Expr } from "../ast.ts";
import type { Parser } from "../parse/state.ts";
import type { Loc } from "../types.ts";

/** Where the format stands among the arguments, and what tells how many values there are: the rest, or bytes of an array. */
const PRINTERS: Readonly<Record<string, { readonly format: number; readonly values: number | "rest" }>> = {
  bpf_trace_printk: { format: 0, values: "rest" },
  bpf_trace_vprintk: { format: 0, values: 3 },
  bpf_snprintf: { format: 2, values: 4 },
  bpf_seq_printf: { format: 1, values: 4 },
};

export function checkFormat(p: Parser, name: string, args: readonly Expr[], loc: Loc): void {
  const printer = PRINTERS[name];
  if (printer === undefined || p.unevaluated > 0) return;
  const text = textOf(args[printer.format]);
  if (text === undefined) return;
  const found = conversions(text);
  if (typeof found === "string") {
    p.warn("C564", `the kernel's printf knows no '${found}': it prints nothing and answers -EINVAL`, loc, {
      help: "it takes %d %i %u %x %X (with l, ll), %c, %s, %p and its forms",
    });
    return;
  }
  let count = args.length - printer.format - 2;
  if (printer.values !== "rest") {
    const bytes = args[printer.values];
    if (bytes?.kind !== "int") return;
    count = Number(bytes.value) / 8;
  }
  if (count === found) return;
  const have = `${count} argument${count === 1 ? "" : "s"}`;
  const want = `${found} conversion${found === 1 ? "" : "s"}`;
  const then =
    count > found
      ? "what is left is not printed"
      : printer.values === "rest"
        ? "the kernel prints what is in the registers"
        : "the kernel prints nothing and answers -EINVAL";
  p.warn("C564", `the format has ${want} and ${have}: ${then}`, loc);
}

/** Of a string, or of a constant array of characters with an initialiser. */
function textOf(e: Expr | undefined): string | undefined {
  let at = e;
  while (at?.kind === "cast") at = at.operand;
  if (at?.kind !== "decay") return undefined;
  let bytes: Uint8Array | undefined;
  if (at.place.kind === "str") bytes = at.place.bytes;
  else if (at.place.kind === "var" && at.place.decl.storage === "static") {
    const value = at.place.decl.init?.items[0]?.value;
    if (value?.kind === "str") bytes = value.bytes;
  }
  if (bytes === undefined) return undefined;
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** How many values are printed, or the conversion that there is not. */
function conversions(text: string): number | string {
  let count = 0;
  for (const [whole, flags, kind] of text.matchAll(/%([-0 +#]*\d*(?:\.\d+)?(?:hh|h|ll|l|z|j|t)?)(.?)/gs)) {
    if (kind === "%" && flags === "") continue;
    if (!/^[-0 +#]*\d*(?:ll|l)?$/.test(flags!) || !/^[diuxXcsp]$/.test(kind!)) return whole;
    count++;
  }
  return count;
}
