/** Runs IR as ir.ts defines it, slowly: what compiled code is compared with. Pointers are a memory and an offset. */
import { widthOf } from "../../src/ir/build.ts";
import type { Block, Instr, IrFunction, IrModule, Value } from "../../src/ir/ir.ts";
import { binary, compare, swapBytes } from "../../src/ir/passes/fold.ts";

interface Pointer {
  readonly memory: Uint8Array;
  readonly off: number;
}
type Item = bigint | Pointer;

export interface Run {
  readonly retval: bigint;
  readonly globals: ReadonlyMap<string, Uint8Array>;
}

const MAX_STEPS = 200_000;

export function interpret(module: IrModule, entry: string, set: Readonly<Record<string, Uint8Array>> = {}): Run {
  const globals = new Map<string, Uint8Array>();
  for (const global of module.globals) {
    const bytes = new Uint8Array(global.sizeBytes);
    bytes.set(set[global.name] ?? global.bytes);
    globals.set(global.name, bytes);
  }
  const functions = new Map(module.functions.map((fn) => [fn.name, fn]));
  let steps = 0;
  const call = (fn: IrFunction, args: readonly Item[]): Item => {
    const values = new Map<Value, Item>();
    for (const param of fn.params) values.set(param, args[param.index]!);
    const get = (value: Value): Item => {
      switch (value.op) {
        case "const":
          return value.value;
        case "undef":
          return 0n;
        case "sym":
          return { memory: globals.get(value.name)!, off: 0 };
        default:
          return values.get(value) ?? 0n;
      }
    };
    const int = (value: Value): bigint => {
      const item = get(value);
      return typeof item === "bigint" ? item : BigInt(item.off) + 0x1000_0000n;
    };
    const pointer = (value: Value): Pointer => {
      const item = get(value);
      if (typeof item === "bigint") throw new Error(`a number is used as an address: ${item}`);
      return item;
    };
    let block: Block = fn.blocks[0]!;
    let from: Block | null = null;
    for (;;) {
      const phis: [Instr, Item][] = [];
      for (const instr of block.instrs) {
        if (instr.op !== "phi") break;
        phis.push([instr, get(instr.args[instr.blocks.indexOf(from!)]!)]);
      }
      for (const [phi, item] of phis) values.set(phi, item);
      let next: Block | null = null;
      for (const instr of block.instrs) {
        if (++steps > MAX_STEPS) throw new Error("too many steps");
        const a = instr.args[0]!;
        const b = instr.args[1]!;
        const set_ = (item: bigint): void => {
          values.set(instr, BigInt.asIntN(widthOf(instr.type), item));
        };
        switch (instr.op) {
          case "phi":
            break;
          case "alloca":
            values.set(instr, { memory: new Uint8Array(instr.sizeBytes), off: 0 });
            break;
          case "load":
            set_(readInt(pointer(a), widthOf(instr.type) / 8));
            break;
          case "store":
            writeInt(pointer(a), int(b), widthOf(b.type) / 8);
            break;
          case "memcpy":
          case "memmove": {
            const len = Number(int(instr.args[2]!));
            const [to, src] = [pointer(a), pointer(b)];
            to.memory.set(src.memory.slice(src.off, src.off + len), to.off);
            break;
          }
          case "memset": {
            const to = pointer(a);
            to.memory.fill(Number(BigInt.asUintN(8, int(b))), to.off, to.off + Number(int(instr.args[2]!)));
            break;
          }
          case "memcmp": {
            const [x, y] = [pointer(a), pointer(b)];
            let result = 0;
            for (let i = 0; i < Number(int(instr.args[2]!)) && result === 0; i++) {
              result = Math.sign(x.memory[x.off + i]! - y.memory[y.off + i]!);
            }
            set_(BigInt(result));
            break;
          }
          case "ptradd": {
            const base = pointer(a);
            values.set(instr, { memory: base.memory, off: base.off + Number(int(b)) });
            break;
          }
          case "icmp":
            set_(compare(instr.pred, int(a), int(b), widthOf(a.type)) ? 1n : 0n);
            break;
          case "select":
            values.set(instr, get(int(a) !== 0n ? b : instr.args[2]!));
            break;
          case "zext":
            set_(BigInt.asUintN(widthOf(a.type), int(a)));
            break;
          case "sext":
          case "trunc":
            set_(int(a));
            break;
          case "opaque":
            values.set(instr, get(a));
            break;
          case "bswap":
            set_(swapBytes(BigInt.asUintN(64, int(a)), widthOf(instr.type)));
            break;
          case "call": {
            if (instr.callee.kind !== "sym") throw new Error("the oracle knows no helpers");
            const result = call(functions.get(instr.callee.name)!, instr.args.map(get));
            if (instr.type !== "void") values.set(instr, result);
            break;
          }
          case "atomic": {
            const at = pointer(a);
            const size = widthOf(b.type) / 8;
            const old = readInt(at, size);
            if (instr.rmw === "cmpxchg") {
              if (BigInt.asUintN(size * 8, old) === BigInt.asUintN(size * 8, int(b)))
                writeInt(at, int(instr.args[2]!), size);
            } else writeInt(at, instr.rmw === "xchg" ? int(b) : binary(instr.rmw, "i64", old, int(b))!, size);
            if (instr.type !== "void") set_(old);
            break;
          }
          case "br":
            next = instr.targets[0]!;
            break;
          case "condbr":
            next = instr.targets[int(a) !== 0n ? 0 : 1]!;
            break;
          case "switch": {
            const at = instr.cases.indexOf(int(a));
            next = at < 0 ? instr.targets[instr.targets.length - 1]! : instr.targets[at]!;
            break;
          }
          case "ret":
            return a === undefined ? 0n : get(a);
          case "lifestart":
          case "lifeend":
          case "fence":
            break;
          default:
            set_(binary(instr.op, instr.type, int(a), int(b)) ?? 0n);
        }
      }
      from = block;
      block = next!;
    }
  };
  const retval = call(functions.get(entry)!, [0n]);
  return { retval: retval as bigint, globals };
}

function readInt(at: Pointer, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(at.memory[at.off + i] ?? 0);
  return value;
}

function writeInt(at: Pointer, value: bigint, size: number): void {
  for (let i = 0; i < size; i++) at.memory[at.off + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}
