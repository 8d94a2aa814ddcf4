/**
 * What an EXT (freplace) program must be like to stand for a function of another program: of the same prototype, and doing
 * nothing to packets or to sleep that the function does not. It is then verified as that program's type.
 * Source: kernel/bpf/verifier.c, bpf_check_attach_target; kernel/bpf/btf.c, btf_check_func_type_match.
 */
import { EINVAL, ENOTSUPP } from "../base/errno.ts";
import type { BtfFunc, BtfFuncProto, BtfType, BtfView } from "../btf/types.ts";
import type { ResolvedProg } from "../obj/spec.ts";
import { type Attach, checkAttach } from "./attach.ts";
import { addSubprogs, checkCfg, checkFuncInfo, checkOpcodes, checkSubprogs } from "./cfg.ts";
import type { Env, Subprog } from "./env.ts";
import { checkFuncModel } from "./func-model.ts";
import { fail, type Log, Reject } from "./log.ts";
import { newEnv } from "./options.ts";
import { checkMainArgs } from "./walk.ts";

const TRACING = 26;
const EXT = 28;
const TRACE_FENTRY = 24;
const TRACE_FEXIT = 25;
const KIND_WORDS: Readonly<Record<string, string>> = { void: "UNKNOWN" };

/** What the ctx of the extended program is, where BTF describes it. `target` is null where the caller named none. */
export function checkExtension(env: Env, target: ResolvedProg | null): Attach | null {
  const { log } = env;
  if (env.sleepable) {
    fail(log, EINVAL, "Only fentry/fexit/fmod_ret, lsm, iter, uprobe, and struct_ops programs can be sleepable");
  }
  if (target === null) fail(log, EINVAL, "Tracing programs must provide btf_id");
  if (target.btf === null) {
    fail(log, EINVAL, "FENTRY/FEXIT program can only be attached to another program annotated with BTF");
  }
  if (target.spec.type === EXT) fail(log, EINVAL, "Cannot recursively attach");
  const name = env.prog.spec.attachTo;
  const targetEnv = prepared(env, target);
  const replaced = targetEnv.subprogs.find((each) => each.typeId !== 0 && each.name === name);
  if (replaced === undefined) fail(log, EINVAL, `Subprog ${name} doesn't exist`);
  if (replaced.isExceptionCallback) fail(log, EINVAL, "Extension programs cannot attach to exception callback");
  if (replaced.unreliable) fail(log, EINVAL, "Cannot replace static functions");
  compareEffects(log, env.subprogs[0]!, replaced);
  const { expectedAttachType } = target.spec;
  if (target.spec.type === TRACING && (expectedAttachType === TRACE_FENTRY || expectedAttachType === TRACE_FEXIT)) {
    fail(log, EINVAL, "Cannot extend fentry/fexit");
  }
  const proto = matchedProto(env, target.btf, replaced.typeId);
  checkFuncModel(log, target.btf, proto, name);
  return targetEnv.attach;
}

/** The target as far as its functions need to be known. */
function prepared(env: Env, target: ResolvedProg): Env {
  const targetEnv = newEnv(target, { kernel: env.kernel, hasSymbol: env.hasSymbol });
  try {
    addSubprogs(targetEnv);
    checkSubprogs(targetEnv);
    checkFuncInfo(targetEnv);
    checkOpcodes(targetEnv);
    checkCfg(targetEnv);
    targetEnv.attach = checkAttach(targetEnv);
    checkMainArgs(targetEnv);
  } catch (error) {
    if (error instanceof Reject) fail(env.log, EINVAL, `The program ${target.spec.name} to extend is refused itself`);
    throw error;
  }
  return targetEnv;
}

function compareEffects(log: Log, ours: Subprog, theirs: Subprog): void {
  if (ours.changesPkt && !theirs.changesPkt) {
    fail(log, EINVAL, "Extension program changes packet data, while original does not");
  }
  if (ours.mightSleep && !theirs.mightSleep) fail(log, EINVAL, "Extension program may sleep, while original does not");
}

