/** The preprocessed tokens as columns, for the parser. */
export class TokenBuffer {
  kind: Int32Array = new Int32Array(1 << 12);
  /** Interned spelling, or a pragma's index. */
  val: Int32Array = new Int32Array(1 << 12);
  loc: Int32Array = new Int32Array(1 << 12);
  count = 0;

  push(kind: number, val: number, loc: number): void {
    const at = this.count;
    if (at === this.kind.length) this.#grow();
    this.kind[at] = kind;
    this.val[at] = val;
    this.loc[at] = loc;
    this.count = at + 1;
  }

  #grow(): void {
    const size = this.kind.length * 2;
    const grow = (column: Int32Array): Int32Array => {
      const grown = new Int32Array(size);
      grown.set(column);
      return grown;
    };
    this.kind = grow(this.kind);
    this.val = grow(this.val);
    this.loc = grow(this.loc);
  }
}
