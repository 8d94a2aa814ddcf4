/** The kfunc table against the running kernel: every kfunc of its BTF in every program type that it loads. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { KFUNCS, kfuncFor } from "../../src/abi/kfuncs.ts";
import { Btf } from "../../src/btf/btf.ts";
import { insnsOf } from "../../src/isa/insn.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { loadProg, logText } from "../../src/linux/bpf/prog.ts";
import { hasKernelBtf, liveKernel, liveSys, VMLINUX_BTF } from "../live.ts";
import { BTF_CASES, caseLabel, PLAIN_CASES } from "./cases.ts";

const LOG_BYTES = 4096;

/** Functions of the kernel's own BPF test run, of fmod_ret, and metadata kfuncs, which need a program bound to a device. */
const NOT_OURS = /^bpf_(fentry_test1|kfunc_call_|modify_return_test|xdp_metadata_)/;

const call = (id: number) =>
  insnsOf([
    { code: 0x85, dst: 0, src: 2, off: 0, imm: id },
    { code: 0xb7, dst: 0, src: 0, off: 0, imm: 0 },
    { code: 0x95, dst: 0, src: 0, off: 0, imm: 0 },
  ]);

test.skipIf(liveKernel() !== null || !hasKernelBtf())("each kfunc in each program type, as the kernel has it", () => {
  const bpf = new Bpf(liveSys());
  const btf = new Btf(readFileSync(VMLINUX_BTF));
  const kfuncs: { name: string; id: number }[] = [];
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (type.kind !== "decl_tag" || type.name !== "bpf_kfunc") continue;
    const { name } = btf.type(type.typeId);
    if (!NOT_OURS.test(name)) kfuncs.push({ name, id: type.typeId });
  }
  if (kfuncs.length === 0) {
    console.log("this kernel's BTF tags no kfuncs");
    return;
  }
  const unknown = kfuncs.filter(({ name }) => !KFUNCS.has(name)).map(({ name }) => name);
  expect(unknown, "kfuncs that the table lacks").toEqual([]);
  const wrong: string[] = [];
  let compared = 0;
  for (const each of [...PLAIN_CASES, ...BTF_CASES]) {
    for (const { name, id } of kfuncs) {
      const { fd } = loadProg(
        bpf,
        {
          type: each.type,
          license: "GPL",
          expectedAttachType: each.attach,
          flags: each.flags ?? 0,
          attachBtfId: each.attachBtfId?.(btf) ?? 0,
          insns: call(id),
        },
        1,
        LOG_BYTES,
      );
      bpf.close(fd);
      const log = fd >= 0 ? "" : logText(bpf, LOG_BYTES);
      if (fd < 0 && log === "") break; // the kernel takes no such program at all
      const real = !/calling kernel function \S+ is not allowed/.test(log);
      const ours = kfuncFor(each.type, each.attach, name) !== undefined;
      compared++;
      if (real !== ours) wrong.push(`${caseLabel(each)} ${name}: kernel ${real}, table ${ours} ${log.slice(0, 200)}`);
    }
  }
  console.log(`compared ${compared} of ${kfuncs.length} kfuncs`);
  expect(wrong).toEqual([]);
});
