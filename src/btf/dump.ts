/**
 * BTF as a C header, as `bpftool btf dump ... format c` writes it: every definition after those it needs, forward
 * declarations where a pointer is enough, anonymous types in place, padding spelled out so that a compiler lays structs
 * out as BTF says, and name___2 for the second type of a name.
 *
 *     order(id)   depth first; a link is strong when the whole type must be known (embedded, or anonymous), weak when
 *                 a pointer to a named struct is all there is
 *     emit(id)    writes what order() queued, each with the forward declarations it needs
 *
 * Source for what must be written: tools/lib/bpf/btf_dump.c, tools/bpf/bpftool/btf.c (6.18).
 */
import { SkepError } from "../base/error.ts";
import { type DeclWriter, declare } from "./dump-decl.ts";
import { sortForDump } from "./dump-sort.ts";
import { type Layout, layoutOf } from "./layout.ts";
import type { BtfComposite, BtfEnum, BtfFwd, BtfRef, BtfType, BtfView } from "./types.ts";

export interface DumpOptions {
  /** Only these types and what they need; all where omitted. */
  readonly roots?: readonly number[];
  /** In the order of ids, instead of sorted by rank and name. */
  readonly unsorted?: boolean;
}

const PREAMBLE = `#ifndef __VMLINUX_H__
#define __VMLINUX_H__

#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute push (__attribute__((preserve_access_index)), apply_to = record)
#endif

#ifndef __ksym
#define __ksym __attribute__((section(".ksyms")))
#endif

#ifndef __weak
#define __weak __attribute__((weak))
#endif

#ifndef __bpf_fastcall
#if __has_attribute(bpf_fastcall)
#define __bpf_fastcall __attribute__((bpf_fastcall))
#else
#define __bpf_fastcall
#endif
#endif

`;

const POSTAMBLE = `#ifndef BPF_NO_PRESERVE_ACCESS_INDEX
#pragma clang attribute pop
#endif

#endif /* __VMLINUX_H__ */
`;

/** The whole header. Throws "btf/cycle" and "btf/depth" for types that C cannot express. */
export function dumpC(btf: BtfView, options: DumpOptions = {}): string {
  const dumper = new CDumper(btf);
  if (options.roots !== undefined) {
    for (const id of options.roots) dumper.dump(id);
    return `${PREAMBLE}${dumper.text()}${POSTAMBLE}`;
  }
  if (options.unsorted) {
    for (let id = 1; id < btf.length; id++) dumper.dump(id);
  } else {
    for (const id of sortForDump(btf)) dumper.dump(id);
  }
  return `${PREAMBLE}${dumper.text()}${dumper.kfuncs()}${POSTAMBLE}`;
}

const NOT_YET = 0;
const NOW = 1;
const DONE = 2;
/** Deeper nesting than any C file has, and less than the stack of JavaScript bears. */
const MAX_DEPTH = 512;

/** GCC writes typedefs to these types of its own for Arm vectors. */
const MISSING_BASE_TYPES: Readonly<Record<string, string>> = {
  __Poly8_t: "unsigned char",
  __Poly16_t: "unsigned short",
  __Poly64_t: "unsigned long long",
  __Poly128_t: "unsigned __int128",
};
const VA_LIST = "__builtin_va_list";

export class CDumper implements DeclWriter {
  private readonly btf: BtfView;
  private readonly layout: Layout;
  private readonly ordered: Uint8Array;
  private readonly emitted: Uint8Array;
  private readonly forwarded: Uint8Array;
  private readonly referenced: Uint8Array;
  private readonly names = new Map<number, string>();
  private readonly tagCounts = new Map<string, number>();
  private readonly identCounts = new Map<string, number>();
  private queue: number[] = [];
  private parts: string[] = [];
  private steps: number;

  constructor(btf: BtfView) {
    this.btf = btf;
    this.layout = layoutOf(btf);
    this.ordered = new Uint8Array(btf.length);
    this.emitted = new Uint8Array(btf.length);
    this.forwarded = new Uint8Array(btf.length);
    this.referenced = referencedTypes(btf);
    this.ordered[0] = DONE;
    this.emitted[0] = DONE;
    // A type graph is walked a few times; a damaged one could send the walk around for ever.
    this.steps = 16 * btf.raw.length + 1_000_000;
  }

  /** Adds a type and all that it needs and that was not written before. */
  dump(id: number): void {
    this.queue = [];
    this.order(id, false, 0);
    for (const queued of this.queue) this.emit(queued, 0, 0);
  }

