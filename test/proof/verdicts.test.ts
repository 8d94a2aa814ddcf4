/** A short seeded run with the kernel's verdicts alongside. FUZZ_SEED and FUZZ_COUNT choose another one. */
import { afterAll, expect, test } from "vitest";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { kernelRelease } from "../../src/linux/kconfig.ts";
import { verify } from "../../src/verifier/verify.ts";
import { liveKernel } from "../live.ts";
import { basesOf } from "./bases.ts";
import { casesOf } from "./host.ts";
import { copyOf, withInsns } from "./mutate.ts";
import { type Finding, fuzzVerdicts } from "./verdicts.ts";

const seed = Number(process.env["FUZZ_SEED"] ?? 1);
const count = Number(process.env["FUZZ_COUNT"] ?? 400);
const missing = liveKernel();
/** Verdicts are those of one release; another one's differ where its verifier does. */
const judge: Judge | null = missing === null && kernelRelease().startsWith("6.18.") ? kernelJudge() : null;
afterAll(() => judge?.close());

test(`${count} random and changed programs of seed ${seed} get the kernel's verdict`, () => {
  const bases = basesOf(["test/fixtures/obj", "examples"], 200, judge);
  const findings: Finding[] = [];
  const onFinding = (found: Finding): number => findings.push(found);
  const totals = fuzzVerdicts({ seed, count, from: 0, bases, judge, onFinding });
  expect(findings.map(({ kind, index, message, text }) => `${kind} ${index}: ${message}\n${text}`)).toEqual([]);
  expect(totals.programs).toBe(count);
  expect(totals.accepted).toBeGreaterThan(count / 50);
  if (judge !== null) expect(totals.agree).toBeGreaterThan(count * 0.9);
});

const LDDW = 0x18;
test("an insn cannot name an inner map", () => {
  const { prog, options } = casesOf("test/fixtures/obj/maps.clang-16.o").find(({ spec }) => spec.name === "first")!;
  const insns = copyOf(prog!.insns);
  const at = insns.code.indexOf(LDDW);
  insns.imm[at] = prog!.maps.length;
  const message = `fd ${prog!.maps.length} is not pointing to valid bpf_map`;
  expect(verify(withInsns(prog!, insns), options).error?.kernel).toBe(message);
});

const touch = (): ReturnType<typeof casesOf>[number] =>
  casesOf("test/fixtures/obj/arena.clang-19.o").find(({ spec }) => spec.name === "touch")!;

test.each([
  ["arithmetic with an arena pointer gives one, whatever it is added to", 10, [0x0f, 3, 2, 0, 0], null],
  ["a BTF object by fd is not there", 0, [LDDW, 1, 3, 0, 1], "invalid module BTF object FD specified."],
] as const)("%s", (_, at, [code, dst, src, off, imm], message) => {
  const { prog, options } = touch();
  const insns = copyOf(prog!.insns);
  insns.code[at] = code;
  insns.dst[at] = dst;
  insns.src[at] = src;
  insns.off[at] = off;
  insns.imm[at] = imm;
  if (code === LDDW) insns.imm[at + 1] = 0x7fff_0000;
  const changed = withInsns(prog!, insns);
  expect(verify(changed, options).error?.kernel ?? null).toBe(message);
  if (judge === null) return;
  const verdict = judge.judge(changed);
  if (!verdict.message.includes("arena's user address")) expect(verdict.message).toBe(message ?? "");
});
