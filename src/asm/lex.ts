/**
 * Source text to statements and tokens. Reads hand-written programs and the listings of other tools:
 *
 *     r0 = 0; exit              statements end at the line's end or at ';'   ';' first in a line, '//' and '#' begin a comment
 *     loop:  1:  l0_%=:         labels; numeric ones are meant by 1b and 1f
 *            7:  call 0x1       llvm-objdump, with or without raw bytes
 *     		0000000000000190:  R_BPF_64_64	flows
 *     0000000000000048 <LBB0_2>:
 *        3: (b7) r0 = 0  ; ...   bpftool and the verifier's log: ';' begins a comment there
 *     int prog(struct xdp_md * ctx):                                          bpftool's function heads
 */
import { SkepError } from "../base/error.ts";

export interface Token {
  readonly kind: "reg" | "num" | "name" | "op" | "end";
  readonly text: string;
  /** Value of a number; a register's number. */
  readonly value: bigint;
  /** From 1. */
  readonly col: number;
  /** No white space between the token before and this one. */
  readonly glued: boolean;
}

export interface Statement {
  readonly line: number;
  readonly tokens: readonly Token[];
  /** Opcode byte that a bpftool listing shows before the text, or -1. */
  readonly code: number;
}

/** One line's parts: labels first, then its statements; or a relocation of the instruction before. */
export type Item =
  | { readonly kind: "label"; readonly name: string; readonly line: number; readonly col: number }
  | { readonly kind: "stmt"; readonly stmt: Statement }
  | { readonly kind: "reloc"; readonly type: string; readonly name: string; readonly line: number };

const MAX_LINE = 4096;
const RELOC = /^\s*[0-9a-f]{8,16}:?\s+(R_BPF_\w+)\s+(\S+)\s*$/;
const SYMBOL_HEAD = /^[0-9a-f]{8,16} <(.+)>:\s*$/;
const LISTING_NOISE = /^(Disassembly of section .*:|.*:\s*file format \S+|\s*[0-9a-f]{8,16}:?\s+CO-RE\b.*)\s*$/;
const FUNC_HEAD = /^\s*[A-Za-z_][\w\s*]*?\b([A-Za-z_]\w*)\(.*\):\s*$/;
const LISTING_LINE = /^(\s*\d+:\s*(?:\(([0-9a-f]{2})\)|\t?(?:[0-9a-f]{2} ){7,15}[0-9a-f]{2}(?=\s)|\t))\s*/;
const LABEL = /^\s*(?:<([^>]+)>|([A-Za-z_.$][\w.$]*(?:%=)?|\d+)):/;
// What compilers write around code; .text, .type and the like say nothing about instructions.
const DIRECTIVE =
  /^\s*\.(text|section|globl|global|type|size|p2align|align|file|loc|cfi_\w+|ident|addrsig\w*|weak|local)\b/;

