/**
 * The order in which bpftool writes types, so that headers of two kernels differ only where the types do: by rank (enums,
 * base types, structs, functions, the rest), by name of what a type leads to, by own name, by a hash of names, by id.
 * Source: tools/bpf/bpftool/btf.c (sort_btf_c).
 */
import { fromUtf8 } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import type { BtfView } from "./types.ts";

const LAST_RANK = 10;
const MAX_DEPTH = 64;

export function sortForDump(btf: BtfView): Uint32Array {
  const count = btf.length;
  const rank = new Uint8Array(count);
  const sortName: string[] = new Array(count);
  const ownName: string[] = new Array(count);
  const ids = new Uint32Array(count - 1);
  for (let id = 1; id < count; id++) {
    ids[id - 1] = id;
    rank[id] = rankOf(btf, id, false, 0);
    sortName[id] = sortNameOf(btf, id, false, 0);
    ownName[id] = btf.type(id).name;
  }
  const hashes = new NameHashes(btf);
  return ids.sort((a, b) => {
    if (rank[a] !== rank[b]) return rank[a]! - rank[b]!;
    if (sortName[a] !== sortName[b]) return sortName[a]! < sortName[b]! ? -1 : 1;
    if (ownName[a] !== ownName[b]) return ownName[a]! < ownName[b]! ? -1 : 1;
    return hashes.compare(a, b) || a - b;
  });
}

function rankOf(btf: BtfView, id: number, hasName: boolean, depth: number): number {
  if (depth > MAX_DEPTH) throw endless(id);
  const type = btf.type(id);
  const named = hasName || type.name !== "";
  switch (type.kind) {
    case "enum":
    case "enum64":
      return named ? 1 : 0;
    case "int":
    case "float":
      return 2;
    case "struct":
    case "union":
      return named ? 3 : LAST_RANK;
    case "func_proto":
      return named ? 4 : LAST_RANK;
    case "array":
    case "type_tag":
    case "const":
    case "ptr":
    case "volatile":
    case "restrict":
    case "typedef":
    case "decl_tag":
      return named ? rankOf(btf, type.typeId, true, depth + 1) : LAST_RANK;
    default:
      return LAST_RANK;
  }
}

function sortNameOf(btf: BtfView, id: number, fromRef: boolean, depth: number): string {
  if (depth > MAX_DEPTH) throw endless(id);
  const type = btf.type(id);
  switch (type.kind) {
    case "enum":
    case "enum64":
      return !fromRef && type.name === "" ? (type.values[0]?.name ?? "") : type.name;
    case "array":
    case "type_tag":
    case "const":
    case "ptr":
    case "volatile":
    case "restrict":
    case "typedef":
    case "decl_tag":
      return sortNameOf(btf, type.typeId, true, depth + 1);
    default:
      return type.name;
  }
}

/** 64-bit hashes as two words: hash * 31 + value, over names. */
class NameHashes {
  private readonly btf: BtfView;
  private readonly low: Uint32Array;
  private readonly high: Uint32Array;
  private readonly known: Uint8Array;
  private readonly strings = new Map<string, readonly [number, number]>();

  constructor(btf: BtfView) {
    this.btf = btf;
    // Two for each type: without and with the members of a struct.
    this.low = new Uint32Array(2 * btf.length);
    this.high = new Uint32Array(2 * btf.length);
    this.known = new Uint8Array(2 * btf.length);
  }

  compare(a: number, b: number): number {
    const i = this.hash(a, 1, 0);
    const j = this.hash(b, 1, 0);
    return this.high[i]! - this.high[j]! || this.low[i]! - this.low[j]!;
  }

  private hash(id: number, members: 0 | 1, depth: number): number {
    const at = 2 * id + members;
    if (this.known[at] === 1) return at;
    if (depth > MAX_DEPTH) throw endless(id);
    const type = this.btf.type(id);
    const sum = { low: 0, high: 0 };
    this.addName(sum, type.name);
    switch (type.kind) {
      case "enum":
      case "enum64":
        for (const value of type.values) this.addName(sum, value.name);
        break;
      case "struct":
      case "union":
        if (members === 0) break;
        for (const member of type.members) {
          this.addName(sum, member.name);
          this.addHash(sum, this.hash(member.typeId, 0, depth + 1));
        }
        break;
      case "array":
        add(sum, type.nelems, 0);
        this.addHash(sum, this.hash(type.typeId, members, depth + 1));
        break;
      case "type_tag":
      case "const":
      case "ptr":
      case "volatile":
      case "restrict":
      case "typedef":
      case "decl_tag":
        this.addHash(sum, this.hash(type.typeId, members, depth + 1));
        break;
      default:
        break;
    }
    this.low[at] = sum.low;
    this.high[at] = sum.high;
    this.known[at] = 1;
    return at;
  }

  private addHash(sum: { low: number; high: number }, at: number): void {
    add(sum, this.low[at]!, this.high[at]!);
  }

  private addName(sum: { low: number; high: number }, name: string): void {
    if (name === "") return;
    let hash = this.strings.get(name);
    if (hash === undefined) {
      const own = { low: 0, high: 0 };
      for (const byte of fromUtf8(name)) add(own, byte, 0);
      hash = [own.low, own.high];
      this.strings.set(name, hash);
    }
    add(sum, hash[0], hash[1]);
  }
}

function add(sum: { low: number; high: number }, low: number, high: number): void {
  const product = sum.low * 31 + low;
  sum.low = product >>> 0;
  sum.high = (Math.imul(sum.high, 31) + high + Math.floor(product / 0x1_0000_0000)) >>> 0;
}

function endless(id: number): SkepError {
  return new SkepError("btf/cycle", `type [${id}]: more than ${MAX_DEPTH} types refer to one another`, {
    advice: "the BTF is damaged",
  });
}
