/** Accesses through pointers to kernel objects, and the ctx of types that BTF describes. */
import { EACCES } from "../base/errno.ts";
import { type Env, regsOf } from "./env.ts";
import { fail } from "./log.ts";
import { typeText } from "./print.ts";
import { REG_WORDS } from "./regs.ts";

export function btfCtxAccess(env: Env, off: number, size: number, _type: number, _value: number): void {
  fail(env.log, EACCES, `invalid bpf_context access off=${off} size=${size}`);
}

export function checkBtfAccess(env: Env, r: number, _off: number, _size: number, _type: number, _value: number): void {
  fail(env.log, EACCES, `R${r} invalid mem access '${typeText(regsOf(env)[r * REG_WORDS]!)}'`);
}

export function checkMapPtrAccess(
  env: Env,
  r: number,
  _off: number,
  _size: number,
  _type: number,
  _value: number,
): void {
  fail(env.log, EACCES, `R${r} invalid mem access 'map_ptr'`);
}
