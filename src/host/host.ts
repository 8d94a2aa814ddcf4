/** What Node and a browser do differently. `#host` resolves to node.ts or browser.ts by the package's `imports`. */
export interface Host {
  readonly name: "node" | "browser";
  /** Bytes of a file (Node: a path; browser: a URL relative to the page). Throws SkepError "host/not-found" or "host/read". */
  readFile(path: string): Promise<Uint8Array>;
  /** Expands gzip data. Throws SkepError "host/gzip" for damaged data, and for more than MAX_GUNZIP_BYTES. */
  gunzip(bytes: Uint8Array): Promise<Uint8Array>;
  /** Raw BTF of the running kernel, or null where there is none to read. */
  kernelBtf(): Uint8Array | null;
  /**
   * The bundled profile: raw BTF with the types of Linux 6.18 that programs mostly need (scripts/profile.mjs makes it). At once
   * where files can be read at once. Throws SkepError "host/profile" where it is not with the package.
   */
  kernelProfile(): Uint8Array | Promise<Uint8Array>;
  /** Resolves in the next turn of the event loop: lets timers, signals and paint run during a long replay. */
  breathe(): Promise<void>;
}

/** What gzip data may expand to: beyond it, input is more likely made to fill memory than to be read. */
export const MAX_GUNZIP_BYTES: number = 1 << 30;
