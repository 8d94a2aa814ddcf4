/**
 * Things with a life: regions (locks, RCU, preemption, interrupts), dynptrs, iterators, references. Where they began, where
 * they ended, and what state that leaves (V025 to V028, V031, V034); and kinds of memory and maps (V020, V022, V023, V029,
 * V032, V033, V038 to V040).
 */
import { KFUNCS } from "../abi/kfuncs.ts";
import { MAP_TYPES } from "../abi/map-types.ts";
import { progTypeWord } from "../abi/prog-types.ts";
import type { DiagnosticNote } from "./diagnostic.ts";
import { type Case, calleeName, type Finding, listed, note, pointee, sameLine, shortList } from "./explain-case.ts";
import { callOnPath, type Fix, withoutCall } from "./explain-fixes.ts";
import type { Holder, ReleaseHelper } from "./explain-held.ts";
import { forkSince, isCall, madeAt, writtenAt } from "./explain-path.ts";
import { argumentText, pointerName } from "./explain-source.ts";
import { MAPS_OF_HELPER } from "./map-compat.ts";
import type { MapView } from "./maps.ts";
import { typeText } from "./print.ts";
import { fieldName } from "./record.ts";
import {
  baseType,
  CONST_PTR_TO_MAP,
  ID,
  NOT_INIT,
  OFF,
  PTR_TO_MAP_VALUE,
  PTR_TO_STACK,
  RAW0,
  REG_WORDS,
  SCALAR_VALUE,
  VAL,
} from "./regs.ts";

/** The last call of this path whose callee's name fits, before the refused one. */
function lastCall(c: Case, name: RegExp): { insn: number; callee: string } | null {
  const { path, prog } = c;
  for (let k = c.step - 1; k >= 0; k--) {
    const insn = path.at[k]!;
    if (!isCall(path.insns, insn)) continue;
    const callee = calleeName(prog, insn);
    if (name.test(callee)) return { insn, callee };
  }
  return null;
}

function here(c: Case): string {
  return isCall(c.path.insns, c.insn) ? calleeName(c.prog, c.insn) : "this";
}

function baseRegister(c: Case): number {
  const { insns } = c.path;
  const cls = insns.code[c.insn]! & 7;
  return cls === 1 ? insns.src[c.insn]! : insns.dst[c.insn]!;
}

function typeOf(c: Case, r: number): number {
  return c.w[r * REG_WORDS]!;
}

function madeNote(c: Case, r: number, message: string): DiagnosticNote[] {
  const at = madeAt(c.path, c.step, r);
  return at === null || at.insn === c.insn || sameLine(c, at.insn) ? [] : [note(c.prog, at.insn, message)];
}

/** What begins a region, what the verifier calls it, and what ends it. */
const REGIONS: readonly (readonly [said: RegExp, begins: RegExp, what: string, ends: string])[] = [
  [/rcu/i, /bpf_rcu_read_lock$/, "an RCU section", "bpf_rcu_read_unlock"],
  [/preempt/, /bpf_preempt_disable$/, "preemption held back", "bpf_preempt_enable"],
  [/irq/i, /irq_save|spin_lock_irqsave/, "interrupts held back", "bpf_local_irq_restore"],
  [/lock/, /spin_lock(?:_irqsave)?$/, "the lock", "bpf_spin_unlock"],
];

/** V025. */
export function explainRegionState(c: Case): Finding | null {
  const said = c.kernel.split("\n").at(-1)!;
  const region = REGIONS.find(([pattern]) => pattern.test(said));
  if (region === undefined) return null;
  const [, begins, what, ends] = region;
  const began = lastCall(c, begins);
  const notes =
    began === null
      ? []
      : [note(c.prog, began.insn, `${what === "the lock" ? "the lock is taken" : `${what} from`} here`)];
  const callee = here(c);
  if (/calls? (?:are|is)? ?not allowed|use static function/.test(said)) {
    return {
      message: `${callee} may not be called while a lock is held`,
      label: "called with the lock held",
      required: `${ends} before the call`,
      known: "the lock is held",
      help: `call ${callee} before the lock is taken, or after ${ends}`,
      notes,
    };
  }
  if (/cannot be used inside/.test(said)) {
    const fork = began === null ? null : forkSince(c.path, began.insn);
    return {
      message: `${what} is not ended on this path`,
      label: `${/BPF_EXIT/.test(said) ? "the program ends" : "the program leaves"} here with ${what === "the lock" ? "the lock held" : what}`,
      required: `${ends} first`,
      known: what === "the lock" ? "the lock is held" : what,
      help: `call ${ends} on this path, too`,
      notes: fork === null ? notes : [...notes, note(c.prog, fork, "this branch goes past its end")],
      fixes: began === null || what !== "the lock" ? [] : unlocks(c, began.insn),
    };
  }
  if (/without taking|unmatched/.test(said)) {
    const ended = lastCall(c, new RegExp(`${ends}$`));
    return {
      label: "nothing is held here",
      required: "what it ends was begun on this path",
      known: "nothing held",
      help: "take it on every path that leads here, and give it back once",
      notes: ended === null ? [] : [note(c.prog, ended.insn, "given back here already")],
    };
  }
  return began === null ? null : { label: "with this held already", notes };
}

