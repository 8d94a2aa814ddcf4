/**
 * Joins an entry program with the subprograms that it reaches, in the order in which libbpf appends them
 * (bpf_object__reloc_code()): walk the insns; the first call of a function appends its code at the end and walks it at once.
 * The kernel and its log then speak of the same insn numbers whichever loader was used.
 *
 *     +--------+------+------+
 *     |  main  | subA | subB |      calls are rewritten to be relative within this array
 *     +--------+------+------+
 */
import type { BtfView } from "../btf/types.ts";
import { BPF_CALL, BPF_JMP, BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC, LD_IMM64 } from "../isa/codes.ts";
import { INSN_BYTES, type InsnBuf, insnBuf } from "../isa/insn.ts";
import type { CodeReloc, CodeRelocs } from "./code-relocs.ts";
import type { ExtLists } from "./ext-lists.ts";
import type { FuncTable, ObjFunc } from "./funcs.ts";
import { type ObjImage, objError } from "./image.ts";
import type { CoreRelo, FuncInfo, LineInfo, ProgReloc } from "./spec.ts";

export interface Linked {
  readonly insns: InsnBuf;
  readonly funcs: readonly FuncInfo[];
  /** Made at the first call: most loads succeed and never ask for lines. */
  readonly lines: () => readonly LineInfo[];
  readonly relocs: readonly ProgReloc[];
  readonly coreRelos: readonly CoreRelo[];
}

export interface Linker {
  /** `extra` is appended after everything else, unless it is there already (exception callbacks). */
  link(main: ObjFunc, extra: ObjFunc | null): Linked;
}

export interface LinkInput {
  readonly image: ObjImage;
  readonly funcs: FuncTable;
  readonly relocs: CodeRelocs;
  readonly btf: BtfView | null;
  readonly ext: ExtLists | null;
  /** Name of the map that holds kconfig externs. */
  readonly kconfigMap: string;
}

/** BPF_COMPLEXITY_LIMIT_INSNS: the kernel takes no longer program. */
const MAX_INSNS = 1_000_000;
/** All programs of an object together. Each carries its own copy of shared subprograms, so a small file could ask for much. */
const MAX_TOTAL = 16 * MAX_INSNS;
const CALL = BPF_JMP | BPF_CALL;

interface Call {
  readonly insnIdx: number;
  readonly target: ObjFunc;
}

interface Part {
  readonly func: ObjFunc;
  readonly start: number;
}

export function linker({ image, funcs, relocs, btf, ext, kconfigMap }: LinkInput): Linker {
  const callsOf = new Map<number, readonly Call[]>();
  let total = 0;
  /** Where each function lies in the program at hand; `stamp` says for which program an entry counts. */
  const startOf = new Int32Array(funcs.all.length);
  const stamp = new Int32Array(funcs.all.length);
  let current = 0;

  function calls(func: ObjFunc): readonly Call[] {
    let list = callsOf.get(func.index);
    if (list === undefined) {
      list = findCalls(image, funcs, func, relocs.of(func));
      callsOf.set(func.index, list);
    }
    return list;
  }

  function append(parts: Part[], func: ObjFunc): void {
    const last = parts.at(-1);
    const start = last === undefined ? 0 : last.start + last.func.insnCnt;
    parts.push({ func, start });
    startOf[func.index] = start;
    stamp[func.index] = current;
    total += func.insnCnt;
    if (start + func.insnCnt > MAX_INSNS || total > MAX_TOTAL) {
      const site = { section: parts[0]!.func.section.name, prog: parts[0]!.func.name };
      const message = `program '${parts[0]!.func.name}' grows past ${MAX_INSNS} insns with its subprograms`;
      throw objError(image.file, "obj/too-large", message, site);
    }
  }

  /** Depth first, on a stack of our own: a chain of calls may be as long as the object has functions. */
  function walk(parts: Part[], from: ObjFunc): void {
    const stack = [{ list: calls(from), next: 0 }];
    while (stack.length > 0) {
      const frame = stack[stack.length - 1]!;
      const call = frame.list[frame.next++];
      if (call === undefined) {
        stack.pop();
      } else if (stamp[call.target.index] !== current) {
        append(parts, call.target);
        stack.push({ list: calls(call.target), next: 0 });
      }
    }
  }

  return {
    link(main, extra) {
      current++;
      const parts: Part[] = [];
      append(parts, main);
      walk(parts, main);
      if (extra !== null && stamp[extra.index] !== current) {
        append(parts, extra);
        walk(parts, extra);
      }
      const last = parts[parts.length - 1]!;
      const insns = insnBuf(last.start + last.func.insnCnt);
      const progRelocs: ProgReloc[] = [];
      for (const { func, start } of parts) {
        copyCode(insns, start, funcs.insns(func.section), func);
        for (const call of calls(func)) {
          const at = start + call.insnIdx;
          insns.imm[at] = startOf[call.target.index]! - at - 1;
          if (insns.code[at] === LD_IMM64) {
            insns.src[at] = BPF_PSEUDO_FUNC;
            insns.imm[at + 1] = 0;
          }
        }
        for (const reloc of relocs.of(func)) addReloc(progRelocs, reloc, start, kconfigMap);
      }
      return {
        insns,
        funcs: parts.map(({ func, start }) => funcInfo(func, start, btf, ext)),
        lines: once(() => parts.flatMap(({ func, start }) => lines(func, start, ext))),
        relocs: progRelocs,
        coreRelos: parts.flatMap(({ func, start }) => coreRelos(func, start, ext)),
      };
    },
  };
}

