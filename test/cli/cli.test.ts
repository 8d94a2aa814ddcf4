/** The built command as a person runs it: output, exit codes, JSON documents. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT } from "../tidy/source.ts";
import { tsc } from "../tidy/tsc.ts";

const MAIN = `${ROOT}/dist/cli/main.js`;
const built = existsSync(MAIN);
if (!built) console.log("command line tests skipped: dist/ is not built (npm run build)");

const scratch = mkdtempSync(join(tmpdir(), "skep-cli-"));
afterAll(() => rmSync(scratch, { recursive: true }));

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function skep(...words: string[]): Ran {
  const env = { ...process.env, NO_COLOR: "1" };
  return spawnSync(process.execPath, [MAIN, ...words], { cwd: ROOT, encoding: "utf8", env });
}

const GUARD = "examples/syn_guard.bpf.o";
const SCAN = "examples/synscan.pcap";
const TYPED = "test/fixtures/loader/typed.bpf.o";

describe.skipIf(!built)("skep", () => {
  test("--version is the package's", () => {
    const { version } = JSON.parse(readFileSync(`${ROOT}/package.json`, "utf8")) as { version: string };
    expect(skep("--version")).toMatchObject({ status: 0, stdout: `${version}\n` });
  });

  test("help shows examples first and every command", () => {
    const { stdout, status } = skep("--help");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Examples:\n {2}skep demo/);
    for (const command of ["run", "verify", "inspect", "disasm", "asm", "btf", "gen", "bench", "doctor", "explain"]) {
      expect(stdout).toContain(`  ${command} `);
    }
  });

  test("doctor says what was found, and a fix for what is missing", () => {
    const { checks } = JSON.parse(skep("doctor", "--json").stdout) as {
      checks: { name: string; for: string; ok: boolean | null; found: string; fix: string }[];
    };
    expect(checks.find((check) => check.name === "Node.js")).toMatchObject({
      ok: true,
      found: process.version,
      fix: "",
    });
    for (const check of checks) {
      expect(check.found).not.toBe("");
      if (check.ok === false) expect(check.fix).not.toBe("");
    }
    if (process.platform === "linux") {
      const names = checks.map((check) => check.name);
      expect(names).toEqual(expect.arrayContaining(["kernel", "privilege", "memlock", "lockdown", "kernel config"]));
    }
  });

  test("maps of every kind are shown, also those without keys", () => {
    const text = skep("run", TYPED, "--prog", "first", "--pcap", "examples/dns.pcap", "--set", "last_color=GREEN");
    expect(text).toMatchObject({ status: 0, stderr: "" });
    expect(text.stdout).toMatch(/queue {2}queue, 0 of 4 entries/);
    const { maps } = JSON.parse(skep("run", TYPED, "--prog", "first", "--json").stdout) as {
      maps: Record<string, unknown>;
    };
    expect(maps).toMatchObject({ queue: [], vals: [], in0: [{ key: 0, value: 0 }] });
  });

  test("what cannot be done as asked is a usage error that says what", () => {
    const run = (...words: string[]): string => {
      const { status, stderr } = skep("run", TYPED, "--prog", "first", "--pcap", "examples/dns.pcap", ...words);
      expect(status).toBe(2);
      return stderr;
    };
    expect(run("--set", "limit=many")).toContain('error[usage/set]: limit: "many" where a number is needed');
    expect(run("--set", "cfg.a=1")).toContain("no global variable cfg.a");
    expect(run("--events", "examples/opens.jsonl")).toContain("cannot be used with");
    expect(run("--write", "no/such/folder/out.pcap")).toContain("cannot write no/such/folder/out.pcap: ENOENT");
    expect(skep("gen", GUARD, "-o", "no/such/folder/out.ts")).toMatchObject({ status: 2 });
  });

  test("verify takes versions of kernels that the tables know", () => {
    for (const version of ["5.15", "6.18.44"]) expect(skep("verify", GUARD, "--kernel", version).status).toBe(0);
    for (const version of ["banana", "6", "6.19", "99.1"]) {
      const { status, stderr } = skep("verify", GUARD, "--kernel", version);
      expect([version, status]).toEqual([version, 2]);
      expect(stderr).toContain(`argument '${version}' is invalid`);
    }
  });

  test("verify --json tells what holds on every path apart from what the walked paths had", () => {
    interface Seen {
      insn: number;
      visits: number;
      states: { frame: number; regs: Record<string, string>; stack: Record<string, string> }[];
    }
    const of = (...words: string[]): { facts?: { dead: number[]; insns: object[] }; seen?: Seen[]; log?: string } =>
      JSON.parse(skep("verify", ...words, "--json").stdout).programs[0];
    const { facts, seen } = of(GUARD);
    expect(facts!.insns).toContainEqual({ insn: 0, base: "ctx" });
    expect(seen![0]).toMatchObject({ insn: 0, visits: 1, states: [{ frame: 0, regs: { R1: "ctx()", R10: "fp0" } }] });
    expect(Math.max(...seen!.map(({ states }) => states.length))).toBe(4);
    expect(Math.max(...of(GUARD, "--states", "1").seen!.map(({ states }) => states.length))).toBe(1);
    expect(of(GUARD, "--states", "0").seen).toBeUndefined();
    expect(of("examples").seen).toBeUndefined();
    const refused = of("test/fixtures/cli/unchecked.bpf.o", "--log", "5");
    expect(refused.facts).toBeUndefined();
    expect(refused.seen!.length).toBeGreaterThan(0);
    expect(refused.log).toMatch(/verification time \d+ usec\nstack depth \d+\nprocessed \d+ insns/);
  });

  test("verify: an object that cannot be read is input, not a rejection", () => {
    const mixed = skep("verify", GUARD, "no/such.bpf.o");
    expect(mixed).toMatchObject({ status: 6 });
    expect(mixed.stdout).toContain("1 program, 0 rejected, 1 unusable");
  });

  test("a mistyped command gets a suggestion and exit code 2", () => {
    const { stderr, status } = skep("insepct");
    expect(status).toBe(2);
    expect(stderr).toContain("Did you mean inspect?");
    expect(skep("constructor")).toMatchObject({ status: 2, stderr: "error: unknown command 'constructor'\n" });
  });

  test("run prints verdicts and maps, its JSON the same numbers", () => {
    const text = skep("run", GUARD, "--pcap", SCAN);
    expect(text.status).toBe(0);
    const document = JSON.parse(skep("run", GUARD, "--pcap", SCAN, "--json").stdout) as {
      target: string;
      programs: { name: string; type: string; insns: number; ms: Record<string, number> }[];
      packets: number;
      verdicts: Record<string, number>;
      nsPerPacket: number;
      maps: Record<string, unknown[]>;
    };
    expect(document).toMatchObject({ target: "embedded", programs: [{ name: "syn_guard", type: "xdp" }] });
    expect(Object.keys(document.programs[0]!.ms).sort()).toEqual(["jit", "load", "verify"]);
    const total = Object.values(document.verdicts).reduce((sum, n) => sum + n, 0);
    expect(total).toBe(document.packets);
    expect(document.verdicts["drop"]).toBeGreaterThan(0);
    for (const [verdict, n] of Object.entries(document.verdicts)) {
      expect(text.stdout).toMatch(new RegExp(`^ {2}${verdict} +${n}\\b`, "m"));
    }
    expect(document.maps["syns"]!.length).toBeGreaterThan(0);
    expect(text.stdout).toContain("192.0.2.1");
  });

  test("both engines print the same document", () => {
    const of = (engine: string): unknown => {
      const document = JSON.parse(skep("run", GUARD, "--pcap", SCAN, "--engine", engine, "--json").stdout) as Record<
        string,
        unknown
      >;
      return { verdicts: document["verdicts"], maps: document["maps"] };
    };
    expect(of("jit")).toEqual(of("interp"));
  });

  test("run --set changes a constant, --write keeps what passes", () => {
    const kept = join(scratch, "kept.pcap");
    const strict = JSON.parse(
      skep("run", GUARD, "--pcap", SCAN, "--set", "limit=1", "--write", kept, "--json").stdout,
    ) as {
      verdicts: { pass: number };
    };
    const again = JSON.parse(skep("run", GUARD, "--pcap", kept, "--json").stdout) as { packets: number };
    expect(again.packets).toBe(strict.verdicts.pass);
  });

  test("--maps puts entries in first, addresses as people write them", () => {
    const run = (
      ...more: string[]
    ): { verdicts: { drop: number }; maps: { rules: { value: { action: number; packets: number } }[] } } =>
      JSON.parse(skep("run", "examples/firewall.bpf.o", "--pcap", "examples/http.pcapng", "--json", ...more).stdout);
    expect(run().verdicts.drop).toBe(0);
    const ruled = run("--maps", "examples/firewall.json");
    const dropped = ruled.maps.rules.filter(({ value }) => value.action === 2).map(({ value }) => value.packets);
    expect(dropped).toHaveLength(1);
    expect(ruled.verdicts.drop).toBeGreaterThanOrEqual(dropped[0]!);
    const bad = join(scratch, "bad.json");
    writeFileSync(bad, '{ "rules": [{ "key": { "prefixlen": 32, "addr": { "bytes": "nowhere" } }, "value": {} }] }');
    expect(skep("run", "examples/firewall.bpf.o", "--pcap", SCAN, "--maps", bad)).toMatchObject({ status: 6 });
  });

  test("where WebAssembly is forbidden the interpreter runs the programs, with the same maps", () => {
    const jitless = (...words: string[]): Ran =>
      spawnSync(process.execPath, ["--jitless", "--no-warnings", MAIN, ...words], { cwd: ROOT, encoding: "utf8" });
    const { maps, verdicts } = JSON.parse(skep("run", GUARD, "--pcap", SCAN, "--json").stdout) as Record<
      string,
      unknown
    >;
    const forbidden = jitless("run", GUARD, "--pcap", SCAN, "--json");
    expect(JSON.parse(forbidden.stdout)).toMatchObject({ maps, verdicts });
    const asked = jitless("run", GUARD, "--pcap", SCAN, "--engine", "jit");
    expect(asked.status).not.toBe(0);
    expect(asked.stderr).toContain("error[runtime/engine]: the jit needs WebAssembly");
  });

  test("a gzip capture is read as it is", () => {
    const packed = join(scratch, "scan.pcap.gz");
    writeFileSync(packed, gzipSync(readFileSync(`${ROOT}/${SCAN}`)));
    const verdicts = (file: string): unknown =>
      (JSON.parse(skep("run", GUARD, "--pcap", file, "--json").stdout) as { verdicts: unknown }).verdicts;
    expect(verdicts(packed)).toEqual(verdicts(SCAN));
    writeFileSync(packed, gzipSync(readFileSync(`${ROOT}/${SCAN}`)).subarray(0, 100));
    expect(skep("run", GUARD, "--pcap", packed)).toMatchObject({
      status: 6,
      stderr: expect.stringContaining("error[host/gzip]"),
    });
  });

  test("recorded events feed a tracing program", () => {
    const { stdout, status } = skep("run", "examples/opens.bpf.o", "--events", "examples/opens.jsonl", "--json");
    expect(status).toBe(0);
    const { maps } = JSON.parse(stdout) as { maps: { events: { comm: string; filename: string }[] } };
    expect(maps.events[0]).toMatchObject({ comm: "sh" });
    expect(maps.events[0]!.filename).toMatch(/^\//);
  });

  test("verify accepts the examples", () => {
    const { stdout, status } = skep("verify", "examples", "--json");
    expect(status).toBe(0);
    const { programs } = JSON.parse(stdout) as { programs: { verdict: string; processed: number }[] };
    expect(programs.length).toBeGreaterThanOrEqual(5);
    expect(programs.every((program) => program.verdict === "accepted" && program.processed > 0)).toBe(true);
  });

  test("a rejected program: exit code 4, the place, the kernel's sentence", () => {
    const { stdout, status } = skep("verify", "test/fixtures/cli/unchecked.bpf.o");
    expect(status).toBe(4);
    expect(stdout).toMatch(/error\[V005\]/);
    expect(stdout).toMatch(/unchecked\.bpf\.c:\d+:\d+/);
    expect(stdout).toMatch(/kernel says: invalid access to packet/);
    expect(stdout.split("\n").length).toBeLessThanOrEqual(14);
  });

  test("run refuses a rejected program the same way", () => {
    const { stderr, status } = skep("run", "test/fixtures/cli/unchecked.bpf.o", "--pcap", SCAN);
    expect(status).toBe(4);
    expect(stderr).toContain("error[V005]");
  });

  test("--unsafe runs it with every access checked", () => {
    const { stdout, status } = skep("run", "test/fixtures/cli/unchecked.bpf.o", "--pcap", SCAN, "--unsafe", "--json");
    expect(status).toBe(0);
    expect((JSON.parse(stdout) as { packets: number }).packets).toBeGreaterThan(0);
  });

  test.each([
    ["a file that is not there", ["run", "no-such.bpf.o", "--pcap", SCAN], /no such file|cannot read/],
    ["a file that is no object", ["verify", "README.md"], /error\[elf\//],
    ["a file that is no capture", ["run", GUARD, "--pcap", "README.md"], /error\[pcap\//],
  ])("%s is input that makes no sense: exit code 6", (_name, words, message) => {
    const { stderr, status } = skep(...words);
    expect(status).toBe(6);
    expect(stderr).toMatch(message);
    expect(stderr).toContain("help:");
  });

  test("a recording may be gzipped, and a tracepoint's layout given", () => {
    const recording = join(scratch, "opens.jsonl.gz");
    writeFileSync(recording, gzipSync(readFileSync(`${ROOT}/examples/opens.jsonl`)));
    const format = join(scratch, "syscalls/sys_enter_openat/format");
    mkdirSync(join(scratch, "syscalls/sys_enter_openat"), { recursive: true });
    const row = (type: string, name: string, at: number): string =>
      `\tfield:${type} ${name};\toffset:${at};\tsize:8;\tsigned:0;`;
    const rows = [row("int", "dfd", 16), row("const char *", "filename", 24), row("int", "flags", 32)];
    writeFileSync(format, ["name: sys_enter_openat", "ID: 1", "format:", ...rows, ""].join("\n"));
    const opens = "examples/opens.bpf.o";
    const plain = skep("run", opens, "--events", "examples/opens.jsonl", "--json");
    const events = (ran: Ran): unknown => (JSON.parse(ran.stdout) as { maps: { events: unknown } }).maps.events;
    for (const given of [format, `syscalls=${format}`]) {
      expect(events(skep("run", opens, "--events", recording, "--json", "--format", given))).toEqual(events(plain));
    }
    const nameless = skep("run", opens, "--events", recording, "--format", "examples/opens.jsonl");
    expect(nameless).toMatchObject({ status: 2, stderr: expect.stringContaining("error[usage/format]") });
  });

  test("--btf takes raw BTF and ELF files that hold it", () => {
    const scratchBtf = join(scratch, "types.btf");
    const { stdout } = skep("btf", "dump", "file", GUARD);
    expect(skep("run", GUARD, "--btf", GUARD, "--pcap", SCAN).status).toBe(0);
    expect(stdout).toContain("INT 'int'");
    writeFileSync(scratchBtf, "neither");
    expect(skep("run", GUARD, "--btf", scratchBtf)).toMatchObject({ status: 6 });
    expect(skep("run", GUARD, "--btf", GUARD, "--target", "linux")).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--btf is for the embedded target"),
    });
  });

  test("bench times what can be run once and says what it left out", () => {
    const { status, stdout } = skep(
      "bench",
      "examples/opens.bpf.o",
      GUARD,
      "--engines",
      "interp",
      "--rounds",
      "1",
      "--json",
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      programs: [{ name: "syn_guard", ns: { interp: expect.any(Number) }, agree: true }],
      leftOut: [{ name: "opens", reason: expect.stringContaining("test run refused") }],
    });
    expect(skep("bench", "examples/opens.bpf.o", "--engines", "interp")).toMatchObject({ status: 1, stdout: "" });
    expect(skep("bench", GUARD, "--rounds", "none")).toMatchObject({ status: 2, stdout: "" });
  });

  test("gen and completion have a JSON form, as every command", () => {
    expect(JSON.parse(skep("gen", GUARD, "--json").stdout)).toMatchObject({
      file: GUARD,
      text: expect.stringContaining("export interface SynGuard"),
    });
    expect(JSON.parse(skep("completion", "bash", "--json").stdout)).toMatchObject({ shell: "bash" });
  });

  test("a closed pipe ends quietly", () => {
    const pipe = spawnSync("sh", ["-c", `'${process.execPath}' '${MAIN}' disasm ${GUARD} | head -n 1`], {
      cwd: ROOT,
      encoding: "utf8",
    });
    expect(pipe.stderr).toBe("");
    expect(pipe.stdout.split("\n")).toHaveLength(2);
  });

  test("gen writes types that hold the load call to them", () => {
    const types = skep("gen", GUARD).stdout;
    const check = (use: string): string =>
      compile(`${types}\nimport { load } from "skep";\nconst c = await load<SynGuard>("x");\n${use}\n`);
    expect(check("const n: bigint | undefined = c.maps.syns.get({ bytes: new Uint8Array(16) });\nvoid n;")).toBe("");
    expect(check("c.maps.sins.clear();")).toContain("'sins' does not exist");
    expect(check("c.maps.syns.get({ byte: 1 });")).toContain("'byte' does not exist");
    expect(check("c.programs.nope.run();")).toContain("'nope' does not exist");
    expect(check("const x: string = c.rodata.limit;\nvoid x;")).toContain(
      "'bigint' is not assignable to type 'string'",
    );
  }, 120_000);
});

/** What tsc says of a module that imports the published package; "" where it compiles. */
function compile(text: string): string {
  mkdirSync(`${ROOT}/.skep`, { recursive: true });
  const file = `${ROOT}/.skep/gen-check.mts`;
  writeFileSync(file, text);
  return tsc([file], "--noEmit");
}
