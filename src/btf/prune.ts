/**
 * The part of a type graph that some roots need. A named struct or union that is only pointed to becomes a forward
 * declaration, so that a program that mentions one kernel struct does not carry the whole kernel's types.
 */
import { SkepError } from "../base/error.ts";
import { eachRef, mapRefs } from "./refs.ts";
import type { BtfType, BtfView } from "./types.ts";

export interface PruneOptions {
  /** Structs and unions that are kept whole although only pointed to: the ctx of a program, say. */
  readonly keepWhole?: (type: BtfType, id: number) => boolean;
}

export interface PruneResult {
  /** From id 1 on, in the order of their old ids. */
  readonly types: BtfType[];
  /** Old id -> new id, 0 where the type is gone. */
  readonly ids: Uint32Array;
}

const POINTED_TO = 1;
const WHOLE = 2;

/** decl_tags of types that are kept whole are kept with them. */
export function pruneTypes(btf: BtfView, roots: Iterable<number>, options: PruneOptions = {}): PruneResult {
  const need = new Uint8Array(btf.length);
  const stack: number[] = [];
  const want = (id: number, how: number): void => {
    if (id === 0) return;
    if (id >= btf.length) throw new SkepError("btf/type-id", `no type [${id}] to keep`);
    if (how === POINTED_TO && isForwardable(btf, id, options)) {
      need[id] = need[id]! | POINTED_TO;
      return;
    }
    if ((need[id]! & how) === how && need[id] !== 0) return;
    need[id] = need[id]! | how;
    stack.push(id, how);
  };
  const walk = (): void => {
    while (stack.length > 0) {
      const how = stack.pop()!;
      const type = btf.type(stack.pop()!);
      const composite = type.kind === "struct" || type.kind === "union";
      const inner = type.kind === "ptr" ? POINTED_TO : composite ? WHOLE : how;
      eachRef(type, (ref) => want(ref, inner));
    }
  };
  for (const id of roots) want(id, WHOLE);
  walk();
  const whole = (id: number): boolean => need[id] !== 0 && !becomesForward(btf, need[id]!, id, options);
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.kind === "decl_tag" && whole(type.typeId)) want(id, WHOLE);
  }
  walk();

  const ids = new Uint32Array(btf.length);
  let count = 0;
  for (let id = 1; id < btf.length; id++) if (need[id] !== 0) ids[id] = ++count;
  const types: BtfType[] = [];
  for (let id = 1; id < btf.length; id++) {
    if (need[id] === 0) continue;
    const type = btf.type(id);
    types.push(
      whole(id) ? mapRefs(type, (ref) => ids[ref]!) : { kind: "fwd", name: type.name, union: type.kind === "union" },
    );
  }
  return { types, ids };
}

function isForwardable(btf: BtfView, id: number, options: PruneOptions): boolean {
  const type = btf.type(id);
  return (
    (type.kind === "struct" || type.kind === "union") && type.name !== "" && options.keepWhole?.(type, id) !== true
  );
}

function becomesForward(btf: BtfView, need: number, id: number, options: PruneOptions): boolean {
  return (need & WHOLE) === 0 && isForwardable(btf, id, options);
}
