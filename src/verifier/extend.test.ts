import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { INT } from "../../test/fixtures/btf-int.ts";
import { BPF_PROG_TYPE_EXT } from "../abi/prog-types.ts";
import { Btf } from "../btf/btf.ts";
import { writeBtf } from "../btf/write.ts";
import { parseObject } from "../obj/parse.ts";
import { resolveProg } from "../obj/resolve.ts";
import { checkFuncModel } from "./func-model.ts";
import { newLog } from "./log.ts";
import { verify } from "./verify.ts";

const spec = parseObject(
  readFileSync(new URL("../../test/fixtures/linux/extend.bpf.o", import.meta.url)),
  "extend.bpf.o",
);
const resolved = (name: string) =>
  resolveProg(spec.programs.find((each) => each.name === name)!, { obj: spec, kernelBtf: null });
const sentence = (name: string, target?: string) => {
  const extend = target === undefined ? {} : { extend: resolved(target) };
  return verify(resolved(name), extend).error?.kernel ?? "accepted";
};

/** As Linux 6.18 says it: npm run verify:vm compares. */
test.each([
  ["good_plain", "base", "accepted"],
  ["good_moves", "base", "accepted"],
  ["good_skb", "base_tc", "accepted"],
  ["good_main", "base_tc", "accepted"],
  ["wide_result", "base", "accepted"],
  ["moves_packet", "base", "Extension program changes packet data, while original does not"],
  ["xdp_helper", "base_tc", "Extension program changes packet data, while original does not"],
  ["too_few", "base", "too_few() has 1 args while plain() has 2 args"],
  ["wide_arg", "base", "arg1 in wide_arg() has size 8 while plain() has 4"],
  ["other_struct", "base", "arg0 other_struct(struct __sk_buff *) doesn't match plain(struct xdp_md *)"],
  ["pointer_result", "base", "Return type PTR of pointer_result() doesn't match type INT of plain()"],
  ["of_static", "base", "hidden() is not a global function"],
  ["good_plain", "base_tc", "Subprog plain doesn't exist"],
  ["good_plain", "good_plain", "Cannot recursively attach"],
  ["any_result", "base_cgroup", "At program exit the register R0 has smin=4711 smax=4711 should have been in [0, 3]"],
])("%s in the place of a function of %s: %s", (name, target, expected) => {
  expect(sentence(name, target)).toBe(expected);
});

test("without a target no EXT program is taken", () => {
  const all = spec.programs.filter((each) => each.type === BPF_PROG_TYPE_EXT);
  expect(all.length).toBeGreaterThan(10);
  for (const { name } of all) expect(sentence(name)).toBe("Tracing programs must provide btf_id");
});

test("functions whose arguments no trampoline passes", () => {
  const param = (typeId: number) => ({ name: "", typeId });
  const btf = new Btf(
    writeBtf([
      INT,
      { kind: "struct", name: "wide", sizeBytes: 24, members: [] },
      { kind: "func_proto", name: "", retTypeId: 0, params: [param(2)] },
      { kind: "func_proto", name: "", retTypeId: 2, params: [] },
      { kind: "func_proto", name: "", retTypeId: 1, params: [param(1), param(0)] },
      { kind: "func_proto", name: "", retTypeId: 1, params: Array.from({ length: 13 }, () => param(1)) },
      { kind: "func_proto", name: "", retTypeId: 1, params: Array.from({ length: 12 }, () => param(1)) },
    ]),
  );
  const said = (id: number) => {
    const log = newLog(0, []);
    const proto = btf.type(id);
    if (proto.kind !== "func_proto") throw new Error("no prototype");
    try {
      checkFuncModel(log, btf, proto, "f");
    } catch {
      return log.said.join("\n");
    }
    return "";
  };
  expect([3, 4, 5, 6, 7].map(said)).toEqual([
    "The function f arg0 type STRUCT is unsupported.",
    "The function f return type STRUCT is unsupported.",
    "The function f with variable args is unsupported.",
    "The function f has 13 arguments. Too many.",
    "",
  ]);
});
