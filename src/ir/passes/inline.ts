/**
 * Complete inlining: calls of functions that are `always`, or that are `auto` and not too large for it, vanish, callees
 * first. Global functions marked noinline stay as subprograms, which the kernel verifies on their own. Functions that
 * nobody calls or names any more go.
 */
import { newBlock, undef } from "../build.ts";
import { phisOf, successors } from "../graph.ts";
import type { Alloca, Block, Call, Instr, IrDiagnostic, IrFunction, IrModule, Phi, Value } from "../ir.ts";

/** An `auto` function of more instructions is inlined only where it is called from one place. */
const AUTO_SIZE = 3000;
const MAX_ARGS = 5;

export function inlineCalls(module: IrModule, each: (fn: IrFunction) => void): IrDiagnostic[] {
  const diagnostics: IrDiagnostic[] = [];
  const byName = new Map(module.functions.map((fn) => [fn.name, fn]));
  const counts = new Map<string, number>();
  for (const fn of module.functions)
    for (const call of callsOf(fn)) counts.set(nameOf(call), (counts.get(nameOf(call)) ?? 0) + 1);
  const recursive = recursiveFunctions(module, byName);
  const state = new Map<IrFunction, "open" | "done">();
  const visit = (fn: IrFunction): void => {
    if (state.has(fn)) return;
    state.set(fn, "open");
    for (const call of callsOf(fn)) {
      const callee = byName.get(nameOf(call));
      if (callee !== undefined) visit(callee);
    }
    each(fn);
    let rounds = 0;
    // A call through a pointer may have become one of a function only now: those are seen when it comes to them.
    for (let again = true; again; ) {
      again = false;
      // What stands behind an inlined call is looked through in the same round.
      const work = [...fn.blocks];
      for (const block of work) {
        for (let i = 0; i < block.instrs.length; i++) {
          const call = block.instrs[i]!;
          if (call.op !== "call" || call.callee.kind !== "sym") continue;
          const callee = byName.get(call.callee.name);
          if (callee === undefined || callee.blocks.length === 0 || !wanted(callee, call, counts)) continue;
          if (recursive.has(callee)) {
            // Its calls may fold away where the arguments are constants, which is seen best in what stays a function.
            if (recursive.has(fn) || vanishes(fn)) continue;
            if (++rounds > MAX_RECURSION) {
              const told = diagnostics.some((one) => one.func === fn.name);
              if (callee.inline === "always" && !told) diagnostics.push(recursion(fn, callee, call));
              continue;
            }
          }
          if (!state.has(callee)) visit(callee);
          work.push(inlineCall(fn, block, i, call, callee));
          again = true;
          break;
        }
      }
      if (again) each(fn);
    }
    state.set(fn, "done");
  };
  for (const fn of module.functions) visit(fn);
  dropUnused(module);
  for (const fn of module.functions) {
    if (fn.inline !== "always" || !recursive.has(fn)) continue;
    const call = callsOf(fn).find((one) => one.callee.kind === "sym" && one.callee.name === fn.name);
    if (call !== undefined && !diagnostics.some((one) => one.message.includes(`'${fn.name}'`))) {
      diagnostics.push(recursion(fn, fn, call));
    }
  }
  return diagnostics;
}

/** Nothing of the function will be left but what is inlined. */
function vanishes(fn: IrFunction): boolean {
  return fn.linkage === "static" && fn.inline !== "never" && fn.section === ".text";
}

/** So often a recursive function is inlined into one that is not, before it is given up. */
const MAX_RECURSION = 256;

function recursiveFunctions(module: IrModule, byName: ReadonlyMap<string, IrFunction>): Set<IrFunction> {
  const callees = new Map(
    module.functions.map((fn) => [fn, [...new Set(callsOf(fn).map(nameOf))].flatMap((name) => byName.get(name) ?? [])]),
  );
  const found = new Set<IrFunction>();
  for (const fn of module.functions) {
    const seen = new Set<IrFunction>();
    const stack = [...callees.get(fn)!];
    while (stack.length > 0) {
      const one = stack.pop()!;
      if (seen.has(one)) continue;
      seen.add(one);
      stack.push(...callees.get(one)!);
    }
    if (seen.has(fn)) found.add(fn);
  }
  return found;
}

function recursion(fn: IrFunction, callee: IrFunction, call: Call): IrDiagnostic {
  return {
    code: "call/recursion",
    severity: "error",
    message: `'${callee.name}' is always inlined and calls itself`,
    advice: "eBPF has no recursion: write it as a bounded loop, or with bpf_loop()",
    pos: call.pos,
    func: fn.name,
  };
}

function nameOf(call: Call): string {
  return call.callee.kind === "sym" ? call.callee.name : "";
}

function callsOf(fn: IrFunction): Call[] {
  const calls: Call[] = [];
  for (const block of fn.blocks)
    for (const instr of block.instrs) if (instr.op === "call" && instr.callee.kind === "sym") calls.push(instr);
  return calls;
}

function wanted(callee: IrFunction, call: Call, counts: ReadonlyMap<string, number>): boolean {
  if (callee.naked || callee.linkage === "weak") return false;
  if (callee.inline === "always" || call.args.length > MAX_ARGS) return true;
  if (callee.inline === "never") return false;
  if (callee.linkage === "static" && (counts.get(callee.name) ?? 0) <= 1) return true;
  let size = 0;
  for (const block of callee.blocks) size += block.instrs.length;
  return size <= AUTO_SIZE;
}

