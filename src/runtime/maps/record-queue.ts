/**
 * A bounded first-in-first-out queue of byte records in one buffer: no allocation a record.
 *
 *     tail < head    records in [tail, head)
 *     head <= tail   wrapped: records in [tail, SKIP mark or end) and [0, head)
 */
export interface RecordQueue {
  /** A view to fill with `bytes` bytes, or null where there is no room. */
  push(bytes: number): Uint8Array | null;
  /**
   * Hands out each record that waits, oldest first, until `fn` gives false: a view valid during the call only. Within itself
   * it hands out none.
   */
  drain(fn: (record: Uint8Array) => unknown): number;
  readonly length: number;
}

const HEADER = 4;
/** In place of a length: the rest of the buffer is unused. */
const SKIP = 0xffff_ffff;

/** In `buffer`, which begins 4-byte aligned and whose length is a multiple of 4. */
export function createRecordQueue(buffer: Uint8Array): RecordQueue {
  const capacity = buffer.length;
  const lengths = new Uint32Array(buffer.buffer, buffer.byteOffset, capacity / 4);
  let head = 0;
  let tail = 0;
  let length = 0;
  let draining = false;

  const place = (span: number): number => {
    if (length === 0) {
      head = 0;
      tail = 0;
      return span <= capacity ? 0 : -1;
    }
    if (head <= tail) return head + span <= tail ? head : -1;
    if (head + span <= capacity) return head;
    if (span > tail) return -1;
    if (head + HEADER <= capacity) lengths[head >>> 2] = SKIP;
    return 0;
  };

  return {
    push(bytes) {
      const span = HEADER + ((bytes + 3) & ~3);
      const at = place(span);
      if (at < 0) return null;
      lengths[at >>> 2] = bytes;
      head = at + span;
      length++;
      return buffer.subarray(at + HEADER, at + HEADER + bytes);
    },
    drain(fn) {
      if (draining) return 0;
      draining = true;
      let count = 0;
      try {
        while (length > 0) {
          if (tail + HEADER > capacity || lengths[tail >>> 2] === SKIP) tail = 0;
          const bytes = lengths[tail >>> 2]!;
          count++;
          let goOn: unknown;
          try {
            goOn = fn(buffer.subarray(tail + HEADER, tail + HEADER + bytes));
          } finally {
            tail += HEADER + ((bytes + 3) & ~3);
            length--;
          }
          if (goOn === false) break;
        }
      } finally {
        draining = false;
      }
      return count;
    },
    get length() {
      return length;
    },
  };
}
