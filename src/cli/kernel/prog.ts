/** The verbs of `skep prog`. */
import { constants, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { progTypeWord } from "../../abi/prog-types.ts";
import { errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { pinObject, progInfo } from "../../linux/bpf/object.ts";
import { jitedBytes, progCode } from "../../linux/bpf/prog-detail.ts";
import { type TestAttr, testRun } from "../../linux/bpf/test-run.ts";
import { btfById } from "../../linux/map-open.ts";
import { withTracefs } from "../../linux/tracefs.ts";
import { print } from "../output.ts";
import { dumpDocument, dumpedInsns, dumpText } from "./prog-dump.ts";
import { profile } from "./prog-profile.ts";
import { shownProg } from "./prog-show.ts";
import { eachNamed, openRefs, withRef } from "./refs.ts";
import { kernel, printDocument, show, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void | Promise<void>>> = {
  show: showProgs,
  list: showProgs,
  dump,
  run,
  pin,
  tracelog,
  profile,
};

export async function progCommand(words: Words): Promise<void> {
  await verbOf(words, VERBS)(words);
}

function showProgs(words: Words): void {
  const one = !words.empty;
  const documents: unknown[] = [];
  eachNamed(words, "prog", (fd) => {
    const shown = shownProg(fd);
    if (shown === undefined) return;
    if (style.json) documents.push(shown.document);
    else print(shown.text);
  });
  // As bpftool: a list for all, an object where one is named.
  if (style.json) printDocument(one && documents.length === 1 ? documents[0] : documents);
}

function dump(words: Words): void {
  const what = words.take("xlated", "jited");
  if (what === undefined) throw words.usage("dump what: xlated or jited?");
  const fds = openRefs(words, "prog");
  try {
    let file: string | undefined;
    const options = { opcodes: false, linum: false };
    while (!words.empty) {
      const word = words.take("file", "opcodes", "linum");
      if (word === "file") file = words.next("the file's name");
      else if (word === "opcodes" || word === "linum") options[word] = true;
      else throw words.usage(`"${words.peek}" is not known here`);
    }
    if (file !== undefined && fds.length > 1) throw words.usage("several programs have that name: choose by id");
    for (const fd of fds) dumpOne(fd, what, file, options);
  } finally {
    for (const fd of fds) kernel().close(fd);
  }
}

function dumpOne(
  fd: number,
  what: string,
  file: string | undefined,
  options: { opcodes: boolean; linum: boolean },
): void {
  const bpf = kernel();
  const info = progInfo(bpf, fd);
  if (what === "jited") {
    const bytes = jitedBytes(bpf, fd);
    if (bytes === undefined) throw hidden("machine code", "the JIT is off, or net.core.bpf_jit_harden hides it");
    if (file !== undefined) writeFileSync(file, bytes);
    else
      show(
        () => ({ bytes: Array.from(bytes, hex) }),
        () => hexLines(bytes),
      );
    return;
  }
  const code = progCode(bpf, fd);
  if (code === undefined) throw hidden("insns", "reading them needs CAP_PERFMON, and kernel.kptr_restrict below 2");
  if (file !== undefined) {
    writeFileSync(file, code.bytes);
    return;
  }
  const insns = dumpedInsns(code, info === undefined || info.btfId === 0 ? null : btfById(bpf, info.btfId));
  show(
    () => dumpDocument(insns, options.opcodes, options.linum),
    () => dumpText(insns, options.opcodes, options.linum),
  );
}

function hidden(what: string, advice: string): SkepError {
  return new SkepError("linux/hidden", `the kernel does not show the program's ${what}`, { advice });
}

const hex = (byte: number): string => `0x${byte.toString(16).padStart(2, "0")}`;

/** 16 bytes a line. */
function hexLines(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Array.from(bytes.subarray(at, at + 16), (byte) => byte.toString(16).padStart(2, "0"));
    lines.push(`${at.toString(16).padStart(8, "0")}: ${row.join(" ")}`);
  }
  return lines.join("\n");
}

const MAX_OUT = 64 * 1024;

function run(words: Words): void {
  withRef(words, "prog", (fd) => {
    const files: Record<string, string> = {};
    let repeat = 1;
    let cut = MAX_OUT;
    while (!words.empty) {
      const word = words.take("data_in", "data_out", "data_size_out", "ctx_in", "ctx_out", "ctx_size_out", "repeat");
      if (word === undefined) throw words.usage(`"${words.peek}" is not known here`);
      if (word === "repeat") repeat = words.number("the number of runs");
      else if (word === "data_size_out" || word === "ctx_size_out") cut = words.number("the size");
      else files[word] = words.next("the file's name");
    }
    const { data_in, ctx_in, data_out, ctx_out } = files;
    if (data_in === undefined && ctx_in === undefined) throw words.usage("data_in FILE or ctx_in FILE is needed");
    const bpf = kernel();
    const type = progInfo(bpf, fd)?.type ?? 0;
    const attr: TestAttr = {
      progType: type,
      repeat,
      ...(data_in === undefined ? {} : { data: input(data_in) }),
      ...(ctx_in === undefined ? {} : { ctx: input(ctx_in) }),
    };
    const result = testRun(bpf, fd, attr);
    if (result.result < 0) {
      const errno = -result.result;
      throw new SkepError(`run/${errnoName(errno)}`, `running a ${progTypeWord(type)} program: ${errnoName(errno)}`, {
        errno,
        advice: errno === 524 ? "the kernel has no test run for this type" : "packets need at least 14 bytes",
      });
    }
    const outputs: Record<string, string[]> = {};
    for (const [name, file, bytes] of [
      ["data_out", data_out, result.dataOut],
      ["ctx_out", ctx_out, result.ctxOut],
    ] as const) {
      if (file === undefined || bytes === null) continue;
      const part = bytes.slice(0, cut);
      if (file !== "-") writeFileSync(file, part);
      else if (style.json) outputs[name] = Array.from(part, hex);
      else print(hexLines(part));
    }
    show(
      () => ({ ...outputs, retval: result.retval, duration: result.durationNs }),
      () => `Return value: ${result.retval}, duration${repeat > 1 ? " (average)" : ""}: ${result.durationNs}ns`,
    );
  });
}

function input(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file === "-" ? 0 : file));
  } catch (cause) {
    throw new SkepError("input/unreadable", `cannot read ${file}`, { site: { file }, cause });
  }
}

