/**
 * CO-RE: an object's accesses, rewritten for the types of another kernel. For each relocation the candidates (target types
 * of the same name, flavours "___x" ignored, and kind) are tried; all that match must agree. What matches nowhere poisons
 * the insn: it becomes a call of a helper that does not exist, which only matters if it can be reached.
 * Source: tools/lib/bpf/relo_core.c (bpf_core_calc_relo_insn, bpf_core_calc_relo, bpf_core_patch_insn).
 */
import { SkepError } from "../base/error.ts";
import { matchSpec } from "./core-match.ts";
import {
  CORE_KIND_TEXT,
  type CoreSpec,
  formatSpec,
  isAnyEnum,
  isTypeBased,
  kindsCompatible,
  parseSpec,
} from "./core-spec.ts";
import type { CoreKind } from "./ext.ts";
import { essentialName } from "./names.ts";
import type { BtfComposite, BtfType, BtfView } from "./types.ts";

/** The columns that are patched: an InsnBuf. */
export interface CoreInsns {
  readonly length: number;
  readonly code: Uint8Array;
  readonly dst: Uint8Array;
  readonly src: Uint8Array;
  readonly off: Int16Array;
  readonly imm: Int32Array;
}

export interface CoreRelocation {
  readonly insnIdx: number;
  readonly typeId: number;
  readonly access: string;
  readonly kind: CoreKind;
}

/** What a program needs to be relocated: a ProgSpec has it. */
export interface CoreProgram {
  readonly name: string;
  readonly insns: CoreInsns;
  readonly coreRelos: readonly CoreRelocation[];
}

export interface CoreOutcome {
  readonly insnIdx: number;
  readonly kind: CoreKind;
  /** The access as the object knows it, in libbpf's notation. */
  readonly local: string;
  /** The access in the target, "" where nothing matches. */
  readonly target: string;
  /** imm or off before and after; for poisoned insns `after` is what stands nowhere: 0. */
  readonly before: bigint;
  readonly after: bigint;
  readonly poisoned: boolean;
  /** Bytes that a load or store was narrowed or widened to, 0 where it was not. */
  readonly memBytes: number;
}

/**
 * Candidates by local root type. One for each object and target: libbpf drops candidates that did not match an earlier
 * access of the same type, over all programs of an object.
 */
export type CoreCache = Map<number, readonly CoreCandidate[]>;

export interface CoreCandidate {
  readonly btf: BtfView;
  readonly id: number;
}

export interface CoreOptions {
  /** Kept by the caller over the programs of one object. */
  readonly cache?: CoreCache;
  /** Accesses to a type that the target lacks keep the object's own layout: for a target that has a part of a kernel's types. */
  readonly missingAsLocal?: boolean;
  /** BTF of kernel modules (split, over `target`), searched for types of which the kernel itself has none. */
  readonly modules?: readonly BtfView[];
}

/** imm of the call that a poisoned insn becomes: "invalid func unknown#195896080", 0xbad2310. */
export const CORE_POISON = 0xbad2310;

/**
 * Pure: `prog` stays as it is. Throws "core/..." where the object is wrong about itself, or where candidates disagree.
 *
 *     const { prog, outcomes } = relocateCore(spec, object.btf, new Btf(readFileSync("/sys/kernel/btf/vmlinux")));
 */
export function relocateCore<P extends CoreProgram>(
  prog: P,
  local: BtfView,
  target: BtfView,
  options: CoreOptions = {},
): { prog: P; outcomes: CoreOutcome[] } {
  if (prog.coreRelos.length === 0) return { prog, outcomes: [] };
  const cache = options.cache ?? new Map();
  const modules = options.modules ?? [];
  const insns: CoreInsns = {
    length: prog.insns.length,
    code: prog.insns.code.slice(),
    dst: prog.insns.dst.slice(),
    src: prog.insns.src.slice(),
    off: prog.insns.off.slice(),
    imm: prog.insns.imm.slice(),
  };
  const outcomes = prog.coreRelos.map((relo, i) => {
    const place = `program '${prog.name}', relocation ${i} at insn ${relo.insnIdx}`;
    try {
      const resolved = resolveRelo(relo, local, [target, ...modules], cache, options.missingAsLocal === true);
      return patch(insns, relo, resolved);
    } catch (cause) {
      if (!(cause instanceof SkepError)) throw cause;
      throw new SkepError(cause.code, `${place}: ${cause.message}`, {
        site: { ...cause.site, prog: prog.name, insn: relo.insnIdx },
        ...(cause.advice === undefined ? {} : { advice: cause.advice }),
        cause,
      });
    }
  });
  return { prog: { ...prog, insns }, outcomes };
}

