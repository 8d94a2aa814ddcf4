/** Seeded random numbers (splitmix32 steps): the same seed gives the same program everywhere. */
export interface Rng {
  /** 32 random bits, unsigned. */
  next(): number;
  /** 0..n-1. */
  below(n: number): number;
  pick<T>(list: readonly T[]): T;
}

export function rng(seed: number): Rng {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
    return (z ^ (z >>> 15)) >>> 0;
  };
  const below = (n: number): number => Math.floor((next() / 0x1_0000_0000) * n);
  return { next, below, pick: (list) => list[below(list.length)]! };
}

/** The seed of program `index` of a run. */
export function programSeed(seed: number, index: number): number {
  return rng((Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b)) >>> 0).next();
}
