/** What the kernel function that a program is attached to returns. */
import { lsmRetvalRange } from "../abi/lsm.ts";
import { hasSince } from "../abi/since.ts";
import type { Env } from "./env.ts";

export interface HookResult {
  readonly isVoid: boolean;
  /** Values that the hook may return, null for any: checked since 6.12. */
  readonly range: readonly [number, number] | null;
}

const LSM = 29;

/** null where the hook is not known. */
export function lsmRange(env: Env): HookResult | null {
  const { attach } = env;
  if (attach === null) return null;
  const isVoid = attach.proto.retTypeId === 0;
  const isFree = isVoid || env.progType !== LSM || !hasSince(env.kernel, "6.12");
  return { isVoid, range: isFree ? null : lsmRetvalRange(attach.name) };
}
