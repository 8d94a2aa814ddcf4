/** What modules of a kernel have, on a kernel of answers: kfuncs, variables and functions to attach to, by their BTF's fd. */
import { expect, test } from "vitest";
import {
  BPF_BTF_GET_FD_BY_ID,
  BPF_BTF_GET_NEXT_ID,
  BPF_MAP_CREATE,
  BPF_OBJ_GET_INFO_BY_FD,
  BPF_PROG_LOAD,
} from "../../src/abi/cmds.ts";
import { EPERM } from "../../src/base/errno.ts";
import { BtfBuilder } from "../../src/btf/write.ts";
import { decodeInsns } from "../../src/isa/insn.ts";
import { compileC } from "../../src/lang/c/compile.ts";
import { linux } from "../../src/linux/target.ts";
import { loadObject } from "../../src/loader/load.ts";
import { parseObject } from "../../src/obj/parse.ts";
import { type BpfAnswer, fakeSys } from "../fake-sys.ts";

const MAP_FD = 40;
const MODULES = ["first", "second"];
const btfFd = (id: number): number => 100 + id;

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
extern int vm_add(int a, int b) __ksym;
extern int first_add(int a, int b) __ksym;
extern int second_add(int a, int b) __ksym;
extern int nobody_add(int a, int b) __ksym __weak;
extern const int second_count __ksym;
struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u32);
} m SEC(".maps");
SEC("tc") int with_map(struct __sk_buff *skb)
{
  __u32 key = 0;
  void *value = bpf_map_lookup_elem(&m, &key);
  return vm_add(1, 2) + second_add(3, 4) + first_add(5, 6) + second_add(7, 8) + (value != 0);
}
SEC("tc") int alone(struct __sk_buff *skb)
{
  return first_add(1, 2);
}
SEC("tc") int variable(struct __sk_buff *skb)
{
  const int *count = bpf_per_cpu_ptr(&second_count, 0);
  return count != 0;
}
SEC("tc") int weak(struct __sk_buff *skb)
{
  return bpf_ksym_exists(nobody_add) ? nobody_add(1, 2) : 0;
}
SEC("fentry/first_add") int at_first(void *ctx) { return 0; }
SEC("fentry/second:second_add") int at_second(void *ctx) { return 0; }
SEC("fentry/first:second_add") int at_wrong(void *ctx) { return 0; }
SEC("fentry/vm_add") int at_vm(void *ctx) { return 0; }
SEC("fentry/second:vm_add") int at_both(void *ctx) { return 0; }
struct skep_ops { int (*go)(int n); };
SEC("struct_ops/go") int go(unsigned long long *ctx) { return 0; }
SEC(".struct_ops.link") struct skep_ops mine = { .go = (void *)go };
char LICENSE[] SEC("license") = "GPL";
`;
const { object, diagnostics } = compileC("modules.bpf.c", new TextEncoder().encode(source), {});
const spec = parseObject(object ?? new Uint8Array(), `modules.bpf.o ${JSON.stringify(diagnostics)}`);

/** vmlinux has vm_add; each module NAME_add, and `second` a variable and a vm_add of its own. */
function kernel() {
  const vm = new BtfBuilder();
  const int = vm.add({
    kind: "int",
    name: "int",
    sizeBytes: 4,
    bits: 32,
    bitOff: 0,
    signed: true,
    char: false,
    bool: false,
  });
  const params = ["a", "b"].map((name) => ({ name, typeId: int }));
  const proto = vm.add({ kind: "func_proto", name: "", retTypeId: int, params });
  const vmAdd = vm.add({ kind: "func", name: "vm_add", typeId: proto, linkage: "static" });
  const vmlinux = vm.build();
  const modules = MODULES.map((name) => {
    const builder = new BtfBuilder(vmlinux);
    const add = builder.add({ kind: "func", name: `${name}_add`, typeId: proto, linkage: "static" });
    const count = builder.add({ kind: "var", name: `${name}_count`, typeId: int, linkage: "global" });
    const own = builder.add({ kind: "func", name: "vm_add", typeId: proto, linkage: "static" });
    const ops = name === "second" ? structOps(builder, int) : { typeId: 0, valueTypeId: 0 };
    return { ops, name, btf: builder.build(), firstId: vmlinux.length, add, count, own };
  });
  return { vmlinux, vmAdd, modules };
}

/** struct skep_ops, and struct bpf_struct_ops_skep_ops around it as the kernel has it. */
function structOps(builder: BtfBuilder, int: number) {
  const goProto = builder.add({ kind: "func_proto", name: "", retTypeId: int, params: [{ name: "n", typeId: int }] });
  const go = builder.add({ kind: "ptr", name: "", typeId: goProto });
  const member = (name: string, typeId: number, offBytes: number) => ({
    name,
    typeId,
    bitOff: 8 * offBytes,
    bitSize: 0,
  });
  const typeId = builder.add({ kind: "struct", name: "skep_ops", sizeBytes: 8, members: [member("go", go, 0)] });
  const members = [member("refcnt", int, 0), member("data", typeId, 64)];
  const valueTypeId = builder.add({ kind: "struct", name: "bpf_struct_ops_skep_ops", sizeBytes: 128, members });
  return { typeId, valueTypeId };
}

interface Load {
  readonly insns: ReturnType<typeof decodeInsns>;
  readonly fds: (count: number) => number[];
  readonly attachBtfId: number;
  readonly attachFd: number;
}

function target(changes: Readonly<Record<number, BpfAnswer>> = {}) {
  const { vmlinux, vmAdd, modules } = kernel();
  const loads: Load[] = [];
  const sys = fakeSys({
    [BPF_MAP_CREATE]: () => MAP_FD,
    // Ids 1 to 4: vmlinux, a program's, and the modules'.
    [BPF_BTF_GET_NEXT_ID]: (attr) => {
      const id = attr.getUint32(0, true) + 1;
      attr.setUint32(4, id, true);
      return id > 4 ? -2 : 0;
    },
    [BPF_BTF_GET_FD_BY_ID]: (attr) => btfFd(attr.getUint32(0, true)),
    [BPF_OBJ_GET_INFO_BY_FD]: (attr, fake) => {
      const id = attr.getUint32(0, true) - btfFd(0);
      if (id < 1 || id > 4) return 0;
      const info = fake.at(Number(attr.getBigUint64(8, true)));
      const view = new DataView(info.buffer, info.byteOffset);
      view.setUint32(12, id, true);
      view.setUint32(28, id === 2 ? 0 : 1, true);
      const name = ["", "vmlinux", "first", ...MODULES][id]!;
      if (view.getUint32(24, true) > 0) {
        fake.at(Number(view.getBigUint64(16, true))).set(new TextEncoder().encode(`${name}\0`));
      }
      return 0;
    },
    [BPF_PROG_LOAD]: (attr, fake) => {
      const insns = fake.at(Number(attr.getBigUint64(8, true)));
      const fdArray = Number(attr.getBigUint64(120, true));
      loads.push({
        insns: decodeInsns(insns.slice(0, 8 * attr.getUint32(4, true))),
        fds: (count) => {
          const bytes = fake.at(fdArray);
          return [...new Int32Array(bytes.buffer, bytes.byteOffset, count)];
        },
        attachBtfId: attr.getUint32(108, true),
        attachFd: attr.getUint32(112, true),
      });
      return 60;
    },
    ...changes,
  });
  const made = linux({ sys, release: "6.18.0", kernelBtf: vmlinux, modules });
  const load = (name: string): Load => {
    loads.length = 0;
    loadObject(spec, made, { programs: [name] });
    return loads.at(-1)!;
  };
  return { sys, made, load, vmAdd, first: modules[0]!, second: modules[1]! };
}

/** The calls of kernel functions: id and place in fd_array. */
function calls({ insns }: Load): [number, number][] {
  return [...insns.code.keys()].flatMap((i) =>
    insns.code[i] === 0x85 && insns.src[i] === 2 ? [[insns.imm[i]!, insns.off[i]!] as [number, number]] : [],
  );
}

test("kfuncs: the map's fd first, then each module's once; vmlinux is place 0", () => {
  const { load, vmAdd, first, second, made, sys } = target();
  const loaded = load("with_map");
  expect(calls(loaded)).toEqual([
    [vmAdd, 0],
    [second.add, 1],
    [first.add, 2],
    [second.add, 1],
  ]);
  expect(loaded.fds(3)).toEqual([MAP_FD, btfFd(4), btfFd(3)]);
  made.close();
  // The fds that were kept, and those that were looked at.
  expect(sys.closed).toEqual(expect.arrayContaining([btfFd(1), btfFd(2), btfFd(3), btfFd(4)]));
});

test("kfuncs without maps: place 0 stays empty", () => {
  const { load, first } = target();
  const loaded = load("alone");
  expect(calls(loaded)).toEqual([[first.add, 1]]);
  expect(loaded.fds(2)).toEqual([0, btfFd(3)]);
});

test("variables: the fd stands in the second half", () => {
  const { load, second } = target();
  const { insns } = load("variable");
  const at = [...insns.code.keys()].find((i) => insns.code[i] === 0x18 && insns.src[i] === 3)!;
  expect([insns.imm[at], insns.imm[at + 1]]).toEqual([second.count, btfFd(4)]);
});

test("weak ones that nobody has are none", () => {
  expect(calls(target().load("weak"))).toEqual([]);
});

test("functions to attach to: in any module, or in the one that is named", () => {
  const { load, first, second, vmAdd } = target();
  expect(load("at_first")).toMatchObject({ attachBtfId: first.add, attachFd: btfFd(3) });
  expect(load("at_second")).toMatchObject({ attachBtfId: second.add, attachFd: btfFd(4) });
  expect(load("at_vm")).toMatchObject({ attachBtfId: vmAdd, attachFd: 0 });
  expect(load("at_both")).toMatchObject({ attachBtfId: second.own, attachFd: btfFd(4) });
  expect(() => load("at_wrong")).toThrow(/no function first:second_add to attach to/);
});

test("struct_ops: programs and map with the module's ids and fd", () => {
  const maps: number[][] = [];
  const { load, second } = target({
    [BPF_MAP_CREATE]: (attr) => {
      // value size, flags, value type in the kernel's BTF, its fd
      if (attr.getUint32(0, true) === 26) maps.push([8, 16, 60, 72].map((at) => attr.getUint32(at, true)));
      return MAP_FD;
    },
  });
  expect(load("go")).toMatchObject({ attachBtfId: second.ops.typeId, attachFd: btfFd(4) });
  const [BPF_F_LINK, BPF_F_VTYPE_BTF_OBJ_FD] = [1 << 13, 1 << 15];
  expect(maps).toEqual([[128, BPF_F_LINK | BPF_F_VTYPE_BTF_OBJ_FD, second.ops.valueTypeId, btfFd(4)]]);
});

test("a module that is gone, or whose BTF is not shown", () => {
  const gone = target({ [BPF_BTF_GET_NEXT_ID]: () => -2 });
  expect(() => gone.load("alone")).toThrow(
    expect.objectContaining({
      code: "linux/module",
      message: expect.stringMatching(/^BTF of module \w+ is not loaded$/),
    }),
  );
  const hidden = target({ [BPF_BTF_GET_FD_BY_ID]: () => -EPERM });
  expect(() => hidden.load("alone")).toThrow(/cannot be opened: EPERM/);
});
