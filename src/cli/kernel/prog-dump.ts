/**
 * `skep prog dump xlated`: the insns that the kernel runs, in its own notation, with signatures and source lines from BTF.
 *
 *     int on_xdp(struct xdp_md * ctx):
 *     ; int on_xdp(struct xdp_md *ctx)
 *        0: (b7) r1 = 11
 *     ; n = bpf_map_lookup_elem(&counts, &slot);
 *        4: (18) r1 = map[id:56148]
 */
import { readFileSync } from "node:fs";
import { kernelText } from "../../asm/kernel.ts";
import { cString } from "../../base/bytes.ts";
import type { Btf } from "../../btf/btf.ts";
import type { BtfView } from "../../btf/types.ts";
import { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC, BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE } from "../../isa/codes.ts";
import type { ProgCode } from "../../linux/bpf/prog-detail.ts";

export interface DumpedInsn {
  readonly index: number;
  readonly proto?: string;
  readonly src?: string;
  readonly file?: string;
  readonly line?: number;
  readonly col?: number;
  readonly disasm: string;
  /** 8 bytes, 16 for a wide one. */
  readonly bytes: Uint8Array;
}

const LD_IMM64 = 0x18;
const CALL = 0x85;

export function dumpedInsns(code: ProgCode, btf: Btf | null): DumpedInsn[] {
  const { insns } = code;
  const symbols = insns.code.subarray(0, insns.length).includes(CALL) ? kernelSymbols() : null;
  const funcs = new Map(code.funcs.map((func) => [func.insnIdx, func.typeId]));
  const lines = new Map(code.lines.map((line) => [line.insnIdx, line]));
  const text = btf === null ? () => "" : (off: number) => stringAt(btf, off);
  const out: DumpedInsn[] = [];
  for (let i = 0; i < insns.length; i++) {
    const wide = insns.code[i] === LD_IMM64;
    const typeId = funcs.get(i);
    const line = btf === null ? undefined : lines.get(i);
    out.push({
      index: i,
      ...(btf === null || typeId === undefined ? {} : { proto: signature(btf, typeId) }),
      ...(line === undefined
        ? {}
        : { src: text(line.lineOff).trimStart(), file: text(line.fileOff), line: line.line, col: line.col }),
      disasm: insnText(code, i, symbols),
      bytes: code.bytes.subarray(8 * i, 8 * (i + (wide ? 2 : 1))),
    });
    if (wide) i++;
  }
  return out;
}

/** bpftool's plain form. */
export function dumpText(insns: readonly DumpedInsn[], opcodes: boolean, linum: boolean): string {
  const out: string[] = [];
  for (const insn of insns) {
    if (insn.proto !== undefined) out.push(`${insn.proto}:`);
    if (insn.src !== undefined && insn.src !== "") {
      const where = linum ? ` [file:${insn.file} line_num:${insn.line} line_col:${insn.col}]` : "";
      out.push(`; ${insn.src}${where}`);
    }
    out.push(`${String(insn.index).padStart(4)}: ${insn.disasm}`);
    if (opcodes) out.push(`       ${hexBytes(insn.bytes).join(" ")}`);
  }
  return out.join("\n");
}

/** bpftool's JSON form. */
export function dumpDocument(insns: readonly DumpedInsn[], opcodes: boolean, linum: boolean): object[] {
  return insns.map((insn) => ({
    ...(insn.proto === undefined ? {} : { proto: insn.proto }),
    ...(insn.src === undefined || insn.src === "" ? {} : { src: insn.src }),
    ...(linum ? placeOf(insn) : {}),
    disasm: insn.disasm,
    ...(opcodes ? { opcodes: opcodesOf(insn.bytes) } : {}),
  }));
}

/** What is 0 is not known, and left out. */
function placeOf({ file, line, col }: DumpedInsn): object {
  if (line === undefined) return {};
  return { file, ...(line === 0 ? {} : { line_num: line }), ...(col === 0 ? {} : { line_col: col }) };
}

function opcodesOf(bytes: Uint8Array): object {
  const hex = (list: Uint8Array): string[] => hexBytes(list).map((byte) => `0x${byte}`);
  return {
    code: `0x${hexBytes(bytes)[0]}`,
    src_reg: `0x${(bytes[1]! >> 4).toString(16)}`,
    dst_reg: `0x${(bytes[1]! & 15).toString(16)}`,
    off: hex(bytes.subarray(2, 4)),
    imm: hex(bytes.subarray(4)),
  };
}

