/** AF_XDP sockets in copy mode, both ways over a veth pair. */
import { writeFileSync } from "node:fs";
import { linux } from "../../../src/linux/target.ts";
import { type Xsk, xsk } from "../../../src/linux/xsk.ts";
import type { Collection } from "../../../src/loader/collection.ts";
import { loadObject } from "../../../src/loader/load.ts";
import { equal, holds, type LiveCase, objectOf, thrown } from "../kit.ts";
import { during, makePair, type Netns, OURS, ownFrame, sendFrame, withNetns } from "../net.ts";

const FRAMES = 8;

export const SOCKETS: readonly LiveCase[] = [
  {
    name: "AF_XDP: frames received, kept in order, and the ring used up and round",
    config: ["XDP_SOCKETS"],
    run: () =>
      bound({ frames: 2 * FRAMES }, ({ socket, netns }) => {
        upTo(socket, netns);
        // More than the rings have entries.
        for (let i = 0; i < 3 * FRAMES; i++) {
          netns.run(() => sendFrame("va", ownFrame(i)));
          equal(received(socket), [i], "payload");
        }
        // No more than the fill ring has frames: the rest is dropped, and counted.
        for (let i = 0; i < FRAMES + 3; i++) netns.run(() => sendFrame("va", ownFrame(i)));
        equal(received(socket), [0, 1, 2, 3, 4, 5, 6, 7], "what there was room for");
        const { rxDropped, rxRingFull, rxFillRingEmpty } = socket.statistics();
        holds(rxDropped + rxRingFull + rxFillRingEmpty >= 3, "the others are counted");
        netns.run(() => sendFrame("va", ownFrame(77)));
        equal(received(socket), [77], "afterwards");
        return undefined;
      }),
  },
  {
    name: "AF_XDP: frames sent, one by one and many at once",
    config: ["XDP_SOCKETS"],
    run: () =>
      bound({ frames: 2 * FRAMES }, ({ socket, other, netns }) => {
        upTo(other, netns, "vb");
        for (let i = 0; i < 3 * FRAMES; i++) {
          equal(socket.send(ownFrame(i)), true, "sent");
          equal(received(other), [i], "payload");
        }
        for (let i = 0; i < FRAMES; i++) equal(socket.queue(ownFrame(i)), true, "queued");
        equal(socket.queue(ownFrame(99)), false, "one more than there are frames");
        equal(received(other), [], "before they are flushed");
        equal(socket.flush(), 0, "left");
        equal(received(other), [0, 1, 2, 3, 4, 5, 6, 7], "flushed");
        equal(socket.queue(ownFrame(1)), true, "frames are free again");
        equal(thrown(() => socket.send(new Uint8Array(4))).code, "xsk/frame", "too short");
        equal(thrown(() => socket.send(new Uint8Array(4096))).code, "xsk/frame", "too long");
        return undefined;
      }),
  },
  {
    name: "AF_XDP: frames as they come, until the signal or the end",
    config: ["XDP_SOCKETS"],
    run: () =>
      bound({}, async ({ socket, netns }) => {
        upTo(socket, netns);
        const stop = new AbortController();
        const later = (): void =>
          netns.run(() => {
            for (const i of [5, 6]) sendFrame("va", ownFrame(i));
          });
        setTimeout(later, 20);
        const seen: number[] = [];
        for await (const frame of socket.frames({ signal: stop.signal })) {
          if (isOurs(frame)) seen.push(frame[59]!);
          if (seen.length === 2) stop.abort();
        }
        equal(seen, [5, 6], "payload");
        setTimeout(() => socket.close(), 20);
        for await (const _ of socket.frames()) void _;
        equal(thrown(() => socket.receive(() => {})).code, "xsk/closed", "closed");
        return undefined;
      }),
  },
  {
    name: "AF_XDP: what the kernel does not take says why",
    config: ["XDP_SOCKETS"],
    run: () =>
      bound({}, ({ netns }) => {
        const failure = (options: object): string | undefined =>
          thrown(() => xsk({ dev: "vb", netns: netns.path, ...options })).code;
        equal(failure({}), "xsk/EBUSY", "the same queue again");
        equal(failure({ queue: 7 }), "xsk/EINVAL", "a queue that is not there");
        equal(failure({ dev: "none" }), "linux/ENODEV", "an interface that is not there");
        equal(failure({ frames: 3 }), "xsk/option", "frames");
        return undefined;
      }),
  },
];

interface Bound {
  /** On vb, whose frames the program hands over. */
  readonly socket: Xsk;
  /** On va, likewise. */
  readonly other: Xsk;
  readonly netns: Netns;
}

function bound<T>(options: object, fn: (bound: Bound) => T): T {
  return withNetns((netns) => {
    netns.run(() => {
      // IPv6 sends frames by itself.
      writeFileSync("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
      makePair("veth", "va", "vb");
    });
    const made: { close(): void }[] = [];
    const on = (dev: string): Xsk => {
      const live: Collection = loadObject(objectOf("examples/to_user.bpf.o"), linux(), {}, true);
      made.push(live);
      live.programs["to_user"]!.attach({ dev, netns: netns.path });
      const socket = xsk({ dev, netns: netns.path, mode: "copy", map: live.maps["sockets"]!, ...options });
      made.push(socket);
      return socket;
    };
    return during(
      () => fn({ socket: on("vb"), other: on("va"), netns }),
      () => {
        for (const each of made.reverse()) each.close();
      },
    );
  });
}

const isOurs = (frame: Uint8Array): boolean => frame[12] === OURS >> 8 && frame[13] === (OURS & 0xff);

/** Last bytes of the tests' frames that wait. */
function received(socket: Xsk): number[] {
  const payloads: number[] = [];
  const end = Date.now() + 50;
  while (payloads.length === 0 && Date.now() < end) {
    socket.receive((frame) => {
      if (isOurs(frame)) payloads.push(frame[59]!);
    });
  }
  return payloads;
}

/** Until a frame comes through: interfaces that have just come up drop what is sent for a moment. */
function upTo(socket: Xsk, netns: Netns, from = "va"): void {
  const end = Date.now() + 5000;
  for (;;) {
    if (Date.now() > end) throw new Error("no frame came through");
    netns.run(() => sendFrame(from, ownFrame(255)));
    if (received(socket).length > 0) break;
  }
  while (received(socket).length > 0);
}