const TOKEN =
  /\s*(?:(%?[rw]\d+\b|%?fp\b)|(0[xX][0-9a-fA-F]+|\d+)(?:[uU]?[lL]{0,2}\b)?|(%\[\w+\])|(s>>=|s>=|s<=|s>|s<|s\/=|s%=|<<=|>>=|[-+*/%|&^=!<>]=|<<|>>|[-+*/%|&^=<>()[\],~!:#@])|([A-Za-z_.$][\w.$]*(?:%=)?))/y;

export function lex(text: string, file: string | undefined): readonly Item[] {
  const items: Item[] = [];
  const lines = blankBlockComments(text).split("\n");
  // "%%" is how inline assembly in C writes "%"
  for (let i = 0; i < lines.length; i++)
    lexLine(lines[i]!.replace(/\r$/, "").replaceAll("%%", "%"), i + 1, file, items);
  return items;
}

function lexLine(source: string, line: number, file: string | undefined, items: Item[]): void {
  const reloc = RELOC.exec(source);
  if (reloc !== null) {
    items.push({ kind: "reloc", type: reloc[1]!, name: reloc[2]!, line });
    return;
  }
  if (source.length > MAX_LINE) {
    throw new SkepError("asm/line-too-long", `a line of ${source.length} characters`, {
      site: { ...(file === undefined ? {} : { file }), line, col: MAX_LINE },
      advice: `lines have at most ${MAX_LINE} characters: write one instruction a line`,
    });
  }
  const head = SYMBOL_HEAD.exec(source) ?? FUNC_HEAD.exec(source);
  if (head !== null) {
    items.push({ kind: "label", name: head[1]!, line, col: source.indexOf(head[1]!) + 1 });
    return;
  }
  if (LISTING_NOISE.test(source) || DIRECTIVE.test(source) || /^\s*;/.test(source)) return;
  let rest = stripComment(source);
  let at = 0;
  let code = -1;
  const listing = LISTING_LINE.exec(rest);
  if (listing !== null) {
    at = listing[0].length;
    const index = /\d+/.exec(rest)!;
    items.push({ kind: "label", name: index[0], line, col: index.index + 1 });
    if (listing[2] !== undefined) code = Number.parseInt(listing[2], 16);
    const semicolon = rest.indexOf(";", at);
    if (semicolon >= 0) rest = rest.slice(0, semicolon);
  }
  for (let label = LABEL.exec(rest.slice(at)); label !== null; label = LABEL.exec(rest.slice(at))) {
    const name = label[1] ?? label[2]!;
    items.push({ kind: "label", name, line, col: rest.indexOf(name, at) + 1 });
    at += label[0].length;
  }
  while (at < rest.length) {
    let end = rest.indexOf(";", at);
    if (end < 0) end = rest.length;
    for (let label = LABEL.exec(rest.slice(at, end)); label !== null; label = LABEL.exec(rest.slice(at, end))) {
      const name = label[1] ?? label[2]!;
      items.push({ kind: "label", name, line, col: rest.indexOf(name, at) + 1 });
      at += label[0].length;
    }
    const tokens = tokenize(rest, at, end, line, file);
    if (tokens.length > 1) items.push({ kind: "stmt", stmt: { line, tokens, code } });
    at = end + 1;
  }
}

function tokenize(source: string, start: number, end: number, line: number, file: string | undefined): Token[] {
  const tokens: Token[] = [];
  let at = start;
  for (;;) {
    while (at < end && (source[at] === " " || source[at] === "\t")) at++;
    if (at >= end) break;
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(source);
    if (match === null || TOKEN.lastIndex > end) {
      throw new SkepError("asm/character", `"${source[at]}" begins no token`, {
        site: { ...(file === undefined ? {} : { file }), line, col: at + 1 },
        advice: "write one instruction a line, or separate them with ';'; comments begin with // or #",
      });
    }
    const glued = at > start && source[at - 1] !== " " && source[at - 1] !== "\t";
    const col = at + 1;
    if (match[1] !== undefined) {
      const text = match[1].replace("%", "");
      tokens.push({ kind: "reg", text, value: text === "fp" ? 10n : BigInt(text.slice(1)), col, glued });
    } else if (match[2] !== undefined) {
      tokens.push({ kind: "num", text: match[2], value: BigInt(match[2]), col, glued });
    } else if (match[4] !== undefined) {
      tokens.push({ kind: "op", text: match[4], value: 0n, col, glued });
    } else {
      tokens.push({ kind: "name", text: match[3] ?? match[5]!, value: 0n, col, glued });
    }
    at = TOKEN.lastIndex;
  }
  tokens.push({ kind: "end", text: "end of line", value: 0n, col: end + 1, glued: false });
  return tokens;
}

/** Cuts "// ..." and "# ..."; a '#' glued to the token before it ("bpf_ktime_get_ns#5") stays. */
function stripComment(line: string): string {
  const cut = /(^|\s)#|\/\//.exec(line);
  return cut === null ? line : line.slice(0, cut.index);
}

/** Block comments become spaces, so that lines and columns stay. */
function blankBlockComments(text: string): string {
  return text.includes("/*") ? text.replace(/\/\*[\s\S]*?\*\//g, (comment) => comment.replace(/[^\n]/g, " ")) : text;
}