function hexBytes(bytes: Uint8Array): string[] {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
}

function insnText(code: ProgCode, i: number, symbols: KernelSymbols | null): string {
  const { insns, ksyms } = code;
  const src = insns.src[i]!;
  const imm = insns.imm[i]!;
  if (insns.code[i] !== CALL || symbols === null) {
    return kernelText(insns, i, { imm64: (at) => imm64Text(insns.src[at]!, insns.imm[at]!, insns.imm[at + 1]!) });
  }
  if (src === BPF_PSEUDO_CALL) {
    const off = insns.off[i]!;
    const address = ksyms[imm];
    const name = address === undefined ? "" : `#${symbols.at(address) ?? `0x${address.toString(16)}`}`;
    return `(85) call pc${off < 0 ? off : `+${off}`}${name}`;
  }
  const address = BigInt.asUintN(64, symbols.callBase + BigInt(imm));
  return `(85) call ${symbols.at(address) ?? `0x${address.toString(16)}`}#${imm}`;
}

function imm64Text(src: number, lo: number, hi: number): string | undefined {
  switch (src) {
    case BPF_PSEUDO_MAP_FD:
      return `map[id:${lo}]`;
    case BPF_PSEUDO_MAP_VALUE:
      return `map[id:${lo}][0]+${hi}`;
    case BPF_PSEUDO_FUNC:
      return `subprog[${lo < 0 ? lo : `+${lo}`}]`;
    default:
      return undefined;
  }
}

interface KernelSymbols {
  /** Address that helpers' offsets count from; 0 where addresses are hidden. */
  readonly callBase: bigint;
  /** Name of what begins at an address. */
  at(address: bigint): string | undefined;
}

function kernelSymbols(): KernelSymbols {
  let text = "";
  try {
    text = readFileSync("/proc/kallsyms", "latin1");
  } catch {
    // no procfs: addresses are shown
  }
  const base = /^([0-9a-f]+) \w __bpf_call_base$/m.exec(text)?.[1];
  return {
    callBase: BigInt(`0x${base ?? "0"}`),
    at(address): string | undefined {
      if (address === 0n) return undefined;
      const digits = address.toString(16).padStart(16, "0");
      const at = text.startsWith(digits) ? 0 : text.indexOf(`\n${digits} `) + 1;
      if (at === 0 && !text.startsWith(digits)) return undefined;
      return /^\S+ \S (\S+)/.exec(text.slice(at, at + 300))?.[1];
    },
  };
}

function stringAt(btf: Btf, off: number): string {
  const view = new DataView(btf.raw.buffer, btf.raw.byteOffset, btf.raw.byteLength);
  const strings = view.getUint32(4, true) + view.getUint32(16, true);
  const at = strings + off;
  const end = btf.raw.indexOf(0, at);
  return at < btf.raw.length && end >= 0 ? cString(btf.raw.subarray(at, end)) : "";
}

/** "int on_xdp(struct xdp_md * ctx)". */
export function signature(btf: BtfView, funcId: number): string {
  const func = btf.type(funcId);
  if (func.kind !== "func") return "";
  const proto = btf.type(func.typeId);
  if (proto.kind !== "func_proto") return func.name;
  const params = proto.params.map((param) =>
    param.typeId === 0 ? "..." : `${typeText(btf, param.typeId, 0)}${param.name}`.trim(),
  );
  return `${typeText(btf, proto.retTypeId, 0)}${func.name}(${params.length === 0 ? "void" : params.join(", ")})`;
}

/** Followed by a space, so that a name can stand behind it. */
function typeText(btf: BtfView, id: number, depth: number): string {
  if (id === 0) return "void ";
  const type = btf.type(id);
  if (depth > 16) return "... ";
  switch (type.kind) {
    case "ptr":
      return `${typeText(btf, type.typeId, depth + 1)}* `;
    case "const":
    case "volatile":
    case "restrict":
      return `${type.kind} ${typeText(btf, type.typeId, depth + 1)}`;
    case "struct":
    case "union":
      return `${type.kind} ${type.name} `;
    case "enum":
    case "enum64":
      return `enum ${type.name} `;
    case "fwd":
      return `struct ${type.name} `;
    case "type_tag":
      return typeText(btf, type.typeId, depth + 1);
    default:
      return `${type.name} `;
  }
}
