/**
 * The few members of kernel objects that programs may write. Source: the btf_struct_access functions of
 * net/netfilter/nf_conntrack_bpf.c, net/ipv4/bpf_tcp_ca.c, kernel/sched/ext.c, net/sched/bpf_qdisc.c.
 */
import { hasSince } from "../abi/since.ts";
import { EACCES } from "../base/errno.ts";
import type { BtfComposite, BtfView } from "../btf/types.ts";
import { type Env, regsOf } from "./env.ts";
import { fail, Reject } from "./log.ts";
import { RAW1 } from "./regs.ts";

interface Writable {
  /** Struct of the pointer, and the one whose members are named. */
  readonly structs: readonly string[];
  readonly members: string;
  /** Others that came later; of 6.2 to 6.12, the later bound. */
  readonly later?: { readonly since: string; readonly members: string };
}

const CONNTRACK: Writable = { structs: ["nf_conn", "nf_conn___init"], members: "nf_conn.mark" };

/** socket-like types that may write the mark of a connection they track. */
const CONNTRACK_TYPES = new Set([3, 4, 6]);
const STRUCT_OPS = 27;

const BY_STRUCT_OPS: Readonly<Record<string, readonly Writable[]>> = {
  tcp_congestion_ops: [
    {
      structs: ["tcp_sock"],
      members: `sock.sk_pacing_rate sock.sk_pacing_status inet_connection_sock.icsk_ca_priv
        inet_connection_sock.icsk_ack.pending tcp_sock.snd_cwnd tcp_sock.snd_cwnd_cnt tcp_sock.snd_ssthresh
        tcp_sock.ecn_flags`,
      later: { since: "6.12", members: "tcp_sock.snd_cwnd_stamp tcp_sock.app_limited" },
    },
  ],
  sched_ext_ops: [
    { structs: ["task_struct"], members: "task_struct.scx.slice task_struct.scx.dsq_vtime task_struct.scx.disallow" },
  ],
  bpf_dummy_ops: [{ structs: ["bpf_dummy_ops_state"], members: "bpf_dummy_ops_state.val" }],
  Qdisc_ops: [
    { structs: ["Qdisc"], members: "Qdisc.limit Qdisc.q.qlen Qdisc.qstats" },
    { structs: ["sk_buff"], members: "sk_buff.tstamp" },
  ],
};

/** Offset and end of "struct.member.member", also through anonymous members. */
function rangeOf(btf: BtfView, path: string): readonly [start: number, end: number] | null {
  const [struct, ...names] = path.split(".");
  let id = btf.find(struct!, "struct");
  let start = 0;
  let size = 0;
  for (const name of names) {
    const found = memberOf(btf, id, name);
    if (found === null) return null;
    start += found.off;
    id = btf.skipMods(found.typeId);
    size = found.bits === 0 ? btf.sizeOf(id) : Math.ceil(found.bits / 8);
  }
  return [start, start + size];
}

function memberOf(
  btf: BtfView,
  id: number,
  name: string,
): { readonly off: number; readonly typeId: number; readonly bits: number } | null {
  const t = btf.type(btf.skipMods(id));
  if (t.kind !== "struct" && t.kind !== "union") return null;
  for (const member of (t as BtfComposite).members) {
    if (member.name === name) return { off: member.bitOff >> 3, typeId: member.typeId, bits: member.bitSize };
    if (member.name !== "") continue;
    const inner = memberOf(btf, member.typeId, name);
    if (inner !== null) return { ...inner, off: inner.off + (member.bitOff >> 3) };
  }
  return null;
}

function writableOf(env: Env): readonly Writable[] | null {
  if (CONNTRACK_TYPES.has(env.progType)) return [CONNTRACK];
  if (env.progType !== STRUCT_OPS) return null;
  return BY_STRUCT_OPS[env.attach?.structName ?? ""] ?? null;
}

/** False for programs without such members: "only read is supported". Refuses all others. */
export function checkStructWrite(env: Env, btf: BtfView, at: number, off: number, size: number): boolean {
  const all = writableOf(env);
  if (all === null) return false;
  const { name } = btf.type(regsOf(env)[at + RAW1]!);
  const { log } = env;
  const writable = all.find(({ structs }) => structs.includes(name));
  if (writable === undefined) {
    if (env.attach?.structName === "tcp_congestion_ops") return false;
    throw new Reject(EACCES);
  }
  const shown = writable.structs[0]!;
  const later =
    writable.later !== undefined && hasSince(env.kernel, writable.later.since) ? writable.later.members : "";
  for (const path of `${writable.members} ${later}`.trim().split(/\s+/)) {
    const range = rangeOf(btf, path);
    if (range === null || off < range[0] || off >= range[1]) continue;
    if (off + size <= range[1]) return true;
    fail(
      log,
      EACCES,
      `write access at off ${off} with size ${size} beyond the member of ${shown} ended at ${range[1]}`,
    );
  }
  fail(log, EACCES, `no write support to ${shown} at off ${off}`);
}
