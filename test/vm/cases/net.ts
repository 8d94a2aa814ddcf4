/** Programs on interfaces and routes, with packets of the test's own. */
import { writeFileSync } from "node:fs";
import { hasSince } from "../../../src/abi/since.ts";
import type { AttachOptions } from "../../../src/loader/target.ts";
import { countOf, equal, holds, kernel, type LiveCase, thrown, withHooks } from "../kit.ts";
import { addAddress, macOf, makePair, ownFrame, sendFrame, sendUdp, udpFrame, up, withNetns } from "../net.ts";
import { waitFor } from "./wait.ts";

const EEXIST = "attach/EEXIST";

export const NETWORK: readonly LiveCase[] = [
  {
    name: "tc: tcx, or clsact where it is missing, and clsact by choice",
    run: () =>
      withHooks(["tc_first"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => makePair("veth", "va", "vb"));
          const program = hooks.programs["tc_first"]!;
          for (const direction of ["ingress", "egress"] as const) {
            for (const legacy of [false, true]) {
              const from = direction === "ingress" ? "va" : "vb";
              const link = program.attach({ dev: "vb", netns: netns.path, direction, legacy });
              const expected = !legacy && hasSince(kernel, "6.6") ? "tcx" : undefined;
              equal(link.info()?.kind, expected, "kind of link");
              const seen = countOf(hooks, 19);
              const send = (): void => netns.run(() => sendFrame(from, ownFrame()));
              waitFor(() => countOf(hooks, 19) > seen, `${direction} seen, legacy ${legacy}`, send);
              link.close();
              const after = countOf(hooks, 19);
              netns.run(() => sendFrame(from, ownFrame()));
              equal(countOf(hooks, 19), after, `${direction} after detaching`);
            }
          }
          return undefined;
        }),
      ),
  },
  {
    name: "tcx: one program before the other",
    since: "6.6",
    run: () => ordered({ programs: ["tc_first", "tc_second"], slots: [19, 20], dev: "vb", kind: "veth" }),
  },
  {
    name: "netkit on an interface that is none",
    since: "6.7",
    config: ["NETKIT"],
    run: () =>
      withHooks(["netkit_primary"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => makePair("veth", "va", "vb"));
          const attach = (): unknown => hooks.programs["netkit_primary"]!.attach({ dev: "va", netns: netns.path });
          if (!hasSince(kernel, "6.7")) attach();
          equal(thrown(attach).code, "attach/ENXIO", "code");
          return undefined;
        }),
      ),
  },
  {
    name: "netkit: both sides",
    config: ["NETKIT"],
    run: () =>
      withHooks(["netkit_primary", "netkit_peer"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => makePair("netkit", "nk", "np"));
          const { netkit_primary, netkit_peer } = hooks.programs;
          const options = { dev: "nk", netns: netns.path };
          const primary = netkit_primary!.attach(options);
          const peer = netkit_peer!.attach(options);
          equal(primary.info()?.kind, "netkit", "kind of link");
          waitFor(
            () => countOf(hooks, 17) === 1,
            "out of the primary",
            () => {
              hooks.bss["sequence"] = 0n;
              netns.run(() => sendFrame("nk", ownFrame()));
            },
          );
          equal(countOf(hooks, 18), 0, "the peer's program");
          netns.run(() => sendFrame("np", ownFrame()));
          equal([countOf(hooks, 17), countOf(hooks, 18)], [1, 2], "out of the peer");
          primary.close();
          peer.close();
          netns.run(() => sendFrame("nk", ownFrame()));
          equal([countOf(hooks, 17), countOf(hooks, 18)], [1, 2], "after detaching");
          return undefined;
        }),
      ),
  },
  {
    name: "netkit: one program before the other",
    config: ["NETKIT"],
    run: () => ordered({ programs: ["netkit_primary", "netkit_second"], slots: [17, 25], kind: "netkit", dev: "va" }),
  },
  {
    name: "xdp: link, and netlink by choice",
    run: () =>
      withHooks(["xdp"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => makePair("veth", "va", "vb"));
          for (const legacy of [false, true]) {
            for (const mode of ["generic", "native"] as const) {
              const link = hooks.programs["xdp"]!.attach({ dev: "vb", netns: netns.path, mode, legacy });
              const expected = !legacy && hasSince(kernel, "5.9") ? "xdp" : undefined;
              equal(link.info()?.kind, expected, "kind of link");
              const busy = thrown(() =>
                hooks.programs["xdp"]!.attach({ dev: "vb", netns: netns.path, mode, legacy: true }),
              );
              equal(busy.code, legacy ? "attach/EBUSY" : busy.code, "a second one");
              const seen = countOf(hooks, 24);
              const send = (): void => netns.run(() => sendFrame("va", ownFrame()));
              waitFor(() => countOf(hooks, 24) > seen, `${mode} seen, legacy ${legacy}`, send);
              link.close();
              const after = countOf(hooks, 24);
              netns.run(() => sendFrame("va", ownFrame()));
              equal(countOf(hooks, 24), after, `${mode} after detaching`);
            }
          }
          return undefined;
        }),
      ),
  },
  {
    name: "a network namespace that goes before what is attached in it",
    run: () =>
      withHooks(["xdp", "tc_first"], (hooks) => {
        withNetns((netns) => {
          netns.run(() => makePair("veth", "va", "vb"));
          for (const name of ["xdp", "tc_first"]) {
            hooks.programs[name]!.attach({ dev: "vb", netns: netns.path, legacy: true });
          }
        });
        hooks.close();
        return undefined;
      }),
  },
  {
    name: "lwt: a route's packets coming in, going out and transmitted",
    config: ["LWTUNNEL_BPF"],
    run: () =>
      withHooks(["lwt_in", "lwt_out", "lwt_xmit"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => {
            makePair("veth", "va", "vb");
            addAddress("va", "10.9.0.1/24");
            writeFileSync("/proc/sys/net/ipv4/ip_forward", "1");
          });
          const route = { dev: "va", netns: netns.path, route: "192.0.2.0/24", via: "10.9.0.2" };
          const send = (): unknown => netns.run(() => sendUdp("192.0.2.5"));
          for (const [name, slot] of [
            ["lwt_out", 14],
            ["lwt_xmit", 15],
          ] as const) {
            const link = hooks.programs[name]!.attach({ ...route, ...(name === "lwt_xmit" ? { headroom: 64 } : {}) });
            equal(link.info(), undefined, "link");
            equal(thrown(() => hooks.programs[name]!.attach(route)).code, EEXIST, "the same route again");
            send();
            equal(countOf(hooks, slot), 1, name);
            link.close();
            holds(Number(send()) < 0, "the route is gone");
          }
          const link = hooks.programs["lwt_in"]!.attach({ dev: "va", netns: netns.path, route: "198.51.100.0/24" });
          waitFor(
            () => countOf(hooks, 13) > 0,
            "lwt_in",
            () => {
              netns.run(() => sendFrame("vb", udpFrame(macOf("va"), "10.9.0.2", "198.51.100.7")));
            },
          );
          link.close();
          return undefined;
        }),
      ),
  },
  {
    name: "lwt_seg6local on a route of IPv6",
    config: ["IPV6_SEG6_BPF"],
    run: () =>
      withHooks(["lwt_seg6local"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => makePair("veth", "va", "vb"));
          const options: AttachOptions = { dev: "va", netns: netns.path, route: "fd00:5::/64" };
          const link = hooks.programs["lwt_seg6local"]!.attach(options);
          equal(link.what, "lwt_seg6local on route fd00:5::/64 dev va", "what it says");
          equal(thrown(() => hooks.programs["lwt_seg6local"]!.attach(options)).code, EEXIST, "the same route again");
          link.close();
          hooks.programs["lwt_seg6local"]!.attach(options).close();
          return undefined;
        }),
      ),
  },
  {
    name: "netfilter",
    since: "6.4",
    run: () =>
      withHooks(["netfilter"], (hooks) =>
        withNetns((netns) => {
          netns.run(() => up("lo"));
          const link = hooks.programs["netfilter"]!.attach({ netns: netns.path, hook: 0, priority: -5 });
          equal(link.info()?.kind, "netfilter", "kind of link");
          return undefined;
        }),
      ),
  },
];

