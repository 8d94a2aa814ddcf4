import type { DiagnosticNote } from "./diagnostic.ts";
import {
  accessSize,
  type Case,
  calleeName,
  type Finding,
  nameOf,
  note,
  placeOf,
  rangeText,
  regRange,
} from "./explain-case.ts";
import { type Fix, leaveIfNull, leaveIfNullArgument, reloadPacket, startWithZero } from "./explain-fixes.ts";
import {
  isCall,
  isCondJump,
  isHelperCall,
  madeAt,
  regsAfter,
  stepAfterCall,
  writesReg,
  writtenAt,
} from "./explain-path.ts";
import { argumentText, plainArgument, pointerName } from "./explain-source.ts";
import { typeText } from "./print.ts";
import {
  baseType,
  ID,
  isPacketPointer,
  NOT_INIT,
  OFF,
  PTR_MAYBE_NULL,
  PTR_TO_CTX,
  PTR_TO_MAP_VALUE,
  PTR_TO_PACKET,
  PTR_TO_PACKET_END,
  PTR_TO_STACK,
  REG_WORDS,
  SCALAR_VALUE,
  type Words,
} from "./regs.ts";

function regIn(c: Case, pattern: RegExp): number {
  return Number(pattern.exec(c.kernel)?.[1] ?? -1);
}

/** V001. */
export function explainUnwritten(c: Case): Finding | null {
  const r = regIn(c, /R(\d+) !read_ok/);
  if (r < 0) return null;
  const { path, prog } = c;
  const { insns } = path;
  const notes: DiagnosticNote[] = [];
  const at = writtenAt(path, c.step, r);
  if (at !== null && isCall(insns, at.insn)) {
    const callee = calleeName(prog, at.insn);
    const dead = r >= 1 && r <= 5;
    notes.push(note(prog, at.insn, dead ? `the call takes r1 to r5 away: r${r} is gone` : `${callee} returns nothing`));
    return {
      message: `r${r} is read after the call of ${callee} ${dead ? "took it away" : "that gives no result"}`,
      label: `r${r} holds nothing here`,
      required: `r${r} written after the call`,
      known: `r${r} was lost at instruction ${at.insn}`,
      help: dead
        ? `keep it in r6 to r9 over the call, or load it again (inline assembly: "+r", not "=r", for values that are read)`
        : "do not use its result",
      notes,
    };
  }
  const elsewhere = writerElsewhere(c, r);
  const fork = elsewhere === null ? null : lastFork(c);
  if (elsewhere !== null) notes.push(note(prog, elsewhere, "written here, on another path"));
  if (fork !== null) notes.push(note(prog, fork, "this branch goes round it"));
  const isExit = insns.code[c.insn] === 0x95;
  return {
    message: isExit
      ? "the function ends without a result"
      : r >= 1 && r <= 5 && path.frame[c.step]! === 0
        ? `r${r} is read but never written: only r1 (the context) has a value when a program begins`
        : `r${r} is read but nothing wrote it on this path`,
    label: isExit ? "r0, the result, was never written" : `r${r} holds nothing here`,
    required: `r${r} written on every path`,
    known: `no instruction of this path writes r${r}`,
    help: isExit ? "return a value on every path" : "give the variable a value where it is declared",
    notes,
    fixes: [startWithZero(prog, c.insn, r)],
  };
}

function writerElsewhere(c: Case, r: number): number | null {
  const { insns } = c.path;
  const on = new Set(c.path.at);
  for (let i = 0; i < insns.length; i++) if (!on.has(i) && writesReg(insns, i, r) && !isCall(insns, i)) return i;
  return null;
}

function lastFork(c: Case): number | null {
  for (let k = c.step - 1; k >= 0; k--) if (isCondJump(c.path.insns, c.path.at[k]!)) return c.path.at[k]!;
  return null;
}

interface Loss {
  readonly finding: Finding;
}

/** V002 of numbers: where the pointer stopped being one, or never was. */
export function explainNumber(c: Case): Finding | null {
  const r = regIn(c, /R(\d+) invalid mem access/);
  if (r < 0) return null;
  const type = c.w[r * REG_WORDS]!;
  if (type !== SCALAR_VALUE) return explainOpaque(c, r, type);
  return (nullHere(c, r) ?? lostAtCall(c, r) ?? lostInMath(c, r) ?? neverPointer(c, r)).finding;
}

function pointerIn(c: Case): string {
  if (!isCall(c.path.insns, c.insn)) return pointerName(c.expression) || c.expression;
  const r = regIn(c, /R(\d+)/);
  return r < 0 ? "" : plainArgument(argumentText(c.expression, r));
}

