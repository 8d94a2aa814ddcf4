/** `skep asm` and `skep disasm`: what stands on stdout and on stderr, as text and as JSON. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, describe, expect, test, vi } from "vitest";
import { register as registerAsm } from "../../src/cli/commands/asm.ts";
import { register as registerDisasm } from "../../src/cli/commands/disasm.ts";

const dir = mkdtempSync(join(tmpdir(), "skep-cli-asm-"));
afterAll(() => rmSync(dir, { recursive: true }));

const example = (name: string): string => new URL(`../../examples/${name}`, import.meta.url).pathname;

async function run(...argv: string[]): Promise<{ out: string; err: string }> {
  const program = new Command().option("--json").exitOverride();
  registerAsm(program);
  registerDisasm(program);
  let out = "";
  let err = "";
  const stdout = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += String(text);
    return true;
  });
  const stderr = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += String(text);
    return true;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
  } finally {
    stdout.mockRestore();
    stderr.mockRestore();
  }
  return { out, err };
}

function file(name: string, content: string | Uint8Array): string {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
}

describe("asm", () => {
  const source = file("p.s", "r0 = 1\nif r0 == 1 goto done\nr0 = 2\ndone: exit\n");

  test("hex on stdout", async () => {
    const { out, err } = await run("asm", source);
    expect(out).toBe("b700000001000000\n1500010001000000\nb700000002000000\n9500000000000000\n");
    expect(err).toBe("");
  });

  test("bytes to a file, talk to stderr", async () => {
    const target = join(dir, "p.bin");
    const { out, err } = await run("asm", source, "-o", target);
    expect(out).toBe("");
    expect(err).toContain("wrote 4 instructions (32 bytes)");
    expect(readFileSync(target).length).toBe(32);
    const again = await run("disasm", target);
    expect(again.out).toBe(
      "       0:\tr0 = 0x1\n       1:\tif r0 == 0x1 goto +0x1\n       2:\tr0 = 0x2\n       3:\texit\n",
    );
  });

  test("--json, and what a loader must fill in", async () => {
    const { out, err } = await run("asm", file("m.s", "x: r1 = map[flows] ll\nexit"), "--json");
    expect(JSON.parse(out)).toMatchObject({
      insns: 3,
      labels: { x: 0 },
      relocs: [{ insnIdx: 0, kind: "map", name: "flows", offBytes: 0 }],
    });
    expect(err).toContain('names "flows"');
  });

  test("a mistake names file, line and column", async () => {
    const bad = file("bad.s", "r0 = 0\nr0 @= 1\n");
    await expect(run("asm", bad)).rejects.toMatchObject({ code: "asm/operator", site: { file: bad, line: 2, col: 4 } });
    await expect(run("asm", join(dir, "none.s"))).rejects.toMatchObject({ code: "input/unreadable" });
  });
});

describe("disasm", () => {
  test("an object, with source lines, relocations and helpers", async () => {
    const { out } = await run("disasm", example("opens.bpf.o"));
    expect(out).toContain("Disassembly of section tracepoint/syscalls/sys_enter_openat:");
    expect(out).toContain("0000000000000000 <opens>:\n; ");
    expect(out).toMatch(/ {7}\d+:\tcall 0xe # bpf_get_current_pid_tgid/);
    expect(out).toMatch(/\t\t[0-9a-f]{16}: {2}R_BPF_64_64\tonly_pid/);
    expect(out).toMatch(/; .* @ .*opens\.bpf\.c:\d+/);
  });

  test("--json says the same", async () => {
    const { out } = await run("disasm", example("opens.bpf.o"), "--json");
    const { programs } = JSON.parse(out);
    expect(programs[0]).toMatchObject({ name: "opens", section: "tracepoint/syscalls/sys_enter_openat" });
    const { insns } = programs[0];
    expect(insns[0]).toMatchObject({ insn: 0, labels: ["opens"], source: { line: expect.any(Number) } });
    expect(insns.some((insn: { helper?: string }) => insn.helper === "bpf_ringbuf_submit")).toBe(true);
  });

  test("one program, or why not", async () => {
    const object = example("syn_guard.bpf.o");
    expect((await run("disasm", object, "--prog", "syn_guard")).out).toContain("<syn_guard>:");
    await expect(run("disasm", object, "--prog", "nix")).rejects.toMatchObject({ code: "usage/prog" });
  });

  test("hex and raw bytes", async () => {
    const expected = "       0:\tr0 = 0x1\n       1:\texit\n";
    expect((await run("disasm", file("h.hex", "b700000001000000\n9500000000000000\n"))).out).toBe(expected);
    const raw = Uint8Array.from([0xb7, 0, 0, 0, 1, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0]);
    expect((await run("disasm", file("r.bin", raw))).out).toBe(expected);
    await expect(run("disasm", file("odd.bin", raw.subarray(0, 11)))).rejects.toMatchObject({ code: "isa/length" });
  });
});
