/**
 * Bytes to JavaScript values and back, as BTF types them:
 *
 *     u64, s64, pointers           bigint                    narrower integers, float, double      number
 *     bool                         boolean                   enum      enumerator's name, or number where it has none
 *     char[N]                      string, up to the NUL     unsigned char[N]                      Uint8Array (a copy)
 *     other arrays                 array                     struct, datasec                       object
 *     union                        object with every member  __be16, __be32, __be64                host order
 *
 * Members of anonymous structs and unions stand in the object around them, as in C. Encoding takes what decoding gives,
 * and numbers for bigint where they are exact; absent members are zero; of a union one member is enough, and several
 * must agree.
 */
import { viewOf } from "../base/bytes.ts";
import { SkepError } from "../base/error.ts";
import type { BtfComposite, BtfInt, BtfMember, BtfType, BtfView } from "./types.ts";
import {
  bitsLeaf,
  boolBits,
  boolLeaf,
  bytesLeaf,
  describe,
  enumLeaf,
  floatLeaf,
  intLeaf,
  invalid,
  type Leaf,
  listed,
  textLeaf,
} from "./value-leaf.ts";

export type BtfValue =
  | number
  | bigint
  | string
  | boolean
  | null
  | Uint8Array
  | BtfValue[]
  | { [field: string]: BtfValue };

/**
 * One type's two directions.
 *
 * @example
 * ```ts
 * const codec = codecOf(btf, btf.find("flow", "struct"));
 * codec.decode(codec.encode({ saddr: 0xc0000201, bytes: 1500n })); // { saddr: 3221225985, bytes: 1500n }
 * ```
 */
export interface ValueCodec {
  /** Bytes of a value. */
  readonly size: number;
  /** Takes `size` bytes or more. Throws "btf/value". */
  decode(bytes: Uint8Array): BtfValue;
  /** Throws "btf/value", with the member at fault, for what does not fit. Writes into `into` where that is given. */
  encode(value: unknown, into?: Uint8Array): Uint8Array;
}

const codecs = new WeakMap<BtfView, Map<number, ValueCodec>>();

/** Throws "btf/value-type" for what has no values: functions, void, types that are only declared. */
export function codecOf(btf: BtfView, typeId: number): ValueCodec {
  let known = codecs.get(btf);
  if (known === undefined) {
    known = new Map();
    codecs.set(btf, known);
  }
  let codec = known.get(typeId);
  if (codec === undefined) {
    codec = codecFrom(new Compiler(btf).leaf(typeId, false, 0).leaf);
    known.set(typeId, codec);
  }
  return codec;
}

/** Bytes as they are, where no type is known. */
export function bytesCodec(sizeBytes: number): ValueCodec {
  const leaf = bytesLeaf(sizeBytes);
  return codecFrom({
    ...leaf,
    write(view, off, value) {
      if (value instanceof Uint8Array && value.length !== sizeBytes) {
        throw invalid(`${value.length} bytes, where ${sizeBytes} are needed`);
      }
      leaf.write(view, off, value);
    },
  });
}

function codecFrom(leaf: Leaf): ValueCodec {
  const { size } = leaf;
  const enough = (bytes: Uint8Array): DataView => {
    if (bytes.length < size) throw invalid(`${bytes.length} bytes, where the type has ${size}`);
    return viewOf(bytes);
  };
  const put = (bytes: Uint8Array, value: unknown, into: Uint8Array | undefined): Uint8Array => {
    leaf.write(viewOf(bytes), 0, value);
    if (into === undefined) return bytes;
    enough(into);
    into.set(bytes);
    return into;
  };
  return {
    size,
    decode: (bytes) => leaf.read(enough(bytes), 0),
    encode(value, into) {
      // Written aside first: what is refused leaves `into` as it was. Small values share one buffer for that, since
      // making a view costs more than the rest.
      if (size > SCRATCH_BYTES || scratchTaken) return put(new Uint8Array(size), value, into);
      scratchTaken = true;
      try {
        scratch.fill(0, 0, size);
        leaf.write(scratchView, 0, value);
        if (into === undefined) return scratch.slice(0, size);
        enough(into);
        for (let i = 0; i < size; i++) into[i] = scratch[i]!;
        return into;
      } finally {
        scratchTaken = false;
      }
    },
  };
}

