/** Reads what print.ts writes: for tests of passes, and to look at one function alone. Throws "ir/syntax" with the line. */
import { fromHex } from "../base/bytes.ts";
import { constant, undef } from "./build.ts";
import type { Block, Instr, IrFunction, IrGlobal, IrModule, IrType, Linkage, Param, Pos, Prov, Value } from "./ir.ts";
import { Line } from "./parse-line.ts";

export function parseModule(text: string): IrModule {
  const module: IrModule = { files: [], functions: [], globals: [], externs: [] };
  const lines = text.split("\n");
  for (let i = 0; i < lines.length; i++) {
    const trimmed = lines[i]!.trim();
    if (trimmed === "" || trimmed.startsWith(";") || trimmed.startsWith("//")) continue;
    const line = new Line(lines[i]!, i + 1);
    switch (line.word()) {
      case "file":
        module.files[line.number()] = { name: line.string(), text: line.peek().kind === "string" ? line.string() : "" };
        break;
      case "global":
        module.globals.push(parseGlobal(line));
        break;
      case "extern": {
        const name = line.word().slice(1);
        const at = line.attributes();
        module.externs.push({
          name,
          section: (at.get("section") ?? ".ksyms") as ".ksyms",
          isFunction: at.has("func"),
          weak: at.has("weak"),
          sizeBytes: Number(at.get("size") ?? 0),
          btfId: Number(at.get("btf") ?? 0),
        });
        break;
      }
      case "func": {
        const end = lines.findIndex((other, k) => k > i && other.trim() === "}");
        if (end < 0) line.fail("a function without an end");
        module.functions.push(parseFunction(line, lines, i + 1, end));
        i = end;
        break;
      }
      default:
        line.fail("file, global, extern or func is expected");
    }
  }
  return module;
}

function linkageOf(at: ReadonlyMap<string, string>): Linkage {
  return at.has("static") ? "static" : at.has("weak") ? "weak" : "global";
}

function parseGlobal(line: Line): IrGlobal {
  const name = line.word().slice(1);
  const at = line.attributes();
  const relocs: IrGlobal["relocs"] = [];
  for (const [key, value] of at) {
    if (!key.startsWith("reloc")) continue;
    const [off, symbol, addend] = value.split(":");
    relocs.push({ offBytes: Number(off), symbol: symbol!.slice(1), addend: Number(addend ?? 0) });
  }
  const bytes = fromHex(at.get("bytes") ?? "");
  return {
    name,
    section: at.get("section") ?? ".data",
    linkage: linkageOf(at),
    hidden: at.has("hidden"),
    sizeBytes: Number(at.get("size") ?? bytes.length),
    align: Number(at.get("align") ?? 1),
    bytes,
    relocs,
    constant: at.has("const"),
    btfId: Number(at.get("btf") ?? 0),
  };
}

/** Values may be named before they are defined (phis): holes that are filled in at the end. */
interface Scope {
  readonly values: Map<string, Value>;
  readonly blocks: Map<string, Block>;
  readonly fn: IrFunction;
  readonly open: { readonly instr: Instr; readonly arg: number; readonly name: string; readonly line: Line }[];
}

function parseFunction(head: Line, lines: readonly string[], from: number, to: number): IrFunction {
  const name = head.word().slice(1);
  head.expect("(");
  const params: Param[] = [];
  const values = new Map<string, Value>();
  while (!head.accept(")")) {
    const param = head.word();
    head.expect(":");
    const type = head.word() as IrType;
    const made: Param = { op: "param", type, id: params.length, index: params.length, name: param.slice(1) };
    if (head.peek().kind === "word") made.prov = head.word() as Prov;
    params.push(made);
    values.set(param, made);
    head.accept(",");
  }
  const ret = head.word() as IrType;
  const at = head.attributes();
  const pos = head.pos();
  const fn: IrFunction = {
    name,
    section: at.get("section") ?? ".text",
    linkage: linkageOf(at),
    hidden: at.has("hidden"),
    inline: (at.get("inline") ?? "auto") as IrFunction["inline"],
    naked: at.has("naked"),
    params,
    ret,
    btfId: Number(at.get("btf") ?? 0),
    blocks: [],
    nextId: params.length,
    pos,
  };
  const scope: Scope = { values, blocks: new Map(), fn, open: [] };
  let block: Block | null = null;
  for (let i = from; i < to; i++) {
    const text = lines[i]!.trim();
    if (text === "" || text.startsWith(";") || text.startsWith("//")) continue;
    const line = new Line(lines[i]!, i + 1);
    const label = /^(b\w+)(?: ([\w.]+))??(?: unroll=(\d+))?:$/.exec(text);
    if (label !== null) {
      block = blockOf(scope, label[1]!);
      block.name = label[2] ?? "";
      if (label[3] !== undefined) block.unroll = Number(label[3]);
      fn.blocks.push(block);
      continue;
    }
    if (block === null) line.fail("an instruction before the first block");
    block!.instrs.push(parseInstr(scope, line));
  }
  for (const { instr, arg, name: wanted, line } of scope.open) {
    instr.args[arg] = values.get(wanted) ?? line.fail(`${wanted} is nowhere defined`);
  }
  return fn;
}

