/** Programs in IR that Skep's verifier and, where there is one, the kernel's have to accept for -mcpu v2, v3 and v4. */
import { expect } from "vitest";
import { disassemble } from "../../src/asm/disasm.ts";
import { type Judge, kernelJudge } from "../../src/linux/judge.ts";
import { verify } from "../../src/verifier/verify.ts";
import { liveKernel } from "../live.ts";
import { build, resolved, someTypes, type Types } from "./kit.ts";

const judge: Judge | null = liveKernel() === null ? kernelJudge() : null;

export function closeJudge(): void {
  judge?.close();
}

export const types: Types = someTypes();
const BPF_MAP_TYPE_ARRAY = 2;
const counts = types.map("counts", BPF_MAP_TYPE_ARRAY, types.u32, types.u64, 16);
const bss = types.builder.add({ kind: "array", name: "", typeId: types.u64, indexTypeId: types.u32, nelems: 16 });
export const HEAD: string = `
global @counts section=".maps" size=${counts.sizeBytes} align=8 btf=${counts.id}
global @words section=".bss" size=128 align=8 btf=${types.variable("words", bss)}
global @_license section="license" size=4 align=1 bytes=47504c00
`;

const CPUS = [2, 3, 4] as const;

/** The code for each version of the instruction set. */
export function accept(body: string, section = "xdp", more = ""): string[] {
  const texts: string[] = [];
  for (const cpu of CPUS) {
    const main = `func @prog(%0:ptr ctx) i32 section="${section}" btf=${types.func("prog")} !0:1:1 {\n${body}\n}\n`;
    const { bytes } = build(`file 0 "rule.c" "int prog;"\n${HEAD}${more}${main}`, { cpu, types: types.builder });
    const prog = resolved(bytes, "prog");
    const text = disassemble(prog.insns).text;
    const own = verify(prog);
    expect(own.ok, `v${cpu}: ${own.error?.kernel}\n${text}`).toBe(true);
    const verdict = judge?.judge(prog);
    if (verdict !== undefined && verdict.unusable === "")
      expect(verdict.ok, `v${cpu}: ${verdict.message}\n${text}`).toBe(true);
    texts.push(text);
  }
  return texts;
}

/** data in %data, end in %end, as an XDP program reads them. */
export const PACKET: string = `  %d = load i32 %0 align=4
  %dz = zext i64 %d
  %data = inttoptr ptr %dz packet
  %ea = ptradd %0, i64 4
  %e = load i32 %ea align=4
  %ez = zext i64 %e
  %end = inttoptr ptr %ez packetEnd`;