const SCRATCH_BYTES = 1024;
const scratch = new Uint8Array(SCRATCH_BYTES);
const scratchView = viewOf(scratch);
/** A getter of the value that is encoded may encode another. */
let scratchTaken = false;

const MAX_DEPTH = 64;
/** Reads that one value may take beyond its size: unions nested in unions multiply. */
const MAX_READS = 1_000_000;

/** `reads` is what decoding one value costs. */
interface Compiled {
  readonly leaf: Leaf;
  readonly reads: number;
}

class Compiler {
  private readonly btf: BtfView;
  private readonly known = new Map<string, Compiled>();

  constructor(btf: BtfView) {
    this.btf = btf;
  }

  leaf(id: number, bigEndian: boolean, depth: number): Compiled {
    if (depth > MAX_DEPTH) throw noValue(`type [${id}]: types contain one another without end`);
    const key = `${id}${bigEndian ? "be" : ""}`;
    let compiled = this.known.get(key);
    if (compiled === undefined) {
      compiled = this.compile(id, bigEndian, depth);
      if (compiled.reads > MAX_READS + compiled.leaf.size) throw noValue(`type [${id}] is too entangled to be read`);
      this.known.set(key, compiled);
    }
    return compiled;
  }

  private compile(id: number, bigEndian: boolean, depth: number): Compiled {
    const type = this.btf.type(id);
    const one = (leaf: Leaf): Compiled => ({ leaf, reads: 1 });
    switch (type.kind) {
      case "typedef":
        return this.leaf(type.typeId, bigEndian || isBigEndianName(type.name), depth + 1);
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
      case "var":
        return this.leaf(type.typeId, bigEndian, depth + 1);
      case "int":
        return one(type.bool ? boolLeaf(type.sizeBytes) : intLeaf(type.sizeBytes, type.signed, bigEndian));
      case "ptr":
        return one(intLeaf(8, false, false));
      case "enum":
      case "enum64":
        return one(enumLeaf(type, intLeaf(type.sizeBytes, type.signed, bigEndian)));
      case "float":
        return one(floatLeaf(type.sizeBytes) ?? bytesLeaf(type.sizeBytes));
      case "array":
        return this.array(type.typeId, type.nelems, bigEndian, depth);
      case "struct":
      case "union":
        return this.composite(type, depth);
      case "datasec":
        return record(
          `section ${type.name}`,
          type.sizeBytes,
          type.vars.map((entry) => {
            const whole = this.leaf(entry.typeId, false, depth + 1);
            return {
              name: this.btf.type(entry.typeId).name,
              off: entry.offBytes,
              // LLVM keeps the type of a variable of which it left only some elements.
              ...(entry.sizeBytes < whole.leaf.size ? { leaf: bytesLeaf(entry.sizeBytes), reads: 1 } : whole),
            };
          }),
          false,
        );
      default:
        throw noValue(`type [${id}] (${type.kind} '${type.name}') has no values`);
    }
  }

