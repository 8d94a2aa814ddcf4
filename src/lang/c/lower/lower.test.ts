import { describe, expect, test } from "vitest";
import { BtfBuilder } from "../../../btf/write.ts";
import { checkModule } from "../../../ir/check.ts";
import { printModule } from "../../../ir/print.ts";
import { shippedHeader } from "../headers/shipped.ts";
import { parseC } from "../parse.ts";
import { type Lowered, lower } from "./lower.ts";

const files = {
  read: (path: string): Uint8Array | undefined =>
    path.startsWith("/inc/") ? shippedHeader(path.slice("/inc/".length)) : undefined,
};

function lowered(text: string): Lowered {
  const unit = parseC("test.c", new TextEncoder().encode(text), { files, systemPaths: ["/inc"] });
  expect(unit.diagnostics.filter((one) => one.severity === "error").map((one) => one.message)).toEqual([]);
  return lower(unit);
}

/** Lines of the printed module that hold a word, without positions and ids. */
function lines(text: string, word: string): string[] {
  return printModule(lowered(text).module)
    .split("\n")
    .filter((line) => line.includes(word))
    .map((line) => line.trim().replace(/ !\d+:\d+:\d+/, ""));
}

function btfText(one: Lowered): string {
  const builder = new BtfBuilder();
  for (const type of one.types) builder.add(type);
  const btf = builder.build();
  const rows: string[] = [];
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    rows.push(`${type.kind} ${type.name}`);
  }
  return rows.join("\n");
}

describe("CO-RE", () => {
  const STRUCTS = `
struct inner { int x; union { long a; struct { short b, c[3]; }; }; int bits : 5; } __attribute__((preserve_access_index));
struct outer { int first; struct inner in[2]; struct inner *next; int : 3; int last; } __attribute__((preserve_access_index));
`;

  test("members under preserve_access_index become one access each, through arrays and unnamed members", () => {
    expect(lines(`${STRUCTS} int f(struct outer *o) { return o->in[1].c[2]; }`, "coreaddr")).toEqual([
      expect.stringMatching(/= coreaddr %\d+ type=\d+ access="0:1:1:1:1:1:2" off=46$/),
    ]);
  });

  test("a pointer on the way ends an access; unnamed bit-fields are not counted", () => {
    const found = lines(`${STRUCTS} int f(struct outer *o) { return o->next->x + o->last; }`, "coreaddr");
    expect(found.map((line) => /"([\d:]+)"/.exec(line)![1])).toEqual(["0:2", "0:0", "0:3"]);
  });

  test("locals whose address stays here are not relocated", () => {
    expect(lines(`${STRUCTS} int f(void) { struct inner i = { 1 }; return i.x; }`, "coreaddr")).toEqual([]);
  });

  test("a struct without a tag is found by its typedef; without either there is nothing to find", () => {
    const text = `typedef struct { int a, b; } pair; struct { int c; } *only;
      int f(pair *p) { return *__builtin_preserve_access_index(&p->b) + *__builtin_preserve_access_index(&only->c); }`;
    expect(lines(text, "coreaddr")).toEqual([expect.stringMatching(/type=\d+ access="0:1" off=4$/)]);
  });

  test("questions about fields carry the answer by the types compiled with", () => {
    const text = `${STRUCTS}
int f(struct inner *i) {
  return __builtin_preserve_field_info(i->bits, 4) + __builtin_preserve_field_info(i->bits, 1) +
         __builtin_preserve_field_info(i->x, 2);
}`;
    const found = lines(text, "coreinfo");
    expect(found.map((line) => line.replace(/^%\d+ = /, "").replace(/type=\d+/, "type"))).toMatchInlineSnapshot(`
      [
        "coreinfo i32 field_lshift_u64 type access="0:2" value=59",
        "coreinfo i32 field_byte_size type access="0:2" value=4",
        "coreinfo i32 field_exists type access="0:0" value=1",
      ]
    `);
  });
});

describe("BTF", () => {
  test("structs behind pointers in structs are declared only; what functions and maps name is whole", () => {
    const one = lowered(
      `
#include <bpf/bpf_helpers.h>
struct far { int x; };
struct near { struct far *far; };
struct key { int a; };
struct { __uint(type, 1); __type(key, struct key); } m SEC(".maps");
SEC("xdp") int f(struct near *n) { return n != 0; }
`.replace("#include", "#include <linux/types.h>\n#include"),
    );
    const text = btfText(one);
    expect(text).toContain("fwd far");
    expect(text).toContain("struct near");
    expect(text).toContain("struct key");
  });
});

describe("symbols", () => {
  test("what nobody uses is not there; sections follow C's qualifiers", () => {
    const { module } = lowered(`
static const int table[2] = { 1, 2 };
static int unused = 3;
const volatile int setting = 0;
int zero, one = 1;
static int local_user(void) { static int calls; return ++calls + table[1]; }
static int nobody(void) { return unused; }
int f(void) { return local_user() + zero + one + setting; }
`);
    const sections = Object.fromEntries(module.globals.map((global) => [global.name, global.section]));
    expect(sections).toEqual({
      setting: ".rodata",
      zero: ".bss",
      one: ".data",
      table: ".rodata",
      "local_user.calls": ".bss",
    });
    expect(module.functions.map((fn) => fn.name)).toEqual(["f", "local_user"]);
  });

  test("addresses in initialisers are relocations", () => {
    const { module } = lowered("int a, b; int *list[3] = { &a, 0, &b + 1 }; int f(void) { return *list[0]; }");
    const list = module.globals.find((global) => global.name === "list")!;
    expect(list.relocs).toEqual([
      { offBytes: 0, symbol: "a", addend: 0 },
      { offBytes: 16, symbol: "b", addend: 4 },
    ]);
  });
});

describe("what eBPF cannot do", () => {
  test.each([
    ["int f(void) { double d = 1.5; d = d * 2; return d; }", "C400"],
    ["int f(int n) { void *p = &&a; goto *p; a: return n; }", "C410"],
    ["int f(const char *a, const char *b) { return __builtin_strcmp(a, b); }", "C411"],
    ["int f(int n) { char *p = __builtin_alloca(n); return p[0]; }", "C412"],
    ["short x; int f(void) { return __sync_fetch_and_add(&x, 1); }", "C421"],
  ])("%s", (text, code) => {
    const unit = parseC("test.c", new TextEncoder().encode(text), { files });
    const codes = unit.errors > 0 ? unit.diagnostics : lower(unit).diagnostics;
    expect(codes.map((one) => one.code)).toContain(code);
  });
});

test("the module is well formed", () => {
  const { module } = lowered(`
struct s { int a; unsigned b : 3, c : 9; long d[4]; };
static int g(struct s x, int *p) { return x.a + *p; }
int f(int n, struct s *q) {
  struct s local = { .a = n, .c = 5, .d = { [2] = n } };
  int i, sum = 0;
  for (i = 0; i < 4; i++) {
    if (i == 2 && n) continue;
    sum += local.d[i] ? q->b++ : (local.c -= i);
  }
  switch (n) { case 1: sum++; case 2 ... 9: sum--; break; default: goto out; }
  do { sum += g(local, &i); } while (--i > 0);
out:
  return sum;
}
`);
  expect(checkModule(module)).toEqual([]);
});
