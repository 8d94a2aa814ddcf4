/** The kfunc model against the running kernel's BTF: same types, same names of parameters. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { kfuncModel } from "../../src/abi/kfunc-model.ts";
import { KFUNCS } from "../../src/abi/kfuncs.ts";
import { Btf } from "../../src/btf/btf.ts";
import { typesCompatible } from "../../src/btf/core-match.ts";
import { hasKernelBtf, VMLINUX_BTF } from "../live.ts";

test.skipIf(!hasKernelBtf())("the kfunc model says what the kernel's BTF says", () => {
  const btf = new Btf(readFileSync(VMLINUX_BTF));
  const model = kfuncModel();
  const wrong: string[] = [];
  let compared = 0;
  for (let id = 1; id < model.length; id++) {
    const func = model.type(id);
    if (func.kind !== "func") continue;
    expect(KFUNCS.has(func.name), func.name).toBe(true);
    const other = btf.type(btf.find(func.name, "func"));
    if (other.kind !== "func") continue;
    compared++;
    if (!typesCompatible(model, func.typeId, btf, other.typeId)) wrong.push(`${func.name}: another prototype`);
    const [ours, theirs] = [model.type(func.typeId), btf.type(other.typeId)];
    if (ours.kind !== "func_proto" || theirs.kind !== "func_proto") continue;
    const names = [ours, theirs].map((proto) => proto.params.map((param) => param.name).join(" "));
    if (names[0] !== names[1]) wrong.push(`${func.name}(${names[0]}) is (${names[1]})`);
  }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(40);
});
