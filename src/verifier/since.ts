/**
 * What a kernel older than 6.18 lacks: program types, attach types, map types, insns, kfuncs. Helpers are left out of the
 * prototypes, fields of the ctx where they are accessed. An older kernel refuses them with less said than here.
 */
import { attachType } from "../abi/attach-types.ts";
import { kfuncSinceIn } from "../abi/kfunc-since.ts";
import { mapType } from "../abi/map-types.ts";
import { progType } from "../abi/prog-types.ts";
import { compareVersions, hasSince } from "../abi/since.ts";
import { EINVAL, EOPNOTSUPP } from "../base/errno.ts";
import { opAt } from "../isa/ops.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";
import { PTR_TO_ARENA } from "./regs.ts";

/** The tables as a whole are of this one. */
const NEWEST = "6.18";
const CALL = 0x85;
const LD_IMM64 = 0x18;
const PSEUDO_KFUNC = 2;
const PSEUDO_BTF_ID = 3;
const PSEUDO_FUNC = 4;
/** Types whose attach type the load itself looks at: sock, sock_addr, skb, sockopt, sk_lookup, sk_reuseport, tracing, lsm. */
const ATTACH_CHECKED = new Set([8, 9, 18, 21, 25, 26, 29, 30]);
const LDX = 0x01;
const CLASS_MASK = 0x07;
const MODE_MASK = 0xe0;
const MEMSX = 0x80;

/** Before any path is walked. */
export function checkSince(env: Env): void {
  const { insns, kernel, log, maps } = env;
  if (compareVersions(kernel, NEWEST) >= 0) return;
  const type = progType(env.progType);
  if (type !== undefined && !hasSince(kernel, type.since)) {
    fail(log, EINVAL, `unrecognized program type ${type.word}: since Linux ${type.since}, this is ${kernel}`);
  }
  const attach = ATTACH_CHECKED.has(env.progType) ? attachType(env.attachType) : undefined;
  if (attach !== undefined && !hasSince(kernel, attach.since)) {
    fail(log, EINVAL, `unrecognized attach type ${attach.word}: since Linux ${attach.since}, this is ${kernel}`);
  }
  for (const { spec } of maps) {
    const row = mapType(spec.type);
    if (row === undefined || hasSince(kernel, row.since)) continue;
    fail(log, EINVAL, `unrecognized map type ${row.word}: since Linux ${row.since}, this is ${kernel}`);
  }
  for (let i = 0; i < insns.length; i++) {
    const op = opAt(insns, i);
    env.insnIdx = i;
    // Maps by index are how objects name them here: loaders write descriptors.
    const isMap = op?.kind === "lddw" && insns.src[i] !== PSEUDO_BTF_ID && insns.src[i] !== PSEUDO_FUNC;
    if (op !== undefined && op.since !== "" && !isMap && !hasSince(kernel, op.since)) {
      const code = insns.code[i]!.toString(16).padStart(2, "0");
      fail(log, EINVAL, `unknown opcode ${code}: ${op.name} is there since Linux ${op.since}, this is ${kernel}`);
    }
    if (insns.code[i] === CALL && insns.src[i] === PSEUDO_KFUNC) checkKfunc(env, insns.imm[i]!);
    if (insns.code[i] === LD_IMM64) i++;
  }
  env.insnIdx = -1;
}

function checkKfunc(env: Env, id: number): void {
  const btf = env.prog.kernelBtf;
  if (btf === null || id <= 0 || id >= btf.length) return;
  const { name } = btf.type(id);
  const since = kfuncSinceIn(name, env.progType, env.attachType) ?? NEWEST;
  if (hasSince(env.kernel, since)) return;
  fail(env.log, EINVAL, `calling kernel function ${name} is not allowed: since Linux ${since}, this is ${env.kernel}`);
}

/** After the walk, where the kernel rewrites loads from an arena. */
export function checkArenaLoads(env: Env): void {
  const { insns, aux, kernel } = env;
  if (env.arena === null || hasSince(kernel, "6.18")) return;
  for (let i = 0; i < insns.length; i++) {
    const code = insns.code[i]!;
    if ((code & CLASS_MASK) !== LDX || (code & MODE_MASK) !== MEMSX || aux.ptrType[i] !== PTR_TO_ARENA) continue;
    fail(env.log, EOPNOTSUPP, "sign extending loads from arena are not supported yet");
  }
}
