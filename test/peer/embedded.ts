/** Finds the BPF objects that programs with a libbpf skeleton carry in their read-only data. */

const MAGIC = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 2, 1, 1);
const EM_BPF = 247;

/** Every embedded object, in file order. An object ends behind its section headers, which linkers write last. */
export function embeddedObjects(file: Buffer): Buffer[] {
  const found: Buffer[] = [];
  for (let at = file.indexOf(MAGIC); at >= 0; at = file.indexOf(MAGIC, at + 1)) {
    if (at + 64 > file.length || file.readUInt16LE(at + 18) !== EM_BPF) continue;
    const size = Number(file.readBigUInt64LE(at + 40)) + file.readUInt16LE(at + 60) * 64;
    if (at + size <= file.length) found.push(file.subarray(at, at + size));
  }
  return found;
}
