/**
 * The tables of --kernel against the kernel that runs: each helper and kfunc in each type of program, each aligned access to each
 * ctx. Runs in a virtual machine: `npm run verify:vm -- --tables 6.12 6.1 5.10`.
 */
import { readFileSync } from "node:fs";
import { ctxAccess, ctxLayout } from "../../src/abi/ctx.ts";
import { helperHasSince } from "../../src/abi/helper-since.ts";
import { HELPERS } from "../../src/abi/helpers.ts";
import { kfuncSince, kfuncSinceIn } from "../../src/abi/kfunc-since.ts";
import { kfuncFor } from "../../src/abi/kfuncs.ts";
import { helperProto } from "../../src/abi/prog-helpers.ts";
import * as pt from "../../src/abi/prog-types.ts";
import { hasSince, versionCode } from "../../src/abi/since.ts";
import { Btf } from "../../src/btf/btf.ts";
import { type Insn, insnsOf } from "../../src/isa/insn.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { loadProg, logText, type ProgAttr } from "../../src/linux/bpf/prog.ts";
import { kernelRelease } from "../../src/linux/kconfig.ts";
import type { Sys } from "../../src/linux/sys.ts";
import { BTF_CASES, caseLabel, PLAIN_CASES, type ProgCase } from "../abi/cases.ts";

const LOG_BYTES = 4096;
const MAX_CTX_BYTES = 256;
const SIZES = [1, 2, 4, 8] as const;
const SIZE_CODE = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;
/** Kernels without kfuncs for programs (before 5.13) say something else. */
const KFUNCS_SINCE = "5.13";
/** Left out by configuration, or allowed by place (helper-allowed.ts) instead of type. */
const BY_PLACE = /^(?:override_return|d_path|sk_storage_(?:get|delete)|copy_from_user)$/;
/** What later releases of an older kernel took away. */
const TAKEN_BACK = new Set(["lwt_seg6local skb_pull_data"]);
/** The kernel asks something else first: a program bound to a device. */
const BY_DEVICE = /^bpf_xdp_metadata_/;

const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const exit = (value: number): Insn[] => [insn(0xb7, 0, 0, 0, value), insn(0x95, 0, 0, 0, 0)];

interface Counts {
  compared: number;
  differ: number;
}

/** `say` gets a line for each type of program with differences, and the totals. */
export function compareTables(sys: Sys, say: (line: string) => void): void {
  const bpf = new Bpf(sys);
  const btf = new Btf(new Uint8Array(readFileSync("/sys/kernel/btf/vmlinux")));
  const series = /^\d+\.\d+/.exec(kernelRelease())![0];
  const totals: Record<string, Counts> = {};
  const note = (table: string, label: string, compared: number, wrong: readonly string[]): void => {
    totals[table] ??= { compared: 0, differ: 0 };
    totals[table].compared += compared;
    totals[table].differ += wrong.length;
    if (wrong.length > 0) say(`table ${table} ${label}: ${wrong.join(" ")}`);
  };
  for (const each of [...PLAIN_CASES, ...BTF_CASES]) {
    const load = loader(bpf, btf, each);
    if (load === null) continue;
    compareHelpers(series, each, load, note);
    if (hasSince(series, KFUNCS_SINCE)) compareKfuncs(series, btf, each, load, note);
    compareCtx(series, each, load, note);
  }
  for (const [table, { compared, differ }] of Object.entries(totals)) {
    say(`# tables ${series} ${table}: ${compared} compared, ${differ} differ`);
  }
}

/** "" where the program is accepted, else the log. */
type Load = (insns: readonly Insn[]) => string;
type Note = (table: string, label: string, compared: number, wrong: readonly string[]) => void;

