/**
 * An arena: memory that programs and user space share. Pointers in it are addresses as user space has them; of one that a
 * program kept in the kernel's form the low 32 bits are the same, so these alone are looked at.
 *
 *     first byte of the arena <-> `base`        variables declared __arena come first (.addr_space.1)
 *
 * Source: kernel/bpf/arena.c, 6.18.
 */
import { SkepError } from "../base/error.ts";
import type { BtfKind, BtfView } from "../btf/types.ts";
import { codecOf, type ValueCodec } from "../btf/value.ts";
import { liveVars, varsOf } from "./globals.ts";
import type { Value } from "./shape.ts";
import type { TargetMap } from "./target.ts";

const SECTION = ".addr_space.1";

export class Arena {
  /** The whole arena. Kernel target: a page comes into being when it is first touched, from either side. */
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly base: bigint;
  /** The object's __arena variables: read and assign while programs run. */
  readonly vars: Record<string, Value>;
  readonly #btf: BtfView | null;
  readonly #name: string;

  /** Throws "load/arena" for a map that is none, or has no memory here. */
  constructor(map: TargetMap, btf: BtfView | null) {
    const bytes = map.window();
    if (bytes === null || map.windowAddr === undefined) {
      throw new SkepError("load/arena", `map ${map.spec.name} is no arena`, {
        advice: '__uint(type, BPF_MAP_TYPE_ARENA) and __uint(map_flags, BPF_F_MMAPABLE) in SEC(".maps")',
      });
    }
    this.bytes = bytes;
    this.base = map.windowAddr;
    this.#btf = btf;
    this.#name = map.spec.name;
    const section = btf?.find(SECTION, "datasec") ?? 0;
    this.vars = section === 0 ? {} : liveVars(varsOf(btf!, section), () => bytes);
  }

  /** The bytes behind a pointer. Throws "load/arena" where they are not all in the arena. */
  bytesAt(pointer: bigint, length: number): Uint8Array {
    const at = Number(BigInt.asUintN(32, pointer - this.base));
    if (pointer !== 0n && at + length <= this.bytes.length) return this.bytes.subarray(at, at + length);
    throw new SkepError("load/arena", `0x${pointer.toString(16)}, ${length} bytes, is not in arena ${this.#name}`, {
      advice: pointer === 0n ? "the pointer is null" : `it has ${this.bytes.length} bytes`,
    });
  }

  /** What a pointer to a type ("struct node", "node_t", "int") points to, decoded. */
  read(type: string, pointer: bigint): Value {
    const codec = this.#codec(type);
    return codec.decode(this.bytesAt(pointer, codec.size));
  }

  write(type: string, pointer: bigint, value: Value): void {
    const codec = this.#codec(type);
    codec.encode(value, this.bytesAt(pointer, codec.size));
  }

  #codec(type: string): ValueCodec {
    const [, word = "", name = ""] = /^(?:(struct|union|enum) )?(.*)$/.exec(type) ?? [];
    const kinds: readonly BtfKind[] = word === "" ? ["typedef", "int"] : [word as BtfKind];
    const id = kinds.map((kind) => this.#btf?.find(name, kind) ?? 0).find((found) => found !== 0);
    if (id !== undefined && this.#btf !== null) return codecOf(this.#btf, id);
    throw new SkepError("load/arena", `the object's BTF has no ${type}`, {
      advice: "skep btf dump file F shows what it has",
    });
  }
}
