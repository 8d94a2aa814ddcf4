/** Who waits for a record. Notifying costs a length test where nobody does. */
export interface Waiters {
  add(fn: () => void): void;
  notify(): void;
}

export function waiters(): Waiters {
  let list: (() => void)[] = [];
  return {
    add(fn) {
      list.push(fn);
    },
    notify() {
      if (list.length === 0) return;
      const woken = list;
      list = [];
      for (const fn of woken) fn();
    },
  };
}
