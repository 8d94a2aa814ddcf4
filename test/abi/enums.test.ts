/** Ids and names of the abi tables against the running kernel's BTF. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ATTACH_TYPES } from "../../src/abi/attach-types.ts";
import { CMDS } from "../../src/abi/cmds.ts";
import { CTX_LAYOUTS } from "../../src/abi/ctx.ts";
import { HELPERS } from "../../src/abi/helpers.ts";
import { LINK_TYPES } from "../../src/abi/link-types.ts";
import { MAP_TYPES } from "../../src/abi/map-types.ts";
import { PROG_TYPES } from "../../src/abi/prog-types.ts";
import { Btf } from "../../src/btf/btf.ts";
import { hasKernelBtf, VMLINUX_BTF } from "../live.ts";

if (!hasKernelBtf()) console.log(`tables are not compared with the kernel: no ${VMLINUX_BTF}`);
const btf = hasKernelBtf() ? new Btf(readFileSync(VMLINUX_BTF)) : null;

const TABLES: Readonly<Record<string, readonly { readonly id: number; readonly name: string }[]>> = {
  bpf_map_type: MAP_TYPES,
  bpf_prog_type: PROG_TYPES,
  bpf_attach_type: ATTACH_TYPES,
  bpf_link_type: LINK_TYPES,
  bpf_cmd: CMDS,
  bpf_func_id: HELPERS.map(({ id, name }) => ({ id, name: `BPF_FUNC_${name}` })),
};

test.skipIf(btf === null).each(Object.keys(TABLES))("enum %s", (name) => {
  const type = btf!.type(btf!.find(name, "enum"));
  if (type.kind !== "enum") throw new Error(`${name} is ${type.kind}`);
  const kernel = new Map(type.values.map((value) => [value.name, Number(value.value)]));
  const wrong = TABLES[name]!.filter((row) => kernel.has(row.name) && kernel.get(row.name) !== row.id);
  expect(wrong).toEqual([]);
  const missing = TABLES[name]!.filter((row) => !kernel.has(row.name)).map((row) => row.name);
  const known = new Set(TABLES[name]!.map((row) => row.id));
  const extra = [...kernel].filter(([key, id]) => !/MAX/.test(key) && !known.has(id)).map(([key]) => key);
  // Older kernels lack some, newer ones have more: every id that both have must agree.
  expect(missing.length === 0 || extra.length === 0, `missing ${missing}, extra ${extra}`).toBe(true);
});

/** Structs whose uapi name is a typedef or that only programs see under another name. */
const NOT_STRUCTS = new Set(["bpf_user_pt_regs", "tracepoint", "syscall", "lirc_mode2", "bpf_raw_tracepoint_args"]);

test.skipIf(btf === null).each(Object.keys(CTX_LAYOUTS).filter((name) => !NOT_STRUCTS.has(name)))(
  "ctx struct %s has the kernel's offsets and size",
  (name) => {
    const layout = CTX_LAYOUTS[name]!;
    const id = btf!.find(name, "struct");
    expect(id, "not in this kernel's BTF").not.toBe(0);
    expect(btf!.sizeOf(id)).toBe(layout.sizeBytes);
    const offsets = membersOf(btf!, id, 0);
    for (const field of layout.fields) {
      const known = offsets.get(field.name);
      if (known !== undefined) expect(known, field.name).toBe(field.offBytes);
    }
  },
);

/** Offsets by name, members of anonymous structs and unions among them. */
function membersOf(from: Btf, id: number, base: number, into: Map<string, number> = new Map()): Map<string, number> {
  const type = from.type(from.skipMods(id));
  if (type.kind !== "struct" && type.kind !== "union") return into;
  for (const member of type.members) {
    const off = base + member.bitOff / 8;
    if (member.name === "") membersOf(from, member.typeId, off, into);
    else into.set(member.name, off);
  }
  return into;
}