  text(): string {
    return this.parts.join("");
  }

  /** How C calls a named struct, union or enum that was written: "struct foo___2". */
  tagOf(id: number): string {
    const type = this.btf.type(id);
    return `${type.kind === "enum64" ? "enum" : type.kind} ${this.uniqueName(id, type, this.tagCounts)}`;
  }

  /** Declarations of the kernel functions that programs may call: those tagged bpf_kfunc. */
  kfuncs(): string {
    const kfuncs: { name: string; typeId: number; id: number }[] = [];
    const fast = new Set<number>();
    for (let id = 1; id < this.btf.length; id++) {
      const tag = this.btf.type(id);
      if (tag.kind !== "decl_tag" || tag.componentIdx !== -1) continue;
      const func = this.btf.type(tag.typeId);
      if (func.kind !== "func") continue;
      if (tag.name === "bpf_kfunc") kfuncs.push({ name: func.name, typeId: func.typeId, id: tag.typeId });
      if (tag.name === "bpf_fastcall") fast.add(tag.typeId);
    }
    kfuncs.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.id - b.id));
    const lines = kfuncs.map(({ name, typeId, id }) => {
      const decl = declare(this.btf, this, typeId, name, 0);
      return `extern ${fast.has(id) ? "__bpf_fastcall " : ""}${decl} __weak __ksym;\n`;
    });
    return `\n/* BPF kfuncs */\n#ifndef BPF_NO_KFUNC_PROTOTYPES\n${lines.join("")}#endif\n\n`;
  }

  step(count = 1): void {
    this.steps -= count;
    if (this.steps < 0) {
      throw new SkepError("btf/depth", "types refer to one another in too many ways to be written out", {
        advice: "the BTF is damaged",
      });
    }
  }

  /** True for a strong link. */
  private order(id: number, throughPtr: boolean, depth: number): boolean {
    this.step();
    if (this.ordered[id] === DONE) return true;
    const type = this.btf.type(id);
    const named = type.name !== "";
    if (this.ordered[id] === NOW) {
      if ((type.kind === "struct" || type.kind === "union") && throughPtr && named) return false;
      throw new SkepError("btf/cycle", `type [${id}] (${type.kind} '${type.name}') contains itself`, {
        advice: "the BTF is damaged",
      });
    }
    if (depth > MAX_DEPTH) throw new SkepError("btf/depth", `type [${id}] is nested more than ${MAX_DEPTH} deep`);
    switch (type.kind) {
      case "int":
      case "float":
        this.ordered[id] = DONE;
        return false;
      case "ptr": {
        const strong = this.order(type.typeId, true, depth + 1);
        this.ordered[id] = DONE;
        return strong;
      }
      case "array":
        return this.order(type.typeId, false, depth + 1);
      case "struct":
      case "union":
        if (throughPtr && named) return false;
        this.ordered[id] = NOW;
        for (const member of type.members) this.order(member.typeId, false, depth + 1);
        if (named) this.queue.push(id);
        this.ordered[id] = DONE;
        return true;
      case "enum":
      case "enum64":
      case "fwd":
        if (named || this.referenced[id] === 0) this.queue.push(id);
        this.ordered[id] = DONE;
        return true;
      case "typedef": {
        const strong = this.order(type.typeId, throughPtr, depth + 1);
        if (throughPtr && !strong) return false;
        this.queue.push(id);
        this.ordered[id] = DONE;
        return true;
      }
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
        return this.order(type.typeId, throughPtr, depth + 1);
      case "func_proto": {
        let strong = this.order(type.retTypeId, throughPtr, depth + 1);
        for (const param of type.params) strong = this.order(param.typeId, throughPtr, depth + 1) || strong;
        return strong;
      }
      default:
        this.ordered[id] = DONE;
        return false;
    }
  }

  /** `within` is the named struct, union or typedef being written, 0 at the top. */
  private emit(id: number, within: number, depth: number): void {
    this.step();
    if (this.emitted[id] === DONE) return;
    if (depth > MAX_DEPTH) throw new SkepError("btf/depth", `type [${id}] is nested more than ${MAX_DEPTH} deep`);
    const type = this.btf.type(id);
    const top = within === 0;
    if (this.emitted[id] === NOW) {
      if (this.forwarded[id] === 1) return;
      if (type.kind === "typedef") {
        this.emitTypedef(id, type);
        this.forwarded[id] = 1;
      } else if ((type.kind === "struct" || type.kind === "union") && id !== within && type.name !== "") {
        this.parts.push(this.tag(id, type), ";\n\n");
        this.forwarded[id] = 1;
      }
      return;
    }
    switch (type.kind) {
      case "int": {
        const alias = Object.hasOwn(MISSING_BASE_TYPES, type.name) ? MISSING_BASE_TYPES[type.name] : undefined;
        if (alias !== undefined) this.parts.push(`typedef ${alias} ${type.name};\n\n`);
        this.emitted[id] = DONE;
        break;
      }
      case "enum":
      case "enum64":
        if (top) this.parts.push(this.enumDef(id, type, 0), ";\n\n");
        this.emitted[id] = DONE;
        break;
      case "ptr":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "array":
        this.emit(type.typeId, within, depth + 1);
        break;
      case "fwd":
        this.parts.push(this.forward(id, type), ";\n\n");
        this.emitted[id] = DONE;
        break;
      case "typedef":
        this.emitted[id] = NOW;
        this.emit(type.typeId, id, depth + 1);
        // Whoever needed it as a forward declaration has had it written already.
        if (this.forwarded[id] === 0) this.emitTypedef(id, type);
        this.emitted[id] = DONE;
        break;
      case "struct":
      case "union":
        this.emitted[id] = NOW;
        if (top || type.name === "") {
          const inner = type.name === "" ? within : id;
          for (const member of type.members) this.emit(member.typeId, inner, depth + 1);
        } else if (this.forwarded[id] === 0 && id !== within) {
          this.parts.push(this.tag(id, type), ";\n\n");
          this.forwarded[id] = 1;
        }
        if (top) this.parts.push(this.compositeDef(id, type, 0), ";\n\n");
        this.emitted[id] = top ? DONE : NOT_YET;
        break;
      case "func_proto":
        this.emit(type.retTypeId, within, depth + 1);
        for (const param of type.params) this.emit(param.typeId, within, depth + 1);
        break;
      default:
        break;
    }
  }

  private emitTypedef(id: number, type: BtfRef): void {
    if (type.name === VA_LIST) return;
    const name = this.typedef(id);
    // Old GCC makes this one a typedef of void.
    if (type.typeId === 0 && name === "__gnuc_va_list") {
      this.parts.push("typedef __builtin_va_list __gnuc_va_list;\n\n");
      return;
    }
    this.parts.push(`typedef ${declare(this.btf, this, type.typeId, name, 0)};\n\n`);
  }

  composite(id: number, type: BtfComposite, level: number): string {
    return type.name === "" ? this.compositeDef(id, type, level) : this.tag(id, type);
  }

  enumeration(id: number, type: BtfEnum, level: number): string {
    return type.name === "" ? this.enumDef(id, type, level) : `enum ${this.uniqueName(id, type, this.tagCounts)}`;
  }

  forward(id: number, type: BtfFwd): string {
    return `${type.union ? "union" : "struct"} ${this.uniqueName(id, type, this.tagCounts)}`;
  }

  typedef(id: number): string {
    return this.uniqueName(id, this.btf.type(id), this.identCounts);
  }

  private tag(id: number, type: BtfComposite): string {
    return type.name === "" ? type.kind : `${type.kind} ${this.uniqueName(id, type, this.tagCounts)}`;
  }

  /** Struct, union and enum tags are one name space of C; typedefs and enumerators are another. */
  private uniqueName(id: number, type: BtfType, counts: Map<string, number>): string {
    if (type.name === "") return "";
    const known = this.names.get(id);
    if (known !== undefined) return known;
    let name = type.name;
    if (!(type.kind === "fwd" || (type.kind === "enum" && type.values.length === 0))) name = unique(counts, name);
    this.names.set(id, name);
    return name;
  }

  private compositeDef(id: number, type: BtfComposite, level: number): string {
    if (level > MAX_DEPTH) throw new SkepError("btf/depth", `type [${id}] is nested more than ${MAX_DEPTH} deep`);
    const isStruct = type.kind === "struct";
    const packed = isStruct && this.layout.isPacked(type);
    const indent = tabs(level + 1);
    let text = `${this.tag(id, type)} {`;
    let off = 0;
    let afterBitfield = false;
    for (const member of type.members) {
      const align = packed ? 1 : this.layout.alignOf(member.typeId);
      const bitfield = member.bitSize !== 0;
      this.step(Math.max(0, member.bitOff - off) / 8);
      text += padding(off, member.bitOff, align, afterBitfield && bitfield, indent);
      text += `\n${indent}${declare(this.btf, this, member.typeId, member.name, level + 1)}`;
      if (bitfield) text += `: ${member.bitSize}`;
      text += ";";
      off = member.bitOff + (bitfield ? member.bitSize : this.sizeOrNone(member.typeId) * 8);
      afterBitfield = bitfield;
    }
    if (isStruct) this.step(Math.max(0, type.sizeBytes - off / 8));
    if (isStruct) text += padding(off, type.sizeBytes * 8, this.layout.alignOf(id), false, indent);
    text += type.members.length > 0 || type.sizeBytes > 0 ? `\n${tabs(level)}}` : "}";
    return packed ? `${text} __attribute__((packed))` : text;
  }

  private sizeOrNone(id: number): number {
    const kind = this.btf.type(this.btf.skipMods(id)).kind;
    return kind === "void" || kind === "func" || kind === "fwd" || kind === "func_proto" ? 0 : this.btf.sizeOf(id);
  }

  private enumDef(id: number, type: BtfEnum, level: number): string {
    const head = type.name === "" ? "enum" : `enum ${this.uniqueName(id, type, this.tagCounts)}`;
    if (type.values.length === 0) return head;
    const indent = tabs(level + 1);
    const suffix = type.kind === "enum" ? "" : type.signed ? "LL" : "ULL";
    let text = `${head} {`;
    for (const { name, value } of type.values) {
      text += `\n${indent}${unique(this.identCounts, name)} = ${value}${suffix},`;
    }
    text += `\n${tabs(level)}}`;
    if (type.sizeBytes === 1) return `${text} __attribute__((mode(byte)))`;
    // Eight bytes come by themselves only if an enumerator needs them.
    if (type.sizeBytes === 8 && (type.kind === "enum" || type.values.every(({ value }) => value >> 32n === 0n))) {
      return `${text} __attribute__((mode(word)))`;
    }
    return text;
  }
}

