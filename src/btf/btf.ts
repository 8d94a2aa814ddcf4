/**
 * BTF over its raw bytes. Opening checks the header, walks the type section once to learn where each type begins, and
 * decodes nothing; a type is decoded when it is asked for, and the index of names is made once searches are many.
 *
 *     header  magic version flags hdr_len | type_off type_len | str_off str_len       offsets count from the header's end
 *     types   {name_off, info, size|type} + what the kind adds                        ids count from 1, 0 is void
 *     strings NUL-terminated, the first one empty
 *
 * Split BTF (a kernel module's) goes on where its base ends: ids from base.length, string offsets from base's length.
 * Source: Documentation/bpf/btf.rst, tools/lib/bpf/btf.c.
 */
import { SkepError } from "../base/error.ts";
import { BTF_INT_BOOL, BTF_INT_CHAR, BTF_INT_SIGNED, KINDS, kindNumber, MAX_RESOLVE_DEPTH } from "./kinds.ts";
import { NameIndex, scanNames } from "./names.ts";
import { indexStrings, nulPositions, parseHeader, scanTypes, wordsOf } from "./sections.ts";
import type { BtfEnumerator, BtfKind, BtfMember, BtfParam, BtfType, BtfView } from "./types.ts";

const VOID: BtfType = { kind: "void", name: "" };
const VAR_LINKAGE = ["static", "global", "extern"] as const;
const POINTER_BYTES = 8;
/** Names and source lines are mostly shorter. */
const SHORT_NAME = 256;
/** Strings that must be decoded one by one: many offsets into a long one would cost its length each. */
const LONG_NAME = 8192;
/** Searches that scan; what they cost together is about the index's cost. */
const MAX_SCANS = 8;

export class Btf implements BtfView {
  readonly raw: Uint8Array;
  readonly length: number;
  readonly base: Btf | null;
  readonly partial: boolean = false;
  /** Id of the first type that these bytes hold: 1, or base.length. */
  readonly firstId: number;
  /** Offset of the first string that these bytes hold: 0, or where the base's strings end. */
  readonly firstStr: number;
  /** Bytes of the string section. */
  readonly strings: Uint8Array;

  private readonly words: Uint32Array;
  /** Word index of each own type. */
  private readonly starts: Uint32Array;
  private readonly typeByte: number;
  private readonly types: (BtfType | undefined)[] = [];
  private text: string | null | undefined;
  /** Offsets of the NULs among `strings`, made when a long string is read. */
  private ends: Uint32Array | undefined;
  private names: NameIndex | undefined;
  private scans = 0;
  private offsets: Map<string, number> | undefined;

  /** Throws "btf/truncated", "btf/magic", "btf/big-endian", "btf/version", "btf/header", "btf/string" and "btf/kind". */
  constructor(raw: Uint8Array, base: Btf | null = null) {
    this.raw = raw;
    this.base = base;
    this.firstId = base === null ? 1 : base.length;
    this.firstStr = base === null ? 0 : base.firstStr + base.strings.length;
    const header = parseHeader(raw, base !== null);
    this.typeByte = header.typeByte;
    this.strings = raw.subarray(header.strByte, header.strByte + header.strLen);
    this.words = wordsOf(raw, header.typeByte, header.typeLen);
    this.starts = scanTypes(this.words, header.typeByte, this.firstId);
    this.length = this.firstId + this.starts.length;
  }

  type(id: number): BtfType {
    if (id === 0) return VOID;
    if (id < this.firstId && this.base !== null) return this.base.type(id);
    const i = id - this.firstId;
    const known = this.types[i];
    if (known !== undefined) return known;
    if (!(i >= 0 && i < this.starts.length && Number.isInteger(i))) throw this.badId(id);
    const type = this.decode(id, this.starts[i]!);
    this.types[i] = type;
    return type;
  }

  /** Kind number of a type, without decoding it. */
  kindOf(id: number): number {
    if (id === 0) return 0;
    if (id < this.firstId && this.base !== null) return this.base.kindOf(id);
    const i = id - this.firstId;
    if (!(i >= 0 && i < this.starts.length)) throw this.badId(id);
    return (this.words[this.starts[i]! + 1]! >>> 24) & 31;
  }

