import { expect, test } from "vitest";
import { liveKernel } from "../../test/live.ts";
import { compileC } from "../lang/c/compile.ts";
import { linux } from "../linux/target.ts";
import { compareInKernel } from "./kernel-results.ts";

const object = (ports: number, mark: number): Uint8Array => {
  const source = `#include <linux/bpf.h>
    #include <bpf/bpf_helpers.h>
    SEC("xdp") int same(struct xdp_md *ctx) { return ctx->data_end - ctx->data > ${ports} ? XDP_PASS : XDP_DROP; }
    SEC("tc") int packet(struct __sk_buff *skb) { char byte = ${mark}; bpf_skb_store_bytes(skb, 20, &byte, 1, 0); return 0; }
    SEC("tc") int changing(struct __sk_buff *skb) { return bpf_ktime_get_ns() >> 1 & 0xffff; }
    char LICENSE[] SEC("license") = "GPL";`;
  return compileC("a.c", new TextEncoder().encode(source)).object!;
};

const reason = liveKernel();

test.skipIf(reason !== null)("verdicts and packets of two objects in the kernel", () => {
  const target = linux();
  try {
    const compare = (a: Uint8Array, b: Uint8Array): unknown => Object.fromEntries(compareInKernel(a, b, "a.o", target));
    expect(compare(object(64, 1), object(64, 1))).toEqual({ same: "same", packet: "same" });
    expect(compare(object(64, 1), object(80, 2))).toEqual({ same: "differs", packet: "differs" });
  } finally {
    target.close();
  }
});
