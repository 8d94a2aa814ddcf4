/** What the failing path holds, and the calls that give it back: a check that leaves the function has to, first. */
import type { Insn } from "../isa/insn.ts";
import { type Case, calleeName, nameOf } from "./explain-case.ts";
import { OFF, REF, REG_WORDS, type Words } from "./regs.ts";
import { REF_TYPE_PTR, REF_WORDS } from "./state.ts";

export interface ReleaseHelper {
  readonly name: string;
  readonly id: number;
  /** Takes flags after the pointer. */
  readonly flags: boolean;
}

const DISCARD: ReleaseHelper = { name: "bpf_ringbuf_discard", id: 133, flags: true };
const SK_RELEASE: ReleaseHelper = { name: "bpf_sk_release", id: 86, flags: false };

/** The helper that gives back what `producer` gave; null where that is no helper of one pointer. */
export function releaseHelper(producer: string): ReleaseHelper | null {
  if (/ringbuf_reserve$/.test(producer)) return DISCARD;
  return /sk_lookup|skc_lookup/.test(producer) ? SK_RELEASE : null;
}

export interface Holder {
  readonly reg: number;
  /** What has to be added to reach the object's start. */
  readonly add: number;
}

/** A register that points to the object of this reference. */
export function holderOf(w: Words, ref: number, regs: readonly number[]): Holder | null {
  for (const reg of regs) {
    const at = reg * REG_WORDS;
    if (w[at + REF] === ref) return { reg, add: -w[at + OFF]! };
  }
  return null;
}

const KEPT_OVER_CALLS = [6, 7, 8, 9];

export interface GivenBack {
  readonly insns: readonly Insn[];
  /** "bpf_ringbuf_discard(audit, 0); " */
  readonly said: string;
}

/** Calls that give back what registers `w` hold, but for the reference `except`. What cannot be given back is left out. */
export function giveBack(c: Case, w: Words, except: number): GivenBack {
  const { cur } = c.path.env;
  const insns: Insn[] = [];
  let said = "";
  for (let i = 0; i < cur.refCount; i++) {
    const at = i * REF_WORDS;
    const id = cur.refs[at + 1]!;
    const made = cur.refs[at + 2]!;
    if (cur.refs[at] !== REF_TYPE_PTR || id === except) continue;
    const helper = releaseHelper(calleeName(c.prog, made));
    const holder = holderOf(w, id, KEPT_OVER_CALLS);
    if (helper === null || holder === null) continue;
    insns.push(...releaseInsns(helper, holder));
    const name = nameOf(c.prog, { step: c.path.at.lastIndexOf(made), insn: made, reg: 0 });
    said += `${helper.name}(${name === "" ? "..." : name}${helper.flags ? ", 0" : ""}); `;
  }
  return { insns, said };
}

export function releaseInsns(helper: ReleaseHelper, { reg, add }: Holder): Insn[] {
  return [
    ...(reg === 1 ? [] : [{ code: 0xbf, dst: 1, src: reg, off: 0, imm: 0 }]),
    ...(add === 0 ? [] : [{ code: 0x07, dst: 1, src: 0, off: 0, imm: add }]),
    ...(helper.flags ? [{ code: 0xb7, dst: 2, src: 0, off: 0, imm: 0 }] : []),
    { code: 0x85, dst: 0, src: 0, off: 0, imm: helper.id },
  ];
}