function pin(words: Words): void {
  withRef(words, "prog", (fd) => pinAt(fd, words));
}

/** The last word of `pin`: where to. */
export function pinAt(fd: number, words: Words): void {
  const path = words.next("the path");
  words.end();
  const result = pinObject(kernel(), fd, path);
  if (result < 0) {
    throw new SkepError(`kernel/${errnoName(-result)}`, `pin ${path}: ${errnoName(-result)}`, {
      errno: -result,
      advice: "a path that is free in a mounted bpffs: mount -t bpf bpf /sys/fs/bpf",
    });
  }
  if (style.json) printDocument(null);
}

/**
 * What bpf_printk() writes, from all programs, until Ctrl-C. Read only when something is there: a read that waits would keep
 * the process from ending.
 */
async function tracelog(words: Words): Promise<void> {
  words.end();
  const { sys } = kernel();
  const fd = withTracefs(kernel(), (root) => openSync(`${root}/trace_pipe`, constants.O_RDONLY | constants.O_NONBLOCK));
  const buffer = new Uint8Array(64 * 1024);
  const pump = (): void => {
    for (let n = readSome(fd, buffer); n > 0; n = readSome(fd, buffer)) process.stdout.write(buffer.slice(0, n));
  };
  sys.poll(fd, pump);
  pump();
  await new Promise<never>(() => {});
}

function readSome(fd: number, buffer: Uint8Array): number {
  try {
    return readSync(fd, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EAGAIN") return 0;
    throw error;
  }
}
