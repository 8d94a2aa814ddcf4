/**
 * Runs as the only process of a virtual machine (scripts/vm.mjs): what other machines' kernels refuse or lack, on a kernel of
 * our own. Writes "ok NAME", "not ok NAME: why" or "skip NAME: why" a line, and switches the machine off.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { release } from "node:os";

const ROOT = "/skep";
const { koffiSys } = await import(`${ROOT}/dist/linux/koffi-sys.js`);
const sys = koffiSys();

const text = (value) => {
  const buffer = sys.alloc(4096);
  buffer.bytes.set(Buffer.from(`${value}\0`));
  return buffer;
};
const MOUNT = 165;
const FINIT_MODULE = 313;
const REBOOT = 169;
function mount(type, at) {
  mkdirSync(at, { recursive: true });
  const words = [text(type), text(at), text(type)];
  return sys.syscall(MOUNT, words[0].addr, words[1].addr, words[2].addr, 0, 0);
}
for (const [type, at] of [
  ["proc", "/proc"],
  ["sysfs", "/sys"],
  ["devtmpfs", "/dev"],
  ["bpf", "/sys/fs/bpf"],
  ["securityfs", "/sys/kernel/security"],
]) {
  mount(type, at);
}
for (const name of readdirSync("/modules")) {
  const file = text(`/modules/${name}`);
  const fd = sys.syscall(sys.nr.openat, -100, file.addr, 0, 0);
  const none = text("");
  if (sys.syscall(FINIT_MODULE, fd, none.addr, 0) < 0) console.log(`# module ${name} is not taken`);
  sys.syscall(sys.nr.close, fd);
}

const [{ linux }, { loadObject }, { parseObject }, { hasSince }, errors] = await Promise.all([
  import(`${ROOT}/dist/linux/target.js`),
  import(`${ROOT}/dist/loader/load.js`),
  import(`${ROOT}/dist/obj/parse.js`),
  import(`${ROOT}/dist/abi/since.js`),
  import(`${ROOT}/dist/linux/errors.js`),
]);
const { NotSupported } = errors;
const spec = parseObject(new Uint8Array(readFileSync(`${ROOT}/vm.bpf.o`)), "vm.bpf.o");
const kernel = release();
console.log(`# kernel ${kernel}`);

const load = (programs, options = {}) =>
  loadObject(spec, linux(options), { programs, rodata: { only_pid: process.pid } }, true);
const GETPGID = 121;
const calls = (n) => {
  for (let i = 0; i < n; i++) sys.syscall(GETPGID);
};

async function check(name, fn) {
  try {
    const why = await fn();
    console.log(why === undefined ? `ok ${name}` : `skip ${name}: ${why}`);
  } catch (error) {
    console.log(
      `not ok ${name}: ${error.message.replace(/\n/g, " ")}${error.log ? ` | ${error.log.slice(-300)}` : ""}`,
    );
  }
}
function equal(got, wanted, what) {
  const [a, b] = [JSON.stringify(got), JSON.stringify(wanted)];
  if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
}
/** Counts of 10 calls while attached, none after. */
function counts(name, slot, attach = {}) {
  const collection = load([name]);
  try {
    const at = () => Number(collection.maps.counts.get(slot));
    const link = collection.programs[name].attach(attach);
    const info = link.info();
    const before = at();
    calls(10);
    equal(at() - before, 10, "calls while attached");
    link.close();
    calls(10);
    equal(at() - before, 10, "calls after detaching");
    return info;
  } finally {
    collection.close();
  }
}
/** Works from `since` on; before, NotSupported says so. */
function since(version, fn, other) {
  if (hasSince(kernel, version)) return fn();
  try {
    other();
  } catch (error) {
    if (error instanceof NotSupported && error.since === version) return undefined;
    throw error;
  }
  throw new Error(`works, but the tables say since ${version}`);
}