/** What a field, type or enumerator comes to in one type graph. */
interface Aspect {
  readonly value: bigint;
  /** Bytes that a load or store of the field moves, 0 where that is no question. */
  readonly memBytes: number;
  readonly memTypeId: number;
  /** Whether the compiler must have written the same value into the insn. */
  readonly exact: boolean;
}

interface Resolved {
  readonly local: CoreSpec;
  readonly target: CoreSpec | null;
  readonly before: Aspect;
  readonly after: Aspect;
  readonly poison: boolean;
  /** Sizes differ in a way that no load or store can make up for. */
  readonly badMemBytes: boolean;
}

/** What the object's own types cannot answer for a kernel's. */
const ASKS_TARGET: ReadonlySet<CoreKind> = new Set([
  "field_exists",
  "type_id_target",
  "type_exists",
  "type_matches",
  "enumval_exists",
]);

const NOTHING: Aspect = { value: 0n, memBytes: 0, memTypeId: 0, exact: true };

function resolveRelo(
  relo: CoreRelocation,
  local: BtfView,
  targets: readonly BtfView[],
  cache: CoreCache,
  missingAsLocal: boolean,
): Resolved {
  const localSpec = parseSpec(local, relo.kind, relo.typeId, relo.access);
  if (relo.kind === "type_id_local") {
    const aspect: Aspect = { value: BigInt(relo.typeId), memBytes: 0, memTypeId: 0, exact: false };
    return { local: localSpec, target: localSpec, before: aspect, after: aspect, poison: false, badMemBytes: false };
  }
  const root = local.type(relo.typeId);
  if (root.name === "") {
    throw new SkepError("core/anonymous", `<${CORE_KIND_TEXT[relo.kind]}> of a type without a name`, {
      advice: "give the type a name: candidates are searched by it",
    });
  }
  let candidates = cache.get(relo.typeId);
  if (candidates === undefined) {
    candidates = findCandidates(root, targets);
    cache.set(relo.typeId, candidates);
  }
  const missing = missingAsLocal && candidates.length === 0 && !ASKS_TARGET.has(relo.kind);
  let chosen: Resolved | undefined;
  const matching: CoreCandidate[] = [];
  for (const candidate of missing ? [{ btf: local, id: relo.typeId }] : candidates) {
    const spec = matchSpec(localSpec, candidate.btf, candidate.id);
    if (spec === null) continue;
    const result = evaluate(relo, localSpec, spec);
    if (chosen === undefined) {
      chosen = result;
    } else if (spec.bitOff !== chosen.target!.bitOff) {
      throw ambiguous(`field offsets ${spec.bitOff} and ${chosen.target!.bitOff}`, chosen.target!, spec);
    } else if (result.poison !== chosen.poison || result.after.value !== chosen.after.value) {
      throw ambiguous(`values ${result.after.value} and ${chosen.after.value}`, chosen.target!, spec);
    }
    matching.push(candidate);
  }
  if (chosen === undefined) return evaluate(relo, localSpec, null);
  if (!missing) cache.set(relo.typeId, matching);
  return chosen;
}

/** Modules are asked only where the kernel has no candidate, and only for types of their own. */
function findCandidates(root: BtfType, targets: readonly BtfView[]): CoreCandidate[] {
  const name = essentialName(root.name);
  const [kernel, ...modules] = targets;
  const of = (btf: BtfView, firstId: number): CoreCandidate[] =>
    btf
      .findEssential(name)
      .filter((id) => id >= firstId && kindsCompatible(btf.type(id).kind, root.kind))
      .map((id) => ({ btf, id }));
  const found = of(kernel!, 1);
  return found.length > 0 ? found : modules.flatMap((btf) => of(btf, kernel!.length));
}

function evaluate(relo: CoreRelocation, local: CoreSpec, target: CoreSpec | null): Resolved {
  const before = aspectOf(relo.kind, local)!;
  const after = aspectOf(relo.kind, target);
  if (after === null) return { local, target, before, after: NOTHING, poison: true, badMemBytes: false };
  let badMemBytes = false;
  if (before.memBytes !== after.memBytes) {
    const a = local.btf.type(before.memTypeId);
    const b = target!.btf.type(after.memTypeId);
    // Zero-extension keeps the value of an unsigned integer, and of a 32-bit kernel's pointer.
    badMemBytes = !((a.kind === "ptr" && b.kind === "ptr") || (zeroExtends(a) && zeroExtends(b)));
  }
  return { local, target, before, after, poison: false, badMemBytes };
}

/** libbpf compares the whole encoding with BTF_INT_SIGNED: a signed char counts as unsigned. */
function zeroExtends(type: BtfType): boolean {
  return type.kind === "int" && !(type.signed && !type.char && !type.bool);
}

