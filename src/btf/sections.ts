/** The sections of BTF bytes: header checked, types found, strings indexed. btf.ts shows the format. */
import { viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { BTF_HEADER_BYTES, BTF_MAGIC, BTF_VERSION, EXTRA_WORDS, ITEM_WORDS } from "./kinds.ts";

export function nulPositions(strings: Uint8Array): Uint32Array {
  let count = 0;
  for (const byte of strings) if (byte === 0) count++;
  const positions = new Uint32Array(count);
  for (let i = 0, n = 0; i < strings.length; i++) if (strings[i] === 0) positions[n++] = i;
  return positions;
}

/** True for bytes that begin as BTF does, in either byte order. */
export function isBtf(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && ((bytes[0] === 0x9f && bytes[1] === 0xeb) || (bytes[0] === 0xeb && bytes[1] === 0x9f));
}

export interface Header {
  typeByte: number;
  typeLen: number;
  strByte: number;
  strLen: number;
}

export function parseHeader(raw: Uint8Array, split: boolean): Header {
  const fail = (code: string, message: string, byte: number, advice?: string): never => {
    throw new SkepError(code, message, {
      site: { section: ".BTF", byte },
      ...(advice === undefined ? {} : { advice }),
    });
  };
  if (raw.length >= 2 && raw[0] === 0xeb && raw[1] === 0x9f) {
    fail("btf/big-endian", "big-endian BTF", 0, "compile for a little-endian target: clang -target bpfel");
  }
  if (raw.length >= 2 && (raw[0]! | (raw[1]! << 8)) !== BTF_MAGIC) fail("btf/magic", "this is no BTF", 0);
  if (raw.length < BTF_HEADER_BYTES) {
    fail("btf/truncated", `${raw.length} bytes are too few for a BTF header of 24`, raw.length);
  }
  const view = viewOf(raw);
  if (view.getUint8(2) !== BTF_VERSION) fail("btf/version", `BTF version ${view.getUint8(2)}; 1 is known`, 2);
  const hdrLen = view.getUint32(4, true);
  const typeOff = view.getUint32(8, true);
  const typeLen = view.getUint32(12, true);
  const strOff = view.getUint32(16, true);
  const strLen = view.getUint32(20, true);
  if (hdrLen < BTF_HEADER_BYTES) fail("btf/header", `header length ${hdrLen} is less than 24`, 4);
  if (typeOff % 4 !== 0) fail("btf/header", `type section at ${typeOff} is not aligned to 4`, 8);
  if (typeLen % 4 !== 0) fail("btf/header", `type section of ${typeLen} bytes is no whole number of words`, 12);
  if (typeOff + typeLen > strOff) fail("btf/header", "type section overlaps the string section", 8);
  if (hdrLen + strOff + strLen > raw.length) {
    fail("btf/truncated", `header tells of ${hdrLen + strOff + strLen} bytes, there are ${raw.length}`, raw.length);
  }
  const strByte = hdrLen + strOff;
  if (!(split && strLen === 0)) {
    if (strLen === 0 || raw[strByte + strLen - 1] !== 0) {
      fail("btf/string", "the string section does not end with a NUL", strByte + strLen);
    }
    if (!split && raw[strByte] !== 0) {
      fail(
        "btf/string",
        "the string section does not begin with the empty string",
        strByte,
        "this looks like split BTF: give its base (the kernel's BTF) as well",
      );
    }
  }
  return { typeByte: hdrLen + typeOff, typeLen, strByte, strLen };
}

export function wordsOf(raw: Uint8Array, byte: number, length: number): Uint32Array {
  const start = raw.byteOffset + byte;
  if (start % 4 === 0) return new Uint32Array(raw.buffer, start, length / 4);
  return new Uint32Array(raw.slice(byte, byte + length).buffer);
}

/** Word index of every type: the one pass that opening makes. */
export function scanTypes(words: Uint32Array, typeByte: number, firstId: number): Uint32Array {
  const starts = new Uint32Array(Math.floor(words.length / 3));
  const end = words.length;
  let n = 0;
  for (let w = 0; w < end; ) {
    const info = w + 3 > end ? 0 : words[w + 1]!;
    const kind = (info >>> 24) & 31;
    if (kind === 0 || kind >= EXTRA_WORDS.length) {
      const site = { section: ".BTF", byte: typeByte + w * 4 };
      if (w + 3 > end) throw new SkepError("btf/truncated", `type [${firstId + n}] is cut off`, { site });
      throw new SkepError("btf/kind", `type [${firstId + n}] has the unknown kind ${kind}`, {
        site,
        advice: "the BTF is damaged, or newer than this reader",
      });
    }
    starts[n++] = w;
    const size = 3 + EXTRA_WORDS[kind]! + (info & 0xffff) * ITEM_WORDS[kind]!;
    if (w + size > end) {
      throw new SkepError("btf/truncated", `type [${firstId + n - 1}] is cut off`, {
        site: { section: ".BTF", byte: typeByte + w * 4 },
      });
    }
    w += size;
  }
  return starts.subarray(0, n);
}

export function indexStrings(strings: Uint8Array): Map<string, number> {
  const offsets = new Map<string, number>();
  const decoder = new TextDecoder();
  for (let off = 0; off < strings.length; ) {
    const end = strings.indexOf(0, off);
    const text = decoder.decode(strings.subarray(off, end));
    if (!offsets.has(text)) offsets.set(text, off);
    off = end + 1;
  }
  return offsets;
}
