/** BTF that names a program's functions, each `int name(void)`: the kernel wants func_info for callbacks. */
import { Btf } from "../../src/btf/btf.ts";
import type { BtfType } from "../../src/btf/types.ts";
import { writeBtf } from "../../src/btf/write.ts";

const INT_ID = 1;
const PROTO_ID = 2;
/** Type id of the first function; the others follow. */
export const FIRST_FUNC_ID = 3;

export function funcsBtf(names: readonly string[]): Btf {
  const types: BtfType[] = [
    { kind: "int", name: "int", sizeBytes: 4, bits: 32, bitOff: 0, signed: true, char: false, bool: false },
    { kind: "func_proto", name: "", retTypeId: INT_ID, params: [] },
    ...names.map((name): BtfType => ({ kind: "func", name, typeId: PROTO_ID, linkage: "static" })),
  ];
  return new Btf(writeBtf(types));
}
