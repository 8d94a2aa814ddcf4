/** Where a user probe goes: "path:function+offset", or options; a path without '/' is looked for as the loader would. */
import { existsSync, readFileSync } from "node:fs";
import { SkepError } from "../../base/error.ts";
import { type Executable, readExecutable } from "../../elf/executable.ts";
import { type AttachContext, optionError } from "./context.ts";

export interface ProbeTarget {
  readonly path: string;
  /** What stands behind the path: "func", "func+4", "prefix_*", "provider:name", "" for none. */
  readonly symbol: string;
}

export function probePath(context: AttachContext): ProbeTarget {
  const { spec, options } = context;
  const text = options.target ?? spec.attachTo;
  const colon = text.indexOf(":");
  const named = colon < 0 ? text : text.slice(0, colon);
  const symbol = options.symbol ?? (colon < 0 ? "" : text.slice(colon + 1));
  const path = options.path ?? (named === "" && options.pid !== undefined ? `/proc/${options.pid}/exe` : named);
  if (path === "") throw optionError(context, "path", "the executable or library");
  return { path: resolvePath(path), symbol };
}

const LIBRARY_PATHS = [
  "/usr/lib64",
  "/usr/lib",
  "/lib64",
  "/lib",
  process.arch === "x64" ? "/usr/lib/x86_64-linux-gnu" : "/usr/lib/aarch64-linux-gnu",
];
const PROGRAM_PATHS = ["/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"];

function resolvePath(path: string): string {
  if (path.includes("/")) return path;
  const library = /\.so(\.|$)/.test(path);
  const listed = (process.env[library ? "LD_LIBRARY_PATH" : "PATH"] ?? "").split(":").filter(Boolean);
  const found = [...listed, ...(library ? LIBRARY_PATHS : PROGRAM_PATHS)].find((dir) => existsSync(`${dir}/${path}`));
  if (found !== undefined) return `${found}/${path}`;
  throw new SkepError("attach/path", `there is no ${library ? "library" : "program"} ${path}`, {
    advice: "give its whole path",
  });
}

export function openProgram(path: string): Executable {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new SkepError("attach/path", `cannot read ${path}`, { site: { file: path }, cause });
  }
  return readExecutable(bytes, path);
}

/** Byte in the file for a function and an offset in it; an offset alone, or "0x..." as symbol, is one already. */
export function symbolOffset(context: AttachContext, path: string, symbol: string): number {
  const { options } = context;
  const [, name = symbol, plus = "0"] = /^([^+]+)\+(0x[0-9a-f]+|\d+)$/i.exec(symbol) ?? [];
  const offset = (options.offset ?? 0) + Number(plus);
  if (/^0x[0-9a-f]+$/i.test(name)) return Number(name) + offset;
  if (name === "") {
    if (options.offset === undefined)
      throw optionError(context, "symbol", "the function's name, or `offset` in the file");
    return offset;
  }
  const [found] = symbolOffsets(path, [name]);
  return found! + offset;
}

/** Bytes in the file where functions begin, each once: named ones (all must be there), or those that match. */
export function symbolOffsets(path: string, wanted: readonly string[] | RegExp): number[] {
  const program = openProgram(path);
  const functions = program.functions();
  const chosen = Array.isArray(wanted)
    ? (wanted as readonly string[]).map((name) => {
        const found = functions.find((each) => each.name === name);
        if (found !== undefined) return found;
        throw new SkepError("attach/symbol", `${path} has no function ${name}`, {
          site: { file: path },
          advice: functions.length === 0 ? "the file is stripped: give an offset" : "nm -D and nm show its functions",
        });
      })
    : functions.filter((each) => (wanted as RegExp).test(each.name));
  const offsets = new Set<number>();
  for (const { value } of chosen) {
    const offset = program.fileOffset(value);
    if (offset !== undefined) offsets.add(offset);
  }
  return [...offsets];
}

/** '*' and '?' as in a shell. */
export function globOf(pattern: string): RegExp {
  const body = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replace(/\*/g, ".*")
    .replace(/\?/g, ".");
  return new RegExp(`^${body}$`);
}
