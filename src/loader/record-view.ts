/**
 * A record of a ring, read where it lies: DataView's getters, little endian, within the record. There is nothing to write
 * with and nothing to keep: memory of the kernel's ring is read only, and its next record takes this one's place.
 */
export interface RecordView {
  /** 0 once the call that it was given to has ended. */
  readonly byteLength: number;
  /** All of these throw RangeError outside the record. */
  getUint8(at: number): number;
  getUint16(at: number): number;
  getUint32(at: number): number;
  getInt32(at: number): number;
  getBigUint64(at: number): bigint;
  /** A copy of the bytes, the whole record's by default. */
  bytes(begin?: number, end?: number): Uint8Array;
}

/** One for all records of a ring: its owner moves it from each to the next. */
export class RecordCursor implements RecordView {
  byteLength = 0;
  /** Where the record begins in `data`. */
  at = 0;
  readonly data: DataView;

  constructor(data: DataView) {
    this.data = data;
  }

  getUint8(at: number): number {
    if (!(at >= 0 && at < this.byteLength)) throw outside(at, this.byteLength);
    return this.data.getUint8(this.at + at);
  }

  getUint16(at: number): number {
    if (!(at >= 0 && at + 2 <= this.byteLength)) throw outside(at, this.byteLength);
    return this.data.getUint16(this.at + at, true);
  }

  getUint32(at: number): number {
    if (!(at >= 0 && at + 4 <= this.byteLength)) throw outside(at, this.byteLength);
    return this.data.getUint32(this.at + at, true);
  }

  getInt32(at: number): number {
    if (!(at >= 0 && at + 4 <= this.byteLength)) throw outside(at, this.byteLength);
    return this.data.getInt32(this.at + at, true);
  }

  getBigUint64(at: number): bigint {
    if (!(at >= 0 && at + 8 <= this.byteLength)) throw outside(at, this.byteLength);
    return this.data.getBigUint64(this.at + at, true);
  }

  bytes(begin = 0, end: number = this.byteLength): Uint8Array {
    const from = Math.min(Math.max(begin, 0), this.byteLength);
    const to = Math.min(Math.max(end, from), this.byteLength);
    const { buffer, byteOffset } = this.data;
    return new Uint8Array(buffer, byteOffset + this.at + from, to - from).slice();
  }
}

function outside(at: number, byteLength: number): RangeError {
  return new RangeError(`byte ${at} is not in a record of ${byteLength}`);
}
