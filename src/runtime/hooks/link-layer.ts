/** Frames of captures: src/pcap/link-layer.ts, which the kernel target shares. */
export { putFrame } from "../../pcap/link-layer.ts";
