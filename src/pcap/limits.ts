/** Bounds and errors that both capture formats share. */
import { SkepError } from "../base/error.ts";

/** No packet is larger: libpcap's MAXIMUM_SNAPLEN and Wireshark's WTAP_MAX_PACKET_SIZE_STANDARD. */
export const MAX_PACKET_BYTES = 262_144;

export function damaged(code: string, message: string, file: string, byte: number, advice?: string): SkepError {
  const where = { site: { file, byte } };
  return new SkepError(`pcap/${code}`, message, advice === undefined ? where : { ...where, advice });
}

/** As `tshark` and `tcpdump` do: whole packets are read, then this. */
export function truncated(file: string, byte: number, what: string): SkepError {
  return damaged(
    "truncated",
    `capture cut short in the middle of ${what}`,
    file,
    byte,
    "the packets before it are whole",
  );
}
