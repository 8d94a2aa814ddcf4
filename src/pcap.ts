/** skep/pcap: captures as packet sources (pcap and pcapng), and writers for both. */
import { host } from "#host";
import { isGzip, openCapture } from "./pcap/open.ts";
import type { Capture } from "./pcap/source.ts";

export { openCapture } from "./pcap/open.ts";
export { fromPackets, type Packet, packets, repeat } from "./pcap/packets.ts";
export * from "./pcap/source.ts";
export { pcapngWriter, pcapWriter } from "./pcap/write.ts";

/** Opens a capture by file name (Node) or URL (browser), gzip or not. Throws SkepError "pcap/..." for what is no capture. */
export async function open(path: string): Promise<Capture> {
  return openBytes(await host.readFile(path), path);
}

/** As `open`, for bytes that are at hand. */
export async function openBytes(bytes: Uint8Array, name = "capture"): Promise<Capture> {
  return openCapture(isGzip(bytes) ? await host.gunzip(bytes) : bytes, name);
}
