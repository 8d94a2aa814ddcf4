/** Globals laid out in their sections. */
import { viewOf } from "../base/bytes.ts";
import * as elf from "../elf/types.ts";
import type { GlobalReloc, IrGlobal, IrModule } from "../ir/ir.ts";

export interface DataSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly align: number;
  readonly entsize: number;
  readonly size: number;
  readonly data: Uint8Array;
  readonly vars: readonly {
    readonly global: IrGlobal;
    readonly btfId: number;
    readonly offBytes: number;
    readonly sizeBytes: number;
  }[];
  readonly relocs: readonly GlobalReloc[];
}

export function dataSections(module: IrModule): DataSection[] {
  const bySection = new Map<string, IrGlobal[]>();
  for (const global of module.globals) {
    const list = bySection.get(global.section);
    if (list === undefined) bySection.set(global.section, [global]);
    else list.push(global);
  }
  return [...bySection].map(([name, globals]) => layOut(name, globals));
}

function layOut(name: string, globals: readonly IrGlobal[]): DataSection {
  let size = 0;
  let align = 1;
  const vars: DataSection["vars"][number][] = [];
  for (const global of globals) {
    size = Math.ceil(size / global.align) * global.align;
    align = Math.max(align, global.align);
    vars.push({ global, btfId: global.btfId, offBytes: size, sizeBytes: global.sizeBytes });
    size += global.sizeBytes;
  }
  const noBits = name === ".bss" || name.startsWith(".bss.");
  const data = new Uint8Array(noBits ? 0 : size);
  const relocs: GlobalReloc[] = [];
  for (const { global, offBytes } of vars) {
    if (!noBits) data.set(global.bytes.subarray(0, global.sizeBytes), offBytes);
    for (const reloc of global.relocs) {
      relocs.push({ ...reloc, offBytes: offBytes + reloc.offBytes });
      if (!noBits) viewOf(data).setBigInt64(offBytes + reloc.offBytes, BigInt(reloc.addend), true);
    }
  }
  const strings = /^\.rodata\.str\d/.test(name);
  const readOnly = name === ".rodata" || name.startsWith(".rodata.");
  const flags = elf.SHF_ALLOC | (readOnly ? 0 : elf.SHF_WRITE) | (strings ? elf.SHF_MERGE | elf.SHF_STRINGS : 0);
  return {
    name,
    type: noBits ? elf.SHT_NOBITS : elf.SHT_PROGBITS,
    flags,
    align,
    entsize: strings ? 1 : 0,
    size,
    data,
    vars,
    relocs: relocs.sort((a, b) => a.offBytes - b.offBytes),
  };
}