/** A pointer that was found to be null: this is the branch where there is nothing. */
export function nullHere(c: Case, r: number): Loss | null {
  const range = regRange(c.w, r);
  if (range.min !== 0n || range.max !== 0n) return null;
  const { path, prog } = c;
  const made = madeAt(path, c.step, r);
  if (made === null) return null;
  const fresh = regsAfter(path, made.step);
  const reg = isCall(path.insns, made.insn) ? 0 : made.reg;
  if (fresh === null || (fresh[reg * REG_WORDS]! & PTR_MAYBE_NULL) === 0) return null;
  const name = nameOf(prog, made) || pointerName(c.expression) || `r${r}`;
  const check = nullCheck(c, made.step);
  return {
    finding: {
      message: `${name} is null on this path`,
      label: `${name} is null here`,
      required: `${name} != NULL`,
      known: `${name} == NULL`,
      help: `use ${name} on the other branch of the check, where it is not null`,
      notes:
        check === null
          ? [note(prog, made.insn, "null or a pointer, from here")]
          : [note(prog, check, `this branch is the one where ${name} is null`)],
    },
  };
}

/** The comparison with 0, made after `from`, that turned a pointer into null. */
function nullCheck(c: Case, from: number): number | null {
  const { path } = c;
  for (let k = c.step - 1; k > from; k--) {
    const insn = path.at[k]!;
    const before = path.regs[k];
    const after = regsAfter(path, k);
    if (before === null || before === undefined || after === null || !isCondJump(path.insns, insn)) continue;
    const at = path.insns.dst[insn]! * REG_WORDS;
    if ((before[at]! & PTR_MAYBE_NULL) !== 0 && after[at] === SCALAR_VALUE) return insn;
  }
  return null;
}

/** A packet pointer from before a call that may move the packet, perhaps copied or moved since. */
export function lostAtCall(c: Case, r: number): Loss | null {
  const { path } = c;
  let reg = r;
  let to = c.step;
  for (let hops = 0; hops < 32; hops++) {
    const at = writtenAt(path, to, reg);
    for (let k = to - 1; k > (at?.step ?? -1); k--) {
      const insn = path.at[k]!;
      if (path.frame[k] !== path.frame[to] || !isCall(path.insns, insn)) continue;
      const before = path.regs[k];
      if (before === null || before === undefined) return null;
      const was = before[reg * REG_WORDS]!;
      const back = stepAfterCall(path, k);
      const now = back < 0 ? undefined : path.regs[back]?.[reg * REG_WORDS];
      if (was === SCALAR_VALUE || was === NOT_INIT || now !== SCALAR_VALUE) continue;
      return { finding: staleFinding(c, r, insn, was, before) };
    }
    if (at === null || path.insns.code[at.insn] !== 0xbf) return null;
    reg = path.insns.src[at.insn]!;
    to = at.step;
  }
  return null;
}

function staleFinding(c: Case, r: number, insn: number, was: number, before: Words): Finding {
  const name = pointerIn(c);
  const callee = calleeName(c.prog, insn);
  const packet = isPacketPointer(was) || was === PTR_TO_PACKET_END;
  const what = name === "" ? `r${r}` : name.includes("->") || name.startsWith("*") ? `the pointer in ${name}` : name;
  return {
    message: packet
      ? `${what} points into the packet as it was before ${callee}`
      : `${what} is no longer a pointer after ${callee}`,
    label: "a stale pointer: only a number is left of it",
    required: "a pointer made after the call",
    known: `${typeText(was)} until instruction ${insn}, a number since`,
    help: packet
      ? "load data and data_end from the context again after the call, and compare again"
      : "do not use it after it was given back",
    fixes: was === PTR_TO_PACKET ? freshPacket(c, r, before) : [],
    notes: [
      note(
        c.prog,
        insn,
        packet ? `${callee} may move the packet: all pointers into it end here` : `${callee} ends it here`,
      ),
    ],
  };
}

/** The same place in the packet, from the context once more; where a constant leads there. */
function freshPacket(c: Case, r: number, before: Words): Fix[] {
  const at = r * REG_WORDS;
  const code = c.path.insns.code[c.insn]!;
  const cls = code & 7;
  if (before[at] !== PTR_TO_PACKET || before[at + ID] !== 0 || cls < 1 || cls > 3) return [];
  return reloadPacket(c, r, before[at + OFF]!, c.path.insns.off[c.insn]! + accessSize(c));
}

