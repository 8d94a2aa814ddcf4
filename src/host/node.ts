import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { setImmediate } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip, gunzipSync } from "node:zlib";
import { SkepError } from "../base/error.ts";
import { gzipError } from "./gzip-error.ts";
import { type Host, MAX_GUNZIP_BYTES } from "./host.ts";
import { profileError } from "./profile-error.ts";

const VMLINUX_BTF = "/sys/kernel/btf/vmlinux";

export const host: Host = {
  name: "node",

  async readFile(path: string): Promise<Uint8Array> {
    try {
      return new Uint8Array(await readFile(path));
    } catch (cause) {
      throw readError(path, cause);
    }
  },

  async gunzip(bytes: Uint8Array): Promise<Uint8Array> {
    try {
      return new Uint8Array(await promisify(gunzip)(bytes, { maxOutputLength: MAX_GUNZIP_BYTES }));
    } catch (cause) {
      throw gzipError(cause);
    }
  },

  kernelBtf(): Uint8Array | null {
    try {
      return new Uint8Array(readFileSync(VMLINUX_BTF));
    } catch {
      return null; // another system, no CONFIG_DEBUG_INFO_BTF, or not readable: all mean "none here"
    }
  },

  kernelProfile(): Uint8Array {
    const file = new URL("../../data/linux-6.18.btf.gz", import.meta.url);
    try {
      return new Uint8Array(gunzipSync(readFileSync(file)));
    } catch (cause) {
      throw profileError(file.pathname, cause);
    }
  },

  async breathe(): Promise<void> {
    await setImmediate();
  },
};

function readError(path: string, cause: unknown): SkepError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ENOENT") {
    return new SkepError("host/not-found", `no such file: ${path}`, { site: { file: path }, cause });
  }
  const reason = code === "EISDIR" ? "it is a folder" : code === "EACCES" ? "permission denied" : code || String(cause);
  return new SkepError("host/read", `cannot read ${path}: ${reason}`, { site: { file: path }, cause });
}
