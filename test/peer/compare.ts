/** Looks for what Skep makes of an object in what libbpf makes of it. */

import {
  BPF_PSEUDO_BTF_ID,
  BPF_PSEUDO_KFUNC_CALL,
  BPF_PSEUDO_MAP_IDX,
  BPF_PSEUDO_MAP_IDX_VALUE,
} from "../../src/isa/codes.ts";
import { copyInsns, encodeInsns } from "../../src/isa/insn.ts";
import type { MapSpec, ObjSpec, ProgSpec } from "../../src/obj/spec.ts";

/** Everything that the blob should hold and does not. `hidden` false: this libbpf does not yet treat hidden variables as static. */
export function missingFrom(blob: Uint8Array, spec: ObjSpec, hidden = true): string[] {
  const missing: string[] = [];
  const hay = Buffer.from(blob);
  const look = (what: string, bytes: Uint8Array) => {
    if (bytes.length > 0 && hay.indexOf(bytes) < 0) missing.push(what);
  };
  if (hidden && spec.btf !== null) look("BTF", spec.btf.raw);
  for (const prog of spec.programs) {
    if (!prog.autoload) continue;
    if (!hasInsns(hay, spec, prog)) missing.push(`insns of ${prog.name}`);
    if (prog.funcs.every((func) => func.typeId !== 0)) {
      look(`func_info of ${prog.name}`, words(prog.funcs.flatMap((func) => [func.insnIdx, func.typeId])));
    }
    if (prog.lines.length > 0 && !hasLines(hay, prog)) missing.push(`line_info of ${prog.name}`);
  }
  for (const map of spec.maps) {
    if (hidden && map.structOps === null && !hasMap(hay, map)) missing.push(`attributes of ${map.name}`);
    if (map.global !== null && map.global !== "bss" && map.global !== "kconfig")
      look(`content of ${map.name}`, map.initial!);
  }
  return missing;
}

/** libbpf's loader: maps by their index in the object, kernel symbols still 0; addresses of untyped ones are the kernel's. */
function hasInsns(hay: Buffer, spec: ObjSpec, prog: ProgSpec): boolean {
  const index = new Map(spec.maps.map((map, i) => [map.name, i]));
  const insns = copyInsns(prog.insns);
  const any = new Set<number>();
  for (const reloc of prog.relocs) {
    const at = reloc.insnIdx;
    if (reloc.kind === "map") {
      insns.src[at] = BPF_PSEUDO_MAP_IDX;
      insns.imm[at] = index.get(reloc.map)!;
    } else if (reloc.kind === "mapValue") {
      insns.src[at] = BPF_PSEUDO_MAP_IDX_VALUE;
      insns.imm[at] = index.get(reloc.map)!;
      insns.imm[at + 1] = reloc.offBytes;
    } else if (reloc.kind === "kfunc") {
      insns.src[at] = BPF_PSEUDO_KFUNC_CALL;
      insns.imm[at] = 0;
    } else if (reloc.typeId === 0) {
      any.add(at).add(at + 1);
    } else {
      insns.src[at] = BPF_PSEUDO_BTF_ID;
      insns.imm[at] = 0;
      insns.imm[at + 1] = 0;
    }
  }
  const bytes = Buffer.from(encodeInsns(insns));
  let known = 0;
  while (any.has(known)) known++;
  const first = bytes.subarray(known * 8, known * 8 + 8);
  for (let at = hay.indexOf(first); at >= 0; at = hay.indexOf(first, at + 1)) {
    const start = at - known * 8;
    if (start < 0 || start + bytes.length > hay.length) continue;
    let same = true;
    for (let i = 0; same && i < insns.length; i++) {
      if (!any.has(i)) same = bytes.compare(hay, start + i * 8, start + i * 8 + 8, i * 8, i * 8 + 8) === 0;
    }
    if (same) return true;
  }
  return false;
}

/**
 * union bpf_attr of BPF_MAP_CREATE: type, key, value, entries and flags as words from 0, the name's 15 characters from 28.
 * An entry count of 0 is libbpf's business (perf event arrays take one for each CPU).
 */
function hasMap(hay: Buffer, map: MapSpec): boolean {
  const name = Buffer.alloc(16);
  name.write(map.name.slice(0, 15).replace(/[^A-Za-z0-9_.]/g, "_"), "latin1");
  for (let at = hay.indexOf(name); at >= 0; at = hay.indexOf(name, at + 1)) {
    const start = at - 28;
    if (start < 0) continue;
    const [type, key, value, entries, flags] = [0, 4, 8, 12, 16].map((off) => hay.readUInt32LE(start + off));
    const same = type === map.type && key === map.keySize && value === map.valueSize && flags === map.flags;
    if (same && (map.maxEntries === 0 || entries === map.maxEntries)) return true;
  }
  return false;
}

/** struct bpf_line_info is {insn_off, file_name_off, line_off, line << 10 | col}; the string offsets are not compared. */
function hasLines(hay: Buffer, prog: ProgSpec): boolean {
  const { lines } = prog;
  const first = words([lines[0]!.insnIdx]);
  for (let at = hay.indexOf(first); at >= 0; at = hay.indexOf(first, at + 1)) {
    if (at % 4 !== 0 || at + lines.length * 16 > hay.length) continue;
    const same = lines.every(
      (line, i) =>
        hay.readUInt32LE(at + i * 16) === line.insnIdx &&
        hay.readUInt32LE(at + i * 16 + 12) === ((line.line << 10) | line.col) >>> 0,
    );
    if (same) return true;
  }
  return false;
}

function words(list: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(list).buffer);
}
