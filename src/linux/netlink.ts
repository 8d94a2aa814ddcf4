/**
 * rtnetlink: one request, its acknowledgement, the messages in between.
 *
 *     nlmsghdr   u32 length, u16 type, u16 flags, u32 seq, u32 pid        attribute   u16 length, u16 type, value, pad to 4
 *
 * Source: include/uapi/linux/netlink.h, rtnetlink.h, RFC 3549.
 */
import { concatBytes, viewOf } from "../base/bytes.ts";
import type { Bpf } from "./bpf/call.ts";
import { sysError } from "./errors.ts";

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const HEADER_BYTES = 16;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLM_F_REQUEST = 1;
const NLM_F_ACK = 4;
const NLM_F_DUMP = 0x300;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
const RECEIVE_BYTES = 64 * 1024;

export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;

export interface NetlinkMessage {
  readonly type: number;
  /** What follows the header. */
  readonly body: Uint8Array;
}

export interface NetlinkReply {
  /** 0 or -errno. */
  readonly result: number;
  readonly messages: readonly NetlinkMessage[];
}

/** In the thread's network namespace. Throws only where there is no netlink socket to be had. */
export function netlinkRequest(bpf: Bpf, type: number, flags: number, body: Uint8Array): NetlinkReply {
  const { sys } = bpf;
  const socket = sys.syscall(sys.nr.socket, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  if (socket < 0) throw sysError("netlink socket", -socket);
  try {
    return exchange(bpf, socket, type, flags, body);
  } finally {
    bpf.close(socket);
  }
}

/** A request whose every answer is asked for. */
export function netlinkDump(bpf: Bpf, type: number, body: Uint8Array): NetlinkReply {
  return netlinkRequest(bpf, type, NLM_F_DUMP, body);
}

function exchange(bpf: Bpf, socket: number, type: number, flags: number, body: Uint8Array): NetlinkReply {
  const { sys } = bpf;
  const dump = (flags & NLM_F_DUMP) === NLM_F_DUMP;
  const message = new Uint8Array(HEADER_BYTES + body.length);
  const header = viewOf(message);
  header.setUint32(0, message.length, true);
  header.setUint16(4, type, true);
  header.setUint16(6, flags | NLM_F_REQUEST | (dump ? 0 : NLM_F_ACK), true);
  header.setUint32(8, 1, true);
  message.set(body, HEADER_BYTES);
  const out = bpf.scratch("netlink out", message.length);
  out.bytes.set(message);
  const sent = sys.syscall(sys.nr.sendto, socket, out.addr, message.length, 0, 0, 0);
  if (sent < 0) return { result: sent, messages: [] };
  const messages: NetlinkMessage[] = [];
  for (;;) {
    const buffer = bpf.scratch("netlink in", RECEIVE_BYTES);
    const got = sys.syscall(sys.nr.recvfrom, socket, buffer.addr, RECEIVE_BYTES, 0, 0, 0);
    if (got <= 0) return { result: got === 0 ? -5 : got, messages };
    const { view } = buffer;
    for (let at = 0; at + HEADER_BYTES <= got; ) {
      const length = view.getUint32(at, true);
      if (length < HEADER_BYTES || at + length > got) break;
      const kind = view.getUint16(at + 4, true);
      if (kind === NLMSG_ERROR) return { result: view.getInt32(at + HEADER_BYTES, true), messages };
      if (kind === NLMSG_DONE) return { result: 0, messages };
      messages.push({ type: kind, body: buffer.bytes.slice(at + HEADER_BYTES, at + length) });
      at += (length + 3) & ~3;
    }
  }
}

export function nlAttr(type: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array((4 + value.length + 3) & ~3);
  const view = viewOf(bytes);
  view.setUint16(0, 4 + value.length, true);
  view.setUint16(2, type, true);
  bytes.set(value, 4);
  return bytes;
}

export function nlNested(type: number, attrs: readonly Uint8Array[]): Uint8Array {
  return nlAttr(type | NLA_F_NESTED, concatBytes(attrs));
}

export function nlU16(type: number, value: number): Uint8Array {
  return nlAttr(type, Uint8Array.of(value & 0xff, value >> 8));
}

export function nlU32(type: number, value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  viewOf(bytes).setUint32(0, value >>> 0, true);
  return nlAttr(type, bytes);
}

/** Attributes by type, from a byte of a message's body on; flags of the type are taken off, of equal types the last counts. */
export function nlAttrs(bytes: Uint8Array, from = 0): Map<number, Uint8Array> {
  const attrs = new Map<number, Uint8Array>();
  const view = viewOf(bytes);
  for (let at = from; at + 4 <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < 4 || at + length > bytes.length) break;
    attrs.set(view.getUint16(at + 2, true) & NLA_TYPE_MASK, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return attrs;
}
