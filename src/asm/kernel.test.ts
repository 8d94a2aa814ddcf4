import { describe, expect, test } from "vitest";
import { insnsOf } from "../isa/insn.ts";
import { OPS } from "../isa/ops.ts";
import { assemble } from "./asm.ts";
import { kernelText } from "./kernel.ts";

describe("the kernel's notation", () => {
  test.each([
    ["r0 = 0", "(b7) r0 = 0"],
    ["w3 += -7", "(04) w3 += -7"],
    ["r1 s/= r2", "(3f) r1 s/= r2"],
    ["r1 = (s16)r2", "(bf) r1 = (s16)r2"],
    ["w1 = -w1", "(84) w1 = -w1"],
    ["r1 = be32 r1", "(dc) r1 = be32 r1"],
    ["r1 = bswap64 r1", "(d7) r1 = bswap64 r1"],
    ["r1 = addr_space_cast(r2, 0, 1)", "(bf) r1 = addr_space_cast(r2, 0, 1)"],
    ["w2 = *(u32 *)(r1 + 76)", "(61) r2 = *(u32 *)(r1 +76)"],
    ["r2 = *(s8 *)(r1 - 1)", "(91) r2 = *(s8 *)(r1 -1)"],
    ["*(u16 *)(r10 - 8) = w1", "(6b) *(u16 *)(r10 -8) = r1"],
    ["*(u64 *)(r10 - 8) = -1", "(7a) *(u64 *)(r10 -8) = -1"],
    ["lock *(u32 *)(r1 + 0) ^= w2", "(c3) lock *(u32 *)(r1 +0) ^= r2"],
    ["r2 = atomic_fetch_and((u64 *)(r1 + 0), r2)", "(db) r2 = atomic64_fetch_and((u64 *)(r1 +0), r2)"],
    ["w2 = xchg32_32(r1 + 4, w2)", "(c3) r2 = atomic_xchg((u32 *)(r1 +4), r2)"],
    ["r0 = cmpxchg_64(r1 + 0, r0, r2)", "(db) r0 = atomic64_cmpxchg((u64 *)(r1 +0), r0, r2)"],
    ["w1 = load_acquire((u8 *)(r2 + 1))", "(d3) r1 = load_acquire((u8 *)(r2 +1))"],
    ["store_release((u64 *)(r1 + 0), r2)", "(db) store_release((u64 *)(r1 +0), r2)"],
    ["r0 = *(u16 *)skb[12]", "(28) r0 = *(u16 *)skb[12]"],
    ["r0 = *(u16 *)skb[r3 + 12]", "(48) r0 = *(u16 *)skb[r3 + 12]"],
    ["if r2 != -1 goto +3", "(55) if r2 != 0xffffffff goto pc+3"],
    ["if w2 s< w3 goto -3", "(ce) if w2 s< w3 goto pc-3"],
    ["goto -2", "(05) goto pc-2"],
    ["gotol +70000", "(06) gotol pc+70000"],
    ["may_goto +1", "(e5) may_goto pc+1"],
    ["call 1", "(85) call bpf_map_lookup_elem#1"],
    ["call 211", "(85) call bpf_cgrp_storage_delete#211"],
    ["call 9999", "(85) call unknown#9999"],
    ["call pc+3", "(85) call pc+3"],
    ["call kfunc[0x10]", "(85) call kernel-function#16"],
    ["r1 = 0x123456789abcdef ll", "(18) r1 = 0x123456789abcdef"],
    ["r1 = map[fd:5] ll", "(18) r1 = 0x5"],
    ["exit", "(95) exit"],
  ])("%s", (text, expected) => {
    expect(kernelText(assemble(text).insns, 0)).toBe(expected);
  });

  test("odd fields print as kernel/bpf/disasm.c prints them", () => {
    const one = (code: number, off: number, imm: number) => insnsOf([{ code, dst: 1, src: 2, off, imm }]);
    expect(kernelText(one(0xbf, 5, 0), 0)).toBe("(bf) r1 = r2");
    expect(kernelText(one(0xd4, 0, 24), 0)).toBe("(d4) r1 = le24 r1");
    expect(kernelText(one(0xdb, 0, 0x77), 0)).toBe("BUG_db");
    expect(kernelText(one(0xff, 0, 0), 0)).toBe("BUG_ff");
    expect(kernelText(one(0x18, 0, 7), 0)).toBe("(18) r1 = 0x7");
  });

  test("names come from the caller", () => {
    const { insns } = assemble("call kfunc[0x10]\nr1 = map[fd:5] ll");
    expect(kernelText(insns, 0, { kfuncName: (id) => `bpf_kfunc_${id}` })).toBe("(85) call bpf_kfunc_16#16");
    expect(kernelText(insns, 1, { imm64: (_i, src, lo) => `map${src}[${lo}]`, bare: true })).toBe("r1 = map1[5]");
  });

  test("every row's text is complete, and reads back", () => {
    for (const row of OPS) {
      const src = typeof row.src === "number" ? row.src : 2;
      const off = typeof row.off === "number" ? row.off : 8;
      const imm = typeof row.imm === "number" ? row.imm : 1;
      const list = [{ code: row.code, dst: row.dst === 0 ? 0 : 1, src, off, imm }];
      if (row.slots === 2) list.push({ code: 0, dst: 0, src: 0, off: 0, imm: 0 });
      const text = kernelText(insnsOf(list), 0);
      expect(text).not.toMatch(/[{}]|undefined|BUG/);
      // LD_IMM64's pseudo sources are lost in this notation, and the index in fd_array of a kfunc
      if ((row.kind === "lddw" && row.src !== 0) || row.name === "call_kfunc") continue;
      expect(assemble(`   7: ${text}`).insns).toEqual(insnsOf(list));
    }
  });
});