const SPIN_LOCK = 93;
const UNLOCK: ReleaseHelper = { name: "bpf_spin_unlock", id: 94, flags: false };

/** bpf_spin_unlock of what bpf_spin_lock took, wherever a register still points to that value. */
function unlocks(c: Case, locked: number): Fix[] {
  const { path, prog } = c;
  const since = path.at.lastIndexOf(locked);
  const taken = path.regs[since];
  if (prog.insns.src[locked] !== 0 || prog.insns.imm[locked] !== SPIN_LOCK || taken === null || taken === undefined)
    return [];
  const holder = (step: number): Holder | null => {
    const w = path.regs[step];
    if (w === null || w === undefined) return null;
    for (let reg = 0; reg < 10; reg++) {
      const at = reg * REG_WORDS;
      if (w[at] !== taken[REG_WORDS] || w[at + ID] !== taken[REG_WORDS + ID]) continue;
      return { reg, add: taken[REG_WORDS + OFF]! - w[at + OFF]! };
    }
    return null;
  };
  return callOnPath(c, since, holder, UNLOCK);
}

/** V026. */
export function explainDynptr(c: Case): Finding | null {
  const arg = /as arg #(\d+)|arg#(\d+)/.exec(c.kernel);
  const last = lastCall(c, /dynptr/);
  const ended = last !== null && /submit|discard/.test(last.callee);
  const notes =
    last === null
      ? []
      : [note(c.prog, last.insn, ended ? "given back here" : "the last call that has to do with dynptrs")];
  if (arg === null) return { notes };
  const n = Number(arg[1] ?? arg[2]) + 1;
  const name = argumentText(c.expression, n).replace(/^&/, "");
  const what = name === "" ? `argument ${n} of ${here(c)}` : name;
  const uninit = /uninitialized/.test(c.kernel);
  return {
    message: uninit
      ? `${what} is a dynptr already: ${here(c)} would make it a second time`
      : `${what} is no dynptr ${ended ? "any more" : "yet"}: ${here(c)} needs one`,
    label: uninit ? "made a second time here" : ended ? "used after it was given back" : "nothing was made there",
    required: uninit ? "free space on the stack" : "a dynptr that was made and not given back",
    known: uninit ? "a dynptr" : "no dynptr",
    notes,
  };
}

/** V027. */
export function explainIterator(c: Case): Finding | null {
  const last = lastCall(c, /^bpf_iter_\w+_(?:new|next|destroy)$/);
  const notes = last === null ? [] : [note(c.prog, last.insn, `${last.callee} before it`)];
  if (/expected an initialized/.test(c.kernel)) {
    const ended = last?.callee.endsWith("_destroy") === true;
    return {
      message: `${here(c)} needs an iterator that was ${ended ? "not ended yet" : "made"}`,
      label: ended ? "the iterator is ended already" : "no iterator was made there",
      required: "_new before, _destroy after",
      known: ended ? "ended" : "not made",
      help: "call the iterator's _new first, _destroy last:  bpf_for_each(...)  writes both",
      notes,
    };
  }
  if (/expected uninitialized/.test(c.kernel)) {
    return {
      message: `${here(c)} would make an iterator where one is under way`,
      label: "one is under way there",
      required: "free space on the stack",
      known: "an iterator",
      help: "end the first one with its _destroy, or use another variable",
      notes,
    };
  }
  return { notes };
}

/** V028. */
export function explainRelease(c: Case): Finding | null {
  const r = Number(/R(\d+) must be referenced/.exec(c.kernel)?.[1] ?? 1);
  const callee = here(c);
  const at = madeAt(c.path, c.step, r);
  const from = at === null ? "" : isCall(c.path.insns, at.insn) ? calleeName(c.prog, at.insn) : "";
  return {
    message: `${callee} is given something that the program does not own`,
    label: `${pointee(c.path.env, c.w, r * REG_WORDS)}: not acquired, or given back already`,
    required: "what an acquiring function gave",
    known: typeText(typeOf(c, r)),
    help: `leave the call out: ${from === "" ? "what is only looked at" : `what ${from} gives`} needs no release`,
    notes: madeNote(c, r, from === "" ? "looked at, not acquired" : `${from} does not acquire`),
    fixes: [withoutCall(c.insn)],
  };
}

