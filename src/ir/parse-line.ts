/** One line of the text of IR as words, strings and punctuation. */
import { SkepError } from "../base/error.ts";
import type { Pos } from "./ir.ts";

interface Token {
  readonly kind: "word" | "string" | "json" | "punct" | "end";
  readonly text: string;
}

const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|(![\d:]+)|([%@]?[\w.$+-]+)|([=(),:[\]{}]))/y;

export class Line {
  private readonly text: string;
  private readonly lineNumber: number;
  private at = 0;
  private ahead: Token | null = null;

  constructor(text: string, number: number) {
    this.text = text;
    this.lineNumber = number;
  }

  fail(message: string): never {
    throw new SkepError("ir/syntax", `${message}: ${this.text.trim()}`, {
      site: { line: this.lineNumber, col: this.at + 1 },
    });
  }

  peek(): Token {
    this.ahead ??= this.read();
    return this.ahead;
  }

  next(): Token {
    const token = this.peek();
    this.ahead = null;
    return token;
  }

  private read(): Token {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (match === null) {
      if (this.text.slice(this.at).trim() !== "") this.fail("this cannot be read");
      return { kind: "end", text: "" };
    }
    this.at = TOKEN.lastIndex;
    if (match[1] !== undefined) return { kind: "string", text: JSON.parse(`"${match[1]}"`) as string };
    const text = match[2] ?? match[3] ?? match[4]!;
    return { kind: match[4] === undefined ? "word" : "punct", text };
  }

  /** A JSON array. */
  json(): unknown {
    if (this.ahead !== null) this.fail("an array is read too late");
    const start = this.text.indexOf("[", this.at);
    let depth = 0;
    let quoted = false;
    for (let i = start; i >= 0 && i < this.text.length; i++) {
      const char = this.text[i];
      if (quoted) {
        if (char === "\\") i++;
        else if (char === '"') quoted = false;
      } else if (char === '"') quoted = true;
      else if (char === "[") depth++;
      else if (char === "]" && --depth === 0) {
        this.at = i + 1;
        return JSON.parse(this.text.slice(start, i + 1));
      }
    }
    return this.fail("an array is expected");
  }

  accept(text: string): boolean {
    if (this.peek().text !== text || this.peek().kind === "string") return false;
    this.next();
    return true;
  }

  expect(text: string): void {
    if (!this.accept(text)) this.fail(`"${text}" is expected`);
  }

  word(): string {
    const token = this.next();
    if (token.kind !== "word") this.fail("a word is expected");
    return token.text;
  }

  string(): string {
    const token = this.next();
    if (token.kind !== "string") this.fail("a string is expected");
    return token.text;
  }

  number(): number {
    const value = Number(this.word());
    if (!Number.isInteger(value)) this.fail("a number is expected");
    return value;
  }

  /** key=value pairs and bare flags up to the end (or a "!" position, or "{"). */
  attributes(): Map<string, string> {
    const found = new Map<string, string>();
    while (this.peek().kind === "word" && !this.peek().text.startsWith("!")) {
      const key = this.word();
      if (!this.accept("=")) found.set(key, "");
      else if (this.peek().kind === "string") found.set(key, this.string());
      else {
        let value = this.next().text;
        while (this.accept(":")) value += `:${this.next().text}`;
        found.set(found.has(key) ? `${key}${found.size}` : key, value);
      }
    }
    return found;
  }

  pos(): Pos | null {
    if (!this.peek().text.startsWith("!")) return null;
    const [file, line, col] = this.next().text.slice(1).split(":").map(Number);
    return { file: file!, line: line!, col: col! };
  }
}