/** null asks for poison. */
function aspectOf(kind: CoreKind, spec: CoreSpec | null): Aspect | null {
  if (isTypeBased(kind)) return typeAspect(kind, spec);
  if (kind === "field_exists" || kind === "enumval_exists") {
    return { ...NOTHING, value: spec === null ? 0n : 1n };
  }
  if (spec === null) return null;
  const at = spec.accessors[spec.accessors.length - 1]!;
  if (kind === "enumval_value") {
    const type = spec.btf.type(at.typeId);
    if (!isAnyEnum(type)) return null;
    const value = type.values[at.idx]!.value;
    // 32-bit enumerators are sign-extended whatever the enum's sign is.
    return { ...NOTHING, value: type.kind === "enum" ? BigInt.asIntN(32, value) : value };
  }
  return at.name === "" ? elementAspect(kind, spec, at.typeId) : memberAspect(kind, spec);
}

function typeAspect(kind: CoreKind, spec: CoreSpec | null): Aspect {
  if (spec === null) return NOTHING;
  switch (kind) {
    case "type_id_target":
      return { ...NOTHING, value: BigInt(spec.rootTypeId), exact: false };
    case "type_size":
      return { ...NOTHING, value: BigInt(spec.btf.sizeOf(spec.rootTypeId)) };
    default:
      return { ...NOTHING, value: 1n };
  }
}

function elementAspect(kind: CoreKind, spec: CoreSpec, typeId: number): Aspect {
  if (kind === "field_byte_offset") {
    return {
      value: BigInt(Math.floor(spec.bitOff / 8)),
      memBytes: elementBytes(spec.btf, typeId),
      memTypeId: typeId,
      exact: true,
    };
  }
  if (kind === "field_byte_size") return { ...NOTHING, value: BigInt(spec.btf.sizeOf(typeId)) };
  throw new SkepError("core/element", `<${CORE_KIND_TEXT[kind]}> cannot be asked of an array element`);
}

function memberAspect(kind: CoreKind, spec: CoreSpec): Aspect {
  const at = spec.accessors[spec.accessors.length - 1]!;
  const member = (spec.btf.type(at.typeId) as BtfComposite).members[at.idx]!;
  const typeId = spec.btf.skipMods(member.typeId);
  const type = spec.btf.type(typeId);
  const bitfield = member.bitSize > 0;
  let bytes = spec.btf.sizeOf(typeId);
  let bits = bytes * 8;
  let offBytes = Math.floor(spec.bitOff / 8);
  if (bitfield) {
    // The smallest aligned load that covers the bits.
    bits = member.bitSize;
    if (bytes === 0) throw new SkepError("core/bitfield", `bit-field '${member.name}' has a type without bytes`);
    offBytes = Math.floor(spec.bitOff / 8 / bytes) * bytes;
    while (spec.bitOff + bits - offBytes * 8 > bytes * 8) {
      if (bytes >= 8)
        throw new SkepError("core/bitfield", `bit-field '${member.name}' spans more than 8 aligned bytes`);
      bytes *= 2;
      offBytes = Math.floor(spec.bitOff / 8 / bytes) * bytes;
    }
  }
  // Compilers and libbpf may choose different loads for a bit-field: only its sign and width are certain.
  const exact = !bitfield;
  switch (kind) {
    case "field_byte_offset":
      return bitfield
        ? { value: BigInt(offBytes), memBytes: 0, memTypeId: 0, exact }
        : { value: BigInt(offBytes), memBytes: elementBytes(spec.btf, typeId), memTypeId: typeId, exact };
    case "field_byte_size":
      return { ...NOTHING, value: BigInt(bytes), exact };
    case "field_signed":
      return { ...NOTHING, value: (isAnyEnum(type) || type.kind === "int") && type.signed ? 1n : 0n };
    case "field_lshift_u64":
      return { ...NOTHING, value: BigInt(64 - (spec.bitOff + bits - offBytes * 8)), exact };
    default:
      return { ...NOTHING, value: BigInt(64 - bits) };
  }
}

/** Of an array, the size of one innermost element: what one load moves. */
function elementBytes(btf: BtfView, typeId: number): number {
  for (let depth = 0; depth < 32; depth++) {
    const type = btf.type(btf.skipMods(typeId));
    if (type.kind !== "array") return btf.sizeOf(typeId);
    typeId = type.typeId;
  }
  return btf.sizeOf(typeId);
}

function ambiguous(what: string, a: CoreSpec, b: CoreSpec): SkepError {
  return new SkepError("core/ambiguous", `candidates disagree: ${what} (${formatSpec(a)}; ${formatSpec(b)})`, {
    advice: "the target has several types of this name: read the field through a type that only one of them matches",
  });
}

