/**
 * A program with instructions put in, for trying what advice would do: jumps, calls, functions and source lines follow.
 *
 *     insert at 5                 insert at 5, aside               on the edge of jump 3 -> 8
 *     4: ...                      4: ...                           3: if ... goto B
 *        new  <- jumps to 5          new  (fall through only)      ...
 *     5: ...                      5: ...  <- jumps to 5            B: new; goto 8     (behind the function)
 *
 * The result is judged by the verifier and shown to people; engines never see it.
 */
import type { InsnBuf } from "../isa/insn.ts";
import { type Insn, insnAt, insnBuf, setInsn } from "../isa/insn.ts";
import type { ResolvedProg } from "../obj/spec.ts";

export type Edit =
  /** Before slot `at`; with `aside`, what jumps there goes past the new instructions. */
  | { readonly kind: "insert"; readonly at: number; readonly insns: readonly Insn[]; readonly aside?: boolean }
  | { readonly kind: "replace"; readonly at: number; readonly insn: Insn }
  /** Run only where the jump at `at` is taken. */
  | { readonly kind: "edge"; readonly at: number; readonly insns: readonly Insn[] };

export interface Patch {
  readonly edits: readonly Edit[];
  readonly license?: string;
  readonly sleepable?: boolean;
}

export interface Patched {
  readonly prog: ResolvedProg;
  /** Slot of the program before; of a new instruction the slot that it stands before. */
  readonly toOld: (insn: number) => number;
  readonly toNew: (insn: number) => number;
  /** Slots that the patch put in or replaced, ascending. */
  readonly fresh: readonly number[];
}

const JA = 0x05;
const JA32 = 0x06;
const CALL = 0x85;
const EXIT = 0x95;
const LD_IMM64 = 0x18;

interface Insertion {
  readonly at: number;
  readonly insns: readonly Insn[];
  readonly aside: boolean;
  /** Slot of the jump that leads here, -1 for none. */
  readonly from: number;
}

/** Null where a jump would have to reach too far. */
export function applyPatch(prog: ResolvedProg, patch: Patch): Patched | null {
  const { insns, spec } = prog;
  const added = patch.edits.flatMap((edit) => insertionOf(prog, edit)).sort((a, b) => a.at - b.at);
  const moved = (i: number): number => i + grown(added, (one) => one.at <= i);
  // Where something that leads to slot i leads now.
  const target = (i: number): number => i + grown(added, (one) => one.at < i || (one.at === i && one.aside));
  const out = insnBuf(insns.length + grown(added, () => true));
  const fresh: number[] = [];
  const places = new Map<number, number>();
  let at = 0;
  const put = (i: number): void => {
    for (const one of added) {
      if (one.at !== i) continue;
      if (one.from >= 0) places.set(one.from, at);
      for (const insn of one.insns) {
        fresh.push(at);
        setInsn(out, at++, insn);
      }
    }
  };
  for (let i = 0; i < insns.length; i++) {
    put(i);
    setInsn(out, at++, insnAt(insns, i));
  }
  put(insns.length);
  for (let i = 0; i < insns.length; i++) if (!redirect(insns, i, out, moved(i), target)) return null;
  for (const edit of patch.edits) {
    if (edit.kind === "replace") {
      setInsn(out, moved(edit.at), edit.insn);
      fresh.push(moved(edit.at));
    } else if (edit.kind === "edge" && !bendEdge(insns, edit, out, moved, target, places)) return null;
  }
  fresh.sort((a, b) => a - b);
  return {
    prog: {
      ...prog,
      insns: out,
      license: patch.license ?? prog.license,
      spec: {
        ...spec,
        insns: out,
        sleepable: patch.sleepable ?? spec.sleepable,
        funcs: spec.funcs.map((func) => ({ ...func, insnIdx: target(func.insnIdx) })),
        lines: spec.lines.map((line) => ({ ...line, insnIdx: target(line.insnIdx) })),
        relocs: spec.relocs.map((reloc) => ({ ...reloc, insnIdx: moved(reloc.insnIdx) })),
        coreRelos: spec.coreRelos.map((relo) => ({ ...relo, insnIdx: moved(relo.insnIdx) })),
      },
    },
    fresh,
    toNew: moved,
    toOld(insn) {
      let old = 0;
      while (old + 1 < insns.length && moved(old) < insn) old++;
      return old;
    },
  };
}

function grown(added: readonly Insertion[], counts: (one: Insertion) => boolean): number {
  let sum = 0;
  for (const one of added) if (counts(one)) sum += one.insns.length;
  return sum;
}

function insertionOf(prog: ResolvedProg, edit: Edit): Insertion[] {
  if (edit.kind === "replace") return [];
  if (edit.kind === "insert") return [{ at: edit.at, insns: edit.insns, aside: edit.aside ?? false, from: -1 }];
  const end = prog.spec.funcs.find((func) => func.insnIdx > edit.at)?.insnIdx ?? prog.insns.length;
  const back: Insn = { code: JA, dst: 0, src: 0, off: 0, imm: 0 };
  return [{ at: end, insns: [...edit.insns, back], aside: true, from: edit.at }];
}

/** Sets what slot `i`, now at `to`, leads to; false where the field is too narrow. */
function redirect(insns: InsnBuf, i: number, out: InsnBuf, to: number, target: (insn: number) => number): boolean {
  if (i > 0 && insns.code[i - 1] === LD_IMM64) return true;
  const code = insns.code[i]!;
  const far = code === JA32 || (code === CALL && insns.src[i] === 1) || (code === LD_IMM64 && insns.src[i] === 4);
  if (far) {
    out.imm[to] = target(i + 1 + insns.imm[i]!) - to - 1;
    return true;
  }
  const isJump = (code & 7) === 5 || (code & 7) === 6;
  if (!isJump || code === CALL || code === EXIT || (code & 0xf0) === 0x80) return true;
  const off = target(i + 1 + insns.off[i]!) - to - 1;
  out.off[to] = off;
  return out.off[to] === off;
}

function bendEdge(
  insns: InsnBuf,
  edit: { readonly at: number; readonly insns: readonly Insn[] },
  out: InsnBuf,
  moved: (insn: number) => number,
  target: (insn: number) => number,
  places: ReadonlyMap<number, number>,
): boolean {
  if ((insns.code[edit.at]! & 7) === 6 && insns.code[edit.at] === JA32) return false;
  const block = places.get(edit.at)!;
  const back = block + edit.insns.length;
  const from = moved(edit.at);
  const there = block - from - 1;
  const home = target(edit.at + 1 + insns.off[edit.at]!) - back - 1;
  out.off[from] = there;
  out.off[back] = home;
  return out.off[from] === there && out.off[back] === home;
}
