/** skep prog, map, link, btf, feature on objects that the test made: the same as bpftool says, where it is installed. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { compileC } from "../../src/lang/c/compile.ts";
import { Bpf } from "../../src/linux/bpf/call.ts";
import { linux } from "../../src/linux/target.ts";
import { withTracefs } from "../../src/linux/tracefs.ts";
import type { Collection } from "../../src/loader/collection.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { liveKernel, liveSys } from "../live.ts";
import { ROOT } from "../tidy/source.ts";

const MAIN = `${ROOT}/dist/cli/main.js`;
const why = existsSync(`${ROOT}/dist/cli/kernel/prog.js`) ? liveKernel() : "dist/ is not built";
const hasBpftool = spawnSync("bpftool", ["version"]).status === 0;
if (why !== null) console.log(`kernel command tests skipped: ${why}`);
else if (!hasBpftool) console.log("comparison with bpftool skipped: it is not installed");

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const skep = (...words: string[]): Ran =>
  spawnSync(process.execPath, [MAIN, ...words], { encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
const bpftool = (...words: string[]): Ran => spawnSync("bpftool", words, { encoding: "utf8" });
const json = (ran: Ran): unknown => JSON.parse(ran.stdout);

/** Times are told in whole seconds of two clocks that are read apart. */
function untimed(document: unknown): unknown {
  const text = JSON.stringify(document, (key, value: unknown) =>
    key === "loaded_at" ? Math.round((value as number) / 10) : value,
  );
  return JSON.parse(text);
}

