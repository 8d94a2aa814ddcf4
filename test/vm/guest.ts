/**
 * Runs as the only process of a virtual machine (scripts/vm.mjs): mounts what the cases need, runs them, writes "ok NAME",
 * "not ok NAME: why" or "skip NAME: why" a line, and switches the machine off.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { CASES } from "./cases/all.ts";
import { kernel, outcomeOf, own } from "./kit.ts";

const MOUNT = 165;
const FINIT_MODULE = 313;
const REBOOT = 169;

const { sys } = own();
const text = (value: string): { addr: number } => {
  const buffer = sys.alloc(4096);
  buffer.bytes.set(Buffer.from(`${value}\0`));
  return buffer;
};
for (const [type, at] of [
  ["proc", "/proc"],
  ["sysfs", "/sys"],
  ["devtmpfs", "/dev"],
  ["bpf", "/sys/fs/bpf"],
  ["cgroup2", "/sys/fs/cgroup"],
  ["securityfs", "/sys/kernel/security"],
] as const) {
  mkdirSync(at, { recursive: true });
  const words = [text(type), text(at)] as const;
  sys.syscall(MOUNT, words[0].addr, words[1].addr, words[0].addr, 0, 0);
}
for (const name of readdirSync("/modules")) {
  const file = text(`/modules/${name}`);
  const none = text("");
  const fd = sys.syscall(sys.nr.openat, -100, file.addr, 0, 0);
  if (sys.syscall(FINIT_MODULE, fd, none.addr, 0) < 0) console.log(`# module ${name} is not taken`);
  sys.syscall(sys.nr.close, fd);
}

console.log(`# kernel ${kernel}`);
const only = new RegExp(readFileSync("/skep/only", "utf8"));
for (const each of CASES.filter(({ name }) => only.test(name))) {
  const outcome = await outcomeOf(each);
  if (outcome.kind === "ok") console.log(`ok ${each.name}`);
  else console.log(`${outcome.kind === "skip" ? "skip" : "not ok"} ${each.name}: ${outcome.why.replace(/\n/g, " ")}`);
}
console.log("done");
await new Promise((resolve) => setTimeout(resolve, 50));
sys.syscall(REBOOT, 0xfee1dead, 672274793, 0x1234567, 0);