function findCalls(image: ObjImage, funcs: FuncTable, func: ObjFunc, relocs: readonly CodeReloc[]): Call[] {
  const insns = funcs.insns(func.section);
  const calls: Call[] = [];
  let next = 0;
  for (let i = 0; i < func.insnCnt; i++) {
    const at = func.insnOff + i;
    while (next < relocs.length && relocs[next]!.insnIdx < i) next++;
    const reloc = relocs[next]?.insnIdx === i ? relocs[next]! : null;
    if (reloc !== null) {
      if (reloc.kind === "call" || reloc.kind === "func") calls.push({ insnIdx: i, target: reloc.target });
    } else if (insns.code[at] === CALL && insns.src[at] === BPF_PSEUDO_CALL) {
      const to = at + insns.imm[at]! + 1;
      const target = funcs.at(func.section.index, to);
      if (target === null || target.insnOff !== to) {
        const site = { section: func.section.name, byte: at * INSN_BYTES, prog: func.name, insn: i };
        const message = `'${func.name}' insn ${i} calls insn ${to} of its section, where no function begins`;
        throw objError(image.file, "obj/call", message, site);
      }
      calls.push({ insnIdx: i, target });
    }
    if (insns.code[at] === LD_IMM64) i++;
  }
  return calls;
}

function copyCode(to: InsnBuf, start: number, from: InsnBuf, func: ObjFunc): void {
  const end = func.insnOff + func.insnCnt;
  to.code.set(from.code.subarray(func.insnOff, end), start);
  to.dst.set(from.dst.subarray(func.insnOff, end), start);
  to.src.set(from.src.subarray(func.insnOff, end), start);
  to.off.set(from.off.subarray(func.insnOff, end), start);
  to.imm.set(from.imm.subarray(func.insnOff, end), start);
}

function addReloc(list: ProgReloc[], reloc: CodeReloc, start: number, kconfigMap: string): void {
  const insnIdx = start + reloc.insnIdx;
  if (reloc.kind === "map" || reloc.kind === "mapValue") list.push({ ...reloc, insnIdx });
  else if (reloc.kind === "extern") {
    const { extern } = reloc;
    if (extern.kind === "kconfig") {
      list.push({ kind: "mapValue", insnIdx, map: kconfigMap, offBytes: extern.offBytes });
    } else if (reloc.call) {
      list.push({ kind: "kfunc", insnIdx, name: extern.name, typeId: extern.btfId, weak: extern.weak });
    } else {
      const { name, typeId, weak, func } = extern;
      list.push({ kind: "ksym", insnIdx, name, typeId, weak, ...(func ? { func } : {}) });
    }
  }
}

function funcInfo(func: ObjFunc, start: number, btf: BtfView | null, ext: ExtLists | null): FuncInfo {
  const byte = func.insnOff * INSN_BYTES;
  const records = ext?.funcs.get(func.section.name) ?? [];
  const record = records[lowerBound(records, byte)];
  const typeId = record?.offBytes === byte ? record.typeId : 0;
  const type = btf === null || typeId === 0 ? null : btf.type(typeId);
  // Without a BTF function, the kernel takes every subprogram for static.
  const global = type?.kind === "func" ? type.linkage === "global" : start === 0;
  return { insnIdx: start, name: func.name, typeId, linkage: global ? "global" : "static" };
}

function lines(func: ObjFunc, start: number, ext: ExtLists | null): LineInfo[] {
  return within(ext?.lines, func).map(({ offBytes, file, text, line, col }) => ({
    insnIdx: start + (offBytes / INSN_BYTES - func.insnOff),
    file,
    text,
    line,
    col,
  }));
}

function coreRelos(func: ObjFunc, start: number, ext: ExtLists | null): CoreRelo[] {
  return within(ext?.relos, func).map(({ offBytes, typeId, access, kind }) => ({
    insnIdx: start + (offBytes / INSN_BYTES - func.insnOff),
    typeId,
    access,
    kind,
  }));
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

/** Records of a section list that lie in the function. */
function within<T extends { readonly offBytes: number }>(
  bySection: ReadonlyMap<string, readonly T[]> | undefined,
  func: ObjFunc,
): readonly T[] {
  const records = bySection?.get(func.section.name);
  if (records === undefined) return [];
  const start = func.insnOff * INSN_BYTES;
  return records.slice(lowerBound(records, start), lowerBound(records, start + func.insnCnt * INSN_BYTES));
}

function lowerBound(records: readonly { readonly offBytes: number }[], byte: number): number {
  let low = 0;
  let high = records.length;
  while (low < high) {
    const mid = (low + high) >> 1;
    if (records[mid]!.offBytes < byte) low = mid + 1;
    else high = mid;
  }
  return low;
}
