/** DATA of bpftool's grammar: bytes as words, decimal or 0x; after "hex" all in hex: `key hex 0a 00 00 01`. */
import type { Words } from "./session.ts";

/** Takes exactly `size` bytes. Throws "usage/..." for less, and for what is no byte. */
export function mapData(words: Words, size: number, what: "key" | "value"): Uint8Array {
  const radix = words.peek === "hex" ? 16 : 10;
  if (radix === 16) words.next("hex");
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) {
    if (words.empty) throw words.usage(`the ${what} has ${size} bytes, ${i} are given`);
    const text = words.next("a byte");
    const digits = /^0x[0-9a-f]{1,2}$/i.test(text) ? text.slice(2) : text;
    const hex = radix === 16 || digits !== text;
    const value = (hex ? /^[0-9a-f]{1,2}$/i : /^\d{1,3}$/).test(digits) ? Number.parseInt(digits, hex ? 16 : 10) : 256;
    if (value > 255) throw words.usage(`"${text}" is no byte of the ${what}`);
    bytes[i] = value;
  }
  return bytes;
}
