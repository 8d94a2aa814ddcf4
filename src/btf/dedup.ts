/**
 * One of each: removes types that say the same thing twice, as happens when the BTF of several compilation units is put
 * together. Four passes over `canon`, which leads from a type to the one that stands for it:
 *
 *     1. primitives   int, float, enum, fwd: equal by content; a declared enum leads to the full one
 *     2. structs      equal by name, size and members, and then the graphs that hang on them are walked side by side under
 *                     the hypothesis that they are the same; a fwd meets the struct that it declares here
 *     3. forwards     what is still only declared leads to the one struct or union of that name, if there is one
 *     4. references   pointers, modifiers, arrays, functions: equal once what they refer to is settled
 *
 * var and datasec are kept as they are. Source of the rules: tools/lib/bpf/btf.c (btf__dedup).
 */
import { SkepError } from "../base/error.ts";
import { eachRef, mapRefs } from "./refs.ts";
import type { BtfEnum, BtfType } from "./types.ts";

export interface DedupResult {
  /** From id 1 on, in the order in which their representatives stood. */
  readonly types: BtfType[];
  /** Old id -> new id; [0] is 0. */
  readonly ids: Uint32Array;
}

/** `types[i]` has the id i + 1. Throws "btf/cycle" for references that go in a circle without a struct. */
export function dedupTypes(types: readonly BtfType[]): DedupResult {
  return new Dedup(types).run();
}

const UNSETTLED = 0xffff_ffff;
const MAX_CHAIN = 1000;
/** How far two types that contradict the hypothesis are compared in content: compilers repeat arrays and small structs. */
const IDENTICAL_DEPTH = 16;
const IDENTICAL_STEPS = 10_000;

class Dedup {
  private readonly types: BtfType[];
  private readonly canon: Uint32Array;
  private readonly bySignature = new Map<string, number[]>();
  /** Hypothesis: id in the canonical graph -> id in the candidate's, 0 where none. */
  private readonly hypothesis: Uint32Array;
  private readonly assumed: number[] = [];
  /** Number of each type's shape, 0 where not asked yet: comparing numbers is what makes the walk quick. */
  private readonly shapes: Uint32Array;
  private readonly shapeNumbers = new Map<string, number>();
  private steps = 0;

  constructor(types: readonly BtfType[]) {
    this.types = [{ kind: "void", name: "" }, ...types];
    this.canon = new Uint32Array(this.types.length).fill(UNSETTLED);
    this.canon[0] = 0;
    this.hypothesis = new Uint32Array(this.types.length);
    this.shapes = new Uint32Array(this.types.length);
  }

  run(): DedupResult {
    for (let id = 1; id < this.types.length; id++) {
      eachRef(this.types[id]!, (ref) => {
        if (ref >= this.types.length) throw new SkepError("btf/type-id", `type [${id}] refers to type [${ref}]`);
      });
      this.primitive(id);
    }
    for (let id = 1; id < this.types.length; id++) this.composite(id);
    this.forwards();
    for (let id = 1; id < this.types.length; id++) this.reference(id, 0);
    return this.compact();
  }

  private shape(id: number): number {
    const known = this.shapes[id]!;
    if (known !== 0) return known;
    const text = shapeOf(this.types[id]!);
    let number = this.shapeNumbers.get(text);
    if (number === undefined) {
      number = this.shapeNumbers.size + 1;
      this.shapeNumbers.set(text, number);
    }
    this.shapes[id] = number;
    return number;
  }

  private primitive(id: number): void {
    const type = this.types[id]!;
    switch (type.kind) {
      case "var":
      case "datasec":
        this.canon[id] = id;
        break;
      case "int":
      case "float":
      case "fwd":
        this.settle(id, `${this.shape(id)} ${type.name}`);
        break;
      case "enum":
      case "enum64":
        this.enumeration(id, type);
        break;
      default:
        break;
    }
  }

  /** Maps to an equal type that was met before, or stands for itself. */
  private settle(id: number, signature: string): number {
    const same = this.bySignature.get(signature);
    if (same === undefined) this.bySignature.set(signature, [id]);
    this.canon[id] = same === undefined ? id : same[0]!;
    return this.canon[id]!;
  }