const BPF_SIZE_BYTES = [4, 2, 1, 8] as const;
const LD_IMM64 = 0x18;

function patch(insns: CoreInsns, relo: CoreRelocation, result: Resolved): CoreOutcome {
  const i = relo.insnIdx;
  const fail = (code: string, why: string): SkepError =>
    new SkepError(code, `${formatSpec(result.local)}: ${why}`, {
      advice: "the object's instructions and its BTF.ext do not belong together",
    });
  if (!(i >= 0 && i < insns.length)) throw fail("core/insn", `no insn ${i}, the program has ${insns.length}`);
  const outcome = (before: bigint, poisoned: boolean, memBytes = 0): CoreOutcome => ({
    insnIdx: i,
    kind: relo.kind,
    local: formatSpec(result.local),
    target: result.target === null ? "" : formatSpec(result.target),
    before,
    after: poisoned ? 0n : BigInt.asIntN(64, result.after.value),
    poisoned,
    memBytes,
  });
  if (result.poison) {
    poison(insns, i);
    return outcome(result.before.value, true);
  }
  const before = BigInt.asUintN(64, result.before.value);
  const after = BigInt.asUintN(64, result.after.value);
  const exact = result.before.exact;
  const mismatch = (got: bigint | number) =>
    fail("core/mismatch", `insn ${i} holds ${got} where the object's types say ${result.before.value}`);
  const code = insns.code[i]!;
  switch (code & 7) {
    case 4: // ALU
    case 7: {
      if ((code & 8) !== 0) throw fail("core/insn", `insn ${i} takes a register, no immediate`);
      const imm = insns.imm[i]!;
      if (exact && BigInt.asUintN(64, BigInt(imm)) !== before) throw mismatch(imm);
      insns.imm[i] = Number(BigInt.asIntN(32, after));
      return outcome(BigInt(imm), false);
    }
    case 1: // LDX
    case 2: // ST
    case 3: {
      const off = insns.off[i]!;
      if (exact && BigInt.asUintN(64, BigInt(off)) !== before) throw mismatch(off);
      if (after > 32767n) throw fail("core/range", `offset ${after} does not fit the 16 bits of a load or store`);
      if (result.badMemBytes) {
        poison(insns, i);
        return outcome(BigInt(off), true);
      }
      insns.off[i] = Number(after);
      const { memBytes: oldBytes } = result.before;
      const { memBytes: newBytes } = result.after;
      if (newBytes === oldBytes) return outcome(BigInt(off), false);
      const has = BPF_SIZE_BYTES[(code >> 3) & 3]!;
      if (has !== oldBytes) throw fail("core/mismatch", `insn ${i} moves ${has} bytes of a field of ${oldBytes}`);
      const size = (BPF_SIZE_BYTES as readonly number[]).indexOf(newBytes);
      if (size < 0) throw fail("core/range", `no load or store moves ${newBytes} bytes`);
      insns.code[i] = (code & ~0x18) | (size << 3);
      return outcome(BigInt(off), false, newBytes);
    }
    case 0: {
      const next = i + 1;
      if (
        code !== LD_IMM64 ||
        next >= insns.length ||
        insns.src[i] !== 0 ||
        insns.off[i] !== 0 ||
        insns.code[next] !== 0 ||
        insns.dst[next] !== 0 ||
        insns.src[next] !== 0 ||
        insns.off[next] !== 0
      ) {
        throw fail("core/insn", `insn ${i} is no plain 64-bit load of a constant`);
      }
      const imm = BigInt.asUintN(32, BigInt(insns.imm[i]!)) | (BigInt.asUintN(32, BigInt(insns.imm[next]!)) << 32n);
      if (exact && imm !== before) throw mismatch(BigInt.asIntN(64, imm));
      insns.imm[i] = Number(BigInt.asIntN(32, after));
      insns.imm[next] = Number(BigInt.asIntN(32, after >> 32n));
      return outcome(imm, false);
    }
    default:
      throw fail("core/insn", `insn ${i} (opcode 0x${code.toString(16)}) is none that holds a value`);
  }
}

function poison(insns: CoreInsns, i: number): void {
  // Both halves of a 64-bit load, or the verifier would complain about opcode 00 instead.
  const last = insns.code[i] === LD_IMM64 && i + 1 < insns.length ? i + 1 : i;
  for (let at = i; at <= last; at++) {
    insns.code[at] = 0x85;
    insns.dst[at] = 0;
    insns.src[at] = 0;
    insns.off[at] = 0;
    insns.imm[at] = CORE_POISON;
  }
}
