import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hasKernelBtf, liveKernel, liveSys, VMLINUX_BTF } from "../../test/live.ts";
import { readElf } from "../elf/read.ts";
import { btfComplaint, loadBtf } from "../linux/bpf/btf.ts";
import { Bpf } from "../linux/bpf/call.ts";
import { Btf } from "./btf.ts";
import { dedupTypes } from "./dedup.ts";
import { pruneTypes } from "./prune.ts";
import { concatTypes } from "./refs.ts";
import type { BtfType } from "./types.ts";
import { writeBtf } from "./write.ts";

/** The kernel checks every type of a BTF that it is given; what it takes is closed at once. */
describe.skipIf(liveKernel() !== null)("the kernel takes", () => {
  const accepted = (types: readonly BtfType[]): void => {
    const bpf = new Bpf(liveSys());
    const raw = writeBtf(types);
    const fd = loadBtf(bpf, raw);
    if (fd < 0) expect(btfComplaint(bpf, raw)).toBe("");
    expect(fd).toBeGreaterThan(0);
    bpf.close(fd);
  };

  test("objects put together and deduplicated", () => {
    const list = ["core/same.o", "core/moved.o", "core/less.o"].map((file) => {
      const elf = readElf(readFileSync(new URL(`../../test/golden/${file}`, import.meta.url)), file);
      return new Btf(elf.data(elf.section(".BTF")!));
    });
    const { types } = dedupTypes(concatTypes(list).types);
    // Compilers leave sizes and offsets of sections to the loader.
    accepted(
      types.map((type) =>
        type.kind === "datasec"
          ? { ...type, sizeBytes: 4096, vars: type.vars.map((entry, i) => ({ ...entry, offBytes: 64 * i })) }
          : type,
      ),
    );
  });

  test.skipIf(!hasKernelBtf())("one of its own structs, pruned", () => {
    const kernel = new Btf(readFileSync(VMLINUX_BTF));
    const { types } = pruneTypes(kernel, [kernel.find("task_struct", "struct")]);
    expect(types.length).toBeLessThan(2000);
    accepted(types);
  });
});
