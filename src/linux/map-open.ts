/**
 * Maps that are in the kernel already: by id, or by the path where they are pinned. What they are like is asked of the
 * kernel, types included.
 */
import { errnoName } from "../base/errno.ts";
import { SkepError } from "../base/error.ts";
import { Btf } from "../btf/btf.ts";
import type { MapSpec } from "../obj/spec.ts";
import type { Bpf } from "./bpf/call.ts";
import { btfBytes, fdById, type MapInfo, mapInfo, pinnedObject } from "./bpf/object.ts";
import { Refused } from "./errors.ts";
import type { LinuxMap } from "./map.ts";
import { liveMap } from "./map-create.ts";

/** Throws SkepError "map/ENOENT" and the like. */
export function openLinuxMap(bpf: Bpf, cpus: number, at: number | string, onClose: (map: LinuxMap) => void): LinuxMap {
  const what = typeof at === "number" ? `map ${at}` : at;
  const fd = typeof at === "number" ? fdById(bpf, "map", at) : pinnedObject(bpf, at);
  if (fd === -1) throw new Refused(`opening ${what}`, 1);
  if (fd < 0) {
    throw new SkepError(`map/${errnoName(-fd)}`, `opening ${what}: ${errnoName(-fd)}`, {
      errno: -fd,
      advice: "skep map list shows what there is; a path must be in a mounted bpffs",
    });
  }
  const info = mapInfo(bpf, fd);
  if (info === undefined) {
    bpf.close(fd);
    throw new SkepError("map/kind", `${what} is no map`, { advice: "a program or a link is pinned there" });
  }
  return liveMap(bpf, fd, specOf(bpf, info), cpus, onClose);
}

function specOf(bpf: Bpf, info: MapInfo): MapSpec {
  const btf = info.btfId === 0 ? null : btfById(bpf, info.btfId);
  return {
    name: info.name,
    type: info.type,
    keySize: info.keySize,
    valueSize: info.valueSize,
    maxEntries: info.maxEntries,
    flags: info.flags,
    mapExtra: 0n,
    numaNode: 0,
    pinByName: false,
    keyTypeId: btf === null ? 0 : info.keyTypeId,
    valueTypeId: btf === null ? 0 : info.valueTypeId,
    btf,
    inner: null,
    slots: [],
    global: null,
    initial: null,
    structOps: null,
  };
}

/** null where it may not be read, or is split BTF on a base that is not at hand. */
export function btfById(bpf: Bpf, id: number): Btf | null {
  const fd = fdById(bpf, "btf", id);
  if (fd < 0) return null;
  try {
    const bytes = btfBytes(bpf, fd);
    return bytes === undefined ? null : new Btf(bytes);
  } catch {
    return null; // a module's types lean on the kernel's: shown as bytes
  } finally {
    bpf.close(fd);
  }
}
