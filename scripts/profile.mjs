// Makes the profile that stands for a kernel's BTF where there is none: node scripts/profile.mjs [VMLINUX-BTF] [-o FILE]
// The same BTF gives the same types. profile-roots.mjs says what is kept; sizes of each rule are printed.
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { Btf } from "../dist/btf/btf.js";
import { pruneTypes } from "../dist/btf/prune.js";
import { eachRef } from "../dist/btf/refs.js";
import { writeBtf } from "../dist/btf/write.js";
import { ASIDE, RULES } from "./profile-roots.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    output: { type: "string", short: "o", default: new URL("../data/linux-6.18.btf.gz", import.meta.url).pathname },
  },
});
const btf = new Btf(new Uint8Array(readFileSync(positionals[0] ?? "/sys/kernel/btf/vmlinux")));
const isStruct = (type) => type.kind === "struct" || type.kind === "union";

const roots = new Set();
const whole = new Map();
for (const rule of RULES) {
  const taken = [];
  for (let id = 1; id < btf.length; id++) {
    const type = btf.type(id);
    if (rule.kinds.includes(type.kind) && rule.takes(type.name, type, isNumber(type))) taken.push(id);
  }
  const before = packed();
  for (const id of taken) roots.add(id);
  follow(taken, rule.depth);
  const size = packed() - before;
  console.log(`${rule.what.padEnd(44)} ${String(taken.length).padStart(5)} ${(size / 1000).toFixed(1).padStart(6)} kB`);
}
const types = prune();
const raw = writeBtf(types);
const bytes = gzipSync(raw, { level: 9 });
writeFileSync(values.output, bytes);
console.log(`${values.output}: ${types.length} types, ${bytes.length} bytes, ${raw.length} unpacked`);

/** Marks as whole the structs that can be reached over at most `depth` pointers. */
function follow(ids, depth) {
  for (let here = ids, left = depth; here.length > 0; left--) {
    const next = [];
    const stack = [...here];
    const seen = new Set();
    while (stack.length > 0) {
      const id = stack.pop();
      if (id === 0 || seen.has(id)) continue;
      seen.add(id);
      const type = btf.type(id);
      if (isStruct(type) && type.name !== "") {
        if ((whole.get(id) ?? -1) >= left) continue;
        whole.set(id, left);
      }
      eachRef(type, (ref) => {
        const to = type.kind === "ptr" ? btf.skipMods(ref) : ref;
        const target = btf.type(to);
        if (type.kind === "ptr" && isStruct(target) && target.name !== "") {
          if (!ASIDE.test(target.name)) next.push(to);
        } else stack.push(ref);
      });
    }
    if (left === 0) break;
    here = next;
  }
}

function prune() {
  const { types, ids } = pruneTypes(
    btf,
    [...roots, ...whole.keys()].sort((a, b) => a - b),
  );
  // The section names all variables, so that keeping it would keep them: it is written anew, with those that are here.
  const section = btf.type(btf.find(".data..percpu", "datasec"));
  if (section.kind === "datasec") {
    const vars = section.vars.filter((entry) => ids[entry.typeId] !== 0);
    types.push({ ...section, vars: vars.map((entry) => ({ ...entry, typeId: ids[entry.typeId] })) });
  }
  return types;
}

function packed() {
  return gzipSync(writeBtf(prune())).length;
}

function isNumber(type) {
  if (type.kind !== "typedef" || type.name.startsWith("btf_trace_")) return false;
  const { kind } = btf.type(btf.skipMods(type.typeId));
  return kind === "int" || kind === "float";
}
