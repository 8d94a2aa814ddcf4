/**
 * What the kernel can do, where its version is older than what brought it: distributions take features over to old versions,
 * so an old version is asked by trying, and a new one is believed.
 */
import { BPF_F_MMAPABLE } from "../abi/flags.ts";
import { BPF_MAP_TYPE_ARRAY } from "../abi/map-types.ts";
import { BPF_PROG_TYPE_SOCKET_FILTER, BPF_PROG_TYPE_TRACEPOINT } from "../abi/prog-types.ts";
import { hasSince } from "../abi/since.ts";
import type { Since } from "../abi/types.ts";
import { type Insn, insnsOf } from "../isa/insn.ts";
import { loadBtf } from "./bpf/btf.ts";
import type { Bpf } from "./bpf/call.ts";
import { createMap } from "./bpf/map.ts";
import { loadProg } from "./bpf/prog.ts";
import { BTF_PROBES, type BtfFeature, tinyBtf } from "./btf-fit.ts";

export type Feature = BtfFeature | "array_mmap" | "probe_read_kernel" | "fd_array";

const SINCE: Readonly<Record<Feature, Since>> = {
  func: "5.0",
  datasec: "5.2",
  array_mmap: "5.5",
  probe_read_kernel: "5.5",
  func_global: "5.6",
  float: "5.13",
  fd_array: "5.14",
  decl_tag: "5.16",
  type_tag: "5.17",
  enum64: "6.0",
  qmark_datasec: "6.12",
};

export class Features {
  private readonly bpf: Bpf;
  private readonly release: string;
  private readonly known = new Map<Feature, boolean>();

  constructor(bpf: Bpf, release: string) {
    this.bpf = bpf;
    this.release = release;
  }

  readonly has = (feature: Feature): boolean => {
    const before = this.known.get(feature);
    if (before !== undefined) return before;
    const found = hasSince(this.release, SINCE[feature]) || this.probe(feature);
    this.known.set(feature, found);
    return found;
  };

  /** By trying, whatever the version. */
  probe(feature: Feature): boolean {
    const fd = this.tryOut(feature);
    this.bpf.close(fd);
    return fd >= 0;
  }

  private tryOut(feature: Feature): number {
    const { bpf } = this;
    switch (feature) {
      case "array_mmap":
        return createMap(bpf, { ...ARRAY, flags: BPF_F_MMAPABLE });
      case "probe_read_kernel":
        return loadProg(bpf, { type: BPF_PROG_TYPE_TRACEPOINT, insns: insnsOf(PROBE_READ), license: "GPL" }).fd;
      case "fd_array": {
        const map = createMap(bpf, ARRAY);
        if (map < 0) return map;
        const { fd } = loadProg(bpf, {
          type: BPF_PROG_TYPE_SOCKET_FILTER,
          insns: insnsOf([insn(0x18, 1, 5, 0, 0), insn(0, 0, 0, 0, 0), ...RETURN]),
          license: "GPL",
          fds: [map],
        });
        bpf.close(map);
        return fd;
      }
      default: {
        const { words, strings } = BTF_PROBES[feature];
        return loadBtf(bpf, tinyBtf(words, strings));
      }
    }
  }
}

const ARRAY = { type: BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0 };
const insn = (code: number, dst: number, src: number, off: number, imm: number): Insn => ({ code, dst, src, off, imm });
const RETURN: Insn[] = [insn(0xb7, 0, 0, 0, 0), insn(0x95, 0, 0, 0, 0)];
/** r1 = r10 - 8, r2 = 8, r3 = 0, call bpf_probe_read_kernel. */
const PROBE_READ: Insn[] = [
  insn(0xbf, 1, 10, 0, 0),
  insn(0x07, 1, 0, 0, -8),
  insn(0xb7, 2, 0, 0, 8),
  insn(0xb7, 3, 0, 0, 0),
  insn(0x85, 0, 0, 0, 113),
  ...RETURN,
];
