// npm run test:vm [-- 6.1 6.12 ...]: boots Debian's kernels in software emulation (qemu, TCG), with Node and dist/ inside an
// initrd, and runs test/vm/guest.ts there. qemu and the kernels come from apt; where that is not to be had, the reason is
// printed and nothing fails. SKEP_VM_ONLY, a regular expression over names, selects cases;
// SKEP_VM_TIMEOUT is how many seconds a machine may take (180).
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { boot, kernelOf, putModules, root, whyNot, writeInitrd } from "./vm-machine.mjs";

const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["6.1"];
const TIMEOUT_MS = 1000 * Number(process.env.SKEP_VM_TIMEOUT ?? 180);
/** For clsact and interfaces of the tests' own; compressed ones are unpacked. */
const MODULES = ["sch_ingress", "cls_bpf", "veth"];
const OBJECTS = [
  "test/fixtures/linux/vm.bpf.o",
  "test/fixtures/linux/scx.bpf.o",
  "test/fixtures/linux/arena.bpf.o",
  "test/fixtures/linux/old.bpf.o",
  "test/fixtures/cli/unchecked.bpf.o",
  "examples/opens.bpf.o",
  "examples/syn_guard.bpf.o",
  "examples/to_user.bpf.o",
];
const COMPILED = join(root, "node_modules/.cache/skep-vm/test/vm");

const reason = whyNot();
if (reason !== "") {
  console.log(`vm tests skipped: ${reason}`);
  process.exit(0);
}
// Node 20 does not strip types.
execFileSync(
  process.execPath,
  [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "test/vm/tsconfig.json")],
  {
    stdio: "inherit",
  },
);
let failed = false;
for (const version of versions) {
  const kernel = kernelOf(version);
  if (typeof kernel === "string") console.log(`# ${version} skipped: ${kernel}`);
  else failed = !(await run(version, kernel)) || failed;
}
process.exit(failed ? 1 : 0);

async function run(version, { image, config, modules }) {
  const scratch = mkdtempSync(join(tmpdir(), "skep-vm-"));
  const initrd = join(scratch, "initrd");
  writeInitrd(initrd, join(root, "test/vm/start.mjs"), ({ put, tree, folder, link }) => {
    // The cases import ../../src, which is what dist/ has been built from.
    link("skep/src", "dist");
    tree(COMPILED, "skep/test/vm");
    for (const file of OBJECTS) put(`skep/${file}`, readFileSync(join(root, file)));
    put(`boot/${basename(config)}`, readFileSync(config));
    put("skep/only", Buffer.from(process.env.SKEP_VM_ONLY ?? ""));
    putModules({ put, folder }, modules, MODULES);
  });
  const started = Date.now();
  const lines = await boot(image, initrd, { timeoutMs: TIMEOUT_MS });
  rmSync(scratch, { recursive: true });
  const results = lines.filter((line) => /^(ok|not ok|skip|#) /.test(line));
  for (const line of results) console.log(line);
  const done = lines.includes("done");
  const [good, bad, skipped] = ["ok", "not ok", "skip"].map(
    (word) => results.filter((line) => line.startsWith(`${word} `)).length,
  );
  if (!done) console.log(`not ok: the machine stopped before the end\n${lines.join("\n").slice(-2000)}`);
  console.log(
    `# ${version}: ${good} ok, ${bad} failed, ${skipped} skipped, ${((Date.now() - started) / 1000).toFixed(1)} s`,
  );
  return done && bad === 0 && good > 0;
}
