/**
 * The command line of a compiler in skep's words, so that a line of a Makefile works with `skep build` in clang's place. Options
 * that choose what skep does anyway (-c, -g, -O2, -target bpf) are left out; what it cannot do is a usage error.
 */
import { SkepError } from "../base/error.ts";

/** Options that say nothing here; those of WITH_VALUE take the next word. */
const IDLE =
  /^-(c|g\w*|O\w*|pipe|v|x|ansi|target(=.*)?|-target=.*|march=.*|m(little|big)-endian|m(no-)?[a-z].*|f[a-z].*|nostd\w+|no-canonical-prefixes|Qunused-arguments|pedantic|Xclang|-sysroot=.*|-param=.*)$/;
const WITH_VALUE: ReadonlySet<string> = new Set(["-x", "-target", "-Xclang", "-mllvm", "--target", "-arch"]);
/** The next word is theirs, and so are they in skep's words. */
const RENAMED: Readonly<Record<string, string>> = {
  "-include": "--preinclude",
  "-imacros": "--preinclude",
  "-isystem": "--isystem",
  "-idirafter": "--isystem",
  "-iquote": "--include",
  "-MF": "--dep-file",
  "-MT": "--dep-target",
  "-MQ": "--dep-target",
};
const JOINED = /^-(isystem|idirafter|iquote|include|MF|MT|MQ)(?=[^-])(.+)$/;
const REFUSED: Readonly<Record<string, string>> = {
  "-emit-llvm": "there is no LLVM in between: skep writes the object at once",
  "-S": "for assembly: --emit asm",
  "-E": "skep has no output of the preprocessor",
  "-fsyntax-only": "leave it out: what is wrong is told in any case",
};

/** Words after "build" as the command reads them. */
export function fromClang(words: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const renamed = RENAMED[word];
    const joined = JOINED.exec(word);
    if (REFUSED[word] !== undefined) {
      throw new SkepError("usage/option", `${word} means nothing to skep`, { advice: REFUSED[word] });
    }
    if (renamed !== undefined) out.push(renamed, words[++i] ?? "");
    else if (joined !== null) out.push(RENAMED[`-${joined[1]}`]!, joined[2]!);
    else if (/^-mcpu=/.test(word)) out.push("--mcpu", mcpu(word.slice(6)));
    else if (word.startsWith("-std=")) out.push("--std", word.slice(5));
    else if (word === "-fwrapv") out.push("--wrapv");
    else if (word === "-w") out.push("--no-warnings");
    else if (word === "-M" || word === "-MM") out.push("--deps-only");
    else if (word === "-MD" || word === "-MMD") out.push("--deps");
    else if (word === "-MP" || word === "-MG") out.push("--dep-phony");
    else if (word.startsWith("-W") && word !== "-W") out.push("--warn", word.slice(2));
    else if (WITH_VALUE.has(word)) i++;
    else if (!IDLE.test(word)) out.push(word);
  }
  return out;
}

/** v1 has no instruction that v2 has besides comparisons, which any kernel since 4.14 takes. */
function mcpu(name: string): string {
  return name === "generic" || name === "v1" ? "v2" : name === "probe" ? "v3" : name;
}
