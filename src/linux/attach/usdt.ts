/**
 * Arguments of USDT probes for programs that read them with bpf_usdt_arg(): each probe's description goes into the object's
 * map __bpf_usdt_specs, and the cookie of the attachment is its index there. Kernels without cookies (before 5.15) are told
 * the index by the address of the probe in the process, in __bpf_usdt_ip_to_spec_id.
 *
 *     struct __bpf_usdt_spec   12 x { u64 val_off, u8 type, u12 index reg, u4 scale, u8 -, s16 reg_off, u8 signed, s8 shift }
 *                              192 u64 cookie   200 s16 argument count
 *
 *     "-4@%edi"  register   "8@-16(%rbp)"  memory   "8@$5"  constant   "1@-96(%rbp,%rax,8)"  indexed       x86-64
 *     "-4@x1"               "8@[sp, 60]"            "4@5"                                                  arm64
 *
 * Source: tools/lib/bpf/usdt.bpf.h and usdt.c of 6.18 (indexed operands since libbpf 1.7).
 */
import { realpathSync } from "node:fs";
import { hasSince } from "../../abi/since.ts";
import { viewOf } from "../../base/bytes.ts";
import { SkepError } from "../../base/error.ts";
import type { UsdtNote } from "../../elf/executable.ts";
import type { TargetMap } from "../../loader/target.ts";
import { mappingsOf } from "../symbols.ts";
import type { AttachContext } from "./context.ts";

const MAX_ARGS = 12;
const ARG_BYTES = 16;
const COOKIE_AT = MAX_ARGS * ARG_BYTES;
const COUNT_AT = COOKIE_AT + 8;

const CONST = 0;
const REG = 1;
const REG_DEREF = 2;
const SIB = 3;

interface UsdtArg {
  readonly type: number;
  readonly value: bigint;
  readonly reg: number;
  readonly indexReg: number;
  readonly scale: number;
  readonly signed: boolean;
  readonly sizeBytes: number;
}

/** Cookies by note, 0 on kernels that have none; [] where the program reads no arguments. */
export function usdtSpecs(context: AttachContext, notes: readonly UsdtNote[], path: string): bigint[] {
  const mapOf = (name: string): TargetMap | undefined => context.maps.find((each) => each.spec.name === name);
  const map = mapOf("__bpf_usdt_specs");
  if (map === undefined) return [];
  const indexes = notes.map((note) => specIn(map, note, context.options.cookie ?? 0n));
  if (hasSince(context.release, "5.15")) return indexes.map(BigInt);
  const byAddress = mapOf("__bpf_usdt_ip_to_spec_id");
  const addresses = addressesOf(context, notes, path);
  notes.forEach((_note, i) => {
    const key = new Uint8Array(BigUint64Array.of(addresses[i]!).buffer);
    byAddress?.update(key, new Uint8Array(Uint32Array.of(indexes[i]!).buffer));
  });
  return notes.map(() => 0n);
}

/** Where the probes are in the process that is looked at. */
function addressesOf({ options }: AttachContext, notes: readonly UsdtNote[], path: string): bigint[] {
  const { pid } = options;
  if (pid === undefined) {
    throw new SkepError("attach/usdt", "arguments of USDT probes need a pid on kernels before 5.15", {
      advice: "attach({ pid }): the kernel tells probes apart by their addresses only",
    });
  }
  const file = realpathSync(path);
  const mappings = mappingsOf(pid).filter((each) => each.path === file);
  return notes.map(({ fileOffset }) => {
    const mapping = mappings.find(
      ({ start, end, offset }) => fileOffset >= offset && fileOffset < offset + Number(end - start),
    );
    if (mapping !== undefined) return mapping.start + BigInt(fileOffset - mapping.offset);
    throw new SkepError("attach/usdt", `process ${pid} does not have ${file} mapped`, {
      site: { file },
      advice: "on kernels before 5.15 the library must be loaded when the program is attached",
    });
  });
}

/** Index by arguments and cookie, for each map: probes that look alike share one. */
const known = new WeakMap<TargetMap, Map<string, number>>();

function specIn(map: TargetMap, note: UsdtNote, cookie: bigint): number {
  const indexes = known.get(map) ?? new Map<string, number>();
  known.set(map, indexes);
  const key = `${note.args} ${cookie}`;
  const before = indexes.get(key);
  if (before !== undefined) return before;
  const index = indexes.size;
  if (index >= map.spec.maxEntries) {
    throw new SkepError("attach/usdt", `more than ${index} different USDT probes`, {
      advice: "raise BPF_USDT_MAX_SPEC_CNT in the program",
    });
  }
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, index, true);
  map.update(bytes, usdtSpec(note.args, cookie, process.arch, map.spec.valueSize));
  indexes.set(key, index);
  return index;
}

