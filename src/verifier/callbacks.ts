/** The registers that a callback begins with, by the helper or kfunc that calls it. Source: set_*_callback_state. */
import { EOPNOTSUPP } from "../base/errno.ts";
import { uninitReg } from "./args.ts";
import type { EntrySetter } from "./calls.ts";
import { DYNPTR_LOCAL, markDynptrReg } from "./dynptr.ts";
import type { Env } from "./env.ts";
import { fail } from "./log.ts";
import {
  BTF_KERNEL,
  CONST_PTR_TO_MAP,
  copyReg,
  markKnown,
  PTR_TO_BTF_ID,
  PTR_TO_MAP_KEY,
  PTR_TO_MAP_VALUE,
  RAW0,
  RAW1,
  REG_WORDS,
  SCALAR_VALUE,
} from "./regs.ts";
import type { Frame } from "./state.ts";

const INT_MIN = -2147483648;
const INT_MAX = 2147483647;
/** hash, array, percpu_hash, percpu_array, lru_hash, lru_percpu_hash: maps that for_each walks. */
const FOR_EACH_MAPS = new Set([1, 2, 5, 6, 9, 10]);

function setMapReg(frame: Frame, r: number, type: number, map: number): void {
  const at = r * REG_WORDS;
  frame.w[at] = type;
  markKnown(frame.w, at, 0, 0);
  frame.w[at + RAW0] = map;
}

function uninitFrom(env: Env, frame: Frame, first: number): void {
  for (let r = first; r <= 5; r++) uninitReg(env, frame.w, r * REG_WORDS);
}

function syncCallback(frame: Frame): void {
  frame.inCallback = true;
  frame.retMin = 0;
  frame.retMax = 1;
}

export const mapElemEntry: EntrySetter = (env, caller, callee, insn) => {
  const map = env.maps[env.aux.callMap[insn]! - 1]!;
  if (!FOR_EACH_MAPS.has(map.spec.type)) fail(env.log, EOPNOTSUPP, "callback function not allowed for map");
  const number = caller.w[REG_WORDS + RAW0]!;
  copyReg(callee.w, REG_WORDS, caller.w, REG_WORDS);
  setMapReg(callee, 2, PTR_TO_MAP_KEY, number);
  setMapReg(callee, 3, PTR_TO_MAP_VALUE, number);
  copyReg(callee.w, 4 * REG_WORDS, caller.w, 3 * REG_WORDS);
  uninitFrom(env, callee, 5);
  syncCallback(callee);
};

export const loopEntry: EntrySetter = (env, caller, callee) => {
  callee.w[REG_WORDS] = SCALAR_VALUE;
  copyReg(callee.w, 2 * REG_WORDS, caller.w, 3 * REG_WORDS);
  uninitFrom(env, callee, 3);
  syncCallback(callee);
};

function mapTriple(env: Env, callee: Frame, map: number): void {
  setMapReg(callee, 1, CONST_PTR_TO_MAP, map);
  setMapReg(callee, 2, PTR_TO_MAP_KEY, map);
  setMapReg(callee, 3, PTR_TO_MAP_VALUE, map);
  uninitFrom(env, callee, 4);
  callee.inAsyncCallback = true;
}

export const timerEntry: EntrySetter = (env, caller, callee) => {
  mapTriple(env, callee, caller.w[REG_WORDS + RAW0]!);
  callee.retMin = 0;
  callee.retMax = 0;
};

export const taskWorkEntry: EntrySetter = (env, caller, callee) => {
  mapTriple(env, callee, caller.w[3 * REG_WORDS + RAW0]!);
  callee.retMin = INT_MIN;
  callee.retMax = INT_MAX;
};

export const findVmaEntry: EntrySetter = (env, caller, callee) => {
  copyReg(callee.w, REG_WORDS, caller.w, REG_WORDS);
  const at = 2 * REG_WORDS;
  callee.w[at] = PTR_TO_BTF_ID;
  markKnown(callee.w, at, 0, 0);
  callee.w[at + RAW0] = BTF_KERNEL;
  callee.w[at + RAW1] = env.prog.kernelBtf?.find("vm_area_struct", "struct") ?? 0;
  copyReg(callee.w, 3 * REG_WORDS, caller.w, 4 * REG_WORDS);
  uninitFrom(env, callee, 4);
  syncCallback(callee);
};

export const userRingbufEntry: EntrySetter = (env, caller, callee) => {
  uninitReg(env, callee.w, 0);
  markDynptrReg(callee.w, REG_WORDS, DYNPTR_LOCAL, true, ++env.idGen);
  copyReg(callee.w, 2 * REG_WORDS, caller.w, 3 * REG_WORDS);
  uninitFrom(env, callee, 3);
  syncCallback(callee);
};
