/** Special fields of what a register points to: a map's value or an object of the program's heap. */
import type { BtfView } from "../btf/types.ts";
import type { Env } from "./env.ts";
import { type FieldRecord, structRecord } from "./record.ts";
import { BTF_PROG, isAllocObject, PTR_TO_MAP_VALUE, RAW0, RAW1, type Words } from "./regs.ts";

type Records = Map<number, FieldRecord | null>;

/** By the program's BTF; records name types of the kernel's, so with another kernel they are made anew. */
const structs = new WeakMap<object, { readonly kernelBtf: BtfView | null; readonly records: Records }>();

/** Record of a struct of the program's BTF, parsed once. */
export function recordOfStruct(env: Env, typeId: number): FieldRecord | null {
  const { btf, kernelBtf } = env.prog;
  if (btf === null) return null;
  let known = structs.get(btf);
  if (known === undefined || known.kernelBtf !== kernelBtf) {
    known = { kernelBtf, records: new Map() };
    structs.set(btf, known);
  }
  let record = known.records.get(typeId);
  if (record === undefined) {
    record = structRecord(btf, typeId, kernelBtf);
    known.records.set(typeId, record);
  }
  return record;
}

export function recordOfReg(env: Env, w: Words, at: number): FieldRecord | null {
  const type = w[at]!;
  if (type === PTR_TO_MAP_VALUE) return env.maps[w[at + RAW0]! - 1]!.record;
  if (isAllocObject(type) && w[at + RAW0] === BTF_PROG) return recordOfStruct(env, w[at + RAW1]!);
  return null;
}