  private array(elementId: number, nelems: number, bigEndian: boolean, depth: number): Compiled {
    const element = this.btf.type(this.btf.skipMods(elementId));
    if (element.kind === "int" && element.sizeBytes === 1 && !element.bool) {
      if (isChar(element)) return { leaf: textLeaf(nelems), reads: 1 };
      if (!element.signed) return { leaf: bytesLeaf(nelems), reads: 1 };
    }
    const { leaf, reads } = this.leaf(elementId, bigEndian, depth + 1);
    const stride = leaf.size;
    const count = stride === 0 ? 0 : nelems;
    return {
      reads: 1 + count * reads,
      leaf: {
        size: stride * nelems,
        read(view, off) {
          const values: BtfValue[] = new Array(count);
          for (let i = 0; i < count; i++) values[i] = leaf.read(view, off + i * stride);
          return values;
        },
        write(view, off, value) {
          if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
            throw invalid(`${describe(value)} where an array of ${nelems} is needed`);
          }
          const values = value as ArrayLike<unknown>;
          if (values.length > count) throw invalid(`${values.length} elements, where there is room for ${count}`);
          let i = 0;
          try {
            for (; i < values.length; i++) leaf.write(view, off + i * stride, values[i]);
          } catch (error) {
            throw within(`[${i}]`, error);
          }
        },
      },
    };
  }

  private composite(type: BtfComposite, depth: number): Compiled {
    const fields: Field[] = [];
    for (const member of type.members) {
      const compiled = member.bitSize > 0 ? this.bits(member) : this.leaf(member.typeId, false, depth + 1);
      const off = member.bitSize > 0 ? 0 : Math.floor(member.bitOff / 8);
      if (member.bitOff + member.bitSize > type.sizeBytes * 8) throw outside(member.name, `${type.kind} ${type.name}`);
      fields.push({ name: member.name, off, ...compiled });
    }
    const name = `${type.kind} ${type.name === "" ? "(anonymous)" : type.name}`;
    return record(name, type.sizeBytes, fields, type.kind === "union");
  }

  private bits(member: BtfMember): Compiled {
    const type = this.btf.type(this.btf.skipMods(member.typeId));
    if (type.kind !== "int" && type.kind !== "enum" && type.kind !== "enum64") {
      throw noValue(`bit-field '${member.name}' is of type ${type.kind}`);
    }
    const bits = bitsLeaf({
      bitOff: member.bitOff,
      bits: member.bitSize,
      signed: type.signed,
      wide: type.sizeBytes > 4,
    });
    if (type.kind !== "int") return { leaf: enumLeaf(type, bits), reads: 1 };
    return { leaf: type.bool ? boolBits(bits) : bits, reads: 1 };
  }
}

interface Field extends Compiled {
  /** "" for an anonymous struct or union, whose fields then stand in the outer object. */
  readonly name: string;
  readonly off: number;
}

/** A leaf that reads into an object that is there already, and knows its names. */
interface RecordLeaf extends Leaf {
  readonly names: readonly string[];
  readInto(view: DataView, off: number, object: Record<string, BtfValue>): void;
  /** Returns how many of the object's members were written. */
  writeFrom(view: DataView, off: number, object: Record<string, unknown>): number;
}

function record(what: string, size: number, fields: readonly Field[], union: boolean): Compiled {
  const names: string[] = [];
  let reads = 1;
  for (const field of fields) {
    if (field.off + field.leaf.size > size) throw outside(field.name, what);
    reads += field.reads;
    if (field.name !== "") names.push(field.name);
    else if (isRecord(field.leaf)) names.push(...field.leaf.names);
  }
  const leaf: RecordLeaf = {
    size,
    names,
    read(view, off) {
      const object: Record<string, BtfValue> = {};
      leaf.readInto(view, off, object);
      return object;
    },
    readInto(view, off, object) {
      for (const field of fields) {
        if (field.name !== "") define(object, field.name, field.leaf.read(view, off + field.off));
        else if (isRecord(field.leaf)) field.leaf.readInto(view, off + field.off, object);
      }
    },
    write(view, off, value) {
      if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
        throw invalid(`${describe(value)} where ${what} is needed`, { advice: `give an object with ${listed(names)}` });
      }
      const object = value as Record<string, unknown>;
      const written = leaf.writeFrom(view, off, object);
      const given = Object.keys(object);
      if (given.length === written) return;
      const unknown = given.find((name) => !names.includes(name));
      if (unknown !== undefined) {
        throw invalid(`${what} has no member ${unknown}`, { advice: `it has ${listed(names)}` });
      }
    },
    writeFrom(view, off, object) {
      let written = 0;
      let parts = 0;
      let at = "";
      try {
        for (const field of fields) {
          const before = written;
          at = field.name;
          if (at === "") {
            if (isRecord(field.leaf)) written += field.leaf.writeFrom(view, off + field.off, object);
          } else if (Object.hasOwn(object, at) && object[at] !== undefined) {
            field.leaf.write(view, off + field.off, object[at]);
            written++;
          }
          if (written > before) parts++;
        }
      } catch (error) {
        throw within(at, error);
      }
      if (union && parts > 1) checkUnion(what, leaf, view, off, object);
      return written;
    },
  };
  return { leaf, reads };
}

