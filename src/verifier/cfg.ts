/**
 * Checks before any path is walked: subprograms, jump targets, reserved opcodes, LD_IMM64 operands, reachability. They also
 * mark the insns where states are stored and compared. Source: kernel/bpf/verifier.c, add_subprog_and_kfunc,
 * check_subprogs, resolve_pseudo_ldimm64, check_cfg.
 */
import { HELPERS } from "../abi/helpers.ts";
import { E2BIG, EEXIST, EINVAL, ENOENT, ENOTSUPP, EPROTO } from "../base/errno.ts";
import { inLinux } from "../isa/ops.ts";
import type { Env, Subprog } from "./env.ts";
import { jumpOff } from "./graph.ts";
import { kfuncAt } from "./kfunc-table.ts";
import { checkPseudoBtf } from "./ksym.ts";
import { fail, write, writeLine } from "./log.ts";
import { checkMapProgram } from "./map-compat.ts";
import { protoOf } from "./protos.ts";
import { declTags } from "./subprog-args.ts";

const LD_IMM64 = 0x18;
const CALL = 0x85;
const EXIT = 0x95;
const JA = 0x05;
const JA32 = 0x06;
const MAY_GOTO = 0xe5;
const MAX_SUBPROGS = 256;
const FUNC_TAIL_CALL = 12;
const BPF_MAX_VAR_OFF = 1 << 29;

/** Helpers that call back within the call, and the one that does so later. */
const SYNC_CALLBACK = new Set([164, 180, 181, 209]);
const TIMER_SET_CALLBACK = 170;

export function isSyncCallbackCall(env: Env, i: number): boolean {
  if (env.insns.code[i] !== CALL) return false;
  if (env.insns.src[i] === 0) return SYNC_CALLBACK.has(env.insns.imm[i]!);
  return env.insns.src[i] === 2 && kfuncAt(env, i)?.callsSyncCallback === true;
}

export function isAsyncCallbackCall(env: Env, i: number): boolean {
  if (env.insns.code[i] !== CALL) return false;
  if (env.insns.src[i] === 0) return env.insns.imm[i] === TIMER_SET_CALLBACK;
  return env.insns.src[i] === 2 && kfuncAt(env, i)?.callsAsyncCallback === true;
}

/** Index of the subprogram that begins at `start`, -1 if none does. */
export function findSubprog(env: Env, start: number): number {
  let l = 0;
  let r = env.subprogs.length - 1;
  while (l <= r) {
    const m = (l + r) >> 1;
    const at = env.subprogs[m]!.start;
    if (at === start) return m;
    if (at < start) l = m + 1;
    else r = m - 1;
  }
  return -1;
}

/** The subprogram that insn i lies in. */
export function containingSubprog(env: Env, i: number): Subprog {
  let l = 0;
  let r = env.subprogs.length - 1;
  while (l < r) {
    const m = l + ((r - l + 1) >> 1);
    if (env.subprogs[m]!.start <= i) l = m;
    else r = m - 1;
  }
  return env.subprogs[l]!;
}

/** First insn behind subprogram s. */
export function subprogEnd(env: Env, s: number): number {
  return s + 1 < env.subprogs.length ? env.subprogs[s + 1]!.start : env.insns.length;
}

function newSubprog(start: number): Subprog {
  return {
    start,
    name: "",
    typeId: 0,
    global: false,
    unreliable: false,
    called: false,
    verified: false,
    stackDepth: 0,
    postorderStart: 0,
    hasTailCall: false,
    tailCallReachable: false,
    hasLdAbs: false,
    isCallback: false,
    isAsyncCallback: false,
    isExceptionCallback: false,
    changesPkt: false,
    mightSleep: false,
    fastcallStackOff: 0,
    keepFastcallStack: false,
    privStack: "unknown",
    args: null,
  };
}

