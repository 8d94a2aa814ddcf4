/** Whether a function keeps what ir.ts promises: used between passes in tests, and on what front ends make. */
import { widthOf } from "./build.ts";
import { isInstr } from "./facts.ts";
import { dominators, predecessors } from "./graph.ts";
import type { Block, Instr, IrFunction, IrModule, Value } from "./ir.ts";

/** One sentence for each fault, none where all is well. */
export function checkModule(module: IrModule): string[] {
  const names = new Set<string>();
  const faults: string[] = [];
  for (const one of [...module.functions, ...module.globals, ...module.externs]) {
    if (names.has(one.name)) faults.push(`@${one.name} stands twice`);
    names.add(one.name);
  }
  for (const fn of module.functions) for (const fault of checkFunction(fn, names)) faults.push(`@${fn.name}: ${fault}`);
  return faults;
}

export function checkFunction(fn: IrFunction, names: ReadonlySet<string> | null = null): string[] {
  const faults: string[] = [];
  if (fn.blocks.length === 0) return ["no blocks"];
  const own = new Set(fn.blocks);
  const preds = predecessors(fn.blocks);
  for (const block of fn.blocks) checkEnds(block, own, faults);
  if (faults.length > 0) return faults;
  if (preds.get(fn.blocks[0]!)!.length > 0) faults.push("a branch leads back to the entry");
  const dom = dominators(fn);
  const places = new Map<Value, [number, number]>();
  for (const param of fn.params) places.set(param, [0, -1]);
  for (const [b, block] of dom.order.entries()) {
    for (const [i, instr] of block.instrs.entries()) {
      if (places.has(instr)) faults.push(`${instr.op} stands twice`);
      places.set(instr, [b, i]);
    }
  }
  for (const [b, block] of dom.order.entries()) {
    let phis = true;
    for (const [i, instr] of block.instrs.entries()) {
      if (instr.op !== "phi") phis = false;
      else if (!phis) faults.push(`a phi behind other instructions in ${block.name}`);
      if (instr.op === "phi") checkPhi(instr, preds.get(block)!, faults);
      for (const [k, arg] of instr.args.entries()) {
        if (arg === undefined) {
          faults.push(`${instr.op} lacks operand ${k}`);
          continue;
        }
        if (arg.op === "sym" && names !== null && !names.has(arg.name)) faults.push(`@${arg.name} is not known`);
        if (arg.type === "void") faults.push(`${instr.op} takes the void result of ${arg.op}`);
        if (!isInstr(arg) && arg.op !== "param") continue;
        const at = places.get(arg);
        const use: [number, number] = instr.op === "phi" ? [dom.index.get(instr.blocks[k]!) ?? b, 1e9] : [b, i];
        if (at === undefined) faults.push(`${instr.op} in ${block.name} takes ${arg.op}, which is not there`);
        else if (!before(dom, at, use)) faults.push(`${instr.op} in ${block.name} takes ${arg.op} before it is made`);
      }
      const wrong = wrongTypes(instr, fn);
      if (wrong !== null) faults.push(wrong);
    }
  }
  return faults;
}

function checkEnds(block: Block, own: ReadonlySet<Block>, faults: string[]): void {
  for (const [i, instr] of block.instrs.entries()) {
    const last = i === block.instrs.length - 1;
    if ("targets" in instr !== last)
      faults.push(`block ${block.name} ${last ? "has no end" : `goes on behind its ${instr.op}`}`);
    if ("targets" in instr) {
      for (const target of instr.targets)
        if (!own.has(target)) faults.push(`block ${block.name} goes to ${target.name}, which is not placed`);
    }
  }
  if (block.instrs.length === 0) faults.push(`block ${block.name} is empty`);
}

function before(
  dom: ReturnType<typeof dominators>,
  at: readonly [number, number],
  use: readonly [number, number],
): boolean {
  if (at[0] === use[0]) return at[1] < use[1];
  return dom.enter[at[0]]! <= dom.enter[use[0]]! && dom.leave[use[0]]! <= dom.leave[at[0]]!;
}

function checkPhi(phi: Instr & { op: "phi" }, preds: readonly Block[], faults: string[]): void {
  const want = [...preds].sort((a, b) => a.id - b.id);
  const have = [...phi.blocks].sort((a, b) => a.id - b.id);
  if (
    phi.args.length !== phi.blocks.length ||
    want.length !== have.length ||
    want.some((block, i) => block !== have[i])
  ) {
    faults.push(
      `a phi has edges from ${have.map((b) => b.name).join(" ")}; there are ${want.map((b) => b.name).join(" ")}`,
    );
  }
}

function wrongTypes(instr: Instr, fn: IrFunction): string | null {
  const [a, b, c] = instr.args;
  const same = (x: Value | undefined, type: string): boolean => x?.type === type;
  switch (instr.op) {
    case "add":
    case "sub":
    case "mul":
    case "udiv":
    case "sdiv":
    case "umod":
    case "smod":
    case "and":
    case "or":
    case "xor":
    case "shl":
    case "lshr":
    case "ashr":
      if (instr.type === "ptr") return `${instr.op} of pointers`;
      return same(a, instr.type) && same(b, instr.type)
        ? null
        : `${instr.op} ${instr.type} of ${a?.type} and ${b?.type}`;
    case "icmp":
      return a?.type === b?.type && instr.type === "i32" ? null : `icmp of ${a?.type} and ${b?.type}`;
    case "select":
      return same(b, instr.type) && same(c, instr.type) ? null : `select ${instr.type} of ${b?.type} and ${c?.type}`;
    case "zext":
    case "sext":
      return widthOf(a!.type) < widthOf(instr.type) && a!.type !== "ptr"
        ? null
        : `${instr.op} from ${a!.type} to ${instr.type}`;
    case "trunc":
      return widthOf(a!.type) > widthOf(instr.type) && a!.type !== "ptr"
        ? null
        : `trunc from ${a!.type} to ${instr.type}`;
    case "ptrtoint":
      return same(a, "ptr") && instr.type === "i64" ? null : `ptrtoint from ${a?.type} to ${instr.type}`;
    case "inttoptr":
      return same(a, "i64") && instr.type === "ptr" ? null : `inttoptr from ${a?.type}`;
    case "bswap":
      return same(a, instr.type) && instr.type !== "i8" && instr.type !== "ptr"
        ? null
        : `bswap ${instr.type} of ${a?.type}`;
    case "ptradd":
      return same(a, "ptr") && same(b, "i64") ? null : `ptradd of ${a?.type} and ${b?.type}`;
    case "load":
    case "store":
    case "coreaddr":
    case "addrcast":
    case "atomic":
      return same(a, "ptr") ? null : `${instr.op} through ${a?.type}`;
    case "memcpy":
    case "memmove":
    case "memcmp":
      return same(a, "ptr") && same(b, "ptr") && same(c, "i64")
        ? null
        : `${instr.op} of ${a?.type}, ${b?.type}, ${c?.type}`;
    case "memset":
      return same(a, "ptr") && same(b, "i8") && same(c, "i64") ? null : `memset of ${a?.type}, ${b?.type}, ${c?.type}`;
    case "phi":
      return instr.args.every((arg) => arg?.type === instr.type)
        ? null
        : `phi ${instr.type} of ${instr.args.map((arg) => arg?.type).join(", ")}`;
    case "ret":
      return (a?.type ?? "void") === fn.ret ? null : `ret of ${a?.type ?? "nothing"} from a function of ${fn.ret}`;
    default:
      return null;
  }
}
