/** Opens a capture file whatever its format. */
import { damaged } from "./limits.ts";
import { openPcap } from "./pcap.ts";
import { openPcapng } from "./pcapng.ts";
import type { Capture } from "./source.ts";

/**
 * A cursor over the packets of a pcap or pcapng file, which stays in memory as it is. `name` is for messages.
 * Throws "pcap/format" for anything else. A file compressed with gzip is told apart: see `isGzip`.
 */
export function openCapture(bytes: Uint8Array, name = "capture"): Capture {
  const capture = openPcap(bytes, name) ?? openPcapng(bytes, name);
  if (capture !== null) return capture;
  if (isGzip(bytes)) throw damaged("gzip", "capture compressed with gzip", name, 0, `unpack it first: gunzip ${name}`);
  throw damaged("format", "neither pcap nor pcapng", name, 0, "give a file that tcpdump -w or Wireshark wrote");
}

/** Whether bytes begin as gzip (RFC 1952) does: the caller unpacks them with the platform's own decompressor. */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}