/** Returns the block of what stands behind the call. */
function inlineCall(fn: IrFunction, block: Block, at: number, call: Call, callee: IrFunction): Block {
  const values = new Map<Value, Value>();
  for (const param of callee.params) values.set(param, call.args[param.index] ?? undef(param.type));
  const blocks = new Map<Block, Block>();
  for (const one of callee.blocks) {
    const made = newBlock(fn, one.name === "entry" ? callee.name : one.name);
    if (one.unroll !== undefined) made.unroll = one.unroll;
    blocks.set(one, made);
  }
  const rest = newBlock(fn, `${callee.name}.end`);
  rest.instrs = block.instrs.splice(at + 1);
  block.instrs.pop();
  for (const target of successors(rest)) {
    for (const phi of phisOf(target)) phi.blocks = phi.blocks.map((from) => (from === block ? rest : from));
  }
  const returns: { from: Block; value: Value | null }[] = [];
  const slots: Alloca[] = [];
  const marked = new Set<Value>();
  for (const one of callee.blocks)
    for (const instr of one.instrs) if (instr.op === "lifestart") marked.add(instr.args[0]!);
  const clones: Instr[] = [];
  for (const one of callee.blocks) {
    const into = blocks.get(one)!;
    for (const instr of one.instrs) {
      if (instr.op === "ret") {
        returns.push({ from: into, value: instr.args[0] ?? null });
        continue;
      }
      const clone = cloneInstr(fn, instr, blocks);
      values.set(instr, clone);
      clones.push(clone);
      if (clone.op === "alloca") {
        slots.push(clone);
        if (!marked.has(instr))
          into.instrs.push({ op: "lifestart", type: "void", id: fn.nextId++, args: [clone], pos: call.pos });
        else marked.add(clone);
      } else into.instrs.push(clone);
    }
  }
  for (const clone of clones) clone.args = clone.args.map((arg) => values.get(arg) ?? arg);
  const mapped = (value: Value): Value => values.get(value) ?? value;
  for (const { from } of returns) {
    for (const slot of slots) {
      if (!marked.has(slot))
        from.instrs.push({ op: "lifeend", type: "void", id: fn.nextId++, args: [slot], pos: call.pos });
    }
    from.instrs.push({ op: "br", type: "void", id: fn.nextId++, args: [], pos: call.pos, targets: [rest] });
  }
  block.instrs.push({
    op: "br",
    type: "void",
    id: fn.nextId++,
    args: [],
    pos: call.pos,
    targets: [blocks.get(callee.blocks[0]!)!],
  });
  const entry = fn.blocks[0]!;
  entry.instrs.unshift(...slots);
  const place = fn.blocks.indexOf(block);
  fn.blocks.splice(place + 1, 0, ...blocks.values(), rest);
  if (call.type === "void") return rest;
  let result: Value;
  if (returns.length === 0) result = undef(call.type);
  else if (returns.length === 1) result = returns[0]!.value === null ? undef(call.type) : mapped(returns[0]!.value!);
  else {
    const phi: Phi = { op: "phi", type: call.type, id: fn.nextId++, args: [], blocks: [], pos: call.pos };
    for (const { from, value } of returns) {
      phi.args.push(value === null ? undef(call.type) : mapped(value));
      phi.blocks.push(from);
    }
    rest.instrs.unshift(phi);
    result = phi;
  }
  for (const one of fn.blocks) {
    for (const instr of one.instrs)
      for (let i = 0; i < instr.args.length; i++) if (instr.args[i] === call) instr.args[i] = result;
  }
  return rest;
}

export function cloneInstr(fn: IrFunction, instr: Instr, blocks: ReadonlyMap<Block, Block>): Instr {
  const clone: Instr = { ...instr, id: fn.nextId++, args: [...instr.args] };
  if ("targets" in clone) clone.targets = clone.targets.map((target) => blocks.get(target) ?? target);
  if (clone.op === "phi") clone.blocks = clone.blocks.map((from) => blocks.get(from) ?? from);
  return clone;
}

/** Static functions that are neither called nor named. */
function dropUnused(module: IrModule): void {
  const byName = new Map(module.functions.map((fn) => [fn.name, fn]));
  const kept = new Set<IrFunction>();
  const work: IrFunction[] = [];
  const keep = (name: string): void => {
    const fn = byName.get(name);
    if (fn === undefined || kept.has(fn)) return;
    kept.add(fn);
    work.push(fn);
  };
  for (const fn of module.functions) if (fn.linkage !== "static" || fn.section !== ".text") keep(fn.name);
  for (const global of module.globals) for (const reloc of global.relocs) keep(reloc.symbol);
  while (work.length > 0) {
    for (const block of work.pop()!.blocks) {
      for (const instr of block.instrs) {
        if (instr.op === "call" && instr.callee.kind === "sym") keep(instr.callee.name);
        if (instr.op === "asm" || instr.op === "asmbr")
          for (const name of instr.text.match(/[A-Za-z_]\w*/g) ?? []) keep(name);
        for (const arg of instr.args) if (arg.op === "sym") keep(arg.name);
      }
    }
  }
  module.functions = module.functions.filter((fn) => kept.has(fn));
}
