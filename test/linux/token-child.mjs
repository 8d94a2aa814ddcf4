// In a user namespace of its own (token.live.test.ts): makes a bpffs that its parent lets delegate, then loads through a token.
//
//     child   "fs N"     fd of an fsopen("bpf"), which the parent configures through pidfd_getfd
//     parent  a line     it is done
//     child   a line     what came of it, as JSON
import { createInterface } from "node:readline/promises";
import { koffiSys } from "../../dist/linux/koffi-sys.js";

const sys = koffiSys();
const text = (value) => {
  const buffer = sys.alloc(4096);
  buffer.bytes.set(Buffer.from(`${value}\0`));
  return buffer;
};
const name = text("bpf");
const fs = sys.syscall(sys.nr.fsopen, name.addr, 0);
const lines = createInterface({ input: process.stdin });
console.log(`fs ${fs}`);
await lines.question("");

const { load } = await import("../../dist/index.js");
const { linux } = await import("../../dist/linux.js");
const mount = sys.syscall(sys.nr.fsmount, fs, 0, 0);
const path = new URL("../../examples/syn_guard.bpf.o", import.meta.url).pathname;
const codeOf = async (fn) => {
  try {
    return await fn();
  } catch (error) {
    return error.code;
  }
};
const run = (token) =>
  codeOf(async () => {
    const guard = await load(path, { target: linux(token) });
    const { verdict } = guard.programs.syn_guard.run(new Uint8Array(64));
    const slots = [...guard.maps.stats.keys()].length;
    guard.close();
    return { verdict, slots };
  });
const token = { token: `/proc/self/fd/${mount}` };
console.log(
  JSON.stringify({
    without: await run({}),
    with: await run(token),
    // Not among what the parent delegates.
    other: await codeOf(async () => {
      const opens = await load(new URL("../../examples/opens.bpf.o", import.meta.url).pathname, {
        target: linux(token),
      });
      opens.close();
    }),
    elsewhere: await codeOf(async () => linux({ token: "/proc" })),
  }),
);
lines.close();