/** Members share their bytes: all that were given must read back as given. */
function checkUnion(
  what: string,
  leaf: RecordLeaf,
  view: DataView,
  off: number,
  object: Record<string, unknown>,
): void {
  const back: Record<string, BtfValue> = {};
  leaf.readInto(view, off, back);
  for (const name of leaf.names) {
    if (!Object.hasOwn(object, name) || object[name] === undefined) continue;
    if (!sameValue(object[name], back[name])) {
      throw invalid(`members of ${what} disagree: ${name} is overwritten by another`, {
        advice: "give only the member that counts",
      });
    }
  }
}

function sameValue(given: unknown, back: unknown): boolean {
  if (Object.is(given, back)) return true;
  if (typeof given === "number" || typeof given === "bigint") {
    if (typeof back !== "number" && typeof back !== "bigint") return typeof back !== "undefined";
    return Number.isInteger(Number(given)) ? BigInt(given) === BigInt(back) : given === back;
  }
  if (ArrayBuffer.isView(given) || Array.isArray(given)) {
    if (!ArrayBuffer.isView(back) && !Array.isArray(back)) return typeof back === "string";
    const [a, b] = [given as ArrayLike<unknown>, back as ArrayLike<unknown>];
    return a.length <= b.length && Array.from(a).every((item, i) => sameValue(item, b[i]));
  }
  if (typeof given === "object" && given !== null && typeof back === "object" && back !== null) {
    const other = back as Record<string, unknown>;
    return Object.entries(given).every(([name, item]) => item === undefined || sameValue(item, other[name]));
  }
  // A number given for an enumerator, or a name for one of several of the same value.
  return typeof given !== typeof back;
}

function isRecord(leaf: Leaf): leaf is RecordLeaf {
  return "readInto" in leaf;
}

/** A member may be called __proto__: assignment would set the prototype. */
function define(object: Record<string, BtfValue>, name: string, value: BtfValue): void {
  if (name === "__proto__") Object.defineProperty(object, name, { value, enumerable: true, writable: true });
  else object[name] = value;
}

/** An error from inside a member, with the member's name. */
function within(name: string, error: unknown): unknown {
  if (name === "" || !(error instanceof SkepError) || error.code !== "btf/value") return error;
  const nested = /^(\.|\[)/.test(error.message);
  const head = name.startsWith("[") ? name : `.${name}`;
  return new SkepError(error.code, `${head}${nested ? "" : ": "}${error.message}`, {
    ...(error.advice === undefined ? {} : { advice: error.advice }),
    cause: error.cause ?? error,
  });
}

/** char, under any compiler: clang says signed, gcc says neither. */
export function isChar(type: BtfInt): boolean {
  return type.sizeBytes === 1 && (type.char || type.name === "char");
}

function isBigEndianName(name: string): boolean {
  return name === "__be16" || name === "__be32" || name === "__be64";
}

/** What `type` is once modifiers and typedefs are off, and whether one of the typedefs says big-endian. */
export function bareType(btf: BtfView, id: number): { id: number; type: BtfType; bigEndian: boolean } {
  let bigEndian = false;
  for (let depth = 0; depth < MAX_DEPTH; depth++) {
    const type = btf.type(id);
    switch (type.kind) {
      case "typedef":
        bigEndian ||= isBigEndianName(type.name);
        id = type.typeId;
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
      case "var":
        id = type.typeId;
        break;
      default:
        return { id, type, bigEndian };
    }
  }
  throw noValue(`type [${id}]: types refer to one another without end`);
}

function outside(field: string, what: string): SkepError {
  return noValue(`'${field}' of ${what} lies outside of it`);
}

function noValue(message: string): SkepError {
  return new SkepError("btf/value-type", message);
}
