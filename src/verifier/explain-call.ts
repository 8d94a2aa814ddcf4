/** Calls: helpers that are not for this program, context fields, references that stay (V011, V012, V013, V014, V035). */
import { ctxLayout } from "../abi/ctx.ts";
import { helperProto } from "../abi/prog-helpers.ts";
import { PROG_TYPES, progType, progTypeWord } from "../abi/prog-types.ts";
import type { CtxField } from "../abi/types.ts";
import type { DiagnosticNote } from "./diagnostic.ts";
import { bytes, type Case, calleeName, type Finding, nameOf, note, placeOf, shortList } from "./explain-case.ts";
import { callOnPath, type Fix, GENERAL } from "./explain-fixes.ts";
import { type Holder, holderOf, releaseHelper } from "./explain-held.ts";
import { explainSize } from "./explain-memory.ts";
import { forkSince, writtenAt } from "./explain-path.ts";

/** Helpers that do the same for another kind of program. */
const INSTEAD: readonly (readonly [name: string, type: string, instead: string])[] = [
  ["skb_load_bytes", "xdp", "bpf_xdp_load_bytes, or direct access through ctx->data"],
  ["skb_store_bytes", "xdp", "bpf_xdp_store_bytes, or direct access through ctx->data"],
  ["xdp_adjust_head", "sched_cls", "bpf_skb_adjust_room"],
  ["skb_adjust_room", "xdp", "bpf_xdp_adjust_head"],
  ["skb_change_tail", "xdp", "bpf_xdp_adjust_tail"],
  ["xdp_adjust_tail", "sched_cls", "bpf_skb_change_tail"],
  ["clone_redirect", "xdp", "bpf_redirect or bpf_redirect_map"],
  ["l3_csum_replace", "xdp", "bpf_csum_diff and a store"],
  ["l4_csum_replace", "xdp", "bpf_csum_diff and a store"],
  ["skb_output", "xdp", "bpf_xdp_output or bpf_perf_event_output"],
  ["get_stackid", "xdp", "a tracing program: packet programs have no task"],
];

export function explainHelper(c: Case): Finding | null {
  const said = /cannot use helper bpf_(\S+?)#(\d+)/.exec(c.kernel);
  if (said === null) return null;
  const name = said[1]!;
  const id = Number(said[2]);
  const word = progTypeWord(c.prog.spec.type);
  const others = PROG_TYPES.filter((row) => row.id !== 0 && helperProto(row.id, 0, id, { attachTo: "" }) !== undefined);
  const words = others.map((row) => row.word);
  const shown = shortList(words);
  const instead = INSTEAD.find(([helper, type]) => helper === name && type === word)?.[2];
  return {
    message: `${aOrAn(word)} ${word} program may not call bpf_${name}`,
    label: words.length === 0 ? "no program of this kernel may call it" : `for ${shown} programs`,
    required: words.length === 0 ? "a kernel that has this helper" : `a program of type ${shown}`,
    known: `a program of type ${word}`,
    help: instead === undefined ? `use a helper of ${word} programs, or another type of program` : `use ${instead}`,
  };
}

function aOrAn(word: string): string {
  return /^[aeioux]/.test(word) ? "an" : "a";
}

export function explainGpl(c: Case): Finding {
  const callee = calleeName(c.prog, c.insn);
  const { license } = c.prog;
  return {
    message: `${callee} is for GPL-compatible programs only`,
    label: license === "" ? "this object has no license section" : `the license of this object is "${license}"`,
    required: "a GPL-compatible license",
    known: license === "" ? "none" : `"${license}"`,
    help: `if that is what you want:  char LICENSE[] SEC("license") = "GPL";  ("Dual MIT/GPL", "Dual BSD/GPL" count, too)`,
    fixes: [{ edits: [], license: "GPL" }],
  };
}

