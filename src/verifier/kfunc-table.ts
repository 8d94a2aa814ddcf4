/** Kernel functions that a program calls, as the kernel's BTF describes them. */
import type { Env } from "./env.ts";

export interface Kfunc {
  readonly name: string;
  readonly params: readonly { readonly name: string; readonly typeId: number }[];
  readonly isVoid: boolean;
  readonly fastcall: boolean;
  readonly isIterNext: boolean;
  readonly isSleepable: boolean;
  readonly changesPkt: boolean;
  readonly callsSyncCallback: boolean;
  readonly callsAsyncCallback: boolean;
}

/** The kfunc that the call at `i` names; null where it is unknown. */
export function kfuncAt(_env: Env, _i: number): Kfunc | null {
  return null;
}
