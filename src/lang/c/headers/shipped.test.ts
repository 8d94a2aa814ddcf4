import { describe, expect, test } from "vitest";
import * as attachTypes from "../../../abi/attach-types.ts";
import { CTX_LAYOUTS } from "../../../abi/ctx.ts";
import { HELPERS } from "../../../abi/helpers.ts";
import { MAP_TYPES } from "../../../abi/map-types.ts";
import { PROG_TYPES } from "../../../abi/prog-types.ts";
import { parseC } from "../parse.ts";
import { findField, sizeOf } from "../types.ts";
import { LIBC } from "./libc.ts";
import { GROUPS } from "./on-demand.ts";
import { shippedHeader, shippedNames } from "./shipped.ts";

const MADE = new Set(["bpf/bpf_helper_defs.h", "skep/bpf_func_id.h"]);

const files = {
  read: (path: string): Uint8Array | undefined =>
    path.startsWith("/inc/") ? shippedHeader(path.slice("/inc/".length)) : undefined,
};

function parse(text: string): ReturnType<typeof parseC> {
  return parseC("test.c", new TextEncoder().encode(text), {
    files,
    systemPaths: ["/inc"],
    defines: ["__TARGET_ARCH_x86"],
  });
}

/** Value of each enumerator, by name, of an array `long long v[] = {...}`. */
function valuesOf(header: string, names: readonly string[]): Map<string, bigint | undefined> {
  const unit = parse(`#include <${header}>\nlong long v[] = { ${names.join(", ")} };`);
  expect(unit.diagnostics.map((one) => one.message)).toEqual([]);
  const init = unit.vars.find((one) => one.name === "v")!.init!;
  return new Map(names.map((name, i) => [name, init.items.find((item) => item.offBytes === i * 8)?.data?.value ?? 0n]));
}

/** What programs include before a header. */
const FIRST: Readonly<Record<string, string>> = {
  "bpf/usdt.bpf.h": "#include <linux/bpf.h>\n#include <linux/ptrace.h>",
};

describe("shipped headers", () => {
  test("what is loaded on demand is named as its tables have it", async () => {
    const tables = await Promise.all(GROUPS.map(({ load }) => load()));
    expect(tables.map((table) => Object.keys(table).sort())).toEqual(GROUPS.map(({ names }) => [...names].sort()));
    const early = Object.keys(LIBC);
    expect(shippedNames().filter((name) => !MADE.has(name) && !early.includes(name))).toEqual(
      GROUPS.flatMap(({ names }) => [...names]).sort(),
    );
  });

  test.each(shippedNames())("%s stands by itself", (name) => {
    const unit = parse(`${FIRST[name] ?? "#include <linux/types.h>"}\n#include <${name}>\n`);
    expect(unit.diagnostics.map((one) => `${one.file}:${one.line}: ${one.message}`)).toEqual([]);
  });

  test("linux/bpf.h has the map types, program types and attach types of the tables", () => {
    const rows = [...MAP_TYPES, ...PROG_TYPES].map((row) => [row.name, BigInt(row.id)] as const);
    const attach = Object.entries(attachTypes).flatMap(([name, value]) =>
      typeof value === "number" && name.startsWith("BPF_") ? [[name, BigInt(value)] as const] : [],
    );
    const want = new Map([...rows, ...attach]);
    expect(valuesOf("linux/bpf.h", [...want.keys()])).toEqual(want);
  });

  test("ctx structs are laid out as the verifier's tables say", () => {
    const unit = parse("#include <linux/bpf.h>\n");
    let compared = 0;
    for (const layout of Object.values(CTX_LAYOUTS)) {
      const record = unit.tags.get(layout.name);
      if (record?.kind !== "record") continue;
      for (const field of layout.fields) {
        const path = findField(record, field.name);
        // A flexible array has no size of its own.
        if (path === undefined || sizeOf(path[path.length - 1]!.type) === 0) continue;
        const bits = path.reduce((sum, step) => sum + step.bitOff, 0);
        expect([field.name, bits / 8, sizeOf(path[path.length - 1]!.type)]).toEqual([
          field.name,
          field.offBytes,
          field.sizeBytes,
        ]);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(60);
  });

  test("every helper can be called by its name and number", () => {
    const unit = parse("#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n");
    for (const row of HELPERS.slice(1)) {
      const decl = unit.vars.find((one) => one.name === `bpf_${row.name}`);
      expect([row.name, decl?.init?.items[0]?.data?.value]).toEqual([row.name, BigInt(row.id)]);
    }
  });
});
