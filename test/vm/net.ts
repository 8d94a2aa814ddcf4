/** Network namespaces, interfaces and packets of a test's own, by netlink alone: an empty machine has no ip(8). */
import { concatBytes, fromUtf8, viewOf } from "../../src/base/bytes.ts";
import { EEXIST } from "../../src/base/errno.ts";
import { sysError } from "../../src/linux/errors.ts";
import { ifIndex, inNetns, openPath } from "../../src/linux/fds.ts";
import { parseIp } from "../../src/linux/ip.ts";
import { NLM_F_CREATE, NLM_F_EXCL, netlinkRequest, nlAttr, nlNested, nlU32 } from "../../src/linux/netlink.ts";
import { own } from "./kit.ts";

const CLONE_NEWNET = 0x40000000;
const UNSHARE: Readonly<Record<string, number>> = { x64: 272, arm64: 97 };
const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
/** VETH_INFO_PEER and IFLA_NETKIT_PEER_INFO. */
const PEER = 1;
const NETKIT_MODE = 5;
const IFF_UP = 1;
const AF_INET = 2;
const AF_INET6 = 10;
const AF_PACKET = 17;
const SOCK_RAW = 3;
const SIOCGIFHWADDR = 0x8927;
/** The EtherType for local experiments, which the programs of vm.bpf.c look for. */
export const OURS = 0x88b5;

export interface Netns {
  /** What `netns` takes. */
  readonly path: string;
  /** Synchronous, in the namespace. */
  run<T>(fn: () => T): T;
}

/** A new network namespace, which goes when `fn` is over. */
export function withNetns<T>(fn: (netns: Netns) => T): T {
  const { bpf, sys } = own();
  const before = openPath(bpf, "/proc/thread-self/ns/net", "own network namespace");
  ok(sys.syscall(UNSHARE[process.arch]!, CLONE_NEWNET), "unshare");
  const made = openPath(bpf, "/proc/thread-self/ns/net", "new network namespace");
  ok(sys.syscall(sys.nr.setns, before, CLONE_NEWNET), "setns");
  bpf.close(before);
  const path = `/proc/${process.pid}/fd/${made}`;
  return during(
    () => fn({ path, run: (inside) => inNetns(bpf, path, inside) }),
    () => bpf.close(made),
  );
}

/** `end` after `fn`, or after the promise that it gives; also where it fails. */
export function during<T>(fn: () => T, end: () => void): T {
  let result: T;
  try {
    result = fn();
  } catch (error) {
    end();
    throw error;
  }
  if (result instanceof Promise) return result.finally(end) as T;
  end();
  return result;
}

/** Two ends, both up, in the thread's network namespace. netkit: the second is the peer. */
export function makePair(kind: "veth" | "netkit", first: string, second: string): void {
  const name = (dev: string): Uint8Array => nlAttr(IFLA_IFNAME, fromUtf8(`${dev}\0`));
  const peer = nlAttr(PEER, concatBytes([ifinfomsg(0, 0), name(second)]));
  // netkit forwards layer 3 unless told; 0: layer 2.
  const data = kind === "netkit" ? [peer, nlU32(NETKIT_MODE, 0)] : [peer];
  const info = [nlAttr(IFLA_INFO_KIND, fromUtf8(`${kind}\0`)), nlNested(IFLA_INFO_DATA, data)];
  const body = concatBytes([ifinfomsg(0, 0), name(first), nlNested(IFLA_LINKINFO, info)]);
  request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, body, `new ${kind}`);
  up(first);
  up(second);
}

export function up(dev: string): void {
  request(RTM_NEWLINK, 0, ifinfomsg(ifIndex(own().bpf, dev), IFF_UP), `${dev} up`);
}

/** "10.9.0.1/24". */
export function addAddress(dev: string, text: string): void {
  const [ip = "", bits = "32"] = text.split("/");
  const { family, bytes } = parseIp(ip)!;
  const body = new Uint8Array(8);
  const view = viewOf(body);
  // Family, bits, flags (IFA_F_NODAD), scope.
  body.set([family, Number(bits), family === AF_INET6 ? 2 : 0, 0]);
  view.setUint32(4, ifIndex(own().bpf, dev), true);
  const attrs = [nlAttr(2, bytes), nlAttr(1, bytes)];
  request(RTM_NEWADDR, NLM_F_CREATE, concatBytes([body, ...attrs]), `address ${text}`);
}

