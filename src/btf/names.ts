/**
 * Name -> type ids, as a chained hash table in two typed arrays over the bytes of the string section: no string is made.
 * The hash covers the name without its flavour, so that one table answers exact and essential-name searches.
 * A flavour is what follows the last "___" that has another character than '_' on both sides (libbpf,
 * bpf_core_essential_name_len).
 */
import { fromUtf8 } from "../base/bytes.ts";

export interface NameSource {
  readonly strings: Uint8Array;
  readonly firstStr: number;
  readonly base: NameSource | null;
}

const SEED = 0x811c9dc5 | 0;
const PRIME = 0x01000193;
const UNDERSCORE = 95;
/** What of a name counts for its hash and its flavour: types that share one endless name must not cost its length each. */
const MAX_HASHED = 512;

export class NameIndex {
  private readonly heads: Int32Array;
  private readonly next: Int32Array;
  private readonly mask: number;
  private readonly source: NameSource;
  private readonly words: Uint32Array;
  private readonly starts: Uint32Array;
  private readonly firstId: number;

  constructor(
    strings: Uint8Array,
    firstStr: number,
    words: Uint32Array,
    starts: Uint32Array,
    firstId: number,
    base: NameSource | null,
  ) {
    this.source = { strings, firstStr, base };
    this.words = words;
    this.starts = starts;
    this.firstId = firstId;
    const count = starts.length;
    let size = 16;
    while (size < count) size *= 2;
    this.mask = size - 1;
    this.heads = new Int32Array(size).fill(-1);
    this.next = new Int32Array(count);
    // From the last to the first, so that each chain ascends.
    for (let i = count - 1; i >= 0; i--) {
      const off = words[starts[i]!]!;
      if (off === 0) continue;
      let hash: number;
      if (off >= firstStr) {
        if (off - firstStr >= strings.length) continue;
        hash = hashEssential(strings, off - firstStr);
      } else {
        const at = locate(this.source, off);
        if (at === null) continue;
        hash = hashEssential(at.strings, at.off);
      }
      this.next[i] = this.heads[hash & this.mask]!;
      this.heads[hash & this.mask] = i;
    }
  }

  /** First id of that name and kind number (-1: any), or 0. */
  first(name: string, kind: number): number {
    const bytes = terminated(name);
    if (bytes === null) return 0;
    for (let i = this.heads[hashEssential(bytes, 0) & this.mask]!; i >= 0; i = this.next[i]!) {
      if (this.matches(i, bytes, kind, false)) return this.firstId + i;
    }
    return 0;
  }

  /** All ids, ascending; with `essential`, those whose name without flavour is `name`. */
  all(name: string, kind: number, essential: boolean): number[] {
    const bytes = terminated(name);
    const ids: number[] = [];
    if (bytes === null) return ids;
    // A search for an essential name hashes the whole of it: "a___b" asked for as such is no flavour of "a" then.
    const hash = essential ? hashWhole(bytes) : hashEssential(bytes, 0);
    for (let i = this.heads[hash & this.mask]!; i >= 0; i = this.next[i]!) {
      if (this.matches(i, bytes, kind, essential)) ids.push(this.firstId + i);
    }
    return ids;
  }

  private matches(i: number, bytes: Uint8Array, kind: number, essential: boolean): boolean {
    const start = this.starts[i]!;
    if (kind >= 0 && ((this.words[start + 1]! >>> 24) & 31) !== kind) return false;
    const at = locate(this.source, this.words[start]!);
    if (at === null) return false;
    const length = bytes.length - 1;
    for (let j = 0; j < length; j++) if (at.strings[at.off + j] !== bytes[j]) return false;
    if (essential) return essentialLength(at.strings, at.off) === length;
    return at.strings[at.off + length] === 0;
  }
}

/**
 * The same search without an index: through the whole text of the string section and once over all types. Reading in
 * order, it costs a tenth of what building the index does; a few searches are all that most programs need.
 * null where the name ends too many strings for that.
 */
