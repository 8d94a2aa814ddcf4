/** The verbs of `skep link`, and links as bpftool shows them. */
import { readFileSync } from "node:fs";
import { attachTypeWord } from "../../abi/attach-types.ts";
import * as lt from "../../abi/link-types.ts";
import { progTypeWord } from "../../abi/prog-types.ts";
import { errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { detachLink } from "../../linux/bpf/link.ts";
import {
  type LinkInfo,
  linkInfo,
  PERF_EVENT,
  PERF_KPROBE,
  PERF_KRETPROBE,
  PERF_TRACEPOINT,
  PERF_UPROBE,
  PERF_URETPROBE,
} from "../../linux/bpf/link-info.ts";
import { fdById, progInfo } from "../../linux/bpf/object.ts";
import { print } from "../output.ts";
import { pinAt } from "./prog.ts";
import { eachNamed, withRef } from "./refs.ts";
import { kernel, printDocument, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void>> = { show: showLinks, list: showLinks, pin, detach };

export function linkCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

function pin(words: Words): void {
  withRef(words, "link", (fd) => pinAt(fd, words));
}

function detach(words: Words): void {
  withRef(words, "link", (fd) => {
    words.end();
    const result = detachLink(kernel(), fd);
    if (result < 0) {
      throw new SkepError(`link/${errnoName(-result)}`, `detach: ${errnoName(-result)}`, {
        errno: -result,
        advice: "links of this kind are detached by closing them: remove their pins, end their process",
      });
    }
    if (style.json) printDocument(null);
  });
}

function showLinks(words: Words): void {
  const one = !words.empty;
  const documents: unknown[] = [];
  eachNamed(words, "link", (fd) => {
    const info = linkInfo(kernel(), fd);
    if (info === undefined) return;
    const fields = fieldsOf(info);
    const type = lt.linkType(info.type)?.word ?? `type ${info.type}`;
    if (style.json)
      documents.push({ id: info.id, type, ...(info.progId === 0 ? {} : { prog_id: info.progId }), ...fields });
    else print(textOf(info, type, fields));
  });
  if (style.json) printDocument(one && documents.length === 1 ? documents[0] : documents);
}

type Fields = Record<string, string | number | bigint | boolean>;

/** bpftool's names, in its order. */
function fieldsOf(info: LinkInfo): Fields {
  const attach = info.attachType === undefined ? {} : { attach_type: attachTypeWord(info.attachType) };
  const cookie = info.cookie === undefined || info.cookie === 0n ? {} : { cookie: info.cookie };
  switch (info.type) {
    case lt.BPF_LINK_TYPE_RAW_TRACEPOINT:
      return { tp_name: info.name ?? "", ...cookie };
    case lt.BPF_LINK_TYPE_TRACING:
      return {
        prog_type: progTypeOf(info.progId),
        ...attach,
        target_obj_id: info.targetObjId ?? 0,
        target_btf_id: info.targetBtfId ?? 0,
        ...cookie,
      };
    case lt.BPF_LINK_TYPE_CGROUP:
      return { cgroup_id: info.cgroupId ?? 0n, ...attach };
    case lt.BPF_LINK_TYPE_ITER:
      return { target_name: info.name ?? "", ...(info.mapId === undefined ? {} : { map_id: info.mapId }) };
    case lt.BPF_LINK_TYPE_NETNS:
      return { netns_ino: info.netnsInode ?? 0, ...attach };
    case lt.BPF_LINK_TYPE_NETFILTER:
      return {
        pf: info.netfilter?.pf ?? 0,
        hook: info.netfilter?.hook ?? 0,
        prio: info.netfilter?.priority ?? 0,
        flags: info.netfilter?.flags ?? 0,
      };
    case lt.BPF_LINK_TYPE_XDP:
    case lt.BPF_LINK_TYPE_TCX:
    case lt.BPF_LINK_TYPE_NETKIT:
      return { devname: deviceName(info.ifindex ?? 0), ifindex: info.ifindex ?? 0, ...attach };
    case lt.BPF_LINK_TYPE_STRUCT_OPS:
    case lt.BPF_LINK_TYPE_SOCKMAP:
      return { map_id: info.mapId ?? 0, ...attach };
    case lt.BPF_LINK_TYPE_KPROBE_MULTI:
      return { retprobe: ((info.flags ?? 0) & 1) === 1, func_cnt: info.count ?? 0, missed: info.missed ?? 0 };
    case lt.BPF_LINK_TYPE_UPROBE_MULTI:
      return {
        retprobe: ((info.flags ?? 0) & 1) === 1,
        path: info.name ?? "",
        func_cnt: info.count ?? 0,
        pid: info.pid ?? 0,
      };
    case lt.BPF_LINK_TYPE_PERF_EVENT:
      return { ...perfFields(info), ...cookie };
    default:
      return {};
  }
}

function perfFields(info: LinkInfo): Fields {
  const { perf } = info;
  switch (perf?.kind) {
    case PERF_TRACEPOINT:
      return { tracepoint: info.name ?? "" };
    case PERF_UPROBE:
    case PERF_URETPROBE:
      return { retprobe: perf.kind === PERF_URETPROBE, file: info.name ?? "", offset: perf.offset ?? 0 };
    case PERF_KPROBE:
    case PERF_KRETPROBE:
      return {
        retprobe: perf.kind === PERF_KRETPROBE,
        func: info.name ?? "",
        offset: perf.offset ?? 0,
        missed: info.missed ?? 0,
      };
    case PERF_EVENT:
      return { event_type: perf.eventType ?? 0, event_config: perf.config ?? 0 };
    default:
      return {};
  }
}

/** A first line, and a second with what the kind has. */
function textOf(info: LinkInfo, type: string, fields: Fields): string {
  const head = `${info.id}: ${type}${info.progId === 0 ? "" : `  prog ${info.progId}`}`;
  const parts: string[] = [];
  for (const [name, value] of Object.entries(fields)) {
    if (name === "tp_name") parts.push(`tp '${value}'`);
    else if (name === "devname") parts.push(`ifindex ${value}(${fields["ifindex"]})`);
    else if (name === "ifindex" || value === false) continue;
    else parts.push(value === true ? name : `${name} ${value}`);
  }
  if (info.type === lt.BPF_LINK_TYPE_ITER) return `${head}  ${parts.join("  ")}`;
  return parts.length === 0 ? head : `${head}\n\t${parts.join("  ")}`;
}

function progTypeOf(id: number): string {
  const bpf = kernel();
  const fd = fdById(bpf, "prog", id);
  const type = fd < 0 ? undefined : progInfo(bpf, fd)?.type;
  bpf.close(fd);
  return type === undefined ? "unknown" : progTypeWord(type);
}

/** Of this network namespace; "?" for one of another, "(detached)" for 0. */
function deviceName(ifindex: number): string {
  if (ifindex === 0) return "(detached)";
  const names = readFileSync("/proc/self/net/dev", "utf8").matchAll(/^ *([^\s:]+):/gm);
  for (const [, name] of names) {
    try {
      if (Number(readFileSync(`/sys/class/net/${name}/ifindex`, "utf8")) === ifindex) return name!;
    } catch {
      // gone meanwhile, or sysfs shows another namespace
    }
  }
  return "?";
}