function blockOf(scope: Scope, label: string): Block {
  let block = scope.blocks.get(label);
  if (block === undefined) {
    block = { id: scope.fn.nextId++, name: "", instrs: [] };
    scope.blocks.set(label, block);
  }
  return block;
}

const TYPES = new Set(["i8", "i16", "i32", "i64", "ptr", "void"]);
const PROVS = new Set(["ctx", "stack", "map", "mapobj", "packet", "packetEnd", "btf", "arena", "mem"]);

function parseInstr(scope: Scope, line: Line): Instr {
  let result = "";
  if (line.peek().text.startsWith("%")) {
    result = line.word();
    line.expect("=");
  }
  const op = line.word();
  const names: (string | null)[] = [];
  const args: Value[] = [];
  const value = (): void => {
    const first = line.word();
    if (first.startsWith("%")) {
      names.push(first);
      args.push(scope.values.get(first) ?? undef("i64"));
      return;
    }
    names.push(null);
    if (first.startsWith("@")) args.push({ op: "sym", type: "ptr", name: first.slice(1) });
    else if (TYPES.has(first)) {
      const text = line.word();
      args.push(text === "undef" ? undef(first as IrType) : constant(first as IrType, BigInt(text)));
    } else line.fail("a value is expected");
  };
  const values = (): void => {
    do value();
    while (line.accept(","));
  };
  const parens = (): void => {
    line.expect("(");
    while (!line.accept(")")) {
      value();
      line.accept(",");
    }
  };
  const label = (): Block => blockOf(scope, line.word());
  const type = (): IrType => {
    const text = line.word();
    return TYPES.has(text) ? (text as IrType) : line.fail("a type is expected");
  };
  const base = { id: scope.fn.nextId++, args, pos: null as Pos | null };
  const one = (): Instr => {
    switch (op) {
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
      case "ashr": {
        const nsw = line.accept("nsw");
        values();
        return {
          op,
          type: args[0]!.type === "i64" && names[0] !== null ? args[1]!.type : args[0]!.type,
          ...base,
          ...(nsw ? { nsw } : {}),
        };
      }
      case "icmp": {
        const pred = line.word() as "eq";
        values();
        return { op, type: "i32", pred, ...base };
      }
      case "zext":
      case "sext":
      case "trunc":
      case "bswap":
      case "inttoptr":
      case "opaque":
      case "select": {
        const to = type();
        values();
        return { op, type: to, ...base } as Instr;
      }
      case "ptrtoint":
        values();
        return { op, type: "i64", ...base };
      case "ptradd":
        values();
        return { op, type: "ptr", ...base };
      case "alloca": {
        const at = line.attributes();
        const name = line.peek().kind === "string" ? line.string() : "";
        return {
          op,
          type: "ptr",
          sizeBytes: Number(at.get("size")),
          align: Number(at.get("align") ?? 8),
          ...base,
          name,
          prov: "stack",
        };
      }
      case "lifestart":
      case "lifeend":
        values();
        return { op, type: "void", ...base };
      case "load": {
        const to = type();
        value();
        const at = line.attributes();
        const acquire = at.has("acquire") ? { acquire: true } : {};
        const prov = [...at.keys()].find((key) => PROVS.has(key));
        return {
          op,
          type: to,
          align: Number(at.get("align") ?? 1),
          volatile: at.has("volatile"),
          ...acquire,
          ...base,
          ...(prov === undefined ? {} : { prov: prov as Prov }),
        };
      }
      case "store": {
        values();
        const at = line.attributes();
        const release = at.has("release") ? { release: true } : {};
        return {
          op,
          type: "void",
          align: Number(at.get("align") ?? 1),
          volatile: at.has("volatile"),
          ...release,
          ...base,
        };
      }
      case "memcpy":
      case "memmove":
      case "memset":
      case "memcmp": {
        values();
        const at = line.attributes();
        return {
          op,
          type: op === "memcmp" ? "i32" : "void",
          align: Number(at.get("align") ?? 1),
          srcAlign: Number(at.get("srcalign") ?? 1),
          ...base,
        };
      }
      case "call": {
        const to = type();
        const first = line.word();
        const callee =
          first === "helper"
            ? ({ kind: "helper", id: line.number() } as const)
            : first === "indirect"
              ? ({ kind: "indirect" } as const)
              : ({ kind: "sym", name: first.slice(1) } as const);
        parens();
        return { op, type: to, callee, ...base };
      }
      case "atomic": {
        const rmw = line.word() as "add";
        const to = type();
        values();
        return { op, type: to, rmw, ...base };
      }
      case "coreaddr": {
        value();
        const at = line.attributes();
        return {
          op,
          type: "ptr",
          typeId: Number(at.get("type")),
          access: at.get("access") ?? "",
          offBytes: Number(at.get("off")),
          ...base,
        };
      }
      case "coreinfo": {
        const to = type();
        const kind = line.word() as "type_exists";
        const at = line.attributes();
        return {
          op,
          type: to,
          kind,
          typeId: Number(at.get("type")),
          access: at.get("access") ?? "",
          value: BigInt(at.get("value") ?? 0),
          ...base,
        };
      }
      case "asm": {
        const to = type();
        const volatile = line.accept("volatile");
        const text = line.string();
        const operands = line.json() as [];
        const clobbers = line.json() as string[];
        parens();
        return { op, type: to, text, operands, clobbers, volatile, ...base };
      }
      case "asmout": {
        const to = type();
        value();
        return { op, type: to, index: Number(line.attributes().get("index")), ...base };
      }
      case "fence":
        return { op, type: "void", ...base };
      case "addrcast": {
        value();
        const at = line.attributes();
        return { op, type: "ptr", from: Number(at.get("from")), to: Number(at.get("to")), ...base };
      }
      case "phi": {
        const to = type();
        const blocks: Block[] = [];
        while (line.accept("[")) {
          value();
          line.expect(",");
          blocks.push(label());
          line.expect("]");
        }
        return { op, type: to, blocks, ...base };
      }
      case "br":
        return { op, type: "void", targets: [label()], ...base };
      case "condbr":
        value();
        return { op, type: "void", targets: [label(), label()], ...base };
      case "switch": {
        value();
        const cases: bigint[] = [];
        const targets: Block[] = [];
        for (;;) {
          const at = line.word();
          line.expect(":");
          targets.push(label());
          if (at === "else") break;
          cases.push(BigInt(at));
        }
        return { op, type: "void", cases, targets, ...base };
      }
      case "ret":
        if (line.peek().kind === "word" && !line.peek().text.startsWith("!")) value();
        return { op, type: "void", targets: [], ...base };
      case "unreachable":
        return { op, type: "void", targets: [], ...base };
      case "asmbr": {
        const text = line.string();
        const operands = line.json() as [];
        const clobbers = line.json() as string[];
        parens();
        line.expect("labels");
        line.expect("=");
        const labels = line.json() as string[];
        const targets: Block[] = [];
        while (/^b\w+$/.test(line.peek().text)) targets.push(label());
        return { op, type: "void", text, operands, clobbers, labels, targets, ...base };
      }
      default:
        return line.fail(`"${op}" is no operation`);
    }
  };
  const instr = one();
  if (PROVS.has(line.peek().text)) instr.prov = line.word() as Prov;
  instr.pos = line.pos();
  if (line.peek().kind !== "end") line.fail(`"${line.peek().text}" is too much`);
  for (const [arg, name] of names.entries()) {
    if (name !== null && !scope.values.has(name)) scope.open.push({ instr, arg, name, line });
  }
  if (result !== "") scope.values.set(result, instr);
  return instr;
}
