/**
 * Source lines as BTF keeps them: which expression a column means, and the names that the text makes obvious. Clang points
 * at a member's name, an operator or the first token, depending on the expression:
 *
 *     if (tcp->syn && !tcp->ack)        s->count[queue]++;         bpf_map_lookup_elem(&m, &key)
 *              ^ "tcp->syn"                            ^ "s->count[queue]"      ^ the call
 */
import type { LineInfo, ResolvedProg } from "../obj/spec.ts";

/** The line of an insn: the last that begins at or before it; null without one, and for inline assembly. */
export function lineAt(prog: ResolvedProg, insn: number): LineInfo | null {
  const { lines, funcs } = prog.spec;
  let found: LineInfo | null = null;
  let start = 0;
  for (const func of funcs) if (func.insnIdx <= insn) start = func.insnIdx;
  for (const line of lines) if (line.insnIdx <= insn && line.insnIdx >= start) found = line;
  return found === null || found.text === "" || isInlineAsm(found.text) ? null : found;
}

/** One line of C for many instructions: they say more than it does. */
export function isInlineAsm(text: string): boolean {
  return /^\s*(?:asm|__asm__)\b/.test(text);
}

const WORD = /[A-Za-z0-9_]/;
const UNARY_BEFORE = /(?:^|[=(,!&|?:;{<>+\-/%]|return)\s*$/;

/** Columns, from 1, of the expression that a line's column means: [first, behind the last]; null where it says nothing. */
export function spanOf(line: LineInfo): readonly [number, number] | null {
  const { text, col } = line;
  let at = col - 1;
  if (col <= 0 || at >= text.length) return null;
  if (text[at] === "}" || text[at] === "{" || text[at] === ")") return null;
  if (text[at] === "(") {
    // A cast or a parenthesis: with what follows it up to the operator.
    let end = closing(text, at);
    if (WORD.test(text[end] ?? "") || text[end] === "(") end = postfixEnd(text, end);
    return [col, end + 1];
  }
  if (text[at] === "*" && UNARY_BEFORE.test(text.slice(0, at)) && text[at + 1] !== " ") {
    return [col, postfixEnd(text, at + 1) + 1];
  }
  const keyword = /^(?:return|while|if|for|switch)\b/.exec(text.slice(at));
  if (keyword !== null) {
    const open = text.indexOf("(", at);
    if (keyword[0] !== "return" && open >= 0) return [col, closing(text, open) + 1];
    const end = text.indexOf(";", at);
    return [col, (end < 0 ? text.trimEnd().length : end) + 1];
  }
  if (!WORD.test(text[at]!)) {
    if (/[!~&-]/.test(text[at]!) && WORD.test(text[at + 1] ?? "") && UNARY_BEFORE.test(text.slice(0, at))) {
      return [col, postfixEnd(text, at + 1) + 1];
    }
    // An operator: what stands to its left, and for arithmetic and comparisons also what stands to its right.
    const binary = /^(?:<<|>>|[<>]=?|[=!]=|[-+*/%&|^](?![-+=&|]))\s*/.exec(text.slice(at));
    const right = binary === null ? 0 : postfixEnd(text, at + binary[0].length);
    at--;
    while (at >= 0 && text[at] === " ") at--;
    if (at < 0) return [col, col + 1];
    const end = Math.max(at + 1, right);
    const start = postfixStart(text, at);
    const star = start > 0 && text[start - 1] === "*" && UNARY_BEFORE.test(text.slice(0, start - 1)) ? 1 : 0;
    return start < end ? [start - star + 1, end + 1] : [col, col + 1];
  }
  return [postfixStart(text, at) + 1, postfixEnd(text, at) + 1];
}

/** Index behind the bracket that closes the one at `at`. */
function closing(text: string, at: number): number {
  let depth = 0;
  for (let i = at; i < text.length; i++) {
    if (text[i] === "(" || text[i] === "[") depth++;
    else if (text[i] === ")" || text[i] === "]") {
      depth--;
      if (depth === 0) return i + 1;
    }
  }
  return text.length;
}

/** Index behind a name with its members, subscripts and call. */
function postfixEnd(text: string, from: number): number {
  let i = from;
  if (text[i] === "(") i = closing(text, i);
  for (;;) {
    while (i < text.length && WORD.test(text[i]!)) i++;
    if (text[i] === "(" || text[i] === "[") i = closing(text, i);
    else if (text[i] === "." && WORD.test(text[i + 1] ?? "")) i++;
    else if (text[i] === "-" && text[i + 1] === ">") i += 2;
    else return i;
  }
}

/** First index of the postfix expression whose last character is at `from`. */
function postfixStart(text: string, from: number): number {
  let i = from;
  for (;;) {
    if (text[i] === "]" || text[i] === ")") {
      const close = text[i]!;
      const open = close === "]" ? "[" : "(";
      let depth = 0;
      for (; i >= 0; i--) {
        if (text[i] === close) depth++;
        else if (text[i] === open && --depth === 0) break;
      }
      if (i < 0) return 0;
      i--;
      continue;
    }
    while (i >= 0 && WORD.test(text[i]!)) i--;
    if (i >= 0 && text[i] === "." && i > 0) i--;
    else if (i >= 1 && text[i] === ">" && text[i - 1] === "-") i -= 2;
    else if (i >= 0 && (text[i] === "]" || text[i] === ")") && WORD.test(text[i + 1] ?? "") === false) continue;
    else return i + 1;
  }
}

/** The same, of a comparison all of it: "(void *)(ip + 1) > end" up to the closing bracket, && or ||. */
export function conditionOf(line: LineInfo): readonly [number, number] | null {
  const span = spanOf(line);
  if (span === null || line.text[line.col - 1] === "!") return span;
  const { text } = line;
  let depth = 0;
  for (let i = span[0] - 1; i < text.length; i++) {
    const char = text[i]!;
    if (char === "(" || char === "[") depth++;
    else if ((char === ")" || char === "]") && --depth < 0) return [span[0], Math.max(i + 1, span[1])];
    if (depth > 0) continue;
    if (char === ";" || char === "{" || char === "?" || text.startsWith("&&", i) || text.startsWith("||", i)) {
      return [span[0], Math.max(text.slice(0, i).trimEnd().length + 1, span[1])];
    }
  }
  return span;
}

/** "eth->h_proto" of "bpf_ntohs(eth->h_proto)": what a macro or inline function of one argument is given. */
export function unwrapped(expression: string): string {
  const inner = /^[A-Za-z_]\w*\((.+)\)$/.exec(expression)?.[1];
  if (inner === undefined || /^(?:if|while|for|switch)\b/.test(expression) || inner.includes(",")) return expression;
  return unwrapped(inner);
}

/** "fib" of "(void *)&fib". */
export function plainArgument(text: string): string {
  return text.replace(/^(?:\([^()]*\)\s*)*&?/, "");
}

export function textOf(line: LineInfo, span: readonly [number, number]): string {
  return line.text.slice(span[0] - 1, span[1] - 1);
}

/** "tcp" of "tcp->syn", "p" of "*p": the pointer that an access goes through; "" where it is no plain name. */
export function pointerName(expression: string): string {
  return (
    /^([A-Za-z_]\w*)->/.exec(expression)?.[1] ??
    /^\*([A-Za-z_]\w*)$/.exec(expression)?.[1] ??
    /^([A-Za-z_]\w*)\[/.exec(expression)?.[1] ??
    ""
  );
}

/** "queue" of "s->count[queue]"; "" without a subscript that is a plain name. */
export function indexName(expression: string): string {
  return /\[([A-Za-z_]\w*)\]$/.exec(expression)?.[1] ?? "";
}

/** "n" of "__u64 *n = bpf_map_lookup_elem(...)", for a column behind the equals sign; "" elsewhere. */
export function assignedName(line: LineInfo): string {
  const before = line.col > 0 ? line.text.slice(0, line.col - 1) : line.text;
  return /([A-Za-z_]\w*)\s*=\s*(?:\([^()]*\)\s*)*[(&*!~-]*(?:\w|->|\.|\[\w*\])*\s*$/.exec(before)?.[1] ?? "";
}

/** The n-th argument, from 1, of a call: "&key"; "" where the text does not show it. */
export function argumentText(call: string, n: number): string {
  const open = call.indexOf("(");
  if (open < 0 || !call.endsWith(")")) return "";
  let depth = 0;
  let at = open + 1;
  let left = n;
  for (let i = open; i < call.length; i++) {
    const char = call[i]!;
    if (char === "(" || char === "[" || char === "{") depth++;
    else if (char === ")" || char === "]" || char === "}") depth--;
    const ends = depth === 0 || (depth === 1 && char === ",");
    if (!ends) continue;
    if (--left === 0) return call.slice(at, i).trim();
    at = i + 1;
  }
  return "";
}

/** "end" of "if ((void *)(ip + 1) > end)": the plain name that something is compared with. */
export function comparedName(text: string): string {
  return /[<>]=?\s*(?:\([^()]*\)\s*)*([A-Za-z_]\w*(?:->\w+)?)\s*(?:\)|\|\||&&|;|$)/.exec(text)?.[1] ?? "";
}

/** "(void *)(ip + 1)" of such a line. */
export function comparedWith(text: string): string {
  return /\(\s*([^<>=]*?)\s*[<>]=?\s*[A-Za-z_]/.exec(text)?.[1] ?? "";
}
