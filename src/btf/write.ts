/**
 * BTF as bytes. A builder takes types in any order (a type may refer to one that comes later), keeps each string once and
 * writes header, types and strings; with a base it writes split BTF, whose ids and strings go on where the base's end.
 *
 * @example
 * ```ts
 * const builder = new BtfBuilder();
 * const u32 = builder.add({ kind: "int", name: "u32", sizeBytes: 4, bits: 32, bitOff: 0, signed: false, char: false, bool: false });
 * builder.add({ kind: "ptr", name: "", typeId: u32 });
 * new Btf(builder.bytes()).type(2); // { kind: "ptr", name: "", typeId: 1 }
 * ```
 */
import { fromUtf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "./btf.ts";
import {
  BTF_HEADER_BYTES,
  BTF_INT_BOOL,
  BTF_INT_CHAR,
  BTF_INT_SIGNED,
  BTF_MAGIC,
  BTF_MAX_VLEN,
  BTF_VERSION,
  kindNumber,
} from "./kinds.ts";
import type { BtfType } from "./types.ts";

const LINKAGE = { static: 0, global: 1, extern: 2 } as const;

export class BtfBuilder {
  private readonly base: Btf | null;
  private readonly types: BtfType[] = [];

  constructor(base: Btf | null = null) {
    this.base = base;
  }

  /** Number of types, void and the base's included: the id that the next type gets. */
  get length(): number {
    return (this.base?.length ?? 1) + this.types.length;
  }

  /** Appends a type and returns its id. */
  add(type: BtfType): number {
    if (type.kind === "void") return 0;
    this.types.push(type);
    return this.length - 1;
  }

  /** Replaces a type that was added: for types that refer to themselves. */
  set(id: number, type: BtfType): void {
    const i = id - (this.base?.length ?? 1);
    if (!(i >= 0 && i < this.types.length)) throw fail(id, "is none of the types added here");
    this.types[i] = type;
  }

  type(id: number): BtfType {
    const first = this.base?.length ?? 1;
    if (id >= first && id < this.length) return this.types[id - first]!;
    if (this.base !== null) return this.base.type(id);
    if (id === 0) return { kind: "void", name: "" };
    throw fail(id, "is none of the types added here");
  }

  /** The .BTF section. Throws "btf/write" for what the format cannot hold. */
  bytes(): Uint8Array {
    return writeBtf(this.types, this.base);
  }

  build(): Btf {
    return new Btf(this.bytes(), this.base);
  }
}

/** Types in the order of their ids, from 1 or from base.length. */
export function writeBtf(types: readonly BtfType[], base: Btf | null = null): Uint8Array {
  const writer = new Writer(types, base);
  const first = base?.length ?? 1;
  types.forEach((type, i) => {
    writer.type(type, first + i);
  });
  return writer.finish();
}

class Writer {
  private words = new Uint32Array(1024);
  private used = 0;
  private readonly idEnd: number;
  private readonly base: Btf | null;
  private readonly strings = new Map<string, number>([["", 0]]);
  private readonly texts: Uint8Array[] = [];
  private strBytes: number;
  private readonly firstStr: number;

  constructor(types: readonly BtfType[], base: Btf | null) {
    this.base = base;
    this.idEnd = (base?.length ?? 1) + types.length;
    this.firstStr = base === null ? 0 : base.firstStr + base.strings.length;
    this.strBytes = base === null ? 1 : 0;
    if (base === null) this.texts.push(new Uint8Array(1));
  }

  type(type: BtfType, id: number): void {
    switch (type.kind) {
      case "void":
        throw fail(id, "void has no record");
      case "int": {
        const encoding =
          (type.signed ? BTF_INT_SIGNED : 0) | (type.char ? BTF_INT_CHAR : 0) | (type.bool ? BTF_INT_BOOL : 0);
        this.head(type, id, 0, false, type.sizeBytes);
        this.push(((encoding << 24) | (type.bitOff << 16) | type.bits) >>> 0);
        break;
      }
      case "ptr":
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
        this.head(type, id, 0, false, this.ref(type.typeId, id));
        break;
      case "type_tag":
        this.head(type, id, 0, type.attr === true, this.ref(type.typeId, id));
        break;
      case "array":
        this.head(type, id, 0, false, 0);
        this.push(this.ref(type.typeId, id));
        this.push(this.ref(type.indexTypeId, id));
        this.push(type.nelems);
        break;
      case "struct":
      case "union": {
        const kflag = type.members.some((member) => member.bitSize > 0);
        this.head(type, id, type.members.length, kflag, type.sizeBytes);
        for (const member of type.members) {
          if (member.bitOff > (kflag ? 0xff_ffff : 0xffff_ffff) || member.bitSize > 0xff) {
            throw fail(id, `member '${member.name}' at bit ${member.bitOff} is out of reach`);
          }
          const off = kflag ? ((member.bitSize << 24) | member.bitOff) >>> 0 : member.bitOff;
          this.push(this.string(member.name, id));
          this.push(this.ref(member.typeId, id));
          this.push(off);
        }
        break;
      }
      case "enum":
      case "enum64":
        this.head(type, id, type.values.length, type.signed, type.sizeBytes);
        for (const { name, value } of type.values) {
          this.push(this.string(name, id));
          this.push(Number(BigInt.asUintN(32, value)));
          if (type.kind === "enum64") this.push(Number(BigInt.asUintN(32, value >> 32n)));
        }
        break;
      case "fwd":
        this.head(type, id, 0, type.union, 0);
        break;
      case "func":
        this.head(type, id, LINKAGE[type.linkage], false, this.ref(type.typeId, id));
        break;
      case "func_proto":
        this.head(type, id, type.params.length, false, this.ref(type.retTypeId, id));
        for (const param of type.params) {
          this.push(this.string(param.name, id));
          this.push(this.ref(param.typeId, id));
        }
        break;
      case "var":
        this.head(type, id, 0, false, this.ref(type.typeId, id));
        this.push(LINKAGE[type.linkage]);
        break;
      case "datasec":
        this.head(type, id, type.vars.length, false, type.sizeBytes);
        for (const entry of type.vars) {
          this.push(this.ref(entry.typeId, id));
          this.push(entry.offBytes);
          this.push(entry.sizeBytes);
        }
        break;
      case "float":
        this.head(type, id, 0, false, type.sizeBytes);
        break;
      case "decl_tag":
        this.head(type, id, 0, type.attr === true, this.ref(type.typeId, id));
        this.push(type.componentIdx >>> 0);
        break;
    }
  }

  finish(): Uint8Array {
    const typeLen = this.used * 4;
    const bytes = new Uint8Array(BTF_HEADER_BYTES + typeLen + this.strBytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, BTF_MAGIC, true);
    bytes[2] = BTF_VERSION;
    view.setUint32(4, BTF_HEADER_BYTES, true);
    view.setUint32(12, typeLen, true);
    view.setUint32(16, typeLen, true);
    view.setUint32(20, this.strBytes, true);
    bytes.set(new Uint8Array(this.words.buffer, 0, typeLen), BTF_HEADER_BYTES);
    let at = BTF_HEADER_BYTES + typeLen;
    for (const text of this.texts) {
      bytes.set(text, at);
      at += text.length;
    }
    return bytes;
  }

  private head(type: BtfType, id: number, vlen: number, kflag: boolean, last: number): void {
    if (vlen > BTF_MAX_VLEN) throw fail(id, `has ${vlen} entries, more than ${BTF_MAX_VLEN}`);
    this.push(this.string(type.name, id));
    this.push(((kflag ? 0x8000_0000 : 0) | (kindNumber(type.kind) << 24) | vlen) >>> 0);
    this.push(last);
  }

  private ref(to: number, id: number): number {
    if (Number.isInteger(to) && to >= 0 && to < this.idEnd) return to;
    throw fail(id, `refers to type [${to}], which is not there`);
  }

  private push(word: number): void {
    if (this.used === this.words.length) {
      const grown = new Uint32Array(this.words.length * 2);
      grown.set(this.words);
      this.words = grown;
    }
    this.words[this.used++] = word;
  }

  private string(text: string, id: number): number {
    const known = this.strings.get(text);
    if (known !== undefined) return known;
    if (text.includes("\0")) throw fail(id, "a name holds a NUL");
    let off = this.base === null ? -1 : this.base.strOffset(text);
    if (off < 0) {
      const bytes = fromUtf8(`${text}\0`);
      off = this.firstStr + this.strBytes;
      this.texts.push(bytes);
      this.strBytes += bytes.length;
    }
    this.strings.set(text, off);
    return off;
  }
}

function fail(id: number, what: string): SkepError {
  return new SkepError("btf/write", `type [${id}] ${what}`);
}
