/**
 * The verifier: walks every path of a program with what is known of each register, refuses what could harm, and gives the
 * value that engines accept. It decides as Linux 6.18 does; `log` and `stats` are the kernel's too.
 *
 *     verify(prog)  ->  { ok: true, prog: VerifiedProg, stats: { processed: 34, ... }, log: "" }
 *                   ->  { ok: false, error: { code: "V001", kernel: "R2 !read_ok", insn: 0, ... }, ... }
 *
 * Source: kernel/bpf/verifier.c, bpf_check, do_check.
 */
import { progTypeWord } from "../abi/prog-types.ts";
import { E2BIG, EINVAL, EPERM, errnoName } from "../base/errno.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { sealVerified, type VerifiedProg } from "../obj/verified.ts";
import { checkAttach } from "./attach.ts";
import { addSubprogs, checkCfg, checkFuncInfo, checkOpcodes, checkSubprogs } from "./cfg.ts";
import { checkDeadCallbacks } from "./dead-callbacks.ts";
import { checkStackDepth } from "./depth.ts";
import { type Diagnostic, diagnose } from "./diagnostic.ts";
import type { Env } from "./env.ts";
import { checkExtension } from "./extend.ts";
import { collectFacts } from "./facts.ts";
import { dropFastcallStack, markFastcalls } from "./fastcall.ts";
import { computeLiveRegs, computePostorder, computeScc } from "./graph.ts";
import { fail, logText, Reject, resetLog, say } from "./log.ts";
import { newEnv, type VerifyOptions } from "./options.ts";
import { checkArenaLoads, checkSince } from "./since.ts";
import { statsOf, type VerifyStats, writeStats } from "./stats.ts";
import { walkMain, walkSubprogs } from "./walk.ts";

export type { Diagnostic } from "./diagnostic.ts";
export type { VerifyOptions } from "./options.ts";
export type { VerifyStats } from "./stats.ts";

export interface VerifyResult {
  readonly ok: boolean;
  readonly prog?: VerifiedProg;
  readonly error?: Diagnostic;
  /** In the kernel's format, by VerifyOptions.logLevel. */
  readonly log: string;
  readonly stats: VerifyStats;
}

const MAX_INSNS = 1_000_000;
const CALL = 0x85;
const PSEUDO_KFUNC = 2;
const EXT = 28;

/** BPF_MAXINSNS: what a program without CAP_BPF may have. */
const MAX_UNPRIVILEGED_INSNS = 4096;
const UNPRIVILEGED_TYPES = new Set([1, 8]); // socket_filter, cgroup_skb

/** Source: kernel/bpf/syscall.c, bpf_prog_load. The kernel says nothing: these are refused before its verifier runs. */
function refusePrivilegedOnly(env: Env): void {
  const { insns, log, progType } = env;
  if (insns.length > MAX_UNPRIVILEGED_INSNS) {
    fail(
      log,
      E2BIG,
      `program of ${insns.length} instructions is too large without CAP_BPF: ${MAX_UNPRIVILEGED_INSNS} is the limit`,
    );
  }
  if (!UNPRIVILEGED_TYPES.has(progType)) {
    fail(log, EPERM, `programs of type ${progTypeWord(progType)} are allowed only to CAP_BPF`);
  }
}

function check(env: Env): void {
  if (env.insns.length === 0) {
    say(env.log, "program is empty");
    throw new Reject(EINVAL);
  }
  if (env.insns.length > MAX_INSNS) {
    say(env.log, `program of ${env.insns.length} instructions is too large`);
    throw new Reject(E2BIG);
  }
  if (!env.bpfCapable) refusePrivilegedOnly(env);
  checkSince(env);
  addSubprogs(env);
  checkSubprogs(env);
  checkFuncInfo(env);
  checkOpcodes(env);
  checkCfg(env);
  computePostorder(env);
  env.attach = env.prog.spec.type === EXT ? checkExtension(env, env.extend) : checkAttach(env);
  // Which helpers there are depends on it, and the cfg asked before.
  env.protos.clear();
  computeScc(env);
  computeLiveRegs(env);
  markFastcalls(env);
  walkMain(env);
  walkSubprogs(env);
  dropFastcallStack(env);
  env.insnIdx = -1;
  checkStackDepth(env);
  env.rewritten = true;
  checkArenaLoads(env);
  refuseMissingKfuncs(env);
  checkDeadCallbacks(env);
  refuseMixedTailCalls(env);
}

const TAIL_CALL = 12;

/** A tail call through different maps cannot be masked. */
function refuseMixedTailCalls(env: Env): void {
  const { insns, aux, allowPtrLeaks } = env;
  if (allowPtrLeaks) return;
  for (let i = 0; i < insns.length; i++) {
    if (insns.code[i] !== CALL || insns.src[i] !== 0 || insns.imm[i] !== TAIL_CALL || aux.factMap[i]! >= 0) continue;
    fail(env.log, EINVAL, "tail_call abusing map_ptr");
  }
}

/** Calls of kfuncs that this kernel lacks are for dead code only. */
function refuseMissingKfuncs(env: Env): void {
  const { insns, aux } = env;
  for (let i = 0; i < insns.length; i++) {
    if (aux.seen[i] === 0 || insns.code[i] !== CALL || insns.src[i] !== PSEUDO_KFUNC || insns.imm[i] !== 0) continue;
    fail(env.log, EINVAL, "invalid kernel function call not eliminated in verifier pass");
  }
}

function refusal(env: Env, errno: number): Diagnostic {
  const insn = env.insnIdx;
  const lines = env.prog.spec.lines;
  let line = null;
  for (const info of lines) if (info.insnIdx <= insn) line = info;
  const kernel = env.log.said.length > 0 ? env.log.said.join("\n") : errnoName(errno);
  return diagnose(kernel, errno, insn, insn < 0 ? null : line, env.prog.spec.name);
}

/** Never throws for a bad program: that is a result. */
export function verify(prog: ResolvedProg, options: VerifyOptions = {}): VerifyResult {
  const started = performance.now();
  const env = newEnv(prog, options);
  try {
    check(env);
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    const stats = statsOf(env, started);
    writeStats(env, stats);
    return { ok: false, error: refusal(env, error.errno), log: logText(env.log), stats };
  }
  const stats = statsOf(env, started);
  if (env.log.level < 2) resetLog(env.log, 0);
  writeStats(env, stats);
  if (options.endsPath !== undefined) return { ok: true, log: logText(env.log), stats };
  const verified = sealVerified({
    prog,
    facts: collectFacts(env),
    stackDepth: prog.spec.funcs.map((f) => env.subprogs.find((s) => s.start === f.insnIdx)?.stackDepth ?? 0),
    safe: true,
  });
  return { ok: true, prog: verified, log: logText(env.log), stats };
}