function unique(counts: Map<string, number>, name: string): string {
  const count = (counts.get(name) ?? 0) + 1;
  counts.set(name, count);
  return count === 1 ? name : `${name}___${count}`;
}

function tabs(level: number): string {
  return "\t".repeat(Math.min(level, 13));
}

const PADS: readonly { readonly name: string; readonly bits: number }[] = [
  { name: "long", bits: 64 },
  { name: "int", bits: 32 },
  { name: "short", bits: 16 },
  { name: "char", bits: 8 },
];

/**
 * Unnamed bit-fields from bit `off` to bit `next`: first up to a boundary of the largest type that has one in the gap
 * (written as `long: 0`, and only where the compiler would not get there by itself), then whole ones, then the rest.
 */
function padding(off: number, next: number, nextAlign: number, inBitfield: boolean, indent: string): string {
  if (off >= next) return "";
  let text = "";
  const unit = PADS.find(({ bits }) => roundUp(off, bits) <= next) ?? PADS[3]!;
  const boundary = roundUp(off, unit.bits);
  if (boundary > off && boundary <= next) {
    const natural = roundUp(off, Math.max(1, nextAlign) * 8);
    if (
      inBitfield ||
      (boundary === next && natural !== boundary) ||
      (boundary !== next && next - boundary <= boundary - off)
    ) {
      text += `\n${indent}${unit.name}: ${inBitfield ? boundary - off : 0};`;
    }
    off = boundary;
  }
  const whole = Math.floor((next - off) / unit.bits);
  text += `\n${indent}${unit.name}: ${unit.bits};`.repeat(whole);
  const rest = next - off - whole * unit.bits;
  if (rest > 0) {
    const smallest = PADS.findLast(({ bits }) => bits >= rest)!;
    text += `\n${indent}${smallest.name}: ${rest};`;
  }
  return text;
}

function roundUp(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/** Marks types that another one refers to: an anonymous enum that none does is a definition of its own. */
function referencedTypes(btf: BtfView): Uint8Array {
  const marks = new Uint8Array(btf.length);
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    switch (type.kind) {
      case "array":
        marks[type.indexTypeId] = 1;
        marks[type.typeId] = 1;
        break;
      case "struct":
      case "union":
        for (const member of type.members) marks[member.typeId] = 1;
        break;
      case "func_proto":
        // The return type does not count, as in bpftool.
        for (const param of type.params) marks[param.typeId] = 1;
        break;
      case "datasec":
        for (const { typeId } of type.vars) marks[typeId] = 1;
        break;
      case "ptr":
      case "typedef":
      case "volatile":
      case "const":
      case "restrict":
      case "type_tag":
      case "func":
      case "var":
      case "decl_tag":
        marks[type.typeId] = 1;
        break;
      default:
        break;
    }
  }
  return marks;
}
