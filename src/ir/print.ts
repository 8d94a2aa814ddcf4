/**
 * IR as text, and back (parse.ts): a program reads as
 *
 *     file 0 "a.c" "..."
 *     global @counts section=".maps" size=32 align=8 btf=3
 *     extern @bpf_kf section=".ksyms" func btf=9
 *     func @prog(%0:ptr ctx) i32 section="xdp" btf=4 {
 *     b1 entry:
 *       %2 = load i32 %0 align=4 !0:12:3
 *       %3 = icmp ult i32 %2, 10
 *       condbr %3 b4, b5
 *     ...
 *     }
 *
 * Ids are given anew in the order of the text. Constants are written with their type where the operation does not say it.
 */
import { toHex } from "../base/bytes.ts";
import type { Block, Instr, IrFunction, IrGlobal, IrModule, Value } from "./ir.ts";

export interface PrintOptions {
  /** Leave out positions and files. */
  readonly noPos?: boolean;
}

export function printModule(module: IrModule, options: PrintOptions = {}): string {
  const parts: string[] = [];
  if (!options.noPos) {
    for (const [i, file] of module.files.entries()) {
      parts.push(`file ${i} ${JSON.stringify(file.name)} ${JSON.stringify(file.text)}\n`);
    }
  }
  for (const global of module.globals) parts.push(printGlobal(global));
  for (const one of module.externs) {
    const flags = `${one.isFunction ? " func" : ""}${one.weak ? " weak" : ""}`;
    parts.push(
      `extern @${one.name} section=${JSON.stringify(one.section)}${flags} size=${one.sizeBytes}${idText(one.btfId)}\n`,
    );
  }
  for (const fn of module.functions) parts.push(printFunction(fn, options));
  return parts.join("");
}

function idText(btfId: number): string {
  return btfId === 0 ? "" : ` btf=${btfId}`;
}

function printGlobal(global: IrGlobal): string {
  const flags = `${global.linkage === "global" ? "" : ` ${global.linkage}`}${global.hidden ? " hidden" : ""}${global.constant ? " const" : ""}`;
  const bytes = global.bytes.some((byte) => byte !== 0) ? ` bytes=${toHex(global.bytes)}` : "";
  const relocs = global.relocs.map((reloc) => ` reloc=${reloc.offBytes}:@${reloc.symbol}:${reloc.addend}`).join("");
  return `global @${global.name} section=${JSON.stringify(global.section)}${flags} size=${global.sizeBytes} align=${global.align}${idText(global.btfId)}${bytes}${relocs}\n`;
}

export function printFunction(fn: IrFunction, options: PrintOptions = {}): string {
  const ids = new Map<object, number>();
  let next = 0;
  for (const param of fn.params) ids.set(param, next++);
  for (const block of fn.blocks) {
    ids.set(block, next++);
    for (const instr of block.instrs) if (instr.type !== "void") ids.set(instr, next++);
  }
  const params = fn.params.map(
    (param) => `%${ids.get(param)}:${param.type}${param.prov === undefined ? "" : ` ${param.prov}`}`,
  );
  const flags = [
    fn.linkage === "global" ? "" : ` ${fn.linkage}`,
    fn.hidden ? " hidden" : "",
    fn.inline === "auto" ? "" : ` inline=${fn.inline}`,
    fn.naked ? " naked" : "",
  ].join("");
  const pos = options.noPos || fn.pos === null ? "" : ` !${fn.pos.file}:${fn.pos.line}:${fn.pos.col}`;
  const lines = [
    `func @${fn.name}(${params.join(", ")}) ${fn.ret} section=${JSON.stringify(fn.section)}${flags}${idText(fn.btfId)}${pos} {`,
  ];
  for (const block of fn.blocks) {
    const name = block.name === "" ? "" : ` ${block.name}`;
    lines.push(`b${ids.get(block)}${name}${block.unroll === undefined ? "" : ` unroll=${block.unroll}`}:`);
    for (const instr of block.instrs) lines.push(`  ${printInstr(instr, ids, options)}`);
  }
  lines.push("}\n");
  return lines.join("\n");
}

