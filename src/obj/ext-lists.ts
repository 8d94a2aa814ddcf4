/**
 * .BTF.ext records of an object, each list sorted by offset and without a second record for the same insn, so that a
 * function's part is found by binary search. Offsets are whole insns.
 */

import type { Btf } from "../btf/btf.ts";
import { type BtfExt, parseBtfExt } from "../btf/ext.ts";
import { INSN_BYTES } from "../isa/insn.ts";
import { objError } from "./image.ts";

/** By ELF section name. */
export type ExtLists = BtfExt;

export function readExtLists(file: string, raw: Uint8Array, btf: Btf): ExtLists {
  const ext = parseBtfExt(raw, btf);
  return { funcs: sorted(file, ext.funcs), lines: sorted(file, ext.lines), relos: sorted(file, ext.relos) };
}

function sorted<T extends { readonly offBytes: number }>(
  file: string,
  bySection: ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  const out = new Map<string, readonly T[]>();
  for (const [section, records] of bySection) {
    let ordered = true;
    let before = -1;
    for (const { offBytes } of records) {
      if (offBytes % INSN_BYTES !== 0) {
        const message = `.BTF.ext speaks of byte ${offBytes} of section '${section}', which is within an insn`;
        throw objError(file, "obj/ext", message, { section: ".BTF.ext" });
      }
      if (offBytes <= before) ordered = false;
      before = offBytes;
    }
    out.set(section, ordered ? records : unique([...records].sort((a, b) => a.offBytes - b.offBytes)));
  }
  return out;
}

function unique<T extends { readonly offBytes: number }>(records: readonly T[]): T[] {
  return records.filter((record, i) => i === 0 || record.offBytes !== records[i - 1]!.offBytes);
}
