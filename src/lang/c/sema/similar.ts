/** "did you mean": the nearest name within a third of its length. */
export function similar(name: string, names: Iterable<string>): string | undefined {
  if (name.length < 3) return undefined;
  const limit = Math.max(1, Math.floor(name.length / 3));
  let best: string | undefined;
  let least = limit + 1;
  let looked = 0;
  for (const other of names) {
    if (++looked > 20_000) break;
    if (Math.abs(other.length - name.length) >= least || other === name) continue;
    const far = distance(name, other, least);
    if (far < least) {
      least = far;
      best = other;
    }
  }
  return best;
}

/** Edits between two words (two letters swapped are one); stops counting at `limit`. */
function distance(a: string, b: string, limit: number): number {
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    let least = i;
    for (let j = 1; j <= b.length; j++) {
      let cost = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, above[j - 2] + 1);
      next.push(cost);
      least = Math.min(least, cost);
    }
    if (least >= limit) return limit;
    above = row;
    row = next;
  }
  return row[b.length];
}
