import { expect, test } from "vitest";
import { CASES } from "../../test/verifier/cases.ts";
import { progOfText } from "../../test/verifier/prog.ts";
import { verify } from "./verify.ts";

test.each(CASES)("$name", ({ type, text, license, kernel }) => {
  const result = verify(progOfText(text, type, license));
  expect(result.ok).toBe(kernel === null);
  if (kernel !== null) expect(result.error?.kernel.split("\n")).toContain(kernel);
});
