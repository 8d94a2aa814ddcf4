/** BPF_BTF_LOAD. Source: include/uapi/linux/bpf.h, kernel/bpf/btf.c. */
import { BPF_BTF_LOAD } from "../../abi/cmds.ts";
import { BPF_F_TOKEN_FD } from "../../abi/flags.ts";
import { utf8 } from "../../base/bytes.ts";
import { setAddr } from "../sys.ts";
import type { Bpf } from "./call.ts";

const BTF_LOAD_BYTES = 28;
const BTF_LOAD_WITH_TOKEN_BYTES = 40;
const LOG_BYTES = 64 * 1024;

/** fd or -errno. */
export function loadBtf(bpf: Bpf, raw: Uint8Array): number {
  const attr = bpf.clear();
  bpf.put("btf", raw, 0);
  attr.setUint32(16, raw.length, true);
  if (bpf.token === 0) return bpf.call(BPF_BTF_LOAD, BTF_LOAD_BYTES);
  attr.setUint32(32, BPF_F_TOKEN_FD, true);
  attr.setInt32(36, bpf.token, true);
  return bpf.call(BPF_BTF_LOAD, BTF_LOAD_WITH_TOKEN_BYTES);
}

/** What the kernel has against these bytes: the end of its log. */
export function btfComplaint(bpf: Bpf, raw: Uint8Array): string {
  const attr = bpf.clear();
  bpf.put("btf", raw, 0);
  attr.setUint32(16, raw.length, true);
  const log = bpf.scratch("log", LOG_BYTES);
  log.bytes[0] = 0;
  setAddr(attr, 8, log.addr);
  attr.setUint32(20, LOG_BYTES, true);
  attr.setUint32(24, 1, true);
  bpf.close(bpf.call(BPF_BTF_LOAD, BTF_LOAD_BYTES));
  const end = log.bytes.indexOf(0);
  const lines = utf8(log.bytes.subarray(0, Math.max(end, 0)))
    .trim()
    .split("\n");
  return lines.at(-1) ?? "";
}
