/**
 * Enumerators of a BTF by name, as a hash table over the bytes of the string section: no string is made and no enum decoded,
 * of which a kernel has thousands.
 */
import { viewOf } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";

/** BTF_KIND_ENUM and BTF_KIND_ENUM64. */
const ENUM = 6;
const ENUM64 = 19;
const HEADER_BYTES = 12;

export class EnumIndex {
  private readonly strings: Uint8Array;
  /** Per slot: index of an enumerator plus 1, 0 where free. */
  private readonly slots: Int32Array;
  /** Two words an enumerator: offset of its name, id of its enum. */
  private readonly rows: Int32Array;

  /** Only of `btf` itself, not of a base. */
  constructor(btf: Btf) {
    this.strings = btf.strings;
    const view = viewOf(btf.raw);
    let count = 0;
    const each = (fn: (nameOff: number, id: number) => void): void => {
      for (let id = btf.firstId; id < btf.length; id++) {
        const kind = btf.kindOf(id);
        if (kind !== ENUM && kind !== ENUM64) continue;
        const at = btf.byteOf(id);
        const vlen = view.getUint32(at + 4, true) & 0xffff;
        const size = kind === ENUM ? 8 : 12;
        for (let i = 0; i < vlen; i++) fn(view.getUint32(at + HEADER_BYTES + i * size, true) - btf.firstStr, id);
      }
    };
    each(() => count++);
    let size = 16;
    while (size < count * 2) size *= 2;
    this.slots = new Int32Array(size);
    this.rows = new Int32Array(count * 2);
    let row = 0;
    each((nameOff, id) => {
      this.rows[row * 2] = nameOff;
      this.rows[row * 2 + 1] = id;
      let slot = hashAt(this.strings, nameOff) & (size - 1);
      while (this.slots[slot] !== 0) slot = (slot + 1) & (size - 1);
      this.slots[slot] = ++row;
    });
  }

  /** Names that begin with `start`, one after the other. */
  *like(start: string): Generator<string> {
    const bytes = new TextEncoder().encode(start);
    const text = new TextDecoder();
    for (let row = 0; row < this.rows.length; row += 2) {
      const at = this.rows[row]!;
      if (!bytes.every((byte, i) => this.strings[at + i] === byte)) continue;
      yield text.decode(this.strings.subarray(at, this.strings.indexOf(0, at)));
    }
  }

  /** Id of the first enum that has an enumerator of that name, or 0. */
  find(name: string): number {
    const bytes = new TextEncoder().encode(`${name}\0`);
    const mask = this.slots.length - 1;
    for (let slot = hashAt(bytes, 0) & mask; this.slots[slot] !== 0; slot = (slot + 1) & mask) {
      const row = this.slots[slot]! - 1;
      if (sameName(this.strings, this.rows[row * 2]!, bytes)) return this.rows[row * 2 + 1]!;
    }
    return 0;
  }
}

/** FNV-1a up to the NUL. */
function hashAt(bytes: Uint8Array, off: number): number {
  let hash = 0x811c9dc5;
  for (let at = off; at < bytes.length && bytes[at] !== 0; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return hash ^ (hash >>> 15);
}

/** `name` ends with its NUL. */
function sameName(strings: Uint8Array, off: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (strings[off + i] !== name[i]) return false;
  return true;
}
