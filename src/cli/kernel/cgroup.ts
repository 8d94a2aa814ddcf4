/** The verbs of `skep cgroup`: programs of one cgroup, or of a tree of them, as bpftool tells them. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as at from "../../abi/attach-types.ts";
import { EINVAL, EPERM, errnoName } from "../../base/errno.ts";
import { SkepError } from "../../base/error.ts";
import { fdById } from "../../linux/bpf/object.ts";
import { progDetail } from "../../linux/bpf/prog-detail.ts";
import { BPF_F_QUERY_EFFECTIVE, queryProgs } from "../../linux/bpf/query.ts";
import { Refused } from "../../linux/errors.ts";
import { withPath } from "../../linux/fds.ts";
import { btfById } from "../../linux/map-open.ts";
import { print } from "../output.ts";
import { attachToCgroup, detachFromCgroup } from "./place-program.ts";
import { kernel, printDocument, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void>> = {
  show: showCgroup,
  list: showCgroup,
  tree,
  attach: attachToCgroup,
  detach: detachFromCgroup,
};

export function cgroupCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

/** In bpftool's order. */
const ATTACH_TYPES = [
  at.BPF_CGROUP_INET_INGRESS,
  at.BPF_CGROUP_INET_EGRESS,
  at.BPF_CGROUP_INET_SOCK_CREATE,
  at.BPF_CGROUP_INET_SOCK_RELEASE,
  at.BPF_CGROUP_INET4_BIND,
  at.BPF_CGROUP_INET6_BIND,
  at.BPF_CGROUP_INET4_POST_BIND,
  at.BPF_CGROUP_INET6_POST_BIND,
  at.BPF_CGROUP_INET4_CONNECT,
  at.BPF_CGROUP_INET6_CONNECT,
  at.BPF_CGROUP_UNIX_CONNECT,
  at.BPF_CGROUP_INET4_GETPEERNAME,
  at.BPF_CGROUP_INET6_GETPEERNAME,
  at.BPF_CGROUP_UNIX_GETPEERNAME,
  at.BPF_CGROUP_INET4_GETSOCKNAME,
  at.BPF_CGROUP_INET6_GETSOCKNAME,
  at.BPF_CGROUP_UNIX_GETSOCKNAME,
  at.BPF_CGROUP_UDP4_SENDMSG,
  at.BPF_CGROUP_UDP6_SENDMSG,
  at.BPF_CGROUP_UNIX_SENDMSG,
  at.BPF_CGROUP_UDP4_RECVMSG,
  at.BPF_CGROUP_UDP6_RECVMSG,
  at.BPF_CGROUP_UNIX_RECVMSG,
  at.BPF_CGROUP_SOCK_OPS,
  at.BPF_CGROUP_DEVICE,
  at.BPF_CGROUP_SYSCTL,
  at.BPF_CGROUP_GETSOCKOPT,
  at.BPF_CGROUP_SETSOCKOPT,
  at.BPF_LSM_CGROUP,
] as const;

interface Row {
  readonly id: number;
  readonly attach_type: string;
  /** Absent where what is in force was asked for. */
  readonly attach_flags?: string;
  readonly name: string;
  readonly attach_btf_name?: string;
  readonly attach_btf_obj_id: number;
  readonly attach_btf_id: number;
}

function showCgroup(words: Words): void {
  const path = words.next("the cgroup's directory");
  const effective = effectiveOf(words);
  const rows = rowsOf(path, effective);
  if (rows.length === 0) {
    if (style.json) printDocument(null);
    return;
  }
  if (style.json) printDocument(rows);
  else print([headOf(effective), ...rows.map((row) => textOf(row, effective))].join("\n"));
}

function tree(words: Words): void {
  const root = words.empty ? cgroupRoot() : words.next("the cgroup's directory");
  const effective = effectiveOf(words);
  const found = below(root).flatMap((cgroup) => {
    const programs = rowsOf(cgroup, effective);
    return programs.length === 0 ? [] : [{ cgroup, programs }];
  });
  if (style.json) {
    printDocument(found);
    return;
  }
  const lines = ["CgroupPath", headOf(effective)];
  for (const { cgroup, programs } of found) {
    const indent = cgroup === root ? "" : "    ";
    lines.push(cgroup, ...programs.map((row) => indent + textOf(row, effective)));
  }
  print(lines.join("\n"));
}