/** Arithmetic that made a number of a pointer. */
function lostInMath(c: Case, r: number): Loss | null {
  const at = madeAt(c.path, c.step, r);
  if (at === null) return null;
  const cls = c.path.insns.code[at.insn]! & 7;
  const before = c.path.regs[at.step];
  if ((cls !== 4 && cls !== 7) || before === null || before === undefined) return null;
  const isMov = (c.path.insns.code[at.insn]! & 0xf0) === 0xb0;
  const src = (c.path.insns.code[at.insn]! & 8) !== 0 ? c.path.insns.src[at.insn]! : -1;
  const dst = c.path.insns.dst[at.insn]!;
  const isPointer = (reg: number): boolean => {
    const type = reg < 0 ? NOT_INIT : before[reg * REG_WORDS]!;
    return type !== SCALAR_VALUE && type !== NOT_INIT;
  };
  if (!isPointer(src) && (isMov || !isPointer(dst))) return null;
  const both = isPointer(dst) && isPointer(src);
  const cuts = cls === 4 && (c.path.insns.code[at.insn]! & 0xf0) !== 0xd0;
  return {
    finding: {
      message: `${pointerIn(c) || `r${r}`} is only a number since the arithmetic on it`,
      label: "a number, not a pointer any more",
      required: "a pointer",
      known: `a number since instruction ${at.insn}`,
      help: cuts
        ? "32-bit arithmetic keeps half of a pointer: use 64-bit types (long, void *)"
        : both
          ? "the difference of two pointers is a number: add it to a pointer to have one again"
          : "only + and - of a number keep a pointer a pointer",
      notes: [
        note(c.prog, at.insn, cuts ? "a 32-bit operation cuts the pointer here" : "the pointer becomes a number here"),
      ],
    },
  };
}

/** A number from the beginning: read from somewhere, or a constant. */
function neverPointer(c: Case, r: number): Loss {
  const { path, prog } = c;
  const at = madeAt(path, c.step, r);
  const name = pointerIn(c) || `r${r}`;
  const fail = (message: string, from: string, help: string): Loss => ({
    finding: {
      message,
      label: `${name} is a number to the verifier: ${rangeText(regRange(c.w, r))}`,
      required: "a pointer that the verifier gave out",
      known: `a number, ${rangeText(regRange(c.w, r))}`,
      help,
      notes: at === null ? [] : [note(prog, at.insn, from)],
    },
  });
  if (at === null)
    return fail(`${name} is used as a pointer but is an argument without a type`, "", "pass it as a typed pointer");
  const { insns } = path;
  const cls = insns.code[at.insn]! & 7;
  if (cls === 1) {
    const base = path.regs[at.step]?.[insns.src[at.insn]! * REG_WORDS] ?? NOT_INIT;
    const from =
      base === PTR_TO_CTX
        ? "the context"
        : baseType(base) === PTR_TO_MAP_VALUE
          ? "a map value"
          : base === PTR_TO_STACK
            ? "the stack"
            : "memory";
    return fail(
      `${name} was read from ${from} as a number: the verifier does not know where it points`,
      `an address of which nothing is known comes from ${from}`,
      "read what it points to with bpf_probe_read_kernel(&copy, sizeof(copy), pointer), or BPF_CORE_READ",
    );
  }
  if (cls === 0 || ((cls === 4 || cls === 7) && (insns.code[at.insn]! & 0xf8) === 0xb0)) {
    const { min, max } = regRange(c.w, r);
    if (min !== max) {
      return fail(
        `${name} was kept on the stack and written over there: what comes back is a number`,
        "this was kept",
        "write to the stack at constant offsets, apart from where pointers are kept",
      );
    }
    if (min === 0n) {
      const loss = fail(
        `${name} is null here`,
        "null on this path",
        "use it where it is not null: is the check the wrong way round?",
      );
      return { finding: { ...loss.finding, label: `${name} is null`, known: "null" } };
    }
    return fail(
      `${name} is the constant ${rangeText(regRange(c.w, r))}, not an address`,
      "a constant: a map or variable that was not relocated looks like this",
      "load the object with its relocations: is the map in section .maps, the extern resolved?",
    );
  }
  if (isHelperCall(insns, at.insn)) {
    return fail(
      `${name} is what ${calleeName(prog, at.insn)} returned: a number, not memory that may be read`,
      "the result is a number to the verifier",
      "read what it points to with bpf_probe_read_kernel(&copy, sizeof(copy), pointer), or use a variant that returns a typed pointer (_btf)",
    );
  }
  if (isCall(insns, at.insn))
    return fail(
      `${name} is a number that ${calleeName(prog, at.insn)}() returned`,
      "returned here",
      "a function's result is a number: return through a typed pointer argument",
    );
  return fail(
    `${name} is a number, not a pointer`,
    "made here",
    "pointers come from the context, maps, helpers and the stack: a number cannot become one",
  );
}

