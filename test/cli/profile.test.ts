/** The commands where no kernel's BTF can be read: a mount namespace of their own hides it, as on a laptop that is no Linux. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ROOT } from "../tidy/source.ts";

const MAIN = `${ROOT}/dist/cli/main.js`;
const BTF = "/sys/kernel/btf";
const PROFILE = "the bundled profile of Linux 6.18";
const WALK = "test/fixtures/walk.bpf.c";

const hide = ["-m", "sh", "-c", `mount -t tmpfs none ${BTF} && exec "$@"`, "sh"];
const hidden = !existsSync(`${BTF}/vmlinux`);
const reason = !existsSync(MAIN)
  ? "dist/ is not built"
  : hidden || spawnSync("unshare", [...hide, "true"]).status === 0
    ? null
    : "the kernel's BTF cannot be hidden here";
if (reason !== null) console.log(`commands without a kernel's BTF skipped: ${reason}`);

const scratch = mkdtempSync(join(tmpdir(), "skep-profile-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function skep(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const command = [process.execPath, MAIN, ...words];
  const [program, ...rest] = hidden ? command : ["unshare", ...hide, ...command];
  return spawnSync(program!, rest, { cwd: ROOT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } });
}

describe.skipIf(reason !== null)("without a kernel's BTF", () => {
  test("verify accepts the examples and says whose types it took", () => {
    const { stdout, status } = skep("verify", "examples", "--json");
    expect(status).toBe(0);
    const { btf, programs } = JSON.parse(stdout) as { btf: string; programs: { verdict: string }[] };
    expect(btf).toBe(PROFILE);
    expect(programs.map(({ verdict }) => verdict)).toEqual(programs.map(() => "accepted"));
    expect(skep("verify", "examples/opens.bpf.o").stderr).toContain(PROFILE);
  });

  test("build answers vmlinux.h, with the bytes of --btf profile elsewhere", () => {
    const [here, there] = [join(scratch, "here.o"), join(scratch, "there.o")];
    const { stderr, status } = skep("build", WALK, "-o", here);
    expect(stderr).toContain(`vmlinux.h from ${PROFILE}`);
    expect(status).toBe(0);
    spawnSync(process.execPath, [MAIN, "build", WALK, "-o", there, "--btf", "profile"], { cwd: ROOT });
    expect(readFileSync(here).equals(readFileSync(there))).toBe(true);
    expect(skep("verify", here).status).toBe(0);
  });

  test("a vmlinux.h of the program's own goes before the profile", () => {
    const file = join(scratch, "own.bpf.c");
    writeFileSync(file, '#include "vmlinux.h"\nint value = sizeof(struct only_here);\n');
    writeFileSync(join(scratch, "vmlinux.h"), "struct only_here { long a, b; };\n");
    const { stderr, status } = skep("build", file);
    expect(stderr).not.toContain(PROFILE);
    expect(status).toBe(0);
    rmSync(join(scratch, "vmlinux.h"));
  });

  test("run replays events, of an object and of a source", () => {
    for (const file of ["examples/opens.bpf.o", "examples/opens.bpf.c"]) {
      const { stdout, status } = skep("run", file, "--events", "examples/opens.jsonl", "--json");
      expect(status).toBe(0);
      const document = JSON.parse(stdout) as { btf: string; events: { events: number }[]; maps: { events: unknown[] } };
      expect(document.btf).toBe(PROFILE);
      expect(document.events[0]!.events).toBe(20);
      expect(document.maps.events).toHaveLength(20);
    }
  });

  test("demo runs, and doctor names the profile", () => {
    expect(skep("demo")).toMatchObject({ status: 0, stdout: expect.stringContaining("drop             111") });
    expect(skep("doctor").stdout).toContain(PROFILE);
  });

  test("a program that attaches to a function that the profile lacks gets no verdict", () => {
    const source = join(scratch, "far.bpf.c");
    writeFileSync(
      source,
      `#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
char LICENSE[] SEC("license") = "GPL";
SEC("fentry/function_of_no_kernel") int far(void *ctx) { return 0; }
`,
    );
    const { stdout, status } = skep("verify", source);
    expect(stdout).toContain(
      `unusable  far (fentry/function_of_no_kernel): ${PROFILE} does not have function_of_no_kernel`,
    );
    expect(status).toBe(6);
  });

  test("nor does one that reads a type that the profile lacks, and run takes the object's own layout", () => {
    const source = join(scratch, "unknown.bpf.c");
    writeFileSync(
      source,
      `#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
char LICENSE[] SEC("license") = "GPL";
struct of_no_kernel { int a, b; } __attribute__((preserve_access_index));
int seen;
SEC("tracepoint/syscalls/sys_enter_openat") int reads(struct of_no_kernel *ctx)
{
  seen += BPF_CORE_READ(ctx, b) + 1;
  return 0;
}
`,
    );
    const { stdout, status } = skep("verify", source);
    expect(stdout).toContain(`${PROFILE} does not have of_no_kernel, which reads reads`);
    expect(status).toBe(6);
    expect(skep("run", source, "--events", "examples/opens.jsonl").status).toBe(0);
  });
});