export function macOf(dev: string): Uint8Array {
  const { sys, bpf } = own();
  const socket = ok(sys.syscall(sys.nr.socket, AF_INET, 2, 0), "socket");
  const ifreq = bpf.scratch("test ifreq", 40);
  ifreq.bytes.fill(0, 0, 40);
  ifreq.bytes.set(fromUtf8(dev));
  ok(sys.syscall(sys.nr.ioctl, socket, SIOCGIFHWADDR, ifreq.addr), "address of the interface");
  bpf.close(socket);
  return ifreq.bytes.slice(18, 24);
}

/** A frame out of an interface; the other end of a pair receives it. */
export function sendFrame(dev: string, frame: Uint8Array): void {
  const { sys, bpf } = own();
  const socket = ok(sys.syscall(sys.nr.socket, AF_PACKET, SOCK_RAW, 0), "packet socket");
  try {
    const to = bpf.scratch("test sockaddr_ll", 20);
    to.bytes.fill(0, 0, 20);
    to.view.setUint16(0, AF_PACKET, true);
    to.view.setInt32(4, ifIndex(bpf, dev), true);
    to.view.setUint8(11, 6);
    to.bytes.set(frame.subarray(0, 6), 12);
    const packet = bpf.scratch("test frame", frame.length);
    packet.bytes.set(frame);
    ok(sys.syscall(sys.nr.sendto, socket, packet.addr, frame.length, 0, to.addr, 20), "send");
  } finally {
    bpf.close(socket);
  }
}

/** 60 bytes that only the tests' programs understand. */
export function ownFrame(payload = 0): Uint8Array {
  const frame = new Uint8Array(60).fill(payload);
  frame.fill(0xff, 0, 6);
  frame.set([2, 0, 0, 0, 0, 1], 6);
  frame.set([OURS >> 8, OURS & 0xff], 12);
  return frame;
}

/** UDP over IPv4 with no checksum of UDP. */
export function udpFrame(to: Uint8Array, source: string, destination: string): Uint8Array {
  const frame = new Uint8Array(60);
  const view = viewOf(frame);
  frame.set(to, 0);
  frame.set([2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0], 6);
  view.setUint16(16, 46);
  frame.set([64, 17], 22);
  frame.set(parseIp(source)!.bytes, 26);
  frame.set(parseIp(destination)!.bytes, 30);
  let sum = 0;
  for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
  sum = (sum & 0xffff) + (sum >> 16);
  view.setUint16(24, ~(sum + (sum >> 16)) & 0xffff);
  view.setUint16(34, 4000);
  view.setUint16(36, 4000);
  view.setUint16(38, 26);
  return frame;
}

/** One UDP datagram to an address: the result of sendto. */
export function sendUdp(destination: string): number {
  const { sys, bpf } = own();
  const { family, bytes } = parseIp(destination)!;
  const socket = ok(sys.syscall(sys.nr.socket, family, 2, 0), "socket");
  const size = family === AF_INET ? 16 : 28;
  const to = bpf.scratch("test sockaddr", 28);
  to.bytes.fill(0, 0, 28);
  to.view.setUint16(0, family, true);
  to.view.setUint16(2, 4000);
  to.bytes.set(bytes, family === AF_INET ? 4 : 8);
  const sent = sys.syscall(sys.nr.sendto, socket, to.addr, 4, 0, to.addr, size);
  bpf.close(socket);
  return sent;
}

function request(type: number, flags: number, body: Uint8Array, what: string): void {
  const { result } = netlinkRequest(own().bpf, type, flags, body);
  if (result !== -EEXIST) ok(result, what);
}

function ok(result: number, what: string): number {
  if (result < 0) throw sysError(what, -result);
  return result;
}

function ifinfomsg(index: number, flags: number): Uint8Array {
  const bytes = new Uint8Array(16);
  const view = viewOf(bytes);
  view.setInt32(4, index, true);
  view.setUint32(8, flags, true);
  view.setUint32(12, flags, true);
  return bytes;
}
