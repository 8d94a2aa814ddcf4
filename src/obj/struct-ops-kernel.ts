/**
 * A struct_ops map as the running kernel lays it out. The object has its own idea of the struct; members are matched by name
 * and copied into the kernel's, which lies within a value of its own:
 *
 *     struct bpf_struct_ops_tcp_congestion_ops {      value of the map
 *             struct bpf_struct_ops_common common;
 *             struct tcp_congestion_ops data;         typeId; `progs` and `bytes` count from the value's start
 *     };
 *
 * Source: find_struct_ops_kern_types() and bpf_map__init_kern_struct_ops() in tools/lib/bpf/libbpf.c.
 */
import { bug, SkepError } from "../base/error.ts";
import { essentialName } from "../btf/names.ts";
import type { BtfComposite, BtfMember, BtfView } from "../btf/types.ts";
import type { MapSpec } from "./spec.ts";

export interface StructOpsValue {
  /** Kernel struct, attach_btf_id of its programs. */
  readonly typeId: number;
  /** Kernel struct of the map's value, btf_vmlinux_value_type_id. */
  readonly valueTypeId: number;
  /** The whole value, function pointers 0: descriptors of programs belong there. */
  readonly bytes: Uint8Array;
  readonly progs: readonly StructOpsProg[];
  /** Programs whose members this kernel lacks: they are not loaded. */
  readonly left: readonly string[];
}

export interface StructOpsProg {
  readonly name: string;
  /** Byte of the function pointer in the value. */
  readonly offBytes: number;
  /** Index of the member in the kernel struct: expected_attach_type of the program. */
  readonly memberIdx: number;
}

/** Pure. Throws "obj/struct-ops" for a struct or a member that this kernel does not have in that form. */
export function structOpsValue(map: MapSpec, kernelBtf: BtfView): StructOpsValue {
  const { structOps, btf, initial } = map;
  if (structOps === null || btf === null || initial === null) return bug(`map '${map.name}' is no struct_ops map`);
  const name = essentialName(structOps.typeName);
  const fail = (what: string, advice?: string) => {
    const site = { section: ".struct_ops" };
    return new SkepError(
      "obj/struct-ops",
      `'${map.name}': ${what}`,
      advice === undefined ? { site } : { site, advice },
    );
  };
  const valueTypeId = kernelBtf.find(`bpf_struct_ops_${name}`, "struct");
  const typeId = kernelBtf.find(name, "struct");
  const value = kernelBtf.type(valueTypeId);
  const target = kernelBtf.type(typeId);
  if (value.kind !== "struct" || target.kind !== "struct") {
    throw fail(`this kernel has no struct_ops of type ${name}`, "check its configuration and version");
  }
  const data = value.members.find((member) => member.typeId === typeId);
  if (data === undefined) throw fail(`struct ${value.name} of this kernel holds no struct ${name}`);
  const dataOff = data.bitOff / 8;
  const bytes = new Uint8Array(value.sizeBytes);
  const progAt = new Map(structOps.progs.map((prog) => [prog.offBytes, prog.name]));
  const progs: StructOpsProg[] = [];
  const left: string[] = [];
  const index = new Map(target.members.map((member, i) => [member.name, i]));
  for (const member of (btf.type(structOps.typeId) as BtfComposite).members) {
    const from = member.bitOff / 8;
    const size = btf.sizeOf(member.typeId);
    const own = initial.subarray(from, from + size);
    const prog = progAt.get(from);
    const memberIdx = index.get(member.name);
    if (memberIdx === undefined) {
      if (own.some((byte) => byte !== 0)) throw fail(`this kernel's struct ${name} has no member '${member.name}'`);
      if (prog !== undefined) left.push(prog);
      continue;
    }
    const there = target.members[memberIdx]!;
    const why = differ(btf, member, kernelBtf, there);
    if (why !== "") throw fail(`member '${member.name}' ${why}`);
    const to = dataOff + there.bitOff / 8;
    if (btf.type(btf.skipMods(member.typeId)).kind === "ptr") {
      if (prog !== undefined) progs.push({ name: prog, offBytes: to, memberIdx });
    } else bytes.set(own, to);
  }
  return { typeId, valueTypeId, bytes, progs, left };
}

function differ(btf: BtfView, member: BtfMember, kernelBtf: BtfView, there: BtfMember): string {
  if (member.bitSize !== 0 || there.bitSize !== 0) return "is a bit-field, which cannot be set";
  const own = btf.type(btf.skipMods(member.typeId));
  const kernel = kernelBtf.type(kernelBtf.skipMods(there.typeId));
  if (own.kind !== kernel.kind) return `is a ${own.kind} here and a ${kernel.kind} in this kernel`;
  if (own.kind === "ptr") return "";
  const size = btf.sizeOf(member.typeId);
  const kernelSize = kernelBtf.sizeOf(there.typeId);
  return size === kernelSize ? "" : `has ${size} bytes here and ${kernelSize} in this kernel`;
}
