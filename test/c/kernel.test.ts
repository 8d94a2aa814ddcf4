/**
 * Programs that have no test run (probes, tracing, LSM, struct_ops, ...) or want the kernel's types: the running kernel says the
 * same of Skep's object as of clang's, program by program, and both objects have the same programs, maps and sections.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { MODEL_KCONFIG } from "../../src/abi/kconfig.ts";
import { kernelJudge } from "../../src/linux/judge.ts";
import { structOpsExtras } from "../../src/linux/prog-attr.ts";
import type { KernelView } from "../../src/loader/resolve-object.ts";
import { resolveMaps, resolveOn } from "../../src/loader/resolve-object.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { liveKernel } from "../live.ts";
import { clang, compileClang, compileSkep, FOLDER, kernelTypes, objectOf } from "./kit.ts";

const CASES = `${FOLDER}kernel/`;
const reason = liveKernel();
const bpftool = spawnSync("bpftool", ["version"]).status === 0;
if (!bpftool) console.log("programs for the kernel's types are not compared with clang's: no bpftool");

const files = readdirSync(CASES).filter((file) => file.endsWith(".bpf.c"));

describe.skipIf(reason !== null || !bpftool || clang() === null)("the kernel takes what it takes from clang", () => {
  const judge = kernelJudge();
  afterAll(() => judge.close());
  const headers = mkdtempSync(join(tmpdir(), "skep-vmlinux-"));
  const types = execFileSync("bpftool", ["btf", "dump", "file", "/sys/kernel/btf/vmlinux", "format", "c"], {
    maxBuffer: 1 << 28,
  });
  writeFileSync(join(headers, "vmlinux.h"), types);

  const verdicts = (object: Uint8Array, name: string): Record<string, unknown> => {
    const kernel: KernelView = {
      kernelBtf: kernelTypes(),
      kconfig: (option) => MODEL_KCONFIG[option],
      coreCache: new Map(),
    };
    const spec = parseObject(object, name);
    const maps = resolveMaps(spec, kernel);
    const places = structOpsExtras(spec.maps, kernelTypes());
    return {
      maps: spec.maps
        .map(({ name: map, type, keySize, valueSize, maxEntries }) =>
          // Sections of data are laid out as each compiler likes.
          map.startsWith(".") ? map : `${map} ${type} ${keySize} ${valueSize} ${maxEntries}`,
        )
        .sort(),
      ...Object.fromEntries(
        spec.programs.map((prog) => {
          const said = judge.judge(resolveOn(prog, spec, maps, kernel), places.get(prog.name));
          return [prog.name, `${prog.section} ${said.unusable || said.message || said.ok}`];
        }),
      ),
    };
  };

  it.each(files)("%s", (file) => {
    const ours = verdicts(objectOf(compileSkep(`${CASES}${file}`)), file);
    const theirs = verdicts(compileClang(`${CASES}${file}`, ["-I", headers]), file);
    expect(ours).toEqual(theirs);
    // What clang's object is refused for would be no case, but for what this kernel has not or does not allow.
    const refused = Object.values(theirs).filter(
      (said) => typeof said === "string" && !/ true$| policy | no such | for kernel symbol /.test(said),
    );
    expect(refused).toEqual([]);
  });
});
