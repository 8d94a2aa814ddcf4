/**
 * Test files of the bpf_conformance suite (*.data): sections that begin with "-- word", '#' begins a comment.
 *
 *     -- asm       mnemonics            -- raw     64-bit words, instead of asm
 *     -- mem       bytes in hex         -- result  r0, in hex or decimal        -- error   the program must fail
 */
import { assemble } from "../../asm/asm.ts";
import { SkepError } from "../../base/error.ts";
import { decodeInsns, type InsnBuf } from "../../isa/insn.ts";

export interface SuiteTest {
  readonly insns: InsnBuf;
  readonly memory: Uint8Array;
  /** r0; null where an error is expected. */
  readonly result: bigint | null;
}

/** Throws SkepError "conformance/file" for a file that is no test, "asm/..." for its program. */
export function parseSuiteTest(text: string, file: string): SuiteTest {
  const sections = new Map<string, string[]>();
  let lines: string[] = [];
  for (const source of text.split("\n")) {
    const line = source.replace(/#.*/, "").trimEnd();
    const head = /^-- *(.*)$/.exec(line);
    if (head !== null) {
      lines = [];
      sections.set(sectionOf(head[1]!), lines);
    } else {
      lines.push(line);
    }
  }
  const result = sections.get("result");
  if (result === undefined && !sections.has("error")) {
    throw new SkepError("conformance/file", "neither a result nor an error is expected", { site: { file } });
  }
  const raw = sections.get("raw");
  const words = (section: string): string[] => (sections.get(section) ?? []).join(" ").split(/\s+/).filter(Boolean);
  return {
    insns:
      raw === undefined ? assemble((sections.get("asm") ?? []).join("\n"), { file }).insns : rawInsns(words("raw")),
    memory: Uint8Array.from(words("mem"), (word) => Number.parseInt(word, 16)),
    result: result === undefined ? null : BigInt.asUintN(64, BigInt(result.join("").trim())),
  };
}

function sectionOf(title: string): string {
  for (const name of ["asm", "result", "mem", "raw", "error"]) if (title.includes(name)) return name;
  return title;
}

function rawInsns(words: readonly string[]): InsnBuf {
  const bytes = new Uint8Array(8 * words.length);
  const view = new DataView(bytes.buffer);
  for (const [i, word] of words.entries()) view.setBigUint64(8 * i, BigInt.asUintN(64, BigInt(word)), true);
  return decodeInsns(bytes);
}
