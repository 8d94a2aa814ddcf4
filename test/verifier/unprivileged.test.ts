/** Programs loaded without capabilities: what is refused on top, and the same with them. Assembly as in docs/explain. */
import { describe, expect, test } from "vitest";
import { explain } from "../../src/verifier/explain.ts";
import { verify } from "../../src/verifier/verify.ts";
import { asmProgram } from "../explain/page.ts";

const LOOKUP = `*(u32 *)(r10 - 4) = 0
r2 = r10
r2 += -4
r1 = map[table] ll
call bpf_map_lookup_elem
if r0 == 0 goto out`;
const TABLE = "; map: table array key=4 value=64 entries=1";

/** Refused without capabilities with this sentence, accepted with them. */
const CASES: readonly (readonly [name: string, text: string, sentence: string, code: string])[] = [
  [
    "an offset whose sign is not known",
    `; type: socket_filter
${TABLE}
r7 = *(u32 *)(r1 + 0)
${LOOKUP}
r7 &= 31
r7 -= 16
if r7 s> 3 goto out
if r7 s< -1 goto out
r0 += 8
r0 += r7
out: r0 = 0
exit`,
    "R7 has unknown scalar with mixed signed bounds, pointer arithmetic with it prohibited for !root",
    "V020",
  ],
  [
    "one addition that moves by other limits on another path",
    `; type: socket_filter
${TABLE}
r7 = *(u32 *)(r1 + 0)
r8 = *(u32 *)(r1 + 4)
${LOOKUP}
r1 = r0
r2 = 4
if r7 == 0 goto add
r1 += 16
r2 = r8
r2 &= 7
add: r1 += r2
r0 = *(u8 *)(r1 + 0)
out: r0 = 0
exit`,
    "R1 tried to add from different maps, paths or scalars, pointer arithmetic with it prohibited for !root",
    "V020",
  ],
  [
    "a stack pointer that moves by a number",
    `; type: socket_filter
*(u64 *)(r10 - 8) = 0
r2 = *(u32 *)(r1 + 0)
r2 &= 4
r3 = r10
r3 += -8
r3 += r2
r0 = *(u32 *)(r3 + 0)
r0 = 0
exit`,
    "R3 variable stack access prohibited for !root, var_off=(0x0; 0x4) off=-8",
    "V008",
  ],
  [
    "a stack pointer beyond the stack, even unused",
    "; type: socket_filter\nr2 = r10\nr2 += 8\nr0 = 0\nexit",
    "R2 stack pointer arithmetic goes out of range, prohibited for !root; off=8",
    "V018",
  ],
  [
    "packet memory of cgroup programs",
    "; type: cgroup_skb\nr0 = *(u32 *)(r1 + 76)\nr0 = 1\nexit",
    "invalid bpf_context access off=76 size=4",
    "V013",
  ],
  ["other types of programs", "; type: xdp\nr0 = 2\nexit", "programs of type xdp are allowed only to CAP_BPF", "V020"],
  [
    "long programs",
    `; type: socket_filter\n${"r0 = 0\n".repeat(4096)}exit`,
    "program of 4097 instructions is too large without CAP_BPF: 4096 is the limit",
    "V016",
  ],
];

describe("without capabilities", () => {
  for (const [name, text, sentence, code] of CASES)
    test(name, () => {
      const { prog } = asmProgram(text);
      const privileged = verify(prog);
      expect(privileged.error?.kernel ?? "accepted").toBe("accepted");
      const { ok, error } = verify(prog, { privileged: false });
      expect(ok).toBe(false);
      expect(error!.kernel.split("\n").at(-1)).toBe(sentence);
      expect(explain(prog, error!, { privileged: false })).toMatchObject({ code });
    });

  test("what moves within bounds is accepted", () => {
    const { prog } = asmProgram(`; type: socket_filter
${TABLE}
r7 = *(u32 *)(r1 + 0)
${LOOKUP}
r7 &= 31
r0 += r7
r0 = *(u8 *)(r0 + 0)
out: r0 = 0
exit`);
    expect(verify(prog, { privileged: false }).ok).toBe(true);
  });
});