function addSubprog(env: Env, start: number): void {
  if (start < 0 || start >= env.insns.length) fail(env.log, EINVAL, "call to invalid destination");
  if (findSubprog(env, start) >= 0) return;
  if (env.subprogs.length >= MAX_SUBPROGS) fail(env.log, E2BIG, "too many subprograms");
  env.subprogs.push(newSubprog(start));
  env.subprogs.sort((a, b) => a.start - b.start);
}

function checkKfuncId(env: Env, i: number): void {
  const { log } = env;
  const btf = env.prog.kernelBtf;
  const id = env.insns.imm[i]!;
  if (btf === null) {
    fail(log, ENOTSUPP, "calling kernel function is not supported without CONFIG_DEBUG_INFO_BTF");
  }
  if (!env.gplCompatible) fail(log, EINVAL, "cannot call kernel function from non-GPL compatible program");
  if (env.insns.off[i] !== 0) fail(log, EINVAL, "failed to find BTF for kernel function");
  if (id === 0) return;
  if (id < 0 || id >= btf.length || btf.type(id).kind !== "func") {
    fail(log, EINVAL, `kernel btf_id ${id >>> 0} is not a function`);
  }
  if (btf.type(id).name.startsWith("bpf_xdp_metadata_rx_") && !(env.prog.spec.flags & XDP_DEV_BOUND_ONLY)) {
    fail(log, EINVAL, "metadata kfuncs require device-bound program");
  }
}

/** BPF_F_XDP_DEV_BOUND_ONLY. */
const XDP_DEV_BOUND_ONLY = 1 << 6;

const EXCEPTION_TAG = "exception_callback:";

/** The function that bpf_throw ends in, where the main program's BTF names one. */
function addExceptionCallback(env: Env): void {
  const { log } = env;
  const { btf, spec } = env.prog;
  const main = spec.funcs[0]?.typeId ?? 0;
  if (btf === null || main === 0) return;
  const names = declTags(btf, main)
    .map((id) => btf.type(id))
    .filter((t) => t.kind === "decl_tag" && t.componentIdx === -1 && t.name.startsWith(EXCEPTION_TAG))
    .map((t) => t.name.slice(EXCEPTION_TAG.length));
  if (names.length === 0) return;
  if (names.length > 1) fail(log, EEXIST, "multiple exception callback tags for main subprog");
  const name = names[0]!;
  const id = btf.find(name, "func");
  const func = btf.type(id);
  if (func.kind !== "func") fail(log, ENOENT, `exception callback '${name}' could not be found in BTF`);
  if (func.linkage !== "global") fail(log, EINVAL, `exception callback '${name}' must have global linkage`);
  const info = spec.funcs.find((each) => each.typeId === id);
  if (info === undefined) fail(log, EINVAL, "exception callback type id not found in func_info");
  if (info.insnIdx === 0) fail(log, EINVAL, "invalid exception callback insn_off in func_info: 0");
  addSubprog(env, info.insnIdx);
  env.exceptionCallback = findSubprog(env, info.insnIdx);
  const s = env.subprogs[env.exceptionCallback]!;
  s.isCallback = true;
  s.isAsyncCallback = true;
  s.isExceptionCallback = true;
}

/** Finds every function that is called or whose address is taken. */
export function addSubprogs(env: Env): void {
  const { insns } = env;
  addSubprog(env, 0);
  for (let i = 0; i < insns.length; i++) {
    const isFunc = insns.code[i] === LD_IMM64 && insns.src[i] === 4;
    const isCall = insns.code[i] === CALL && insns.src[i] === 1;
    if (isFunc || isCall) addSubprog(env, i + insns.imm[i]! + 1);
    else if (insns.code[i] === CALL && insns.src[i] === 2) checkKfuncId(env, i);
  }
  addExceptionCallback(env);
  if (env.log.level > 1) for (const [i, s] of env.subprogs.entries()) write(env.log, `func#${i} @${s.start}\n`);
}

