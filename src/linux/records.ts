/** What ring buffers and perf event arrays have in common for the map that owns them. */
import type { RecordView } from "../loader/record-view.ts";
import type { PollHandle, Sys } from "./sys.ts";

export interface RecordSource {
  /** Hands over every record that waits; the bytes are valid in `fn` only. Returns how many. */
  drain(fn: (record: Uint8Array, cpu: number) => void): number;
  /** The same without a copy. */
  drainInPlace(fn: (record: RecordView, cpu: number) => void): number;
  readonly lost: number;
  wait(signal?: AbortSignal): Promise<void>;
  close(): void;
}

/** Resolves when one of the fds is readable, when the signal aborts or when `cancel` is called. */
export interface Waiter {
  wait(ready: () => boolean, signal?: AbortSignal): Promise<void>;
  cancel(): void;
}

/**
 * `consumed` is for fds whose readiness is gone once asked for (perf events): what came between the first look and the
 * moment when the event loop began to watch would be lost, so the ring is looked at once more after two of its turns.
 */
export function waiter(sys: Sys, fds: () => readonly number[], consumed = false): Waiter {
  const open = new Set<() => void>();
  return {
    wait(ready, signal): Promise<void> {
      if (ready() || signal?.aborted === true) return Promise.resolve();
      return new Promise((resolve) => {
        let handles: PollHandle[] = [];
        const done = (): void => {
          if (!open.delete(done)) return;
          for (const handle of handles) handle.close();
          handles = [];
          signal?.removeEventListener("abort", done);
          resolve();
        };
        open.add(done);
        signal?.addEventListener("abort", done, { once: true });
        handles = fds().map((fd) => sys.poll(fd, done));
        if (!consumed) return;
        const look = (): void => {
          if (ready()) done();
        };
        setImmediate(() => setImmediate(look));
      });
    },
    cancel(): void {
      for (const done of [...open]) done();
    },
  };
}

/**
 * Copies of records in a buffer that is used again and again. A view of each length is made once: a record then costs no
 * object. Short records are copied word by word, which beats TypedArray.set up to some 128 bytes.
 */
export class RecordCopier {
  private bytes = new Uint8Array(4096);
  private words = new Int32Array(this.bytes.buffer);
  private views: (Uint8Array | undefined)[] = [];

  /** Copy of `len` bytes that begin at word `word` of `source`, valid until the next copy. */
  copy(source: Int32Array, word: number, len: number): Uint8Array {
    if (len > this.bytes.length) this.grow(len);
    if (len <= 128) {
      const { words } = this;
      const n = (len + 3) >> 2;
      let i = 0;
      for (; i + 4 <= n; i += 4) {
        words[i] = source[word + i]!;
        words[i + 1] = source[word + i + 1]!;
        words[i + 2] = source[word + i + 2]!;
        words[i + 3] = source[word + i + 3]!;
      }
      for (; i < n; i++) words[i] = source[word + i]!;
    } else {
      this.bytes.set(new Uint8Array(source.buffer, source.byteOffset + 4 * word, len));
    }
    const known = this.views[len];
    if (known !== undefined) return known;
    const view = this.bytes.subarray(0, len);
    this.views[len] = view;
    return view;
  }

  private grow(len: number): void {
    let size = this.bytes.length;
    while (size < len) size *= 2;
    this.bytes = new Uint8Array(size);
    this.words = new Int32Array(this.bytes.buffer);
    this.views = [];
  }
}
