/**
 * The same computation once: along the dominator tree for what depends on operands alone; loads within a block (and from
 * its only predecessor) as long as nothing writes, a store giving its value to the loads behind it. One register then
 * stands for one value, in the check and in the use.
 */
import { widthOf } from "../build.ts";
import { isPure } from "../facts.ts";
import { dominators, follow, predecessors, replaceValues, reversePostorder } from "../graph.ts";
import type { Block, Instr, IrFunction, Value } from "../ir.ts";

export function commonSubexpressions(fn: IrFunction): boolean {
  const dom = dominators(fn);
  const replaced = new Map<Value, Value>();
  const numbers = new Map<Value, number>();
  let nextNumber = 1;
  const numberOf = (value: Value): string => {
    if (value.op === "const") return `${value.type}${value.value}`;
    if (value.op === "sym") return `@${value.name}`;
    if (value.op === "undef") return `${value.type}0`;
    let number = numbers.get(value);
    if (number === undefined) {
      number = nextNumber++;
      numbers.set(value, number);
    }
    return `#${number}`;
  };
  /** Key -> values, the innermost last: entries of blocks that are left are taken off again. */
  const table = new Map<string, Value[]>();
  const enter = (b: number): string[] => {
    const block = dom.order[b]!;
    const added: string[] = [];
    const kept: Instr[] = [];
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) {
        const to = replaced.get(instr.args[i]!);
        if (to !== undefined) instr.args[i] = to;
      }
      if (isPure(instr) && instr.op !== "select") {
        const key = keyOf(instr, numberOf);
        const same = table.get(key);
        const last = same?.[same.length - 1];
        if (last !== undefined) {
          replaced.set(instr, last);
          continue;
        }
        if (same === undefined) table.set(key, [instr]);
        else same.push(instr);
        added.push(key);
      }
      kept.push(instr);
    }
    block.instrs = kept;
    return added;
  };
  const stack = [{ b: 0, next: 0, added: enter(0) }];
  while (stack.length > 0) {
    const top = stack[stack.length - 1]!;
    const child = dom.children[top.b]![top.next++];
    if (child === undefined) {
      for (const key of top.added) table.get(key)!.pop();
      stack.pop();
    } else stack.push({ b: child, next: 0, added: enter(child) });
  }
  replaceValues(fn, replaced);
  return replaced.size > 0;
}

function keyOf(instr: Instr, numberOf: (value: Value) => string): string {
  const args = instr.args.map(numberOf);
  let extra = "";
  switch (instr.op) {
    case "icmp":
      extra = instr.pred;
      break;
    case "coreaddr":
      extra = `${instr.typeId}/${instr.access}`;
      break;
    case "coreinfo":
      extra = `${instr.kind}/${instr.typeId}/${instr.access}`;
      break;
    case "addrcast":
      extra = `${instr.from}/${instr.to}`;
      break;
    case "add":
    case "mul":
    case "and":
    case "or":
    case "xor":
      args.sort();
      extra = instr.nsw ? "nsw" : "";
      break;
    case "sub":
    case "shl":
      extra = instr.nsw ? "nsw" : "";
      break;
    default:
      break;
  }
  return `${instr.op} ${instr.type} ${extra} ${args.join(" ")}`;
}

// ---- loads --------------------------------------------------------------------------------------------------------------

interface Known {
  readonly root: Value;
  readonly off: number;
  readonly size: number;
  readonly value: Value;
}

/** Forwards stores to loads and loads to loads of the same bytes, within a block and into those that follow it alone. */
export function forwardLoads(fn: IrFunction): boolean {
  const escaped = escapedSlots(fn);
  const replaced = new Map<Value, Value>();
  const order = reversePostorder(fn);
  const preds = predecessors(order);
  const atEnd = new Map<Block, Known[]>();
  for (const block of order) {
    const from = preds.get(block)!;
    let known: Known[] = from.length === 1 ? (atEnd.get(from[0]!) ?? []).slice() : [];
    const kept: Instr[] = [];
    for (const instr of block.instrs) {
      for (let i = 0; i < instr.args.length; i++) {
        instr.args[i] = follow(replaced, instr.args[i]!);
      }
      if (instr.op === "load" && !instr.volatile && !instr.acquire) {
        const { root, off } = rootAndOff(instr.args[0]!);
        const size = widthOf(instr.type) / 8;
        const same = known.find(
          (one) => sameRoot(one.root, root) && one.off === off && one.size === size && one.value.type === instr.type,
        );
        if (same !== undefined) {
          replaced.set(instr, same.value);
          continue;
        }
        known.push({ root, off, size, value: instr });
      } else if (instr.op === "store") {
        const { root, off } = rootAndOff(instr.args[0]!);
        const size = widthOf(instr.args[1]!.type) / 8;
        known = known.filter((one) => !mayAlias(one, root, off, size, escaped));
        if (!instr.volatile && !instr.release) known.push({ root, off, size, value: instr.args[1]! });
        else if (instr.release) known = [];
      } else if (clobbers(instr)) {
        known = known.filter((one) => one.root.op === "alloca" && !escaped.has(one.root));
      }
      kept.push(instr);
    }
    block.instrs = kept;
    atEnd.set(block, known.slice(-MAX_KNOWN));
  }
  replaceValues(fn, replaced);
  return replaced.size > 0;
}

/** So many are remembered from block to block. */
const MAX_KNOWN = 64;

function sameRoot(a: Value, b: Value): boolean {
  return a === b || (a.op === "sym" && b.op === "sym" && a.name === b.name);
}

export function rootAndOff(pointer: Value): { root: Value; off: number } {
  let off = 0;
  let root = pointer;
  while (root.op === "ptradd" && root.args[1]!.op === "const") {
    off += Number(root.args[1]!.value);
    root = root.args[0]!;
  }
  return { root, off };
}

function clobbers(instr: Instr): boolean {
  switch (instr.op) {
    case "call":
    case "atomic":
    case "memcpy":
    case "memmove":
    case "memset":
    case "asm":
    case "opaque":
    case "fence":
    case "lifestart":
      return true;
    case "load":
      return instr.acquire === true;
    default:
      return false;
  }
}

/** Slots whose address is known to more than loads and stores. */
export function escapedSlots(fn: IrFunction): Set<Value> {
  const escaped = new Set<Value>();
  for (const block of fn.blocks) {
    for (const instr of block.instrs) {
      for (const [i, arg] of instr.args.entries()) {
        if (arg.type !== "ptr") continue;
        if (
          instr.op === "load" ||
          instr.op === "ptradd" ||
          instr.op === "icmp" ||
          instr.op === "lifestart" ||
          instr.op === "lifeend"
        ) {
          if (instr.op !== "ptradd" || instr.args[1]!.op === "const") continue;
        }
        if ((instr.op === "store" || instr.op === "memset") && i === 0) continue;
        if ((instr.op === "memcpy" || instr.op === "memmove" || instr.op === "memcmp") && i < 2) continue;
        const { root } = rootAndOff(arg);
        if (root.op === "alloca") escaped.add(root);
      }
    }
  }
  return escaped;
}

function mayAlias(known: Known, root: Value, off: number, size: number, escaped: ReadonlySet<Value>): boolean {
  if (sameRoot(known.root, root)) return known.off < off + size && off < known.off + known.size;
  const apart = (a: Value, b: Value): boolean =>
    (a.op === "alloca" && (b.op === "alloca" || b.op === "sym" || b.op === "param" || !escaped.has(a))) ||
    (a.op === "param" && a.prov === "ctx") ||
    (a.op === "sym" && b.op === "sym");
  return !apart(known.root, root) && !apart(root, known.root);
}