export function checkSubprogs(env: Env): void {
  const { insns } = env;
  let cur = 0;
  let start = 0;
  let end = subprogEnd(env, 0);
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code[i]!;
    const cls = code & 7;
    const s = env.subprogs[cur]!;
    if (code === CALL && insns.src[i] === 0 && insns.imm[i] === FUNC_TAIL_CALL) {
      s.hasTailCall = true;
      s.tailCallReachable = true;
    }
    if (cls === 0 && ((code & 0xe0) === 0x20 || (code & 0xe0) === 0x40)) s.hasLdAbs = true;
    if ((cls === 5 || cls === 6) && (code & 0xf0) !== 0x90 && (code & 0xf0) !== 0x80) {
      const to = i + jumpOff(insns, i) + 1;
      if (to < start || to >= end) fail(env.log, EINVAL, `jump out of range from insn ${i} to ${to}`);
    }
    if (i === end - 1) {
      if (code !== EXIT && code !== JA32 && code !== JA) fail(env.log, EINVAL, "last insn is not an exit or jmp");
      start = end;
      cur++;
      if (cur < env.subprogs.length) end = subprogEnd(env, cur);
    }
  }
}

/** Function BTF must fit the functions found; tail calls and packet loads need an int result in subprograms. */
export function checkFuncInfo(env: Env): void {
  const { btf, spec } = env.prog;
  if (!env.hasFuncInfo || btf === null) {
    for (let i = 1; i < env.subprogs.length; i++) {
      const s = env.subprogs[i]!;
      if (s.hasLdAbs) fail(env.log, EINVAL, "LD_ABS is not allowed in subprogs without BTF");
      if (s.hasTailCall) fail(env.log, EINVAL, "tail_call is not allowed in subprogs without BTF");
    }
    for (const s of env.subprogs) s.name = spec.funcs.find((f) => f.insnIdx === s.start)?.name ?? "";
    return;
  }
  if (spec.funcs.length !== env.subprogs.length) {
    fail(env.log, EINVAL, "number of funcs in func_info doesn't match number of subprogs");
  }
  env.subprogs.forEach((s, i) => {
    const func = spec.funcs[i]!;
    if (func.insnIdx !== s.start) {
      fail(env.log, EINVAL, "func_info BTF section doesn't match subprog layout in BPF program");
    }
    s.typeId = func.typeId;
    const t = btf.type(func.typeId);
    s.name = t.name;
    s.global = t.kind === "func" && t.linkage === "global";
    const proto = t.kind === "func" ? btf.type(t.typeId) : null;
    const ret = proto?.kind === "func_proto" ? btf.type(btf.skipMods(proto.retTypeId)) : null;
    const scalar =
      ret !== null && ((ret.kind === "int" && ret.sizeBytes <= 8) || ret.kind === "enum" || ret.kind === "enum64");
    if (i === 0 || scalar) return;
    if (s.hasLdAbs) fail(env.log, EINVAL, "LD_ABS is only allowed in functions that return 'int'.");
    if (s.hasTailCall) fail(env.log, EINVAL, "tail_call is only allowed in functions that return 'int'.");
  });
}

/** Known opcodes; LD_IMM64 operands that name something. */
export function checkOpcodes(env: Env): void {
  const { insns } = env;
  const used = new Set<number>();
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code[i]!;
    const mode = code & 0xe0;
    if ((code & 7) === 1 && ((mode !== 0x60 && mode !== 0x80) || insns.imm[i] !== 0)) {
      fail(env.log, EINVAL, "BPF_LDX uses reserved fields");
    }
    if (code === LD_IMM64) {
      checkLdImm64(env, i, used);
      i++;
      continue;
    }
    if (!inLinux(code)) fail(env.log, EINVAL, `unknown opcode ${code.toString(16).padStart(2, "0")}`);
  }
}

