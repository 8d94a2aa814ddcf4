/**
 * Registers and states as text, in the notation of the kernel's log: "R1=ctx() R2=scalar(umax=255,var_off=(0x0; 0xff))
 * fp-8=mmmm????". Source: kernel/bpf/log.c.
 */
import type { Env } from "./env.ts";
import { anyScratched, resetLog, scratchNone, write } from "./log.ts";
import {
  ADD_CONST,
  BTF_KERNEL,
  baseType,
  CONST_PTR_TO_DYNPTR,
  CONST_PTR_TO_MAP,
  FRAMENO,
  ID,
  isConst,
  isNonOwningRef,
  isPacketPointer,
  MASK,
  MEM_PERCPU,
  MEM_RCU,
  MEM_RDONLY,
  MEM_RINGBUF,
  MEM_USER,
  NOT_INIT,
  OFF,
  PRECISE,
  PTR_MAYBE_NULL,
  PTR_TO_ARENA,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  PTR_TO_MEM,
  PTR_TO_STACK,
  PTR_TRUSTED,
  PTR_UNTRUSTED,
  RAW0,
  RAW1,
  RAW2,
  REF,
  REG_WORDS,
  S32MAX,
  S32MIN,
  SCALAR_VALUE,
  SMAX,
  SMIN,
  U32MAX,
  U32MIN,
  UMAX,
  UMIN,
  VAL,
  type Words,
} from "./regs.ts";
import {
  type Frame,
  MAX_REGS,
  REF_WORDS,
  STACK_DYNPTR,
  STACK_ITER,
  STACK_SPILL,
  slotAt,
  slotType,
  type VState,
} from "./state.ts";
import { big, signedBig } from "./words.ts";

const TYPE_TEXT = [
  "?",
  "scalar",
  "ctx",
  "map_ptr",
  "map_value",
  "map_key",
  "fp",
  "pkt_meta",
  "pkt",
  "pkt_end",
  "flow_keys",
  "sock",
  "sock_common",
  "tcp_sock",
  "tp_buffer",
  "xdp_sock",
  "ptr_",
  "mem",
  "arena",
  "buf",
  "func",
  "dynptr_ptr",
];

const SLOT_CHARS = "?rm0dif";

export const DYNPTR_TEXT: readonly string[] = ["<invalid>", "local", "ringbuf", "skb", "xdp", "skb_meta"];
const ITER_STATE_TEXT = ["<invalid>", "active", "drained"];

/** "rdonly_mem", "ptr_or_null_" (a struct's name follows), "map_value_or_null". */
export function typeText(type: number): string {
  const base = baseType(type);
  let prefix = "";
  if (type & MEM_RDONLY) prefix += "rdonly_";
  if (type & MEM_RINGBUF) prefix += "ringbuf_";
  if (type & MEM_USER) prefix += "user_";
  if (type & MEM_PERCPU) prefix += "percpu_";
  if (type & MEM_RCU) prefix += "rcu_";
  if (type & PTR_UNTRUSTED) prefix += "untrusted_";
  if (type & PTR_TRUSTED) prefix += "trusted_";
  const postfix = type & PTR_MAYBE_NULL ? (base === PTR_TO_BTF_ID ? "or_null_" : "_or_null") : "";
  return prefix + TYPE_TEXT[base]! + postfix;
}

function unumText(n: bigint): string {
  return n <= 65535n ? n.toString() : `0x${n.toString(16)}`;
}

export function snumText(n: bigint): string {
  return n >= -32768n && n <= 32767n ? n.toString() : `0x${BigInt.asUintN(64, n).toString(16)}`;
}

function hexText(n: bigint): string {
  return n === 0n ? "0" : `0x${n.toString(16)}`;
}

/** "5", or "(0x0; 0xff)". */
export function tnumText(w: Words, at: number): string {
  const value = big(w[at]!, w[at + 1]!);
  if ((w[at + 2]! | w[at + 3]!) === 0) return unumText(value);
  const mask = big(w[at + 2]!, w[at + 3]!);
  return `(${value === 0n ? "0x0" : hexText(value)}; ${hexText(mask)})`;
}