function mapOf(c: Case, r: number, types: readonly number[]): MapView | null {
  return types.includes(baseType(typeOf(c, r))) ? (c.path.env.maps[c.w[r * REG_WORDS + RAW0]! - 1] ?? null) : null;
}

function mapTypeWord(type: number): string {
  return MAP_TYPES.find((row) => row.id === type)?.word ?? `type ${type}`;
}

/** V029 at a call: the map and its type. */
export function explainMapType(c: Case): Finding | null {
  if (!/cannot pass map_type|expected prog array/.test(c.kernel)) return null;
  for (let r = 1; r <= 5; r++) {
    const map = mapOf(c, r, [CONST_PTR_TO_MAP]);
    if (map === null) continue;
    const word = mapTypeWord(map.spec.type);
    const taken = c.path.insns.src[c.insn] === 0 ? (MAPS_OF_HELPER.get(c.path.insns.imm[c.insn]!) ?? []) : [];
    const wanted = taken.map(mapTypeWord).join(" or ");
    return {
      message: `${here(c)} does not work on a map of type ${word}`,
      label: `${map.name} is a map of type ${word}`,
      required: wanted === "" ? `a map type that ${here(c)} takes` : `a map of type ${wanted}`,
      known: word,
      ...(wanted === "" ? {} : { help: `make ${map.name} a map of type ${wanted}` }),
    };
  }
  return null;
}

/** V031: which fields the value has. */
export function explainField(c: Case): Finding | null {
  const regs = isCall(c.path.insns, c.insn) ? [1, 2, 3, 4, 5] : [baseRegister(c)];
  for (const r of regs) {
    const map = mapOf(c, r, [PTR_TO_MAP_VALUE]);
    if (map?.record == null) continue;
    const fields = map.record.fields.map(
      (f) => `${fieldName(f.type)} at ${f.offBytes}..${f.offBytes + f.sizeBytes - 1}`,
    );
    return {
      label: `the value of ${map.name} has ${listed(fields)}`,
      required: "an access beside it, or by its own functions",
      known: `offset ${c.w[r * REG_WORDS + OFF]! + (regs.length === 1 ? c.path.insns.off[c.insn]! : 0)}`,
    };
  }
  return null;
}

/** V034. */
export function explainSleep(c: Case): Finding | null {
  const callee = here(c);
  const region = REGIONS.find(([said]) => said.test(c.kernel.replace(/^.*? in |^.*? within /, "")));
  if (region !== undefined && /region/.test(c.kernel)) {
    const began = lastCall(c, region[1]);
    return {
      message: `${callee} may sleep, which nothing may here`,
      label: `called within ${region[2]}`,
      required: `${region[3]} before the call`,
      known: region[2],
      help: `call it before the region begins, or after ${region[3]}`,
      notes: began === null ? [] : [note(c.prog, began.insn, `${region[2]} from here`)],
    };
  }
  const { section } = c.prog.spec;
  const [head, ...rest] = section.split("/");
  return {
    message: `${callee} may sleep, this program must not`,
    label: "may sleep",
    required: "a sleepable program",
    known: `${progTypeWord(c.prog.spec.type)}, not sleepable`,
    ...(head === undefined || head === ""
      ? {}
      : { help: `make it sleepable:  SEC("${[`${head}.s`, ...rest].join("/")}")  where the type can be` }),
    fixes: [{ edits: [], sleepable: true }],
  };
}

/** V020, V033 and V023: what the register holds. */
export function explainKind(c: Case): Finding | null {
  const said = Number(/R(\d+)/.exec(c.kernel)?.[1] ?? -1);
  const r = said >= 0 ? said : isCall(c.path.insns, c.insn) ? -1 : baseRegister(c);
  if (r < 0 || r > 10) return null;
  const type = typeOf(c, r);
  if (type === NOT_INIT || type === SCALAR_VALUE) return null;
  const map = mapOf(c, r, [PTR_TO_MAP_VALUE]);
  if (map?.spec.global === "rodata" && c.kernel.includes("write into map")) return explainConstant(c, r);
  const text = map === null ? pointee(c.path.env, c.w, r * REG_WORDS) : `a value of map ${map.name}`;
  return { label: `r${r} points to ${text}`, known: text, notes: madeNote(c, r, "the pointer comes from here") };
}