  private enumeration(id: number, type: BtfEnum): void {
    const signature = `enum ${type.name}`;
    const candidates = this.bySignature.get(signature) ?? [];
    for (const candidate of candidates) {
      const other = this.types[candidate] as BtfEnum;
      if (sameEnum(type, other)) {
        this.canon[id] = candidate;
        return;
      }
      if (!enumsCompatible(type, other)) continue;
      if (type.values.length === 0) {
        this.canon[id] = candidate;
        return;
      }
      this.canon[candidate] = id;
    }
    this.canon[id] = id;
    candidates.push(id);
    this.bySignature.set(signature, candidates);
  }

  private composite(id: number): void {
    const type = this.types[id]!;
    if ((type.kind !== "struct" && type.kind !== "union") || this.canon[id] !== UNSETTLED) return;
    const signature = `${this.shape(id)} ${type.name}`;
    const candidates = this.bySignature.get(signature) ?? [];
    for (const candidate of candidates) {
      for (const assumed of this.assumed) this.hypothesis[assumed] = 0;
      this.assumed.length = 0;
      if (!this.equivalent(id, candidate)) continue;
      this.acceptHypothesis();
      this.canon[id] = candidate;
      return;
    }
    this.canon[id] = id;
    candidates.push(id);
    this.bySignature.set(signature, candidates);
  }

  private resolve(id: number): number {
    while (this.canon[id] !== UNSETTLED && this.canon[id] !== id) id = this.canon[id]!;
    return id;
  }

  /** A fwd that was found to be a struct, as that struct. */
  private resolveFwd(id: number): number {
    if (this.types[id]!.kind !== "fwd") return id;
    const end = this.resolve(id);
    return this.types[end]!.kind === "fwd" ? id : end;
  }

  /** Walks both graphs side by side; pairs wait on a stack, since real graphs are deeper than JavaScript's own. */
  private equivalent(candidate: number, canonical: number): boolean {
    const stack = [canonical, candidate];
    while (stack.length > 0) {
      const cand = stack.pop()!;
      const canon = this.resolveFwd(stack.pop()!);
      if (this.resolve(cand) === this.resolve(canon)) continue;
      const assumed = this.hypothesis[canon]!;
      if (assumed !== 0) {
        if (assumed === cand) continue;
        this.steps = IDENTICAL_STEPS;
        if (!this.identical(assumed, cand, IDENTICAL_DEPTH)) return false;
        continue;
      }
      // Void is 0 and so are the empty slots; it equals nothing but itself, which was seen above.
      if (cand === 0 || canon === 0) return false;
      this.hypothesis[canon] = cand;
      this.assumed.push(canon);
      const a = this.types[cand]!;
      const b = this.types[canon]!;
      if (a.name !== b.name) return false;
      if (a.kind !== b.kind && (a.kind === "fwd" || b.kind === "fwd")) {
        if (!declares(a, b)) return false;
        continue;
      }
      if (a.kind === "enum" || a.kind === "enum64") {
        if (!(b.kind === "enum" || b.kind === "enum64") || !enumsCompatible(a, b)) return false;
        continue;
      }
      if (this.shape(cand) !== this.shape(canon)) return false;
      if (a.kind !== "struct" && a.kind !== "union" && a.kind !== "func_proto" && a.kind !== "array") {
        if ("typeId" in a && "typeId" in b) stack.push(b.typeId, a.typeId);
        continue;
      }
      const refs = refsOf(a);
      const others = refsOf(b);
      // The last first, so that the first pair is popped first.
      for (let i = refs.length - 1; i >= 0; i--) stack.push(others[i]!, refs[i]!);
    }
    return true;
  }

  private identical(id1: number, id2: number, depth: number): boolean {
    if (id1 === id2) return true;
    if (depth <= 0 || --this.steps < 0) return false;
    const a = this.types[id1]!;
    const b = this.types[id2]!;
    if (a.kind !== b.kind) return false;
    if (a.kind === "enum" || a.kind === "enum64") return enumsCompatible(a, b as BtfEnum);
    if (a.name !== b.name || this.shape(id1) !== this.shape(id2)) return false;
    const refs = refsOf(a);
    const others = refsOf(b);
    for (let i = 0; i < refs.length; i++) if (!this.identical(refs[i]!, others[i]!, depth - 1)) return false;
    return true;
  }

