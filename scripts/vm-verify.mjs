// npm run verify:vm [-- KERNEL... FOLDER...]: boots Debian's kernels in software emulation and runs there, over the folders
// given or else our examples and fixtures, `skep verify --compare linux`: the tables are the guest's, so is the BTF. Prints the
// totals and what differs. Of objects in a folder, SKEP_VM_ONLY (a regular expression over paths) selects.
//
//     npm run verify:vm -- 6.18 6.12 6.1 /tmp/objects
//     npm run verify:vm -- --tables 6.12 6.1 5.10       the tables of --kernel instead of objects (test/proof/tables.ts)
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { gunzipSync } from "node:zlib";
import { boot, kernelOf, root, whyNot, writeInitrd } from "./vm-machine.mjs";

const tables = process.argv.includes("--tables");
const words = process.argv.slice(2).filter((word) => word !== "--tables");
const folders = words.filter((word) => !/^\d+\.\d+$/.test(word));
const versions = words.filter((word) => /^\d+\.\d+$/.test(word));
if (versions.length === 0) versions.push("6.18");
const OWN = ["examples", "test/fixtures", "test/vm"].map((folder) => join(root, folder));
const only = new RegExp(process.env.SKEP_VM_ONLY ?? "");
const TIMEOUT_MS = Number(process.env.SKEP_VM_TIMEOUT ?? 1800) * 1000;
const SHOWN = 40;

const reason = whyNot();
if (reason !== "") {
  console.log(`verify:vm skipped: ${reason}`);
  process.exit(0);
}
for (const folder of folders) {
  if (existsSync(folder)) continue;
  console.error(`no folder ${folder}`);
  process.exit(2);
}
const proof = join(root, "node_modules/.cache/skep-proof");
if (tables)
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", join(root, "test/proof")]);
let failed = false;
for (const version of versions) {
  const kernel = kernelOf(version);
  if (typeof kernel === "string") console.log(`# ${version} skipped: ${kernel}`);
  else failed = !(await run(version, kernel)) || failed;
}
process.exit(failed ? 1 : 0);

function objectsBelow(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".o") && statSync(join(folder, file)).isFile())
    .sort()
    .map((file) => join(folder, file));
}

async function run(version, { image }) {
  const scratch = mkdtempSync(join(tmpdir(), "skep-vm-"));
  const initrd = join(scratch, "initrd");
  const given = tables || folders.length > 0 ? folders : OWN;
  const objects = given.flatMap(objectsBelow).filter((file) => only.test(file));
  let bytes = 0;
  writeInitrd(initrd, join(root, "test/vm/guest-verify.mjs"), ({ put, tree, folder }) => {
    folder("objects");
    if (tables) tree(proof, "skep/proof", (path) => path.endsWith(".js"));
    objects.forEach((file, i) => {
      const data = readFileSync(file);
      bytes += data.length;
      put(`objects/${String(i).padStart(5, "0")}.o`, data);
    });
    put("skep/kernel", Buffer.from(version));
  });
  const memory = 1536 + Math.ceil((2 * bytes) / 2 ** 20);
  const started = Date.now();
  let progress = 0;
  const lines = await boot(image, initrd, {
    memory,
    timeoutMs: TIMEOUT_MS,
    onLine: (line) => {
      if (/^(?:# |table )/.test(line)) console.log(line);
      if (!line.startsWith("at ")) return;
      progress = Number(line.slice(3));
      if (process.stderr.isTTY) process.stderr.write(`\r${progress} of ${objects.length} `);
    },
  });
  rmSync(scratch, { recursive: true });
  const rows = lines
    .filter((line) => line.startsWith("rows "))
    .flatMap((line) => JSON.parse(gunzipSync(Buffer.from(line.slice(5), "base64")).toString()))
    .map((row) => ({ ...row, file: nameOf(objects[Number(row.file)]) }));
  if (process.env.SKEP_VM_JSON !== undefined)
    writeFileSync(process.env.SKEP_VM_JSON.replace("%", version), JSON.stringify(rows, null, 1));
  const done = lines.includes("done");
  if (!done)
    console.log(`not ok: the machine stopped at object ${progress}\n${lines.slice(-20).join("\n").slice(-2000)}`);
  const seconds = ((Date.now() - started) / 1000).toFixed(0);
  if (!tables) return report(version, rows, seconds) && done;
  return done && lines.some((line) => line.startsWith("# tables")) && !lines.some((line) => line.startsWith("table "));
}

function nameOf(path) {
  const own = relative(root, path);
  return own.startsWith("..") ? path : own;
}

/** "agree" and so on of one program; unusable ones with their reason. */
function judged(row) {
  const message = row.diagnostics[0]?.message ?? "";
  if (row.verdict === "unusable" || row.linux === undefined) return ["unusable", message];
  if (row.linux.verdict === "unusable") return ["unusable", row.linux.message];
  if (row.verdict === row.linux.verdict) return ["agree", ""];
  return row.verdict === "accepted"
    ? ["false accept", row.linux.message]
    : ["false reject", row.diagnostics[0]?.kernel ?? message];
}

function report(version, rows, seconds) {
  const tally = new Map();
  const reasons = new Map();
  const byType = new Map();
  const differ = [];
  let [counted, sameMessage, rejected] = [0, 0, 0];
  for (const row of rows) {
    const [what, why] = judged(row);
    tally.set(what, (tally.get(what) ?? 0) + 1);
    const type = /^[?]?[^./]+(?:[.]s)?/.exec(row.section ?? "")?.[0] ?? "-";
    const of = byType.get(type) ?? { agree: 0, other: 0, unusable: 0 };
    of[what === "agree" || what === "unusable" ? what : "other"]++;
    byType.set(type, of);
    if (what === "unusable") {
      const general = why.replace(/\d+|(?<=function |tracepoint |variable )\S+/g, "N").slice(0, 90);
      reasons.set(general, (reasons.get(general) ?? 0) + 1);
    } else if (what !== "agree")
      differ.push(`${what}  ${row.file} ${row.name} (${row.section}): ${why.split("\n")[0]}`);
    else if (row.verdict === "accepted" && row.processed !== row.linux.processed) counted++;
    else if (row.verdict === "rejected") {
      rejected++;
      if ((row.diagnostics[0]?.kernel ?? "").split("\n").at(-1) === row.linux.message) sameMessage++;
    }
  }
  const n = (what) => tally.get(what) ?? 0;
  for (const line of differ.slice(0, SHOWN)) console.log(line);
  if (differ.length > SHOWN) console.log(`... and ${differ.length - SHOWN} more`);
  const kinds = [...byType].sort((a, b) => a[0].localeCompare(b[0]));
  console.log(
    kinds
      .map(
        ([type, { agree, other, unusable }]) => `${type} ${agree}/${agree + other}${unusable ? `+${unusable}u` : ""}`,
      )
      .join(", "),
  );
  for (const [why, times] of [...reasons].sort((a, b) => b[1] - a[1]).slice(0, 12))
    console.log(`  unusable ${times}: ${why}`);
  console.log(
    `# ${version}: agree ${n("agree")}, false accept ${n("false accept")}, false reject ${n("false reject")}, ` +
      `unusable ${n("unusable")}; processed differs in ${counted}, message equal in ${sameMessage} of ${rejected} rejected, ${seconds} s`,
  );
  return n("false accept") + n("false reject") === 0 && n("agree") > 0;
}
