/** `skep map show`, as bpftool shows maps. */
import { mapTypeWord } from "../../abi/map-types.ts";
import { progTypeWord } from "../../abi/prog-types.ts";
import { mapInfo } from "../../linux/bpf/object.ts";
import { fdinfo } from "./refs.ts";
import { kernel } from "./session.ts";

export function shownMap(fd: number): { document: Record<string, unknown>; text: string } | undefined {
  const info = mapInfo(kernel(), fd);
  if (info === undefined) return undefined;
  const memlock = Number(fdinfo(fd, "memlock") ?? 0);
  const frozen = Number(fdinfo(fd, "frozen") ?? 0);
  const ownerType = fdinfo(fd, "owner_prog_type");
  const ownerJited = fdinfo(fd, "owner_jited") === "1";
  const owner = ownerType === undefined ? undefined : progTypeWord(Number(ownerType));
  const type = mapTypeWord(info.type);
  const name = info.name === "" ? "" : `  name ${info.name}`;
  const lines = [
    `${info.id}: ${type}${name}  flags 0x${info.flags.toString(16)}`,
    `\tkey ${info.keySize}B  value ${info.valueSize}B  max_entries ${info.maxEntries}${memlock > 0 ? `  memlock ${memlock}B` : ""}`,
  ];
  if (owner !== undefined) lines.push(`\towner_prog_type ${owner}  owner${ownerJited ? " jited" : " not jited"}`);
  const last = [info.btfId > 0 ? `btf_id ${info.btfId}` : "", frozen > 0 ? "frozen" : ""].filter(Boolean);
  if (last.length > 0) lines.push(`\t${last.join("  ")}`);
  return {
    document: {
      id: info.id,
      type,
      ...(info.name === "" ? {} : { name: info.name }),
      flags: info.flags,
      bytes_key: info.keySize,
      bytes_value: info.valueSize,
      max_entries: info.maxEntries,
      ...(memlock > 0 ? { bytes_memlock: memlock } : {}),
      ...(owner === undefined ? {} : { owner_prog_type: owner, owner_jited: ownerJited }),
      frozen,
      ...(info.btfId > 0 ? { btf_id: info.btfId } : {}),
    },
    text: lines.join("\n"),
  };
}
