/** `skep btf`: type information of a file, in bpftool's grammar. */
import type { Command } from "commander";
import { SkepError } from "../../base/error.ts";
import type { Btf } from "../../btf/btf.ts";

interface BtfOptions {
  json?: boolean;
  pretty?: boolean;
  baseBtf?: string;
}

const VMLINUX = "/sys/kernel/btf/vmlinux";
const MODULES = "/sys/kernel/btf/";
/** As many as bpftool takes. */
const MAX_ROOTS = 16;

export function register(program: Command): void {
  program
    .command("btf")
    .description("type information (BTF) of an object, of the kernel or of a raw file: as a list, as C, as JSON")
    .argument("<words...>", "list | dump SOURCE [format {raw | c [unsorted]}] [root_id ID]...")
    .option("-j, --json", "one JSON document, as bpftool -j")
    .option("-p, --pretty", "the same, indented")
    .option("-B, --base-btf <file>", "base of split BTF, for a kernel module's")
    .addHelpText("after", HELP)
    .action((words: string[], options: BtfOptions, command: Command) =>
      run(words, { ...command.optsWithGlobals(), ...options }),
    );
}

async function run(words: readonly string[], options: BtfOptions): Promise<void> {
  if (words[0] !== undefined && words[0] !== "" && ["list", "show"].some((verb) => verb.startsWith(words[0]!))) {
    const { listBtf } = await import("../kernel/btf.ts");
    listBtf(words.slice(1), options.json === true || options.pretty === true, options.pretty === true);
    return;
  }
  const request = parseWords(words);
  const [{ Btf }, { readBtf }] = await Promise.all([import("../../btf/btf.ts"), import("../btf-file.ts")]);
  const { live } = request;
  const open = async (file: string, base: Btf | null): Promise<Btf> => new Btf(await readBtf(file), base);
  let base: Btf | null = null;
  if (options.baseBtf !== undefined) base = await open(options.baseBtf, null);
  else if (request.file.startsWith(MODULES) && request.file !== VMLINUX) base = await open(VMLINUX, null);
  const btf = live === null ? await open(request.file, base) : (await import("../kernel/btf.ts")).liveBtf(live);
  for (const id of request.roots) {
    if (id >= btf.length) throw usage(`there is no type ${id}: ids end at ${btf.length - 1}`);
  }
  const roots = request.roots.length > 0 ? request.roots : undefined;
  const json = options.json === true || options.pretty === true;
  if (request.format === "c") {
    if (json) throw usage("C has no JSON form: leave out --json, or ask for format raw");
    const { dumpC } = await import("../../btf/dump.ts");
    process.stdout.write(dumpC(btf, { ...(roots === undefined ? {} : { roots }), unsorted: request.unsorted }));
    return;
  }
  const { dumpJson, dumpRaw } = await import("../../btf/dump-raw.ts");
  if (json) process.stdout.write(`${dumpJson(btf, roots, options.pretty === true ? "    " : "")}\n`);
  else process.stdout.write(dumpRaw(btf, roots));
}

interface Request {
  file: string;
  /** Of the kernel: which object's, as words: "id 7", "prog name opens". */
  live: readonly string[] | null;
  format: "raw" | "c";
  unsorted: boolean;
  roots: number[];
}

/** bpftool takes any prefix of a word: `btf d f FILE`. */
function parseWords(words: readonly string[]): Request {
  const rest = [...words];
  const is = (word: string | undefined, whole: string): boolean =>
    word !== undefined && word !== "" && whole.startsWith(word);
  const verb = rest.shift();
  if (!is(verb, "dump")) throw usage(`"${verb}" is no btf command: they are list and dump`);
  const source = rest.shift();
  const request: Request = { file: "", live: null, format: "raw", unsorted: false, roots: [] };
  if (is(source, "file")) {
    const file = rest.shift();
    if (file === undefined) throw usage('"file" is followed by a file name');
    request.file = file;
  } else if (is(source, "id")) {
    request.live = ["id", rest.shift() ?? ""];
  } else if (is(source, "prog") || is(source, "map")) {
    request.live = [is(source, "prog") ? "prog" : "map", rest.shift() ?? "", rest.shift() ?? ""];
    // Of a map bpftool can leave types out; all that the object has are shown.
    if (["key", "value", "kv", "all"].includes(rest[0] ?? "")) rest.shift();
  } else {
    throw usage("the source of a dump is: file FILE, id ID, prog PROG, map MAP");
  }
  while (rest.length > 0) {
    const word = rest.shift()!;
    if (is(word, "format")) {
      const format = rest.shift();
      if (format !== "c" && format !== "raw") throw usage(`format is raw or c, not ${format ?? "nothing"}`);
      request.format = format;
    } else if (is(word, "root_id")) {
      const text = rest.shift() ?? "";
      const id = Number(text);
      if (text === "" || !Number.isInteger(id) || id < 0) throw usage(`"${text}" is no type id`);
      if (request.roots.includes(id)) throw usage(`root_id ${id} is given twice`);
      if (request.roots.length === MAX_ROOTS) throw usage(`at most ${MAX_ROOTS} root_id are taken`);
      request.roots.push(id);
    } else if (is(word, "unsorted")) {
      request.unsorted = true;
    } else {
      throw usage(`"${word}" is not known here`);
    }
  }
  return request;
}

function usage(message: string): SkepError {
  return new SkepError("usage/btf", message, {
    advice: "skep btf list | dump file FILE|id ID|prog PROG|map MAP [format {raw | c [unsorted]}] [root_id ID]...",
  });
}

const HELP = `
Examples:
  skep btf dump file guard.bpf.o                                    a type a line
  skep btf dump file /sys/kernel/btf/vmlinux format c > vmlinux.h   the kernel's types for C
  skep btf dump file guard.bpf.o format c root_id 12                one type and what it needs
  skep btf list                                                     what the kernel holds, and for which programs and maps
  skep btf dump prog name opens format c                            types of a loaded program
  skep btf -j dump file guard.bpf.o | jq '.types[] | .name'
`;