describe.skipIf(why !== null)("commands in bpftool's grammar", () => {
  const scratch = mkdtempSync(join(tmpdir(), "skep-kernel-"));
  let links: Collection;
  let guard: Collection;
  let opens: Collection;
  const load = (file: string, programs?: string[], rodata = {}): Collection =>
    loadObject(
      parseObject(new Uint8Array(readFileSync(`${ROOT}/${file}`)), file),
      linux(),
      { ...(programs === undefined ? {} : { programs }), rodata },
      true,
    );
  const id = (collection: Collection, map: string): string => String(collection.maps[map]!.raw.id);
  const progId = (collection: Collection, prog: string): string => String(collection.programs[prog]!.raw.id);

  beforeAll(() => {
    links = load("test/fixtures/linux/links.bpf.o", ["on_xdp", "show_task", "on_tc"]);
    guard = load("examples/syn_guard.bpf.o");
    opens = load("examples/opens.bpf.o", undefined, { only_pid: 0x7fffffff });
    links.programs["show_task"]!.attach();
    opens.programs["opens"]!.attach();
    const packet = new Uint8Array(60);
    for (const [at, byte] of [
      [12, 8],
      [14, 0x45],
      [23, 6],
      [26, 10],
      [47, 2],
    ] as const)
      packet[at] = byte;
    guard.programs["syn_guard"]!.run(packet);
    links.maps["counts"]!.set(2, 5n);
    opens.maps["calls"]!.set({ name: "me" }, 7n);
  });
  afterAll(() => {
    for (const each of [links, guard, opens]) each?.close();
    rmSync(scratch, { recursive: true });
  });

  describe.skipIf(!hasBpftool)("as bpftool", () => {
    test("prog show and dump xlated", () => {
      for (const prog of [progId(guard, "syn_guard"), progId(links, "on_xdp"), progId(opens, "opens")]) {
        const show = ["-j", "prog", "show", "id", prog];
        expect(untimed(json(skep(...show)))).toEqual(untimed(json(bpftool(...show))));
        const dump = ["prog", "dump", "xlated", "id", prog];
        expect(skep(...dump).stdout.trim()).toBe(bpftool(...dump).stdout.trim());
      }
      for (const form of ["opcodes", "linum"]) {
        const words = ["-j", "prog", "dump", "xlated", "id", progId(links, "on_xdp"), form];
        expect(json(skep(...words))).toEqual(json(bpftool(...words)));
      }
      const text = ["prog", "dump", "xlated", "id", progId(guard, "syn_guard"), "opcodes"];
      expect(skep(...text).stdout.trim()).toBe(bpftool(...text).stdout.trim());
    });

    test("map show, dump, lookup, getnext", () => {
      const cases = [
        ["show", "id", id(guard, "syns")],
        ["dump", "id", id(guard, "syns")],
        ["dump", "id", id(guard, "stats")],
        ["dump", "id", id(links, "counts")],
        ["dump", "id", id(opens, "calls")],
        ["dump", "id", String(Object.values(guard.maps).find((map) => map.spec.global === "rodata")!.raw.id)],
        ["dump", "id", id(guard, "events")],
        ["lookup", "id", id(links, "counts"), "key", "2", "0", "0", "0"],
        ["lookup", "id", id(links, "counts"), "key", "hex", "63", "0", "0", "0"],
        ["getnext", "id", id(links, "counts"), "key", "0x02", "0", "0", "0"],
      ];
      for (const words of cases) {
        expect([words, json(skep("-j", "map", ...words))]).toEqual([words, json(bpftool("-j", "map", ...words))]);
      }
      // To the byte, as programs and people read it.
      for (const words of [cases[1]!, cases[2]!, cases[5]!, cases[7]!]) {
        for (const flags of [[], ["-p"]]) {
          expect(skep(...flags, "map", ...words).stdout).toBe(bpftool(...flags, "map", ...words).stdout);
        }
      }
      const text = ["map", "show", "id", id(guard, "syns")];
      expect(skep(...text).stdout).toBe(bpftool(...text).stdout);
    });

    test("link show and btf list: whatever bpftool tells, and more", () => {
      for (const program of [links.programs["show_task"]!, opens.programs["opens"]!]) {
        const ours = json(skep("-j", "link", "list")) as { prog_id: number }[];
        const theirs = json(bpftool("-j", "link", "list")) as { prog_id: number }[];
        const mine = theirs.find((each) => each.prog_id === program.raw.id);
        expect(mine).toBeDefined();
        expect(ours.find((each) => each.prog_id === program.raw.id)).toMatchObject(mine!);
      }
      const btfs = json(skep("-j", "btf", "list")) as { id: number; prog_ids: number[] }[];
      const theirs = json(bpftool("-j", "btf", "list")) as { id: number; prog_ids: number[] }[];
      const user = progId(guard, "syn_guard");
      const ofUser = (list: typeof btfs) => list.find((each) => each.prog_ids.includes(Number(user)));
      expect(ofUser(btfs)?.id).toBe(ofUser(theirs)?.id);
      const dump = ["btf", "dump", "prog", "id", user];
      expect(skep(...dump).stdout).toBe(bpftool("btf", "dump", "id", String(ofUser(btfs)?.id)).stdout);
    });

    test("feature probe: program and map types", () => {
      const ours = json(skep("-j", "feature", "probe")) as Record<string, Record<string, unknown>>;
      const theirs = json(bpftool("-j", "feature", "probe")) as typeof ours;
      const same = { ...theirs["program_types"] };
      // bpftool before 7.3 asks for tracing without naming an attach type.
      delete same["have_tracing_prog_type"];
      expect(ours["program_types"]).toMatchObject(same);
      for (const section of ["map_types", "misc", "system_config"])
        expect(ours[section]).toMatchObject(theirs[section]!);
      const names = ours["helpers"]!["xdp_available_helpers"];
      expect(names).toContain("bpf_xdp_adjust_head");
      expect(names).not.toContain("bpf_skb_store_bytes");
    });
  });

  test("prog profile: counts, or says what refuses it; one metric at least and four at most", () => {
    const words = ["prog", "profile", "id", progId(guard, "syn_guard")];
    const ran = skep("-j", ...words, "duration", "0", "task_clock");
    if (ran.status === 0) expect(json(ran)).toMatchObject([{ metric: "task_clock", run_cnt: 0 }]);
    else expect([ran.status, ran.stderr]).toEqual([5, expect.stringContaining("linux/refused")]);
    expect(skep(...words)).toMatchObject({ status: 2, stderr: expect.stringContaining("which metrics?") });
    expect(skep(...words, "sheep").stderr).toContain("none of cycles");
    const five = ["cycles", "instructions", "l1d_loads", "llc_misses", "itlb_misses"];
    expect(skep(...words, ...five).stderr).toContain("at most 4");
  });

  test("map update, delete, push: what another process then sees", () => {
    const key = ["key", "hex", "6d", "65", ...Array<string>(14).fill("0")];
    const calls = id(opens, "calls");
    expect(skep("map", "delete", "id", calls, ...key)).toMatchObject({ status: 0, stdout: "" });
    expect(opens.maps["calls"]!.get({ name: "me" })).toBeUndefined();
    expect(skep("map", "delete", "id", calls, ...key)).toMatchObject({ status: 6 });
    const value = ["value", "9", "0", "0", "0", "0", "0", "0", "0"];
    expect(skep("map", "update", "id", calls, ...key, ...value, "exist").status).toBe(6);
    expect(skep("-j", "map", "update", "id", calls, ...key, ...value, "noexist").stdout).toBe("null\n");
    expect(opens.maps["calls"]!.get({ name: "me" })).toBe(9n);
    expect(skep("map", "update", "id", calls, "key", "1").stderr).toContain("the key has 16 bytes, 1 are given");
    expect(skep("map", "update", "id", calls, "key", "999").stderr).toContain('"999" is no byte');
  });

  test("prog run, dump jited and xlated into files", () => {
    const packet = join(scratch, "packet");
    writeFileSync(packet, new Uint8Array(64));
    const prog = progId(links, "on_xdp");
    const ran = json(skep("-j", "prog", "run", "id", prog, "data_in", packet, "data_out", "-", "repeat", "5"));
    expect(ran).toMatchObject({ retval: 2, data_out: Array<string>(64).fill("0x00") });
    expect(skep("prog", "run", "id", prog, "data_in", packet).stdout).toMatch(/^Return value: 2, duration: \d+ns\n$/);
    expect(skep("prog", "run", "id", prog).status).toBe(2);
    const file = join(scratch, "code");
    expect(skep("prog", "dump", "xlated", "id", prog, "file", file).status).toBe(0);
    expect(readFileSync(file).length % 8).toBe(0);
    expect(skep("prog", "dump", "jited", "id", prog, "file", file).status).toBe(0);
    expect(readFileSync(file).length).toBeGreaterThan(0);
  });

  test("map dump of stack traces: the kernel's frames by name, a process's with its pid", () => {
    const source = `
      #include <linux/bpf.h>
      #include <bpf/bpf_helpers.h>
      struct {
        __uint(type, BPF_MAP_TYPE_STACK_TRACE);
        __uint(max_entries, 16);
        __uint(key_size, 4);
        __uint(value_size, 256);
      } stacks SEC(".maps");
      SEC("raw_tp") int walk(void *ctx)
      {
        int in_kernel = bpf_get_stackid(ctx, &stacks, 0);
        int in_user = bpf_get_stackid(ctx, &stacks, BPF_F_USER_STACK);
        return in_kernel < 0 || in_user < 0;
      }
      char LICENSE[] SEC("license") = "GPL";`;
    const { object } = compileC("stacks.bpf.c", new TextEncoder().encode(source), {});
    const collection = loadObject(parseObject(object!, "stacks.bpf.o"), linux(), {}, true);
    onTestFinished(() => collection.close());
    expect(collection.programs["walk"]!.run().retval).toBe(0);
    const dump = ["map", "dump", "id", id(collection, "stacks")];
    const text = skep(...dump).stdout;
    expect(text).toMatch(/^key: [0-9a-f]{2}( [0-9a-f]{2}){3}\n\t\S/m);
    expect(text).toMatch(/^\t\w*bpf_prog_test_run\w*\+0x[0-9a-f]+$/m);
    const plain = json(skep("-j", ...dump)) as { value: string[]; frames: string[] }[];
    expect(plain).toHaveLength(2);
    expect(plain[0]!.value).toHaveLength(256);
    const user = (list: typeof plain): string[] => list.find(({ frames }) => !/test_run/.test(frames.join()))!.frames;
    expect(user(plain)[0]).toMatch(/^0x[0-9a-f]+$/);
    const named = json(skep("-j", ...dump, "pid", String(process.pid))) as typeof plain;
    expect(user(named)[0]).toMatch(/^syscall\+0x[0-9a-f]+ \(.*libc/);
  });

  test("prog tracelog prints what is written to the trace, and ends on a signal", async () => {
    const child = spawn(process.execPath, [MAIN, "prog", "tracelog"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let seen = false;
    child.stdout.on("data", (chunk: Buffer) => {
      seen ||= chunk.includes(`skep test ${process.pid}`);
    });
    const bpf = new Bpf(liveSys());
    for (let tries = 0; tries < 200 && !seen; tries++) {
      withTracefs(bpf, (root) => writeFileSync(`${root}/trace_marker`, `skep test ${process.pid}\n`));
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(seen).toBe(true);
    child.kill("SIGINT");
    expect(await ended).toBe(130);
  });

  test("beginnings of words, references, and what is wrong", () => {
    const prog = progId(links, "on_tc");
    expect(skep("prog", "s", "i", prog).stdout).toMatch(
      new RegExp(`^${prog}: sched_cls  name on_tc  tag [0-9a-f]{16}  gpl\\n`),
    );
    const { tag } = json(skep("-j", "prog", "show", "id", prog)) as { tag: string };
    expect(skep("prog", "show", "tag", tag).stdout).toContain("name on_tc");
    expect(skep("-p", "map", "show", "name", "commands").stdout).toContain('\n    "type": "user_ringbuf"');
    expect(skep("prog", "show", "id", "2147483647")).toMatchObject({ status: 6, stdout: "" });
    expect(skep("map", "frob")).toMatchObject({ status: 2 });
    expect(skep("link", "detach", "id", "2147483647")).toMatchObject({ status: 6 });
    expect(skep("feature", "list_builtins", "map_types").stdout).toContain("\nringbuf\n");
  });
});