function printInstr(instr: Instr, ids: ReadonlyMap<object, number>, options: PrintOptions): string {
  const value = (of: Value): string => valueText(of, ids);
  const label = (of: Block): string => `b${ids.get(of) ?? "?"}`;
  const result = instr.type === "void" ? "" : `%${ids.get(instr)} = `;
  const prov = instr.prov === undefined || instr.op === "alloca" ? "" : ` ${instr.prov}`;
  const pos = options.noPos || instr.pos === null ? "" : ` !${instr.pos.file}:${instr.pos.line}:${instr.pos.col}`;
  return `${result}${body(instr, value, label)}${prov}${pos}`;
}

export function valueText(value: Value, ids: ReadonlyMap<object, number>): string {
  switch (value.op) {
    case "const":
      return `${value.type} ${value.value}`;
    case "undef":
      return `${value.type} undef`;
    case "sym":
      return `@${value.name}`;
    default:
      return `%${ids.get(value) ?? "?"}`;
  }
}

function body(instr: Instr, value: (of: Value) => string, label: (of: Block) => string): string {
  const args = instr.args.map(value).join(", ");
  switch (instr.op) {
    case "add":
    case "sub":
    case "mul":
    case "shl":
    case "udiv":
    case "sdiv":
    case "umod":
    case "smod":
    case "and":
    case "or":
    case "xor":
    case "lshr":
    case "ashr":
      return `${instr.op}${instr.nsw ? " nsw" : ""} ${args}`;
    case "icmp":
      return `icmp ${instr.pred} ${args}`;
    case "zext":
    case "sext":
    case "trunc":
    case "select":
    case "bswap":
    case "opaque":
    case "inttoptr":
      return `${instr.op} ${instr.type} ${args}`;
    case "alloca":
      return `alloca size=${instr.sizeBytes} align=${instr.align}${instr.name ? ` ${JSON.stringify(instr.name)}` : ""}`;
    case "load":
      return `load ${instr.type} ${args} align=${instr.align}${instr.volatile ? " volatile" : ""}${instr.acquire ? " acquire" : ""}`;
    case "store":
      return `store ${args} align=${instr.align}${instr.volatile ? " volatile" : ""}${instr.release ? " release" : ""}`;
    case "memcpy":
    case "memmove":
    case "memset":
    case "memcmp":
      return `${instr.op} ${args} align=${instr.align} srcalign=${instr.srcAlign}`;
    case "call": {
      const { callee } = instr;
      const to =
        callee.kind === "helper" ? `helper ${callee.id}` : callee.kind === "sym" ? `@${callee.name}` : "indirect";
      return `call ${instr.type} ${to} (${args})`;
    }
    case "atomic":
      return `atomic ${instr.rmw} ${instr.type} ${args}`;
    case "coreaddr":
      return `coreaddr ${args} type=${instr.typeId} access=${JSON.stringify(instr.access)} off=${instr.offBytes}`;
    case "coreinfo":
      return `coreinfo ${instr.type} ${instr.kind} type=${instr.typeId} access=${JSON.stringify(instr.access)} value=${instr.value}`;
    case "asm":
      return `asm ${instr.type}${instr.volatile ? " volatile" : ""} ${asmText(instr)} (${args})`;
    case "asmout":
      return `asmout ${instr.type} ${args} index=${instr.index}`;
    case "addrcast":
      return `addrcast ${args} from=${instr.from} to=${instr.to}`;
    case "phi":
      return `phi ${instr.type} ${instr.args.map((arg, i) => `[${value(arg)}, ${label(instr.blocks[i]!)}]`).join(" ")}`;
    case "br":
      return `br ${label(instr.targets[0]!)}`;
    case "condbr":
      return `condbr ${args} ${instr.targets.map(label).join(" ")}`;
    case "switch":
      return `switch ${args} ${instr.cases.map((at, i) => `${at}:${label(instr.targets[i]!)}`).join(" ")} else:${label(instr.targets.at(-1)!)}`;
    case "asmbr":
      return `asmbr ${asmText(instr)} (${args}) labels=${JSON.stringify(instr.labels)} ${instr.targets.map(label).join(" ")}`;
    default:
      return `${instr.op}${args === "" ? "" : ` ${args}`}`;
  }
}

function asmText(instr: { text: string; operands: unknown; clobbers: unknown }): string {
  return `${JSON.stringify(instr.text)} ${JSON.stringify(instr.operands)} ${JSON.stringify(instr.clobbers)}`;
}
