/** Types that something refers to, renumbered; those of functions that were inlined everywhere go. */
import { eachRef, mapRefs } from "../btf/refs.ts";
import type { BtfType } from "../btf/types.ts";

/** `types[i]` has id i + 1. `ids` maps old to new, 0 where gone. A decl_tag stays with what it is on. */
export function compactTypes(
  types: readonly BtfType[],
  roots: readonly number[],
): { types: BtfType[]; ids: Uint32Array } {
  const kept = new Uint8Array(types.length + 1);
  const stack: number[] = [];
  const keep = (id: number): void => {
    if (id === 0 || kept[id] === 1) return;
    kept[id] = 1;
    stack.push(id);
  };
  const tags = new Map<number, number[]>();
  for (const [i, type] of types.entries()) {
    if (type.kind !== "decl_tag") continue;
    const list = tags.get(type.typeId);
    if (list === undefined) tags.set(type.typeId, [i + 1]);
    else list.push(i + 1);
  }
  for (const root of roots) keep(root);
  while (stack.length > 0) {
    const id = stack.pop()!;
    eachRef(types[id - 1]!, keep);
    for (const tag of tags.get(id) ?? []) keep(tag);
  }
  const ids = new Uint32Array(types.length + 1);
  let next = 1;
  for (let id = 1; id <= types.length; id++) if (kept[id] === 1) ids[id] = next++;
  const out: BtfType[] = [];
  for (let id = 1; id <= types.length; id++) if (kept[id] === 1) out.push(mapRefs(types[id - 1]!, (ref) => ids[ref]!));
  return { types: out, ids };
}
