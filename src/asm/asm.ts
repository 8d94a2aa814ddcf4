/**
 * Assembler: text to instructions. The notation is LLVM's and the kernel's (parse.ts) or mnemonic (mnemonics.ts), mixed
 * as one likes; listings of llvm-objdump and bpftool assemble to the bytes they show.
 *
 *     assemble("r0 = 1\nif r0 == 1 goto done\nr0 = 2\ndone: exit").insns
 */
import { SkepError } from "../base/error.ts";
import { BPF_PSEUDO_CALL, BPF_PSEUDO_MAP_IDX, BPF_PSEUDO_MAP_IDX_VALUE, LD_IMM64 } from "../isa/codes.ts";
import { type Insn, type InsnBuf, insnsOf } from "../isa/insn.ts";
import type { Cursor } from "./cursor.ts";
import { type Item, lex } from "./lex.ts";
import { parseStatement } from "./parse.ts";
import type { LabelUse, MapUse, ParsedInsn } from "./parsed.ts";

export interface AssembleOptions {
  /** File name for errors. */
  readonly file?: string;
  /** Names of the program's maps: "map[flows]" then becomes BPF_PSEUDO_MAP_IDX with the index of "flows". */
  readonly maps?: readonly string[];
  /** Named numbers, for %[name] and plain names. */
  readonly constants?: Readonly<Record<string, number | bigint>>;
}

/** A name that the text leaves open. */
export interface AsmRef {
  readonly insnIdx: number;
  /** "map", "mapValue": LD_IMM64 of map[name]. "func": a call. "addr": LD_IMM64 of another symbol. */
  readonly kind: "map" | "mapValue" | "func" | "addr";
  readonly name: string;
  /** Into the map's first value; 0 for other kinds. */
  readonly offBytes: number;
}

export interface Assembled {
  readonly insns: InsnBuf;
  /** Slot of each label, in the order of the text; numeric labels are left out. */
  readonly labels: ReadonlyMap<string, number>;
  readonly relocs: readonly AsmRef[];
  /** Line of the text, from 1, for each slot. */
  readonly lines: readonly number[];
}

interface Pending {
  readonly insnIdx: number;
  readonly line: number;
  readonly use: LabelUse;
}

/** Throws SkepError "asm/..." with line and column at the first mistake. */
export function assemble(text: string, options: AssembleOptions = {}): Assembled {
  const items = lex(text, options.file);
  const insns: Insn[] = [];
  const lines: number[] = [];
  const labels = new Map<string, number>();
  const numeric = new Map<string, number[]>();
  const pending: Pending[] = [];
  const relocs: AsmRef[] = [];
  let last = -1;
  for (const item of items) {
    if (item.kind === "label") {
      defineLabel(item, insns.length, labels, numeric, options.file);
    } else if (item.kind === "reloc") {
      if (last >= 0) addReloc(item, last, insns, relocs);
    } else {
      const cursor: Cursor = {
        stmt: item.stmt,
        file: options.file,
        constants: options.constants ?? {},
        at: 0,
        depth: 0,
      };
      const parsed = parseStatement(cursor);
      last = insns.length;
      if (parsed.map !== null) useMap(parsed, parsed.map, last, item.stmt.line, insns, relocs, options);
      else emit(parsed, insns);
      if (parsed.label !== null) pending.push({ insnIdx: last, line: item.stmt.line, use: parsed.label });
      while (lines.length < insns.length) lines.push(item.stmt.line);
    }
  }
  for (const one of pending) resolveLabel(one, insns, labels, numeric, relocs, options.file);
  relocs.sort((a, b) => a.insnIdx - b.insnIdx);
  return { insns: insnsOf(insns), labels, relocs, lines };
}

function emit(parsed: ParsedInsn, insns: Insn[]): void {
  const { row, dst, src, off, imm, next } = parsed;
  if (row === null) {
    insns.push({ code: imm & 255, dst: (imm >> 8) & 15, src: (imm >> 12) & 15, off: imm >> 16, imm: next });
    return;
  }
  insns.push({ code: row.code, dst, src, off, imm });
  if (row.slots === 2) insns.push({ code: 0, dst: 0, src: 0, off: 0, imm: next });
}