interface Ordered {
  readonly programs: readonly [string, string];
  readonly slots: readonly [number, number];
  readonly dev: string;
  readonly kind: "veth" | "netkit";
}

function ordered({ programs: [name, other], slots, dev, kind }: Ordered): undefined {
  return withHooks([name, other], (hooks) =>
    withNetns((netns) => {
      netns.run(() => makePair(kind, "va", "vb"));
      const options = { dev, netns: netns.path };
      const one = hooks.programs[name]!;
      const two = hooks.programs[other]!;
      const stamps = (): number[] => {
        hooks.bss["sequence"] = 0n;
        netns.run(() => sendFrame("va", ownFrame()));
        return slots.map((slot) => countOf(hooks, slot));
      };
      const first = one.attach(options);
      const after = two.attach({ ...options, after: one.raw });
      waitFor(() => String(stamps()) === "1,2", "after");
      after.close();
      for (const neighbour of [one.raw.id, first]) {
        const before = two.attach({ ...options, before: neighbour });
        waitFor(() => String(stamps()) === "2,1", "before");
        before.close();
      }
      two.attach({ ...options, before: "all" });
      waitFor(() => String(stamps()) === "2,1", "before all");
      const stale = thrown(() => two.attach({ ...options, before: "all", revision: 1n }));
      equal(stale.code, "attach/ESTALE", "a revision that is over");
      return undefined;
    }),
  );
}
