/** States at each insn: the walked paths' own, bounded, and apart from what holds on every path. */
import { expect, test } from "vitest";
import { progOfText } from "../../test/verifier/prog.ts";
import { recordStates, type SeenInsn } from "./seen.ts";
import { verify } from "./verify.ts";

const TC = 3;

function seenOf(text: string, perInsn: number): SeenInsn[] {
  const prog = progOfText(text, TC);
  const recorder = recordStates(prog, perInsn);
  verify(prog, { onInsn: recorder.onInsn });
  return recorder.seen();
}

test("registers, stack and references before each insn", () => {
  const seen = seenOf(
    "r6 = r1\nr2 = 7\n*(u64 *)(r10 - 8) = r2\nr1 = map[ring]\nr2 = 8\nr3 = 0\ncall 131\nif r0 == 0 goto +2\nr1 = r0\nr2 = 0\ncall 133\nr0 = 0\nexit",
    4,
  );
  const at = (insn: number): SeenInsn => seen.find((each) => each.insn === insn)!;
  expect(at(0)).toEqual({
    insn: 0,
    visits: 1,
    more: false,
    states: [{ frame: 0, regs: { R1: "ctx()", R10: "fp0" }, stack: {}, refs: [] }],
  });
  expect(at(3).states[0]!.stack).toEqual({ "fp-8": "7" });
  expect(at(8).states[0]!.regs.R0).toMatch(/^ringbuf_mem_or_null\(id=\d+,ref_obj_id=\d+,sz=8\)$/);
  expect(at(8).states[0]!.refs).toHaveLength(1);
  expect(seen.map(({ insn }) => insn)).not.toContain(4); // the second half of a 16-byte load
});

test("different states up to the bound, visits beyond it counted", () => {
  const loop = "r6 = 0\nr6 += 1\nif r6 < 20 goto -2\nr0 = 0\nexit";
  const head = (perInsn: number): SeenInsn => seenOf(loop, perInsn).find(({ insn }) => insn === 1)!;
  expect(head(3).states.map(({ regs }) => regs.R6)).toEqual(["0", "1", "2"]);
  expect(head(3)).toMatchObject({ visits: 20, more: true });
  expect(head(100)).toMatchObject({ visits: 20, more: false });
  expect(head(100).states).toHaveLength(20);
});

test("a path that was cut short adds no state", () => {
  // Both branches meet at insn 4; r6 is read no more, so that the second is covered by the first.
  const text =
    "r2 = *(u32 *)(r1 + 0)\nr6 = 100\nif r2 == 0 goto +1\nr6 = r2\nr0 = 0\nr0 += 1\nr0 += 1\nr0 += 1\nr0 += 1\nr0 = 0\nexit";
  const seen = seenOf(text, 4);
  for (const { insn, states } of seen) if (insn > 4) expect(states.length).toBeLessThanOrEqual(2);
  expect(seen.at(-1)!.insn).toBe(10);
});
