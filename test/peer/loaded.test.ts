/**
 * Objects loaded by libbpf (through bpftool) and by Skep, compared in the kernel: the insns after the verifier's rewriting,
 * their source lines, and the attributes of the maps that they use. (Not the tag: it differs between maps named by
 * descriptor and by index.) bpftool pins into a bpffs of its own, which goes away again; nothing is attached.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { liveKernel } from "../live.ts";
import { peerMissing } from "./blob.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const OBJECTS = [
  ...[14, 16, 19].flatMap((v) => [`test/fixtures/obj/basic.clang-${v}.o`, `test/fixtures/obj/core.clang-${v}.o`]),
  ...["firewall", "opens", "rate_limit", "syn_guard", "tc_edit"].map((name) => `examples/${name}.bpf.o`),
];

const reason = liveKernel() ?? peerMissing();

interface Shown {
  id: number;
  type: string;
  name: string;
  bytes_xlated: number;
  map_ids?: number[];
}

function bpftool<T>(...words: string[]): T {
  const out = spawnSync("bpftool", ["-j", ...words]);
  if (out.status !== 0) throw new Error(`bpftool ${words.join(" ")}: ${out.stdout}${out.stderr}`);
  return (out.stdout.length === 0 ? null : JSON.parse(out.stdout.toString())) as T;
}

function describeProg(prog: Shown): string {
  const maps = (prog.map_ids ?? []).map((id) => {
    const map = bpftool<Record<string, unknown>>("map", "show", "id", String(id));
    return [map["type"], map["bytes_key"], map["bytes_value"], map["max_entries"], map["flags"]].join("/");
  });
  const code = spawnSync("bpftool", ["prog", "dump", "xlated", "id", String(prog.id), "linum"]).stdout.toString();
  const seen: string[] = [];
  // Maps by the order in which they are used instead of by their ids.
  const text = code.replace(/bpf_prog_[0-9a-f]{16}_/g, "bpf_prog_").replace(/id:\d+/g, (id) => {
    if (!seen.includes(id)) seen.push(id);
    return `map ${seen.indexOf(id)}`;
  });
  return `${prog.name} ${prog.type} ${prog.bytes_xlated} ${maps.sort().join(" ")}\n${text}`;
}

describe.skipIf(reason !== null && reason !== "")("loaded by libbpf and by Skep", () => {
  test.for(OBJECTS)("%s", (path, { skip }) => {
    const bpffs = mkdtempSync(join(tmpdir(), "skep-bpffs-"));
    const mounted = spawnSync("mount", ["-t", "bpf", "skep", bpffs]).status === 0;
    try {
      if (!mounted) skip("bpffs cannot be mounted");
      const made = spawnSync("bpftool", ["prog", "loadall", join(root, path), join(bpffs, "progs")]);
      expect(made.status, made.stderr.toString()).toBe(0);
      const spec = parseObject(readFileSync(join(root, path)), basename(path));
      const theirs = spec.programs.map((prog) =>
        describeProg(bpftool<Shown>("prog", "show", "pinned", join(bpffs, "progs", prog.name))),
      );
      const target = linux();
      const ids: number[] = [];
      const loadProg = target.loadProg.bind(target);
      target.loadProg = (...words) => {
        const made = loadProg(...words);
        ids.push(made.id);
        return made;
      };
      const collection = loadObject(spec, target, {}, true);
      try {
        const ours = ids.map((id) => describeProg(bpftool<Shown>("prog", "show", "id", String(id))));
        expect(ours.sort()).toEqual(theirs.sort());
      } finally {
        collection.close();
      }
    } finally {
      if (mounted) spawnSync("umount", [bpffs]);
      rmSync(bpffs, { recursive: true, force: true });
    }
  });
});
