/** Maps beyond lookups: pinned by name and by hand, opened again, records from user space to a program. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type KernelTarget, linux } from "../../src/linux/target.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { type LoadOptions, loadObject } from "../../src/loader/load.ts";
import { BpfMap } from "../../src/loader/map.ts";
import { parseObject } from "../../src/obj/parse.ts";
import type { ObjSpec } from "../../src/obj/spec.ts";
import { liveKernel } from "../live.ts";

const FILE = new URL("../fixtures/linux/links.bpf.o", import.meta.url).pathname;
const spec = parseObject(new Uint8Array(readFileSync(FILE)), "links.bpf.o");

function bpffs(): string {
  const dir = mkdtempSync(join(tmpdir(), "skep-bpffs-"));
  execFileSync("mount", ["-t", "bpf", "none", dir]);
  onTestFinished(() => {
    execFileSync("umount", [dir]);
    rmdirSync(dir);
  });
  return dir;
}

function load(target: KernelTarget, from: ObjSpec = spec, options: LoadOptions = {}): Collection {
  const collection = loadObject(from, target, { programs: ["on_xdp"], ...options }, true);
  onTestFinished(() => collection.close());
  return collection;
}

const pinned = (changes: object = {}): ObjSpec => ({
  ...spec,
  maps: spec.maps.map((map) => (map.name === "counts" ? { ...map, pinByName: true, ...changes } : map)),
});

describe.skipIf(liveKernel() !== null)("maps in the kernel", () => {
  test("pinned by name: made once, found again, with its values; another size is refused", () => {
    const pinDir = bpffs();
    const first = load(linux({ pinDir }), pinned());
    first.maps["counts"]!.set(3, 42n);
    first.close();
    expect(existsSync(`${pinDir}/counts`)).toBe(true);
    const second = load(linux({ pinDir }), pinned());
    expect(second.maps["counts"]!.get(3)).toBe(42n);
    expect(() => load(linux({ pinDir }), pinned({ maxEntries: 99 }))).toThrow(
      expect.objectContaining({ code: "map/pinned" }),
    );
    expect(() => load(linux({ pinDir: `${pinDir}/no/such` }), pinned())).toThrow(/pin .*ENOENT/);
  });

  test("pinned by hand, opened by path and id with its types, lent to another object", () => {
    const dir = bpffs();
    const first = load(linux());
    first.maps["counts"]!.set(1, 11n);
    first.maps["counts"]!.pin(`${dir}/mine`);
    expect(() => first.maps["counts"]!.pin(`${dir}/mine`)).toThrow(/EEXIST/);
    const { id } = first.maps["counts"]!.raw;
    first.close();
    const target = linux();
    onTestFinished(() => target.close());
    const map = new BpfMap(target.openMap(`${dir}/mine`));
    expect([map.name, map.type, map.get(1)]).toEqual(["counts", "array", 11n]);
    expect(new BpfMap(target.openMap(id)).get(1)).toBe(11n);
    expect(() => target.openMap(`${dir}/none`)).toThrow(expect.objectContaining({ code: "map/ENOENT" }));
    expect(() => target.openMap(0x7fffffff)).toThrow(expect.objectContaining({ code: "map/ENOENT" }));

    const user = loadObject(spec, target, { programs: ["on_xdp"], maps: { counts: { reuse: map.raw } } });
    user.programs["on_xdp"]!.run(new Uint8Array(64));
    expect(map.get(11)).toBe(1n);
    user.close();
    expect(map.get(11)).toBe(1n);
  });

  test("a user ring buffer carries records to a program until it is full", () => {
    const links = load(linux(), spec, { programs: ["drain_commands"], records: { commands: "command" } });
    const commands = links.maps["commands"]!;
    for (let round = 0; round < 500; round++) {
      expect(commands.send({ slot: 14, pad: 0, value: BigInt(round) })).toBe(true);
      expect(links.programs["drain_commands"]!.run().retval).toBe(1);
    }
    expect(links.maps["counts"]!.get(14)).toBe(500n);
    expect(links.maps["seen"]!.get(14)).toBe(499n);
    let sent = 0;
    while (commands.send(new Uint8Array(16))) sent++;
    expect(sent).toBe(4096 / 24 - ((4096 / 24) % 1));
    expect(links.programs["drain_commands"]!.run().retval).toBe(sent);
    expect(() => links.maps["counts"]!.send(new Uint8Array(8))).toThrow(/takes no records/);
  });
});