/** The target function's prototype, which the extension's own must equal. */
function matchedProto(env: Env, targetBtf: BtfView, targetId: number): BtfFuncProto {
  const { log } = env;
  const { btf } = env.prog;
  const id = env.subprogs[0]!.typeId;
  if (btf === null || id === 0) fail(log, EINVAL, "Program extension requires BTF");
  const [ours, theirs] = [globalFunc(log, btf, id), globalFunc(log, targetBtf, targetId)];
  const [a, b] = [btf.type(ours.typeId), targetBtf.type(theirs.typeId)];
  if (a.kind !== "func_proto" || b.kind !== "func_proto") throw new Reject(ENOTSUPP);
  const [fn1, fn2] = [ours.name, theirs.name];
  if (a.params.length !== b.params.length) {
    fail(log, EINVAL, `${fn1}() has ${a.params.length} args while ${fn2}() has ${b.params.length} args`);
  }
  const [ret1, ret2] = [btf.type(btf.skipMods(a.retTypeId)), targetBtf.type(targetBtf.skipMods(b.retTypeId))];
  if (!sameInfo(ret1, ret2)) {
    const words = `Return type ${kindWord(ret1)} of ${fn1}() doesn't match type ${kindWord(ret2)} of ${fn2}()`;
    fail(log, EINVAL, words);
  }
  a.params.forEach((param, i) => {
    const t1 = btf.type(btf.skipMods(param.typeId));
    const t2 = targetBtf.type(targetBtf.skipMods(b.params[i]!.typeId));
    if (!sameInfo(t1, t2)) {
      fail(log, EINVAL, `arg${i} in ${fn1}() is ${kindWord(t1)} while ${fn2}() has ${kindWord(t2)}`);
    }
    if ("sizeBytes" in t1 && "sizeBytes" in t2 && t1.sizeBytes !== t2.sizeBytes) {
      fail(log, EINVAL, `arg${i} in ${fn1}() has size ${t1.sizeBytes} while ${fn2}() has ${t2.sizeBytes}`);
    }
    if (t1.kind === "int" || t1.kind === "enum" || t1.kind === "enum64") return;
    if (t1.kind !== "ptr" || t2.kind !== "ptr") fail(log, EINVAL, `arg${i} in ${fn1}() has unrecognized type`);
    const s1 = btf.type(btf.skipMods(t1.typeId));
    const s2 = targetBtf.type(targetBtf.skipMods(t2.typeId));
    if (!isComposite(s1)) fail(log, EINVAL, `arg${i} in ${fn1}() is not a pointer to context`);
    if (!isComposite(s2)) fail(log, EINVAL, `arg${i} in ${fn2}() is not a pointer to context`);
    if (s1.name !== s2.name) {
      fail(log, EINVAL, `arg${i} ${fn1}(struct ${s1.name} *) doesn't match ${fn2}(struct ${s2.name} *)`);
    }
  });
  return b;
}

function globalFunc(log: Log, btf: BtfView, id: number): BtfFunc {
  const func = btf.type(id);
  if (func.kind !== "func") throw new Reject(EINVAL);
  if (func.linkage !== "global") fail(log, EINVAL, `${func.name}() is not a global function`);
  return func;
}

/** As the kernel compares btf_type.info: kind, kind flag and number of members. */
function sameInfo(a: BtfType, b: BtfType): boolean {
  if (a.kind !== b.kind) return false;
  if (isComposite(a) && isComposite(b)) return a.members.length === b.members.length;
  if (isEnum(a) && isEnum(b)) return a.signed === b.signed && a.values.length === b.values.length;
  return true;
}

function isComposite(type: BtfType): type is Extract<BtfType, { kind: "struct" | "union" }> {
  return type.kind === "struct" || type.kind === "union";
}

function isEnum(type: BtfType): type is Extract<BtfType, { kind: "enum" | "enum64" }> {
  return type.kind === "enum" || type.kind === "enum64";
}

function kindWord(type: BtfType): string {
  return KIND_WORDS[type.kind] ?? type.kind.toUpperCase();
}
