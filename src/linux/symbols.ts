/**
 * Names for instruction addresses, as stack traces hold them.
 *
 *     kernel   /proc/kallsyms                                          vfs_read+0x1a
 *     user     /proc/PID/maps -> file and offset -> its ELF symbols     add+0x4 (/usr/bin/x)
 *     JIT      /tmp/perf-PID.map, which node --perf-basic-prof writes   LazyCompile:~f x.js:3
 *
 *     const name = userFrames(pid);
 *     for (const ip of stackFrames(bytes)) console.log(name(ip).text);
 *
 * Source: Documentation/filesystems/proc.rst, tools/perf/Documentation/jit-interface.txt.
 */
import { readFileSync } from "node:fs";
import { viewOf } from "../base/bytes.ts";
import { type ExecSymbol, type Executable, readExecutable } from "../elf/executable.ts";

export interface Frame {
  readonly address: bigint;
  /** "" where there is none. */
  readonly symbol: string;
  /** Bytes from where the symbol begins, or in the module where there is no symbol. */
  readonly offset: number;
  /** File of the code, "[kernel]" or a kernel module's name, "[jit]", "" for memory without a file. */
  readonly module: string;
  /** As a person reads it: "add+0x4 (/usr/bin/x)". */
  readonly text: string;
}

/** The addresses of a BPF_MAP_TYPE_STACK_TRACE value or of bpf_get_stack()'s buffer: u64 each, until the first 0. */
export function stackFrames(bytes: Uint8Array): bigint[] {
  const view = viewOf(bytes);
  const frames: bigint[] = [];
  for (let at = 0; at + 8 <= bytes.length; at += 8) {
    const ip = view.getBigUint64(at, true);
    if (ip === 0n) break;
    frames.push(ip);
  }
  return frames;
}

/** Reads the symbols once (10 MB). All names are "" where addresses are hidden (kptr_restrict). */
export function kernelFrames(
  read: () => string = () => readFileSync("/proc/kallsyms", "latin1"),
): (ip: bigint) => Frame {
  const addresses: bigint[] = [];
  const names: string[] = [];
  for (const [, hex, name, module] of read().matchAll(/^([0-9a-f]+) [tTwW] (\S+)(?:\t\[(\S+)\])?$/gm)) {
    addresses.push(BigInt(`0x${hex}`));
    names.push(module === undefined ? name! : `${name}\t${module}`);
  }
  const order = [...addresses.keys()].sort((a, b) =>
    addresses[a]! < addresses[b]! ? -1 : addresses[a]! > addresses[b]! ? 1 : 0,
  );
  return (ip) => {
    const at = lastAtOrBelow(order.length, (i) => addresses[order[i]!]! <= ip);
    if (at < 0 || addresses[order[at]!] === 0n) return frame(ip, "", 0, "[kernel]");
    const index = order[at]!;
    const [name = "", module = "[kernel]"] = names[index]!.split("\t");
    return frame(ip, name, Number(ip - addresses[index]!), module);
  };
}

export interface Mapping {
  readonly start: bigint;
  readonly end: bigint;
  readonly offset: number;
  readonly path: string;
}

/**
 * Of one process, as it is now: libraries that it loads later are not known. Files are read when an address first falls into
 * them, through /proc/PID/root, so that containers give their own.
 */
export function userFrames(pid: number): (ip: bigint) => Frame {
  const mappings = mappingsOf(pid);
  const files = new Map<string, Executable | null>();
  let jit: ((ip: bigint) => Frame | undefined) | undefined;
  return (ip) => {
    const mapping = mappings.find((each) => ip >= each.start && ip < each.end);
    if (mapping === undefined || !mapping.path.startsWith("/")) {
      jit ??= jitSymbols(pid);
      return jit(ip) ?? frame(ip, "", 0, mapping?.path ?? "");
    }
    let file = files.get(mapping.path);
    if (file === undefined) {
      file = openFile(pid, mapping.path);
      files.set(mapping.path, file);
    }
    const offset = Number(ip - mapping.start) + mapping.offset;
    const vaddr = file?.vaddr(offset);
    const symbol = file === null || vaddr === undefined ? undefined : functionAt(file.functions(), vaddr);
    if (symbol === undefined || vaddr === undefined) return frame(ip, "", offset, mapping.path);
    return frame(ip, symbol.name, vaddr - symbol.value, mapping.path);
  };
}

/** Executable mappings, ascending: "start-end r-xp offset device inode path". */
export function mappingsOf(pid: number): Mapping[] {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/maps`, "utf8");
  } catch {
    return []; // the process is gone: addresses stay numbers
  }
  return [...text.matchAll(/^([0-9a-f]+)-([0-9a-f]+) ..x. ([0-9a-f]+) \S+ \S+ *(.*)$/gm)].map(
    ([, start, end, offset, path]) => ({
      start: BigInt(`0x${start}`),
      end: BigInt(`0x${end}`),
      offset: Number.parseInt(offset!, 16),
      path: path!,
    }),
  );
}

function openFile(pid: number, path: string): Executable | null {
  try {
    return readExecutable(new Uint8Array(readFileSync(`/proc/${pid}/root${path}`)), path);
  } catch {
    return null; // deleted, or no ELF: the offset in the file is what is known
  }
}

/** The last function that begins at or before; one with a size must reach as far. */
function functionAt(functions: readonly ExecSymbol[], vaddr: number): ExecSymbol | undefined {
  for (let i = lastAtOrBelow(functions.length, (at) => functions[at]!.value <= vaddr); i >= 0; i--) {
    const found = functions[i]!;
    if (found.size === 0 || vaddr < found.value + found.size) return found;
    // Aliases begin at the same place and may have another size.
    if (i > 0 && functions[i - 1]!.value !== found.value) return undefined;
  }
  return undefined;
}

/** Lines "start size name", hex; later lines win, since code moves. */
function jitSymbols(pid: number): (ip: bigint) => Frame | undefined {
  let text = "";
  try {
    text = readFileSync(`/tmp/perf-${pid}.map`, "utf8");
  } catch {
    return () => undefined; // the process writes none
  }
  const symbols = [...text.matchAll(/^([0-9a-f]+) ([0-9a-f]+) (.+)$/gm)].map(([, start, size, name]) => ({
    start: BigInt(`0x${start}`),
    size: BigInt(`0x${size}`),
    name: name!,
  }));
  return (ip) => {
    const found = symbols.findLast((each) => ip >= each.start && ip < each.start + each.size);
    return found === undefined ? undefined : frame(ip, found.name, Number(ip - found.start), "[jit]");
  };
}

/** Index of the last of `count` ascending things that are `below`; -1 for none. */
function lastAtOrBelow(count: number, below: (i: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (below(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function frame(address: bigint, symbol: string, offset: number, module: string): Frame {
  const place = offset === 0 ? "" : `+0x${offset.toString(16)}`;
  const where = module === "" || module === "[kernel]" ? "" : ` (${module})`;
  const text =
    symbol !== ""
      ? `${symbol}${place}${where}`
      : module.startsWith("/")
        ? `0x${address.toString(16)} (${module}${place})`
        : `0x${address.toString(16)}`;
  return { address, symbol, offset, module, text };
}
