/** The helper tables against the running kernel: every helper in every program type that it loads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { HELPERS } from "../../src/abi/helpers.ts";
import { helperProto } from "../../src/abi/prog-helpers.ts";
import * as pt from "../../src/abi/prog-types.ts";
import { Btf } from "../../src/btf/btf.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { loadProg, logText, type ProgAttr } from "../../src/linux/bpf/prog.ts";
import { hasKernelBtf, liveKernel, liveSys, VMLINUX_BTF } from "../live.ts";
import { BTF_CASES, caseLabel, PLAIN_CASES } from "./cases.ts";

const LOG_BYTES = 4096;

const call = (id: number) =>
  insnsOf([
    { code: 0x85, dst: 0, src: 0, off: 0, imm: id },
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);
const empty = (ret: number) =>
  insnsOf([
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: ret },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);

/** Helpers that kernels leave out by configuration. */
const CONFIGURED: Readonly<Record<string, string>> = {
  override_return: "CONFIG_BPF_KPROBE_OVERRIDE",
  lwt_seg6_store_bytes: "CONFIG_IPV6_SEG6_BPF",
  lwt_seg6_action: "CONFIG_IPV6_SEG6_BPF",
  lwt_seg6_adjust_srh: "CONFIG_IPV6_SEG6_BPF",
  skb_get_xfrm_state: "CONFIG_XFRM",
  probe_write_user: "lockdown",
};

test.skipIf(liveKernel() !== null || !hasKernelBtf())("each helper in each program type, as the kernel has it", () => {
  const bpf = new Bpf(liveSys());
  const btf = new Btf(readFileSync(VMLINUX_BTF));
  const wrong: string[] = [];
  const skipped: string[] = [];
  let compared = 0;
  for (const each of [...PLAIN_CASES, ...BTF_CASES]) {
    const label = caseLabel(each);
    const base: Omit<ProgAttr, "insns"> = {
      type: each.type,
      license: "GPL",
      expectedAttachType: each.attach,
      flags: each.flags ?? 0,
      attachBtfId: each.attachBtfId?.(btf) ?? 0,
    };
    const tried = [0, 1].map((ret) => {
      const loaded = loadProg(bpf, { ...base, insns: empty(ret) }, 1, LOG_BYTES);
      bpf.close(loaded.fd);
      return loaded.fd;
    });
    if (tried.every((fd) => fd < 0)) {
      skipped.push(`${label} (errno ${-tried[0]!})`);
      continue;
    }
    for (let id = 1; id < HELPERS.length; id++) {
      const { fd } = loadProg(bpf, { ...base, insns: call(id) }, 1, LOG_BYTES);
      bpf.close(fd);
      const log = fd >= 0 ? "" : logText(bpf, LOG_BYTES);
      const real = !/unknown func |cannot use helper|invalid func /.test(log);
      const query = each.attachTo === undefined ? {} : { attachTo: each.attachTo };
      const structOps = each.type === pt.BPF_PROG_TYPE_STRUCT_OPS ? { structOps: "tcp_congestion_ops" } : {};
      const ours = helperProto(each.type, each.attach, id, { ...query, ...structOps }) !== undefined;
      compared++;
      if (real === ours) continue;
      if (ours && CONFIGURED[HELPERS[id]!.name] !== undefined) continue;
      wrong.push(`${label} ${HELPERS[id]!.name}: kernel ${real}, table ${ours} ${log.split("\n").slice(-3).join("|")}`);
    }
  }
  console.log(`compared ${compared}; not loadable here: ${skipped.join(", ")}`);
  expect(wrong).toEqual([]);
});