function checkLdImm64(env: Env, i: number, used: Set<number>): void {
  const { insns } = env;
  const n = i + 1;
  if (n >= insns.length || insns.code[n] !== 0 || insns.dst[n] !== 0 || insns.src[n] !== 0 || insns.off[n] !== 0) {
    fail(env.log, EINVAL, "invalid bpf_ld_imm64 insn");
  }
  const src = insns.src[i]!;
  const isValue = src === 2 || src === 6;
  if (src === 3) checkPseudoBtf(env, i);
  if (src === 0 || src === 3 || src === 4) return;
  if (!isValue && !((src === 1 || src === 5) && insns.imm[n] === 0)) {
    fail(env.log, EINVAL, "unrecognized bpf_ld_imm64 insn");
  }
  if (src === 1 || src === 2) fail(env.log, EINVAL, `fd ${insns.imm[i]} is not pointing to valid bpf_map`);
  const map = env.maps[insns.imm[i]!];
  // Behind the program's own stand the inner ones, which no insn names.
  if (map === undefined || map.index >= env.prog.maps.length)
    fail(env.log, EPROTO, `fd ${insns.imm[i]} is not pointing to valid bpf_map`);
  if (!used.has(map.index)) {
    if (used.size >= 64) {
      fail(env.log, E2BIG, "The total number of maps per program has reached the limit of 64");
    }
    checkMapProgram(env, map);
    used.add(map.index);
  }
  if (!isValue) return;
  const off = insns.imm[n]! >>> 0;
  if (off >= BPF_MAX_VAR_OFF) fail(env.log, EINVAL, `direct value offset of ${off} is not allowed`);
  const { type, maxEntries, valueSize } = map.spec;
  const direct = type === 2 || type === 33;
  if (!direct) fail(env.log, EINVAL, "no direct value access support for this map type");
  const size = type === 33 ? maxEntries * 4096 : valueSize;
  if ((type === 2 && maxEntries !== 1) || off >= size) {
    fail(env.log, EINVAL, `invalid access to map value pointer, value_size=${valueSize} off=${off}`);
  }
}

const DISCOVERED = 0x10;
const EXPLORED = 0x20;
const FALLTHROUGH = 1;
const BRANCH = 2;

interface Walk {
  readonly env: Env;
  readonly state: Uint8Array;
  readonly stack: Int32Array;
  size: number;
}

/** True where the walk goes on at `w`. */
function pushInsn(walk: Walk, t: number, w: number, edge: number): boolean {
  const { env, state } = walk;
  if (state[t]! >= (DISCOVERED | edge)) return false;
  if (w < 0 || w >= env.insns.length) {
    writeLine(env.log, t, `${t}: `);
    fail(env.log, EINVAL, `jump out of range from insn ${t} to ${w}`);
  }
  if (edge === BRANCH) {
    env.aux.prunePoint[w] = 1;
    env.aux.jmpPoint[w] = 1;
  }
  if (state[w] === 0) {
    state[t] = DISCOVERED | edge;
    state[w] = DISCOVERED;
    walk.stack[walk.size++] = w;
    return true;
  }
  if ((state[w]! & 0xf0) === DISCOVERED) {
    if (env.bpfCapable) return false;
    writeLine(env.log, t, `${t}: `);
    writeLine(env.log, w, `${w}: `);
    fail(env.log, EINVAL, `back-edge from insn ${t} to ${w}`);
  }
  state[t] = DISCOVERED | edge;
  return false;
}

function visitCall(walk: Walk, t: number, intoCallee: boolean): boolean {
  const { env } = walk;
  const size = env.insns.code[t] === LD_IMM64 ? 2 : 1;
  if (pushInsn(walk, t, t + size, FALLTHROUGH)) return true;
  env.aux.prunePoint[t + size] = 1;
  env.aux.jmpPoint[t + size] = 1;
  if (!intoCallee) return false;
  const w = t + env.insns.imm[t]! + 1;
  env.aux.prunePoint[t] = 1;
  const caller = containingSubprog(env, t);
  const callee = containingSubprog(env, w);
  caller.changesPkt ||= callee.changesPkt;
  caller.mightSleep ||= callee.mightSleep;
  return pushInsn(walk, t, w, BRANCH);
}