  /** The kind_flag bit: bit-fields in a struct, a signed enum, a fwd of a union, a tag that is an attribute. */
  kflag(id: number): boolean {
    if (id === 0) return false;
    if (id < this.firstId && this.base !== null) return this.base.kflag(id);
    const i = id - this.firstId;
    if (!(i >= 0 && i < this.starts.length)) throw this.badId(id);
    return this.words[this.starts[i]! + 1]! >>> 31 === 1;
  }

  find(name: string, kind?: BtfKind): number {
    const want = kind === undefined ? -1 : kindNumber(kind);
    if (this.base !== null) {
      const id = this.base.find(name, kind);
      if (id !== 0) return id;
    }
    return this.names === undefined ? (this.search(name, want, false)[0] ?? 0) : this.names.first(name, want);
  }

  /** Many names will be looked up: the index is made on the first search. */
  expectSearches(): void {
    this.scans = MAX_SCANS;
  }

  findAll(name: string, kind?: BtfKind): readonly number[] {
    const want = kind === undefined ? -1 : kindNumber(kind);
    const own = this.search(name, want, false);
    return this.base === null ? own : [...this.base.findAll(name, kind), ...own];
  }

  /** All ids whose name without a flavour ("task_struct___old" is "task_struct") is `name`, ascending. */
  findEssential(name: string): readonly number[] {
    const own = this.search(name, -1, true);
    return this.base === null ? own : [...this.base.findEssential(name), ...own];
  }

  skipMods(id: number): number {
    for (let depth = 0; depth <= MAX_RESOLVE_DEPTH; depth++) {
      const type = this.type(id);
      switch (type.kind) {
        case "typedef":
        case "const":
        case "volatile":
        case "restrict":
        case "type_tag":
          id = type.typeId;
          break;
        default:
          return id;
      }
    }
    throw this.cycle(id);
  }

  sizeOf(id: number): number {
    let nelems = 1;
    for (let depth = 0; depth <= MAX_RESOLVE_DEPTH; depth++) {
      const type = this.type(id);
      switch (type.kind) {
        case "int":
        case "struct":
        case "union":
        case "enum":
        case "enum64":
        case "datasec":
        case "float":
          return this.checkedSize(id, nelems * type.sizeBytes);
        case "ptr":
          return this.checkedSize(id, nelems * POINTER_BYTES);
        case "typedef":
        case "const":
        case "volatile":
        case "restrict":
        case "type_tag":
        case "var":
        case "decl_tag":
          id = type.typeId;
          break;
        case "array":
          nelems *= type.nelems;
          id = type.typeId;
          break;
        default:
          throw new SkepError("btf/size", `type [${id}] (${type.kind} '${type.name}') has no size`, {
            site: this.site(id),
          });
      }
    }
    throw this.cycle(id);
  }

  /** The string at that offset. Throws "btf/string". */
  str(off: number): string {
    if (off < this.firstStr && this.base !== null) return this.base.str(off);
    return this.ownStr(off - this.firstStr, 0);
  }

  /** Offset of a string, here or in the base, or -1. */
  strOffset(text: string): number {
    const inBase = this.base === null ? -1 : this.base.strOffset(text);
    if (inBase >= 0) return inBase;
    this.offsets ??= indexStrings(this.strings);
    const off = this.offsets.get(text);
    return off === undefined ? -1 : off + this.firstStr;
  }

  /** Byte of the type's record in `raw` (of the base's, for a base type). */
  byteOf(id: number): number {
    if (id < this.firstId && this.base !== null) return this.base.byteOf(id);
    const start = this.starts[id - this.firstId];
    return start === undefined ? 0 : this.typeByte + start * 4;
  }

