/**
 * Addresses of kernel symbols, for externs declared `extern const void name __ksym`. Lines of /proc/kallsyms:
 *
 *     ffffffff81000000 T _text
 *     ffffffffc0a01000 t helper	[module]
 *     ffffffff82a41b40 d counter.llvm.1234        link-time optimised: the name is what stands before ".llvm."
 *
 * All addresses are 0 for those who may not see them (kptr_restrict).
 * Source: bpf_object__read_kallsyms_file() and kallsyms_cb() in tools/lib/bpf/libbpf.c.
 */
import { readFileSync } from "node:fs";
import { SkepError } from "../base/error.ts";

const PATH = "/proc/kallsyms";

/** Reads the file (10 MB, 20 ms) when a name is first asked for. */
export function kernelSymbols(
  read: () => string = () => readFileSync(PATH, "latin1"),
): (name: string) => bigint | undefined {
  let text: string | undefined;
  return (name) => {
    text ??= read();
    return addressIn(text, name);
  };
}

/** Undefined for a name that is not there. Throws "linux/ksym" for one that stands for several addresses. */
export function addressIn(text: string, name: string): bigint | undefined {
  let found: bigint | undefined;
  const needle = ` ${name}`;
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) {
    const next = text[at + needle.length];
    const whole = next === "\n" || next === "\t" || next === undefined;
    const type = text[at - 1];
    if (!whole && !(type === "d" && text.startsWith(".llvm.", at + needle.length))) continue;
    const start = text.lastIndexOf("\n", at) + 1;
    const address = BigInt(`0x${text.slice(start, text.indexOf(" ", start))}`);
    if (found !== undefined && found !== address) {
      throw new SkepError("linux/ksym", `kernel symbol '${name}' stands for several addresses`, {
        advice: "declare it with its type, so that it is found in BTF",
      });
    }
    found = address;
  }
  return found;
}