/** V023: a const variable, which user space sets before the program is loaded. */
function explainConstant(c: Case, r: number): Finding {
  const name = pointerName(c.expression) || c.expression.replace(/^[*&]+/, "");
  const variable = /^\w+$/.test(name) ? name : "the variable";
  return {
    message: `${variable} is a constant: programs may not write into .rodata`,
    label: `${variable} lies in .rodata`,
    required: "memory that may be written",
    known: "section .rodata, frozen when the program is loaded",
    help: `declare ${variable} without const: it then lies in .data or .bss`,
    notes: madeNote(c, r, "its address comes from here"),
  };
}

/** V022. */
export function explainAlignment(c: Case): Finding | null {
  const size = Number(/size (\d+)/.exec(c.kernel)?.[1] ?? 0);
  const r = baseRegister(c);
  if (size === 0 || typeOf(c, r) !== PTR_TO_STACK) return null;
  const off = c.w[r * REG_WORDS + OFF]! + c.w[r * REG_WORDS + VAL]! + c.path.insns.off[c.insn]!;
  return {
    message: `${size} bytes at r10${off}: the stack is accessed at multiples of the size`,
    label: `${off} is no multiple of ${size}`,
    required: `offset % ${size} == 0`,
    known: `offset ${off}`,
    help: `use r10${Math.floor(off / size) * size}; in C copy packed structures with __builtin_memcpy`,
  };
}

/** V038: both kinds. */
export function explainMixture(c: Case): Finding | null {
  const r = baseRegister(c);
  const now = typeText(typeOf(c, r));
  const before = typeText(c.path.env.aux.ptrType[c.insn]!);
  const at = writtenAt(c.path, c.step, r);
  return {
    label: `${now} on this path, ${before} on another`,
    required: "one kind of pointer on all paths",
    known: `${now} and ${before}`,
    notes: at === null ? [] : [note(c.prog, at.insn, `${now} from here`)],
  };
}

/** V039: who may call it. */
export function explainKfunc(c: Case): Finding | null {
  const wrong =
    /kernel function (\S+) args#(\d+) expected pointer to \S+ (\S+) but R(\d+) has a pointer to \S+ (\S+)/.exec(
      c.kernel,
    );
  if (wrong !== null) {
    const [, callee, arg, wanted, r, given] = wrong as unknown as [string, string, string, string, string, string];
    return {
      message: `argument ${Number(arg) + 1} of ${callee} points to struct ${given}, but must point to struct ${wanted}`,
      label: `struct ${given}, not struct ${wanted}`,
      required: `struct ${wanted}`,
      known: `struct ${given}`,
      help: `pass the struct ${wanted} itself: casting a pointer does not change what the verifier knows of it`,
      notes: madeNote(c, Number(r), `struct ${given} from here`),
    };
  }
  const name = /calling kernel function (\S+) is not allowed/.exec(c.kernel)?.[1];
  if (name === undefined) return null;
  const word = progTypeWord(c.prog.spec.type);
  const row = KFUNCS.get(name);
  const hooks =
    row === undefined ? "" : (row.only ?? shortList([...row.hooks].map((hook) => (hook === "common" ? "all" : hook))));
  return {
    message: `${word} programs may not call ${name}`,
    label: hooks === "" ? "not for this type of program" : `for ${hooks} programs`,
    required: hooks === "" ? "a program type that it is registered for" : `a program of ${hooks}`,
    known: word,
  };
}

/** V040: what kind of pointer it is, and where it was read. */
export function explainTrust(c: Case): Finding | null {
  const r = Number(/R(\d+) (?:must be referenced or trusted|must be a rcu pointer)/.exec(c.kernel)?.[1] ?? -1);
  if (r < 0) return null;
  const what = pointee(c.path.env, c.w, r * REG_WORDS);
  const at = madeAt(c.path, c.step, r);
  const isLoad = at !== null && (c.path.insns.code[at.insn]! & 7) === 1;
  return {
    message: `${what} is passed that may be gone: ${here(c)} needs a trusted pointer`,
    label: `argument ${r} is not trusted`,
    required: "an argument of the hook, or something acquired",
    known: typeText(typeOf(c, r)),
    help: isLoad
      ? "acquire it where it is read (within an RCU section, where its type allows), or copy what is needed out of it"
      : "pass what the hook or an acquiring function gave",
    notes:
      at === null || at.insn === c.insn
        ? []
        : [
            note(
              c.prog,
              at.insn,
              isLoad ? "read out of another object: it may change or go at any time" : "comes from here",
            ),
          ],
  };
}
