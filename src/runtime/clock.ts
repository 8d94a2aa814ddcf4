/** Time and chance, injectable so that a run repeats exactly. */

export interface Clock {
  /** Nanoseconds since boot: whole, never falling, below 2^53 (104 days). */
  monotonicNs(): number;
  /** Wall clock minus monotonic time, in nanoseconds: what CLOCK_REALTIME and CLOCK_TAI add. Default 0. */
  readonly realtimeOffsetNs?: bigint;
}

/** Time as the host tells it, from the start of the process; wall clock as of now. */
export function hostClock(): Clock {
  return {
    monotonicNs: () => Math.floor(performance.now() * 1e6),
    realtimeOffsetNs: BigInt(Date.now()) * 1_000_000n - BigInt(Math.floor(performance.now() * 1e6)),
  };
}

/** A clock that moves by `stepNs` each time it is read. */
export function steppingClock(startNs = 1_000_000_000, stepNs = 1000, realtimeOffsetNs = 0n): Clock {
  let now = startNs - stepNs;
  return {
    monotonicNs: () => (now += stepNs),
    realtimeOffsetNs,
  };
}

/** sfc32: 32 random bits a call, the same sequence for the same seed. Small, fast, passes PractRand. */
export function seededRandom(seed: number): () => number {
  let a = 0x9e3779b9;
  let b = 0x243f6a88;
  let c = seed | 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  for (let i = 0; i < 12; i++) next();
  return next;
}
