// npm run test:vm [-- 6.1 6.12 ...]: boots Debian's kernels in software emulation (qemu, TCG), with Node and dist/ inside an
// initrd, and runs test/vm/guest.mjs there. qemu and the kernels come from apt; where that is not to be had, the reason is
// printed and nothing fails.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boot, kernelOf, putModules, root, whyNot, writeInitrd } from "./vm-machine.mjs";

const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ["6.1"];
const TIMEOUT_MS = 180_000;
/** For clsact; compressed ones are unpacked. */
const MODULES = ["sch_ingress", "cls_bpf"];

const reason = whyNot();
if (reason !== "") {
  console.log(`vm tests skipped: ${reason}`);
  process.exit(0);
}
let failed = false;
for (const version of versions) {
  const kernel = kernelOf(version);
  if (typeof kernel === "string") console.log(`# ${version} skipped: ${kernel}`);
  else failed = !(await run(version, kernel)) || failed;
}
process.exit(failed ? 1 : 0);

async function run(version, { image, modules }) {
  const scratch = mkdtempSync(join(tmpdir(), "skep-vm-"));
  const initrd = join(scratch, "initrd");
  writeInitrd(initrd, join(root, "test/vm/guest.mjs"), ({ put, folder }) => {
    put("skep/vm.bpf.o", readFileSync(join(root, "test/fixtures/linux/vm.bpf.o")));
    for (const name of ["opens", "syn_guard"]) {
      put(`skep/${name}.bpf.o`, readFileSync(join(root, `examples/${name}.bpf.o`)));
    }
    put("skep/unchecked.bpf.o", readFileSync(join(root, "test/fixtures/cli/unchecked.bpf.o")));
    putModules({ put, folder }, modules, MODULES);
  });
  const started = Date.now();
  const lines = await boot(image, initrd, { timeoutMs: TIMEOUT_MS });
  rmSync(scratch, { recursive: true });
  const results = lines.filter((line) => /^(ok|not ok|skip|#) /.test(line));
  for (const line of results) console.log(line);
  const done = lines.includes("done");
  const bad = results.filter((line) => line.startsWith("not ok")).length;
  const good = results.filter((line) => line.startsWith("ok")).length;
  if (!done) console.log(`not ok: the machine stopped before the end\n${lines.join("\n").slice(-2000)}`);
  console.log(`# ${version}: ${good} ok, ${bad} failed, ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return done && bad === 0 && good > 0;
}