function visitCallInsn(walk: Walk, t: number): boolean {
  const { env } = walk;
  const { aux, insns } = env;
  if (isAsyncCallbackCall(env, t)) aux.prunePoint[t] = 1;
  if (isSyncCallbackCall(env, t)) {
    aux.callsCallback[t] = 1;
    aux.forceCheckpoint[t] = 1;
    aux.prunePoint[t] = 1;
    aux.jmpPoint[t] = 1;
  }
  if (insns.src[t] === 0) {
    const id = insns.imm[t]!;
    // An EXT program has no helpers of its own yet: the kernel asks before it knows the target.
    if (env.extend === null && protoOf(env, id)?.row.mightSleep) containingSubprog(env, t).mightSleep = true;
    if (HELPERS[id]?.changesPkt) containingSubprog(env, t).changesPkt = true;
  } else if (insns.src[t] === 2) {
    const kfunc = kfuncAt(env, t);
    if (kfunc?.isIterNext) {
      aux.prunePoint[t] = 1;
      aux.forceCheckpoint[t] = 1;
    }
    if (kfunc?.isSleepable) containingSubprog(env, t).mightSleep = true;
    if (kfunc?.changesPkt) containingSubprog(env, t).changesPkt = true;
  }
  return visitCall(walk, t, insns.src[t] === 1);
}

function visitInsn(walk: Walk, t: number): boolean {
  const { env } = walk;
  const { insns, aux } = env;
  const code = insns.code[t]!;
  if (code === LD_IMM64 && insns.src[t] === 4) return visitCall(walk, t, true);
  const cls = code & 7;
  if (cls !== 5 && cls !== 6) return pushInsn(walk, t, t + (code === LD_IMM64 ? 2 : 1), FALLTHROUGH);
  switch (code & 0xf0) {
    case 0x90:
      return false;
    case 0x80:
      return visitCallInsn(walk, t);
    case 0x00: {
      const to = t + jumpOff(insns, t) + 1;
      if (pushInsn(walk, t, to, FALLTHROUGH)) return true;
      aux.prunePoint[to] = 1;
      aux.jmpPoint[to] = 1;
      return false;
    }
    default:
      aux.prunePoint[t] = 1;
      if (code === MAY_GOTO) aux.forceCheckpoint[t] = 1;
      if (pushInsn(walk, t, t + 1, FALLTHROUGH)) return true;
      return pushInsn(walk, t, t + insns.off[t]! + 1, BRANCH);
  }
}

/** Walks every edge depth first: nothing unreachable, no jump into the middle of an insn. */
export function checkCfg(env: Env): void {
  const { insns } = env;
  const n = insns.length;
  const walk: Walk = { env, state: new Uint8Array(n), stack: new Int32Array(n), size: 0 };
  const begin = (at: number): void => {
    walk.state[at] = DISCOVERED;
    walk.stack[0] = at;
    walk.size = 1;
    while (walk.size > 0) {
      const t = walk.stack[walk.size - 1]!;
      if (visitInsn(walk, t)) continue;
      walk.state[t] = EXPLORED;
      walk.size--;
    }
  };
  begin(0);
  const exceptional = env.exceptionCallback > 0 ? env.subprogs[env.exceptionCallback]!.start : 0;
  if (exceptional > 0 && walk.state[exceptional] !== EXPLORED) begin(exceptional);
  for (let i = 0; i < n; i++) {
    if (walk.state[i] !== EXPLORED) fail(env.log, EINVAL, `unreachable insn ${i}`);
    if (insns.code[i] === LD_IMM64) {
      if (walk.state[i + 1] !== 0) fail(env.log, EINVAL, `jump into the middle of ldimm64 insn ${i}`);
      i++;
    }
  }
}
