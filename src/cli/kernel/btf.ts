/** `skep btf list`, and the BTF of programs and maps that are in the kernel. */
import { SkepError } from "../../base/error.ts";
import type { Btf } from "../../btf/btf.ts";
import { btfInfo, mapInfo, progInfo } from "../../linux/bpf/object.ts";
import { btfById } from "../../linux/map-open.ts";
import { print } from "../output.ts";
import { eachObject, withRef } from "./refs.ts";
import { kernel, printDocument, style, Words } from "./session.ts";

const GRAMMAR = "skep btf list [id ID]";

export function listBtf(list: readonly string[], json: boolean, prettily: boolean): void {
  style.json = json;
  style.pretty = prettily;
  const words = new Words(list, "btf", GRAMMAR);
  const only = words.take("id") === undefined ? null : words.number("the id");
  words.end();
  const progs = usersOf("prog");
  const maps = usersOf("map");
  const documents: unknown[] = [];
  eachObject("btf", (fd, id) => {
    const info = btfInfo(kernel(), fd);
    if (info === undefined || (only !== null && id !== only)) return;
    const progIds = progs.get(id) ?? [];
    const mapIds = maps.get(id) ?? [];
    if (json) {
      documents.push({
        id,
        size: info.sizeBytes,
        prog_ids: progIds,
        map_ids: mapIds,
        kernel: info.kernel,
        ...(info.name === "" ? {} : { name: info.name }),
      });
      return;
    }
    const name = info.kernel ? `[${info.name}]` : info.name === "" ? "<anon>" : info.name;
    const users = `${progIds.length > 0 ? `  prog_ids ${progIds.join(",")}` : ""}${mapIds.length > 0 ? `  map_ids ${mapIds.join(",")}` : ""}`;
    print(`${id}: name ${name}  size ${info.sizeBytes}B${users}`);
  });
  if (only !== null && documents.length === 0 && json) throw new SkepError("kernel/ENOENT", `no BTF ${only}`);
  if (json) printDocument(documents);
}

/** BTF id -> ids of the objects that were made with it. */
function usersOf(kind: "prog" | "map"): Map<number, number[]> {
  const users = new Map<number, number[]>();
  eachObject(kind, (fd, id) => {
    const btfId = (kind === "prog" ? progInfo : mapInfo)(kernel(), fd)?.btfId ?? 0;
    if (btfId === 0) return;
    const list = users.get(btfId);
    if (list === undefined) users.set(btfId, [id]);
    else list.push(id);
  });
  return users;
}

/** ["id", "7"], ["prog", "name", "opens"], ["map", "id", "3"]. */
export function liveBtf(source: readonly string[]): Btf {
  const [kind, ...rest] = source;
  const words = new Words(rest, "btf", "skep btf dump id ID | prog PROG | map MAP");
  const id =
    kind === "prog" || kind === "map"
      ? withRef(words, kind, (fd) => (kind === "prog" ? progInfo : mapInfo)(kernel(), fd)?.btfId ?? 0)
      : words.number("the id");
  const btf = id === 0 ? null : btfById(kernel(), id);
  if (btf !== null) return btf;
  throw new SkepError(
    "btf/none",
    id === 0 ? `the ${kind} was made without BTF` : `no BTF ${id} that can be read alone`,
    {
      advice: "skep btf list; types of a kernel module: dump file /sys/kernel/btf/MODULE",
    },
  );
}
