/** The bundled profile stands for a kernel's BTF: the same bytes from the same source, the same verdict on the same program. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { CTX_LAYOUTS } from "../../src/abi/ctx.ts";
import { HELPERS } from "../../src/abi/helpers.ts";
import { MODEL_KCONFIG } from "../../src/abi/kconfig.ts";
import { Btf } from "../../src/btf/btf.ts";
import { relocateCore } from "../../src/btf/core.ts";
import { PartialBtf } from "../../src/btf/partial.ts";
import { writeBtf } from "../../src/btf/write.ts";
import { compile } from "../../src/c.ts";
import { kernelProfile } from "../../src/host/kernel-types.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec } from "../../src/obj/spec.ts";
import { verify } from "../../src/verifier/verify.ts";
import { INT } from "../fixtures/btf-int.ts";
import { VMLINUX_BTF } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const profile = (await kernelProfile()) as Btf;
profile.expectSearches();
const kernel = existsSync(VMLINUX_BTF) ? new Btf(new Uint8Array(readFileSync(VMLINUX_BTF))) : null;
if (kernel === null) console.log("comparison with a kernel's BTF skipped: there is none here");

const WALK = readFileSync(`${ROOT}/test/fixtures/walk.bpf.c`, "utf8");

function verdicts(spec: ObjSpec, kernelBtf: Btf): unknown {
  const view = { kernelBtf, kconfig: (name: string) => MODEL_KCONFIG[name], coreCache: new Map() };
  return spec.programs.map((prog) => {
    const { ok, error, stats } = verify(resolveOn(prog, spec, resolveMaps(spec, view), view), { kernel: "6.18" });
    return { prog: prog.name, ok, error: error?.code, processed: stats.processed };
  });
}

test("it is small: less than 300 kB in the package", () => {
  expect(statSync(`${ROOT}/data/linux-6.18.btf.gz`).size).toBeLessThan(300_000);
});

test("it has the ctx of every program type and the structs that helpers name", () => {
  const structs = HELPERS.flatMap(({ ret, args }) => [ret, ...args]).flatMap(({ btfName }) => btfName ?? []);
  const kernelStructs = [...structs, ...Object.keys(CTX_LAYOUTS)].filter((name) => !NOT_IN_BTF.has(name));
  expect(kernelStructs.filter((name) => profile.find(name, "struct") === 0)).toEqual([]);
});

/** Contexts that are no struct of the kernel's, dynptr kinds, and what only some configurations have. */
const NOT_IN_BTF = new Set(["bpf_user_pt_regs", "tracepoint", "syscall", "lirc_mode2", "local", "ringbuf"]);

describe.skipIf(kernel === null)("beside the kernel's own BTF", () => {
  const objects = readdirSync(`${ROOT}/examples`).filter((file) => file.endsWith(".bpf.o"));

  test.each(objects)("%s: the same verdict and processed", (file) => {
    const spec = parseObject(new Uint8Array(readFileSync(`${ROOT}/examples/${file}`)), file);
    expect(verdicts(spec, profile)).toEqual(verdicts(spec, kernel!));
  });

  test("vmlinux.h: the same bytes, which verify alike", async () => {
    const [ours, theirs] = await Promise.all(
      ([profile, kernel!] as const).map((btf) => compile("walk.bpf.c", { files: { "walk.bpf.c": WALK }, btf })),
    );
    expect(theirs!.diagnostics).toEqual([]);
    expect(ours!.diagnostics).toEqual([]);
    expect(Buffer.from(ours!.object!).equals(Buffer.from(theirs!.object!))).toBe(true);
    const spec = parseObject(ours!.object!, "walk.bpf.o");
    const seen = verdicts(spec, profile);
    expect(seen).toEqual(verdicts(spec, kernel!));
    expect(seen).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  });
});

test("accesses to types that it lacks keep the object's layout, questions get no for an answer", () => {
  const local = new Btf(
    writeBtf([
      INT,
      { kind: "struct", name: "far", sizeBytes: 16, members: [{ name: "x", typeId: 1, bitOff: 96, bitSize: 0 }] },
    ]),
  );
  const insns = {
    length: 2,
    code: new Uint8Array([0xb7, 0xb7]),
    dst: new Uint8Array(2),
    src: new Uint8Array(2),
    off: new Int16Array(2),
    imm: new Int32Array([12, 1]),
  };
  const coreRelos = [
    { insnIdx: 0, typeId: 2, access: "0:0", kind: "field_byte_offset" as const },
    { insnIdx: 1, typeId: 2, access: "0:0", kind: "field_exists" as const },
  ];
  const nothing = writeBtf([INT]);
  const relocate = (target: Btf, missingAsLocal: boolean) =>
    relocateCore({ name: "p", insns, coreRelos }, local, target, { missingAsLocal }).outcomes;
  expect(relocate(new PartialBtf(nothing), true)).toMatchObject([{ poisoned: false, after: 12n }, { after: 0n }]);
  expect(relocate(new Btf(nothing), false)).toMatchObject([{ poisoned: true }, { after: 0n }]);
});

test("a constant of vmlinux.h that is misspelt is suggested", async () => {
  const source = '#include "vmlinux.h"\nint f(void) { return XDP_PAS; }\n';
  const { diagnostics } = await compile("f.bpf.c", { files: { "f.bpf.c": source }, btf: profile });
  expect(diagnostics[0]!.message).toBe("use of undeclared identifier 'XDP_PAS'; did you mean 'XDP_PASS'?");
});
