/** Whether a pointer to one kernel struct may stand for a pointer to another. */
import { WALK_STRUCT, type Walk, walkStruct } from "./btf-walk.ts";
import type { Env } from "./env.ts";
import { BTF_KERNEL } from "./regs.ts";

/** Struct `id` (of BTF `btf`) at `off` is, or begins with, struct `wantedId` of `wantedBtf`. `strict`: is. */
export function structsMatch(
  env: Env,
  btf: number,
  id: number,
  off: number,
  wantedBtf: number,
  wantedId: number,
  strict: boolean,
): boolean {
  if (off === 0 && btf === wantedBtf && id === wantedId) return true;
  const view = btf === BTF_KERNEL ? env.prog.kernelBtf : env.prog.btf;
  if (strict || view === null || id <= 0) return false;
  const walk: Walk = { id, flags: 0, field: "", error: "" };
  let at = off;
  for (;;) {
    if (walkStruct(view, walk, at, 1) !== WALK_STRUCT) return false;
    if (btf === wantedBtf && walk.id === wantedId) return true;
    at = 0;
  }
}
