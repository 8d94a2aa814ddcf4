/**
 * What libbpf makes of an object, out of its loader data: `bpftool gen skeleton -L` writes BTF, insns, func_info and
 * line_info after linking and relocation, with maps by index, as bytes of one blob. Nothing is loaded into the kernel.
 *
 * SKEP_LIBBPF_DUMP names another program that takes an object and prints the blob itself (a newer libbpf than bpftool's).
 */
import { spawnSync } from "node:child_process";

export const dumper: string | undefined = process.env["SKEP_LIBBPF_DUMP"];

/** Reason why there is no peer here, or "". */
export function peerMissing(): string {
  if (dumper !== undefined) return "";
  const found = spawnSync("bpftool", ["version"]);
  return found.error === undefined && found.status === 0 ? "" : "bpftool is not installed";
}

/** The blob, or the reason why libbpf refuses. */
export function loaderBlob(path: string): Uint8Array | string {
  if (dumper !== undefined) {
    const out = spawnSync(dumper, [path], { maxBuffer: 1 << 28 });
    if (out.status !== 0) return out.stderr.toString().trim() || `exit ${out.status}, signal ${out.signal}`;
    return Uint8Array.from(out.stdout);
  }
  const out = spawnSync("bpftool", ["gen", "skeleton", "-L", path, "name", "peer"], { maxBuffer: 1 << 28 });
  if (out.status !== 0) return out.stderr.toString().trim();
  return cBytes(out.stdout.toString());
}

/** The string literal of `opts.data = (void *)"\...";`, in which every byte is \0 or \xNN. */
function cBytes(source: string): Uint8Array {
  const start = source.indexOf('opts.data = (void *)"');
  const end = source.indexOf('";', start);
  const literal = source.slice(start + 21, end).replace(/\\\n/g, "");
  const bytes: number[] = [];
  for (const [, hex] of literal.matchAll(/\\(?:x([0-9a-f]{2})|0)/g)) bytes.push(Number.parseInt(hex ?? "0", 16));
  return Uint8Array.from(bytes);
}
