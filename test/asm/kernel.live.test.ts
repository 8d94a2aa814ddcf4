/** Instructions as the running kernel's verifier prints them: every op of the vectors, text for text; and bpftool's listings. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { assemble } from "../../src/asm/asm.ts";
import { kernelText } from "../../src/asm/kernel.ts";
import { OPS, opAt } from "../../src/isa/ops.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { createMap } from "../../src/linux/bpf/map.ts";
import { progInfo } from "../../src/linux/bpf/object.ts";
import { loadProg, logText } from "../../src/linux/bpf/prog.ts";
import { liveKernel, liveSys } from "../live.ts";
import { generatedVectors } from "../vectors/generate.ts";
import { resolvedProg } from "../vectors/program.ts";
import type { Vector } from "../vectors/vector.ts";
import { writtenVectors } from "../vectors/written.ts";

const LOG_BYTES = 4 << 20;
const bpftool = spawnSync("bpftool", ["version"]).status === 0;

/** Loads with the whole log and hands over the fd while it is open. */
function withLoaded(bpf: Bpf, vector: Vector, use: (fd: number, log: string) => void): void {
  const prog = resolvedProg(vector);
  const maps = prog.maps.map((map) =>
    createMap(bpf, {
      type: map.type,
      keySize: map.keySize,
      valueSize: map.valueSize,
      maxEntries: map.maxEntries,
      flags: map.flags,
      name: map.name,
    }),
  );
  const { fd } = loadProg(bpf, { type: prog.spec.type, insns: prog.insns, license: "GPL", fds: maps }, 2, LOG_BYTES);
  try {
    use(fd, logText(bpf, LOG_BYTES));
  } finally {
    if (fd >= 0) bpf.close(fd);
    for (const map of maps) bpf.close(map);
  }
}

describe.skipIf(liveKernel() !== null)("the running kernel", () => {
  const vectors = [...generatedVectors(), ...writtenVectors()];

  test("prints instructions as kernelText does", () => {
    const bpf = new Bpf(liveSys());
    const seen = new Set<string>();
    for (const vector of vectors) {
      const { insns } = resolvedProg(vector);
      withLoaded(bpf, vector, (_, log) => {
        for (const line of log.split("\n")) {
          const match = /^(\d+): (\([0-9a-f]{2}\) .*?)\s*(?:;.*)?$/.exec(line);
          if (match === null) continue;
          const i = Number(match[1]);
          const row = opAt(insns, i);
          if (row === undefined) continue;
          seen.add(row.name);
          // What a map is called in the log is its address in the kernel
          const imm64 = row.kind === "lddw" && row.src !== 0 ? () => match[2]!.replace(/^.* = /, "") : () => undefined;
          expect(kernelText(insns, i, { imm64 }), `${vector.name}: ${line}`).toBe(match[2]);
        }
      });
    }
    const unseen = OPS.map((row) => row.name).filter((name) => !seen.has(name));
    expect(unseen).toEqual(["addr_space_cast", "call_kfunc", "callx", "lddw_map_fd", "lddw_map_value", "lddw_btf_id"]);
  });

  test.skipIf(!bpftool)("listings of bpftool assemble", () => {
    const bpf = new Bpf(liveSys());
    // Others use r11, which the kernel keeps for itself
    for (const name of ["subprograms.vec", "loop.vec"]) {
      withLoaded(bpf, vectors.find((vector) => vector.name === name)!, (fd) => {
        const id = progInfo(bpf, fd)!.id;
        const { stdout } = spawnSync("bpftool", ["prog", "dump", "xlated", "id", `${id}`], { encoding: "utf8" });
        const { insns } = assemble(stdout);
        const opcodes = spawnSync("bpftool", ["prog", "dump", "xlated", "id", `${id}`, "opcodes"], {
          encoding: "utf8",
        });
        const bytes = [...opcodes.stdout.matchAll(/^\s+((?:[0-9a-f]{2} ){7,15}[0-9a-f]{2})$/gm)].map((m) => m[1]!);
        expect(insns.length).toBe(bytes.join(" ").split(" ").length / 8);
      });
    }
  });
});
