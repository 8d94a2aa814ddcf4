/**
 * Interned spellings. Every identifier, number and string token is a small number; keywords have the numbers of their
 * rows in tokens.ts. Open addressing over one pool of bytes.
 */
import { KEYWORDS, WORDS_C23 } from "./tokens.ts";

const DECODER = new TextDecoder();
const ENCODER = new TextEncoder();

const plain = (byte: number): boolean => byte < 128;

export class Names {
  count = 0;
  #pool = new Uint8Array(1 << 16);
  #poolEnd = 0;
  /** Pool offset of name i; name i ends where i + 1 starts. */
  #start = new Int32Array(1 << 12);
  #hash = new Int32Array(1 << 12);
  /** Name number + 1, or 0. */
  #slots = new Int32Array(1 << 13);
  readonly #text: (string | undefined)[] = [];

  constructor() {
    for (const word of KEYWORDS) this.of(word);
    for (const [word] of WORDS_C23) this.of(word);
  }

  /** `hash` is that of `hashOf`, computed while scanning. */
  intern(bytes: Uint8Array, from: number, to: number, hash: number): number {
    const mask = this.#slots.length - 1;
    const length = to - from;
    let slot = hash & mask;
    for (;;) {
      const found = this.#slots[slot] - 1;
      if (found < 0) return this.#add(bytes, from, to, hash, slot);
      if (this.#hash[found] === hash) {
        const start = this.#start[found];
        if (this.#start[found + 1] - start === length) {
          const pool = this.#pool;
          let i = 0;
          while (i < length && pool[start + i] === bytes[from + i]) i++;
          if (i === length) return found;
        }
      }
      slot = (slot + 1) & mask;
    }
  }

  of(text: string): number {
    const bytes = ENCODER.encode(text);
    return this.ofBytes(bytes, 0, bytes.length);
  }

  ofBytes(bytes: Uint8Array, from: number, to: number): number {
    let hash = 0;
    for (let i = from; i < to; i++) hash = (Math.imul(hash, 31) + bytes[i]) | 0;
    return this.intern(bytes, from, to, hash);
  }

  text(id: number): string {
    let text = this.#text[id];
    if (text === undefined) {
      const bytes = this.bytes(id);
      // Half the time of the decoder for the usual short, plain name
      text =
        bytes.length <= 40 && bytes.every(plain)
          ? String.fromCharCode.apply(null, bytes as unknown as number[])
          : DECODER.decode(bytes);
      this.#text[id] = text;
    }
    return text;
  }

  bytes(id: number): Uint8Array {
    return this.#pool.subarray(this.#start[id], this.#start[id + 1]);
  }

  #add(bytes: Uint8Array, from: number, to: number, hash: number, slot: number): number {
    const length = to - from;
    if (this.#poolEnd + length > this.#pool.length) {
      const grown = new Uint8Array(Math.max(this.#pool.length * 2, this.#poolEnd + length));
      grown.set(this.#pool);
      this.#pool = grown;
    }
    const start = this.#poolEnd;
    if (length < 32) for (let i = 0; i < length; i++) this.#pool[start + i] = bytes[from + i];
    else this.#pool.set(bytes.subarray(from, to), start);
    this.#poolEnd += length;
    const id = this.count++;
    if (id + 2 > this.#start.length) this.#grow();
    this.#start[id] = start;
    this.#start[id + 1] = this.#poolEnd;
    this.#hash[id] = hash;
    if (this.count * 2 > this.#slots.length) this.#rehash();
    else this.#slots[slot] = id + 1;
    return id;
  }

  #grow(): void {
    const starts = new Int32Array(this.#start.length * 2);
    starts.set(this.#start);
    this.#start = starts;
    const hashes = new Int32Array(this.#hash.length * 2);
    hashes.set(this.#hash);
    this.#hash = hashes;
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.count; id++) {
      let slot = this.#hash[id] & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}
