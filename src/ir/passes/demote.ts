/**
 * Values back to variables: what is going to be copied or bypassed with its block is stored to a slot where it is made and
 * loaded where it is taken, so that blocks can be moved about freely. mem2reg makes values of them again.
 */
import { widthOf } from "../build.ts";
import type { Alloca, Block, Instr, IrFunction, Phi, Value } from "../ir.ts";

export function slotFor(fn: IrFunction, value: Instr): Alloca {
  const size = widthOf(value.type) / 8;
  const slot: Alloca = {
    op: "alloca",
    type: "ptr",
    id: fn.nextId++,
    args: [],
    pos: null,
    sizeBytes: size,
    align: size,
    prov: "stack",
  };
  fn.blocks[0]!.instrs.unshift(slot);
  return slot;
}

function storeTo(fn: IrFunction, slot: Alloca, value: Value): Instr {
  return {
    op: "store",
    type: "void",
    id: fn.nextId++,
    args: [slot, value],
    pos: null,
    align: slot.align,
    volatile: false,
  };
}

function loadFrom(fn: IrFunction, slot: Alloca, like: Instr): Instr {
  const load: Instr = {
    op: "load",
    type: like.type,
    id: fn.nextId++,
    args: [slot],
    pos: like.pos,
    align: slot.align,
    volatile: false,
  };
  if (like.prov !== undefined) load.prov = like.prov;
  return load;
}

/** A phi becomes a load; each edge stores. The phi object itself turns into the load: its users need not change. */
export function demotePhi(fn: IrFunction, block: Block, phi: Phi): void {
  const slot = slotFor(fn, phi);
  for (const [i, from] of phi.blocks.entries()) {
    from.instrs.splice(from.instrs.length - 1, 0, storeTo(fn, slot, phi.args[i]!));
  }
  const at = block.instrs.indexOf(phi);
  block.instrs.splice(at, 1);
  let first = 0;
  while (block.instrs[first]?.op === "phi") first++;
  const load = Object.assign(phi as unknown as Instr & { op: "load" }, {
    op: "load" as const,
    args: [slot as Value],
    align: slot.align,
    volatile: false,
  });
  block.instrs.splice(first, 0, load);
}

/** Uses outside `inside` (blocks) load from a slot that is written where the value is made. */
export function demoteUses(
  fn: IrFunction,
  block: Block,
  value: Instr,
  users: readonly Instr[],
  blockOf: ReadonlyMap<Instr, Block>,
  inside: ReadonlySet<Block>,
): void {
  const outside = users.filter((user) => !inside.has(blockOf.get(user)!) || user.op === "phi");
  if (outside.length === 0) return;
  const slot = slotFor(fn, value);
  let at = block.instrs.indexOf(value) + 1;
  while (block.instrs[at]?.op === "phi") at++;
  block.instrs.splice(at, 0, storeTo(fn, slot, value));
  for (const user of new Set(outside)) {
    const into = blockOf.get(user)!;
    if (user.op === "phi") {
      for (const [i, arg] of user.args.entries()) {
        if (arg !== value || inside.has(user.blocks[i]!)) continue;
        const load = loadFrom(fn, slot, value);
        user.blocks[i]!.instrs.splice(user.blocks[i]!.instrs.length - 1, 0, load);
        user.args[i] = load;
      }
      continue;
    }
    const load = loadFrom(fn, slot, value);
    into.instrs.splice(into.instrs.indexOf(user), 0, load);
    user.args = user.args.map((arg) => (arg === value ? load : arg));
  }
}

export function blocksOf(fn: IrFunction): Map<Instr, Block> {
  const found = new Map<Instr, Block>();
  for (const block of fn.blocks) for (const instr of block.instrs) found.set(instr, block);
  return found;
}