/** One struct __bpf_usdt_spec. Throws "attach/usdt" for an operand that is not understood. */
export function usdtSpec(args: string, cookie: bigint, arch: string, sizeBytes = 208): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = viewOf(bytes);
  const parsed = parseUsdtArgs(args, arch);
  parsed.forEach((arg, i) => {
    const at = i * ARG_BYTES;
    view.setBigUint64(at, BigInt.asUintN(64, arg.value), true);
    view.setUint32(at + 8, arg.type | (arg.indexReg << 8) | (Math.log2(arg.scale) << 20), true);
    view.setInt16(at + 12, arg.reg, true);
    view.setUint8(at + 14, arg.signed ? 1 : 0);
    view.setInt8(at + 15, 64 - 8 * arg.sizeBytes);
  });
  view.setBigUint64(COOKIE_AT, cookie, true);
  view.setInt16(COUNT_AT, parsed.length, true);
  return bytes;
}

function parseUsdtArgs(text: string, arch: string): UsdtArg[] {
  const pattern = arch === "arm64" ? /(-?\d+)@(\[[^\]]*\]|\S+)/g : /(-?\d+)@(\S+)/g;
  const args: UsdtArg[] = [];
  for (const [whole, size = "", operand = ""] of text.matchAll(pattern)) {
    const sizeBytes = Math.abs(Number(size));
    const place = arch === "arm64" ? arm64Operand(operand) : x64Operand(operand);
    if (place === undefined || ![1, 2, 4, 8].includes(sizeBytes)) {
      throw new SkepError("attach/usdt", `USDT argument "${whole}" is not understood`);
    }
    args.push({ value: 0n, reg: 0, indexReg: 0, scale: 1, ...place, signed: size.startsWith("-"), sizeBytes });
  }
  return args.slice(0, MAX_ARGS);
}

type Place = Pick<UsdtArg, "type"> & Partial<UsdtArg>;

function x64Operand(text: string): Place | undefined {
  const constant = /^\$(-?(?:0x)?[0-9a-f]+)$/i.exec(text);
  if (constant !== null) return { type: CONST, value: integer(constant[1]!) };
  const register = /^%(\w+)$/.exec(text);
  if (register !== null) return at(REG, X64_REGS.get(register[1]!));
  const memory = /^(-?(?:0x)?[0-9a-f]*)\(%(\w+)(?:,%(\w+)(?:,([1248]))?)?\)$/i.exec(text);
  if (memory === null) return undefined;
  const [, offset = "", base = "", index, scale = "1"] = memory;
  const value = offset === "" ? 0n : integer(offset);
  const reg = X64_REGS.get(base);
  if (reg === undefined) return undefined;
  if (index === undefined) return { type: REG_DEREF, value, reg };
  const indexReg = X64_REGS.get(index);
  return indexReg === undefined ? undefined : { type: SIB, value, reg, indexReg, scale: Number(scale) };
}

function arm64Operand(text: string): Place | undefined {
  const constant = /^-?\d+$/.exec(text);
  if (constant !== null) return { type: CONST, value: BigInt(text) };
  const memory = /^\[\s*(\w+)(?:\s*,\s*#?(-?\d+))?\s*\]$/.exec(text);
  const reg = arm64Reg(memory === null ? text : memory[1]!);
  if (memory === null) return at(REG, reg);
  return reg === undefined ? undefined : { type: REG_DEREF, value: BigInt(memory[2] ?? "0"), reg };
}

function at(type: number, reg: number | undefined): Place | undefined {
  return reg === undefined ? undefined : { type, reg };
}

function integer(text: string): bigint {
  return text.startsWith("-") ? -BigInt(text.slice(1)) : BigInt(text);
}

/** Offsets in struct user_regs of arm64: x0 to x30, then sp. */
function arm64Reg(name: string): number | undefined {
  if (name === "sp") return 31 * 8;
  const number = /^[wx](\d+)$/.exec(name)?.[1];
  return number === undefined || Number(number) > 30 ? undefined : Number(number) * 8;
}

/** Offsets in struct pt_regs of x86-64, by every name of the register: 64, 32, 16 and 8 bits. */
const X64_REGS: ReadonlyMap<string, number> = new Map(
  [
    [128, "rip", "eip"],
    [80, "rax", "eax", "ax", "al"],
    [40, "rbx", "ebx", "bx", "bl"],
    [88, "rcx", "ecx", "cx", "cl"],
    [96, "rdx", "edx", "dx", "dl"],
    [104, "rsi", "esi", "si", "sil"],
    [112, "rdi", "edi", "di", "dil"],
    [32, "rbp", "ebp", "bp", "bpl"],
    [152, "rsp", "esp", "sp", "spl"],
    ...[72, 64, 56, 48, 24, 16, 8, 0].map((off, i) => {
      const name = `r${i + 8}`;
      return [off, name, `${name}d`, `${name}w`, `${name}b`];
    }),
  ].flatMap(([off, ...names]) => names.map((name) => [name as string, off as number] as const)),
);
