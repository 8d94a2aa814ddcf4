import { SkepError } from "../base/error.ts";
import type { Host } from "./host.ts";

/** The little of fetch that is needed; declared here because only this file may use it. */
declare function fetch(url: string): Promise<{ ok: boolean; status: number; arrayBuffer(): Promise<ArrayBuffer> }>;

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

  kernelBtf(): Uint8Array | null {
    return null;
  },

  breathe(): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, 0);
    });
  },
};
