import { concatBytes } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import { gzipError } from "./gzip-error.ts";
import { type Host, MAX_GUNZIP_BYTES } from "./host.ts";
import { profileError } from "./profile-error.ts";

/** The little of the web platform that is needed; declared here because only this file may use it. */
declare function fetch(url: string): Promise<{ ok: boolean; status: number; arrayBuffer(): Promise<ArrayBuffer> }>;

interface ByteStream {
  pipeThrough(transform: DecompressionStream): ByteStream;
  getReader(): { read(): Promise<{ done: false; value: Uint8Array } | { done: true; value: undefined }> };
}
declare class Blob {
  constructor(parts: readonly Uint8Array[]);
  stream(): ByteStream;
}
declare class URL {
  constructor(url: string, base: string);
  readonly href: string;
}
declare global {
  interface ImportMeta {
    url: string;
  }
}
declare class DecompressionStream {
  constructor(format: "gzip");
}

export const host: Host = {
  name: "browser",

  async readFile(path: string): Promise<Uint8Array> {
    const response = await fetch(path);
    if (!response.ok) {
      const code = response.status === 404 ? "host/not-found" : "host/read";
      throw new SkepError(code, `cannot read ${path}: HTTP status ${response.status}`, { site: { file: path } });
    }
    return new Uint8Array(await response.arrayBuffer());
  },

  async gunzip(bytes: Uint8Array): Promise<Uint8Array> {
    const parts: Uint8Array[] = [];
    let length = 0;
    try {
      const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        length += part.value.length;
        if (length > MAX_GUNZIP_BYTES) throw gzipError(undefined);
        parts.push(part.value);
      }
    } catch (cause) {
      throw gzipError(cause);
    }
    return concatBytes(parts);
  },

  kernelBtf(): Uint8Array | null {
    return null;
  },

  async kernelProfile(): Promise<Uint8Array> {
    // Written out, so that bundlers see the file and bring it along.
    const url = new URL("../../data/linux-6.18.btf.gz", import.meta.url).href;
    try {
      const bytes = await this.readFile(url);
      // A server that says "Content-Encoding: gzip" of it has had it expanded already.
      return bytes[0] === 0x1f ? await this.gunzip(bytes) : bytes;
    } catch (cause) {
      throw profileError(url, cause);
    }
  },

  breathe(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  },
};