  /** The graphs were the same: forwards get their structs, and structs on the way their representatives. */
  private acceptHypothesis(): void {
    for (const assumed of this.assumed) {
      const cand = this.resolve(this.hypothesis[assumed]!);
      const canon = this.resolve(assumed);
      if (cand === canon) continue;
      const candFwd = this.types[cand]!.kind === "fwd";
      const canonFwd = this.types[canon]!.kind === "fwd";
      if (!candFwd && canonFwd) this.canon[canon] = cand;
      else if (candFwd && !canonFwd) this.canon[cand] = canon;
      const kind = this.types[cand]!.kind;
      const settled = this.canon[canon] !== UNSETTLED && this.canon[cand] === UNSETTLED;
      if ((kind === "struct" || kind === "union") && !canonFwd && settled) this.canon[cand] = canon;
    }
  }

  private forwards(): void {
    const byName = new Map<string, number>();
    for (let id = 1; id < this.types.length; id++) {
      const type = this.types[id]!;
      if ((type.kind !== "struct" && type.kind !== "union") || this.canon[id] !== id) continue;
      byName.set(type.name, byName.has(type.name) ? 0 : id);
    }
    for (let id = 1; id < this.types.length; id++) {
      const type = this.types[id]!;
      if (type.kind !== "fwd" || this.canon[id] !== id) continue;
      const full = byName.get(type.name) ?? 0;
      if (full !== 0 && declares(type, this.types[full]!)) this.canon[id] = full;
    }
  }

  private reference(id: number, depth: number): number {
    if (this.canon[id] !== UNSETTLED) return this.resolve(id);
    if (depth > MAX_CHAIN) {
      throw new SkepError(
        "btf/cycle",
        `type [${id}]: references go in a circle, or through more than ${MAX_CHAIN} types`,
      );
    }
    const type = mapRefs(this.types[id]!, (ref) => this.reference(ref, depth + 1));
    this.types[id] = type;
    return this.settle(id, `${this.shape(id)} ${type.name} ${refsOf(type).join(",")}`);
  }

  private compact(): DedupResult {
    const ids = new Uint32Array(this.types.length);
    const kept: number[] = [];
    for (let id = 1; id < this.types.length; id++) {
      if (this.canon[id] !== id) continue;
      kept.push(id);
      ids[id] = kept.length;
    }
    for (let id = 1; id < this.types.length; id++) ids[id] = ids[this.resolve(id)]!;
    return { types: kept.map((id) => mapRefs(this.types[id]!, (ref) => ids[ref]!)), ids };
  }
}

function refsOf(type: BtfType): number[] {
  const refs: number[] = [];
  eachRef(type, (ref) => refs.push(ref));
  return refs;
}

/** Everything but name and references. */
function shapeOf(type: BtfType): string {
  switch (type.kind) {
    case "int":
      return `int ${type.sizeBytes} ${type.bits} ${type.bitOff} ${type.signed} ${type.char} ${type.bool}`;
    case "float":
      return `float ${type.sizeBytes}`;
    case "fwd":
      return `fwd ${type.union}`;
    case "array":
      return `array ${type.nelems}`;
    case "struct":
    case "union":
      return `${type.kind} ${type.sizeBytes} ${type.members.map((m) => `${m.name}:${m.bitOff}:${m.bitSize}`).join(" ")}`;
    case "func_proto":
      return `func_proto ${type.params.map((param) => param.name).join(" ")} ${type.params.length}`;
    case "func":
      return `func ${type.linkage}`;
    case "decl_tag":
      return `decl_tag ${type.componentIdx} ${type.attr === true}`;
    case "type_tag":
      return `type_tag ${type.attr === true}`;
    default:
      return type.kind;
  }
}

function sameEnum(a: BtfEnum, b: BtfEnum): boolean {
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.sizeBytes === b.sizeBytes &&
    a.signed === b.signed &&
    a.values.length === b.values.length &&
    a.values.every((value, i) => value.name === b.values[i]!.name && value.value === b.values[i]!.value)
  );
}

/** Equal, or one is only declared: an enum's declaration knows neither its size nor its kind. */
function enumsCompatible(a: BtfEnum, b: BtfEnum): boolean {
  return a.values.length === 0 || b.values.length === 0 ? a.name === b.name : sameEnum(a, b);
}

/** Whether one is the forward declaration of the other. */
function declares(a: BtfType, b: BtfType): boolean {
  const [fwd, full] = a.kind === "fwd" ? [a, b] : [b, a];
  return fwd.kind === "fwd" && full.kind === (fwd.union ? "union" : "struct");
}