await check("kprobe", () => {
  // Before 5.15 the perf event itself holds the program.
  equal(counts("kprobe", 0)?.kind, hasSince(kernel, "5.15") ? "perf_event" : undefined, "kind of link");
});
await check("kretprobe", () => void counts("kretprobe", 1));
await check("ksyscall", () => void counts("ksyscall", 2));
await check("kprobe by option, in the middle of a function", () => {
  void counts("kprobe", 0, { symbol: "__x64_sys_getpgid", offset: 0 });
});
await check("kprobe of a function that is not there", () => {
  const collection = load(["kprobe"]);
  try {
    collection.programs.kprobe.attach({ symbol: "no_such_function" });
  } catch (error) {
    return equal(error.code, "attach/symbol", "code");
  } finally {
    collection.close();
  }
  throw new Error("attached");
});
await check("kprobe.multi by pattern", () =>
  since(
    "5.18",
    () => {
      try {
        const info = counts("kprobe_multi", 3);
        equal(info.kind, "kprobe_multi", "kind of link");
        equal(info.count > 0, true, "functions");
        return undefined;
      } catch (error) {
        if (error instanceof NotSupported) return error.advice;
        throw error;
      }
    },
    () => counts("kprobe_multi", 3),
  ),
);
await check("fentry", () => {
  equal(counts("fentry", 4).kind, "tracing", "kind of link");
});
await check("fexit", () => void counts("fexit", 5));
await check("raw_tp", () => {
  // Sees every system call of the process, those of looking at the map too.
  const collection = load(["raw_tp"]);
  try {
    collection.programs.raw_tp.attach();
    calls(10);
    equal(Number(collection.maps.counts.get(8)) >= 10, true, "at least the calls made");
  } finally {
    collection.close();
  }
});
await check("lsm", () => {
  if (!readFileSync("/sys/kernel/security/lsm", "utf8").includes("bpf")) return "bpf is not among the LSMs";
  const collection = load(["lsm"]);
  try {
    const link = collection.programs.lsm.attach();
    const stats = () => {
      const attr = sys.alloc(16);
      const fd = sys.bpf(32, attr.addr, 4);
      if (fd >= 0) sys.syscall(sys.nr.close, fd);
      return Math.min(fd, 0);
    };
    equal(stats(), 0, "allowed");
    collection.bss.refuse = 1n;
    equal(stats(), -1, "refused");
    equal(Number(collection.maps.counts.get(6)) > 0, true, "seen");
    link.close();
    equal(stats(), 0, "allowed again");
  } finally {
    collection.close();
  }
  return undefined;
});
await check("freplace", () => {
  const base = load(["base"]);
  const run = () => base.programs.base.run(new Uint8Array(64)).verdict;
  try {
    equal(run(), "drop", "verdict of its own");
    const other = load(["replacement"], { extend: { replacement: base.programs.base.raw } });
    try {
      const link = other.programs.replacement.attach();
      equal(run(), "pass", "verdict of the replacement");
      link.close();
      equal(run(), "drop", "verdict afterwards");
    } finally {
      other.close();
    }
  } finally {
    base.close();
  }
});
await check("tc: tcx, or clsact where it is missing", () => {
  const collection = load(["tc"]);
  try {
    const link = collection.programs.tc.attach({ dev: "lo" });
    equal(link.info()?.kind, hasSince(kernel, "6.6") ? "tcx" : undefined, "kind of link");
    link.close();
  } finally {
    collection.close();
  }
});
await check("xdp on lo", () => {
  const collection = load(["base"]);
  try {
    for (const legacy of [false, true]) collection.programs.base.attach({ dev: "lo", mode: "generic", legacy }).close();
  } finally {
    collection.close();
  }
});
await check("uprobe.multi", () => {
  const attach = () => {
    const collection = load(["uprobe_multi"]);
    try {
      collection.programs.uprobe_multi.attach({ path: "/lib/x86_64-linux-gnu/libc.so.6", targets: ["getpgid"] });
    } finally {
      collection.close();
    }
  };
  return since("6.6", attach, attach);
});
await check("netfilter", () => {
  const attach = () => {
    const collection = load(["netfilter"]);
    try {
      collection.programs.netfilter.attach({ hook: 0, priority: -5 });
    } finally {
      collection.close();
    }
  };
  return since("6.4", attach, attach);
});
await check("a rejection is explained", async () => {
  const bad = parseObject(new Uint8Array(readFileSync(`${ROOT}/unchecked.bpf.o`)), "unchecked.bpf.o");
  try {
    loadObject(bad, linux(), {}, true).close();
  } catch (error) {
    const diagnostic = await error.explain();
    return equal([error.code, diagnostic.code], ["verify/rejected", "V005"], "codes");
  }
  throw new Error("loaded");
});
await check("opens: records of a tracepoint, maps by type", () => {
  const opens = parseObject(new Uint8Array(readFileSync(`${ROOT}/opens.bpf.o`)), "opens.bpf.o");
  const collection = loadObject(opens, linux(), { rodata: { only_pid: process.pid } }, true);
  try {
    collection.programs.opens.attach();
    readFileSync(`${ROOT}/package.json`);
    const files = collection.maps.events.drain().map((record) => record.filename);
    equal(files.includes(`${ROOT}/package.json`), true, `records (${files})`);
    equal([...collection.maps.calls.values()].length, 1, "processes");
  } finally {
    collection.close();
  }
});
await check("syn_guard: a packet's verdict", () => {
  if (!hasSince(kernel, "5.12")) return "it uses atomic instructions of 5.12";
  const guard = parseObject(new Uint8Array(readFileSync(`${ROOT}/syn_guard.bpf.o`)), "syn_guard.bpf.o");
  const collection = loadObject(guard, linux(), {}, true);
  try {
    equal(collection.programs.syn_guard.run(new Uint8Array(64)).verdict, "pass", "verdict");
  } finally {
    collection.close();
  }
  return undefined;
});
await check("nothing is left", () => {
  const left = ["prog_id", "link_id"].flatMap((field) =>
    readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8").includes(field);
      } catch {
        return false;
      }
    }),
  );
  equal(left, [], "fds of programs and links");
});

console.log("done");
await new Promise((resolve) => setTimeout(resolve, 50));
sys.syscall(REBOOT, 0xfee1dead, 672274793, 0x1234567, 0);
