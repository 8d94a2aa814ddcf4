/** The verbs of `skep net`: programs on interfaces, in the flow dissector and in netfilter, as bpftool tells them. */
import * as lt from "../../abi/link-types.ts";
import { linkInfo } from "../../linux/bpf/link-info.ts";
import { fdById, progInfo } from "../../linux/bpf/object.ts";
import { ifIndex } from "../../linux/fds.ts";
import { type Device, devices, filters, flowDissector, hookProgs } from "../../linux/net-progs.ts";
import { print } from "../output.ts";
import { attachToDevice, detachFromDevice } from "./place-program.ts";
import { eachObject } from "./refs.ts";
import { kernel, printDocument, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void>> = {
  show: showNet,
  list: showNet,
  attach: attachToDevice,
  detach: detachFromDevice,
};

export function netCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

type Row = Record<string, unknown>;

function showNet(words: Words): void {
  let only: number | undefined;
  if (!words.empty) {
    if (words.take("dev") === undefined) throw words.usage(`dev NAME, not "${words.peek}"`);
    only = ifIndex(kernel(), words.next("the interface's name"));
    words.end();
  }
  const shown = devices(kernel()).filter((each) => only === undefined || each.index === only);
  const dissector = flowDissector(kernel());
  const document = {
    xdp: shown.flatMap(xdpOf),
    tc: shown.flatMap((device) => [...hooksOf(device), ...filtersOf(device)]),
    flow_dissector: dissector === undefined ? [] : [{ id: dissector }],
    netfilter: netfilterLinks(),
  };
  if (style.json) printDocument([document]);
  else print(textOf(document));
}

const place = ({ name, index }: Device): Row => ({ devname: name, ifindex: index });

function xdpOf(device: Device): Row[] {
  if (device.xdp.length === 0) return [];
  if (device.multi) return [{ ...place(device), multi_attachments: device.xdp }];
  return [{ ...place(device), ...device.xdp[0] }];
}

function hooksOf(device: Device): Row[] {
  return hookProgs(kernel(), device.index).map((each) => {
    const name = nameOf(each.id);
    return {
      ...place(device),
      kind: each.kind,
      ...(name === "" ? {} : { name }),
      prog_id: each.id,
      prog_flags: bitsOf(each.linkId === 0 ? each.flags : 0),
      link_id: each.linkId,
      link_flags: bitsOf(each.linkFlags),
    };
  });
}

function filtersOf(device: Device): Row[] {
  return filters(kernel(), device.index).map(({ kind, name, id, actions }) => ({
    ...place(device),
    kind,
    ...(name === undefined ? {} : { name }),
    ...(id === undefined ? {} : { id }),
    ...(actions === undefined ? {} : { act: actions }),
  }));
}

function netfilterLinks(): Row[] {
  const rows: { pf: number; hook: number; prio: number; flags: number; id: number }[] = [];
  eachObject("link", (fd) => {
    const info = linkInfo(kernel(), fd);
    if (info?.type !== lt.BPF_LINK_TYPE_NETFILTER || info.netfilter === undefined) return;
    const { pf, hook, priority, flags } = info.netfilter;
    rows.push({ pf, hook, prio: priority, flags, id: info.progId });
  });
  return rows.sort((a, b) => a.pf - b.pf || a.hook - b.hook || a.prio - b.prio);
}

function nameOf(id: number): string {
  const fd = fdById(kernel(), "prog", id);
  const name = fd < 0 ? "" : (progInfo(kernel(), fd)?.name ?? "");
  kernel().close(fd);
  return name;
}

/** bpftool lists flags by their values. */
function bitsOf(flags: number): number[] {
  return Array.from({ length: 32 }, (_, i) => (1 << i) >>> 0).filter((bit) => (flags & bit) !== 0);
}

const FAMILIES = ["", "inet", "ip", "arp", "", "netdev", "", "bridge", "", "", "ip6"];
const INET_HOOKS = ["prerouting", "input", "forward", "output", "postrouting"];
const ARP_HOOKS = ["input", "output", "forward"];
const NFPROTO_ARP = 3;

function textOf(document: Record<"xdp" | "tc" | "flow_dissector" | "netfilter", Row[]>): string {
  const lines: string[] = [];
  const section = (name: string, rows: readonly string[]): void => {
    lines.push(`${name}:`, ...rows, "");
  };
  section("xdp", document.xdp.map(xdpText));
  section("tc", document.tc.map(tcText));
  section(
    "flow_dissector",
    document.flow_dissector.map((row) => `id ${row["id"]}`),
  );
  section("netfilter", document.netfilter.map(netfilterText));
  return lines.join("\n");
}

function xdpText(row: Row): string {
  const each = (row["multi_attachments"] as Row[] | undefined) ?? [row];
  return `${row["devname"]}(${row["ifindex"]})${each.map(({ mode, id }) => ` ${mode} id ${id}`).join("")}`;
}

function tcText(row: Row): string {
  const head = `${row["devname"]}(${row["ifindex"]}) ${row["kind"]}`;
  const name = row["name"] === undefined ? "" : ` ${row["name"]}`;
  if (row["prog_id"] === undefined) {
    const id = row["id"] === undefined ? "" : ` id ${row["id"]}`;
    const actions = row["act"] as Row[] | undefined;
    const act = actions?.map((each) => `{${each["name"] ?? ""} id ${each["id"]}}`).join("");
    return `${head}${name}${id}${act === undefined ? "" : ` act [${act}] `}`;
  }
  const flags = (field: string): string => {
    const list = row[field] as number[];
    return list.length === 0 ? "" : `${field} ${list.join(" ")} `;
  };
  const link = row["link_id"] === 0 ? "" : `link_id ${row["link_id"]} ${flags("link_flags")}`;
  return `${head}${name} prog_id ${row["prog_id"]} ${flags("prog_flags")}${link}`;
}

function netfilterText(row: Row): string {
  const { pf, hook, prio, flags, id } = row as Record<string, number>;
  const hooks = pf === NFPROTO_ARP ? ARP_HOOKS : INET_HOOKS;
  const family = FAMILIES[pf!] || `pf: ${pf}`;
  const where = hooks[hook!] === undefined ? `, hook ${hook},` : ` ${hooks[hook!]}`;
  return `\n\t${family}${where} prio ${prio}${flags === 0 ? "" : ` flags 0x${flags!.toString(16)}`} prog_id ${id}`;
}
