import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Btf } from "../../btf/btf.ts";
import type { Collection } from "../../loader/collection.ts";
import type { RecordedEvent } from "../../loader/events.ts";
import { loadObject } from "../../loader/load.ts";
import { parseObject } from "../../obj/parse.ts";
import { embedded } from "../embedded.ts";
import type { EmbeddedProg } from "../target.ts";

const OBJECT = new URL("../../../test/fixtures/kfuncs/structs.bpf.o", import.meta.url);
const VMLINUX = "/sys/kernel/btf/vmlinux";

describe.skipIf(!existsSync(VMLINUX)).each(["jit", "interp"] as const)("structs behind arguments, %s", (engine) => {
  function run(name: string, event: RecordedEvent): Collection {
    const target = embedded({ engine, random: 1, memoryBytes: 8 << 20, kernelBtf: new Btf(readFileSync(VMLINUX)) });
    const spec = parseObject(readFileSync(OBJECT), "structs.bpf.o");
    const collection = loadObject(spec, target, { programs: [name] }, true);
    (collection.programs[name]!.raw as EmbeddedProg).replayEvents([event]);
    return collection;
  }

  it("tp_btf: members, pointers in structs, text in place, null", () => {
    const skb = { len: 1500, dev: { ifindex: 7, name: "eth0" }, sk: { __sk_common: { skc_family: 10 } } };
    const collection = run("received", { event: "net/netif_receive_skb", fields: { skb } });
    const { length, ifindex, dev_name, family, no_sock } = collection.bss;
    expect({ length, ifindex, dev_name, family, no_sock }).toEqual({
      length: 1500,
      ifindex: 7,
      dev_name: "eth0",
      family: 10,
      no_sock: 0,
    });
    collection.close();
    const without = run("received", { event: "raw:netif_receive_skb", fields: { skb: { len: 60, dev: {} } } });
    expect([without.bss["length"], without.bss["family"], without.bss["no_sock"]]).toEqual([60, 0, 1]);
    without.close();
  });

  it("fentry: by the names of arguments, in any order", () => {
    const fields = { name: { name: "/tmp/file" }, dfd: -100 };
    const collection = run("unlinked", { event: "fentry:do_unlinkat", fields });
    expect([collection.bss["dfd"], collection.bss["path"]]).toEqual([-100, "/tmp/file"]);
    const { args, first, past } = collection.bss;
    expect([args, BigInt.asIntN(32, first as bigint), past]).toEqual([2, -100n, -22]);
    collection.close();
  });

  it("kprobe: registers lead to structs, too", () => {
    const fields = { arg1: -100, arg2: { name: "/tmp/other" } };
    const collection = run("probed", { event: "kprobe:do_unlinkat", fields });
    expect(collection.bss["path"]).toBe("/tmp/other");
    collection.close();
  });

  it("says which member it does not know", () => {
    const event = { event: "net/netif_receive_skb", fields: { skb: { dev: { nome: "x" } } } };
    expect(() => run("received", event)).toThrow(/skb\.dev\.nome/);
    const large = { event: "net/netif_receive_skb", fields: { skb: { dev: Array.from({ length: 99 }, () => ({})) } } };
    expect(() => run("received", large)).toThrow(expect.objectContaining({ code: "events/too-large" }));
  });
});
