/** The files of a new project (`skep init`): a program, the agent that reads it, a test that needs no root. */

export const PROGRAM_FILE = "connects.bpf.c";
export const OBJECT_FILE = "connects.bpf.o";
export const TYPES_FILE = "connects.ts";

/** File name -> text; what `skep` is (a version or a place) stands in package.json. */
export function projectFiles(name: string, skep: string): Readonly<Record<string, string>> {
  return {
    "package.json": `${JSON.stringify(packageJson(name, skep), null, 2)}\n`,
    "tsconfig.json": `${JSON.stringify(TSCONFIG, null, 2)}\n`,
    ".gitignore": "node_modules/\ndist/\n",
    [PROGRAM_FILE]: PROGRAM,
    "agent.ts": AGENT,
    "connects.test.ts": TEST,
  };
}

function packageJson(name: string, skep: string): unknown {
  return {
    name,
    private: true,
    type: "module",
    scripts: {
      build: `skep build ${PROGRAM_FILE} && skep gen ${OBJECT_FILE} -o ${TYPES_FILE} && tsc`,
      start: "node dist/agent.js",
      test: "npm run build && node --test dist/connects.test.js",
    },
    dependencies: { skep },
    devDependencies: { "@types/node": "^20.19.0", typescript: ">=5.7" },
  };
}

const TSCONFIG = {
  compilerOptions: {
    target: "ES2023",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    types: ["node"],
    strict: true,
    rewriteRelativeImportExtensions: true,
    outDir: "dist",
  },
  include: ["*.ts"],
};

const PROGRAM = `/* SPDX-License-Identifier: MIT OR GPL-2.0-only */
/* connects: TCP connects of one cgroup, by process. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define IPPROTO_TCP 6
#define TCP_SYN_SENT 2

/* Id of the cgroup whose processes count. */
const volatile __u64 cgroup = 0;

/* As /sys/kernel/tracing/events/sock/inet_sock_set_state/format lays it out. */
struct set_state {
	__u64 common;
	const void *sk;
	__s32 oldstate;
	__s32 newstate;
	__u16 sport;
	__u16 dport;
	__u16 family;
	__u16 protocol;
};

struct process {
	__u32 pid;
	char comm[16];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 10240);
	__type(key, struct process);
	__type(value, __u64);
} connects SEC(".maps");

/* A socket goes to SYN_SENT in connect(2), so the current process is the one that connects. */
SEC("tracepoint/sock/inet_sock_set_state")
int on_state(struct set_state *ctx)
{
	struct process key = {};
	__u64 one = 1, *n;

	if (ctx->protocol != IPPROTO_TCP || ctx->newstate != TCP_SYN_SENT)
		return 0;
	if (bpf_get_current_cgroup_id() != cgroup)
		return 0;
	key.pid = bpf_get_current_pid_tgid() >> 32;
	bpf_get_current_comm(key.comm, sizeof(key.comm));
	n = bpf_map_lookup_elem(&connects, &key);
	if (n)
		__sync_fetch_and_add(n, 1);
	else
		bpf_map_update_elem(&connects, &key, &one, BPF_NOEXIST);
	return 0;
}

char LICENSE[] SEC("license") = "Dual MIT/GPL";
`;

const AGENT = `// TCP connects of a cgroup by process, each second, until Ctrl-C: node dist/agent.js [DIRECTORY OF THE CGROUP]
import { readFileSync, statSync } from "node:fs";
import { load } from "skep";
import { linux } from "skep/linux";
import type { Connects } from "./connects.ts";

const find = (file: string, what: RegExp) => readFileSync(file, "utf8").match(what)?.[1] ?? "";
const own = () => find("/proc/mounts", /^\\S+ (\\S+) cgroup2 /m) + find("/proc/self/cgroup", /^0::(.*)$/m);
const directory = process.argv[2] ?? own();
const cgroup = statSync(directory, { bigint: true }).ino;

const live = await load<Connects>("connects.bpf.o", { target: linux(), rodata: { cgroup } });
live.programs.on_state.attach();
console.log(\`TCP connects in \${directory}\`);

const timer = setInterval(() => {
  const seen = [...live.maps.connects.entries()];
  live.maps.connects.clear();
  const time = new Date().toISOString().slice(11, 19);
  for (const [{ pid, comm }, connects] of seen) console.log(\`\${time} \${comm} (\${pid}): \${connects}\`);
}, 1000);

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    clearInterval(timer);
    live.close();
  });
}
`;

const TEST = `// Without root and without a kernel: the program runs in user space, on events as a recording has them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "skep";
import type { Connects } from "./connects.ts";

const CLOSE = 7;
const SYN_SENT = 2;
const LISTEN = 10;
const TCP = 6;

function change(pid: number, comm: string, cgroup: number, newstate: number) {
  const fields = { oldstate: CLOSE, newstate, protocol: TCP };
  return { event: "sock/inet_sock_set_state", pid, comm, cgroup, fields };
}

test("counts connects of its cgroup by process", async () => {
  const live = await load<Connects>("connects.bpf.o", { rodata: { cgroup: 42n } });
  live.programs.on_state.replayEvents([
    change(10, "curl", 42, SYN_SENT),
    change(10, "curl", 42, SYN_SENT),
    change(11, "wget", 42, SYN_SENT),
    change(12, "nginx", 42, LISTEN),
    change(13, "curl", 7, SYN_SENT),
  ]);
  const seen = [...live.maps.connects.entries()].sort((a, b) => a[0].pid - b[0].pid);
  assert.deepEqual(seen, [
    [{ pid: 10, comm: "curl" }, 2n],
    [{ pid: 11, comm: "wget" }, 1n],
  ]);
  live.close();
});
`;
