/** One object on its way into a linked one: its ELF file, BTF and where its sections come to lie. */
import { Btf } from "../../btf/btf.ts";
import { type BtfExt, parseBtfExt } from "../../btf/ext.ts";
import type { ElfSection } from "../../elf/types.ts";
import { symbolValuesInPlace } from "../code-relocs.ts";
import { readFuncs } from "../funcs.ts";
import { type ObjImage, openImage } from "../image.ts";

export interface LinkInput {
  /** Names the object in errors. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Unit {
  readonly name: string;
  readonly image: ObjImage;
  readonly btf: Btf | null;
  readonly ext: BtfExt | null;
  /** By section index: the merged section and the byte in it, or null for a section that is left out. */
  readonly placed: (Placed | null)[];
  /** By symbol index: position among the merged symbols, -1 for none. */
  readonly symbols: Int32Array;
  /** GNU as wrote symbol values into the insns (code-relocs.ts); they are taken out again. */
  readonly gnu: boolean;
}

export interface Placed {
  readonly section: MergedSection;
  readonly offBytes: number;
}

/** A section of the result while it grows. */
export interface MergedSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly entsize: number;
  /** From 1. */
  readonly index: number;
  align: number;
  size: number;
  readonly parts: { readonly offBytes: number; readonly data: Uint8Array }[];
}

export function openUnit({ name, bytes }: LinkInput): Unit {
  const image = openImage(bytes, name);
  const data = (section: ElfSection | null) => (section === null ? null : image.elf.data(section));
  const rawBtf = data(image.elf.section(".BTF"));
  const rawExt = data(image.elf.section(".BTF.ext"));
  const btf = rawBtf === null ? null : new Btf(rawBtf);
  return {
    name,
    image,
    btf,
    ext: btf === null || rawExt === null ? null : parseBtfExt(rawExt, btf),
    placed: image.elf.sections.map(() => null),
    symbols: new Int32Array(image.symbols.length).fill(-1),
    gnu: symbolValuesInPlace(image, readFuncs(image)),
  };
}
