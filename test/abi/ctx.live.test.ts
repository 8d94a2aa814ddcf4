/** The ctx tables against the running kernel: every offset, size and direction in every program type that it loads. */
import { expect, test } from "vitest";
import { ctxAccess, ctxLayout } from "../../src/abi/ctx.ts";
import { type Insn, insnsOf } from "../../src/isa/insn.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { loadProg, logText } from "../../src/linux/bpf/prog.ts";
import { liveKernel, liveSys } from "../live.ts";
import { caseLabel, PLAIN_CASES } from "./cases.ts";

const LOG_BYTES = 4096;
const SIZES = [1, 2, 4, 8] as const;
const SIZE_CODE = { 1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18 } as const;

const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const EXIT = [insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)];
const EXIT1 = [insn(0xb7, 0, 0, 0, 1), insn(0x95, 0, 0, 0, 0)];

/** What log level 2 calls the value that a load gave. */
const YIELDS: Readonly<Record<string, string>> = {
  scalar: "scalar",
  packet: "pkt",
  packet_end: "pkt_end",
  packet_meta: "pkt_meta",
  flow_keys: "flow_keys",
  socket: "sock",
  sock_common: "sock_common",
  xdp_sock: "xdp_sock",
  tp_buffer: "tp_buffer",
  btf_id: "trusted_ptr_",
};

test.skipIf(liveKernel() !== null)("each access to each ctx, as the kernel judges it", { timeout: 120_000 }, () => {
  const bpf = new Bpf(liveSys());
  const wrong: string[] = [];
  const skipped: string[] = [];
  let compared = 0;
  let granted = 0;
  for (const each of PLAIN_CASES) {
    const layout = ctxLayout(each.type);
    if (layout === null) throw new Error(`no layout for ${caseLabel(each)}`);
    const base = { type: each.type, license: "GPL", expectedAttachType: each.attach, flags: each.flags ?? 0 };
    const tail = [EXIT, EXIT1].find((exit) => {
      const { fd } = loadProg(bpf, { ...base, insns: insnsOf(exit) });
      bpf.close(fd);
      return fd >= 0;
    });
    if (tail === undefined) {
      skipped.push(caseLabel(each));
      continue;
    }
    const ends =
      layout.sizeBytes > 256 ? [0, 16, layout.sizeBytes - 16, layout.sizeBytes + 16] : [0, layout.sizeBytes + 16];
    for (let i = 0; i < ends.length; i += 2) {
      for (let off = ends[i]!; off < Math.min(ends[i + 1]!, 32760); off++) {
        for (const size of SIZES) {
          for (const write of [false, true]) {
            const access = write
              ? insn(0x63 | SIZE_CODE[size], 1, 2, off, 0)
              : insn(0x61 | SIZE_CODE[size], 0, 1, off, 0);
            const insns = insnsOf([insn(0xb7, 2, 0, 0, 0), access, ...tail]);
            const ours = ctxAccess(each.type, each.attach, off, size, write);
            // The log is what costs: it is needed where a load is granted.
            const { fd } = loadProg(bpf, { ...base, insns }, ours.ok && !write ? 2 : 0, LOG_BYTES);
            bpf.close(fd);
            compared++;
            const where = `${caseLabel(each)} ${write ? "write" : "read"} off ${off} size ${size}`;
            if (ours.ok !== fd >= 0) {
              bpf.close(loadProg(bpf, { ...base, insns }, 1, LOG_BYTES).fd);
              const why = logText(bpf, LOG_BYTES).split("\n").slice(-3).join("|");
              wrong.push(`${where}: kernel ${fd >= 0}, table ${ours.ok} ${why}`);
              continue;
            }
            if (!ours.ok) continue;
            granted++;
            if (write) continue;
            const log = logText(bpf, LOG_BYTES);
            const got = /^1: .*; R0(?:_w)?=(\w+)/m.exec(log)?.[1] ?? log;
            const want = YIELDS[ours.yields]! + (ours.field.btfName ?? "") + (ours.maybeNull ? "_or_null" : "");
            // A narrow load is bounded ("scalar(..)"), a constant prints as a number.
            if (got !== want && !(want === "scalar" && /^\d+$/.test(got)))
              wrong.push(`${where}: ${got} instead of ${want}`);
          }
        }
      }
    }
  }
  console.log(`compared ${compared}, granted ${granted}; not loadable here: ${skipped.join(", ")}`);
  expect(wrong).toEqual([]);
});
