/**
 * Places in the sources. A `Loc` is one number: 0 nowhere; positive: byte offset in the concatenation of all files read (each file
 * has its base, so a file included twice has two); negative: a token that a macro produced, -1 - index into the expansion tables.
 */
import type { DiagPlace, MacroStep } from "./diag.ts";
import type { Loc } from "./types.ts";

export interface SourceFile {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Loc of its first byte. */
  readonly base: number;
  /** Loc of the `#include` that read it, 0 for the main file. */
  readonly from: Loc;
  /** Offsets of line starts; made on the first look-up. */
  lines: Int32Array | undefined;
}

export interface LineCol {
  readonly file: string;
  readonly line: number;
  readonly col: number;
}

/** One use of a macro. */
interface Expansion {
  readonly macro: string;
  /** Where it was used; negative where inside another expansion. */
  readonly at: Loc;
}

export class SourceMap {
  readonly files: SourceFile[] = [];
  readonly #expansions: Expansion[] = [];
  /** Two words a macro token: where it is spelled (a Loc), its expansion's index. */
  #tokens = new Int32Array(4096);
  #count = 0;
  #end = 1;

  add(name: string, bytes: Uint8Array, from: Loc): SourceFile {
    const file: SourceFile = { name, bytes, base: this.#end, from, lines: undefined };
    this.files.push(file);
    this.#end += bytes.length + 1;
    return file;
  }

  expansion(macro: string, at: Loc): number {
    this.#expansions.push({ macro, at });
    return this.#expansions.length - 1;
  }

  /** The Loc of a token of a macro's expansion. */
  macroLoc(spelling: Loc, expansion: number): Loc {
    let at = this.#count * 2;
    if (at === this.#tokens.length) {
      const grown = new Int32Array(at * 2);
      grown.set(this.#tokens);
      this.#tokens = grown;
    }
    this.#tokens[at++] = spelling;
    this.#tokens[at] = expansion;
    return -1 - this.#count++;
  }

  /** Where the text stands in a file: the outermost macro use for a macro's token. What line information wants. */
  expandLoc(loc: Loc): Loc {
    let at = loc;
    while (at < 0) at = this.#expansions[this.#tokens[(-1 - at) * 2 + 1]].at;
    return at;
  }

  /** Where the token's characters stand. */
  spellingLoc(loc: Loc): Loc {
    let at = loc;
    while (at < 0) at = this.#tokens[(-1 - at) * 2];
    return at;
  }

  fileOf(loc: Loc): SourceFile | undefined {
    let lo = 0;
    let hi = this.files.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.files[mid].base <= loc) lo = mid + 1;
      else hi = mid;
    }
    return this.files[lo - 1];
  }

  /** File, line and column of where the text stands (macros: where the outermost one is used). */
  lineCol(loc: Loc): LineCol {
    const at = this.expandLoc(loc);
    const file = at > 0 ? this.fileOf(at) : undefined;
    if (file === undefined) return { file: "", line: 0, col: 0 };
    const off = at - file.base;
    const lines = linesOf(file);
    let lo = 0;
    let hi = lines.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (lines[mid] <= off) lo = mid + 1;
      else hi = mid;
    }
    return { file: file.name, line: lo, col: off - lines[lo - 1] + 1 };
  }

  /** The text of the line a Loc is on (after expansion), without its end; for BTF.ext and messages. */
  lineText(loc: Loc): string {
    const at = this.expandLoc(loc);
    const file = at > 0 ? this.fileOf(at) : undefined;
    if (file === undefined) return "";
    let start = at - file.base;
    let end = start;
    while (start > 0 && file.bytes[start - 1] !== 10) start--;
    while (end < file.bytes.length && file.bytes[end] !== 10) end++;
    if (end > start && file.bytes[end - 1] === 13) end--;
    return DECODER.decode(file.bytes.subarray(start, end));
  }

  /**
   * Where a finding is shown: a macro's token where the macro is used, one of its arguments where it is written. (A macro's own
   * text stands before its use, an argument behind it.)
   */
  #shown(loc: Loc): Loc {
    const used = this.expandLoc(loc);
    if (loc >= 0) return used;
    const spelled = this.spellingLoc(loc);
    return spelled > used && this.fileOf(spelled) === this.fileOf(used) ? spelled : used;
  }

  place(loc: Loc): DiagPlace {
    const at = this.#shown(loc);
    const { file, line, col } = this.lineCol(at);
    const source = at > 0 ? this.fileOf(at) : undefined;
    return { file, line, col, endCol: col + (source === undefined ? 1 : tokenLength(source.bytes, at - source.base)) };
  }

  /** The macro expansions around a token, innermost first. */
  trail(loc: Loc): MacroStep[] {
    const steps: MacroStep[] = [];
    for (let at = loc; at < 0; ) {
      const token = -1 - at;
      const expansion = this.#expansions[this.#tokens[token * 2 + 1]];
      steps.push({ macro: expansion.macro, at: this.place(this.spellingLoc(this.#tokens[token * 2])) });
      at = expansion.at;
    }
    return steps;
  }

  includes(loc: Loc): { file: string; line: number }[] {
    const chain: { file: string; line: number }[] = [];
    for (
      let file = this.fileOf(this.expandLoc(loc));
      file !== undefined && file.from > 0;
      file = this.fileOf(file.from)
    ) {
      const { file: name, line } = this.lineCol(file.from);
      chain.push({ file: name, line });
    }
    return chain;
  }
}

const DECODER = new TextDecoder();

function linesOf(file: SourceFile): Int32Array {
  if (file.lines === undefined) {
    const { bytes } = file;
    let count = 1;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
    const lines = new Int32Array(count);
    count = 1;
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines[count++] = at + 1;
    file.lines = lines;
  }
  return file.lines;
}

/** Length of the word, number, string or sign at an offset: what a caret underlines. */
function tokenLength(bytes: Uint8Array, start: number): number {
  const word = (c: number): boolean =>
    (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122) || c === 95;
  let end = start;
  while (end < bytes.length && word(bytes[end])) end++;
  if (end > start) return end - start;
  const quote = bytes[start];
  if (quote !== 34 && quote !== 39) return 1;
  end++;
  while (end < bytes.length && bytes[end] !== quote && bytes[end] !== 10) end += bytes[end] === 92 ? 2 : 1;
  return Math.max(1, Math.min(end + 1, bytes.length) - start);
}
