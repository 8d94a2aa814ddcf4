/**
 * `#include`: where a header is searched (the including file's folder for "...", -I, then system paths), include guards and
 * `#pragma once`, so that a header is read twice only when it means it.
 */
import type { Loc } from "../types.ts";
import type { Preprocessor } from "./preprocessor.ts";

const STRING = 4;
const EOD = 5;
const MAX_DEPTH = 100;

interface Found {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly system: boolean;
  /** Index in includePaths + systemPaths; -1 for the including file's folder. */
  readonly index: number;
}

export function findInclude(pp: Preprocessor, name: string, angled: boolean, next: boolean): Found | undefined {
  const { files, includePaths = [], systemPaths = [] } = pp.options;
  const from = pp.file;
  const read = (path: string, system: boolean, index: number): Found | undefined => {
    const bytes = files.read(path);
    return bytes === undefined ? undefined : { path, bytes, system, index };
  };
  if (name === "" || name.includes("\0")) return undefined;
  if (name.startsWith("/")) return read(cleanPath(name), from?.system ?? false, -1);
  if (!angled && !next && from !== undefined) {
    const found = read(joinPath(folderOf(from.path), name), from.system, -1);
    if (found !== undefined) return found;
  }
  // -include
  if (from === undefined) {
    const found = read(cleanPath(name), false, -1);
    if (found !== undefined) return found;
  }
  const first = next && from !== undefined ? from.searchIndex + 1 : 0;
  for (let i = first; i < includePaths.length + systemPaths.length; i++) {
    const system = i >= includePaths.length;
    const folder = system ? systemPaths[i - includePaths.length] : includePaths[i];
    const found = read(joinPath(folder, name), system, i);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** After `#include` or `#include_next`. */
export function includeDirective(pp: Preprocessor, next: boolean): void {
  const at = pp.loc;
  const header = readHeader(pp);
  if (header === undefined) {
    pp.report.error("C020", at, 'expected "FILENAME" or <FILENAME>');
    return;
  }
  include(pp, header.name, header.angled, next, header.loc);
}

export function include(pp: Preprocessor, name: string, angled: boolean, next: boolean, loc: Loc): void {
  if (pp.files.length >= MAX_DEPTH) {
    pp.report.error("C021", loc, `#include nested deeper than ${MAX_DEPTH}`);
    return;
  }
  const lazy = pp.options.lazyInclude?.(name, () => findInclude(pp, name, angled, next) !== undefined);
  if (lazy !== undefined) {
    if (pp.lazyIncludes.includes(lazy)) return;
    pp.lazyIncludes.push(lazy);
    pp.deps.push(name);
    if (lazy.text !== undefined) pp.openFile(name, lazy.text, loc, true, 0);
    return;
  }
  const found = findInclude(pp, name, angled, next);
  if (found === undefined) {
    pp.report.error("C022", loc, `'${name}' file not found`, includeHelp(name));
    pp.report.stopped = true;
    return;
  }
  const guard = pp.once.get(found.path);
  if (guard === "once" || (guard !== undefined && pp.macros[guard] !== undefined)) return;
  if (!pp.deps.includes(found.path)) pp.deps.push(found.path);
  pp.openFile(found.path, found.bytes, loc, found.system, found.index);
}

function includeHelp(name: string): { help?: string } {
  if (/vmlinux/.test(name)) return { help: "skep build answers it from the kernel's BTF; --btf FILE names another" };
  if (/^(stdio|stdlib|string|unistd|math)\.h$/.test(name)) {
    return { help: "eBPF programs have no C library; bpf/bpf_helpers.h has bpf_printk and the helpers" };
  }
  return { help: "add its folder with -I" };
}

function readHeader(pp: Preprocessor): { name: string; angled: boolean; loc: Loc } | undefined {
  const lexer = pp.file!.lexer;
  const direct = lexer.headerName();
  if (direct !== undefined) {
    const loc = lexer.base + lexer.start;
    pp.raw();
    return { name: direct, angled: true, loc };
  }
  pp.expanded();
  const { loc } = pp;
  if (pp.is(STRING)) {
    const name = pp.names.text(pp.val).slice(1, -1);
    for (pp.raw(); !pp.is(EOD); pp.raw());
    return { name, angled: false, loc };
  }
  if (!pp.is(60)) {
    for (; !pp.is(EOD); pp.raw());
    return undefined;
  }
  let name = "";
  for (pp.expanded(); !pp.is(62); pp.expanded()) {
    if (pp.is(EOD)) return undefined;
    name += pp.spelling();
  }
  for (pp.raw(); !pp.is(EOD); pp.raw());
  return { name, angled: true, loc };
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : slash === 0 ? "/" : path.slice(0, slash);
}

function joinPath(folder: string, name: string): string {
  return cleanPath(folder === "" ? name : folder.endsWith("/") ? folder + name : `${folder}/${name}`);
}

/** Resolves "." and "..", keeps leading "..". */
function cleanPath(path: string): string {
  if (!path.includes("./") && !path.includes("//") && !path.endsWith("/.") && !path.endsWith("..")) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    const last = parts[parts.length - 1];
    if (part === ".." && parts.length > 0 && last !== ".." && last !== "") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