  private decode(id: number, at: number): BtfType {
    const words = this.words;
    const info = words[at + 1]!;
    const last = words[at + 2]!;
    const vlen = info & 0xffff;
    const kflag = info >>> 31 === 1;
    const kind = KINDS[(info >>> 24) & 31]!.kind;
    const name = this.name(words[at]!, at);
    switch (kind) {
      case "int": {
        const data = words[at + 3]!;
        const encoding = (data >>> 24) & 15;
        const bits = data & 0xff;
        const bitOff = (data >>> 16) & 0xff;
        if (last > 16 || bits + bitOff > last * 8) {
          throw this.bad(id, "btf/int", `int of ${last} bytes cannot hold ${bits} bits from bit ${bitOff}`);
        }
        return {
          kind,
          name,
          sizeBytes: last,
          bits,
          bitOff,
          signed: (encoding & BTF_INT_SIGNED) !== 0,
          char: (encoding & BTF_INT_CHAR) !== 0,
          bool: (encoding & BTF_INT_BOOL) !== 0,
        };
      }
      case "ptr":
      case "volatile":
      case "const":
      case "restrict":
      case "typedef":
        return { kind, name, typeId: this.ref(last, id) };
      case "type_tag":
        return kflag
          ? { kind, name, typeId: this.ref(last, id), attr: true }
          : { kind, name, typeId: this.ref(last, id) };
      case "array":
        return {
          kind,
          name: "",
          typeId: this.ref(words[at + 3]!, id),
          indexTypeId: this.ref(words[at + 4]!, id),
          nelems: words[at + 5]!,
        };
      case "struct":
      case "union": {
        const members: BtfMember[] = new Array(vlen);
        for (let i = 0, w = at + 3; i < vlen; i++, w += 3) {
          const off = words[w + 2]!;
          members[i] = {
            name: this.name(words[w]!, w),
            typeId: this.ref(words[w + 1]!, id),
            bitOff: kflag ? off & 0xffffff : off,
            bitSize: kflag ? off >>> 24 : 0,
          };
        }
        return { kind, name, sizeBytes: last, members };
      }
      case "enum":
      case "enum64": {
        // Clang writes an enum that is only declared with 0 bytes.
        if (last !== 1 && last !== 2 && last !== 4 && last !== 8 && !(last === 0 && vlen === 0)) {
          throw this.bad(id, "btf/enum", `enum of ${last} bytes`);
        }
        return { kind, name, sizeBytes: last, signed: kflag, values: this.enumerators(at, vlen, kflag, kind) };
      }
      case "fwd":
        return { kind, name, union: kflag };
      case "func":
      case "var": {
        const linkage = VAR_LINKAGE[kind === "func" ? vlen : words[at + 3]!];
        if (linkage === undefined) throw this.bad(id, "btf/linkage", "linkage is none of static, global and extern");
        return { kind, name, typeId: this.ref(last, id), linkage };
      }
      case "func_proto": {
        const params: BtfParam[] = new Array(vlen);
        for (let i = 0, w = at + 3; i < vlen; i++, w += 2) {
          params[i] = { name: this.name(words[w]!, w), typeId: this.ref(words[w + 1]!, id) };
        }
        return { kind, name: "", retTypeId: this.ref(last, id), params };
      }
      case "datasec": {
        const vars = new Array(vlen);
        for (let i = 0, w = at + 3; i < vlen; i++, w += 3) {
          vars[i] = { typeId: this.ref(words[w]!, id), offBytes: words[w + 1]!, sizeBytes: words[w + 2]! };
        }
        return { kind, name, sizeBytes: last, vars };
      }
      case "float":
        return { kind, name, sizeBytes: last };
      case "decl_tag": {
        const componentIdx = words[at + 3]! | 0;
        return kflag
          ? { kind, name, typeId: this.ref(last, id), componentIdx, attr: true }
          : { kind, name, typeId: this.ref(last, id), componentIdx };
      }
      default:
        return VOID;
    }
  }

