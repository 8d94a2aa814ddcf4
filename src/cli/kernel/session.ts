/**
 * What the commands in bpftool's grammar share: the door to the kernel, -j and -p, words of which any beginning is enough.
 *
 *     skep prog show id 7        skep p s i 7        skep map lookup name syns key hex 0a 00 00 01
 */
import type { Command } from "commander";
import { SkepError } from "../../base/error.ts";
import { Bpf } from "../../linux/bpf/call.ts";
import { koffiSys } from "../../linux/koffi-sys.ts";
import { jsonValue, output, print } from "../output.ts";
import { pretty } from "./pretty.ts";

export interface KernelFlags {
  json?: boolean;
  pretty?: boolean;
}

/** The arguments of a command, taken one after another. */
export class Words {
  private readonly words: readonly string[];
  private readonly command: string;
  private readonly grammar: string;
  private at = 0;

  constructor(words: readonly string[], command: string, grammar: string) {
    this.words = words;
    this.command = command;
    this.grammar = grammar;
  }

  get peek(): string | undefined {
    return this.words[this.at];
  }

  get empty(): boolean {
    return this.at >= this.words.length;
  }

  /** The next word, which must be there. */
  next(what: string): string {
    const word = this.words[this.at];
    if (word === undefined) throw this.usage(`${what} is missing`);
    this.at++;
    return word;
  }

  /** Takes the next word if it is a beginning of one of these; the whole one is returned. */
  take(...wholes: readonly string[]): string | undefined {
    const word = this.words[this.at];
    const found = word === undefined || word === "" ? undefined : wholes.find((whole) => whole.startsWith(word));
    if (found !== undefined) this.at++;
    return found;
  }

  number(what: string): number {
    const text = this.next(what);
    const n = Number(text);
    if (text === "" || !Number.isInteger(n) || n < 0) throw this.usage(`${what} is a number, not "${text}"`);
    return n;
  }

  end(): void {
    if (!this.empty) throw this.usage(`"${this.peek}" is not expected here`);
  }

  usage(message: string): SkepError {
    return new SkepError(`usage/${this.command}`, message, { advice: this.grammar });
  }
}

/** What the first word asks for; "show" where there is none. */
export function verbOf<T>(words: Words, verbs: Readonly<Record<string, T>>): T {
  const verb = words.empty ? "show" : words.take(...Object.keys(verbs));
  const found = verb === undefined ? undefined : verbs[verb];
  if (found !== undefined) return found;
  throw words.usage(
    words.empty ? "what is to be done?" : `"${words.peek}" is none of ${Object.keys(verbs).join(", ")}`,
  );
}

/** Registers a command that takes bpftool's words. */
export function kernelCommand(
  program: Command,
  name: string,
  description: string,
  grammar: string,
  help: string,
  run: (words: Words) => Promise<void> | void,
): void {
  program
    .command(name)
    .description(description)
    .argument("[words...]", grammar)
    .option("-j, --json", "one JSON document, as bpftool -j")
    .option("-p, --pretty", "the same, indented")
    .addHelpText("after", help)
    .action(async (list: string[], flags: KernelFlags, command: Command) => {
      const all = { ...command.optsWithGlobals(), ...flags } as KernelFlags;
      style.json = all.json === true || all.pretty === true || output.json;
      style.pretty = all.pretty === true;
      await run(new Words(list, name, grammar));
    });
}

export const style: { json: boolean; pretty: boolean } = { json: false, pretty: false };

/** One document. */
export function printDocument(document: unknown): void {
  print(style.pretty ? pretty(document) : JSON.stringify(document, jsonValue));
}

/** Either the document (with -j) or the lines. */
export function show(document: () => unknown, text: () => string): void {
  if (style.json) printDocument(document());
  else {
    const lines = text();
    if (lines !== "") print(lines);
  }
}

let bpf: Bpf | undefined;

export function kernel(): Bpf {
  bpf ??= new Bpf(koffiSys());
  return bpf;
}
