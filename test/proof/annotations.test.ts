/** Expectations are read from tags and found in logs as the kernel's runner reads and finds them. */
import { expect, test } from "vitest";
import { BtfBuilder } from "../../src/btf/write.ts";
import { expectationOf, unmet } from "./annotations.ts";

const messages = (...texts: string[]): { text: string; negative: boolean }[] =>
  texts.map((text) => ({ text: text.replace(/^!/, ""), negative: text.startsWith("!") }));

const LOG = "0: (b7) r0 = 1  ; R0_w=1\n1: (95) exit\nR3 !read_ok\nprocessed 2 insns\n";

test.each([
  [["r0 = 1", "R3 !read_ok"], []],
  [["R3 !read_ok", "r0 = 1"], [1]],
  [["r0 = 2", "exit"], [0]],
  [["{{r[0-9] = 1}}  ; R0", "^R3"], [1]],
  [["{{^R[[:digit:]]+ !read_ok$}}"], []],
  [["r0 = 1{{.*}}exit"], [0]],
  [["r0 = 1{{[^x]*}}exit"], [0]],
  [["r0 = 1", "!exit", "processed"], [1]],
  [["exit", "!r0 = 1", "processed"], []],
  [["processed", "!exit"], []],
] as const)("%j", (texts, expected) => {
  expect(unmet(LOG, messages(...texts))).toEqual(expected);
});

test("tags of a function", () => {
  const b = new BtfBuilder();
  const int = b.add({
    kind: "int",
    name: "int",
    sizeBytes: 4,
    bits: 32,
    bitOff: 0,
    signed: true,
    bool: false,
    char: false,
  });
  const proto = b.add({ kind: "func_proto", name: "", retTypeId: int, params: [] });
  const funcs = ["bad", "helper", "arm"].map((name) => b.add({ kind: "func", name, typeId: proto, linkage: "global" }));
  const tag = (func: number, name: string): number =>
    b.add({ kind: "decl_tag", name: `comment:${name}`, typeId: funcs[func]!, componentIdx: -1 });
  tag(0, "test_expect_failure");
  tag(0, "test_expect_msg=0=a = b");
  tag(0, "test_expect_not_msg=1=c");
  tag(0, "test_log_level=2");
  tag(0, "test_prog_flags=!BPF_F_TEST_REG_INVARIANTS");
  tag(0, "test_prog_flags=BPF_F_TEST_STATE_FREQ");
  tag(1, "test_auxiliary");
  tag(2, "test_arch=ARM64");
  tag(2, "test_retval=0");
  const btf = b.build();
  expect(expectationOf(btf, "bad")).toEqual({
    failure: true,
    messages: messages("a = b", "!c"),
    logLevel: 2,
    flags: 4 | 8,
    skip: "",
  });
  expect(expectationOf(btf, "helper")).toBe(null);
  expect(expectationOf(btf, "arm")?.skip).toBe("for ARM64");
  expect(expectationOf(btf, "none")).toBe(null);
});