/** V013. */
export function explainContext(c: Case): Finding | null {
  const said = /invalid bpf_context access off=(-?\d+) size=(\d+)/.exec(c.kernel);
  const layout = ctxLayout(c.prog.spec.type);
  if (said === null || layout === null) return null;
  const off = Number(said[1]);
  const size = Number(said[2]);
  const cls = c.path.insns.code[c.insn]! & 7;
  const write = cls === 2 || cls === 3;
  const word = progTypeWord(c.prog.spec.type);
  const struct = progType(c.prog.spec.type)?.ctx || layout.name;
  const field = layout.fields.find((f) => off >= f.offBytes && off < f.offBytes + f.sizeBytes);
  const writable = layout.fields.filter(
    (f) => f.write && f.name !== "" && mayUse(f, word) && (f.writeFor?.includes(word) ?? true),
  );
  const list = writable.slice(0, 6).map((f) => f.name);
  const canWrite =
    list.length === 0
      ? "no field of it can be written"
      : `${list.join(", ")}${writable.length > 6 ? ", ..." : ""} can be written`;
  if (field === undefined || field.name === "") {
    return {
      message: `there is nothing for ${word} programs at offset ${off} of struct ${struct}`,
      label: `struct ${struct} has ${bytes(layout.sizeBytes)}`,
      required: `a field of struct ${struct}`,
      known: `offset ${off}, ${bytes(size)}`,
      help: `use the fields by name (struct ${struct} from linux/bpf.h)`,
    };
  }
  const unit = field.elemBytes ?? field.sizeBytes;
  if (write && (!field.write || field.writeFor?.includes(word) === false)) {
    return {
      message: `${word} programs may read ${field.name} of struct ${struct}, not write it`,
      label: `${field.name} is read-only here`,
      required: "a field that may be written",
      known: `${field.name}: read-only`,
      help: canWrite,
    };
  }
  const allowed = mayUse(field, word);
  return {
    message: allowed
      ? `${field.name} of struct ${struct} cannot be ${write ? "written" : "read"} as ${bytes(size)} at offset ${off}`
      : `${word} programs may not use ${field.name} of struct ${struct}`,
    label: allowed
      ? `${field.name}: ${bytes(unit)} from offset ${field.offBytes}`
      : `${field.name} is not for ${word} programs`,
    required: allowed ? `${bytes(unit)} at ${field.offBytes}` : `a field for ${word} programs`,
    known: `${bytes(size)} at ${off}`,
    help: allowed
      ? field.attach === undefined
        ? "use the whole field, by its name and with its type"
        : "the field exists for other attach types of this program: check the section name"
      : `struct ${struct} serves several program types: this field is for others`,
  };
}

function mayUse(field: CtxField, word: string): boolean {
  return (field.onlyFor?.includes(word) ?? true) && !(field.notFor?.includes(word) ?? false);
}

/** What gives a reference back, by what made it. */
const RELEASE: readonly (readonly [RegExp, string])[] = [
  [/ringbuf_reserve$/, "bpf_ringbuf_submit or bpf_ringbuf_discard"],
  [/ringbuf_reserve_dynptr/, "bpf_ringbuf_submit_dynptr or bpf_ringbuf_discard_dynptr"],
  [/sk_lookup|skc_lookup|sk_fullsock/, "bpf_sk_release"],
  [/task_from_pid|task_acquire|task_from_vpid/, "bpf_task_release"],
  [/cgroup_from_id|cgroup_acquire|cgroup_ancestor/, "bpf_cgroup_release"],
  [/cpumask_create|cpumask_acquire/, "bpf_cpumask_release"],
  [/obj_new/, "bpf_obj_drop, or a list or tree"],
  [/kptr_xchg/, "the release function of its type, or bpf_kptr_xchg back into a map"],
];

/** V014. */
export function explainLeak(c: Case): Finding | null {
  const said = /Unreleased reference id=\d+ alloc_insn=(\d+)/.exec(c.kernel);
  if (said === null) return null;
  const made = Number(said[1]);
  const { path, prog } = c;
  const producer = calleeName(prog, made);
  const release = RELEASE.find(([pattern]) => pattern.test(producer))?.[1] ?? "its release function";
  const name = variableOf(c, made);
  const what = name === "" ? `what ${producer} gave` : name;
  const notes: DiagnosticNote[] = [note(prog, made, "acquired here")];
  const fork = forkSince(path, made);
  if (fork !== null) notes.push(note(prog, fork, "this branch ends the program with it"));
  return {
    message: `${what} is not released on this path`,
    label: "the program ends here, still holding it",
    required: `${release} before the end`,
    known: `acquired at ${placeOf(prog, made)}, held at the end`,
    help: `call ${release} on this path too${fork === null ? "" : `, before the return after ${placeOf(prog, fork)}`}`,
    notes,
    fixes: releases(c, made, producer),
  };
}

function releases(c: Case, made: number, producer: string): Fix[] {
  const helper = releaseHelper(producer);
  const id = Number(/reference id=(\d+)/.exec(c.kernel)![1]);
  if (helper === null) return [];
  const holder = (step: number): Holder | null => {
    const w = c.path.regs[step];
    return w === null || w === undefined ? null : holderOf(w, id, GENERAL);
  };
  return callOnPath(c, c.path.at.lastIndexOf(made), holder, helper);
}

function variableOf(c: Case, insn: number): string {
  const step = c.path.at.lastIndexOf(insn);
  return step < 0 ? "" : nameOf(c.prog, { step, insn, reg: 0 });
}

/** V035 and the size arguments of V006 and V007. */
export function explainSizeArgument(c: Case): Finding | null {
  const r = Number(
    /R(\d+) (?:invalid zero|min value is negative, either use unsigned or '|unbounded memory access, use|is not a known)/.exec(
      c.kernel,
    )?.[1] ?? -1,
  );
  if (r < 0) return null;
  if (/is not a known constant/.test(c.kernel)) {
    const at = writtenAt(c.path, c.step, r);
    return {
      label: `argument ${r} varies`,
      required: "one constant",
      known: "a number that varies",
      help: "pass a constant: the kernel sets the memory's size when it loads the program",
      notes: at === null ? [] : [note(c.prog, at.insn, "comes from here")],
    };
  }
  return explainSize(c, r);
}