/** "smin=0,smax=umax=255": names with the same value share it. */
function rangesText(w: Words, at: number): string {
  const s64 = (f: number): bigint => signedBig(w[at + f]!, w[at + f + 1]!);
  const u64 = (f: number): bigint => big(w[at + f]!, w[at + f + 1]!);
  const s32 = (f: number): bigint => {
    const v = w[at + f]!;
    return v >= -32768 && v <= 32767 ? BigInt(v) : BigInt(v >>> 0);
  };
  const rows: { name: string; val: bigint; omit: boolean }[] = [
    { name: "smin", val: s64(SMIN), omit: s64(SMIN) === -(1n << 63n) },
    { name: "smax", val: s64(SMAX), omit: s64(SMAX) === (1n << 63n) - 1n },
    { name: "umin", val: u64(UMIN), omit: u64(UMIN) === 0n },
    { name: "umax", val: u64(UMAX), omit: u64(UMAX) === (1n << 64n) - 1n },
    { name: "smin32", val: s32(S32MIN), omit: w[at + S32MIN] === -2147483648 },
    { name: "smax32", val: s32(S32MAX), omit: w[at + S32MAX] === 2147483647 },
    { name: "umin32", val: BigInt(w[at + U32MIN]! >>> 0), omit: w[at + U32MIN] === 0 },
    { name: "umax32", val: BigInt(w[at + U32MAX]! >>> 0), omit: w[at + U32MAX] === -1 },
  ];
  const out: string[] = [];
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    if (row.omit) continue;
    const negative = row.name[0] === "s" && row.val < 0n;
    let text = `${row.name}=`;
    for (let j = i + 2; j < rows.length; j += 2) {
      const other = rows[j]!;
      if (other.omit || BigInt.asUintN(64, other.val) !== BigInt.asUintN(64, row.val)) continue;
      if ((other.name[0] === "s" && BigInt.asIntN(64, other.val) < 0n) !== negative) continue;
      other.omit = true;
      text += `${other.name}=`;
    }
    out.push(text + (row.name[0] === "s" ? snumText(row.val) : unumText(row.val)));
  }
  return out.join(",");
}

export function btfName(env: Env, btf: number, id: number): string {
  const view = btf === BTF_KERNEL ? env.prog.kernelBtf : env.prog.btf;
  return view === null || id <= 0 || id >= view.length ? "" : view.type(id).name;
}

export function regText(env: Env, frame: Frame, w: Words, at: number): string {
  const type = w[at]!;
  const base = baseType(type);
  let out = type === SCALAR_VALUE && w[at + PRECISE] ? "P" : "";
  if (type === SCALAR_VALUE && isConst(w, at)) return out + snumText(signedBig(w[at + VAL]!, w[at + VAL + 1]!));
  out += typeText(type);
  if (type === PTR_TO_ARENA) return out;
  if (type === PTR_TO_STACK) {
    if (frame.frameno !== w[at + FRAMENO]) out += `[${w[at + FRAMENO]}]`;
    if (isConst(w, at)) return out + snumText(signedBig(w[at + VAL]!, w[at + VAL + 1]!) + BigInt(w[at + OFF]!));
  }
  if (base === PTR_TO_BTF_ID) out += btfName(env, w[at + RAW0]!, w[at + RAW1]!);
  const parts: string[] = [];
  const id = w[at + ID]!;
  let first = "";
  if (id) first = `id=${id & ~ADD_CONST}`;
  if (id & ADD_CONST) first += w[at + OFF]! < 0 ? `${w[at + OFF]}` : `+${w[at + OFF]}`;
  if (first !== "") parts.push(first);
  if (w[at + REF]) parts.push(`ref_obj_id=${w[at + REF]}`);
  if (isNonOwningRef(type)) parts.push("non_own_ref");
  if (base === CONST_PTR_TO_MAP || base === PTR_TO_MAP_KEY || base === PTR_TO_MAP_VALUE) {
    const map = env.maps[w[at + RAW0]! - 1]!;
    // The kernel keeps no name of an inner map.
    if (map.name !== "" && map.index < env.prog.maps.length) parts.push(`map=${map.name}`);
    parts.push(`ks=${map.spec.keySize},vs=${map.spec.valueSize}`);
  }
  if (type !== SCALAR_VALUE && w[at + OFF]) parts.push(`off=${snumText(BigInt(w[at + OFF]!))}`);
  if (isPacketPointer(type)) parts.push(`r=${unumText(BigInt.asUintN(64, BigInt(w[at + RAW0]!)))}`);
  if (base === PTR_TO_MEM) parts.push(`sz=${unumText(BigInt(w[at + RAW0]! >>> 0))}`);
  if (type === CONST_PTR_TO_DYNPTR) parts.push(`type=${DYNPTR_TEXT[w[at + RAW0]!]}`);
  if (isConst(w, at)) {
    const value = signedBig(w[at + VAL]!, w[at + VAL + 1]!);
    if (value !== 0n) parts.push(`imm=${snumText(value)}`);
  } else {
    const ranges = rangesText(w, at);
    if (ranges !== "") parts.push(ranges);
    if (w[at + MASK] !== -1 || w[at + MASK + 1] !== -1 || w[at + VAL] !== 0 || w[at + VAL + 1] !== 0) {
      parts.push(`var_off=${tnumText(w, at + VAL)}`);
    }
  }
  return `${out}(${parts.join(",")})`;
}

