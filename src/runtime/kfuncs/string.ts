/**
 * The kernel's string functions over memory that may not be there. Each byte that cannot be read ends with -EFAULT, a first one
 * where never memory is with -ERANGE; XATTR_SIZE_MAX bytes are looked at. char is unsigned. Source: kernel/bpf/helpers.c, since 6.17.
 */
import { E2BIG, EFAULT, ENOENT, ERANGE } from "../../base/errno.ts";
import { NULL_PAGE_BYTES } from "../../layout/layout.ts";
import { readableEnd } from "../helpers/memory.ts";
import type { Runtime } from "../runtime.ts";
import type { KfuncRow } from "./rows.ts";

/** XATTR_SIZE_MAX. */
const MAX_BYTES = 65536;

export function stringKfuncs(rt: Runtime): readonly KfuncRow[] {
  const { u8 } = rt;

  /** Bytes of a string, one by one: -1 past what may be read. */
  const reader = (at: number): ((i: number) => number) => {
    const end = readableEnd(rt, at);
    return (i) => (at + i < end ? u8[at + i]! : -1);
  };
  const absent = (at: number): boolean => at < NULL_PAGE_BYTES;

  function compare(a: number, b: number, fold: boolean): number {
    if (absent(a) || absent(b)) return -ERANGE;
    const first = reader(a);
    const second = reader(b);
    for (let i = 0; i < MAX_BYTES; i++) {
      let c1 = first(i);
      let c2 = second(i);
      if (c1 < 0 || c2 < 0) return -EFAULT;
      if (fold) {
        c1 = toLower(c1);
        c2 = toLower(c2);
      }
      if (c1 !== c2) return c1 < c2 ? -1 : 1;
      if (c1 === 0) return 0;
    }
    return -E2BIG;
  }

  /** Where `byte` first is; `orEnd`: the end counts, too. */
  function find(s: number, count: number, byte: number, orEnd: boolean): number {
    if (absent(s)) return -ERANGE;
    const at = reader(s);
    const limit = Math.min(count, MAX_BYTES);
    for (let i = 0; i < limit; i++) {
      const c = at(i);
      if (c < 0) return -EFAULT;
      if (c === byte || (orEnd && c === 0)) return i;
      if (c === 0) return -ENOENT;
    }
    return limit === MAX_BYTES ? -E2BIG : -ENOENT;
  }

  function findLast(s: number, wanted: number): number {
    if (absent(s)) return -ERANGE;
    const at = reader(s);
    let last = -ENOENT;
    for (let i = 0; i < MAX_BYTES; i++) {
      const c = at(i);
      if (c < 0) return -EFAULT;
      if (c === wanted) last = i;
      if (c === 0) return last;
    }
    return -E2BIG;
  }

  function length(s: number, count: number): number {
    if (absent(s)) return -ERANGE;
    const at = reader(s);
    const limit = Math.min(count, MAX_BYTES);
    for (let i = 0; i < limit; i++) {
      const c = at(i);
      if (c < 0) return -EFAULT;
      if (c === 0) return i;
    }
    return limit === MAX_BYTES ? -E2BIG : limit;
  }

  /** Bytes at the start that are all (`of`) or none of those in `set`. */
  function span(s: number, set: number, of: boolean): number {
    if (absent(s) || absent(set)) return -ERANGE;
    const at = reader(s);
    const other = reader(set);
    for (let i = 0; i < MAX_BYTES; i++) {
      const c = at(i);
      if (c < 0) return -EFAULT;
      if (c === 0) return i;
      let j = 0;
      let member = 0;
      for (; j < MAX_BYTES; j++) {
        member = other(j);
        if (member < 0) return -EFAULT;
        if (c === member || member === 0) break;
      }
      if (j === MAX_BYTES) return -E2BIG;
      if ((member !== 0) !== of) return i;
    }
    return -E2BIG;
  }

  function search(s: number, part: number, count: number): number {
    if (absent(s) || absent(part)) return -ERANGE;
    const text = reader(s);
    const wanted = reader(part);
    for (let i = 0; i < MAX_BYTES; i++) {
      let j = 0;
      for (; i + j <= count && j < MAX_BYTES; j++) {
        const w = wanted(j);
        if (w < 0) return -EFAULT;
        if (w === 0) return i;
        if (i + j === count) break;
        const c = text(i + j);
        if (c < 0) return -EFAULT;
        if (c === 0) return -ENOENT;
        if (c !== w) break;
      }
      if (j === MAX_BYTES) return -E2BIG;
      if (i + j === count) return -ENOENT;
    }
    return -E2BIG;
  }

  const sized = (lo: number, hi: number): number => (hi === 0 ? lo >>> 0 : MAX_BYTES);

  return [
    ["bpf_strcmp", "ii->s", (a, b) => compare(a! >>> 0, b! >>> 0, false)],
    ["bpf_strcasecmp", "ii->s", (a, b) => compare(a! >>> 0, b! >>> 0, true)],
    ["bpf_strchr", "ii->s", (s, c) => find(s! >>> 0, MAX_BYTES, c! & 255, false)],
    ["bpf_strnchr", "idi->s", (s, lo, hi, c) => find(s! >>> 0, sized(lo!, hi!), c! & 255, false)],
    ["bpf_strchrnul", "ii->s", (s, c) => find(s! >>> 0, MAX_BYTES, c! & 255, true)],
    ["bpf_strrchr", "ii->s", (s, c) => findLast(s! >>> 0, c!)],
    ["bpf_strlen", "i->s", (s) => length(s! >>> 0, MAX_BYTES)],
    ["bpf_strnlen", "id->s", (s, lo, hi) => length(s! >>> 0, sized(lo!, hi!))],
    ["bpf_strspn", "ii->s", (s, set) => span(s! >>> 0, set! >>> 0, true)],
    ["bpf_strcspn", "ii->s", (s, set) => span(s! >>> 0, set! >>> 0, false)],
    ["bpf_strstr", "ii->s", (s, part) => search(s! >>> 0, part! >>> 0, MAX_BYTES)],
    ["bpf_strnstr", "iid->s", (s, part, lo, hi) => search(s! >>> 0, part! >>> 0, sized(lo!, hi!))],
  ];
}

/** The kernel's tolower: of Latin-1. */
function toLower(c: number): number {
  const upper = (c >= 0x41 && c <= 0x5a) || (c >= 0xc0 && c <= 0xde && c !== 0xd7);
  return upper ? c + 32 : c;
}