function useMap(
  parsed: ParsedInsn,
  use: MapUse,
  insnIdx: number,
  line: number,
  insns: Insn[],
  relocs: AsmRef[],
  options: AssembleOptions,
): void {
  emit(parsed, insns);
  const inValue = use.offBytes !== null;
  if (options.maps === undefined) {
    relocs.push({ insnIdx, kind: inValue ? "mapValue" : "map", name: use.name, offBytes: use.offBytes ?? 0 });
    return;
  }
  const index = options.maps.indexOf(use.name);
  if (index < 0) {
    throw new SkepError("asm/map", `there is no map "${use.name}"`, {
      site: site(options.file, line, 1),
      advice: options.maps.length === 0 ? "the program has no maps" : `maps: ${options.maps.join(", ")}`,
    });
  }
  insns[insnIdx]!.src = inValue ? BPF_PSEUDO_MAP_IDX_VALUE : BPF_PSEUDO_MAP_IDX;
  insns[insnIdx]!.imm = index;
}

function defineLabel(
  item: Item & { kind: "label" },
  insnIdx: number,
  labels: Map<string, number>,
  numeric: Map<string, number[]>,
  file: string | undefined,
): void {
  if (/^\d+$/.test(item.name)) {
    const list = numeric.get(item.name);
    if (list === undefined) numeric.set(item.name, [insnIdx]);
    else list.push(insnIdx);
    return;
  }
  if (labels.has(item.name)) {
    throw new SkepError("asm/label", `label "${item.name}" stands twice`, {
      site: site(file, item.line, item.col),
      advice: "labels are unique within a text; numeric ones (1: ... goto 1b) may repeat",
    });
  }
  labels.set(item.name, insnIdx);
}

/** The line under an instruction of an object's listing: what the linker will fill in. */
function addReloc(item: Item & { kind: "reloc" }, insnIdx: number, insns: Insn[], relocs: AsmRef[]): void {
  const insn = insns[insnIdx]!;
  if (insn.code === LD_IMM64) {
    relocs.push({ insnIdx, kind: "addr", name: item.name, offBytes: 0 });
  } else if (insn.code === 0x85) {
    insn.src = BPF_PSEUDO_CALL;
    relocs.push({ insnIdx, kind: "func", name: item.name, offBytes: 0 });
  }
}

function resolveLabel(
  { insnIdx, line, use }: Pending,
  insns: Insn[],
  labels: ReadonlyMap<string, number>,
  numeric: ReadonlyMap<string, readonly number[]>,
  relocs: AsmRef[],
  file: string | undefined,
): void {
  const insn = insns[insnIdx]!;
  const target = findLabel(use.name, insnIdx, insns, labels, numeric);
  if (target === undefined) {
    if (use.external) {
      openName(insn, insnIdx, use.name, relocs);
      return;
    }
    const near = [...labels.keys()].slice(0, 8).join(", ");
    throw new SkepError("asm/label", `there is no label "${use.name}"`, {
      site: site(file, line, use.col),
      advice: near === "" ? `write "${use.name}:" before the instruction to go to` : `labels: ${near}`,
    });
  }
  const distance = target - insnIdx - 1;
  if (use.field === "imm") {
    insn.imm = distance;
    return;
  }
  if (distance < -0x8000 || distance > 0x7fff) {
    throw new SkepError("asm/range", `"${use.name}" is ${distance} slots away`, {
      site: site(file, line, use.col),
      advice: "jumps reach -32768 to 32767 slots; gotol reaches any",
    });
  }
  insn.off = distance;
}

function findLabel(
  name: string,
  insnIdx: number,
  insns: readonly Insn[],
  labels: ReadonlyMap<string, number>,
  numeric: ReadonlyMap<string, readonly number[]>,
): number | undefined {
  const near = /^(\d+)([bf])$/.exec(name);
  if (near !== null) {
    const places = numeric.get(near[1]!) ?? [];
    return near[2] === "b" ? places.findLast((place) => place <= insnIdx) : places.find((place) => place > insnIdx);
  }
  const place = labels.get(name);
  if (place !== undefined || name !== "exit") return place;
  // In mnemonic programs "exit" names the first exit instruction.
  const exit = insns.findIndex((insn) => insn.code === 0x95);
  return exit < 0 ? undefined : exit;
}

/** A call or an address of something outside the text; "call map_lookup_elem" means the helper (its id is in imm). */
function openName(insn: Insn, insnIdx: number, name: string, relocs: AsmRef[]): void {
  if (insn.code === LD_IMM64) {
    insn.src = 0;
    relocs.push({ insnIdx, kind: "addr", name, offBytes: 0 });
  } else if (insn.imm > 0) {
    insn.src = 0;
  } else {
    insn.imm = -1;
    relocs.push({ insnIdx, kind: "func", name, offBytes: 0 });
  }
}

function site(file: string | undefined, line: number, col: number): { file?: string; line: number; col: number } {
  return { ...(file === undefined ? {} : { file }), line, col };
}