export function scanNames(
  text: string,
  words: Uint32Array,
  starts: Uint32Array,
  firstId: number,
  name: string,
  kind: number,
  essential: boolean,
): number[] | null {
  const ids: number[] = [];
  if (name === "" || name.includes("\0")) return ids;
  const offsets = new Set<number>();
  // A name that has a flavour itself is nobody's essential name.
  const needle = `${name}\0`;
  const exact = !essential || essentialName(name) === name;
  for (let at = exact ? text.indexOf(needle) : -1; at >= 0; at = text.indexOf(needle, at + 1)) {
    if (offsets.size === MAX_SCAN_HITS) return null;
    offsets.add(at);
  }
  if (essential) {
    const flavoured = `${name}___`;
    for (let at = text.indexOf(flavoured); at >= 0; at = text.indexOf(flavoured, at + 1)) {
      if (offsets.size === MAX_SCAN_HITS) return null;
      if (essentialName(text.slice(at, text.indexOf("\0", at))) === name) offsets.add(at);
    }
  }
  if (offsets.size === 0) return ids;
  for (let i = 0; i < starts.length; i++) {
    const start = starts[i]!;
    const off = words[start]!;
    if (off === 0 || !offsets.has(off)) continue;
    if (kind < 0 || ((words[start + 1]! >>> 24) & 31) === kind) ids.push(firstId + i);
  }
  return ids;
}

const MAX_SCAN_HITS = 256;

/** A name without its flavour. */
export function essentialName(name: string): string {
  for (let i = name.length - 5; i >= 0; i--) {
    if (name[i] !== "_" && name.startsWith("___", i + 1) && name[i + 4] !== "_") return name.slice(0, i + 1);
  }
  return name;
}

function terminated(name: string): Uint8Array | null {
  if (name === "" || name.includes("\0")) return null;
  return fromUtf8(`${name}\0`);
}

function locate(source: NameSource, off: number): { strings: Uint8Array; off: number } | null {
  let at: NameSource | null = source;
  while (at !== null && off < at.firstStr) at = at.base;
  if (at === null || off - at.firstStr >= at.strings.length) return null;
  return { strings: at.strings, off: off - at.firstStr };
}

/** FNV-1a of the NUL-terminated bytes up to the flavour. Every string section ends with a NUL. */
function hashEssential(bytes: Uint8Array, from: number): number {
  let hash = SEED;
  let byte = bytes[from]!;
  let length = -1;
  const stop = from + MAX_HASHED;
  for (let i = from; byte !== 0 && i < stop; ) {
    hash = Math.imul(hash ^ byte, PRIME);
    byte = bytes[++i]!;
    if (byte === UNDERSCORE && bytes[i + 1] === UNDERSCORE && bytes[i + 2] === UNDERSCORE) {
      if (length < 0) length = essentialLength(bytes, from);
      if (from + length === i) break;
    }
  }
  return hash ^ (hash >>> 15);
}

function hashWhole(bytes: Uint8Array): number {
  let hash = SEED;
  for (let i = 0; bytes[i] !== 0 && i < MAX_HASHED; i++) hash = Math.imul(hash ^ bytes[i]!, PRIME);
  return hash ^ (hash >>> 15);
}

function essentialLength(bytes: Uint8Array, from: number): number {
  const stop = from + MAX_HASHED;
  let end = from;
  while (end < stop && bytes[end] !== 0) end++;
  for (let i = end - 5; i >= from; i--) {
    if (
      bytes[i] !== UNDERSCORE &&
      bytes[i + 1] === UNDERSCORE &&
      bytes[i + 2] === UNDERSCORE &&
      bytes[i + 3] === UNDERSCORE &&
      bytes[i + 4] !== UNDERSCORE
    ) {
      return i + 1 - from;
    }
  }
  return end - from;
}
