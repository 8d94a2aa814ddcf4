/** IP addresses as netlink wants them: RFC 4291 2.2's text to bytes in network order. */
import { isIPv4, isIPv6 } from "node:net";

const AF_INET = 2;
const AF_INET6 = 10;

export interface IpAddress {
  readonly family: number;
  /** 4 or 16. */
  readonly bytes: Uint8Array;
}

/** Undefined where the text is no address. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: AF_INET, bytes: Uint8Array.from(text.split("."), Number) };
  if (!isIPv6(text) || text.includes("%")) return undefined;
  const [head = "", tail] = text.split("::");
  const before = groups(head);
  const after = groups(tail ?? "");
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return { family: AF_INET6, bytes };
}

function groups(text: string): number[] {
  if (text === "") return [];
  return text.split(":").flatMap((group) => {
    if (group.includes(".")) return group.split(".").map(Number);
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}