/** Null where this kernel takes no program of that kind. */
function loader(bpf: Bpf, btf: Btf, each: ProgCase): Load | null {
  let attachBtfId = 0;
  try {
    attachBtfId = each.attachBtfId?.(btf) ?? 0;
  } catch {
    return null; // a function that this kernel has not
  }
  const base: Omit<ProgAttr, "insns"> = {
    type: each.type,
    license: "GPL",
    expectedAttachType: each.attach,
    flags: each.flags ?? 0,
    attachBtfId,
    kernVersion: versionCode(kernelRelease()),
  };
  const load: Load = (insns) => {
    const { fd } = loadProg(bpf, { ...base, insns: insnsOf(insns) }, 1, LOG_BYTES);
    bpf.close(fd);
    return fd >= 0 ? "" : logText(bpf, LOG_BYTES) || "refused";
  };
  return load(exit(0)) === "" || load(exit(1)) === "" ? load : null;
}

function compareHelpers(series: string, each: ProgCase, load: Load, note: Note): void {
  const wrong: string[] = [];
  const query = each.attachTo === undefined ? {} : { attachTo: each.attachTo };
  const structOps = each.type === pt.BPF_PROG_TYPE_STRUCT_OPS ? { structOps: "tcp_congestion_ops" } : {};
  for (let id = 1; id < HELPERS.length; id++) {
    const { name } = HELPERS[id]!;
    if (BY_PLACE.test(name) || TAKEN_BACK.has(`${pt.progTypeWord(each.type)} ${name}`)) continue;
    const log = load([insn(0x85, 0, 0, 0, id), ...exit(0)]);
    const real = !/unknown func |cannot use helper|invalid func /.test(log);
    const row = helperProto(each.type, each.attach, id, { ...query, ...structOps });
    const ours = row !== undefined && helperHasSince(series, row, each.type, each.attach);
    if (real !== ours) wrong.push(`${name}:${real ? "has" : "lacks"}`);
  }
  note("helpers", caseLabel(each), HELPERS.length - 1, wrong);
}

function compareKfuncs(series: string, btf: Btf, each: ProgCase, load: Load, note: Note): void {
  const wrong: string[] = [];
  let compared = 0;
  for (let id = 1; id < btf.length; id++) {
    const { kind, name } = btf.type(id);
    if (kind !== "func" || kfuncSince(name) === undefined || BY_DEVICE.test(name)) continue;
    const real = !/calling kernel function \S+ is not allowed/.test(load([insn(0x85, 0, 2, 0, id), ...exit(0)]));
    const since = kfuncSinceIn(name, each.type, each.attach)!;
    const ours = kfuncFor(each.type, each.attach, name) !== undefined && hasSince(series, since);
    compared++;
    if (real !== ours) wrong.push(`${name}:${real ? "has" : "lacks"}`);
  }
  note("kfuncs", caseLabel(each), compared, wrong);
}

function compareCtx(series: string, each: ProgCase, load: Load, note: Note): void {
  const layout = ctxLayout(each.type);
  if (layout === null) return;
  const tail = load(exit(0)) === "" ? exit(0) : exit(1);
  const wrong: string[] = [];
  let compared = 0;
  for (let off = 0; off < Math.min(layout.sizeBytes, MAX_CTX_BYTES); off++) {
    for (const size of SIZES) {
      if (off % size !== 0) continue;
      for (const write of [false, true]) {
        const code = (write ? 0x63 : 0x61) | SIZE_CODE[size];
        const access = write ? insn(code, 1, 2, off, 0) : insn(code, 0, 1, off, 0);
        const real = load([insn(0xb7, 2, 0, 0, 0), access, ...tail]) === "";
        const granted = ctxAccess(each.type, each.attach, off, size, write);
        const ours = granted.ok && hasSince(series, granted.field.since ?? "0");
        compared++;
        if (real !== ours) wrong.push(`${off}/${size}${write ? "w" : "r"}:${real ? "has" : "lacks"}`);
      }
    }
  }
  note("ctx", caseLabel(each), compared, wrong);
}
