/** Addresses and bytes as people write them, to bytes: what show.ts prints can be given back. */

/**
 * "198.51.100.7" for 4 bytes or (as ::ffff:198.51.100.7) for 16, "2001:db8::1" for 16, "02:00:5e:00:53:01" for 6, and for
 * any size its hex digits. Null for what is none of these.
 */
export function bytesFromText(text: string, sizeBytes: number): Uint8Array | null {
  if (text.length === 2 * sizeBytes && /^[0-9a-f]*$/i.test(text)) return fromPairs(text.match(/../g) ?? []);
  if (sizeBytes === 4) return ipv4Bytes(text);
  if (sizeBytes === 6 && /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) return fromPairs(text.split(":"));
  if (sizeBytes !== 16) return null;
  const v4 = ipv4Bytes(text);
  return v4 === null ? ipv6Bytes(text) : Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...v4);
}

function fromPairs(pairs: readonly string[]): Uint8Array {
  return Uint8Array.from(pairs, (pair) => Number.parseInt(pair, 16));
}

function ipv4Bytes(text: string): Uint8Array | null {
  const parts = text.split(".");
  if (parts.length !== 4 || parts.some((part) => !/^\d{1,3}$/.test(part) || Number(part) > 255)) return null;
  return Uint8Array.from(parts, Number);
}

/** RFC 4291 2.2: eight groups, "::" for a run of zeros, the last two groups as a dotted quad. */
function ipv6Bytes(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map(groupsOf);
  if (head === null || tail === null || head === undefined) return null;
  const after = tail ?? [];
  const missing = 16 - head.length - after.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...new Array<number>(missing).fill(0), ...after]);
}

function groupsOf(text: string): number[] | null {
  if (text === "") return [];
  const groups = text.split(":");
  const out: number[] = [];
  for (const [i, group] of groups.entries()) {
    const quad = i === groups.length - 1 ? ipv4Bytes(group) : null;
    if (quad !== null) out.push(...quad);
    else if (/^[0-9a-f]{1,4}$/i.test(group))
      out.push(Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255);
    else return null;
  }
  return out;
}