  private enumerators(at: number, vlen: number, signed: boolean, kind: "enum" | "enum64"): BtfEnumerator[] {
    const words = this.words;
    const values: BtfEnumerator[] = new Array(vlen);
    if (kind === "enum") {
      for (let i = 0, w = at + 3; i < vlen; i++, w += 2) {
        const value = words[w + 1]!;
        values[i] = { name: this.name(words[w]!, w), value: BigInt(signed ? value | 0 : value) };
      }
      return values;
    }
    for (let i = 0, w = at + 3; i < vlen; i++, w += 3) {
      const high = words[w + 2]!;
      const value = (BigInt(signed ? high | 0 : high) << 32n) | BigInt(words[w + 1]!);
      values[i] = { name: this.name(words[w]!, w), value };
    }
    return values;
  }

  private name(off: number, word: number): string {
    if (off === 0) return "";
    if (off < this.firstStr && this.base !== null) return this.base.str(off);
    return this.ownStr(off - this.firstStr, this.typeByte + word * 4);
  }

  private ownStr(off: number, byte: number): string {
    const strings = this.strings;
    if (!(off >= 0 && off < strings.length)) {
      throw new SkepError("btf/string", `string offset ${off + this.firstStr} is outside the string section`, {
        site: { section: ".BTF", byte },
      });
    }
    const text = this.asciiText();
    if (text === null) {
      const end = this.stringEnd(off);
      if (end - off > LONG_NAME) {
        throw new SkepError("btf/string", `string of ${end - off} bytes at offset ${off + this.firstStr}`, {
          site: { section: ".BTF", byte },
          advice: "with letters outside ASCII in a BTF, its strings may have 8192 bytes",
        });
      }
      return new TextDecoder().decode(strings.subarray(off, end));
    }
    const head = text.slice(off, off + SHORT_NAME);
    const length = head.indexOf("\0");
    return length >= 0 ? head.slice(0, length) : text.slice(off, this.stringEnd(off));
  }

  /** Where the string at that offset ends, without reading it: many offsets into one long string cost little each. */
  private stringEnd(off: number): number {
    this.ends ??= nulPositions(this.strings);
    const ends = this.ends;
    let low = 0;
    let high = ends.length - 1;
    while (low < high) {
      const mid = (low + high) >> 1;
      if (ends[mid]! < off) low = mid + 1;
      else high = mid;
    }
    return ends[low]!;
  }

  /**
   * All strings as one text: slices of it are several times faster than decoding names one by one. null with letters
   * outside ASCII, where text and byte offsets differ.
   */
  private asciiText(): string | null {
    if (this.text === undefined) {
      const text = new TextDecoder().decode(this.strings);
      this.text = text.length === this.strings.length ? text : null;
    }
    return this.text;
  }

  private ref(typeId: number, from: number): number {
    if (typeId >= this.length) {
      throw this.bad(from, "btf/type-id", `refers to type [${typeId}], and there are ${this.length}`);
    }
    return typeId;
  }

  private checkedSize(id: number, size: number): number {
    if (size > 0xffffffff) throw this.bad(id, "btf/size", "is larger than 4 GiB");
    return size;
  }

  /** The first searches scan, those after them use the index. */
  private search(name: string, kind: number, essential: boolean): number[] {
    if (this.names === undefined && this.base === null && this.scans++ < MAX_SCANS) {
      const text = this.asciiText();
      const found =
        text === null ? null : scanNames(text, this.words, this.starts, this.firstId, name, kind, essential);
      if (found !== null) return found;
    }
    this.names ??= new NameIndex(this.strings, this.firstStr, this.words, this.starts, this.firstId, this.base);
    return this.names.all(name, kind, essential);
  }

  private site(id: number): { section: string; byte: number } {
    return { section: ".BTF", byte: this.byteOf(id) };
  }

  private bad(id: number, code: string, what: string): SkepError {
    return new SkepError(code, `type [${id}]: ${what}`, { site: this.site(id), advice: "the BTF is damaged" });
  }

  private badId(id: number): SkepError {
    return new SkepError("btf/type-id", `no type [${id}]: valid ids are 0 to ${this.length - 1}`, {
      site: { section: ".BTF" },
    });
  }

  private cycle(id: number): SkepError {
    return this.bad(id, "btf/cycle", `more than ${MAX_RESOLVE_DEPTH} types refer to one another`);
  }
}
