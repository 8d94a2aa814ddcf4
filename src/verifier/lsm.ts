/** What the kernel function that a program is attached to returns. */
import type { Env } from "./env.ts";

export interface HookResult {
  readonly isVoid: boolean;
  /** Values that the hook may return, null for any. */
  readonly range: readonly [number, number] | null;
}

/** null where the hook is not known. */
export function lsmRange(_env: Env): HookResult | null {
  return null;
}