/** " fp-8=mmmmmmmm", "" for a slot that holds nothing; `skip`: slots that belong to it, too. */
export function slotText(env: Env, frame: Frame, i: number): { text: string; skip: number } {
  const w = frame.w;
  let at = slotAt(i);
  let chars = "";
  for (let k = 0; k < 8; k++) chars += SLOT_CHARS[slotType(frame, i, k)]!;
  if (chars === "????????") return { text: "", skip: 0 };
  switch (slotType(frame, i, 7)) {
    case STACK_SPILL:
      return {
        text: ` fp${-8 * (i + 1)}=${chars.slice(0, chars.indexOf("r"))}${regText(env, frame, w, at)}`,
        skip: 0,
      };
    case STACK_DYNPTR: {
      at = slotAt(i + 1);
      const parts: string[] = [];
      if (w[at + ID]) parts.push(`id=${w[at + ID]}`);
      if (w[at + REF]) parts.push(`ref_id=${w[at + REF]}`);
      if (w[at + RAW1]) parts.push(`dynptr_id=${w[at + RAW1]}`);
      return { text: ` fp${-8 * (i + 2)}=dynptr_${DYNPTR_TEXT[w[at + RAW0]!]}(${parts.join(",")})`, skip: 1 };
    }
    case STACK_ITER: {
      if (!w[at + REF]) return { text: "", skip: 0 };
      const name = btfName(env, w[at + RAW0]!, w[at + RAW1]!).slice("bpf_iter_".length);
      const state = ITER_STATE_TEXT[w[at + RAW2]! & 3];
      return {
        text: ` fp${-8 * (i + 1)}=iter_${name}(ref_id=${w[at + REF]},state=${state},depth=${w[at + RAW2]! >> 2})`,
        skip: 0,
      };
    }
    default:
      return { text: ` fp${-8 * (i + 1)}=${chars}`, skip: 0 };
  }
}

/** " R0=... fp-8=...\n" of one frame; only what changed unless `all`. */
export function stateText(env: Env, state: VState, frameno: number, all: boolean): string {
  const log = env.log;
  const frame = state.frames[frameno]!;
  let out = frame.frameno ? ` frame${frame.frameno}:` : "";
  for (let r = 0; r < MAX_REGS; r++) {
    const at = r * REG_WORDS;
    if (frame.w[at] === NOT_INIT) continue;
    if (!all && !((log.scratchedRegs >> r) & 1)) continue;
    out += ` R${r}=${regText(env, frame, frame.w, at)}`;
  }
  for (let i = 0; i < frame.slots; i++) {
    const scratched = i < 32 ? (log.scratchedLo >>> i) & 1 : (log.scratchedHi >>> (i - 32)) & 1;
    if (!all && !scratched) continue;
    const slot = slotText(env, frame, i);
    out += slot.text;
    i += slot.skip;
  }
  if (state.refCount > 0 && state.refs[1]) {
    out += ` refs=${state.refs[1]}`;
    for (let i = 1; i < state.refCount; i++)
      if (state.refs[i * REF_WORDS + 1]) out += `,${state.refs[i * REF_WORDS + 1]}`;
  }
  if (frame.inCallback) out += " cb";
  if (frame.inAsyncCallback) out += " async_cb";
  if (!all) scratchNone(log);
  return `${out}\n`;
}

export function writeState(env: Env, state: VState, frameno: number, all: boolean): void {
  if (env.log.level > 0) write(env.log, stateText(env, state, frameno, all));
}

/** The state after an insn, on the insn's own line where nothing came between. */
export function writeInsnState(env: Env): void {
  const log = env.log;
  if (log.level === 0) return;
  if (log.prevPos !== 0 && log.prevPos === log.end) {
    resetLog(log, log.prevPos - 1);
    const pos = log.prevInsnLength;
    const column = Math.ceil(Math.max(pos + 4, 40) / 8) * 8;
    write(log, `${" ".repeat(Math.max(column - pos - 1, 1))};`);
  } else {
    write(log, `${env.insnIdx}:`);
  }
  writeState(env, env.cur, env.cur.curframe, false);
}

export { anyScratched };

/** The kernel's names of ALU operations, for its sentences. */
export const ALU_OPS: readonly string[] = [
  "+=",
  "-=",
  "*=",
  "/=",
  "|=",
  "&=",
  "<<=",
  ">>=",
  "neg",
  "%=",
  "^=",
  "=",
  "s>>=",
  "endian",
];
