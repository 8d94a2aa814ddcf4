/** Packet bounds (V005): bytes needed, bytes proved, and the comparison with data_end that proved them. */
import type { DiagnosticNote } from "./diagnostic.ts";
import { bytes, type Case, expressionAt, type Finding, note } from "./explain-case.ts";
import { compareMore, type Fix, leaveUnlessInPacket } from "./explain-fixes.ts";
import { indexOf } from "./explain-index.ts";
import { isCall, isCondJump, madeAt, writtenAt } from "./explain-path.ts";
import { comparedName, comparedWith, lineAt, pointerName } from "./explain-source.ts";
import { ID, isPacketPointer, OFF, PTR_TO_PACKET_END, RAW0, REG_WORDS, type Words } from "./regs.ts";
import { MAX_REGS } from "./state.ts";

/** The comparison after which this packet pointer's bytes were known; null where there was none. */
function provedAt(c: Case, id: number, range: number): number | null {
  const { path } = c;
  for (let k = c.step - 1; k >= 0; k--) {
    const insn = path.at[k]!;
    const before = path.regs[k];
    const after = path.regs[k + 1];
    if (before === null || before === undefined || after === null || after === undefined) return null;
    if (isCondJump(path.insns, insn) && knows(after, id, range) && !knows(before, id, range)) return insn;
  }
  return null;
}

function knows(w: Words, id: number, range: number): boolean {
  for (let r = 0; r < MAX_REGS; r++) {
    const at = r * REG_WORDS;
    if (isPacketPointer(w[at]!) && w[at + ID] === id && w[at + RAW0] === range) return true;
  }
  return false;
}

/** Any comparison of this path with data_end: shows the name that the program has for it. */
function anyComparison(c: Case): number | null {
  const { path } = c;
  for (let k = c.step - 1; k >= 0; k--) {
    const insn = path.at[k]!;
    const w = path.regs[k];
    if (w === null || w === undefined) return null;
    if (!isCondJump(path.insns, insn) || (path.insns.code[insn]! & 8) === 0) continue;
    const types = [w[path.insns.dst[insn]! * REG_WORDS], w[path.insns.src[insn]! * REG_WORDS]];
    if (types.includes(PTR_TO_PACKET_END)) return insn;
  }
  return null;
}

/** The name of data_end in this program: from a comparison, or from where it was loaded. */
function endName(c: Case): string {
  const compared = anyComparison(c);
  const line = compared === null ? null : lineAt(c.prog, compared);
  const name = line === null ? "" : comparedName(line.text);
  if (name !== "") return name;
  for (const { text } of c.prog.spec.lines) {
    const found = /(\w+)\s*=[^=;]*\bdata_end\b/.exec(text);
    if (found !== null) return found[1]!;
  }
  for (const { text } of c.prog.spec.lines) {
    const ctx = /(\w+)->data\b/.exec(text);
    if (ctx !== null) return `(void *)(long)${ctx[1]}->data_end`;
  }
  return "data_end";
}

