/** Whether a pointer to one kernel struct may stand for a pointer to another. */
import type { Env } from "./env.ts";

/** Struct `id` (of BTF `btf`) at `off` is, or begins with, struct `wantedId` of `wantedBtf`. `strict`: is. */
export function structsMatch(
  _env: Env,
  btf: number,
  id: number,
  off: number,
  wantedBtf: number,
  wantedId: number,
  _strict: boolean,
): boolean {
  return off === 0 && btf === wantedBtf && id === wantedId;
}
