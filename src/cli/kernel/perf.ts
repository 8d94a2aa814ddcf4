/** The verbs of `skep perf`: programs on perf events and raw tracepoints, by the process and fd that hold them. */
import { readdirSync } from "node:fs";
import { ENOSYS, ENOTSUPP, EPERM } from "../../base/errno.ts";
import { type FdProg, fdQueryErrno, queryFd } from "../../linux/bpf/query.ts";
import { NotSupported, Refused } from "../../linux/errors.ts";
import { withPath } from "../../linux/fds.ts";
import { print } from "../output.ts";
import { kernel, printDocument, style, verbOf, type Words } from "./session.ts";

const VERBS: Readonly<Record<string, (words: Words) => void>> = { show, list: show };

export function perfCommand(words: Words): void {
  verbOf(words, VERBS)(words);
}

function show(words: Words): void {
  words.end();
  askable();
  const documents: Record<string, unknown>[] = [];
  for (const pid of numbersIn("/proc")) {
    for (const fd of numbersIn(`/proc/${pid}/fd`)) {
      const found = queryFd(kernel(), pid, fd);
      if (found === undefined) continue;
      if (style.json) documents.push({ pid, fd, prog_id: found.progId, ...fieldsOf(found) });
      else print(`pid ${pid}  fd ${fd}: prog_id ${found.progId}  ${textOf(found)}`);
    }
  }
  if (style.json) printDocument(documents);
}

/** An fd that is no such thing is answered with ENOTSUPP, where the question itself is allowed. */
function askable(): void {
  const errno = withPath(kernel(), "/", "directory", (fd) => fdQueryErrno(kernel(), process.pid, fd));
  if (errno === ENOTSUPP) return;
  if (errno === EPERM) throw new Refused("asking processes for their perf events", errno);
  throw new NotSupported("query of a process's fds", "4.18", { errno: errno === 0 ? ENOSYS : errno });
}

/** Names of a directory that are numbers; [] where it is gone or closed to us. */
function numbersIn(dir: string): number[] {
  try {
    return readdirSync(dir)
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function fieldsOf({ type, name, offset, addr }: FdProg): Record<string, unknown> {
  switch (type) {
    case "raw_tracepoint":
    case "tracepoint":
      return { fd_type: type, tracepoint: name };
    case "kprobe":
    case "kretprobe":
      return name === "" ? { fd_type: type, addr } : { fd_type: type, func: name, offset };
    case "uprobe":
    case "uretprobe":
      return { fd_type: type, filename: name, offset };
    default:
      return {};
  }
}

function textOf({ type, name, offset, addr }: FdProg): string {
  switch (type) {
    case "raw_tracepoint":
    case "tracepoint":
      return `${type}  ${name}`;
    case "kprobe":
    case "kretprobe":
      return name === "" ? `${type}  addr ${addr}` : `${type}  func ${name}  offset ${offset}`;
    case "uprobe":
    case "uretprobe":
      return `${type}  filename ${name}  offset ${offset}`;
    default:
      return "";
  }
}
