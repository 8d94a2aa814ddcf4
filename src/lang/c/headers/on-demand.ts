/**
 * The shipped headers, libbpf's and the kernel's UAPI loaded when a program first includes one: half of the compiler's bytes, of
 * which one program needs little. The little of libc is there from the beginning.
 */
import { HeaderFolder, type HeaderTable } from "./folder.ts";
import { LIBC } from "./libc.ts";

interface Group {
  /** Names in the table, held equal by a test. */
  readonly names: ReadonlySet<string>;
  readonly load: () => Promise<HeaderTable>;
}

const group = (names: string, load: Group["load"]): Group => ({ names: new Set(names.split(/\s+/)), load });

export const GROUPS: readonly Group[] = [
  group(
    `bpf/bpf_helpers.h bpf/bpf_endian.h bpf/bpf_core_read.h bpf/bpf_tracing.h bpf/usdt.bpf.h`,
    async () => (await import("./libbpf.ts")).LIBBPF,
  ),
  group(
    `linux/bpf.h linux/bpf_common.h linux/btf.h linux/filter.h linux/if_xdp.h linux/perf_event.h`,
    async () => (await import("./uapi-bpf.ts")).UAPI_BPF,
  ),
  group(
    `linux/if_ether.h linux/ip.h linux/ipv6.h linux/tcp.h linux/udp.h linux/icmp.h linux/icmpv6.h linux/in.h linux/in6.h
    linux/if_packet.h linux/if_vlan.h linux/mpls.h linux/if_arp.h linux/if_tunnel.h linux/igmp.h linux/dccp.h
    linux/fib_rules.h linux/netfilter.h linux/netfilter_ipv4.h linux/if.h linux/un.h`,
    async () => (await import("./uapi-net.ts")).UAPI_NET,
  ),
  group(
    `linux/pkt_cls.h linux/pkt_sched.h linux/rtnetlink.h linux/netlink.h linux/if_link.h`,
    async () => (await import("./uapi-tc.ts")).UAPI_TC,
  ),
  group(
    `asm-generic/errno-base.h asm-generic/errno.h asm-generic/fcntl.h asm-generic/socket.h linux/fcntl.h linux/capability.h
    linux/sched.h linux/stat.h linux/ptrace.h linux/magic.h linux/utsname.h linux/limits.h linux/time_types.h linux/mman.h
    asm-generic/mman-common.h asm-generic/mman.h linux/param.h`,
    async () => (await import("./uapi-system.ts")).UAPI_SYSTEM,
  ),
];

const folder = new HeaderFolder([LIBC]);
const loaded = new Set<Group>();

/** The header's text; undefined where there is none of that name; a promise that settles when it is worth asking again. */
export function headerOnDemand(name: string): Uint8Array | undefined | Promise<void> {
  const wanted = GROUPS.find(({ names }) => names.has(name));
  if (wanted === undefined || loaded.has(wanted)) return folder.read(name);
  return wanted.load().then((table) => {
    if (loaded.has(wanted)) return; // two compiles at once
    loaded.add(wanted);
    folder.add(table);
  });
}