export function explainPacket(c: Case): Finding | null {
  const said = /invalid access to packet, off=(-?\d+) size=(\d+), R(\d+)\(id=(\d+),off=-?\d+,r=(-?\d+)\)/.exec(
    c.kernel,
  );
  if (said === null) return beyondEnd(c);
  const [off, size, r, id, proved] = said.slice(1).map(Number) as [number, number, number, number, number];
  const needed = off + size;
  const base = id === 0 ? "the packet" : "the variable offset";
  const what = isCall(c.path.insns, c.insn) ? `argument r${r}` : c.expression === "" ? "this access" : c.expression;
  const end = endName(c);
  const pointer = pointerName(c.expression);
  if (off < 0) return beforeStart(off, size, base);
  const notes: DiagnosticNote[] = [];
  const compared = proved > 0 ? provedAt(c, id, proved) : null;
  if (compared !== null) {
    notes.push(note(c.prog, compared, `bytes 0..${proved - 1} proven readable here`));
  } else if (id !== 0) {
    const index = indexOf(c, r);
    if (index !== null) {
      const insn = c.path.at[index.step]!;
      notes.push(note(c.prog, insn, "from here on the offset varies: earlier comparisons no longer count"));
    }
  } else {
    const made = madeAt(c.path, c.step, r);
    if (made !== null && (c.path.insns.code[made.insn]! & 7) === 1) {
      notes.push(note(c.prog, made.insn, "the packet begins here; its length is not known"));
    }
  }
  const line = compared === null ? null : lineAt(c.prog, compared);
  const checked = line === null ? "" : comparedWith(line.text);
  const help =
    pointer !== "" && !/\bdata\b/.test(pointer)
      ? `add  if ((void *)(${pointer} + 1) > ${end}) return ...;  before this`
      : checked !== "" && /\+\s*1\)?$/.test(checked) === false
        ? `compare ${needed} bytes${id === 0 ? "" : " from there"} with ${end} before this, not ${proved}`
        : id !== 0
          ? `compare ${bytes(needed)} from there with ${end} before this`
          : `add  if (data + ${needed} > ${end}) return ...;  before this`;
  return {
    message:
      proved > 0
        ? `packet read past the checked range: ${what} needs ${bytes(needed)}, ${proved} are proven`
        : id !== 0
          ? `packet read at a variable offset that no check covers: ${what} needs ${bytes(needed)} from there`
          : `packet read without a check: ${what} needs ${bytes(needed)}, none are proven`,
    label: `${size === 1 ? `byte ${off}` : `bytes ${off}..${needed - 1}`} ${id === 0 ? `of ${base}` : `from ${base} on`}; ${proved > 0 ? `only ${proved} proven` : "none proven"}`,
    required: `${off} + ${size} <= ${proved}`,
    known: `${bytes(Math.max(0, proved))} from ${base} proven`,
    help,
    notes,
    fixes: [
      ...leaveUnlessInPacket(c, r, needed - c.w[r * REG_WORDS + OFF]!),
      ...(compared === null ? [] : comparedMore(c, compared, needed - proved)),
    ],
  };
}

/** The comparison itself, of so many bytes more. */
function comparedMore(c: Case, compared: number, by: number): Fix[] {
  const { insns, at } = c.path;
  const step = at.lastIndexOf(compared);
  return [insns.dst[compared]!, insns.src[compared]!].flatMap((reg) => {
    const made = writtenAt(c.path, step, reg);
    return made === null ? [] : compareMore(c.prog, made.insn, by);
  });
}

function beforeStart(off: number, size: number, base: string): Finding {
  const what = base === "the packet" ? "the packet begins" : "the checked bytes begin";
  return {
    message: `${bytes(size)} are accessed ${bytes(-off)} before ${what.replace(" begins", "").replace(" begin", "")}`,
    label: `${what} ${bytes(-off)} later`,
    required: `0 <= ${off}`,
    known: `offset ${off} from ${base}`,
    help: "keep a pointer to what is needed instead of going back from a later one",
    notes: [],
  };
}

/** A pointer that a comparison put at or behind the end: the branch is the wrong one. */
function beyondEnd(c: Case): Finding | null {
  const r = Number(/R(\d+) offset is outside of the packet/.exec(c.kernel)?.[1] ?? -1);
  if (r < 0 || c.w[r * REG_WORDS + RAW0]! >= 0) return null;
  const compared = anyComparison(c);
  return {
    message: `this branch is the one where ${c.expression === "" ? "the bytes" : c.expression} lie behind the end of the packet`,
    label: "at or behind data_end here",
    required: "a branch where the pointer is below data_end",
    known: `the pointer is at or behind data_end (offset ${c.w[r * REG_WORDS + OFF]})`,
    help: "the comparison is the wrong way round: leave where the pointer is greater than data_end",
    notes:
      compared === null
        ? []
        : [
            note(
              c.prog,
              compared,
              `${expressionAt(c.prog, compared) === "" ? "the check" : "this"} leads here when it is past the end`,
            ),
          ],
  };
}