/** Pointers that have no memory to read: data_end, a map, a function. */
function explainOpaque(c: Case, r: number, type: number): Finding | null {
  const text = typeText(type);
  const at = madeAt(c.path, c.step, r);
  const notes = at === null ? [] : [note(c.prog, at.insn, `${text} since here`)];
  const help =
    type === PTR_TO_PACKET_END
      ? "data_end is for comparing with; read through data"
      : "only pointers to memory may be read or written: ask a helper for it";
  return {
    label: `r${r} is ${text}: nothing to read there`,
    required: "a pointer to memory",
    known: text,
    help,
    notes,
  };
}

/** V003. */
export function explainNull(c: Case): Finding | null {
  let r = regIn(c, /R(\d+) (?:invalid mem access|pointer arithmetic on|type=)/);
  if (r < 0) {
    // Helpers count registers, kernel functions arguments.
    const trusted = regIn(c, /passed to trusted arg(\d+)/);
    r = trusted >= 0 ? trusted + 1 : regIn(c, /passed to helper arg(\d+)/);
  }
  if (r < 0) return null;
  const { path, prog } = c;
  const at = madeAt(path, c.step, r);
  const type = c.w[r * REG_WORDS]!;
  if ((type & PTR_MAYBE_NULL) === 0) return constantNull(c, r);
  if (at === null) return nullArgument(c, r);
  const isPlainCall = isCall(path.insns, at.insn);
  const producer = isPlainCall ? calleeName(prog, at.insn) : "";
  const name = nameOf(prog, at) || pointerName(c.expression);
  const who = name === "" ? `the pointer in r${r}` : name;
  const variable = name === "" ? "pointer" : name;
  const when = path.insns.src[at.insn] === 1 ? "() may return null" : whenNull(producer);
  return {
    message: `${who} may be null here${producer === "" ? "" : `: ${producer}${when}`}`,
    label: isCall(path.insns, c.insn) ? `argument ${r} may be null` : "used without a check",
    required: `${variable} != NULL`,
    known: typeText(type),
    help:
      name === ""
        ? `leave this path where it is null:  if r${r} == 0 goto ...  after ${placeOf(prog, at.insn)}`
        : `add  if (!${variable}) return ...;  after ${placeOf(prog, at.insn)}`,
    notes: [note(prog, at.insn, `null or a pointer, from here`), ...checkedCopy(c, r, name)],
    fixes: [leaveIfNull(c, at.insn, isPlainCall ? 0 : at.reg)],
  };
}

/** A parameter of a global function, which any caller may pass null for. */
function nullArgument(c: Case, r: number): Finding {
  const name = pointerName(c.expression) || "the pointer";
  return {
    message: `${name}, an argument of this function, may be null`,
    label: "used without a check",
    required: `${name} != NULL`,
    known: "whatever a caller passes",
    help:
      name === "the pointer"
        ? "compare it with null first"
        : `add  if (!${name}) return ...;  at the start of the function`,
    fixes: [1, 2, 3, 4, 5].filter((arg) => arg === r).map((arg) => leaveIfNullArgument(c, arg)),
  };
}

function whenNull(producer: string): string {
  if (producer === "bpf_map_lookup_elem") return " gives null where the key is not in the map";
  if (producer === "bpf_ringbuf_reserve") return " gives null where the buffer is full";
  if (/sk_lookup|skc_lookup/.test(producer)) return " gives null where there is no such socket";
  return " may give null";
}

/** A check against null on this path that was about another value: a second lookup, for example. */
function checkedCopy(c: Case, r: number, name: string): DiagnosticNote[] {
  const { path } = c;
  const id = c.w[r * REG_WORDS + ID]!;
  for (let k = c.step - 1; k >= 0; k--) {
    const insn = path.at[k]!;
    const before = path.regs[k];
    const after = regsAfter(path, k);
    if (before === null || before === undefined || after === null) return [];
    if (!isCondJump(path.insns, insn) || (path.insns.code[insn]! & 8) !== 0) continue;
    const at = path.insns.dst[insn]! * REG_WORDS;
    if ((before[at]! & PTR_MAYBE_NULL) === 0 || (after[at]! & PTR_MAYBE_NULL) !== 0 || before[at + ID] === id) continue;
    const other = nameOf(c.prog, madeAt(path, k, path.insns.dst[insn]!));
    if (name !== "" && other !== "" && name !== other) continue;
    return [note(c.prog, insn, "this check is about another pointer: each lookup needs its own")];
  }
  return [];
}

function constantNull(c: Case, r: number): Finding | null {
  if (c.w[r * REG_WORDS] !== SCALAR_VALUE) return null;
  return {
    label: `argument ${r} is the constant ${rangeText(regRange(c.w, r))}`,
    required: "a pointer that is not null",
    known: "null",
    help: "pass a pointer",
  };
}
