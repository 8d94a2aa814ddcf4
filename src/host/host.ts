/** What Node and a browser do differently. `#host` resolves to node.ts or browser.ts by the package's `imports`. */
export interface Host {
  readonly name: "node" | "browser";
  /** Bytes of a file (Node: a path; browser: a URL relative to the page). Throws SkepError "host/not-found" or "host/read". */
  readFile(path: string): Promise<Uint8Array>;
  /** Raw BTF of the running kernel, or null where there is none to read. */
  kernelBtf(): Uint8Array | null;
  /** Resolves in the next turn of the event loop: lets timers, signals and paint run during a long replay. */
  breathe(): Promise<void>;
}
