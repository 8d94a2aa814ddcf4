/** IR text -> object -> specs -> verdicts: what the tests of the code generator share. */
import { readFileSync } from "node:fs";
import { Btf } from "../../src/btf/btf.ts";
import { relocateCore } from "../../src/btf/core.ts";
import { BtfBuilder } from "../../src/btf/write.ts";
import { emitObject } from "../../src/codegen/object.ts";
import { checkModule } from "../../src/ir/check.ts";
import type { IrDiagnostic, IrModule } from "../../src/ir/ir.ts";
import { parseModule } from "../../src/ir/parse.ts";
import { optimize } from "../../src/ir/passes/optimize.ts";
import { printModule } from "../../src/ir/print.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { resolveProg } from "../../src/obj/resolve.ts";
import type { ObjSpec, ResolvedProg } from "../../src/obj/spec.ts";
import { hasKernelBtf, VMLINUX_BTF } from "../live.ts";

export interface Types {
  readonly builder: BtfBuilder;
  readonly u32: number;
  readonly u64: number;
  /** FUNC "name" of int(void *ctx). */
  func(name: string, linkage?: "static" | "global"): number;
  /** VAR of a map definition in .maps; its object has `size` bytes. */
  map(
    name: string,
    type: number,
    keyType: number,
    valueType: number,
    maxEntries: number,
  ): { id: number; sizeBytes: number };
  variable(name: string, typeId: number): number;
}

export function someTypes(): Types {
  const builder = new BtfBuilder();
  const int = (name: string, sizeBytes: number, signed: boolean): number =>
    builder.add({ kind: "int", name, sizeBytes, bits: sizeBytes * 8, bitOff: 0, signed, char: false, bool: false });
  const i32 = int("int", 4, true);
  const u32 = int("unsigned int", 4, false);
  const u64 = int("unsigned long long", 8, false);
  const ptr = (typeId: number): number => builder.add({ kind: "ptr", name: "", typeId });
  const voidPtr = ptr(0);
  return {
    builder,
    u32,
    u64,
    func(name, linkage = "global") {
      const proto = builder.add({
        kind: "func_proto",
        name: "",
        retTypeId: i32,
        params: [{ name: "ctx", typeId: voidPtr }],
      });
      return builder.add({ kind: "func", name, linkage, typeId: proto });
    },
    map(name, type, keyType, valueType, maxEntries) {
      const number = (n: number): number =>
        ptr(builder.add({ kind: "array", name: "", typeId: i32, indexTypeId: u32, nelems: n }));
      const members = [
        { name: "type", typeId: number(type), bitOff: 0, bitSize: 0 },
        { name: "key", typeId: ptr(keyType), bitOff: 64, bitSize: 0 },
        { name: "value", typeId: ptr(valueType), bitOff: 128, bitSize: 0 },
        { name: "max_entries", typeId: number(maxEntries), bitOff: 192, bitSize: 0 },
      ];
      const struct = builder.add({ kind: "struct", name: "", sizeBytes: 32, members });
      return { id: builder.add({ kind: "var", name, typeId: struct, linkage: "global" }), sizeBytes: 32 };
    },
    variable(name, typeId) {
      return builder.add({ kind: "var", name, typeId, linkage: "global" });
    },
  };
}

export interface BuildOptions {
  readonly cpu?: 2 | 3 | 4;
  readonly optimized?: boolean;
  readonly types?: BtfBuilder;
}

export function build(
  text: string | IrModule,
  options: BuildOptions = {},
): { bytes: Uint8Array; diagnostics: readonly IrDiagnostic[] } {
  const module = typeof text === "string" ? parseModule(text) : text;
  const cpu = options.cpu ?? 3;
  const found = options.optimized === false ? [] : optimize(module, { cpu });
  const faults = checkModule(module);
  if (faults.length > 0)
    throw new Error(`after optimize: ${faults.join("; ")}\n${printModule(module, { noPos: true })}`);
  const { bytes, diagnostics } = emitObject(module, options.types ?? someTypes().builder, { cpu });
  const all = [...found, ...diagnostics];
  if (bytes === null) throw new Error(all.map((one) => `${one.func}: ${one.message}`).join("\n"));
  return { bytes, diagnostics: all };
}

let kernel: Btf | null | undefined;
export function kernelBtf(): Btf | null {
  if (kernel === undefined) kernel = hasKernelBtf() ? new Btf(readFileSync(VMLINUX_BTF)) : null;
  return kernel;
}

export function resolved(bytes: Uint8Array, name?: string): ResolvedProg {
  const obj: ObjSpec = parseObject(bytes, "test.o");
  const prog = name === undefined ? obj.programs[0]! : obj.programs.find((one) => one.name === name)!;
  const btf = kernelBtf();
  const located =
    prog.coreRelos.length > 0 && btf !== null && obj.btf !== null ? relocateCore(prog, obj.btf, btf).prog : prog;
  return resolveProg(located, { obj, kernelBtf: btf });
}