function effectiveOf(words: Words): boolean {
  const effective = words.take("effective") !== undefined;
  words.end();
  return effective;
}

/** Where cgroup2 is mounted. */
function cgroupRoot(): string {
  const root = /^\S+ (\S+) cgroup2 /m.exec(readFileSync("/proc/self/mounts", "utf8"))?.[1];
  if (root !== undefined) return root;
  throw new SkepError("kernel/cgroup", "no cgroup of version 2 is mounted", {
    advice: "mount -t cgroup2 none /sys/fs/cgroup",
  });
}

/** A directory and those below it, parents first. */
function below(dir: string): string[] {
  const children = readdirSync(dir, { withFileTypes: true }).filter((each) => each.isDirectory());
  return [dir, ...children.flatMap((each) => below(join(dir, each.name)))];
}

function rowsOf(cgroup: string, effective: boolean): Row[] {
  const bpf = kernel();
  return withPath(bpf, cgroup, "cgroup", (fd) =>
    ATTACH_TYPES.flatMap((attachType) => {
      const found = queryProgs(bpf, fd, attachType, effective ? BPF_F_QUERY_EFFECTIVE : 0);
      if (typeof found !== "number") {
        return found.flatMap(({ id, flags }) => rowOf(id, attachType, effective ? undefined : flags));
      }
      if (found === -EINVAL) return []; // a type that this kernel does not know
      if (found === -EPERM) throw new Refused(`asking for the programs of ${cgroup}`, EPERM);
      throw new SkepError(`kernel/${errnoName(-found)}`, `programs of ${cgroup}: ${errnoName(-found)}`, {
        errno: -found,
        advice: "the directory of a cgroup of version 2",
      });
    }),
  );
}

const FLAG_WORDS: Readonly<Record<number, string>> = { 0: "", 1: "override", 2: "multi" };

function rowOf(id: number, attachType: number, flags: number | undefined): Row[] {
  const bpf = kernel();
  const fd = fdById(bpf, "prog", id);
  const detail = fd < 0 ? undefined : progDetail(bpf, fd);
  bpf.close(fd);
  if (detail === undefined) return [];
  const { attachBtfObjId, attachBtfId } = detail;
  // bpftool names void what is for no function.
  const target = attachBtfId === 0 ? "" : functionName(attachBtfObjId, attachBtfId);
  return [
    {
      id,
      attach_type: at.attachTypeWord(attachType),
      ...(flags === undefined ? {} : { attach_flags: FLAG_WORDS[flags] ?? `unknown(${flags.toString(16)})` }),
      name: detail.name,
      ...(target === undefined ? {} : { attach_btf_name: target }),
      attach_btf_obj_id: attachBtfObjId,
      attach_btf_id: attachBtfId,
    },
  ];
}

function functionName(btfId: number, typeId: number): string | undefined {
  const type = btfById(kernel(), btfId)?.type(typeId);
  return type?.kind === "func" ? type.name : undefined;
}

const columns = (...cells: string[]): string => cells.map((cell, i) => cell.padEnd(i === 0 ? 8 : 15)).join(" ");

function headOf(effective: boolean): string {
  return effective ? columns("ID", "AttachType", "Name") : columns("ID", "AttachType", "AttachFlags", "Name");
}

function textOf(row: Row, effective: boolean): string {
  const { attach_flags = "", attach_btf_name } = row;
  const target =
    attach_btf_name !== undefined
      ? [attach_btf_name]
      : [`attach_btf_obj_id=${row.attach_btf_obj_id} attach_btf_id=${row.attach_btf_id}`];
  return columns(String(row.id), row.attach_type, ...(effective ? [] : [attach_flags]), row.name, ...target);
}
