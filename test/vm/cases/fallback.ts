/**
 * Older ways: what an object has that the kernel does not know, and kernels without links. For the latter a Sys stands between
 * that refuses what Linux 5.4 lacks, so that the older ways run on whatever kernel this is.
 */
import { BPF_BTF_LOAD, BPF_LINK_CREATE, BPF_MAP_CREATE, BPF_PROG_LOAD } from "../../../src/abi/cmds.ts";
import { BPF_F_MMAPABLE } from "../../../src/abi/flags.ts";
import { BPF_MAP_TYPE_RINGBUF } from "../../../src/abi/map-types.ts";
import { E2BIG, EINVAL } from "../../../src/base/errno.ts";
import { progInfo } from "../../../src/linux/bpf/object.ts";
import type { Sys } from "../../../src/linux/sys.ts";
import { linux } from "../../../src/linux/target.ts";
import { loadObject } from "../../../src/loader/load.ts";
import { countOf, equal, holds, type LiveCase, objectOf, own, thrown, withHooks } from "../kit.ts";
import { makePair, ownFrame, sendFrame, withNetns } from "../net.ts";
import { socket, withCgroup } from "./policy.ts";
import { waitFor } from "./wait.ts";

const RELEASE = "5.4.0";

export const FALLBACKS: readonly LiveCase[] = [
  {
    name: "BTF of every kind, and globals, whatever the kernel knows",
    run: () => {
      const target = linux();
      const collection = loadObject(objectOf("test/fixtures/linux/old.bpf.o"), target, {}, true);
      try {
        const old = collection.programs["old"]!;
        equal(old.run(new Uint8Array(64)).verdict, "drop", "verdict");
        equal([collection.bss["sum"], collection.data["given"]], [10n, 4], "globals");
        const value = collection.maps["readings"]!.get(1) as unknown as Record<string, unknown>;
        equal([value["size"], value["sign"]], ["LARGE", "MINUS"], "what the program wrote");
        const { fd } = old.raw as unknown as { fd: number };
        holds((progInfo(own().bpf, fd)?.btfId ?? 0) > 0, "the program has its types");
      } finally {
        collection.close();
      }
      return undefined;
    },
  },
  {
    name: "as Linux 5.4: XDP and tc without links, globals without mmap",
    run: () =>
      withHooks(
        ["xdp", "tc_first"],
        (hooks) =>
          withNetns((netns) => {
            netns.run(() => makePair("veth", "va", "vb"));
            const links = ["xdp", "tc_first"].map((name) => {
              return hooks.programs[name]!.attach({ dev: "vb", netns: netns.path });
            });
            equal(
              links.map((link) => link.info()),
              [undefined, undefined],
              "links of the kernel",
            );
            const send = (): void => netns.run(() => sendFrame("va", ownFrame()));
            waitFor(() => countOf(hooks, 24) > 0 && countOf(hooks, 19) > 0, "both see a frame", send);
            const bss = Object.values(hooks.maps).find((map) => map.spec.global === "bss");
            equal(bss?.raw.window(), null, "memory of the variables");
            holds((hooks.bss["sequence"] as bigint) >= 2n, "the programs' variable, read by system call");
            hooks.bss["sequence"] = 100n;
            send();
            waitFor(() => (hooks.bss["sequence"] as bigint) > 100n, "the variable, written by system call", send);
            for (const link of links) link.close();
            const before = [countOf(hooks, 24), countOf(hooks, 19)];
            send();
            equal([countOf(hooks, 24), countOf(hooks, 19)], before, "after detaching");
            return undefined;
          }),
        { sys: oldKernel(), release: RELEASE },
      ),
  },
  {
    name: "as Linux 5.4: cgroup programs without links",
    config: ["CGROUP_BPF"],
    run: () =>
      withHooks(
        ["cgroup_first"],
        (hooks) =>
          withCgroup((cgroup, enter) => {
            const link = hooks.programs["cgroup_first"]!.attach({ cgroup });
            equal(link.info(), undefined, "link of the kernel");
            enter(() => own().bpf.close(socket()));
            equal(countOf(hooks, 21), 1, "sockets seen");
            link.close();
            enter(() => own().bpf.close(socket()));
            equal(countOf(hooks, 21), 1, "sockets seen after detaching");
            return undefined;
          }),
        { sys: oldKernel(), release: RELEASE },
      ),
  },
  {
    name: "as Linux 5.4: what it cannot have says since when there is one",
    run: () => {
      const target = linux({ sys: oldKernel(), release: RELEASE });
      const error = thrown(() => loadObject(objectOf("examples/opens.bpf.o"), target, {}, true));
      const { code, since } = error as { code?: string; since?: string };
      equal([code, since], ["linux/not-supported", "5.8"], "ring buffers");
      return undefined;
    },
  },
];

/** The running kernel, without what came after 5.4: links, ring buffers, arrays to map, fd arrays, new kinds of BTF. */
function oldKernel(): Sys {
  const { sys } = own();
  const answers: Readonly<Record<number, (attr: DataView) => number>> = {
    [BPF_LINK_CREATE]: () => -EINVAL,
    [BPF_MAP_CREATE]: (attr) =>
      attr.getUint32(0, true) === BPF_MAP_TYPE_RINGBUF || (attr.getUint32(16, true) & BPF_F_MMAPABLE) !== 0
        ? -EINVAL
        : 0,
    [BPF_PROG_LOAD]: (attr) => (attr.getBigUint64(120, true) === 0n ? 0 : -E2BIG),
    [BPF_BTF_LOAD]: (attr) => (newKinds(at(attr.getBigUint64(0, true), attr.getUint32(16, true))) ? -EINVAL : 0),
  };
  const at = (addr: bigint, size: number): DataView => {
    const bytes = sys.view(Number(addr), size);
    return new DataView(bytes.buffer, bytes.byteOffset, size);
  };
  return {
    ...sys,
    bpf(cmd, attrAddr, attrBytes): number {
      const refused = answers[cmd]?.(at(BigInt(attrAddr), attrBytes)) ?? 0;
      return refused < 0 ? refused : sys.bpf(cmd, attrAddr, attrBytes);
    },
  };
}

const BTF_KIND_DATASEC = 15;
/** Bytes after the 12 that each type has: none, or so many and so many an item. */
const MORE: Readonly<Record<number, readonly [fixed: number, item: number]>> = {
  1: [4, 0],
  3: [12, 0],
  4: [0, 12],
  5: [0, 12],
  6: [0, 8],
  13: [0, 8],
  14: [4, 0],
  15: [0, 12],
};

function newKinds(btf: DataView): boolean {
  const start = btf.getUint32(4, true) + btf.getUint32(8, true);
  const end = start + btf.getUint32(12, true);
  for (let at = start; at < end; ) {
    const info = btf.getUint32(at + 4, true);
    const kind = (info >>> 24) & 31;
    if (kind > BTF_KIND_DATASEC) return true;
    // A global function is one of 5.6.
    if (kind === 12 && (info & 0xffff) === 1) return true;
    const [fixed, item] = MORE[kind] ?? [0, 0];
    at += 12 + fixed + item * (info & 0xffff);
  }
  return false;
}
