/** Waiting in cases that are synchronous: namespaces belong to the thread. */

/**
 * Until `done`, which may look at what it causes. Interfaces that have just come up drop what is sent for a moment, and soft
 * interrupts run a little later than the system call that raised them: `send` is repeated, seldom.
 */
export function waitFor(done: () => boolean, what: string, send: () => void = () => {}): void {
  const end = Date.now() + 5000;
  for (let next = 0; !done(); ) {
    const now = Date.now();
    if (now > end) throw new Error(`never: ${what}`);
    if (now < next) continue;
    send();
    next = now + 50;
  }
}
