import { expect, test } from "vitest";
import { Btf } from "../../btf/btf.ts";
import { parseObject } from "../../obj/parse.ts";
import { compileC } from "./compile.ts";

const SOURCE = `#include "vmlinux.h"
  __attribute__((section("kprobe/x"), used)) int f(struct pt_regs *ctx) { struct task *t = (void *)ctx->di; return t->state; }`;
const HEADER = "struct pt_regs { long di; }; struct task { long pid; int state; };";
const TYPES = "struct pt_regs { long di; }; struct task { long pid; int __state; };";

function compile(kernel: string, files: Readonly<Record<string, string>>): string {
  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  const { object: types } = compileC("k.c", bytes(`${kernel} struct pt_regs a; struct task b;`));
  const btf = new Btf(parseObject(types!).btf!.raw);
  const read = (path: string): Uint8Array | undefined => (files[path] === undefined ? undefined : bytes(files[path]));
  const result = compileC("a.c", bytes(SOURCE), { files: { read }, includePaths: ["inc"], kernelBtf: () => btf });
  return result.diagnostics.map((one) => one.message).join("; ");
}

test("where the kernel's types do not fit, the project's own vmlinux.h is read", () => {
  expect(compile(HEADER, {})).toBe("");
  expect(compile(TYPES, {})).toMatch(/no member named 'state'/);
  expect(compile(TYPES, { "inc/vmlinux.h": HEADER })).toBe("");
});
